/* Lines of listings are valid or not, and never more than that. The answers must be the same whole and in
 * pieces. The first octet chooses the shapes of the responses and
 * where the taker refuses, the next two the lengths of the pieces, in turn. */
#include "../pop3/pop3-parser-run.h"
#include "fuzz.h"

#include <string.h>

#define HEAD 3

static Pop3ParserRun *
new_run (guint8 choice)
{
  static const char *const shapes[] = { "l", "s", "m", "m9lsm" };
  Pop3ParserRun *run = pop3_parser_run_new (shapes[choice & 3]);

  if ((choice & 4) != 0)
    pop3_parser_run_stop_after (run, choice >> 3);
  return run;
}

static void
parse_line (const char *line, gsize length)
{
  g_autofree char *uidl = NULL;
  guint32 number = 0;
  guint64 size = 0;

  if (pop3_parse_scan_listing (line, length, &number, &size))
    g_assert_true (number > 0 && size <= G_MAXINT64);
  if (pop3_parse_unique_id_listing (line, length, &number, &uidl) && uidl != NULL)
    g_assert_true (strlen (uidl) >= 1 && strlen (uidl) <= 70);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autoptr (Pop3ParserRun) whole = NULL;
  g_autoptr (Pop3ParserRun) pieces = NULL;
  g_autofree char *whole_text = NULL;
  g_autofree char *pieces_text = NULL;
  gsize piece;

  if (size < HEAD)
    return 0;
  parse_line ((const char *)data + HEAD, size - HEAD);
  whole = new_run (data[0]);
  pieces = new_run (data[0]);
  pop3_parser_run_feed (whole, data + HEAD, size - HEAD);
  for (gsize offset = HEAD, turn = 0; offset < size; offset += piece, turn++)
    {
      piece = MIN ((gsize)data[1 + turn % 2] + 1, size - offset);
      pop3_parser_run_feed (pieces, data + offset, piece);
    }
  whole_text = pop3_parser_run_take_text (whole);
  pieces_text = pop3_parser_run_take_text (pieces);
  g_assert_cmpstr (whole_text, ==, pieces_text);
  return 0;
}
