#include "pop3-parser-run.h"

#include <string.h>

struct _Pop3ParserRun
{
  Pop3Parser *parser;
  Pop3ParseResult result;
  const char *shapes;
  const char *next_shape;
  Pop3Shape shape;
  GString *text;
  GString *taken;
  gsize room;
};

static void
append_escaped (GString *text, const char *octets, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (g_ascii_isprint (octets[i]) && octets[i] != '\\')
      g_string_append_c (text, octets[i]);
    else
      g_string_append_printf (text, "\\%03o", (guchar)octets[i]);
}

static gboolean
take (const guint8 *data, gsize length, gpointer user_data)
{
  Pop3ParserRun *run = user_data;

  g_assert_true (length > 0 || run->shape == POP3_SHAPE_LISTING);
  for (gsize i = 0; i < length; i++)
    {
      if (run->room == 0)
        return FALSE;
      run->room--;
      g_string_append_c (run->taken, (char)data[i]);
    }
  if (run->shape == POP3_SHAPE_LISTING)
    g_string_append_c (run->taken, '|');
  return TRUE;
}

/* Shapes without a letter known here are lines. */
static void
expect_next (Pop3ParserRun *run)
{
  Pop3Expectation expectation = { .take = take, .user_data = run };

  if (*run->next_shape == '\0')
    run->next_shape = run->shapes;
  if (*run->next_shape == 's')
    expectation.shape = POP3_SHAPE_LISTING;
  else if (*run->next_shape == 'm')
    expectation.shape = POP3_SHAPE_MESSAGE;
  run->next_shape++;
  if (g_ascii_isdigit (*run->next_shape))
    expectation.size = (guint64)(*run->next_shape++ - '0');
  run->shape = expectation.shape;
  pop3_parser_expect (run->parser, &expectation);
}

Pop3ParserRun *
pop3_parser_run_new (const char *shapes)
{
  Pop3ParserRun *run = g_new0 (Pop3ParserRun, 1);

  g_assert (*shapes != '\0');
  run->parser = pop3_parser_new ();
  run->result = POP3_PARSE_NEED_MORE;
  run->shapes = shapes;
  run->next_shape = shapes;
  run->text = g_string_new (NULL);
  run->taken = g_string_new (NULL);
  run->room = G_MAXSIZE;
  expect_next (run);
  return run;
}

void
pop3_parser_run_free (Pop3ParserRun *run)
{
  if (run == NULL)
    return;
  g_string_free (run->text, TRUE);
  g_string_free (run->taken, TRUE);
  pop3_parser_free (run->parser);
  g_free (run);
}

void
pop3_parser_run_stop_after (Pop3ParserRun *run, gsize octets)
{
  run->room = octets;
}

static void
append_taken (Pop3ParserRun *run)
{
  if (run->taken->len > 0)
    {
      append_escaped (run->text, run->taken->str, run->taken->len);
      g_string_append_c (run->text, '\n');
    }
  g_string_truncate (run->taken, 0);
}

static void
append_response (Pop3ParserRun *run, const Pop3Response *response)
{
  static const char *const statuses[] = { "OK", "ERR", "CONTINUE" };
  static const char *const codes[] = { "",          " other",    " in-use", " login-delay",
                                       " sys/temp", " sys/perm", " auth",   " utf8" };

  append_taken (run);
  g_string_append_printf (run->text, "%s%s \"", statuses[response->status], codes[response->code]);
  append_escaped (run->text, response->text, strlen (response->text));
  g_string_append (run->text, "\"\n");
}

/* A copy of exactly this length, so that the address sanitizer sees a read beyond it. */
void
pop3_parser_run_feed (Pop3ParserRun *run, const void *data, gsize length)
{
  g_autofree guint8 *copy = g_memdup2 (data, length);
  const guint8 *rest = copy;

  do
    {
      g_autoptr (Pop3Response) response = NULL;

      run->result = pop3_parser_eat (run->parser, &rest, &length, &response);
      g_assert_cmpint (response != NULL, ==, run->result == POP3_PARSE_COMPLETE);
      if (response == NULL)
        continue;
      g_assert_true (pop3_parser_is_idle (run->parser));
      append_response (run, response);
      expect_next (run);
    }
  while (run->result == POP3_PARSE_COMPLETE);
  if (run->result == POP3_PARSE_NEED_MORE)
    g_assert_cmpuint (length, ==, 0);
}

char *
pop3_parser_run_take_text (Pop3ParserRun *run)
{
  append_taken (run);
  if (run->result == POP3_PARSE_MALFORMED)
    g_string_append_printf (run->text, "malformed: %s\n", pop3_parser_get_complaint (run->parser));
  else if (run->result == POP3_PARSE_STOPPED)
    g_string_append (run->text, "stopped\n");
  else if (!pop3_parser_is_idle (run->parser))
    g_string_append (run->text, "unfinished\n");
  return g_strdup (run->text->str);
}
