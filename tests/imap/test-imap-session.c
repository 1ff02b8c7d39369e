/* The session after login: commands about mailboxes, and how a session ends. */
#include "session-fixture.h"

#include <string.h>

static void
begin (SessionFixture *fixture, const char *capabilities, const FakeStep *steps)
{
  session_fixture_init (fixture);
  session_fixture_add_login (fixture, capabilities);
  session_fixture_add_steps (fixture, steps);
  session_fixture_serve (fixture, FALSE);
  session_fixture_open (fixture);
}

static void
test_select_refused (void)
{
  static const FakeStep steps[] = { { FAKE_EXPECT, "$TAG SELECT \"No such\"" },
                                    { FAKE_SEND, "$TAG NO [NONEXISTENT] no \x1b[31m such\r\n" },
                                    { FAKE_END } };
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;

  session_fixture_init (&fixture);
  session_fixture_add_login (&fixture, "IMAP4rev1");
  session_fixture_add_select (&fixture, "3");
  session_fixture_add_steps (&fixture, steps);
  session_fixture_add_select (&fixture, "4");
  session_fixture_serve (&fixture, FALSE);
  session_fixture_open_inbox (&fixture);
  g_assert_null (imap_session_select (fixture.session, "No such", FALSE, &error));
  g_assert_error (error, IMAP_ERROR, IMAP_ERROR_REFUSED);
  g_assert_nonnull (strstr (error->message, "SELECT No such"));
  g_assert_null (strchr (error->message, '\x1b'));
  g_assert_cmpint (imap_session_get_last_code (fixture.session), ==, IMAP_CODE_NONEXISTENT);
  g_assert_null (imap_session_get_selected (fixture.session));
  g_clear_error (&error);
  g_assert_cmpuint (imap_session_select (fixture.session, "INBOX", FALSE, &error)->exists, ==, 4);
  session_fixture_clear (&fixture);
}

static void
test_unselect (gconstpointer data)
{
  gboolean offered = GPOINTER_TO_INT (data);
  FakeStep steps[] = { { FAKE_EXPECT, offered ? "$TAG UNSELECT" : "$TAG EXAMINE \"%*%\"" },
                       { FAKE_SEND, offered ? "$TAG OK done\r\n" : "$TAG NO no such thing\r\n" },
                       { FAKE_EXPECT, "$TAG NOOP" },
                       { FAKE_SEND, "* 1 EXISTS\r\n$TAG OK\r\n" },
                       { FAKE_END } };
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;

  session_fixture_init (&fixture);
  session_fixture_add_login (&fixture, offered ? "IMAP4rev1 UNSELECT" : "IMAP4rev1");
  session_fixture_add_select (&fixture, "3");
  session_fixture_add_steps (&fixture, steps);
  session_fixture_serve (&fixture, FALSE);
  session_fixture_open_inbox (&fixture);
  g_assert_true (imap_session_unselect (fixture.session, &error));
  g_assert_no_error (error);
  g_assert_null (imap_session_get_selected (fixture.session));
  g_assert_true (imap_session_unselect (fixture.session, &error));
  g_assert_true (imap_session_noop (fixture.session, &error));
  session_fixture_clear (&fixture);
}

/* LIST: duplicates merged, XLIST's names understood, a name that can't be decoded kept. */
static void
test_list (void)
{
  static const FakeStep steps[] = { { FAKE_EXPECT, "$TAG LIST \"\" \"*\"" },
                                    { FAKE_SEND, "* LIST (\\HasNoChildren) \"/\" inbox\r\n"
                                                 "* LIST (\\Marked) \"/\" INBOX\r\n"
                                                 "* LIST (\\Noselect) \"/\" \"[Gmail]\"\r\n"
                                                 "* LIST (\\Spam) \"/\" \"[Gmail]/Spam\"\r\n"
                                                 "* LIST (\\NonExistent) \"/\" Old\r\n"
                                                 "* LIST () \"/\" &ZeVnLIqe-\r\n"
                                                 "* LIST () \"/\" \"Broken&AA\"\r\n"
                                                 "$TAG OK listed\r\n" },
                                    { FAKE_END } };
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) items = NULL;
  const ImapListItem *item;

  begin (&fixture, "IMAP4rev1", steps);
  items = imap_session_list (fixture.session, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (items->len, ==, 6);
  item = items->pdata[0];
  g_assert_cmpstr (item->mailbox, ==, "INBOX");
  g_assert_true (imap_list_item_has (item, "\\hasnochildren"));
  g_assert_true (imap_list_item_has (item, "\\Marked"));
  g_assert_true (imap_list_item_has (items->pdata[2], "\\Junk"));
  g_assert_true (imap_list_item_has (items->pdata[3], "\\Noselect"));
  g_assert_cmpstr (((const ImapListItem *)items->pdata[4])->mailbox, ==, "日本語");
  item = items->pdata[5];
  g_assert_null (item->mailbox);
  g_assert_cmpstr (item->raw, ==, "Broken&AA");
  session_fixture_clear (&fixture);
}

