/* Any string written as an astring is read back by the parser, in whatever form it was written: the command
 * is made to look like a LIST response. */
#include "fuzz.h"
#include "imap/grammar/imap-command.h"
#include "imap/grammar/imap-parser.h"

static void
append_part (gpointer data, gpointer user_data)
{
  const ImapCommandPart *part = data;
  gsize length;
  const guint8 *octets = g_bytes_get_data (part->octets, &length);

  g_byte_array_append (user_data, octets, (guint)length);
}

static void
check (const char *string, ImapLiteralMode mode)
{
  g_autoptr (ImapCommand) command = imap_command_new ("LIST () NIL");
  g_autoptr (GPtrArray) parts = NULL;
  g_autoptr (GByteArray) written = g_byte_array_new ();
  g_autoptr (ImapParser) parser = imap_parser_new ();
  g_autoptr (ImapResponse) response = NULL;
  const guint8 *rest;
  gsize length;

  imap_command_astring (command, string);
  parts = imap_command_finish (command, "*", mode);
  g_ptr_array_foreach (parts, append_part, written);
  rest = written->data;
  length = written->len;
  g_assert_cmpint (imap_parser_eat (parser, &rest, &length, &response), ==, IMAP_PARSE_COMPLETE);
  g_assert_cmpuint (length, ==, 0);
  g_assert_cmpstr (response->list.raw, ==, string);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autofree char *string = g_strndup ((const char *)data, size);

  check (string, IMAP_LITERAL_SYNC);
  check (string, IMAP_LITERAL_PLUS);
  check (string, IMAP_LITERAL_MINUS);
  return 0;
}
