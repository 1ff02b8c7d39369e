#include "observe-local.h"

#include "../message/text-safe.h"
#include "known.h"
#include "letters.h"
#include "look-here.h"

#include <string.h>

#define MAX_LOOKS 4

/* The mailbox that a file came from by its base name: its letters are that mailbox's (contract C3.3).
 * (nullable): its directory is gone, and what letters stood for with it. */
static const MaildirKeywords *
keywords_of_origin (MailboxSync *mailbox, const char *base)
{
  for (guint i = 0; i < mailbox->account->mailboxes->len; i++)
    {
      MailboxSync *other = g_ptr_array_index (mailbox->account->mailboxes, i);

      if (other == mailbox || (other->scan == NULL && !other->gone_here) ||
          (other->scan != NULL && maildir_scan_find (other->scan, base) != NULL))
        continue;
      for (guint first = 0, last = other->base->len; first < last;)
        {
          guint middle = first + (last - first) / 2;
          int order = strcmp (g_array_index (other->base, PlanBase, middle).base, base);

          if (order == 0)
            return other->scan != NULL ? &other->scan->keywords : NULL;
          if (order < 0)
            first = middle + 1;
          else
            last = middle;
        }
    }
  return &mailbox->scan->keywords;
}

/* Reads a file that is new or looks changed. *content is (transfer full), NULL when the file went away
 * meanwhile. */
static gboolean
read_content (MailboxSync *mailbox, const MaildirEntry *entry, LocalContent **content, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  MaildirPlace place = { entry->base, entry->file, entry->in_new };
  LocalContent *read = g_new0 (LocalContent, 1);

  *content = NULL;
  if (g_cancellable_set_error_if_cancelled (mailbox->account->cancellable, error))
    {
      g_free (read);
      return FALSE;
    }
  if (maildir_message_identify (mailbox->box, &place, &read->identity, &read->stamp, &local_error))
    {
      *content = read;
      g_ptr_array_add (mailbox->local_contents, read);
      return TRUE;
    }
  g_free (read);
  if (g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_GONE))
    return TRUE;
  mailbox->account->unreadable = TRUE;
  report_left (&mailbox->account->report, mailbox->row->name, "unreadable", "%s; the message was left",
               local_error->message);
  return TRUE;
}

/* The same content under other stamps: only the stamps are remembered. */
static gboolean
refresh_stamps (MailboxSync *mailbox, guint index, const MaildirFileStamp *stamp, GError **error)
{
  AccountSync *account = mailbox->account;
  PlanBase *base = &g_array_index (mailbox->base, PlanBase, index);
  BaseFacts *facts = &g_array_index (mailbox->base_facts, BaseFacts, index);

  facts->file_size = stamp->size;
  facts->mtime_ns = stamp->mtime_ns;
  return journal_begin (account->journal, error) &&
         journal_end (
             account->journal,
             journal_set_message_stamps (account->journal, base->row, stamp->size, stamp->mtime_ns, error),
             error);
}

/* A row that was paired without reading the message has no digest: its size decides. */
static gboolean
is_other_content (const PlanBase *base, const MessageIdentity *identity)
{
  return base->has_digest ? !message_digest_equal (&identity->full, &base->digest)
                          : identity->size != base->size;
}

/* A client that knows no keywords, as mu is, leaves their letters out of each name that it gives: what it
 * changed are the other flags. */
static gboolean
has_lost_letters (const MaildirEntry *entry, const PlanBase *row)
{
  return entry->letters == 0 && entry->system != (row->flags.system | row->not_kept.system);
}

/* Of a file that the base knows. */
static MessageFlags
read_flags (MailboxSync *mailbox, const MaildirEntry *entry, guint index)
{
  MessageKeywordPool *pool = mailbox->account->pool;
  const PlanBase *row = &g_array_index (mailbox->base, PlanBase, index);
  BaseFacts *facts = &g_array_index (mailbox->base_facts, BaseFacts, index);
  const char *known = message_flags_union (pool, row->flags, row->not_kept).keywords;
  MessageFlags flags = letters_read (pool, &mailbox->scan->keywords, entry->letters, known);

  facts->relettered = flags.keywords != known && (has_lost_letters (entry, row) ||
                                                  mailbox_sync_is_relettered (mailbox, row, entry->letters));
  if (facts->relettered)
    flags = (MessageFlags){ 0, known };
  flags.system |= entry->system;
  return flags;
}

