/* What mailboxes are called on each side, written down once more beside the engine: "Work/2024" in tables,
 * "INBOX.Work.2024" on a server with that namespace, "Work/2024" or ".Work.2024" as a directory. */
#pragma once

#include <glib.h>

typedef struct
{
  gboolean maildirpp; /* the layout: nested otherwise */
  const char *prefix; /* of the personal namespace, "INBOX." or "" */
  char separator;     /* the server's */
} SyncNames;

/* Nested, no prefix, "/". */
extern const SyncNames sync_names_usual;

/* (transfer full) each. */
char *sync_names_on_server (const SyncNames *names, const char *mailbox);
char *sync_names_from_server (const SyncNames *names, const char *on_server);

/* The directory that a person makes for it: what stands in the name stands in the directory too, but for a
 * dot in maildir++, which is "%2E". (transfer full) */
char *sync_names_directory (const SyncNames *names, const char *mailbox);
/* The name that a directory (relative to `root`) stands for; of a hashed one the name in its file. (transfer
 * full) */
char *sync_names_from_directory (const SyncNames *names, const char *root, const char *directory);