typedef struct
{
  const char *description;
  const char *capabilities;
  const char *list;
  gboolean refused;  /* the extended LIST is refused, the plain one is not */
  gboolean included; /* LIST brings the STATUS */
} ListStatusRow;

static const ListStatusRow list_status_rows[] = {
  { "nothing optional", "IMAP4rev1", "LIST \"\" \"*\"", FALSE, FALSE },
  { "special uses", "IMAP4rev1 LIST-EXTENDED SPECIAL-USE", "LIST \"\" \"*\" RETURN (SPECIAL-USE)", FALSE,
    FALSE },
  { "LIST-STATUS", "IMAP4rev1 LIST-EXTENDED LIST-STATUS SPECIAL-USE",
    "LIST \"\" \"*\" RETURN (SPECIAL-USE STATUS (MESSAGES UIDNEXT UIDVALIDITY UNSEEN))", FALSE, TRUE },
  { "LIST-STATUS and CONDSTORE", "IMAP4rev1 LIST-EXTENDED LIST-STATUS CONDSTORE",
    "LIST \"\" \"*\" RETURN (STATUS (MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ))", FALSE, TRUE },
  { "offered and refused", "IMAP4rev1 LIST-EXTENDED LIST-STATUS",
    "LIST \"\" \"*\" RETURN (STATUS (MESSAGES UIDNEXT UIDVALIDITY UNSEEN))", TRUE, FALSE },
};

#define LISTED "* LIST () \"/\" INBOX\r\n* LIST (\\Noselect) \"/\" Top\r\n* LIST () \"/\" Gone\r\n"

static void
add_status_steps (SessionFixture *fixture, const ListStatusRow *row)
{
  static const FakeStep refusal[] = { { FAKE_SEND, "$TAG BAD what is this\r\n" },
                                      { FAKE_EXPECT, "$TAG LIST \"\" \"*\"" },
                                      { FAKE_END } };
  static const FakeStep asked[] = {
    { FAKE_SEND, LISTED "$TAG OK\r\n" },
    { FAKE_EXPECT, "$TAG1 STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)" },
    { FAKE_EXPECT, "$TAG2 STATUS Gone (*)" },
    { FAKE_SEND, "* STATUS INBOX (MESSAGES 3 UIDNEXT 9)\r\n$TAG1 OK\r\n$TAG2 NO gone\r\n" },
    { FAKE_END }
  };

  if (row->refused)
    session_fixture_add_steps (fixture, refusal);
  if (row->included)
    session_fixture_add (fixture, FAKE_SEND, LISTED "* STATUS INBOX (MESSAGES 3 UIDNEXT 9)\r\n$TAG OK\r\n");
  else
    session_fixture_add_steps (fixture, asked);
}

static void
test_list_with_status (gconstpointer data)
{
  const ListStatusRow *row = data;
  g_autofree char *list = g_strconcat ("$TAG ", row->list, NULL);
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) items = NULL;
  g_autoptr (GPtrArray) statuses = NULL;

  session_fixture_init (&fixture);
  session_fixture_add_login (&fixture, row->capabilities);
  session_fixture_add (&fixture, FAKE_EXPECT, list);
  add_status_steps (&fixture, row);
  session_fixture_serve (&fixture, FALSE);
  session_fixture_open (&fixture);
  items = imap_session_list_with_status (fixture.session, &statuses, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (items->len, ==, 3);
  g_assert_cmpuint (statuses->len, ==, 1);
  g_assert_cmpuint (((const ImapMailboxStatus *)statuses->pdata[0])->messages, ==, 3);
  g_assert_cmpstr (((const ImapMailboxStatus *)statuses->pdata[0])->mailbox, ==, "INBOX");
  session_fixture_clear (&fixture);
}

