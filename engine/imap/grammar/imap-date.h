/* INTERNALDATE: date-time (RFC 9051 section 9): "17-Jul-1996 02:44:25 -0700". Pure; no time zone data, no
 * locale. */
#pragma once

#include <glib.h>

#define IMAP_DATE_SIZE 27

/* Without quotes. FALSE unless well-formed and in range (years 0001 to 9999); leading space of the day
 * allowed. */
gboolean imap_date_parse (const char *text, gsize length, gint64 *seconds);

/* In UTC ("+0000"); seconds out of range are clamped to years 1 to 9999. */
void imap_date_format (gint64 seconds, char buffer[IMAP_DATE_SIZE]);
