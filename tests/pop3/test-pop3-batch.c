/* Commands on messages: what is sent together, what comes back, and that nothing goes which was not kept
 * (contract C1.3, C7.3). */
#include "pop3-fixture.h"

#include <string.h>

typedef struct
{
  Pop3Batch *batch; /* (nullable) */
  GString *done;    /* one letter an answer: o, e */
  GString *text;    /* of the last one */
  GString *octets;  /* of all messages */
  Pop3CodeType code;
  gsize room; /* octets that are taken */
} Record;

typedef struct
{
  Pop3Fixture fixture;
  Record record;
} Case;

static gboolean
take (const guint8 *data, gsize length, gpointer user_data)
{
  Record *record = user_data;

  if (record->octets->len + length > record->room)
    return FALSE;
  g_string_append_len (record->octets, (const char *)data, (gssize)length);
  return TRUE;
}

static void
done (const Pop3Result *result, gpointer user_data)
{
  Record *record = user_data;

  g_string_append_c (record->done, result->status == POP3_STATUS_OK ? 'o' : 'e');
  g_string_assign (record->text, result->text);
  record->code = result->code;
}

static void
case_init (Case *self)
{
  pop3_fixture_init (&self->fixture);
  self->record = (Record){
    .done = g_string_new (NULL),
    .text = g_string_new (NULL),
    .octets = g_string_new (NULL),
    .room = G_MAXSIZE / 2,
  };
}

static void
case_open (Case *self)
{
  pop3_fixture_open (&self->fixture);
  self->record.batch = pop3_batch_new (self->fixture.session);
}

/* LISTED, with PIPELINING, then `steps`. */
static void
case_start (Case *self, const FakeStep *steps)
{
  static const FakeStep login[] = {
    SEND ("+OK hi\r\n"),
    EXPECT ("CAPA"),
    SEND ("+OK\r\nSASL PLAIN\r\nPIPELINING\r\n.\r\n"),
    EXPECT ("AUTH PLAIN *"),
    SEND ("+OK\r\n"),
    EXPECT ("CAPA"),
    EXPECT ("LIST"),
    EXPECT ("UIDL"),
    SEND ("+OK\r\nPIPELINING\r\nUIDL\r\n.\r\n+OK\r\n1 120\r\n2 3\r\n3 9\r\n.\r\n+OK\r\n1 one\r\n2 "
          "two\r\n.\r\n"),
    { FAKE_END },
  };

  case_init (self);
  pop3_fixture_add_steps (&self->fixture, login);
  pop3_fixture_add_steps (&self->fixture, steps);
  pop3_fixture_serve (&self->fixture, FALSE);
  case_open (self);
}

static void
case_clear (Case *self)
{
  pop3_batch_free (self->record.batch);
  pop3_fixture_clear (&self->fixture);
  g_string_free (self->record.done, TRUE);
  g_string_free (self->record.text, TRUE);
  g_string_free (self->record.octets, TRUE);
}

static void
retr (Case *self, guint32 number)
{
  pop3_batch_retr (self->record.batch, number, take, done, &self->record);
}

static void
dele (Case *self, guint32 number, const char *uidl)
{
  pop3_batch_dele (self->record.batch, number, uidl, done, &self->record);
}

static void
wait_for_all (Case *self)
{
  g_autoptr (GError) error = NULL;

  pop3_batch_wait (self->record.batch, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (pop3_batch_get_outstanding (self->record.batch), ==, 0);
}

static void
quit (Case *self)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (pop3_session_quit (self->fixture.session, &error));
  g_assert_no_error (error);
}

#define QUIT                                                                                                 \
  EXPECT ("QUIT"), SEND ("+OK bye\r\n"), { FAKE_EXPECT_CLOSE },                                              \
  {                                                                                                          \
    FAKE_END                                                                                                 \
  }

