#include "move-here.h"

#include "follows.h"
#include "letters.h"
#include "search.h"
#include "subject.h"
#include "tell.h"

#include "../maildir/maildir-move.h"

#include <string.h>

#define CHUNK 500 /* files between two commits */

static const PlanBase *
row_of (const Follow *follow)
{
  return &g_array_index (follow->from->base, PlanBase, follow->index);
}

/* The keywords that the file has, whatever its letters are in this mailbox. */
static const char *
keywords_of (const Follow *follow, guint32 letters)
{
  MessageKeywordPool *pool = follow->from->account->pool;
  const char *known = message_flags_union (pool, row_of (follow)->flags, row_of (follow)->not_kept).keywords;

  if (follow->file != NULL)
    {
      const Origin origin = origin_make (follow->from, follow->index, follow->at, follow->file, TRUE);

      return origin_keywords (&origin);
    }
  if (mailbox_sync_is_relettered (follow->from, row_of (follow), letters))
    return known;
  return letters_read (pool, &follow->at->scan->keywords, letters, known).keywords;
}

static gboolean
note_known (const JournalMessage *message, gpointer user_data)
{
  *(gboolean *)user_data = TRUE;
  return TRUE;
}

/* The letters of the file now, and what they become in the other mailbox. */
typedef struct
{
  guint32 from, to;
  gboolean are_changed; /* the keywords are others than the row's */
} Letters;

/* (transfer full) (nullable): the name it had. Another one where the mailbox has a message of that name; and
 * where letters that are not in the journal yet come to mean something else, since after a crash those of a
 * file that kept its name are read as its old mailbox's. */
static char *
choose_base (const Follow *follow, const Letters *letters, GError **error)
{
  gboolean known = FALSE;

  if (!journal_find_base (follow->to->account->journal, follow->to->row->id, follow->base, note_known, &known,
                          error))
    return NULL;
  if (known || (follow->to->scan != NULL && maildir_scan_find (follow->to->scan, follow->base) != NULL) ||
      (letters->are_changed && letters->from != letters->to))
    return maildir_name_generate (g_get_real_time ());
  return g_strdup (follow->base);
}

/* One file that was renamed. */
typedef struct
{
  const Follow *follow;
  char *base; /* its name now */
} Moved;

static void
moved_free (gpointer data)
{
  Moved *moved = data;

  g_free (moved->base);
  g_free (moved);
}

static gboolean
read_letters (const Follow *follow, const MaildirPlace *place, Letters *letters, GError **error)
{
  const PlanBase *row = row_of (follow);
  g_autofree char *file = NULL;
  g_auto (MaildirName) name = { 0 };
  const char *keywords;
  gboolean in_new;

  if (!maildir_message_find (follow->at->box, place, &file, &in_new, error))
    return FALSE;
  if (maildir_name_parse (file, maildir_box_get_separator (follow->at->box), &name))
    letters->from = name.letters;
  keywords = keywords_of (follow, letters->from);
  letters->are_changed =
      keywords != message_flags_union (follow->from->account->pool, row->flags, row->not_kept).keywords;
  if (!mailbox_sync_assign_letters (follow->to, keywords, error))
    return FALSE;
  letters->to = mailbox_sync_letters (follow->to, keywords);
  return TRUE;
}

/* *base (transfer full): its name now. */
static gboolean
rename_file (const Follow *follow, char **base, GError **error)
{
  MaildirPlace place = mailbox_sync_place (follow->at, follow->base);
  Letters letters = { 0 };
  g_autofree char *chosen = NULL;

  if (!read_letters (follow, &place, &letters, error))
    return FALSE;
  chosen = choose_base (follow, &letters, error);
  if (chosen == NULL || !maildir_message_move (follow->at->box, &place, &follow->stamp, letters.from,
                                               follow->to->box, chosen, letters.to, error))
    return FALSE;
  *base = g_steal_pointer (&chosen);
  return TRUE;
}

static gboolean
is_fatal (const GError *error)
{
  return error->domain == JOURNAL_ERROR || g_error_matches (error, MAILDIR_ERROR, MAILDIR_ERROR_NO_SPACE);
}

