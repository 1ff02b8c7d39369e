#include "gone-mailboxes.h"

#include "mailbox-names.h"
#include "mailboxes-private.h"
#include "renamed-here.h"

#include <string.h>

#define FEW 3   /* so many may be missing from any LIST ... */
#define MOST 80 /* ... or, of many, up to what leaves this percentage */

gboolean
mailbox_items_have (const GPtrArray *items, const char *wire_name)
{
  for (guint i = 0; i < items->len; i++)
    {
      const ImapListItem *item = g_ptr_array_index (items, i);

      if (g_str_equal (item->raw, wire_name) && mailbox_item_is_selectable (item))
        return TRUE;
    }
  return FALSE;
}

static gboolean
has_inbox (const GPtrArray *items)
{
  for (guint i = 0; i < items->len; i++)
    if (g_ascii_strcasecmp (((ImapListItem *)g_ptr_array_index (items, i))->raw, "INBOX") == 0)
      return TRUE;
  return FALSE;
}

/* `rows` are sorted by name, so that a parent comes before its children, with others between at most. */
static gboolean
has_missing_parent (GHashTable *missing, const char *name)
{
  g_autofree char *parent = g_strdup (name);

  for (char *slash = strrchr (parent, '/'); slash != NULL; slash = strrchr (parent, '/'))
    {
      *slash = '\0';
      if (g_hash_table_contains (missing, parent))
        return TRUE;
    }
  return FALSE;
}

/* A LIST that lacks INBOX, or a good part of what is known, is an accident and proves nothing. */
static gboolean
is_believable (AccountSync *account, const GPtrArray *items, gboolean *believable, GError **error)
{
  g_autoptr (GPtrArray) rows = journal_list_mailboxes (account->journal, error);
  g_autoptr (GHashTable) missing = g_hash_table_new (g_str_hash, g_str_equal);
  guint known = 0, absent = 0;

  if (rows == NULL)
    return FALSE;
  for (guint i = 0; i < rows->len; i++)
    {
      const JournalMailbox *row = g_ptr_array_index (rows, i);

      if (row->uidvalidity == 0 || row->wire_name == NULL)
        continue;
      known++;
      if (mailbox_items_have (items, row->wire_name))
        continue;
      absent += !has_missing_parent (missing, row->name);
      g_hash_table_add (missing, row->name);
    }
  *believable = has_inbox (items) && (absent <= FEW || (known - absent) * 100 >= known * MOST);
  return TRUE;
}

static gboolean
is_missing (const MailboxSync *mailbox)
{
  return mailbox->row->uidvalidity != 0 && mailbox->row->wire_name != NULL && !mailbox->on_server &&
         !mailbox->skipped;
}

static gboolean
is_any_missing (AccountSync *account)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    if (is_missing (g_ptr_array_index (account->mailboxes, i)))
      return TRUE;
  return FALSE;
}

static void
leave_missing (AccountSync *account, const char *why)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (is_missing (mailbox))
        mailbox_sync_leave (mailbox, "gone-on-server", why);
    }
}

/* STATUS must say NO, for no other reason than that there is none. */
static gboolean
ask_for (MailboxSync *mailbox, GError **error)
{
  ImapSession *session = mailbox->account->session;
  g_autoptr (GError) local_error = NULL;
  ImapMailboxStatus status = { 0 };
  gboolean refused, without_cause;

  if (imap_session_status (session, mailbox->row->wire_name, &status, &local_error))
    {
      mailbox_sync_leave (mailbox, "gone-on-server",
                          "the server does not list it and still has it; nothing was taken for deleted, run "
                          "again later");
      return TRUE;
    }
  refused = g_error_matches (local_error, IMAP_ERROR, IMAP_ERROR_REFUSED);
  if (!refused)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  switch (imap_session_get_last_code (session))
    {
    case IMAP_CODE_NONE:
    case IMAP_CODE_NONEXISTENT:
    case IMAP_CODE_TRYCREATE:
      without_cause = TRUE;
      break;
    default:
      without_cause = FALSE;
    }
  mailbox->gone_there = without_cause;
  if (!without_cause)
    mailbox_sync_leave (mailbox, "gone-on-server", local_error->message);
  return TRUE;
}

/* A second LIST, since a server may be at work on its list while it is asked. */
static gboolean
look_again (AccountSync *account, gboolean *believable, GError **error)
{
  g_autoptr (GPtrArray) items = imap_session_list (account->session, error);

  if (items == NULL || !is_believable (account, items, believable, error))
    return FALSE;
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (is_missing (mailbox) && mailbox_items_have (items, mailbox->row->wire_name))
        mailbox_sync_leave (mailbox, "gone-on-server",
                            "the server listed it only when asked again; run again later");
    }
  return TRUE;
}

