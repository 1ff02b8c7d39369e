/* When a message arrived, where no server tells it: what its header says. */
#pragma once

#include <glib.h>

/* The date of the topmost Received field, else of the Date field, else `now`; one that can't be understood,
 * or that lies before 1970 or more than a day ahead, counts as missing. Seconds since 1970. `header`: the
 * message's first octets, perhaps cut off. */
gint64 arrival_date (const char *header, gsize length, gint64 now);
