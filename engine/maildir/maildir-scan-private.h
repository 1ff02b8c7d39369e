/* How a look is made up: within the module only. */
#pragma once

#include "maildir-scan.h"

/* A kernel's tick is 1 to 10 ms. */
#define MAILDIR_GRAIN_US 20000

/* Takes the directories' stamps anew. Returns for how many microseconds a further change might leave no trace
 * in them; 0: it would show. */
gint64 maildir_scan_take_stamps (MaildirBox *box, MaildirScan *scan);

/* Takes the entries with these base names (a set of char*) out. */
void maildir_scan_drop (MaildirScan *scan, GHashTable *bases);
/* Adds the file, if it is there. FALSE: it can't be told, or is no regular file. */
gboolean maildir_scan_add_file (MaildirBox *box, MaildirScan *scan, const char *file, gboolean in_new);
/* FALSE: two files of one base name. */
gboolean maildir_scan_sort (MaildirScan *scan);
