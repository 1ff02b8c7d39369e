#include "progress-line.h"

#define RATE_SPAN_US (3 * G_USEC_PER_SEC)

void
progress_rate_update (ProgressRate *rate, const ProgressCount *count, gint64 now)
{
  if (rate->newer.time != 0 && now - rate->newer.time < RATE_SPAN_US)
    return;
  rate->older = rate->newer;
  rate->newer.time = now;
  rate->newer.count = *count;
  if (rate->older.time == 0)
    rate->older = rate->newer;
}

static double
seconds_since (const ProgressRate *rate, gint64 now)
{
  return rate->older.time == 0 ? 0 : (double)(now - rate->older.time) / G_USEC_PER_SEC;
}

/* "12.3/140.0 MB": both in the unit of the larger. */
static void
append_octets (GString *line, const ProgressCount *count)
{
  static const struct
  {
    double size;
    const char *word;
  } units[] = { { 1e9, "GB" }, { 1e6, "MB" }, { 1e3, "kB" } };

  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    if ((double)count->octets_total >= units[i].size || i == G_N_ELEMENTS (units) - 1)
      {
        g_string_append_printf (line, ", %.1f/%.1f %s", (double)count->octets_done / units[i].size,
                                (double)count->octets_total / units[i].size, units[i].word);
        return;
      }
}

/* By octets where there are any to come, else by messages. */
static void
append_time_left (GString *line, const ProgressCount *count, const ProgressRate *rate, double seconds)
{
  gboolean by_octets = count->octets_total > count->octets_done;
  guint64 left = by_octets ? count->octets_total - count->octets_done
                           : count->messages_total - MIN (count->messages_total, count->messages_done);
  guint64 lately = by_octets ? count->octets_done - rate->older.count.octets_done
                             : count->messages_done - rate->older.count.messages_done;
  double wait = lately > 0 ? (double)left * seconds / (double)lately : 0;
  guint whole = (guint)MIN (wait + 0.5, 99.0 * 3600);

  if (whole == 0)
    return;
  if (whole >= 3600)
    g_string_append_printf (line, ", %u:%02u:%02u left", whole / 3600, whole / 60 % 60, whole % 60);
  else
    g_string_append_printf (line, ", %u:%02u left", whole / 60, whole % 60);
}

static void
append_rate (GString *line, const ProgressCount *count, const ProgressRate *rate, double seconds)
{
  double octets = (double)(count->octets_done - rate->older.count.octets_done) / seconds;

  if (octets >= 1e6)
    g_string_append_printf (line, ", %.1f MB/s", octets / 1e6);
  else if (octets > 0)
    g_string_append_printf (line, ", %.1f kB/s", octets / 1e3);
}

/* Cuts to a number of columns; some characters take two, some none. */
static void
cut (GString *line, guint columns)
{
  guint used = 0;

  for (const char *c = line->str; *c != '\0'; c = g_utf8_next_char (c))
    {
      gunichar character = g_utf8_get_char (c);

      used += g_unichar_iswide (character) ? 2 : g_unichar_iszerowidth (character) ? 0 : 1;
      if (used > columns)
        {
          g_string_truncate (line, (gsize)(c - line->str));
          return;
        }
    }
}

char *
progress_line (const char *label, const char *place, const ProgressCount *count, const ProgressRate *rate,
               gint64 now, guint columns)
{
  g_autoptr (GString) line = g_string_new (NULL);
  g_autofree char *valid = g_utf8_make_valid (label, -1);
  g_autofree char *valid_place = place != NULL ? g_utf8_make_valid (place, -1) : NULL;
  double seconds = seconds_since (rate, now);

  g_string_append_printf (line, "%s: %" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT " messages", valid,
                          count->messages_done, count->messages_total);
  if (count->octets_total > 0)
    append_octets (line, count);
  if (seconds >= 0.5 && count->octets_done >= rate->older.count.octets_done)
    {
      append_rate (line, count, rate, seconds);
      append_time_left (line, count, rate, seconds);
    }
  if (valid_place != NULL)
    g_string_append_printf (line, ", at %s", valid_place);
  cut (line, columns);
  return g_string_free (g_steal_pointer (&line), FALSE);
}
