#include "imap/grammar/imap-command.h"

#include <string.h>

/* The parts as text: "|" where the sender waits, "@" where the caller's stream goes. */
static char *
finish (ImapCommand *command, ImapLiteralMode mode)
{
  g_autoptr (GPtrArray) parts = imap_command_finish (command, "A1", mode);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < parts->len; i++)
    {
      const ImapCommandPart *part = g_ptr_array_index (parts, i);
      gsize length;
      const char *octets = g_bytes_get_data (part->octets, &length);

      g_string_append_len (text, octets, (gssize)length);
      if (part->wait)
        g_string_append_c (text, '|');
      if (part->source)
        g_string_append_c (text, '@');
    }
  return g_string_free (text, FALSE);
}

typedef struct
{
  const char *description;
  const char *string;
  const char *written; /* LITERAL+ */
} StringRow;

static const StringRow STRING_ROWS[] = {
  { "atom", "Work/2024", "Work/2024" },
  { "atom with a closing bracket", "a]b[", "a]b[" },
  { "modified UTF-7", "Entw&APw-rfe", "Entw&APw-rfe" },
  { "empty", "", "\"\"" },
  { "space", "Sent Items", "\"Sent Items\"" },
  { "quote and backslash", "a\"b\\c", "\"a\\\"b\\\\c\"" },
  { "backslash alone", "\\", "\"\\\\\"" },
  { "parenthesis", "(a)", "\"(a)\"" },
  { "brace", "a{3}", "\"a{3}\"" },
  { "wildcards are no wildcards here", "100%*", "\"100%*\"" },
  { "NIL would be no string", "nil", "\"nil\"" },
  { "begins like NIL", "NILE", "NILE" },
  { "8-bit", "Entw\xc3\xbcrfe", "{9+}\r\nEntw\xc3\xbcrfe" },
  { "invalid UTF-8", "\xff", "{1+}\r\n\xff" },
  { "a line end can't begin another command", "a\r\nA2 DELETE b", "{14+}\r\na\r\nA2 DELETE b" },
  { "a bare LF", "a\nb", "{3+}\r\na\nb" },
  { "a control character", "a\x01", "{2+}\r\na\x01" },
  { "DEL", "\x7f", "{1+}\r\n\x7f" },
};

static void
test_astring (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (STRING_ROWS); i++)
    {
      g_autoptr (ImapCommand) command = imap_command_new ("SELECT");
      g_autofree char *expected = g_strdup_printf ("A1 SELECT %s (X)\r\n", STRING_ROWS[i].written);
      g_autofree char *text = NULL;

      g_test_message ("%s", STRING_ROWS[i].description);
      imap_command_astring (command, STRING_ROWS[i].string);
      imap_command_raw (command, " (X)");
      text = finish (command, IMAP_LITERAL_PLUS);
      g_assert_cmpstr (text, ==, expected);
    }
}

static void
test_raw (void)
{
  g_autoptr (ImapCommand) command = imap_command_new ("LIST");
  g_autofree char *text = NULL;

  imap_command_rawf (command, " \"\" %s (%u)", "*%", 7u);
  text = finish (command, IMAP_LITERAL_SYNC);
  g_assert_cmpstr (text, ==, "A1 LIST \"\" *% (7)\r\n");
}

