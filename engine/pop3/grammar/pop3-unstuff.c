#include "pop3-unstuff.h"

#include <string.h>

void
pop3_unstuff_begin (Pop3Unstuff *unstuff, const Pop3Expectation *expectation, gboolean lf_ends)
{
  *unstuff = (Pop3Unstuff){
    .state = POP3_UNSTUFF_LINE_START,
    .lf_ends = lf_ends,
    .held = "",
    .listed_size = expectation->size,
    .take = expectation->take,
    .user_data = expectation->user_data,
  };
}

static gboolean
give (Pop3Unstuff *unstuff, const void *data, gsize length)
{
  unstuff->octets += length;
  return unstuff->take == NULL || length == 0 || unstuff->take (data, length, unstuff->user_data);
}

static gboolean
give_held (Pop3Unstuff *unstuff)
{
  const char *held = unstuff->held;

  unstuff->held = "";
  return give (unstuff, held, strlen (held));
}

static gboolean
is_end_candidate (const Pop3Unstuff *unstuff, guint8 octet)
{
  return octet == '\r' || (unstuff->lf_ends && octet == '\n');
}

/* A run of octets that can't belong to a line end. */
static gboolean
eat_text (Pop3Unstuff *unstuff, const guint8 **data, gsize *length)
{
  const guint8 *start = *data;
  gsize run = 0;

  while (run < *length && !is_end_candidate (unstuff, start[run]))
    run++;
  *data += run;
  *length -= run;
  if (*length == 0)
    return give (unstuff, start, run);
  if (**data == '\r')
    unstuff->state = POP3_UNSTUFF_CR;
  else
    {
      unstuff->state = POP3_UNSTUFF_LINE_START;
      unstuff->held = "\n";
    }
  ++*data;
  --*length;
  return give (unstuff, start, run);
}

/* Behind a CR: a line end, or the CR was content; then this octet is looked at anew. */
static gboolean
eat_behind_cr (Pop3Unstuff *unstuff, const guint8 **data, gsize *length)
{
  if (**data != '\n')
    {
      unstuff->state = POP3_UNSTUFF_TEXT;
      return give (unstuff, "\r", 1);
    }
  unstuff->state = POP3_UNSTUFF_LINE_START;
  unstuff->held = "\r\n";
  ++*data;
  --*length;
  return TRUE;
}

static gboolean
eat_line_start (Pop3Unstuff *unstuff, const guint8 **data, gsize *length)
{
  if (**data != '.')
    {
      unstuff->state = POP3_UNSTUFF_TEXT;
      return give_held (unstuff);
    }
  unstuff->state = POP3_UNSTUFF_DOT;
  ++*data;
  --*length;
  return TRUE;
}

static gboolean
end (Pop3Unstuff *unstuff)
{
  gboolean added = unstuff->listed_size > 0 && unstuff->octets == unstuff->listed_size;

  unstuff->state = POP3_UNSTUFF_END;
  return added || give_held (unstuff);
}

/* Behind a dot at a line's beginning: the end is near, or the dot was stuffed. */
static gboolean
eat_behind_dot (Pop3Unstuff *unstuff, const guint8 **data, gsize *length)
{
  if (!is_end_candidate (unstuff, **data))
    {
      unstuff->state = POP3_UNSTUFF_TEXT;
      return give_held (unstuff);
    }
  unstuff->state = POP3_UNSTUFF_DOT_CR;
  if (**data == '\n')
    return TRUE;
  ++*data;
  --*length;
  return TRUE;
}

static gboolean
eat_behind_dot_cr (Pop3Unstuff *unstuff, const guint8 **data, gsize *length)
{
  if (**data != '\n')
    {
      unstuff->state = POP3_UNSTUFF_CR;
      return give_held (unstuff);
    }
  ++*data;
  --*length;
  return end (unstuff);
}

static gboolean
eat_some (Pop3Unstuff *unstuff, const guint8 **data, gsize *length)
{
  switch (unstuff->state)
    {
    case POP3_UNSTUFF_TEXT:
      return eat_text (unstuff, data, length);
    case POP3_UNSTUFF_CR:
      return eat_behind_cr (unstuff, data, length);
    case POP3_UNSTUFF_LINE_START:
      return eat_line_start (unstuff, data, length);
    case POP3_UNSTUFF_DOT:
      return eat_behind_dot (unstuff, data, length);
    case POP3_UNSTUFF_DOT_CR:
      return eat_behind_dot_cr (unstuff, data, length);
    case POP3_UNSTUFF_END:
      return TRUE;
    }
  return FALSE;
}

gboolean
pop3_unstuff_eat (Pop3Unstuff *unstuff, const guint8 **data, gsize *length)
{
  while (*length > 0 && unstuff->state != POP3_UNSTUFF_END)
    if (!eat_some (unstuff, data, length))
      return FALSE;
  return TRUE;
}