/* Another size or mtime, another digest: the content was replaced (contract C3.1). To be paired afresh, it is
 * read in any case. */
static gboolean
add_known (MailboxSync *mailbox, const MaildirEntry *entry, guint index, GError **error)
{
  const PlanBase *base = &g_array_index (mailbox->base, PlanBase, index);
  const BaseFacts *facts = &g_array_index (mailbox->base_facts, BaseFacts, index);
  PlanLocal local = { .base = base->base };
  LocalContent *content = NULL;
  gboolean is_changed = entry->size != facts->file_size || entry->mtime_ns != facts->mtime_ns;

  local.flags = read_flags (mailbox, entry, index);
  if ((is_changed || mailbox->refresh != JOURNAL_REFRESH_NONE) &&
      !read_content (mailbox, entry, &content, error))
    return FALSE;
  if (content != NULL)
    {
      local.replaced = is_other_content (base, &content->identity);
      local.identity = &content->identity;
      if (is_changed && !local.replaced && !refresh_stamps (mailbox, index, &content->stamp, error))
        return FALSE;
    }
  g_array_append_val (mailbox->local, local);
  return TRUE;
}

static gboolean
add_new (MailboxSync *mailbox, const MaildirEntry *entry, GError **error)
{
  PlanLocal local = { .base = g_string_chunk_insert (mailbox->strings, entry->base) };
  LocalContent *content = NULL;
  const MaildirKeywords *keywords =
      entry->letters != 0 ? keywords_of_origin (mailbox, entry->base) : &mailbox->scan->keywords;

  if (!read_content (mailbox, entry, &content, error))
    return FALSE;
  if (content == NULL)
    return TRUE;
  local.flags = letters_read (mailbox->account->pool, keywords, entry->letters, "");
  local.flags.system |= entry->system;
  local.identity = &content->identity;
  g_array_append_val (mailbox->local, local);
  return TRUE;
}

/* Base and scan are both sorted by base name: one merge. */
static gboolean
compare_with_base (MailboxSync *mailbox, GError **error)
{
  guint index = 0;

  for (guint i = 0; i < mailbox->scan->entries->len; i++)
    {
      const MaildirEntry *entry = &g_array_index (mailbox->scan->entries, MaildirEntry, i);

      while (index < mailbox->base->len &&
             strcmp (g_array_index (mailbox->base, PlanBase, index).base, entry->base) < 0)
        index++;
      gboolean known = index < mailbox->base->len &&
                       g_str_equal (g_array_index (mailbox->base, PlanBase, index).base, entry->base);
      if (!(known ? add_known (mailbox, entry, index, error) : add_new (mailbox, entry, error)))
        return FALSE;
    }
  mailbox->local_complete = TRUE;
  return TRUE;
}

static gboolean
is_fatal (const GError *error)
{
  return error->domain == JOURNAL_ERROR || g_error_matches (error, MAILDIR_ERROR, MAILDIR_ERROR_NO_ROOT) ||
         g_error_matches (error, MAILDIR_ERROR, MAILDIR_ERROR_NO_MARKER);
}

static gboolean
scan_mailbox (MailboxSync *mailbox, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (mailbox_sync_look_here (mailbox, &local_error))
    return TRUE;
  if (is_fatal (local_error))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  mailbox->skipped = TRUE;
  g_ptr_array_add (mailbox->account->unobserved, g_strdup (mailbox->row->directory));
  report_left (&mailbox->account->report, mailbox->row->name, "directory-damaged", "%s",
               local_error->message);
  return TRUE;
}

static gboolean
is_observed (const MailboxSync *mailbox)
{
  return mailbox->due && !mailbox->skipped && mailbox->box != NULL;
}