gboolean
account_sync_believe_gone (AccountSync *account, const GPtrArray *items, GError **error)
{
  gboolean believable, still;

  if (!is_any_missing (account))
    return TRUE;
  if (account->only != NULL)
    {
      leave_missing (account,
                     "the server has no mailbox of this name any more; synchronize the whole account, "
                     "so that a renaming can be told from a deletion");
      return TRUE;
    }
  if (!is_believable (account, items, &believable, error) ||
      (believable && !look_again (account, &still, error)))
    return FALSE;
  if (!believable || !still)
    {
      leave_missing (account,
                     "the server's list of mailboxes lacks this one and many others; nothing was taken "
                     "for deleted, run again later");
      return TRUE;
    }
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (is_missing (mailbox) && !ask_for (mailbox, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
waits_for_end (const MailboxSync *mailbox, const PlanOperation *operation)
{
  switch (operation->kind)
    {
    case PLAN_UPLOAD:
    case PLAN_REPLACE:
    case PLAN_PAIR:
      return mailbox->gone_there;
    case PLAN_DOWNLOAD:
      return mailbox->gone_here;
    default:
      return FALSE;
    }
}

static void
drop_waiting (MailboxSync *mailbox, GHashTable *uploads)
{
  guint kept = 0;

  for (guint i = 0; i < mailbox->plan->len; i++)
    {
      const PlanOperation operation = g_array_index (mailbox->plan, PlanOperation, i);

      if (!waits_for_end (mailbox, &operation))
        g_array_index (mailbox->plan, PlanOperation, kept++) = operation;
      else if (operation.kind == PLAN_UPLOAD)
        g_hash_table_add (uploads,
                          (gpointer)&mailbox_sync_find_local (mailbox, operation.base)->identity->full);
    }
  g_array_set_size (mailbox->plan, kept);
}

/* `uploads`: those that wait. */
static void
drop_moved (MailboxSync *mailbox, GHashTable *uploads)
{
  guint kept = 0;

  for (guint i = 0; i < mailbox->plan->len; i++)
    {
      const PlanOperation operation = g_array_index (mailbox->plan, PlanOperation, i);
      const MessageDigest *digest = operation.kind == PLAN_DELETE_REMOTE
                                        ? g_hash_table_lookup (mailbox->account->moved, &operation.row)
                                        : NULL;

      if (digest == NULL || !g_hash_table_contains (uploads, digest))
        g_array_index (mailbox->plan, PlanOperation, kept++) = operation;
    }
  g_array_set_size (mailbox->plan, kept);
}

void
account_sync_drop_waiting (AccountSync *account)
{
  g_autoptr (GHashTable) uploads = g_hash_table_new (message_digest_hash, (GEqualFunc)message_digest_equal);

  for (guint i = 0; i < account->mailboxes->len; i++)
    if (((MailboxSync *)g_ptr_array_index (account->mailboxes, i))->plan != NULL)
      drop_waiting (g_ptr_array_index (account->mailboxes, i), uploads);
  for (guint i = 0; g_hash_table_size (uploads) > 0 && i < account->mailboxes->len; i++)
    if (((MailboxSync *)g_ptr_array_index (account->mailboxes, i))->plan != NULL)
      drop_moved (g_ptr_array_index (account->mailboxes, i), uploads);
}

static void
tell_end (MailboxSync *mailbox, const char *name, const char *text)
{
  mailbox->account->tally.mailboxes++;
  report (&mailbox->account->report, ENGINE_EVENT_INFO, mailbox->row->name, name, "%s", text);
}

/* Something that nobody deleted is still here: the mailbox begins anew on the server. What was moved into it
 * is still to leave its old place, which may be any. */
static gboolean
come_back_there (MailboxSync *mailbox, GError **error)
{
  AccountSync *account = mailbox->account;
  JournalMailbox *row = mailbox->row;

  mailbox->gone_there = FALSE;
  for (guint i = 0; i < account->mailboxes->len; i++)
    ((MailboxSync *)g_ptr_array_index (account->mailboxes, i))->due = TRUE;
  row->uidvalidity = row->uidnext = 0;
  row->highestmodseq = row->quiet_modseq = 0;
  g_clear_pointer (&row->wire_name, g_free);
  g_clear_pointer (&row->mailbox_id, g_free);
  return account_sync_put_row (account, row, error) && mailbox_sync_create_on_server (mailbox, error);
}

static gboolean
come_back_here (MailboxSync *mailbox, GError **error)
{
  mailbox->due = TRUE;
  return mailbox_sync_open_box (mailbox, TRUE, error);
}

/* *removed: the directory is no mailbox any more. */
static gboolean
remove_here (MailboxSync *mailbox, gboolean *removed, GError **error)
{
  AccountSync *account = mailbox->account;
  g_autoptr (MaildirScan) scan = maildir_scan (mailbox->box, error);

  *removed = FALSE;
  if (scan == NULL)
    return FALSE;
  if (scan->entries->len > 0)
    return TRUE;
  return account_sync_raise_generation (account, error) &&
         maildir_remove_mailbox (account->maildir, mailbox->row->directory, removed, error);
}

static gboolean
end_gone_there (AccountSync *account, guint index, GError **error)
{
  MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, index);
  gboolean removed = TRUE;

  if (!mailbox->gone_here && !remove_here (mailbox, &removed, error))
    return FALSE;
  if (!removed)
    return come_back_there (mailbox, error);
  tell_end (mailbox, "mailbox-removed", "the mailbox was removed here: it is gone on the server");
  return account_sync_drop_mailbox (account, index, error);
}

/* A whole Maildir may have gone with it: nothing is deleted on the server while such a hold stands. */
static gboolean
is_other_held (AccountSync *account, gboolean *held, GError **error)
{
  guint count = 0;

  *held = FALSE;
  for (guint i = 0; i < account->mailboxes->len && !*held; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (mailbox->gone_here && !journal_count_messages (account->journal, mailbox->row->id, &count, error))
        return FALSE;
      *held = mailbox->gone_here && count > 0;
    }
  return TRUE;
}

/* FALSE without an error: the server refused, which was named. */
static gboolean
delete_there (MailboxSync *mailbox, GError **error)
{
  AccountSync *account = mailbox->account;
  g_autoptr (GError) local_error = NULL;

  if (!imap_session_unselect (account->session, error))
    return FALSE;
  if (imap_session_delete (account->session, mailbox->row->wire_name, &local_error))
    return TRUE;
  if (g_error_matches (local_error, IMAP_ERROR, IMAP_ERROR_REFUSED))
    report_left (&account->report, mailbox->row->name, "delete-refused",
                 "its directory was removed here, and the server refused to delete the mailbox: %s; it stays "
                 "on both sides",
                 local_error->message);
  else
    g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/* DELETE takes all messages with it, also those that came a moment ago: only an empty mailbox is deleted. */
static gboolean
is_empty_there (MailboxSync *mailbox, gboolean *empty, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  ImapMailboxStatus status = { 0 };

  *empty = FALSE;
  if (!imap_session_unselect (mailbox->account->session, error))
    return FALSE;
  if (imap_session_status (mailbox->account->session, mailbox->row->wire_name, &status, &local_error))
    *empty = status.messages == 0 && status.uidvalidity == mailbox->row->uidvalidity &&
             !g_str_equal (mailbox->row->name, "INBOX");
  else if (!g_error_matches (local_error, IMAP_ERROR, IMAP_ERROR_REFUSED))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  return TRUE;
}

static gboolean
end_gone_here (AccountSync *account, guint index, gboolean *changed, GError **error)
{
  MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, index);
  g_autoptr (GError) local_error = NULL;
  gboolean held, empty;

  if (!is_other_held (account, &held, error))
    return FALSE;
  *changed = *changed || !held;
  if (held)
    return TRUE;
  if (!account_sync_raise_generation (account, error) || !is_empty_there (mailbox, &empty, error))
    return FALSE;
  if (empty && delete_there (mailbox, &local_error))
    {
      tell_end (mailbox, "mailbox-deleted",
                "the mailbox was deleted on the server: its directory is gone here");
      return account_sync_drop_mailbox (account, index, error);
    }
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  return come_back_here (mailbox, error);
}

gboolean
account_sync_end_gone (AccountSync *account, gboolean *changed, GError **error)
{
  *changed = FALSE;
  for (guint i = account->mailboxes->len; i-- > 0;)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);
      guint count = 0;

      if (mailbox->skipped || (!mailbox->gone_here && !mailbox->gone_there))
        continue;
      if (!journal_count_messages (account->journal, mailbox->row->id, &count, error))
        return FALSE;
      if (count > 0)
        continue;
      *changed = *changed || mailbox->gone_there;
      if (!(mailbox->gone_there ? end_gone_there (account, i, error)
                                : end_gone_here (account, i, changed, error)))
        return FALSE;
    }
  return TRUE;
}
