#include "imap-date.h"

#include <string.h>

#define SECONDS_PER_DAY 86400

static const char MONTHS[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

static gboolean
is_leap (gint64 year)
{
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static gint64
days_in_month (gint64 year, gint64 month)
{
  static const gint64 days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

  return month == 1 && is_leap (year) ? 29 : days[month];
}

/* Days from 1 January of year 1 to 1 January of `year`, Gregorian throughout. */
static gint64
days_before_year (gint64 year)
{
  gint64 past = year - 1;

  return past * 365 + past / 4 - past / 100 + past / 400;
}

static gint64
days_since_epoch (gint64 year, gint64 month, gint64 day)
{
  gint64 days = days_before_year (year) - days_before_year (1970) + day - 1;

  for (gint64 i = 0; i < month; i++)
    days += days_in_month (year, i);
  return days;
}

/* Exactly `width` digits. */
static gboolean
parse_digits (const char *text, gsize width, gint64 max, gint64 *value)
{
  *value = 0;
  for (gsize i = 0; i < width; i++)
    {
      if (!g_ascii_isdigit (text[i]))
        return FALSE;
      *value = *value * 10 + (text[i] - '0');
    }
  return *value <= max;
}

static gboolean
parse_month (const char *text, gint64 *month)
{
  for (*month = 0; *month < 12; (*month)++)
    if (g_ascii_strncasecmp (text, MONTHS[*month], 3) == 0)
      return TRUE;
  return FALSE;
}

/* "17-Jul-1996" */
static gboolean
parse_day (const char *text, gint64 *days)
{
  gint64 day, month, year;
  gboolean short_day = text[0] == ' ';

  if (!parse_digits (text + short_day, short_day ? 1 : 2, 31, &day) || text[2] != '-' ||
      !parse_month (text + 3, &month) || text[6] != '-' || !parse_digits (text + 7, 4, 9999, &year))
    return FALSE;
  if (year < 1 || day < 1 || day > days_in_month (year, month))
    return FALSE;
  *days = days_since_epoch (year, month, day);
  return TRUE;
}

/* "02:44:25"; a leap second is allowed, and counts into the next minute. */
static gboolean
parse_time (const char *text, gint64 *seconds)
{
  gint64 hour, minute, second;

  if (!parse_digits (text, 2, 23, &hour) || text[2] != ':' || !parse_digits (text + 3, 2, 59, &minute) ||
      text[5] != ':' || !parse_digits (text + 6, 2, 60, &second))
    return FALSE;
  *seconds = (hour * 60 + minute) * 60 + second;
  return TRUE;
}

/* "-0700" */
static gboolean
parse_zone (const char *text, gint64 *seconds)
{
  gint64 hours, minutes;

  if ((text[0] != '+' && text[0] != '-') || !parse_digits (text + 1, 2, 99, &hours) ||
      !parse_digits (text + 3, 2, 59, &minutes))
    return FALSE;
  *seconds = (hours * 60 + minutes) * 60 * (text[0] == '-' ? -1 : 1);
  return TRUE;
}

gboolean
imap_date_parse (const char *text, gsize length, gint64 *seconds)
{
  gint64 days, time, zone;

  if (length != IMAP_DATE_SIZE - 1 || !parse_day (text, &days) || text[11] != ' ' ||
      !parse_time (text + 12, &time) || text[20] != ' ' || !parse_zone (text + 21, &zone))
    return FALSE;
  *seconds = days * SECONDS_PER_DAY + time - zone;
  return TRUE;
}

/* Takes the whole years out of `days` since 1 January of year 1. */
static gint64
split_year (gint64 *days)
{
  /* 365.2425 days a year: never more than one year off */
  gint64 year = *days * 400 / 146097 + 1;

  while (days_before_year (year) > *days)
    year--;
  while (days_before_year (year + 1) <= *days)
    year++;
  *days -= days_before_year (year);
  return year;
}

void
imap_date_format (gint64 seconds, char buffer[IMAP_DATE_SIZE])
{
  gint64 lowest = days_since_epoch (1, 0, 1) * SECONDS_PER_DAY;
  gint64 highest = days_since_epoch (9999, 11, 31) * SECONDS_PER_DAY + SECONDS_PER_DAY - 1;
  gint64 since_year_one = CLAMP (seconds, lowest, highest) - lowest;
  gint64 days = since_year_one / SECONDS_PER_DAY;
  gint time = (gint)(since_year_one % SECONDS_PER_DAY);
  gint year = (gint)split_year (&days);
  gint month = 0;

  while (days >= days_in_month (year, month))
    days -= days_in_month (year, month++);
  g_snprintf (buffer, IMAP_DATE_SIZE, "%02d-%s-%04d %02d:%02d:%02d +0000", (gint)days + 1, MONTHS[month],
              year, time / 3600, time / 60 % 60, time % 60);
}