static void
test_status (void)
{
  static const FakeStep steps[] = {
    { FAKE_EXPECT, "$TAG STATUS Work (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)" },
    { FAKE_SEND, "* STATUS Other (MESSAGES 1)\r\n"
                 "* STATUS \"Work\" (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7 UNSEEN 1)\r\n$TAG OK\r\n" },
    { FAKE_EXPECT, "$TAG STATUS Gone *" },
    { FAKE_SEND, "$TAG NO never heard of it\r\n" },
    { FAKE_EXPECT, "$TAG STATUS Silent *" },
    { FAKE_SEND, "$TAG OK\r\n" },
    { FAKE_END }
  };
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;
  ImapMailboxStatus status;

  begin (&fixture, "IMAP4rev1", steps);
  g_assert_true (imap_session_status (fixture.session, "Work", &status, &error));
  g_assert_cmpuint (status.messages, ==, 3);
  g_assert_cmpuint (status.uidvalidity, ==, 7);
  g_assert_null (status.raw);
  g_assert_false (imap_session_status (fixture.session, "Gone", &status, &error));
  g_assert_error (error, IMAP_ERROR, IMAP_ERROR_REFUSED);
  g_assert_cmpint (imap_session_get_last_code (fixture.session), ==, IMAP_CODE_NONE);
  g_clear_error (&error);
  g_assert_false (imap_session_status (fixture.session, "Silent", &status, &error));
  g_assert_error (error, IMAP_ERROR, IMAP_ERROR_REFUSED);
  session_fixture_clear (&fixture);
}

static void
test_create (void)
{
  static const FakeStep steps[] = { { FAKE_EXPECT, "$TAG CREATE Work" },
                                    { FAKE_SEND, "$TAG NO [ALREADYEXISTS] there\r\n" },
                                    { FAKE_EXPECT, "$TAG SUBSCRIBE Work" },
                                    { FAKE_SEND, "$TAG NO no subscriptions\r\n" },
                                    { FAKE_EXPECT, "$TAG CREATE \"a b\"" },
                                    { FAKE_SEND, "$TAG NO [OVERQUOTA] full\r\n" },
                                    { FAKE_EXPECT, "$TAG CREATE {5}" },
                                    { FAKE_SEND, "+ go\r\n" },
                                    { FAKE_EXPECT, "caf\xc3\xa9" },
                                    { FAKE_SEND, "A999999 OK\r\n" },
                                    { FAKE_EXPECT_CLOSE },
                                    { FAKE_END } };
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;

  begin (&fixture, "IMAP4rev1", steps);
  g_assert_true (imap_session_create (fixture.session, "Work", &error));
  g_assert_no_error (error);
  g_assert_false (imap_session_create (fixture.session, "a b", &error));
  g_assert_error (error, IMAP_ERROR, IMAP_ERROR_REFUSED);
  g_assert_cmpint (imap_session_get_last_code (fixture.session), ==, IMAP_CODE_OVERQUOTA);
  g_clear_error (&error);
  g_assert_false (imap_session_create (fixture.session, "caf\xc3\xa9", &error));
  g_assert_error (error, IMAP_ERROR, IMAP_ERROR_PROTOCOL);
  session_fixture_clear (&fixture);
}