static void
test_raw_refuses_line_end (void)
{
  if (g_test_subprocess ())
    {
      g_autoptr (ImapCommand) command = imap_command_new ("NOOP\r\nA2 DELETE x");

      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*CRITICAL*");
}

static char *
finish_astring (const char *string, ImapLiteralMode mode)
{
  g_autoptr (ImapCommand) command = imap_command_new ("LOGIN");

  imap_command_astring (command, string);
  imap_command_astring (command, "\xc3\xbc");
  return finish (command, mode);
}

static void
test_literal_modes (void)
{
  g_autofree char *big = g_strnfill (4097, '\xe4');
  g_autofree char *sync = finish_astring ("\xc3\xa4", IMAP_LITERAL_SYNC);
  g_autofree char *plus = finish_astring ("\xc3\xa4", IMAP_LITERAL_PLUS);
  g_autofree char *minus = finish_astring ("\xc3\xa4", IMAP_LITERAL_MINUS);
  g_autofree char *minus_big = finish_astring (big, IMAP_LITERAL_MINUS);
  g_autofree char *minus_limit = finish_astring (big + 1, IMAP_LITERAL_MINUS);
  g_autofree char *plus_big = finish_astring (big, IMAP_LITERAL_PLUS);

  g_assert_cmpstr (sync, ==, "A1 LOGIN {2}\r\n|\xc3\xa4 {2}\r\n|\xc3\xbc\r\n");
  g_assert_cmpstr (plus, ==, "A1 LOGIN {2+}\r\n\xc3\xa4 {2+}\r\n\xc3\xbc\r\n");
  g_assert_cmpstr (minus, ==, plus);
  g_assert_true (g_str_has_prefix (minus_big, "A1 LOGIN {4097}\r\n|\xe4"));
  g_assert_true (g_str_has_suffix (minus_big, "\xe4 {2+}\r\n\xc3\xbc\r\n"));
  g_assert_true (g_str_has_prefix (minus_limit, "A1 LOGIN {4096+}\r\n\xe4"));
  g_assert_true (g_str_has_prefix (plus_big, "A1 LOGIN {4097+}\r\n\xe4"));
}

typedef struct
{
  const char *description;
  ImapLiteralMode mode;
  guint64 size;
  const char *expected;
} StreamRow;

static const StreamRow STREAM_ROWS[] = {
  { "waits", IMAP_LITERAL_SYNC, 12, "A1 APPEND INBOX (\\Seen) {12}\r\n|@\r\n" },
  { "does not wait", IMAP_LITERAL_PLUS, 12, "A1 APPEND INBOX (\\Seen) {12+}\r\n@\r\n" },
  { "nothing to stream", IMAP_LITERAL_PLUS, 0, "A1 APPEND INBOX (\\Seen) {0+}\r\n@\r\n" },
  { "LITERAL-, small", IMAP_LITERAL_MINUS, 4096, "A1 APPEND INBOX (\\Seen) {4096+}\r\n@\r\n" },
  { "LITERAL-, large", IMAP_LITERAL_MINUS, 4097, "A1 APPEND INBOX (\\Seen) {4097}\r\n|@\r\n" },
  { "larger than 4 GiB", IMAP_LITERAL_PLUS, 5000000000, "A1 APPEND INBOX (\\Seen) {5000000000+}\r\n@\r\n" },
};

static void
test_stream (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (STREAM_ROWS); i++)
    {
      g_autoptr (ImapCommand) command = imap_command_new ("APPEND");
      g_autofree char *text = NULL;

      g_test_message ("%s", STREAM_ROWS[i].description);
      imap_command_astring (command, "INBOX");
      imap_command_raw (command, " (\\Seen)");
      imap_command_stream (command, STREAM_ROWS[i].size);
      text = finish (command, STREAM_ROWS[i].mode);
      g_assert_cmpstr (text, ==, STREAM_ROWS[i].expected);
    }
}

static void
test_literal_before_stream (void)
{
  g_autoptr (ImapCommand) command = imap_command_new ("APPEND");
  g_autofree char *text = NULL;

  imap_command_astring (command, "\xc3\xbc");
  imap_command_stream (command, 5);
  text = finish (command, IMAP_LITERAL_SYNC);
  g_assert_cmpstr (text, ==, "A1 APPEND {2}\r\n|\xc3\xbc {5}\r\n|@\r\n");
}

/* MULTIAPPEND (RFC 3502): each message's octets are followed by the next one's beginning. */
static void
test_streams (void)
{
  const struct
  {
    ImapLiteralMode mode;
    const char *expected;
  } rows[] = {
    { IMAP_LITERAL_PLUS, "A1 APPEND INBOX {5+}\r\n@ (\\Seen) {4097+}\r\n@\r\n" },
    { IMAP_LITERAL_MINUS, "A1 APPEND INBOX {5+}\r\n@ (\\Seen) {4097}\r\n|@\r\n" },
    { IMAP_LITERAL_SYNC, "A1 APPEND INBOX {5}\r\n|@ (\\Seen) {4097}\r\n|@\r\n" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (ImapCommand) command = imap_command_new ("APPEND");
      g_autofree char *text = NULL;

      imap_command_astring (command, "INBOX");
      imap_command_stream (command, 5);
      imap_command_raw (command, " (\\Seen)");
      imap_command_stream (command, 4097);
      text = finish (command, rows[i].mode);
      g_assert_cmpstr (text, ==, rows[i].expected);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/imap/command/astring", test_astring);
  g_test_add_func ("/imap/command/raw", test_raw);
  g_test_add_func ("/imap/command/raw-refuses-line-end", test_raw_refuses_line_end);
  g_test_add_func ("/imap/command/literal-modes", test_literal_modes);
  g_test_add_func ("/imap/command/stream", test_stream);
  g_test_add_func ("/imap/command/literal-before-stream", test_literal_before_stream);
  g_test_add_func ("/imap/command/streams", test_streams);
  return g_test_run ();
}
