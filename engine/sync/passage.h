/* Messages that go from one mailbox on the server to another, by MOVE or COPY (contract C4).
 *
 * OK is not enough: a message has arrived where COPYUID says, if what stands there has the size and the date
 * of what left and was nobody's so far. What else may have become of it is for the next look to find out: new
 * on both sides it is paired, else it is sent again.
 */
#pragma once

#include "origins.h"

typedef struct
{
  const PlanOperation *operation;
  const Origin *origin;
  guint32 uid;         /* in the other mailbox, as COPYUID says; 0: not told */
  guint64 remote_size; /* as found there; valid with `found`, like what follows */
  gint64 internal_date;
  const char *email_id;   /* (nullable) */
  MaildirFileStamp stamp; /* of its file, as origin_keep_date says */
  gboolean found;
} Passage;

/* Some that go from one mailbox to one other, or to the same. */
typedef struct
{
  MailboxSync *from, *to;
  GPtrArray *passages; /* of Passage */
  GPtrArray *commands; /* what is sent with one command each: a set names a UID once */
  GHashTable *targets; /* uid in `to` -> Passage: what the server says, as far as it may be so */
} PassageGroup;

void passage_group_init (PassageGroup *group, MailboxSync *from, MailboxSync *to);
void passage_group_clear (PassageGroup *group);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PassageGroup, passage_group_clear)

/* Unless the file is not what it was when it was read (contract C3.1). */
void passage_group_add (PassageGroup *group, const PlanOperation *operation, const Origin *origin);

/* Sends all; `from` is selected. Then looks at what stands in `to`, and gives the files of those that arrived
 * the date of the message. */
gboolean passage_group_send (PassageGroup *group, gboolean is_move, GError **error);

/* (transfer none) (nullable) the next one that arrived. */
typedef GHashTableIter PassageIter;
void passage_group_begin (const PassageGroup *group, PassageIter *iter);
const Passage *passage_group_next (PassageIter *iter);

/* The base row of its file in the other mailbox; strings are borrowed. */
JournalMessage passage_make_row (const Passage *passage);
