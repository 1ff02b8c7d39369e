#include "when.h"

#include <string.h>

#define COUNT_MAX 100000

static GDateTime *
midnight (GDateTime *day)
{
  return g_date_time_new (g_date_time_get_timezone (day), g_date_time_get_year (day),
                          g_date_time_get_month (day), g_date_time_get_day_of_month (day), 0, 0, 0);
}

/* (transfer full) (nullable): `now` less so many of what `unit` names, in singular or plural. */
static GDateTime *
subtract (GDateTime *now, int count, const char *unit)
{
  g_autofree char *singular =
      g_str_has_suffix (unit, "s") ? g_strndup (unit, strlen (unit) - 1) : g_strdup (unit);

  if (g_str_equal (singular, "minute"))
    return g_date_time_add_minutes (now, -count);
  if (g_str_equal (singular, "hour"))
    return g_date_time_add_hours (now, -count);
  if (g_str_equal (singular, "day"))
    return g_date_time_add_days (now, -count);
  if (g_str_equal (singular, "week"))
    return g_date_time_add_weeks (now, -count);
  if (g_str_equal (singular, "month"))
    return g_date_time_add_months (now, -count);
  return NULL;
}

/* "2 days", "2days", "2 days ago". */
static GDateTime *
parse_ago (const char *text, GDateTime *now)
{
  gsize digits = strspn (text, "0123456789");
  g_autofree char *number = g_strndup (text, digits);
  g_autofree char *unit = g_strstrip (g_strdup (text + digits));
  guint64 count;

  if (!g_ascii_string_to_unsigned (number, 10, 0, COUNT_MAX, &count, NULL))
    return NULL;
  if (g_str_has_suffix (unit, " ago"))
    unit[strlen (unit) - strlen (" ago")] = '\0';
  return subtract (now, (int)count, g_strchomp (unit));
}

/* "2026-11-20", "2026-11-20 14:30", "2026-11-20T14:30:15" and with a zone. */
static GDateTime *
parse_date (const char *text, GDateTime *now)
{
  gsize length = strlen (text);
  g_autofree char *whole = NULL;

  if (length == strlen ("2026-11-20"))
    whole = g_strconcat (text, "T00:00:00", NULL);
  else if (length == strlen ("2026-11-20 14:30"))
    whole = g_strconcat (text, ":00", NULL);
  else
    whole = g_strdup (text);
  if (length > strlen ("2026-11-20") && whole[strlen ("2026-11-20")] == ' ')
    whole[strlen ("2026-11-20")] = 'T';
  return g_date_time_new_from_iso8601 (whole, g_date_time_get_timezone (now));
}

static GDateTime *
parse_word (const char *text, GDateTime *now)
{
  g_autoptr (GDateTime) yesterday = NULL;

  if (g_str_equal (text, "today"))
    return midnight (now);
  if (!g_str_equal (text, "yesterday"))
    return NULL;
  yesterday = g_date_time_add_days (now, -1);
  return midnight (yesterday);
}

gboolean
when_parse (const char *text, GDateTime *now, gint64 *seconds, GError **error)
{
  g_autofree char *lower = g_strstrip (g_ascii_strdown (text, -1));
  g_autoptr (GDateTime) time = parse_word (lower, now);

  if (time == NULL)
    time = parse_ago (lower, now);
  if (time == NULL && g_utf8_validate (text, -1, NULL))
    {
      g_autofree char *upper = g_ascii_strup (lower, -1);

      time = parse_date (upper, now);
    }
  if (time == NULL)
    {
      g_autofree char *escaped = g_strescape (text, NULL);

      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "“%s” is no date; write " WHEN_FORMS,
                   escaped);
      return FALSE;
    }
  *seconds = g_date_time_to_unix (time);
  return TRUE;
}
