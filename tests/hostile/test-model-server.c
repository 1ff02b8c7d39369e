/* The model server itself: honest to a client that shares nothing with the engine, and watchful (C8). */
#include "imap-client.h"
#include "model-gmail.h"
#include "model-server.h"

#include <string.h>

typedef struct
{
  const char *name;
  const char *commands; /* a line each */
  const char *breach;   /* (nullable) */
} WatchRow;

static const WatchRow rows[] = {
  { "listed-first", "SELECT INBOX\nUID FETCH 1:* (UID FLAGS)\nUID STORE 1 +FLAGS (\\Seen)", NULL },
  { "nothing-selected", "STATUS INBOX (MESSAGES)\nAPPEND INBOX {3+}\r\nabc", "without a selected mailbox" },
  { "never-listed", "SELECT INBOX\nUID STORE 1 +FLAGS (\\Seen)", "listed with 0" },
  { "examined", "EXAMINE INBOX\nUID FETCH 1:* (UID FLAGS)\nUID STORE 1 +FLAGS (\\Seen)", "after EXAMINE" },
  { "other-uidvalidity", "SELECT INBOX\nUID FETCH 1:* (UID FLAGS)\nSELECT INBOX\nUID EXPUNGE 1",
    "under UIDVALIDITY 2000" },
};

static void
change_uidvalidity (ModelTurn *turn)
{
  g_string_replace (turn->untagged, "[UIDVALIDITY 1000]", "[UIDVALIDITY 2000]", 0);
}

static void
test_watch (gconstpointer user_data)
{
  static const ModelFault faults[] = { { MODEL_EDIT, "SELECT *", .nth = 2, .call = change_uidvalidity },
                                       { 0 } };
  const WatchRow *row = user_data;
  g_autoptr (ModelServer) server = model_server_new (NULL);
  g_autoptr (GBytes) body = g_bytes_new_static ("Subject: one\r\n\r\nText\r\n", 22);
  g_autoptr (ImapClient) client = NULL;
  g_auto (GStrv) commands = g_strsplit (row->commands, "\n", -1);

  model_mailbox_add (model_store_add_mailbox (model_server_get_store (server), "INBOX", ""), body, "", 0);
  model_server_set_faults (server, faults);
  client = imap_client_new (model_server_get_port (server), "alice", "secret");
  for (guint i = 0; commands[i] != NULL; i++)
    imap_client_try (client, "%s", commands[i]);
  g_clear_pointer (&client, imap_client_free);
  model_server_settle (server);
  if (row->breach == NULL)
    g_assert_cmpstr (model_server_get_breach (server), ==, NULL);
  else
    g_assert_nonnull (strstr (model_server_get_breach (server), row->breach));
}

static void
test_honest (void)
{
  g_autoptr (ModelServer) server = model_server_new (NULL);
  g_autoptr (ImapClient) client = NULL;
  g_autoptr (GPtrArray) messages = NULL;
  const ImapClientMessage *message;

  model_store_add_mailbox (model_server_get_store (server), "INBOX", "");
  client = imap_client_new (model_server_get_port (server), "alice", "secret");
  imap_client_create (client, "Work");
  g_assert_cmpuint (imap_client_append (client, "INBOX", "\\Seen $Work", 1767225600, "a\r\n\r\nb", 6), ==, 1);
  imap_client_move (client, "INBOX", "1", "Work");
  g_assert_cmpuint (imap_client_status (client, "INBOX", "MESSAGES"), ==, 0);
  messages = imap_client_fetch_all (client, "Work");
  g_assert_cmpuint (messages->len, ==, 1);
  message = g_ptr_array_index (messages, 0);
  g_assert_cmpstr (message->flags, ==, "$Work \\Seen");
  g_assert_cmpint (message->date, ==, 1767225600);
  g_assert_cmpuint (message->size, ==, 6);
}

typedef struct
{
  const char *name;
  const char
      *commands;     /* a line each, with a message labelled INBOX and Work there; APPEND: the same to Home */
  const char *state; /* of the mailboxes that have any: flags of each message */
} GmailRow;

#define OPEN(mailbox) "SELECT \"" mailbox "\"\nUID FETCH 1:* (UID FLAGS)\n"
#define BODY "Subject: one\r\n\r\nText\r\n"

