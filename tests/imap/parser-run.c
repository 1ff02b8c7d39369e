#include "parser-run.h"

#include "response-text.h"

struct _ParserRun
{
  ImapParser *parser;
  ImapParseResult result;
  GString *text;
  GString *body; /* (nullable) */
  guint64 body_size;
  gsize refuse_after;
};

static gboolean
begin_body (guint64 size, gpointer user_data)
{
  ParserRun *run = user_data;

  g_assert_null (run->body);
  run->body = g_string_new (NULL);
  run->body_size = size;
  return TRUE;
}

static gboolean
take_body (const guint8 *data, gsize length, gpointer user_data)
{
  ParserRun *run = user_data;

  g_assert_nonnull (run->body);
  g_assert_cmpuint (length, >, 0);
  for (gsize i = 0; i < length; i++)
    {
      if (run->body->len == run->refuse_after)
        return FALSE;
      g_string_append_c (run->body, (char)data[i]);
    }
  return TRUE;
}

static const ImapBodySink SINK = { begin_body, take_body };

ParserRun *
parser_run_new (gboolean utf8)
{
  ParserRun *run = g_new0 (ParserRun, 1);

  run->parser = imap_parser_new ();
  imap_parser_set_utf8 (run->parser, utf8);
  imap_parser_set_body_sink (run->parser, &SINK, run);
  run->text = g_string_new (NULL);
  run->result = IMAP_PARSE_NEED_MORE;
  run->refuse_after = G_MAXSIZE;
  return run;
}

static void
clear_body (ParserRun *run)
{
  if (run->body != NULL)
    g_string_free (run->body, TRUE);
  run->body = NULL;
}

void
parser_run_free (ParserRun *run)
{
  if (run == NULL)
    return;
  clear_body (run);
  g_string_free (run->text, TRUE);
  imap_parser_free (run->parser);
  g_free (run);
}

void
parser_run_stop_sink_after (ParserRun *run, gsize octets)
{
  run->refuse_after = octets;
}

static void
append_body (ParserRun *run)
{
  if (run->body == NULL)
    return;
  g_string_append_printf (run->text, "body(%" G_GUINT64_FORMAT ")=\"", run->body_size);
  for (gsize i = 0; i < run->body->len; i++)
    g_string_append_printf (run->text, g_ascii_isprint (run->body->str[i]) ? "%c" : "\\%03o",
                            (guchar)run->body->str[i]);
  g_string_append (run->text, "\"\n");
  clear_body (run);
}

/* A copy of exactly this length, so that the address sanitizer sees a read beyond it. */
void
parser_run_feed (ParserRun *run, const void *data, gsize length)
{
  g_autofree guint8 *copy = g_memdup2 (data, length);
  const guint8 *rest = copy;

  do
    {
      g_autoptr (ImapResponse) response = NULL;

      run->result = imap_parser_eat (run->parser, &rest, &length, &response);
      g_assert_cmpint (response != NULL, ==, run->result == IMAP_PARSE_COMPLETE);
      if (response == NULL)
        continue;
      g_assert_true (imap_parser_is_idle (run->parser));
      append_body (run);
      response_to_text (response, run->text);
    }
  while (run->result == IMAP_PARSE_COMPLETE);
  if (run->result == IMAP_PARSE_NEED_MORE)
    g_assert_cmpuint (length, ==, 0);
}

char *
parser_run_take_text (ParserRun *run)
{
  append_body (run);
  if (run->result == IMAP_PARSE_MALFORMED)
    g_string_append_printf (run->text, "malformed: %s\n", imap_parser_get_complaint (run->parser));
  else if (run->result == IMAP_PARSE_STOPPED)
    g_string_append (run->text, "stopped\n");
  else if (!imap_parser_is_idle (run->parser))
    g_string_append (run->text, "unfinished\n");
  {
    char *text = g_string_free (run->text, FALSE);

    run->text = g_string_new (NULL);
    return text;
  }
}