/* C6.1: the subscription follows; whether it can is not what counts. */
static void
test_rename (void)
{
  static const FakeStep steps[] = { { FAKE_EXPECT, "$TAG RENAME Work \"a b\"" },
                                    { FAKE_SEND, "$TAG OK done\r\n" },
                                    { FAKE_EXPECT, "$TAG SUBSCRIBE \"a b\"" },
                                    { FAKE_SEND, "$TAG NO no subscriptions\r\n" },
                                    { FAKE_EXPECT, "$TAG UNSUBSCRIBE Work" },
                                    { FAKE_SEND, "$TAG BAD nor that\r\n" },
                                    { FAKE_EXPECT, "$TAG RENAME Work Job" },
                                    { FAKE_SEND, "$TAG NO [ALREADYEXISTS] \x1b[2Jthere is one\r\n" },
                                    { FAKE_EXPECT, "$TAG RENAME Work {5}" },
                                    { FAKE_SEND, "+ go\r\n" },
                                    { FAKE_EXPECT, "caf\xc3\xa9" },
                                    { FAKE_CUT },
                                    { FAKE_END } };
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;

  begin (&fixture, "IMAP4rev1", steps);
  g_assert_true (imap_session_rename (fixture.session, "Work", "a b", &error));
  g_assert_no_error (error);
  /* Another mailbox has the name: that is not what was asked for. */
  g_assert_false (imap_session_rename (fixture.session, "Work", "Job", &error));
  g_assert_error (error, IMAP_ERROR, IMAP_ERROR_REFUSED);
  g_assert_null (strchr (error->message, '\x1b'));
  g_assert_cmpint (imap_session_get_last_code (fixture.session), ==, IMAP_CODE_ALREADYEXISTS);
  g_clear_error (&error);
  g_assert_false (imap_session_rename (fixture.session, "Work", "caf\xc3\xa9", &error));
  g_assert_error (error, NET_ERROR, NET_ERROR_CLOSED);
  session_fixture_clear (&fixture);
}

/* C6.3 */
static void
test_delete (void)
{
  static const FakeStep steps[] = { { FAKE_EXPECT, "$TAG DELETE Work" },
                                    { FAKE_SEND, "$TAG OK done\r\n" },
                                    { FAKE_EXPECT, "$TAG UNSUBSCRIBE Work" },
                                    { FAKE_SEND, "$TAG NO never was\r\n" },
                                    { FAKE_EXPECT, "$TAG DELETE Job" },
                                    { FAKE_SEND, "$TAG NO [NONEXISTENT] gone already\r\n" },
                                    { FAKE_EXPECT, "$TAG UNSUBSCRIBE Job" },
                                    { FAKE_SEND, "$TAG OK done\r\n" },
                                    { FAKE_EXPECT, "$TAG DELETE Old" },
                                    { FAKE_SEND, "$TAG NO [HASCHILDREN] not this one\r\n" },
                                    { FAKE_EXPECT, "$TAG DELETE Old" },
                                    { FAKE_SEND, "* BYE over\r\n" },
                                    { FAKE_END } };
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;

  begin (&fixture, "IMAP4rev1", steps);
  g_assert_true (imap_session_delete (fixture.session, "Work", &error));
  g_assert_no_error (error);
  g_assert_true (imap_session_delete (fixture.session, "Job", &error));
  g_assert_no_error (error);
  g_assert_false (imap_session_delete (fixture.session, "Old", &error));
  g_assert_error (error, IMAP_ERROR, IMAP_ERROR_REFUSED);
  g_clear_error (&error);
  g_assert_false (imap_session_delete (fixture.session, "Old", &error));
  g_assert_error (error, IMAP_ERROR, IMAP_ERROR_BYE);
  session_fixture_clear (&fixture);
}

static void
test_subscribe (void)
{
  static const FakeStep steps[] = { { FAKE_EXPECT, "$TAG SUBSCRIBE Work" },
                                    { FAKE_SEND, "$TAG NO no subscriptions\r\n" },
                                    { FAKE_EXPECT, "$TAG SUBSCRIBE Work" },
                                    { FAKE_CUT },
                                    { FAKE_END } };
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;

  begin (&fixture, "IMAP4rev1", steps);
  g_assert_true (imap_session_subscribe (fixture.session, "Work", &error));
  g_assert_no_error (error);
  g_assert_false (imap_session_subscribe (fixture.session, "Work", &error));
  g_assert_error (error, NET_ERROR, NET_ERROR_CLOSED);
  session_fixture_clear (&fixture);
}

/* The ends of a session that nobody asked for. */

typedef struct
{
  const char *description;
  FakeStep step;
  gboolean is_bye;
  NetError net;
  const char *shown;
} EndRow;

static const EndRow end_rows[] = {
  { "BYE", { FAKE_SEND, "* BYE [UNAVAILABLE] \x1b[2Jmaintenance\r\n" }, TRUE, 0, "maintenance" },
  { "BYE and the tagged answer behind it", { FAKE_SEND, "* BYE over\r\n$TAG OK\r\n" }, TRUE, 0, "over" },
  { "end of file", { FAKE_CUT }, FALSE, NET_ERROR_CLOSED, "" },
  { "half a line", { FAKE_SEND, "* OK half" }, FALSE, NET_ERROR_CLOSED, "" },
  { "reset", { FAKE_RESET }, FALSE, NET_ERROR_CLOSED, "" },
};

