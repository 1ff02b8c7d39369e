/* What else a user can do to a hostile account: run other commands, move and overwrite files. */
#pragma once

#include "hostile-fixture.h"

/* A whole sync that must end so and (nullable) tell this. */
void hostile_expect_sync (Hostile *hostile, EngineOutcome expected, const char *says);
/* The same of one mailbox only; as `dovetail sync ACCOUNT/MAILBOX`. */
void hostile_expect_sync_of (Hostile *hostile, const char *mailbox, EngineOutcome expected, const char *says);
/* `dovetail sync --dry-run`. */
void hostile_explain (Hostile *hostile);
/* `dovetail release`, and with --restore. */
void hostile_release (Hostile *hostile);
void hostile_restore (Hostile *hostile);

/* The last sync took nothing away on the server. */
void hostile_assert_none_removed (Hostile *hostile);

/* (transfer full): a path below the account's own directory, or below its Maildir. */
char *hostile_path (Hostile *hostile, const char *relative);
char *hostile_path_here (Hostile *hostile, const char *relative);
/* (transfer full): where the message of this mark lies. */
char *hostile_file_here (Hostile *hostile, const char *mailbox, const char *mark);

/* m`first` to m`last`, by renaming the files as another client does. What is expected does not change. */
void hostile_move_here (Hostile *hostile, const char *from, guint first, guint last, const char *to);
/* What is expected of m`first` to m`last` changes likewise. */
void hostile_expect_moved (Hostile *hostile, const char *from, guint first, guint last, const char *to);
/* Other content of that size under the same name, by rewriting the file. */
void hostile_overwrite (const char *path, const char *mark, gsize size);
void hostile_overwrite_here (Hostile *hostile, const char *mailbox, const char *mark, gsize size);
guint hostile_count_attic (Hostile *hostile); /* files */
void hostile_write (const char *path, const char *text);

/* How many messages with this mark the server has in this mailbox. */
guint hostile_count_mark_there (Hostile *hostile, const char *mailbox, const char *mark);
