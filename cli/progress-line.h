/* The one line of progress: messages, bytes, rate, time left. Pure. */
#pragma once

#include <glib.h>

typedef struct
{
  guint64 messages_done, messages_total;
  guint64 octets_done, octets_total; /* 0: of no interest */
} ProgressCount;

/* What was done lately, for the rate: at most some seconds back. */
typedef struct
{
  struct
  {
    gint64 time; /* monotonic, microseconds */
    ProgressCount count;
  } older, newer;
} ProgressRate;

/* Takes a look at the clock. */
void progress_rate_update (ProgressRate *rate, const ProgressCount *count, gint64 now);

/* (transfer full): "work: 120/3000 messages, 12.3/140.0 MB, 2.1 MB/s, 1:05 left, at INBOX", cut to `columns`.
 * The counts are those of `label` as a whole; `place` (nullable) is where it is now. */
char *progress_line (const char *label, const char *place, const ProgressCount *count,
                     const ProgressRate *rate, gint64 now, guint columns);
