#include "account-sync.h"

#include <string.h>

static void
local_content_free (gpointer data)
{
  LocalContent *content = data;

  message_identity_clear (&content->identity);
  g_free (content);
}

static void
remote_header_free (gpointer data)
{
  message_identity_clear (data);
  g_free (data);
}

static void
mailbox_sync_start (MailboxSync *mailbox)
{
  mailbox->strings = g_string_chunk_new (4096);
  mailbox->base = g_array_new (FALSE, FALSE, sizeof (PlanBase));
  mailbox->base_facts = g_array_new (FALSE, FALSE, sizeof (BaseFacts));
  mailbox->rows = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  mailbox->sources = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  mailbox->local = g_array_new (FALSE, FALSE, sizeof (PlanLocal));
  mailbox->remote = g_array_new (FALSE, FALSE, sizeof (PlanRemote));
  mailbox->there = imap_uid_set_new ();
  mailbox->local_contents = g_ptr_array_new_with_free_func (local_content_free);
  mailbox->remote_headers = g_ptr_array_new_with_free_func (remote_header_free);
  mailbox->local_complete = mailbox->remote_complete = FALSE;
  mailbox->mailbox_id = NULL;
  mailbox->refresh = JOURNAL_REFRESH_NONE;
  mailbox->rematched = FALSE;
  mailbox->whole = mailbox->from_base = mailbox->fills = FALSE;
  mailbox->n_known = mailbox->n_remote = 0;
}

static void
mailbox_sync_clear (MailboxSync *mailbox)
{
  g_clear_pointer (&mailbox->strings, g_string_chunk_free);
  g_clear_pointer (&mailbox->base, g_array_unref);
  g_clear_pointer (&mailbox->base_facts, g_array_unref);
  g_clear_pointer (&mailbox->rows, g_hash_table_unref);
  g_clear_pointer (&mailbox->sources, g_hash_table_unref);
  g_clear_pointer (&mailbox->local, g_array_unref);
  g_clear_pointer (&mailbox->remote, g_array_unref);
  g_clear_pointer (&mailbox->there, imap_uid_set_free);
  g_clear_pointer (&mailbox->all, maildir_scan_free);
  g_clear_pointer (&mailbox->local_contents, g_ptr_array_unref);
  g_clear_pointer (&mailbox->remote_headers, g_ptr_array_unref);
  g_clear_pointer (&mailbox->plan, g_array_unref);
}

MailboxSync *
mailbox_sync_new (AccountSync *account, JournalMailbox *row)
{
  MailboxSync *mailbox = g_new0 (MailboxSync, 1);

  mailbox->account = account;
  mailbox->row = row;
  mailbox->due = TRUE;
  mailbox->closed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  mailbox->changes = g_array_new (FALSE, FALSE, sizeof (SeenThere));
  mailbox->email_ids = g_string_chunk_new (1024);
  mailbox->gone = imap_uid_set_new ();
  mailbox->unseen = g_array_new (FALSE, FALSE, sizeof (gint64));
  mailbox->unguarded = imap_uid_set_new ();
  mailbox->waited = g_hash_table_new (NULL, NULL);
  mailbox_sync_start (mailbox);
  return mailbox;
}

void
mailbox_sync_free (MailboxSync *mailbox)
{
  mailbox_sync_clear (mailbox);
  g_clear_pointer (&mailbox->scan, maildir_scan_free);
  g_clear_pointer (&mailbox->earlier, maildir_scan_free);
  g_hash_table_unref (mailbox->closed);
  g_hash_table_unref (mailbox->waited);
  g_array_unref (mailbox->changes);
  g_string_chunk_free (mailbox->email_ids);
  imap_uid_set_free (mailbox->gone);
  g_array_unref (mailbox->unseen);
  imap_uid_set_free (mailbox->unguarded);
  g_clear_pointer (&mailbox->watch, maildir_watch_free);
  g_clear_pointer (&mailbox->letters_before, maildir_keywords_free);
  g_clear_pointer (&mailbox->box, maildir_box_free);
  journal_mailbox_free (mailbox->row);
  g_free (mailbox);
}

void
mailbox_sync_reset (MailboxSync *mailbox)
{
  mailbox_sync_clear (mailbox);
  if (mailbox->scan != NULL && !mailbox->whole)
    {
      g_clear_pointer (&mailbox->earlier, maildir_scan_free);
      mailbox->earlier = g_steal_pointer (&mailbox->scan);
    }
  g_clear_pointer (&mailbox->scan, maildir_scan_free);
  mailbox_sync_start (mailbox);
}