static const GmailRow gmail_rows[] = {
  { "labels", "NOOP", "INBOX() [Gmail]/All Mail() Work()" },
  { "flags-are-the-message's", OPEN ("Work") "UID STORE 1 +FLAGS (\\Seen)",
    "INBOX(\\Seen) [Gmail]/All Mail(\\Seen) Work(\\Seen)" },
  { "deleted-is-the-mailbox's", OPEN ("Work") "UID STORE 1 +FLAGS (\\Deleted)",
    "INBOX() [Gmail]/All Mail() Work(\\Deleted)" },
  { "starred-is-flagged", OPEN ("Work") "UID STORE 1 +FLAGS (\\Flagged)",
    "INBOX(\\Flagged) [Gmail]/All Mail(\\Flagged) [Gmail]/Starred(\\Flagged) Work(\\Flagged)" },
  { "expunge-unlabels", OPEN ("Work") "UID STORE 1 +FLAGS (\\Deleted)\nUID EXPUNGE 1",
    "INBOX() [Gmail]/All Mail()" },
  { "expunge-leaves-all-mail", OPEN (GMAIL_ALL) "UID STORE 1 +FLAGS (\\Deleted)\nUID EXPUNGE 1",
    "INBOX() [Gmail]/All Mail() Work()" },
  { "copy-labels", OPEN ("INBOX") "UID COPY 1 Home", "INBOX() [Gmail]/All Mail() Home() Work()" },
  { "copy-labels-once", OPEN ("INBOX") "UID COPY 1 Work", "INBOX() [Gmail]/All Mail() Work()" },
  { "move-relabels", OPEN ("INBOX") "UID MOVE 1 Work", "[Gmail]/All Mail() Work()" },
  { "all-mail-keeps", OPEN (GMAIL_ALL) "UID MOVE 1 Home", "INBOX() [Gmail]/All Mail() Home() Work()" },
  { "trash-has-it-alone", OPEN ("INBOX") "UID MOVE 1 \"" GMAIL_TRASH "\"", "[Gmail]/Trash()" },
  { "trash-gives-it-back",
    OPEN ("INBOX") "UID MOVE 1 \"" GMAIL_TRASH "\"\n" OPEN (GMAIL_TRASH) "UID MOVE 1 INBOX",
    "INBOX() [Gmail]/All Mail()" },
  { "trash-is-emptied",
    OPEN ("INBOX") "UID MOVE 1 \"" GMAIL_TRASH
                   "\"\n" OPEN (GMAIL_TRASH) "UID STORE 1 +FLAGS (\\Deleted)\nUID EXPUNGE 1",
    "" },
  { "append-labels", OPEN ("INBOX") "APPEND", "INBOX() [Gmail]/All Mail() Home() Work()" },
};

/* (transfer full) */
static char *
tell_state (ModelStore *store)
{
  GString *state = g_string_new (NULL);

  for (guint i = 0; i < store->mailboxes->len; i++)
    {
      const ModelMailbox *mailbox = g_ptr_array_index (store->mailboxes, i);

      for (guint j = 0; j < mailbox->messages->len; j++)
        g_string_append_printf (state, "%s%s(%s)", state->len > 0 ? " " : "", mailbox->name,
                                ((ModelMessage *)g_ptr_array_index (mailbox->messages, j))->flags);
    }
  return g_string_free (state, FALSE);
}

static void
test_gmail (gconstpointer user_data)
{
  const GmailRow *row = user_data;
  g_autoptr (ModelServer) server = model_server_new (GMAIL_CAPABILITIES " LITERAL+");
  ModelStore *store = model_server_get_store (server);
  g_autoptr (GBytes) body = g_bytes_new_static (BODY, strlen (BODY));
  g_autoptr (ImapClient) client = NULL;
  g_auto (GStrv) commands = g_strsplit (row->commands, "\n", -1);
  g_autofree char *state = NULL;

  model_gmail_set_up (store);
  model_store_add_mailbox (store, "Home", "");
  model_gmail_add (store, "INBOX;Work", body, "", 0);
  client = imap_client_new (model_server_get_port (server), "alice", "secret");
  for (guint i = 0; commands[i] != NULL; i++)
    if (g_str_equal (commands[i], "APPEND"))
      imap_client_append (client, "Home", "", 0, BODY, strlen (BODY));
    else
      imap_client_try (client, "%s", commands[i]);
  g_clear_pointer (&client, imap_client_free);
  model_server_settle (server);
  state = tell_state (store);
  g_assert_cmpstr (model_server_get_breach (server), ==, NULL);
  g_assert_cmpstr (state, ==, row->state);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hostile/model/honest", test_honest);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/hostile/model/watch/", rows[i].name, NULL);

      g_test_add_data_func (path, &rows[i], test_watch);
    }
  for (guint i = 0; i < G_N_ELEMENTS (gmail_rows); i++)
    {
      g_autofree char *path = g_strconcat ("/hostile/model/gmail/", gmail_rows[i].name, NULL);

      g_test_add_data_func (path, &gmail_rows[i], test_gmail);
    }
  return g_test_run ();
}
