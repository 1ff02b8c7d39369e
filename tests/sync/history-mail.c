#include "history-mail.h"

#include <string.h>

static const struct
{
  const char *name;
  char letter;
} flags[HISTORY_N_FLAGS] = {
  { "\\Answered", 'R' }, { "\\Deleted", 'T' }, { "\\Draft", 'D' }, { "\\Flagged", 'F' }, { "\\Seen", 'S' },
  { "$Forwarded", 'P' }, { "$Work", '\0' },    { "todo", '\0' },   { "projet", '\0' },
};

const char *
history_flag_name (guint flag)
{
  return flags[flag].name;
}

char
history_flag_letter (guint flag)
{
  return flags[flag].letter;
}

char *
history_flags_to_string (guint set)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < HISTORY_N_FLAGS; i++)
    if ((set & 1u << i) != 0)
      g_string_append_printf (text, "%s%s", text->len > 0 ? " " : "", flags[i].name);
  return g_strdup (text->str);
}

guint
history_flags_from_string (const char *list, GString *others)
{
  g_auto (GStrv) names = g_strsplit (list, " ", -1);
  guint set = 0;

  for (guint i = 0; names[i] != NULL; i++)
    {
      guint found = 0;

      for (guint j = 0; j < HISTORY_N_FLAGS; j++)
        if (g_ascii_strcasecmp (names[i], flags[j].name) == 0)
          found |= 1u << j;
      set |= found;
      if (found == 0 && *names[i] != '\0' && others != NULL)
        g_string_append_printf (others, " %s", names[i]);
    }
  return set;
}

guint
history_flags_random (guint32 bits)
{
  guint set = bits & bits >> 9 & HISTORY_ALL_FLAGS;

  return (bits >> 24) % 4 == 0 ? set : set & ~HISTORY_DELETED;
}

gint64
history_mail_date (guint32 bits)
{
  return 1704103200 + bits % (2 * 365 * 86400);
}

static void
add_date (GString *out, gint64 date)
{
  static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
  static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (date);
  g_autofree char *clock = g_date_time_format (time, "%H:%M:%S");

  g_string_append_printf (out, "Date: %s, %02d %s %d %s +0000\r\n",
                          days[g_date_time_get_day_of_week (time) - 1], g_date_time_get_day_of_month (time),
                          months[g_date_time_get_month (time) - 1], g_date_time_get_year (time), clock);
}

GBytes *
history_mail_new (const char *token, guint32 bits)
{
  GString *out = g_string_new ("From: Ada <ada@example.org>\r\nTo: Alice <alice@example.org>\r\n");
  guint kind = bits >> 8;

  g_string_append_printf (out, "Subject: history\r\n");
  if (kind % 8 != 0)
    add_date (out, history_mail_date (bits));
  if (kind % 6 != 1)
    g_string_append_printf (out, "Message-ID: <%s@history.example>\r\n", token);
  g_string_append_printf (out, "\r\ntoken: %s\r\n", token);
  if (kind % 8 == 2)
    g_string_append (out, "d\351j\340 vu\r\n.\r\nFrom here\r\n");
  if (kind % 10 == 3)
    for (guint i = 0; i < 600; i++)
      g_string_append_printf (out, "%u: it rained all week; the roof held.\r\n", i);
  if (kind % 6 == 4)
    g_string_append (out, "no line end");
  return g_string_free_to_bytes (out);
}

/* (nullable): the token in the text, its end to `end`. */
static const char *
find_token (const char *text, gsize length, const char **end)
{
  const char *start = memmem (text, length, "\ntoken: ", strlen ("\ntoken: "));

  if (start == NULL)
    return NULL;
  start += strlen ("\ntoken: ");
  *end = start;
  while (*end < text + length && **end != '\r' && **end != '\n')
    (*end)++;
  return start;
}

char *
history_mail_token (GBytes *bytes)
{
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);
  const char *end = text;
  const char *start = text != NULL ? find_token (text, length, &end) : NULL;

  return start != NULL ? g_strndup (start, (gsize)(end - start)) : g_strdup ("?");
}

GBytes *
history_mail_edit (GBytes *bytes, const char *token)
{
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);
  const char *end = text;
  const char *start = find_token (text, length, &end);
  GString *out = g_string_new_len (text, start - text);

  g_string_append (out, token);
  g_string_append_len (out, end, text + length - end);
  return g_string_free_to_bytes (out);
}

GBytes *
history_mail_to_lf (GBytes *bytes)
{
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);
  GString *out = g_string_sized_new (length);

  for (gsize i = 0; i < length; i++)
    if (text[i] != '\r' || i + 1 == length || text[i + 1] != '\n')
      g_string_append_c (out, text[i]);
  return g_string_free_to_bytes (out);
}

GBytes *
history_mail_to_crlf (GBytes *bytes)
{
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);
  GString *out = g_string_sized_new (length);

  for (gsize i = 0; i < length; i++)
    {
      if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r'))
        g_string_append_c (out, '\r');
      g_string_append_c (out, text[i]);
    }
  return g_string_free_to_bytes (out);
}
