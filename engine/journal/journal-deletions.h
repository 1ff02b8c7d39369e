/* Deletions: those held, those let through (for the 24 hours of contract C1.4), and the attic's list. */
#pragma once

#include "journal.h"

typedef enum
{
  JOURNAL_SIDE_REMOTE, /* would be deleted on the server: it is gone here */
  JOURNAL_SIDE_LOCAL,  /* would be removed here: it is gone on the server */
} JournalSide;

typedef struct
{
  gint64 message; /* the base row, which a hold keeps */
  gint64 mailbox;
  const char *mailbox_name; /* given back, not stored */
  JournalSide side;         /* where it would be deleted */
  gint64 since;             /* seconds since 1970 */
  gboolean released;        /* `dovetail release` lets it through, once */
} JournalHold;

/* A message has one hold. Put again for the same side, it stays as it is, `since` and `released` too. */
gboolean journal_put_hold (Journal *journal, gint64 message, JournalSide side, gint64 since, GError **error);
/* A hold ends with its message row, or here. */
gboolean journal_remove_hold (Journal *journal, gint64 message, GError **error);
/* Marks held messages of `mailbox` (0: all) released. *count: how many. */
gboolean journal_release_holds (Journal *journal, gint64 mailbox, guint *count, GError **error);
/* Forgets the base rows of held, unreleased messages, so that the side that lost them gets them again. */
gboolean journal_restore_holds (Journal *journal, gint64 mailbox, guint *count, GError **error);
typedef gboolean (*JournalHoldFunc) (const JournalHold *hold, gpointer user_data);
/* mailbox 0: all. By mailbox name and message. Must not write. */
gboolean journal_foreach_hold (Journal *journal, gint64 mailbox, JournalHoldFunc func, gpointer user_data,
                               GError **error);

/* Deletions let through. They outlive their mailbox, and are forgotten 48 hours later. */
gboolean journal_note_deletions (Journal *journal, gint64 mailbox, JournalSide side, gint64 now, guint count,
                                 GError **error);
/* Messages since `since`, inclusive; mailbox 0: of the whole account. */
gboolean journal_count_deletions (Journal *journal, gint64 mailbox, JournalSide side, gint64 since,
                                  guint *count, GError **error);

typedef struct
{
  gint64 id;
  const char *mailbox; /* name: the mailbox itself may be gone */
  const char *file;    /* name in attic/ */
  const char *subject; /* decoded, made safe */
  gint64 internal_date;
  gint64 removed; /* seconds since 1970 */
  guint64 size;   /* octets of the file */
  guint8 system;
  const char *keywords;
} JournalAtticEntry;

/* *id is set. An entry of the same file is replaced: the removal was begun before and not finished. */
gboolean journal_add_attic (Journal *journal, JournalAtticEntry *entry, GError **error);
gboolean journal_remove_attic (Journal *journal, gint64 id, GError **error);
typedef gboolean (*JournalAtticFunc) (const JournalAtticEntry *entry, gpointer user_data);
/* Newest removal first. Must not write. */
gboolean journal_foreach_attic (Journal *journal, JournalAtticFunc func, gpointer user_data, GError **error);