/* The octets of a message: unstuffed, bare CR and LF kept, no line end that it has not (C1.5). */
static void
test_octets (void)
{
  static const FakeStep steps[] = { EXPECT ("RETR 1"), EXPECT ("RETR 2"),
                                    SEND ("+OK\r\nA: b\r\n\r\n..x\ny\rz\n.\r\n.\r\n+OK\r\nabc\r\n.\r\n"),
                                    QUIT };
  Case self;

  case_start (&self, steps);
  retr (&self, 1);
  retr (&self, 2);
  wait_for_all (&self);
  g_assert_cmpstr (self.record.done->str, ==, "oo");
  g_assert_cmpstr (self.record.octets->str, ==, "A: b\r\n\r\n.x\ny\rz\n.\r\nabc");
  quit (&self);
  case_clear (&self);
}

static void
test_refused (void)
{
  static const FakeStep steps[] = { EXPECT ("RETR 1"), EXPECT ("RETR 2"), EXPECT ("TOP 3 0"),
                                    SEND ("-ERR [SYS/TEMP] \x1bnot now\r\n+OK\r\n.\r\n-ERR no TOP\r\n"),
                                    QUIT };
  Case self;

  case_start (&self, steps);
  retr (&self, 1);
  retr (&self, 2);
  pop3_batch_top (self.record.batch, 3, 0, take, done, &self.record);
  wait_for_all (&self);
  g_assert_cmpstr (self.record.done->str, ==, "eoe");
  g_assert_cmpstr (self.record.text->str, ==, "no TOP");
  quit (&self);
  case_clear (&self);
}

/* The code of a refusal is handed on, its text made safe. */
static void
test_refusal_code (void)
{
  static const FakeStep steps[] = { EXPECT ("RETR 1"), SEND ("-ERR [SYS/TEMP] \x1bnot now\r\n"), QUIT };
  Case self;

  case_start (&self, steps);
  retr (&self, 1);
  wait_for_all (&self);
  g_assert_cmpint (self.record.code, ==, POP3_CODE_SYS_TEMP);
  g_assert_cmpstr (self.record.text->str, ==, "\\x1Bnot now");
  quit (&self);
  case_clear (&self);
}

/* A message counts only with its last line (threats: truncated RETR kept). */
static void
test_truncated (gconstpointer data)
{
  const FakeStep steps[] = { EXPECT ("RETR 1"), SEND (data), { FAKE_CUT }, { FAKE_END } };
  g_autoptr (GError) error = NULL;
  Case self;

  case_start (&self, steps);
  retr (&self, 1);
  g_assert_false (pop3_batch_wait (self.record.batch, &error));
  g_assert_error (error, NET_ERROR, NET_ERROR_CLOSED);
  g_assert_nonnull (strstr (error->message, "last command: RETR"));
  g_assert_cmpstr (self.record.done->str, ==, "");
  g_clear_error (&error);
  g_assert_false (pop3_session_quit (self.fixture.session, &error));
  g_assert_error (error, NET_ERROR, NET_ERROR_CLOSED);
  case_clear (&self);
}

/* C7.3: by the UIDL under which it was kept, or retrieved whole in this session. */
static void
test_dele (void)
{
  static const FakeStep steps[] = {
    EXPECT ("RETR 3"), SEND ("+OK\r\nabc\r\n.\r\n"),          EXPECT ("DELE 1"),
    EXPECT ("DELE 3"), SEND ("+OK\r\n-ERR already gone\r\n"), QUIT
  };
  Case self;

  case_start (&self, steps);
  retr (&self, 3);
  wait_for_all (&self);
  dele (&self, 1, "one");
  dele (&self, 3, NULL);
  wait_for_all (&self);
  g_assert_cmpstr (self.record.done->str, ==, "ooe");
  quit (&self);
  case_clear (&self);
}

typedef struct
{
  const char *description;
  guint32 number;
  const char *uidl;
} DeleRow;

/* Message 3 is retrieved, message 1 is refused; the script expects no DELE. */
static const DeleRow dele_rows[] = {
  { "another UIDL", 1, "two" },
  { "another's UIDL, retrieved or not", 3, "one" },
  { "a UIDL where there is none", 3, "three" },
  { "not retrieved", 2, NULL },
  { "retrieving was refused", 1, NULL },
  { "not listed", 4, NULL },
};

