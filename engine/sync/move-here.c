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

/* One file on its way. */
typedef struct
{
  const Follow *follow;
  char *base;         /* its name to be */
  guint32 from, to;   /* its letters now, and to be */
  JournalMessage row; /* that says so: staged until the file is there */
  gboolean is_renamed;
} Moving;

static void
moving_free (gpointer data)
{
  Moving *moving = data;

  g_free (moving->base);
  g_free (moving);
}

static gboolean
is_taken (const Follow *follow, const GPtrArray *others)
{
  for (guint i = 0; i < others->len; i++)
    {
      const Moving *other = g_ptr_array_index (others, i);

      if (other->follow->to == follow->to && g_str_equal (other->base, follow->base))
        return TRUE;
    }
  return follow->to->scan != NULL && maildir_scan_find (follow->to->scan, follow->base) != NULL;
}

/* (transfer full) (nullable): the name it had, or another one where the mailbox has a message of that name.
 */
static char *
choose_base (const Follow *follow, const GPtrArray *others, GError **error)
{
  gboolean known = FALSE;

  if (!journal_find_base (follow->to->account->journal, follow->to->row->id, follow->base, note_known, &known,
                          error))
    return NULL;
  return known || is_taken (follow, others) ? maildir_name_generate (g_get_real_time ())
                                            : g_strdup (follow->base);
}

static gboolean
read_letters (Moving *moving, GError **error)
{
  const Follow *follow = moving->follow;
  const MaildirPlace place = mailbox_sync_place (follow->at, follow->base);
  g_autofree char *file = NULL;
  g_auto (MaildirName) name = { 0 };
  const char *keywords;
  gboolean in_new;

  if (!maildir_message_find (follow->at->box, &place, &file, &in_new, error))
    return FALSE;
  if (maildir_name_parse (file, maildir_box_get_separator (follow->at->box), &name))
    moving->from = name.letters;
  keywords = keywords_of (follow, moving->from);
  if (!mailbox_sync_assign_letters (follow->to, keywords, error))
    return FALSE;
  moving->to = mailbox_sync_letters (follow->to, keywords);
  return TRUE;
}

static gboolean
is_fatal (const GError *error)
{
  return error->domain == JOURNAL_ERROR || g_error_matches (error, MAILDIR_ERROR, MAILDIR_ERROR_NO_SPACE);
}

static void
fill_row (Moving *moving)
{
  const Follow *follow = moving->follow;
  const PlanBase *base = row_of (follow);
  const PlanRemote *remote = mailbox_sync_find_remote (follow->to, follow->uid);

  moving->row = (JournalMessage){
    .mailbox = follow->to->row->id,
    .uid = follow->uid,
    .state = JOURNAL_MESSAGE_STAGED,
    .base = moving->base,
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
  memcpy (moving->row.digest, base->digest.bytes, sizeof moving->row.digest);
}

/* What is left, since its file is not there or can't get a name, is fetched by the next round. */
static gboolean
prepare (MailboxSync *from, const PlanOperation *operation, GPtrArray *movings, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  Moving *moving = g_new0 (Moving, 1);

  moving->follow = mailbox_sync_find_follow (from, operation);
  g_hash_table_add (from->closed, plan_operation_key (operation));
  if (read_letters (moving, &local_error))
    moving->base = choose_base (moving->follow, movings, &local_error);
  if (moving->base != NULL)
    {
      fill_row (moving);
      g_ptr_array_add (movings, moving);
      return TRUE;
    }
  moving_free (moving);
  if (!is_fatal (local_error))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/* From here on a crash is settled by what is found, as for a download (contract C2.1): nothing is lost of
 * what letters say then, and a message that is deleted there meanwhile is known. */
static gboolean
stage (Journal *journal, const GPtrArray *movings, GError **error)
{
  for (guint i = 0; i < movings->len; i++)
    if (!journal_add_message (journal, &((Moving *)g_ptr_array_index (movings, i))->row, error))
      return FALSE;
  return TRUE;
}

static gboolean
rename_file (Moving *moving, GError **error)
{
  const Follow *follow = moving->follow;
  const MaildirPlace place = mailbox_sync_place (follow->at, follow->base);
  g_autoptr (GError) local_error = NULL;

  moving->is_renamed = maildir_message_move (follow->at->box, &place, &follow->stamp, moving->from,
                                             follow->to->box, moving->base, moving->to, &local_error);
  if (moving->is_renamed || !is_fatal (local_error))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gboolean
rename_files (const GPtrArray *movings, GError **error)
{
  for (guint i = 0; i < movings->len; i++)
    if (!rename_file (g_ptr_array_index (movings, i), error))
      return FALSE;
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
sync_boxes (const GPtrArray *movings, GError **error)
{
  g_autoptr (GHashTable) synced = g_hash_table_new (NULL, NULL);

  for (guint from = 0; from < 2; from++)
    for (guint i = 0; i < movings->len; i++)
      {
        const Follow *follow = ((Moving *)g_ptr_array_index (movings, i))->follow;
        MailboxSync *mailbox = from ? follow->at : follow->to;

        if (g_hash_table_add (synced, mailbox) && !maildir_box_sync (mailbox->box, error))
          return FALSE;
      }
  return TRUE;
}

/* The row goes with its file. */
static gboolean
record_moved (Journal *journal, const Moving *moving, GError **error)
{
  JournalMessage row = moving->row;

  if (!journal_remove_message (journal, moving->row.id, error))
    return FALSE;
  row.id = row_of (moving->follow)->row;
  row.state = JOURNAL_MESSAGE_PRESENT;
  return !moving->is_renamed || journal_update_message (journal, &row, error);
}

static gboolean
record_all (Journal *journal, const GPtrArray *movings, GError **error)
{
  for (guint i = 0; i < movings->len; i++)
    if (!record_moved (journal, g_ptr_array_index (movings, i), error))
      return FALSE;
  return TRUE;
}

static void
tell_moved (MailboxSync *from, const GPtrArray *movings)
{
  guint count = 0;

  for (guint i = 0; i < movings->len; i++)
    {
      const Moving *moving = g_ptr_array_index (movings, i);

      if (!moving->is_renamed)
        continue;
      count++;
      mailbox_sync_tell_followed (moving->follow, moving->base);
    }
  from->account->tally.followed += count;
  report_progress (&from->account->report, from->row->name, count, 0);
}

static gboolean
move_chunk (MailboxSync *from, const GPtrArray *movings, GError **error)
{
  Journal *journal = from->account->journal;

  if (movings->len == 0)
    return TRUE;
  if (!journal_begin (journal, error) || !journal_end (journal, stage (journal, movings, error), error) ||
      !rename_files (movings, error) || !sync_boxes (movings, error) || !journal_begin (journal, error) ||
      !journal_end (journal, record_all (journal, movings, error), error))
    return FALSE;
  tell_moved (from, movings);
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
      g_autoptr (GPtrArray) movings = g_ptr_array_new_with_free_func (moving_free);

      for (guint i = first; i < MIN (first + CHUNK, gone->len); i++)
        if (!prepare (from, g_ptr_array_index (gone, i), movings, error))
          return FALSE;
      if (!move_chunk (from, movings, error))
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
