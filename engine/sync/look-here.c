#include "look-here.h"

#include "../journal/journal-prints.h"
#include "known.h"
#include "quiet.h"

/* TRUE when nothing moved since a look of this run: what the base has learnt since then came from there. */
static gboolean
is_earlier_current (MailboxSync *mailbox)
{
  g_autofree char *then =
      mailbox->earlier != NULL ? maildir_scan_mark (mailbox->box, mailbox->earlier) : NULL;
  g_autofree char *now = then != NULL ? maildir_box_mark (mailbox->box) : NULL;

  return now != NULL && g_str_equal (then, now);
}

/* What the base knows: prints, and whose they are. */
typedef struct
{
  MaildirKnown *prints;
  GArray *uids; /* of guint32, by position */
} Knowledge;

static gboolean
add_print (guint32 uid, guint64 print, gpointer user_data)
{
  Knowledge *knowledge = user_data;

  maildir_known_add (knowledge->prints, print);
  g_array_append_val (knowledge->uids, uid);
  return TRUE;
}

static gboolean
note_row (const JournalMessage *message, gpointer user_data)
{
  GArray *rows = user_data;

  if (message->state == JOURNAL_MESSAGE_PRESENT)
    g_array_append_val (rows, message->id);
  return TRUE;
}

static gboolean
note_unseen (MailboxSync *mailbox, const Knowledge *knowledge, GError **error)
{
  for (guint i = 0; i < knowledge->uids->len; i++)
    if (!maildir_known_was_found (knowledge->prints, i) &&
        !journal_find_uid (mailbox->account->journal, mailbox->row->id,
                           g_array_index (knowledge->uids, guint32, i), note_row, mailbox->unseen, error))
      return FALSE;
  return TRUE;
}

typedef struct
{
  GHashTable *unseen; /* set of journal ids */
  gboolean found;
} SecondSearch;

static gboolean
note_if_seen (const JournalMessage *message, gpointer user_data)
{
  SecondSearch *search = user_data;

  search->found |=
      message->state == JOURNAL_MESSAGE_PRESENT && !g_hash_table_contains (search->unseen, &message->id);
  return TRUE;
}

/* *found: a file beside the one that the base knows by this name. */
static gboolean
find_second_file (MailboxSync *mailbox, gboolean *found, GError **error)
{
  g_autoptr (GHashTable) unseen = g_hash_table_new (g_int64_hash, g_int64_equal);
  SecondSearch search = { unseen, mailbox->scan->has_known_double };

  for (guint i = 0; i < mailbox->unseen->len; i++)
    g_hash_table_add (unseen, &g_array_index (mailbox->unseen, gint64, i));
  for (guint i = 0; i < mailbox->scan->entries->len && !search.found; i++)
    if (!journal_find_base (mailbox->account->journal, mailbox->row->id,
                            g_array_index (mailbox->scan->entries, MaildirEntry, i).base, note_if_seen,
                            &search, error))
      return FALSE;
  *found = search.found;
  return TRUE;
}

/* Two files of one name: which of them counts is seen only beside all others. */
static gboolean
look_at_all (MailboxSync *mailbox, GError **error)
{
  g_clear_pointer (&mailbox->watch, maildir_watch_free);
  g_clear_pointer (&mailbox->scan, maildir_scan_free);
  g_clear_pointer (&mailbox->earlier, maildir_scan_free);
  g_array_set_size (mailbox->unseen, 0);
  if (!mailbox->whole && !mailbox_sync_load_base (mailbox, error))
    return FALSE;
  mailbox->scan = maildir_scan (mailbox->box, error);
  return mailbox->scan != NULL;
}

static gboolean
look_for_changes (MailboxSync *mailbox, GError **error)
{
  g_autoptr (MaildirKnown) prints = maildir_known_new ();
  g_autoptr (GArray) uids = g_array_new (FALSE, FALSE, sizeof (guint32));
  Knowledge knowledge = { prints, uids };
  gboolean doubled;

  if (!journal_foreach_print (mailbox->account->journal, mailbox->row->id, add_print, &knowledge, error))
    return FALSE;
  mailbox->scan = maildir_scan_changed (mailbox->box, prints, mailbox->account->pool, error);
  if (mailbox->scan == NULL || !note_unseen (mailbox, &knowledge, error) ||
      !find_second_file (mailbox, &doubled, error))
    return FALSE;
  return !doubled || look_at_all (mailbox, error);
}

typedef struct
{
  MailboxSync *mailbox;
  gboolean has_second;
} FollowedRow;

/* Beside a file that something happened to, the one that the row knows may still be there: two of one name.
 */
static gboolean
note_followed (const JournalMessage *message, gpointer user_data)
{
  FollowedRow *row = user_data;
  MailboxSync *mailbox = row->mailbox;
  const MaildirEntry *entry = maildir_scan_find (mailbox->earlier, message->base);
  g_autofree char *file = NULL;
  MaildirFileStamp stamp;
  gboolean in_new;

  if (message->state != JOURNAL_MESSAGE_PRESENT)
    return TRUE;
  g_array_append_val (mailbox->unseen, message->id);
  if (maildir_message_guess (mailbox->box, message->base, message->system | message->not_kept_system,
                             maildir_keywords_letters (&mailbox->earlier->keywords, message->keywords), &file,
                             &in_new, &stamp))
    row->has_second |= entry == NULL || entry->in_new != in_new || !g_str_equal (entry->file, file);
  return TRUE;
}

