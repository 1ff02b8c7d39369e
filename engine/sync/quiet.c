#include "quiet.h"

#include "mailboxes-private.h"

#define DAY (24 * 60 * 60)
#define UNTRUE_FACT "modseq-untrue"

static gboolean
is_listed_lately (const JournalMailbox *row)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  return row->listed <= now && row->listed > now - DAY;
}

/* The same HIGHESTMODSEQ for other messages: nothing it says can be relied on any more. */
static gboolean
is_untrue (const JournalMailbox *row, const ImapMailboxStatus *status)
{
  return row->quiet_modseq != 0 && status->uidvalidity == row->uidvalidity &&
         status->highestmodseq == row->quiet_modseq &&
         (status->messages != row->quiet_messages || status->uidnext > row->quiet_uidnext);
}

static gboolean
is_quiet_there (const JournalMailbox *row, const ImapMailboxStatus *status)
{
  return row->quiet_modseq != 0 && row->refresh == JOURNAL_REFRESH_NONE &&
         status->uidvalidity == row->uidvalidity && status->highestmodseq == row->quiet_modseq &&
         status->messages == row->quiet_messages && status->uidnext == row->quiet_uidnext &&
         is_listed_lately (row);
}

/* TRUE when not all that was there and came since is there: each UID that was given away was a message. */
static gboolean
counts_fewer (const JournalMailbox *row, const ImapMailboxStatus *status)
{
  return row->quiet_modseq != 0 && status->uidvalidity == row->uidvalidity &&
         (gint64)row->quiet_messages + status->uidnext - row->quiet_uidnext > status->messages;
}

typedef struct
{
  MailboxSync *mailbox;
  MaildirKeywords keywords;
  gboolean moved;
} DraftLook;

/* Where its flags say that it is: a name that somebody else wrote in another way is as good as a change. */
static gboolean
look_at_draft (const JournalMessage *message, gpointer user_data)
{
  DraftLook *look = user_data;
  MessageKeywordPool *pool = look->mailbox->account->pool;
  const MessageFlags flags = { message->system, message_keyword_pool_intern (pool, message->keywords) };
  const MessageFlags not_kept = { message->not_kept_system,
                                  message_keyword_pool_intern (pool, message->not_kept_keywords) };
  const MessageFlags here = message_flags_union (pool, flags, not_kept);
  g_autofree char *file = NULL;
  MaildirFileStamp stamp;
  gboolean in_new;

  look->moved = !maildir_message_guess (look->mailbox->box, message->base, here.system,
                                        maildir_keywords_letters (&look->keywords, here.keywords), &file,
                                        &in_new, &stamp) ||
                stamp.size != message->file_size || stamp.mtime_ns != message->mtime_ns;
  return !look->moved;
}

/* A draft may be edited in place, which leaves no trace in its directory (contract C3.1). */
static gboolean
are_drafts_quiet (MailboxSync *mailbox, gboolean *quiet, GError **error)
{
  DraftLook look = { .mailbox = mailbox };
  gboolean done = maildir_keywords_read (maildir_box_get_fd (mailbox->box), &look.keywords, NULL);

  *quiet = FALSE;
  if (done &&
      !journal_foreach_draft (mailbox->account->journal, mailbox->row->id, look_at_draft, &look, error))
    {
      maildir_keywords_clear (&look.keywords);
      return FALSE;
    }
  maildir_keywords_clear (&look.keywords);
  *quiet = done && !look.moved;
  return TRUE;
}

gboolean
mailbox_sync_is_quiet_here (MailboxSync *mailbox, gboolean *quiet, GError **error)
{
  g_autofree char *mark =
      mailbox->row->quiet_mark != NULL && mailbox->box != NULL ? maildir_box_mark (mailbox->box) : NULL;

  *quiet = mark != NULL && g_str_equal (mark, mailbox->row->quiet_mark);
  return !*quiet || are_drafts_quiet (mailbox, quiet, error);
}

static gboolean
distrust_modseq (AccountSync *account, MailboxSync *mailbox, GError **error)
{
  account->trusts_modseq = FALSE;
  report (
      &account->report, ENGINE_EVENT_INFO, mailbox->row->name, "modseq",
      "the server's HIGHESTMODSEQ stood still while messages came or went; from now on all flags are read");
  return journal_begin (account->journal, error) &&
         journal_end (account->journal,
                      journal_set_fact (account->journal, UNTRUE_FACT, "1", error) &&
                          journal_end_quiet (account->journal, 0, error),
                      error);
}

