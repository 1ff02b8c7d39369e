#include "arrival-date.h"

#include <gmime/gmime.h>
#include <string.h>

#define VALUE_MAX 1000 /* a longer field is no date */
#define AHEAD_SECONDS (24 * 60 * 60)

static gboolean
is_folded (const char *next, const char *end)
{
  return next < end && (*next == ' ' || *next == '\t');
}

/* The field at `line`, unfolded as far as a date needs it. *next: behind it. (transfer full) */
static char *
take_field (const char *line, const char *end, const char **next)
{
  const char *stop = line;

  do
    {
      const char *lf = memchr (stop, '\n', (gsize)(end - stop));

      stop = lf != NULL ? lf + 1 : end;
    }
  while (is_folded (stop, end));
  *next = stop;
  return g_strdelimit (g_strndup (line, MIN ((gsize)(stop - line), VALUE_MAX)), "\r\n\t", ' ');
}

/* 0: none. */
static gint64
read_date (const char *text, gint64 now)
{
  g_autoptr (GDateTime) date = g_mime_utils_header_decode_date (text);
  gint64 seconds = date != NULL ? g_date_time_to_unix (date) : 0;

  return seconds > 0 && seconds <= now + AHEAD_SECONDS ? seconds : 0;
}

/* (nullable): what stands behind "NAME:". */
static const char *
value_of (const char *field, const char *name)
{
  gsize length = strlen (name);

  if (g_ascii_strncasecmp (field, name, length) != 0)
    return NULL;
  field += length;
  field += strspn (field, " ");
  return *field == ':' ? field + 1 : NULL;
}

gint64
arrival_date (const char *header, gsize length, gint64 now)
{
  const char *end = header + length;
  const char *next;
  gint64 received = 0, sent = 0;
  gboolean is_first = TRUE;

  for (const char *line = header; line < end && *line != '\r' && *line != '\n' && received == 0; line = next)
    {
      g_autofree char *field = take_field (line, end, &next);
      const char *trace = value_of (field, "Received");
      const char *date = value_of (field, "Date");

      if (trace != NULL && is_first)
        {
          const char *semicolon = strrchr (trace, ';');

          is_first = FALSE;
          received = semicolon != NULL ? read_date (semicolon + 1, now) : 0;
        }
      if (date != NULL && sent == 0)
        sent = read_date (date, now);
    }
  if (received != 0)
    return received;
  return sent != 0 ? sent : now;
}
