#include "progress.h"
#include "progress-line.h"
#include "safe.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define REDRAW_US (G_USEC_PER_SEC / 10)
#define COLUMNS_DEFAULT 80

struct _Progress
{
  GHashTable *accounts; /* name -> ProgressCount */
  ProgressRate rate;
  gint64 drawn; /* when; monotonic */
  gboolean is_visible;
};

Progress *
progress_new (void)
{
  const char *terminal = g_getenv ("TERM");
  Progress *progress;

  if (!isatty (STDERR_FILENO) || terminal == NULL || g_str_equal (terminal, "dumb"))
    return NULL;
  progress = g_new0 (Progress, 1);
  progress->accounts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return progress;
}

void
progress_free (Progress *progress)
{
  progress_wipe (progress);
  g_hash_table_unref (progress->accounts);
  g_free (progress);
}

void
progress_wipe (Progress *progress)
{
  if (!progress->is_visible)
    return;
  fputs ("\r\033[K", stderr);
  fflush (stderr);
  progress->is_visible = FALSE;
}

static guint
columns (void)
{
  struct winsize size = { 0 };

  if (ioctl (STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return COLUMNS_DEFAULT;
  return size.ws_col;
}

static ProgressCount
sum (Progress *progress)
{
  ProgressCount all = { 0 };
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, progress->accounts);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const ProgressCount *one = value;

      all.messages_done += one->messages_done;
      all.messages_total += one->messages_total;
      all.octets_done += one->octets_done;
      all.octets_total += one->octets_total;
    }
  return all;
}

/* (transfer full): whose progress it is. */
static char *
label (Progress *progress, const EngineEvent *event)
{
  guint n_accounts = g_hash_table_size (progress->accounts);

  if (n_accounts > 1)
    return g_strdup_printf ("%u accounts", n_accounts);
  return safe_label (event->account, NULL);
}

/* (transfer full) (nullable): where it is now. */
static char *
place (Progress *progress, const EngineEvent *event)
{
  if (event->mailbox == NULL)
    return NULL;
  return g_hash_table_size (progress->accounts) > 1 ? safe_label (event->account, event->mailbox)
                                                    : safe_text (event->mailbox);
}

static void
draw (Progress *progress, const EngineEvent *event, gint64 now)
{
  ProgressCount count = sum (progress);
  g_autofree char *name = label (progress, event);
  g_autofree char *at = place (progress, event);
  g_autofree char *line = NULL;

  progress_rate_update (&progress->rate, &count, now);
  line = progress_line (name, at, &count, &progress->rate, now, columns () - 1);
  fprintf (stderr, "\r%s\033[K", line);
  fflush (stderr);
  progress->is_visible = TRUE;
  progress->drawn = now;
}

void
progress_take (Progress *progress, const EngineEvent *event)
{
  const ProgressCount count = { event->messages_done, event->messages_total, event->octets_done,
                                event->octets_total };
  gint64 now = g_get_monotonic_time ();

  g_hash_table_replace (progress->accounts, g_strdup (event->account != NULL ? event->account : ""),
                        g_memdup2 (&count, sizeof count));
  /* Of what is done there is no more to show: its last event may come behind the result. */
  if (count.messages_done < count.messages_total &&
      (progress->drawn == 0 || now - progress->drawn >= REDRAW_US))
    draw (progress, event, now);
}
