/* The answers must be the same whole and in pieces. The first octet chooses UTF-8 names and where a sink
 * refuses, the next four the lengths of the pieces, in turn. */
#include "../imap/parser-run.h"
#include "fuzz.h"

#define HEAD 5

static ParserRun *
new_run (guint8 choice)
{
  ParserRun *run = parser_run_new ((choice & 1) != 0);

  if ((choice & 2) != 0)
    parser_run_stop_sink_after (run, choice >> 2);
  return run;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autoptr (ParserRun) whole = NULL;
  g_autoptr (ParserRun) pieces = NULL;
  g_autofree char *whole_text = NULL;
  g_autofree char *pieces_text = NULL;
  gsize piece;

  if (size < HEAD)
    return 0;
  whole = new_run (data[0]);
  pieces = new_run (data[0]);
  parser_run_feed (whole, data + HEAD, size - HEAD);
  for (gsize offset = HEAD, turn = 0; offset < size; offset += piece, turn++)
    {
      piece = MIN ((gsize)data[1 + turn % 4] + 1, size - offset);
      parser_run_feed (pieces, data + offset, piece);
    }
  whole_text = parser_run_take_text (whole);
  pieces_text = parser_run_take_text (pieces);
  g_assert_cmpstr (whole_text, ==, pieces_text);
  return 0;
}