guint
mailbox_sync_row_index (MailboxSync *mailbox, gint64 row)
{
  gpointer index = NULL;
  gboolean found;

  if (g_hash_table_size (mailbox->rows) == 0)
    for (guint i = 0; i < mailbox->base->len; i++)
      g_hash_table_insert (mailbox->rows,
                           g_memdup2 (&g_array_index (mailbox->base, PlanBase, i).row, sizeof row),
                           GUINT_TO_POINTER (i));
  found = g_hash_table_lookup_extended (mailbox->rows, &row, NULL, &index);
  g_assert (found);
  return GPOINTER_TO_UINT (index);
}

/* (nullable) */
static const PlanBase *
find_base (const MailboxSync *mailbox, const char *base)
{
  for (guint first = 0, last = mailbox->base->len; first < last;)
    {
      guint middle = first + (last - first) / 2;
      const PlanBase *row = &g_array_index (mailbox->base, PlanBase, middle);
      int order = strcmp (row->base, base);

      if (order == 0)
        return row;
      if (order < 0)
        first = middle + 1;
      else
        last = middle;
    }
  return NULL;
}

/* A file that no look has named is as the base knows it: its flags tell its name. */
static gboolean
guess_place (MailboxSync *mailbox, MaildirPlace *place)
{
  const PlanBase *row = find_base (mailbox, place->base);
  g_autofree char *file = NULL;
  MaildirFileStamp stamp;
  MessageFlags flags;

  if (row == NULL)
    return FALSE;
  flags = message_flags_union (mailbox->account->pool, row->flags, row->not_kept);
  if (!maildir_message_guess (mailbox->box, place->base, flags.system,
                              mailbox_sync_letters (mailbox, flags.keywords), &file, &place->in_new, &stamp))
    return FALSE;
  place->file = g_string_chunk_insert (mailbox->strings, file);
  return TRUE;
}

MaildirPlace
mailbox_sync_place (MailboxSync *mailbox, const char *base)
{
  MaildirPlace place = { .base = base };
  const MaildirEntry *entry = mailbox->scan != NULL ? maildir_scan_find (mailbox->scan, base) : NULL;

  if (entry == NULL && mailbox->scan != NULL && !mailbox->whole && !guess_place (mailbox, &place))
    {
      /* One look at all of them is better than one for each. */
      if (mailbox->all == NULL)
        mailbox->all = maildir_scan (mailbox->box, NULL);
      entry = mailbox->all != NULL ? maildir_scan_find (mailbox->all, base) : NULL;
    }
  if (entry != NULL)
    place = (MaildirPlace){ .base = base, .file = entry->file, .in_new = entry->in_new };
  return place;
}

guint32
mailbox_sync_letters (MailboxSync *mailbox, const char *keywords)
{
  return maildir_keywords_letters (&mailbox->scan->keywords, keywords);
}

gboolean
mailbox_sync_is (const MailboxSync *mailbox, const char *special_use)
{
  return mailbox->row->special_use != NULL &&
         g_ascii_strcasecmp (mailbox->row->special_use, special_use) == 0;
}

gboolean
mailbox_sync_select (MailboxSync *mailbox, gboolean *selected, GError **error)
{
  AccountSync *account = mailbox->account;
  g_autoptr (GError) local_error = NULL;
  const ImapSelected *state =
      imap_session_select (account->session, mailbox->row->wire_name, account->dry_run, &local_error);

  *selected = state != NULL && state->uidvalidity == mailbox->uidvalidity;
  if (state == NULL && !g_error_matches (local_error, IMAP_ERROR, IMAP_ERROR_REFUSED))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (state == NULL)
    report_left (&account->report, mailbox->row->name, "mailbox-refused",
                 "the server did not open this mailbox: %s; it was left as it is, run again later",
                 local_error->message);
  else if (!*selected)
    report_left (
        &account->report, mailbox->row->name, "uidvalidity",
        "the server reset UIDVALIDITY while this mailbox was being worked on (%u, now %u); nothing more was "
        "changed, run again",
        mailbox->uidvalidity, state->uidvalidity);
  return TRUE;
}

PlanRemote *
mailbox_sync_lookup_remote (MailboxSync *mailbox, guint32 uid)
{
  for (guint first = 0, last = mailbox->remote->len; first < last;)
    {
      guint middle = first + (last - first) / 2;
      PlanRemote *remote = &g_array_index (mailbox->remote, PlanRemote, middle);

      if (remote->uid == uid)
        return remote;
      if (remote->uid < uid)
        first = middle + 1;
      else
        last = middle;
    }
  return NULL;
}