static void
test_no_dele (gconstpointer data)
{
  static const FakeStep steps[] = { EXPECT ("RETR 1"), EXPECT ("RETR 3"),
                                    SEND ("-ERR\r\n+OK\r\nabc\r\n.\r\n"), QUIT };
  const DeleRow *row = data;
  Case self;

  case_start (&self, steps);
  retr (&self, 1);
  retr (&self, 3);
  wait_for_all (&self);
  g_test_expect_message ("dovetail", G_LOG_LEVEL_CRITICAL, "*pop3_batch_dele*");
  dele (&self, row->number, row->uidl);
  g_test_assert_expected_messages ();
  wait_for_all (&self);
  g_assert_cmpstr (self.record.done->str, ==, "eo");
  quit (&self);
  case_clear (&self);
}

static void
test_quit_refused (void)
{
  static const FakeStep steps[] = { EXPECT ("DELE 1"),
                                    EXPECT ("QUIT"),
                                    SEND ("+OK\r\n-ERR some deleted messages not removed\r\n"),
                                    { FAKE_EXPECT_CLOSE },
                                    { FAKE_END } };
  g_autoptr (GError) error = NULL;
  Case self;

  case_start (&self, steps);
  dele (&self, 1, "one");
  g_assert_false (pop3_session_quit (self.fixture.session, &error));
  g_assert_error (error, POP3_ERROR, POP3_ERROR_REFUSED);
  g_assert_nonnull (strstr (error->message, "some deleted messages not removed"));
  g_assert_cmpstr (self.record.done->str, ==, "o");
  case_clear (&self);
}

static void
test_quit_unanswered (void)
{
  static const FakeStep steps[] = {
    EXPECT ("DELE 1"), EXPECT ("QUIT"), SEND ("+OK\r\n"), { FAKE_CUT }, { FAKE_END }
  };
  g_autoptr (GError) error = NULL;
  Case self;

  case_start (&self, steps);
  dele (&self, 1, "one");
  g_assert_false (pop3_session_quit (self.fixture.session, &error));
  g_assert_error (error, NET_ERROR, NET_ERROR_CLOSED);
  case_clear (&self);
}

/* Freed early: what is under way is read and dropped, and no handler runs. */
static void
test_freed_early (void)
{
  static const FakeStep steps[] = {
    EXPECT ("RETR 1"), EXPECT ("RETR 3"),     SEND ("+OK\r\nabc\r\n.\r\n+OK\r\ndef\r\n"),
    EXPECT ("QUIT"),   SEND (".\r\n+OK\r\n"), { FAKE_EXPECT_CLOSE },
    { FAKE_END }
  };
  Case self;

  case_start (&self, steps);
  retr (&self, 1);
  retr (&self, 3);
  g_assert_true (pop3_batch_wait_at_most (self.record.batch, 1, NULL));
  g_clear_pointer (&self.record.batch, pop3_batch_free);
  g_string_truncate (self.record.octets, 0);
  quit (&self);
  g_assert_cmpstr (self.record.done->str, ==, "o");
  g_assert_cmpstr (self.record.octets->str, ==, "");
  case_clear (&self);
}

static void
test_not_stored (void)
{
  static const FakeStep steps[] = {
    EXPECT ("RETR 1"), SEND ("+OK\r\nabcdef\r\n.\r\n"), { FAKE_EXPECT_CLOSE }, { FAKE_END }
  };
  g_autoptr (GError) error = NULL;
  Case self;

  case_start (&self, steps);
  self.record.room = 3;
  retr (&self, 1);
  g_assert_false (pop3_batch_wait (self.record.batch, &error));
  g_assert_error (error, NET_ERROR, NET_ERROR_CANCELLED);
  g_assert_cmpstr (self.record.done->str, ==, "");
  case_clear (&self);
}