static void
test_end (gconstpointer data)
{
  const EndRow *row = data;
  FakeStep steps[] = { { FAKE_EXPECT, "$TAG NOOP" }, row->step, { FAKE_END } };
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;

  begin (&fixture, "IMAP4rev1", steps);
  g_assert_false (imap_session_noop (fixture.session, &error));
  if (row->is_bye)
    g_assert_error (error, IMAP_ERROR, IMAP_ERROR_BYE);
  else
    g_assert_error (error, NET_ERROR, (int)row->net);
  g_assert_nonnull (strstr (error->message, row->shown));
  g_assert_nonnull (strstr (error->message, "127.0.0.1:"));
  g_assert_nonnull (strstr (error->message, "(last command: NOOP)"));
  g_assert_null (strchr (error->message, '\x1b'));
  session_fixture_clear (&fixture);
}

static void
test_logout (void)
{
  static const FakeStep steps[] = { { FAKE_EXPECT, "$TAG LOGOUT" },
                                    { FAKE_SEND, "* BYE see you\r\n$TAG OK done\r\n" },
                                    { FAKE_EXPECT_CLOSE },
                                    { FAKE_END } };
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;

  begin (&fixture, "IMAP4rev1", steps);
  imap_session_logout (fixture.session);
  g_assert_false (imap_session_noop (fixture.session, &error));
  g_assert_nonnull (error);
  session_fixture_clear (&fixture);
}

static void
test_logout_is_bounded (void)
{
  static const FakeStep steps[] = { { FAKE_EXPECT, "$TAG LOGOUT" }, { FAKE_STALL }, { FAKE_END } };
  SessionFixture fixture;

  session_fixture_init (&fixture);
  fixture.account.timeout = 1;
  session_fixture_add_login (&fixture, "IMAP4rev1");
  session_fixture_add_steps (&fixture, steps);
  session_fixture_serve (&fixture, FALSE);
  session_fixture_open (&fixture);
  imap_session_logout (fixture.session);
  session_fixture_clear (&fixture);
}

/* Whatever has come, in whatever pieces: every octet in a segment of its own. */
static void
test_byte_wise (void)
{
  static const FakeStep steps[] = {
    { FAKE_EXPECT, "$TAG SELECT Work" },
    { FAKE_SEND_SLOWLY, "* FLAGS (\\Seen)\r\n* 3 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n$TAG OK done\r\n" },
    { FAKE_END }
  };
  SessionFixture fixture;
  g_autoptr (GError) error = NULL;

  begin (&fixture, "IMAP4rev1", steps);
  g_assert_cmpuint (imap_session_select (fixture.session, "Work", FALSE, &error)->exists, ==, 3);
  session_fixture_clear (&fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  session_fixture_add_rows ("/imap/session/list-status", list_status_rows, G_N_ELEMENTS (list_status_rows),
                            sizeof *list_status_rows, test_list_with_status);
  session_fixture_add_rows ("/imap/session/end", end_rows, G_N_ELEMENTS (end_rows), sizeof *end_rows,
                            test_end);
  g_test_add_func ("/imap/session/select-refused", test_select_refused);
  g_test_add_data_func ("/imap/session/unselect", GINT_TO_POINTER (TRUE), test_unselect);
  g_test_add_data_func ("/imap/session/unselect-without-extension", NULL, test_unselect);
  g_test_add_func ("/imap/session/list", test_list);
  g_test_add_func ("/imap/session/status", test_status);
  g_test_add_func ("/imap/session/create", test_create);
  g_test_add_func ("/imap/session/C6.1/rename", test_rename);
  g_test_add_func ("/imap/session/C6.3/delete", test_delete);
  g_test_add_func ("/imap/session/subscribe", test_subscribe);
  g_test_add_func ("/imap/session/logout", test_logout);
  g_test_add_func ("/imap/session/logout-is-bounded", test_logout_is_bounded);
  g_test_add_func ("/imap/session/byte-wise", test_byte_wise);
  return g_test_run ();
}