/* *followed: what was seen before and what the watch told make up a look. */
static gboolean
follow_earlier (MailboxSync *mailbox, gboolean *followed, GError **error)
{
  g_autoptr (GHashTable) bases = mailbox->watch != NULL && mailbox->earlier != NULL
                                     ? maildir_watch_follow (mailbox->watch, mailbox->earlier)
                                     : NULL;
  FollowedRow row = { mailbox, FALSE };
  GHashTableIter iter;
  gpointer base;

  *followed = FALSE;
  if (bases == NULL)
    return TRUE;
  g_hash_table_iter_init (&iter, bases);
  while (g_hash_table_iter_next (&iter, &base, NULL))
    if (!journal_find_base (mailbox->account->journal, mailbox->row->id, base, note_followed, &row, error))
      return FALSE;
  *followed = !row.has_second;
  if (*followed)
    mailbox->scan = g_steal_pointer (&mailbox->earlier);
  return TRUE;
}

/* Times that did not move since the base held all that is here. */
static gboolean
look_if_quiet (MailboxSync *mailbox, gboolean *quiet, GError **error)
{
  *quiet = FALSE;
  if (mailbox->row->quiet_mark == NULL || mailbox->listed)
    return TRUE;
  mailbox->scan = maildir_scan_unread (mailbox->box, error);
  if (mailbox->scan == NULL || !mailbox_sync_is_quiet_here (mailbox, quiet, error))
    return FALSE;
  if (!*quiet)
    g_clear_pointer (&mailbox->scan, maildir_scan_free);
  return TRUE;
}

gboolean
mailbox_sync_look_here (MailboxSync *mailbox, GError **error)
{
  const gboolean anew = mailbox->look_anew;
  gboolean done = FALSE;

  mailbox->look_anew = FALSE;
  if (mailbox->scan != NULL && mailbox->watch != NULL)
    {
      g_clear_pointer (&mailbox->earlier, maildir_scan_free);
      mailbox->earlier = g_steal_pointer (&mailbox->scan);
    }
  g_clear_pointer (&mailbox->scan, maildir_scan_free);
  if (mailbox->whole)
    return look_at_all (mailbox, error);
  if (!anew && is_earlier_current (mailbox))
    {
      mailbox->scan = g_steal_pointer (&mailbox->earlier);
      return TRUE;
    }
  if (!anew && (!follow_earlier (mailbox, &done, error) || done))
    return done;
  g_clear_pointer (&mailbox->watch, maildir_watch_free);
  g_clear_pointer (&mailbox->earlier, maildir_scan_free);
  g_array_set_size (mailbox->unseen, 0);
  if (!anew && (!look_if_quiet (mailbox, &done, error) || done))
    return done;
  return look_for_changes (mailbox, error);
}

/* Since the last look of this run, or since nothing was to be done; where neither is known it is not asked.
 */
static gboolean
has_changed (MailboxSync *mailbox)
{
  g_autofree char *now = NULL;

  if (mailbox->earlier != NULL)
    return !maildir_scan_is_current (mailbox->box, mailbox->earlier);
  now = mailbox->row->quiet_mark != NULL ? maildir_box_mark (mailbox->box) : NULL;
  return now != NULL && !g_str_equal (now, mailbox->row->quiet_mark);
}

static gboolean
misses_files (AccountSync *account)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      const MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (mailbox->due && mailbox->scan != NULL && (mailbox->whole || mailbox->unseen->len > 0))
        return TRUE;
    }
  return FALSE;
}

gboolean
account_sync_may_have_moved (AccountSync *account)
{
  gboolean found = FALSE;

  if (!misses_files (account))
    return FALSE;
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (mailbox->due || mailbox->skipped || mailbox->box == NULL || !has_changed (mailbox))
        continue;
      mailbox->due = TRUE;
      found = TRUE;
    }
  return found;
}

void
mailbox_sync_watch_here (MailboxSync *mailbox)
{
  const MaildirScan *scan = mailbox->scan;

  if (mailbox->watch == NULL && scan != NULL && !mailbox->whole && scan->doubles->len == 0 &&
      scan->others->len == 0)
    mailbox->watch = maildir_watch_new (mailbox->box, scan);
}

gboolean
mailbox_sync_load_changed (MailboxSync *mailbox, GError **error)
{
  if (mailbox->whole)
    return TRUE;
  for (guint i = 0; i < mailbox->unseen->len; i++)
    if (!mailbox_sync_load_id (mailbox, g_array_index (mailbox->unseen, gint64, i), error))
      return FALSE;
  for (guint i = 0; i < mailbox->scan->entries->len; i++)
    if (!mailbox_sync_load_name (mailbox, g_array_index (mailbox->scan->entries, MaildirEntry, i).base,
                                 error))
      return FALSE;
  mailbox_sync_sort_base (mailbox);
  return TRUE;
}