const PlanRemote *
mailbox_sync_find_remote (MailboxSync *mailbox, guint32 uid)
{
  const PlanRemote *remote = mailbox_sync_lookup_remote (mailbox, uid);

  g_assert (remote != NULL);
  return remote;
}

const PlanLocal *
mailbox_sync_find_local (MailboxSync *mailbox, const char *base)
{
  for (guint first = 0, last = mailbox->local->len; first < last;)
    {
      guint middle = first + (last - first) / 2;
      const PlanLocal *local = &g_array_index (mailbox->local, PlanLocal, middle);
      int order = strcmp (local->base, base);

      if (order == 0)
        return local;
      if (order < 0)
        first = middle + 1;
      else
        last = middle;
    }
  g_assert_not_reached ();
}

/* Each keyword once a run. */
static void
say_left_out (MailboxSync *mailbox, const char *names)
{
  MessageKeywordPool *pool = mailbox->account->pool;
  const MessageFlags said = { 0, message_keyword_pool_intern (pool, mailbox->left_out) };
  const MessageFlags now = { 0, message_keyword_pool_intern (pool, names) };

  if (message_flags_is_empty (message_flags_minus (pool, now, said)))
    return;
  mailbox->left_out = message_flags_union (pool, said, now).keywords;
  report (&mailbox->account->report, ENGINE_EVENT_WARNING, mailbox->row->name, "keywords",
          "all 26 letters are taken; these keywords stay on the server and in the journal: %s",
          message_flags_minus (pool, now, said).keywords);
}

gboolean
mailbox_sync_assign_letters (MailboxSync *mailbox, const char *keywords, GError **error)
{
  Report *to = &mailbox->account->report;
  g_autofree char *left_out = NULL;
  g_autoptr (GError) local_error = NULL;

  if (*keywords == '\0')
    return TRUE;
  if (maildir_keywords_assign (maildir_box_get_fd (mailbox->box), &mailbox->scan->keywords, keywords,
                               &left_out, &local_error))
    {
      if (left_out != NULL)
        say_left_out (mailbox, left_out);
      return TRUE;
    }
  if (g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_NO_SPACE))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  report_left (to, mailbox->row->name, "keywords",
               "%s; its keywords stay on the server and in the journal until this is mended",
               local_error->message);
  return TRUE;
}

gboolean
mailbox_sync_plans (const MailboxSync *mailbox, PlanKind kind)
{
  for (guint i = 0; mailbox->plan != NULL && i < mailbox->plan->len; i++)
    if (g_array_index (mailbox->plan, PlanOperation, i).kind == kind)
      return TRUE;
  return FALSE;
}

gboolean
mailbox_sync_is_closed (MailboxSync *mailbox, const PlanOperation *operation)
{
  g_autofree char *key = plan_operation_key (operation);

  return g_hash_table_contains (mailbox->closed, key);
}

char *
plan_operation_key (const PlanOperation *operation)
{
  switch (operation->kind)
    {
    case PLAN_DOWNLOAD:
      return g_strdup_printf ("download %u", operation->uid);
    case PLAN_UPLOAD:
    case PLAN_REPLACE:
      return g_strdup_printf ("upload %s", operation->base);
    case PLAN_PAIR:
      return g_strdup_printf ("pair %u", operation->uid);
    case PLAN_REMOTE_FLAGS:
      return g_strdup_printf ("flags %u", operation->uid);
    case PLAN_DELETE_REMOTE:
    case PLAN_EXPUNGE_MARKED:
      return g_strdup_printf ("delete %u", operation->uid);
    case PLAN_LOCAL_FLAGS:
      return g_strdup_printf ("local flags %" G_GINT64_FORMAT, operation->row);
    case PLAN_REMOVE_LOCAL:
      return g_strdup_printf ("remove %" G_GINT64_FORMAT, operation->row);
    case PLAN_RELINK:
    case PLAN_BASE_FLAGS:
    case PLAN_FORGET:
      return g_strdup_printf ("base %" G_GINT64_FORMAT, operation->row);
    case PLAN_MOVE:
      return g_strdup_printf ("move %u", operation->uid);
    case PLAN_REMOVE_SECOND:
      return g_strdup_printf ("double %s", operation->base);
    case PLAN_FOLLOW:
      return g_strdup_printf ("follow %" G_GINT64_FORMAT, operation->row);
    case PLAN_COPY:
      return g_strdup_printf ("copy %s", operation->base);
    case PLAN_CLONE:
      return g_strdup_printf ("clone %u", operation->uid);
    }
  g_assert_not_reached ();
}
