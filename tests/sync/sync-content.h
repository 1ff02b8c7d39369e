/* The messages of the sync tests, known by short names.
 *
 * "a" to "f" have Message-ID and Date; "A" to "F" are drafts without either. A digit behind the letter is
 * another version: the same header, another body, as after an edit in place. "a" is version 1, "a2" is
 * longer, "a3" is as long as "a2".
 */
#pragma once

#include <glib.h>

/* (transfer full): the bytes as they travel, with CRLF. */
GBytes *sync_content_new (const char *name);

/* INTERNALDATE and mtime that tests give this content; no two alike. */
gint64 sync_content_date (const char *name);

/* (transfer full): the name of these bytes (with CRLF); "?" and a digest for bytes that no test made. */
char *sync_content_name (const char *data, gsize length);
