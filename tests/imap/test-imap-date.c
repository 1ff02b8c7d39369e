#include "imap/grammar/imap-date.h"

#include <string.h>

typedef struct
{
  const char *description;
  const char *text;
  gint64 seconds;
  const char *in_utc; /* NULL: malformed */
} Row;

static const Row ROWS[] = {
  { "RFC 9051's example", "17-Jul-1996 02:44:25 -0700", 837596665, "17-Jul-1996 09:44:25 +0000" },
  { "the epoch", "01-Jan-1970 00:00:00 +0000", 0, "01-Jan-1970 00:00:00 +0000" },
  { "a day with a space", " 1-Jan-1970 00:00:01 +0000", 1, "01-Jan-1970 00:00:01 +0000" },
  { "month in any case", "01-JAN-1970 00:00:00 +0000", 0, "01-Jan-1970 00:00:00 +0000" },
  { "before the epoch", "31-Dec-1969 23:59:59 +0000", -1, "31-Dec-1969 23:59:59 +0000" },
  { "29 February, divisible by 400", "29-Feb-2000 12:00:00 +0000", 951825600, "29-Feb-2000 12:00:00 +0000" },
  { "28 February, divisible by 100", "28-Feb-1900 00:00:00 +0000", -2203977600,
    "28-Feb-1900 00:00:00 +0000" },
  { "29 February of a common century", "29-Feb-1900 00:00:00 +0000", 0, NULL },
  { "29 February of a common year", "29-Feb-2023 00:00:00 +0000", 0, NULL },
  { "beyond 2038", "19-Jan-2038 03:14:08 +0000", 2147483648, "19-Jan-2038 03:14:08 +0000" },
  { "year 1", "01-Jan-0001 00:00:00 +0000", -62135596800, "01-Jan-0001 00:00:00 +0000" },
  { "year 9999", "31-Dec-9999 23:59:59 +0000", 253402300799, "31-Dec-9999 23:59:59 +0000" },
  { "a zone that leads out of year 1", "01-Jan-0001 00:00:00 +0100", -62135600400,
    "01-Jan-0001 00:00:00 +0000" },
  { "a leap second", "31-Dec-2016 23:59:60 +0000", 1483228800, "01-Jan-2017 00:00:00 +0000" },
  { "east", "01-Jan-2020 00:30:00 +0530", 1577818800, "31-Dec-2019 19:00:00 +0000" },
  { "year 0", "01-Jan-0000 00:00:00 +0000", 0, NULL },
  { "day 0", "00-Jan-2000 00:00:00 +0000", 0, NULL },
  { "day 32", "32-Jan-2000 00:00:00 +0000", 0, NULL },
  { "31 April", "31-Apr-2000 00:00:00 +0000", 0, NULL },
  { "no such month", "01-Foo-2000 00:00:00 +0000", 0, NULL },
  { "hour 24", "01-Jan-2000 24:00:00 +0000", 0, NULL },
  { "minute 60", "01-Jan-2000 00:60:00 +0000", 0, NULL },
  { "second 61", "01-Jan-2000 00:00:61 +0000", 0, NULL },
  { "zone minute 60", "01-Jan-2000 00:00:00 +0060", 0, NULL },
  { "a zone by name", "01-Jan-2000 00:00:00 GMT  ", 0, NULL },
  { "no zone", "01-Jan-2000 00:00:00", 0, NULL },
  { "signs among digits", "+1-Jan-2000 00:00:00 +0000", 0, NULL },
  { "a space for a digit", "01-Jan-2000  0:00:00 +0000", 0, NULL },
  { "too long (CVE-2018-14350)", "01-Jan-2000 00:00:00 +00000", 0, NULL },
  { "two-digit year", "01-Jan-00 00:00:00 +0000", 0, NULL },
  { "empty", "", 0, NULL },
};

static void
test_parse (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++)
    {
      const Row *row = &ROWS[i];
      gint64 seconds = 0x5a5a;
      gboolean parsed = imap_date_parse (row->text, strlen (row->text), &seconds);
      char buffer[IMAP_DATE_SIZE];

      g_test_message ("%s", row->description);
      g_assert_cmpint (parsed, ==, row->in_utc != NULL);
      g_assert_cmpint (seconds, ==, parsed ? row->seconds : 0x5a5a);
      if (!parsed)
        continue;
      imap_date_format (seconds, buffer);
      g_assert_cmpstr (buffer, ==, row->in_utc);
    }
}

static void
test_format_clamps (void)
{
  char buffer[IMAP_DATE_SIZE];

  imap_date_format (G_MININT64, buffer);
  g_assert_cmpstr (buffer, ==, "01-Jan-0001 00:00:00 +0000");
  imap_date_format (-62135596801, buffer);
  g_assert_cmpstr (buffer, ==, "01-Jan-0001 00:00:00 +0000");
  imap_date_format (253402300800, buffer);
  g_assert_cmpstr (buffer, ==, "31-Dec-9999 23:59:59 +0000");
  imap_date_format (G_MAXINT64, buffer);
  g_assert_cmpstr (buffer, ==, "31-Dec-9999 23:59:59 +0000");
}

/* GLib's calendar is the second opinion. */
static void
test_agrees_with_glib (void)
{
  for (gint64 seconds = -62135596800; seconds <= 253402300799; seconds += 86400 * 61 + 3607)
    {
      g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (seconds);
      char buffer[IMAP_DATE_SIZE];
      gint64 back;

      imap_date_format (seconds, buffer);
      g_assert_true (imap_date_parse (buffer, IMAP_DATE_SIZE - 1, &back));
      g_assert_cmpint (back, ==, seconds);
      g_assert_cmpint (g_ascii_strtoll (buffer, NULL, 10), ==, g_date_time_get_day_of_month (date));
      g_assert_cmpint (g_ascii_strtoll (buffer + 7, NULL, 10), ==, g_date_time_get_year (date));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/imap/date/parse", test_parse);
  g_test_add_func ("/imap/date/format-clamps", test_format_clamps);
  g_test_add_func ("/imap/date/agrees-with-glib", test_agrees_with_glib);
  return g_test_run ();
}