/* *moved (transfer full) (nullable): NULL where it is left, to be fetched by the next round. */
static gboolean
move_file (MailboxSync *from, const PlanOperation *operation, Moved **moved, GError **error)
{
  const Follow *follow = mailbox_sync_find_follow (from, operation);
  g_autoptr (GError) local_error = NULL;
  char *base;

  *moved = NULL;
  g_hash_table_add (from->closed, plan_operation_key (operation));
  if (!rename_file (follow, &base, &local_error))
    {
      if (!is_fatal (local_error))
        return TRUE;
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  *moved = g_new0 (Moved, 1);
  **moved = (Moved){ follow, base };
  return TRUE;
}

/* Those that the server confirms to be gone from their old place. (transfer full) */
static GPtrArray *
confirm_gone (MailboxSync *mailbox, GError **error)
{
  g_autoptr (GPtrArray) gone = g_ptr_array_new ();
  g_autoptr (ImapUidSet) uids = imap_uid_set_new ();
  g_autoptr (ImapUidSet) found = imap_uid_set_new ();
  gboolean selected, refused;

  for (guint i = 0; i < mailbox->plan->len; i++)
    {
      PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);

      if (operation->kind != PLAN_FOLLOW)
        continue;
      imap_uid_set_add (uids, operation->uid);
      g_ptr_array_add (gone, operation);
    }
  if (mailbox->gone_there)
    return g_steal_pointer (&gone);
  if (!mailbox_sync_select (mailbox, &selected, error) ||
      (selected && !mailbox_sync_search_uids (mailbox, uids, found, &refused, error)))
    return NULL;
  for (guint i = gone->len; i-- > 0;)
    if (!selected || refused ||
        imap_uid_set_contains (found, ((PlanOperation *)g_ptr_array_index (gone, i))->uid))
      g_ptr_array_remove_index (gone, i);
  return g_steal_pointer (&gone);
}

/* The new names first, so that no crash of the machine leaves a file without one. */
static gboolean
sync_boxes (const GPtrArray *moved, GError **error)
{
  g_autoptr (GHashTable) synced = g_hash_table_new (NULL, NULL);

  for (guint from = 0; from < 2; from++)
    for (guint i = 0; i < moved->len; i++)
      {
        const Follow *follow = ((Moved *)g_ptr_array_index (moved, i))->follow;
        MailboxSync *mailbox = from ? follow->at : follow->to;

        if (g_hash_table_add (synced, mailbox) && !maildir_box_sync (mailbox->box, error))
          return FALSE;
      }
  return TRUE;
}

static gboolean
record_moved (const Moved *moved, GError **error)
{
  const Follow *follow = moved->follow;
  const PlanBase *base = row_of (follow);
  const PlanRemote *remote = mailbox_sync_find_remote (follow->to, follow->uid);
  JournalMessage row = {
    .id = base->row,
    .mailbox = follow->to->row->id,
    .uid = follow->uid,
    .state = JOURNAL_MESSAGE_PRESENT,
    .base = moved->base,
    .system = base->flags.system,
    .keywords = base->flags.keywords,
    .not_kept_system = base->not_kept.system,
    .not_kept_keywords = base->not_kept.keywords,
    .size = base->size,
    .remote_size = remote->remote_size,
    .file_size = follow->stamp.size,
    .mtime_ns = follow->stamp.mtime_ns,
    .has_digest = TRUE,
    .internal_date = remote->internal_date,
    .email_id = remote->email_id,
  };

  memcpy (row.digest, base->digest.bytes, sizeof row.digest);
  return journal_update_message (follow->to->account->journal, &row, error);
}

static gboolean
record_all (const GPtrArray *moved, GError **error)
{
  for (guint i = 0; i < moved->len; i++)
    if (!record_moved (g_ptr_array_index (moved, i), error))
      return FALSE;
  return TRUE;
}

static gboolean
settle (MailboxSync *from, const GPtrArray *moved, GError **error)
{
  AccountSync *account = from->account;

  if (!sync_boxes (moved, error) || !journal_begin (account->journal, error) ||
      !journal_end (account->journal, record_all (moved, error), error))
    return FALSE;
  account->tally.followed += moved->len;
  report_progress (&account->report, from->row->name, moved->len, 0);
  for (guint i = 0; i < moved->len; i++)
    mailbox_sync_tell_followed (((Moved *)g_ptr_array_index (moved, i))->follow,
                                ((Moved *)g_ptr_array_index (moved, i))->base);
  return TRUE;
}

static gboolean
move_from (MailboxSync *from, GError **error)
{
  g_autoptr (GPtrArray) gone = confirm_gone (from, error);

  if (gone == NULL)
    return FALSE;
  for (guint first = 0; first < gone->len; first += CHUNK)
    {
      g_autoptr (GPtrArray) moved = g_ptr_array_new_with_free_func (moved_free);

      for (guint i = first; i < MIN (first + CHUNK, gone->len); i++)
        {
          Moved *one;

          if (!move_file (from, g_ptr_array_index (gone, i), &one, error))
            return FALSE;
          if (one != NULL)
            g_ptr_array_add (moved, one);
        }
      if (!settle (from, moved, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
account_sync_move_here (AccountSync *account, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (mailbox_sync_plans (mailbox, PLAN_FOLLOW) && !move_from (mailbox, error))
        return FALSE;
    }
  return TRUE;
}