typedef struct
{
  const char *description;
  const char *sent;
  int code;
} FarewellRow;

static const FarewellRow farewell_rows[] = {
  { "a farewell", "-ERR idle for too long\r\n", POP3_ERROR_LATER },
  { "an answer to nothing", "+OK\r\n", POP3_ERROR_PROTOCOL },
  { "a challenge to nothing", "+ \r\n", POP3_ERROR_PROTOCOL },
  { "nonsense", "hello\r\n", POP3_ERROR_PROTOCOL },
};

static void
test_farewell (gconstpointer data)
{
  const FarewellRow *row = data;
  const FakeStep steps[] = {
    EXPECT ("RETR 1"), SEND ("+OK\r\n.\r\n"), SEND (row->sent), { FAKE_EXPECT_CLOSE }, { FAKE_END }
  };
  g_autoptr (GError) error = NULL;
  Case self;

  case_start (&self, steps);
  retr (&self, 1);
  pop3_batch_wait (self.record.batch, &error);
  g_assert_cmpstr (self.record.done->str, ==, "o");
  while (error == NULL)
    net_connection_iterate (pop3_session_get_connection (self.fixture.session), FALSE, &error);
  g_assert_error (error, POP3_ERROR, row->code);
  case_clear (&self);
}

/* Servers that look at how much comes before they answer. */

typedef struct
{
  const char *description;
  gboolean pipelining;
  guint messages;
  guint64 size;  /* of each, as listed */
  guint at_once; /* commands that the server waits for before it answers */
  guint most;    /* unanswered commands that it accepts */
} WindowRow;

static const WindowRow window_rows[] = {
  { "500 messages in one flight", TRUE, 500, 1000, 500, 500 },
  { "no more commands than the window", TRUE, 1500, 10, POP3_WINDOW_COMMANDS, POP3_WINDOW_COMMANDS },
  { "no more octets than the window", TRUE, 20, POP3_WINDOW_OCTETS / 4, 4, 4 },
  { "a message larger than the window goes alone", TRUE, 3, POP3_WINDOW_OCTETS * 2, 1, 1 },
  { "sizes that make no sense", TRUE, 3, G_MAXINT64, 1, 1 },
  { "one by one without PIPELINING", FALSE, 50, 10, 1, 1 },
};

static void
send_listing (FakePeer *peer, const WindowRow *row, gboolean sizes)
{
  fake_peer_send (peer, "+OK\r\n");
  for (guint i = 1; i <= row->messages; i++)
    if (sizes)
      fake_peer_printf (peer, "%u %" G_GUINT64_FORMAT "\r\n", i, row->size);
    else
      fake_peer_printf (peer, "%u id%u\r\n", i, i);
  fake_peer_send (peer, ".\r\n");
}

static void
answer_login (FakePeer *peer, const WindowRow *row, const char *line)
{
  if (g_str_equal (line, "CAPA"))
    fake_peer_printf (peer, "+OK\r\nUSER\r\n%s.\r\n", row->pipelining ? "PIPELINING\r\n" : "");
  else if (g_str_equal (line, "LIST") || g_str_equal (line, "UIDL"))
    send_listing (peer, row, g_str_equal (line, "LIST"));
  else
    fake_peer_send (peer, "+OK\r\n");
}

static void
serve_window (FakePeer *peer, gpointer user_data)
{
  const WindowRow *row = user_data;
  guint received = 0, answered = 0;
  g_autofree char *line = NULL;

  fake_peer_send (peer, "+OK\r\n");
  while ((line = fake_peer_read_line (peer)) != NULL)
    {
      if (!g_str_has_prefix (line, "RETR "))
        answer_login (peer, row, line);
      else if (++received - answered > row->most)
        fake_peer_fail (peer, "%u commands unanswered", received - answered);
      if (g_str_has_prefix (line, "RETR ") &&
          (received - answered == row->at_once || received == row->messages))
        {
          if (!row->pipelining && fake_peer_has_input (peer))
            fake_peer_fail (peer, "pipelined without PIPELINING");
          for (; answered < received; answered++)
            fake_peer_send (peer, "+OK\r\nx\r\n.\r\n");
        }
      g_clear_pointer (&line, g_free);
    }
}

