#include "trade-names.h"

#include "mailbox-names.h"
#include "mailboxes-private.h"
#include "renamed-here.h"
#include "trade-places.h"
#include "../message/text-safe.h"

/* (transfer full): one that neither a row nor the server has. */
static char *
name_for_displaced (AccountSync *account, const GPtrArray *fresh, const char *name)
{
  g_autofree char *deleted = g_strdup_printf ("%s (deleted)", name);
  gboolean is_free = account_sync_find_mailbox (account, deleted) == NULL;

  for (guint i = 0; i < fresh->len; i++)
    is_free = is_free && !g_str_equal (((ListedMailbox *)g_ptr_array_index (fresh, i))->name, deleted);
  return is_free ? g_steal_pointer (&deleted) : name_for_displaced (account, fresh, deleted);
}

static gboolean
put_name (NameTrade *trade, const char *name, const char *wire_name, GError **error)
{
  AccountSync *account = trade->mailbox->account;
  JournalMailbox *row = trade->mailbox->row;

  g_free (row->name);
  row->name = g_strdup (name);
  g_free (row->wire_name);
  row->wire_name = g_strdup (wire_name);
  return journal_put_mailbox (account->journal, row, error);
}

/* No two rows may have one name, not even for a moment. */
static gboolean
put_no_name (NameTrade *trade, GError **error)
{
  g_autofree char *none = account_sync_place_aside (trade->mailbox->account, trade->mailbox->row->id);

  return put_name (trade, none, NULL, error);
}

static void
tell (const NameTrade *trade, const char *old_name)
{
  AccountSync *account = trade->mailbox->account;
  const char *name = trade->mailbox->row->name;
  g_autofree char *old = text_make_safe (old_name);
  g_autofree char *new = text_make_safe (name);

  if (account->dry_run)
    report_plan (&account->report, old_name, "the mailbox would be renamed to “%s” here: %s", new,
                 trade->target != NULL ? "it was renamed on the server"
                                       : "on the server it is gone, and another has its name");
  else
    report (&account->report, ENGINE_EVENT_INFO, name, "renamed", "renamed here, from “%s”", old);
}

/* A renaming here to the same name has put the directory in its place already. */
static gboolean
put_new_name (NameTrade *trade, const GPtrArray *fresh, GError **error)
{
  AccountSync *account = trade->mailbox->account;
  JournalMailbox *row = trade->mailbox->row;
  g_autofree char *name = trade->target != NULL ? g_strdup (trade->target->name)
                                                : name_for_displaced (account, fresh, trade->old_name);
  g_autofree char *wire = trade->target != NULL ? g_strdup (trade->target->item->raw)
                                                : mailbox_name_to_wire (account->session, name);

  if (!mailbox_sync_lies_right (trade->mailbox, name))
    row->bound_for = g_strdup ("");
  if (!put_name (trade, name, wire, error))
    return FALSE;
  trade->mailbox->on_server = trade->target != NULL;
  trade->mailbox->is_other = FALSE;
  account->tally.mailboxes++;
  tell (trade, trade->old_name);
  return TRUE;
}

static gboolean
is_traded (const GArray *trades, const MailboxSync *mailbox)
{
  for (guint i = 0; i < trades->len; i++)
    if (g_array_index (trades, NameTrade, i).mailbox == mailbox)
      return TRUE;
  return FALSE;
}

static gboolean
is_taken_along (const GArray *trades, const MailboxSync *mailbox)
{
  for (guint i = 0; i < trades->len; i++)
    {
      const JournalMailbox *above = g_array_index (trades, NameTrade, i).mailbox->row;
      g_autofree char *below = g_strconcat (above->directory, "/", NULL);

      if (above->bound_for != NULL && g_str_has_prefix (mailbox->row->directory, below))
        return TRUE;
    }
  return FALSE;
}

/* What lies below a directory that moves and kept its name comes back to where it was. */
static gboolean
bind_those_below (AccountSync *account, const GArray *trades, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (is_traded (trades, mailbox) || !is_taken_along (trades, mailbox) ||
          !mailbox_sync_lies_right (mailbox, mailbox->row->name))
        continue;
      mailbox->row->bound_for = g_strdup ("");
      if (!journal_put_mailbox (account->journal, mailbox->row, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
put_names (GArray *trades, const GPtrArray *fresh, GError **error)
{
  for (guint i = 0; i < trades->len; i++)
    if (!put_no_name (&g_array_index (trades, NameTrade, i), error))
      return FALSE;
  for (guint i = 0; i < trades->len; i++)
    if (!put_new_name (&g_array_index (trades, NameTrade, i), fresh, error))
      return FALSE;
  return TRUE;
}

static gboolean
reopen_boxes (AccountSync *account, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (mailbox->box == NULL)
        continue;
      g_clear_pointer (&mailbox->box, maildir_box_free);
      if (!mailbox_sync_open_box (mailbox, FALSE, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
account_sync_trade_names (AccountSync *account, GArray *trades, const GPtrArray *fresh, GError **error)
{
  return journal_begin (account->journal, error) &&
         journal_end (account->journal,
                      put_names (trades, fresh, error) && bind_those_below (account, trades, error), error) &&
         account_sync_trade_places (account, error) && (account->dry_run || reopen_boxes (account, error));
}
