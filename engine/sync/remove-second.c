#include "second-files.h"

#include "../journal/journal-alike.h"
#include "file-of-row.h"
#include "origins.h"
#include "subject.h"
#include "tell.h"

/* A second file, and the one that stays. */
typedef struct
{
  MailboxSync *mailbox;
  const PlanLocal *file;
  const LocalContent *content; /* of the file */
  MaildirPlace place;          /* of the file */
  MaildirPlace first;          /* of the other one; base NULL: it is not there */
} Second;

/* What was seen of it may have been renamed, changed or removed since by another program. */
static gboolean
find_first (const JournalMessage *message, gpointer user_data)
{
  Second *second = user_data;
  MailboxSync *mailbox = second->mailbox;
  MaildirFileStamp stamp;
  MaildirPlace place;

  if (message->mailbox != mailbox->row->id || g_str_equal (message->base, second->file->base))
    return TRUE;
  place = mailbox_sync_place_row (mailbox, message);
  if (maildir_message_stat (mailbox->box, &place, &stamp, NULL) && stamp.size == message->file_size &&
      stamp.mtime_ns == message->mtime_ns)
    second->first = place;
  return second->first.base == NULL;
}

/* The message keeps what was changed on the way of a file that was moved here; \Deleted is its mailbox's own.
 */
static gboolean
pass_flags (const Second *second, gboolean *passed, GError **error)
{
  MailboxSync *mailbox = second->mailbox;
  MessageKeywordPool *pool = mailbox->account->pool;
  const Origin *origin = mailbox_sync_find_origin (mailbox, second->file);
  MessageFlags before, now, add, touched;

  *passed = origin == NULL;
  if (*passed)
    return TRUE;
  before = message_flags_union (pool, origin->row->flags, origin->row->not_kept);
  now = (MessageFlags){ second->file->flags.system, origin_keywords (origin) };
  add = message_flags_minus (pool, now, before);
  touched = message_flags_union (pool, add, message_flags_minus (pool, before, now));
  touched.system &= (guint8)~MESSAGE_FLAG_DELETED;
  if (!mailbox_sync_assign_letters (mailbox, add.keywords, error))
    return FALSE;
  *passed = message_flags_is_empty (touched) ||
            maildir_message_set_flags (mailbox->box, &second->first, add.system, touched.system,
                                       mailbox_sync_letters (mailbox, add.keywords),
                                       mailbox_sync_letters (mailbox, touched.keywords), NULL, NULL);
  return TRUE;
}

static gboolean
record_kept (const Second *second, const char *kept, GError **error)
{
  MailboxSync *mailbox = second->mailbox;
  Journal *journal = mailbox->account->journal;
  g_autofree char *subject = mailbox_sync_subject (mailbox, second->file->base);
  JournalAtticEntry entry = {
    .mailbox = mailbox->row->name,
    .file = kept,
    .subject = subject,
    .internal_date = second->content->stamp.mtime_ns / G_TIME_SPAN_SECOND / 1000,
    .removed = g_get_real_time () / G_USEC_PER_SEC,
    .size = second->content->stamp.size,
    .system = second->file->flags.system,
    .keywords = second->file->flags.keywords,
  };

  return journal_begin (journal, error) &&
         journal_end (journal, journal_add_attic (journal, &entry, error), error);
}

/* *kept FALSE: it is not there any more. */
static gboolean
keep_in_attic (const Second *second, gboolean *kept, GError **error)
{
  MailboxSync *mailbox = second->mailbox;
  MaildirAttic *attic = mailbox->account->attic;
  g_autofree char *digest = message_digest_to_string (&second->content->identity.full);
  g_autofree char *name = g_strdup_printf ("second-%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT "-%.32s",
                                           mailbox->row->id, second->content->stamp.mtime_ns, digest);
  g_autoptr (GError) local_error = NULL;

  *kept = attic == NULL || maildir_attic_keep (attic, name, mailbox->box, &second->place, &local_error) ||
          g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_EXISTS);
  if (*kept)
    return attic == NULL || record_kept (second, name, error);
  if (g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_GONE))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/* A second file that can't be removed is named; one that is gone, or holds something else by now, is left to
 * the next look. */
static void
unlink_second (const Second *second, const PlanOperation *operation)
{
  MailboxSync *mailbox = second->mailbox;
  g_autofree char *subject =
      mailbox_sync_is_heard (mailbox) ? mailbox_sync_subject (mailbox, operation->base) : NULL;
  g_autoptr (GError) error = NULL;

  if (maildir_message_remove (mailbox->box, &second->place, &second->content->stamp, &error))
    {
      mailbox->account->tally.removed++;
      mailbox_sync_tell (mailbox, operation, 0, subject);
    }
  else if (!g_error_matches (error, MAILDIR_ERROR, MAILDIR_ERROR_GONE))
    report_left (&mailbox->account->report, mailbox->row->name, "not-removed", "%s", error->message);
}

/* One try a run. */
static gboolean
remove_second (MailboxSync *mailbox, const PlanOperation *operation, GError **error)
{
  const PlanLocal *file = mailbox_sync_find_local (mailbox, operation->base);
  Second second = {
    mailbox, file, (const LocalContent *)file->identity, mailbox_sync_place (mailbox, operation->base), { 0 }
  };
  const MessageIdentity *identity = file->identity;
  MaildirFileStamp stamp;
  gboolean goes_on;

  g_hash_table_add (mailbox->closed, plan_operation_key (operation));
  if (!maildir_message_stat (mailbox->box, &second.place, &stamp, NULL) ||
      stamp.size != second.content->stamp.size || stamp.mtime_ns != second.content->stamp.mtime_ns)
    return TRUE;
  if (!journal_foreach_text (mailbox->account->journal, identity->size, identity->full.bytes, find_first,
                             &second, error))
    return FALSE;
  if (second.first.base == NULL)
    return TRUE;
  if (!pass_flags (&second, &goes_on, error) || (goes_on && !keep_in_attic (&second, &goes_on, error)))
    return FALSE;
  if (goes_on)
    unlink_second (&second, operation);
  return TRUE;
}

gboolean
account_sync_remove_second_files (AccountSync *account, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (!mailbox_sync_plans (mailbox, PLAN_REMOVE_SECOND))
        continue;
      for (guint j = 0; j < mailbox->plan->len; j++)
        {
          const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);

          if (operation->kind == PLAN_REMOVE_SECOND && !remove_second (mailbox, operation, error))
            return FALSE;
        }
      if (!maildir_box_sync (mailbox->box, error))
        return FALSE;
    }
  return TRUE;
}