static void
test_window (gconstpointer data)
{
  const WindowRow *row = data;
  Case self;

  case_init (&self);
  pop3_fixture_serve_programmed (&self.fixture, serve_window, (gpointer)row);
  case_open (&self);
  for (guint i = 1; i <= row->messages; i++)
    retr (&self, i);
  wait_for_all (&self);
  g_assert_cmpuint (self.record.done->len, ==, row->messages);
  g_assert_null (strchr (self.record.done->str, 'e'));
  g_assert_cmpuint (self.record.octets->len, ==, row->messages * 3);
  quit (&self);
  case_clear (&self);
}

/* A handler that calls back in is a bug of ours: it is said, and nothing happens. */
static void
call_back (const Pop3Result *result, gpointer user_data)
{
  Case *self = user_data;
  g_autoptr (GError) error = NULL;

  g_test_expect_message ("dovetail", G_LOG_LEVEL_CRITICAL, "*pop3_batch_retr*inside a handler*");
  retr (self, 3);
  g_test_expect_message ("dovetail", G_LOG_LEVEL_CRITICAL, "*pop3_batch_wait*inside a handler*");
  g_assert_false (pop3_batch_wait (self->record.batch, &error));
  g_test_expect_message ("dovetail", G_LOG_LEVEL_CRITICAL, "*pop3_session_quit*inside a handler*");
  g_assert_false (pop3_session_quit (self->fixture.session, NULL));
  g_test_assert_expected_messages ();
  g_string_append_c (self->record.done, 'c');
}

static void
test_reentry (void)
{
  static const FakeStep steps[] = { EXPECT ("RETR 1"), SEND ("+OK\r\n.\r\n"), QUIT };
  Case self;

  case_start (&self, steps);
  pop3_batch_retr (self.record.batch, 1, take, call_back, &self);
  wait_for_all (&self);
  g_assert_cmpstr (self.record.done->str, ==, "c");
  quit (&self);
  case_clear (&self);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pop3/batch/C1.5/octets", test_octets);
  g_test_add_func ("/pop3/batch/refused", test_refused);
  g_test_add_func ("/pop3/batch/C8/refusal-code", test_refusal_code);
  g_test_add_data_func ("/pop3/batch/C1.3/truncated/no-dot", "+OK\r\nabc\r\n", test_truncated);
  g_test_add_data_func ("/pop3/batch/C1.3/truncated/half-a-dot", "+OK\r\nabc\r\n.", test_truncated);
  g_test_add_data_func ("/pop3/batch/C1.3/truncated/nothing", "+OK\r\n", test_truncated);
  g_test_add_data_func ("/pop3/batch/C1.3/truncated/half-a-status", "+O", test_truncated);
  g_test_add_func ("/pop3/batch/C7.3/dele", test_dele);
  pop3_fixture_add_rows ("/pop3/batch/C7.3/no-dele", dele_rows, G_N_ELEMENTS (dele_rows), sizeof dele_rows[0],
                         test_no_dele);
  g_test_add_func ("/pop3/batch/C7.3/quit-refused", test_quit_refused);
  g_test_add_func ("/pop3/batch/C7.3/quit-unanswered", test_quit_unanswered);
  g_test_add_func ("/pop3/batch/freed-early", test_freed_early);
  g_test_add_func ("/pop3/batch/C1.3/not-stored", test_not_stored);
  pop3_fixture_add_rows ("/pop3/batch/C8/farewell", farewell_rows, G_N_ELEMENTS (farewell_rows),
                         sizeof farewell_rows[0], test_farewell);
  pop3_fixture_add_rows ("/pop3/batch/window", window_rows, G_N_ELEMENTS (window_rows), sizeof window_rows[0],
                         test_window);
  g_test_add_func ("/pop3/batch/reentry", test_reentry);
  return g_test_run ();
}