static gboolean
look_at (MailboxSync *mailbox, const ImapMailboxStatus *status, GError **error)
{
  AccountSync *account = mailbox->account;
  gboolean quiet;

  if (is_untrue (mailbox->row, status))
    return distrust_modseq (account, mailbox, error);
  mailbox->fewer_there = counts_fewer (mailbox->row, status);
  if (!mailbox->on_server || mailbox->skipped || mailbox->gone_here || !is_quiet_there (mailbox->row, status))
    return TRUE;
  if (!journal_is_quiet (account->journal, mailbox->row->id, &quiet, error) ||
      (quiet && !mailbox_sync_is_quiet_here (mailbox, &quiet, error)))
    return FALSE;
  mailbox->due = !quiet;
  return TRUE;
}

gboolean
account_sync_find_quiet (AccountSync *account, const GPtrArray *statuses, GError **error)
{
  g_autofree char *untrue = journal_get_fact (account->journal, UNTRUE_FACT, NULL);
  g_autoptr (GHashTable) by_name = g_hash_table_new (g_str_hash, g_str_equal);

  account->trusts_modseq = untrue == NULL && imap_session_has (account->session, IMAP_CAPABILITY_CONDSTORE);
  for (guint i = 0; statuses != NULL && i < statuses->len; i++)
    {
      ImapMailboxStatus *status = g_ptr_array_index (statuses, i);

      g_hash_table_insert (by_name, status->raw, status);
    }
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);
      const char *name = mailbox->row->wire_name;
      const ImapMailboxStatus *status = name != NULL ? g_hash_table_lookup (by_name, name) : NULL;

      mailbox->told_there = status != NULL ? status->messages : 0;
      if (status != NULL && account->trusts_modseq && !look_at (mailbox, status, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
mailbox_sync_may_know_changes (const MailboxSync *mailbox)
{
  const JournalMailbox *row = mailbox->row;

  return mailbox->account->trusts_modseq && mailbox->refresh == JOURNAL_REFRESH_NONE &&
         row->refresh == JOURNAL_REFRESH_NONE &&
         (mailbox->since != 0 || (row->quiet_modseq != 0 && is_listed_lately (row)));
}

gboolean
mailbox_sync_knows_changes (const MailboxSync *mailbox, const ImapSelected *selected)
{
  const JournalMailbox *row = mailbox->row;

  if (!mailbox_sync_may_know_changes (mailbox))
    return FALSE;
  if (mailbox->since != 0)
    return selected->highestmodseq >= mailbox->since && selected->uidnext >= row->uidnext;
  return selected->highestmodseq >= row->quiet_modseq && selected->uidnext >= row->quiet_uidnext;
}

/* What the server said is in the base when nothing is left to do: what waits to be sent is merged with it. */
static gboolean
note_quiet_there (const MailboxSync *mailbox, JournalMailbox *row)
{
  const JournalMailbox before = *row;

  if (mailbox->refresh != JOURNAL_REFRESH_NONE || mailbox->highestmodseq == 0)
    row->quiet_modseq = 0;
  else if (mailbox->remote_complete && !mailbox->waits && mailbox->account->trusts_modseq)
    {
      row->quiet_modseq = mailbox->highestmodseq;
      row->quiet_uidnext = mailbox->uidnext;
      row->quiet_messages = mailbox->n_remote;
    }
  return row->quiet_modseq != before.quiet_modseq || row->quiet_uidnext != before.quiet_uidnext ||
         row->quiet_messages != before.quiet_messages;
}

/* What is named at every run is looked for at every run. */
static gboolean
note_quiet_here (const MailboxSync *mailbox, JournalMailbox *row)
{
  const MaildirScan *scan = mailbox->scan;
  gboolean nothing_left = mailbox->local_complete && !mailbox->waits && scan != NULL &&
                          scan->doubles->len == 0 && scan->others->len == 0;
  g_autofree char *mark = nothing_left ? maildir_scan_mark (mailbox->box, scan) : NULL;

  if (g_strcmp0 (mark, row->quiet_mark) == 0)
    return FALSE;
  g_free (row->quiet_mark);
  row->quiet_mark = g_steal_pointer (&mark);
  return TRUE;
}

/* Kept where changes can be asked for at all. */
static gboolean
note_listed (const MailboxSync *mailbox, JournalMailbox *row)
{
  if (!mailbox->listed || !mailbox->remote_complete || row->quiet_modseq == 0)
    return FALSE;
  row->listed = g_get_real_time () / G_USEC_PER_SEC;
  return TRUE;
}

gboolean
mailbox_sync_note_quiet (const MailboxSync *mailbox, JournalMailbox *row)
{
  gboolean there = note_quiet_there (mailbox, row);
  gboolean here = note_quiet_here (mailbox, row);

  return note_listed (mailbox, row) || here || there;
}