/* TRUE when no directory moved since its scan; those that did are scanned again. */
static gboolean
look_again (AccountSync *account, gboolean *agreed, GError **error)
{
  *agreed = TRUE;
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (!is_observed (mailbox) || maildir_scan_is_current (mailbox->box, mailbox->scan))
        continue;
      *agreed = FALSE;
      if (!scan_mailbox (mailbox, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
scan_all (AccountSync *account, gboolean *agreed, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (is_observed (mailbox) && !scan_mailbox (mailbox, error))
        return FALSE;
    }
  *agreed = FALSE;
  for (guint looks = 0; looks < MAX_LOOKS && !*agreed; looks++)
    if (!look_again (account, agreed, error))
      return FALSE;
  return TRUE;
}

static void
name_doubles (MailboxSync *mailbox)
{
  for (guint i = 0; i < mailbox->scan->doubles->len; i++)
    {
      g_autofree char *safe = text_make_safe (g_ptr_array_index (mailbox->scan->doubles, i));

      report_left (&mailbox->account->report, mailbox->row->name, "double",
                   "two files share the base name of “%s”; the second was left alone. Rename one of them",
                   safe);
    }
}

static gboolean
note_present (const JournalMessage *message, gpointer user_data)
{
  gboolean *found = user_data;

  *found = message->state == JOURNAL_MESSAGE_PRESENT;
  return TRUE;
}

static gboolean
is_base_name (MailboxSync *mailbox, const char *file, gboolean *known, GError **error)
{
  g_auto (MaildirName) name = { 0 };

  *known = FALSE;
  return !maildir_name_parse (file, maildir_box_get_separator (mailbox->box), &name) ||
         journal_find_base (mailbox->account->journal, mailbox->row->id, name.base, note_present, known,
                            error);
}

/* *found: something that is no regular file (a symbolic link) stands in the place of a message: it is no
 * message for us, and no deletion either. */
static gboolean
name_others (MailboxSync *mailbox, gboolean *found, GError **error)
{
  *found = FALSE;
  for (guint i = 0; i < mailbox->scan->others->len; i++)
    {
      const char *file = g_ptr_array_index (mailbox->scan->others, i);
      g_autofree char *safe = text_make_safe (file);
      gboolean known;

      if (!is_base_name (mailbox, file, &known, error))
        return FALSE;
      if (known)
        report_left (
            &mailbox->account->report, mailbox->row->name, "no-file",
            "“%s” is no regular file any more; nothing is taken for deleted in this mailbox until it is one "
            "again or is gone",
            safe);
      *found |= known;
    }
  return TRUE;
}

/* What is missing may be the very file that can't be read, under another name. */
static void
distrust_absence (AccountSync *account)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    ((MailboxSync *)g_ptr_array_index (account->mailboxes, i))->local_complete = FALSE;
}

/* Offline, a base that has to be paired afresh says nothing about deletions yet. */
static gboolean
is_to_be_paired_later (const MailboxSync *mailbox)
{
  return mailbox->account->session == NULL && mailbox->row->refresh != JOURNAL_REFRESH_NONE;
}

static gboolean
compare_mailbox (MailboxSync *mailbox, gboolean agreed, GError **error)
{
  gboolean has_others;

  name_doubles (mailbox);
  if (!compare_with_base (mailbox, error) || !name_others (mailbox, &has_others, error))
    return FALSE;
  mailbox->local_complete = agreed && !has_others && !is_to_be_paired_later (mailbox);
  if (!mailbox->whole)
    mailbox_sync_fill_local (mailbox);
  if (mailbox->from_base)
    mailbox_sync_fill_remote (mailbox);
  return TRUE;
}

gboolean
account_sync_observe_local (AccountSync *account, GError **error)
{
  gboolean agreed;

  if (!scan_all (account, &agreed, error))
    return FALSE;
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (is_observed (mailbox) && !mailbox_sync_load_changed (mailbox, error))
        return FALSE;
    }
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      /* A directory that is not there holds nothing: a complete look. */
      mailbox->local_complete = mailbox->gone_here;
      if (is_observed (mailbox) && !compare_mailbox (mailbox, agreed, error))
        return FALSE;
    }
  if (account->unreadable)
    distrust_absence (account);
  if (!agreed)
    report (&account->report, ENGINE_EVENT_INFO, NULL, "busy",
            "another program keeps changing the Maildir; what seems to be deleted waits for the next run");
  return TRUE;
}
