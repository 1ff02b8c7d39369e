/* A point in time as a person writes it. Pure. */
#pragma once

#include <glib.h>

#define WHEN_FORMS "“today”, “yesterday”, “2 days” (hours, weeks, months), 2026-11-20 or “2026-11-20 14:30”"

/* *seconds since 1970, by the clock and the time zone of `now`. G_OPTION_ERROR says what to write. */
gboolean when_parse (const char *text, GDateTime *now, gint64 *seconds, GError **error);
