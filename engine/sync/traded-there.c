#include "traded-there.h"

#include "mailbox-names.h"
#include "mailboxes-private.h"
#include "renamed-here.h"
#include "renamed-there.h"
#include "trade-places.h"
#include "../message/text-safe.h"

#include <string.h>

/* A mailbox of ours, and where it is. */
typedef struct
{
  MailboxSync *mailbox;
  const ImapMailboxStatus *status; /* (nullable) of what is listed under its name */
  ListedMailbox *own;              /* (nullable) what is listed under its name */
  ListedMailbox *target;           /* (nullable) what it proved to be */
  char *old_name;                  /* (nullable) */
  gboolean is_sought;              /* maybe not what is listed under its name */
  gboolean is_asked, is_itself;    /* the server was asked; it is */
  gboolean is_settled;
} Known;

typedef struct
{
  AccountSync *account;
  const GPtrArray *statuses;
  GPtrArray *knowns; /* of Known */
  GPtrArray *listed; /* of ListedMailbox: what the knowns have by name */
  GPtrArray *fresh;
} Search;

static void
known_free (gpointer data)
{
  Known *known = data;

  g_free (known->old_name);
  g_free (known);
}

static const ImapListItem *
find_item (const GPtrArray *items, const char *wire_name)
{
  for (guint i = 0; i < items->len; i++)
    if (g_strcmp0 (((ImapListItem *)g_ptr_array_index (items, i))->raw, wire_name) == 0)
      return g_ptr_array_index (items, i);
  return NULL;
}

static const ImapMailboxStatus *
find_status (const GPtrArray *statuses, const char *wire_name)
{
  for (guint i = 0; statuses != NULL && i < statuses->len; i++)
    if (g_strcmp0 (((ImapMailboxStatus *)g_ptr_array_index (statuses, i))->raw, wire_name) == 0)
      return g_ptr_array_index (statuses, i);
  return NULL;
}

/* Nobody else ever has INBOX's name: renaming it moves its messages and leaves it where it is (RFC 9051
 * section 6.3.6). */
static gboolean
may_trade (const MailboxSync *mailbox)
{
  return mailbox->row->uidvalidity != 0 && mailbox->row->wire_name != NULL && !mailbox->skipped &&
         !g_str_equal (mailbox->row->name, "INBOX");
}

static gboolean
is_missing (const MailboxSync *mailbox)
{
  return may_trade (mailbox) && !mailbox->on_server;
}

/* What only ever grows is lower, or UIDVALIDITY is another's. */
static gboolean
looks_foreign (const JournalMailbox *row, const ImapMailboxStatus *status)
{
  return (status->uidvalidity != 0 && status->uidvalidity != row->uidvalidity) ||
         (status->uidnext != 0 && status->uidnext < row->uidnext) ||
         (status->highestmodseq != 0 && status->highestmodseq < row->highestmodseq);
}

static void
add_known (Search *search, MailboxSync *mailbox, const GPtrArray *items)
{
  const ImapListItem *item = mailbox->on_server ? find_item (items, mailbox->row->wire_name) : NULL;
  Known *known = g_new0 (Known, 1);

  known->mailbox = mailbox;
  if (item != NULL)
    {
      known->own = g_new0 (ListedMailbox, 1);
      known->own->item = item;
      known->own->name = g_strdup (mailbox->row->name);
      known->status = find_status (search->statuses, item->raw);
      g_ptr_array_add (search->listed, known->own);
    }
  known->is_sought = is_missing (mailbox) || mailbox->is_other ||
                     (known->status != NULL && looks_foreign (mailbox->row, known->status));
  g_ptr_array_add (search->knowns, known);
}

static Known *
known_at (const Search *search, guint index)
{
  return g_ptr_array_index (search->knowns, index);
}

static gboolean
seeks_any (const Search *search)
{
  for (guint i = 0; i < search->knowns->len; i++)
    if (known_at (search, i)->is_sought)
      return TRUE;
  return FALSE;
}

/* Under its own name, as far as anybody can tell. Not asked where another UIDVALIDITY says no. */
static gboolean
is_itself (Known *known, gboolean *itself, GError **error)
{
  const JournalMailbox *row = known->mailbox->row;

  *itself = known->is_itself;
  if (known->is_asked || known->own == NULL ||
      (row->mailbox_id == NULL && known->status != NULL && known->status->uidvalidity != row->uidvalidity))
    return TRUE;
  known->is_asked = TRUE;
  if (!mailbox_sync_is_listed_as (known->mailbox, known->own, itself, error))
    return FALSE;
  known->is_itself = *itself;
  return TRUE;
}

static gboolean
is_same (Known *known, Known *other, gboolean *same, GError **error)
{
  gboolean itself;

  *same = FALSE;
  if (other == known || other->own == NULL || other->own->taken ||
      (other->status != NULL && other->status->uidvalidity != known->mailbox->row->uidvalidity))
    return TRUE;
  return is_itself (other, &itself, error) &&
         (itself || mailbox_sync_is_listed_as (known->mailbox, other->own, same, error));
}

/* Those listed under other rows' names; without a look where STATUS speaks against it. */
static gboolean
find_among_known (Search *search, Known *known, GError **error)
{
  for (guint i = 0; i < search->knowns->len; i++)
    {
      Known *other = known_at (search, i);
      gboolean same;

      if (!is_same (known, other, &same, error))
        return FALSE;
      if (!same)
        continue;
      known->target = other->own;
      other->own->taken = TRUE;
      other->is_sought = TRUE;
      return TRUE;
    }
  return TRUE;
}

static gboolean
find_among_fresh (Search *search, Known *known, GError **error)
{
  for (guint i = 0; i < search->fresh->len; i++)
    {
      ListedMailbox *listed = g_ptr_array_index (search->fresh, i);
      gboolean same;

      if (!mailbox_sync_is_listed_as (known->mailbox, listed, &same, error))
        return FALSE;
      if (!same)
        continue;
      known->target = listed;
      listed->taken = TRUE;
      return TRUE;
    }
  return TRUE;
}

/* Whoever has another's name makes that one to be sought, too. *found: there is such a one. */
static gboolean
search_known (Search *search, gboolean *found, GError **error)
{
  gboolean again = TRUE;

  *found = FALSE;
  while (again)
    {
      again = FALSE;
      for (guint i = 0; i < search->knowns->len; i++)
        {
          Known *known = known_at (search, i);
          gboolean itself;

          if (!known->is_sought || known->target != NULL || known->is_settled)
            continue;
          if (!is_itself (known, &itself, error) || (!itself && !find_among_known (search, known, error)))
            return FALSE;
          known->is_settled = TRUE;
          again = again || known->target != NULL;
          *found = *found || known->target != NULL;
        }
    }
  return TRUE;
}

/* Whose name another has, and which is nowhere itself. */
static gboolean
is_displaced (const Known *known)
{
  return known->target == NULL && known->own != NULL && known->own->taken;
}

/* *found: a new mailbox has the name of one that was renamed. */
static gboolean
seek_elsewhere (Search *search, gboolean *found, GError **error)
{
  for (guint i = 0; i < search->knowns->len; i++)
    {
      Known *known = known_at (search, i);

      if (!known->is_sought || known->target != NULL || known->is_itself)
        continue;
      if (!find_among_fresh (search, known, error))
        return FALSE;
      *found = *found || (known->target != NULL && known->own != NULL);
    }
  return TRUE;
}

/* What has one of our names and is none of ours is new. */
static void
add_left_names (Search *search)
{
  for (guint i = 0; i < search->knowns->len; i++)
    {
      const Known *known = known_at (search, i);
      ListedMailbox *listed;

      if (known->target == NULL || known->own == NULL || known->own->taken)
        continue;
      listed = g_new0 (ListedMailbox, 1);
      listed->name = g_strdup (known->own->name);
      listed->item = known->own->item;
      g_ptr_array_add (search->fresh, listed);
    }
}

/* (transfer full): one that neither a row nor the server has. */
static char *
name_for_displaced (const Search *search, const char *name)
{
  g_autofree char *deleted = g_strdup_printf ("%s (deleted)", name);
  gboolean is_free = account_sync_find_mailbox (search->account, deleted) == NULL;

  for (guint i = 0; i < search->fresh->len; i++)
    is_free =
        is_free && !g_str_equal (((ListedMailbox *)g_ptr_array_index (search->fresh, i))->name, deleted);
  return is_free ? g_steal_pointer (&deleted) : name_for_displaced (search, deleted);
}

static gboolean
put_name (Known *known, const char *name, const char *wire_name, GError **error)
{
  AccountSync *account = known->mailbox->account;
  JournalMailbox *row = known->mailbox->row;

  g_free (row->name);
  row->name = g_strdup (name);
  g_free (row->wire_name);
  row->wire_name = g_strdup (wire_name);
  return journal_put_mailbox (account->journal, row, error);
}

/* No two rows may have one name, not even for a moment. */
static gboolean
put_no_name (Known *known, GError **error)
{
  g_autofree char *none = account_sync_place_aside (known->mailbox->account, known->mailbox->row->id);

  return put_name (known, none, NULL, error);
}

static void
tell (const Known *known, const char *old_name)
{
  AccountSync *account = known->mailbox->account;
  const char *name = known->mailbox->row->name;
  g_autofree char *old = text_make_safe (old_name);
  g_autofree char *new = text_make_safe (name);

  if (account->dry_run)
    report (&account->report, ENGINE_EVENT_RESULT, old_name, "plan",
            "the mailbox would be renamed to “%s” here: %s", new,
            known->target != NULL ? "it was renamed on the server"
                                  : "on the server it is gone, and another has its name");
  else
    report (&account->report, ENGINE_EVENT_INFO, name, "renamed", "renamed here, from “%s”", old);
}

static gboolean
is_changed (const Known *known)
{
  return known->target != NULL || is_displaced (known);
}

/* A renaming here to the same name has put the directory in its place already. */
static gboolean
put_new_name (Search *search, Known *known, GError **error)
{
  AccountSync *account = search->account;
  JournalMailbox *row = known->mailbox->row;
  g_autofree char *old = g_strdup (known->old_name);
  g_autofree char *name =
      known->target != NULL ? g_strdup (known->target->name) : name_for_displaced (search, old);
  g_autofree char *wire = known->target != NULL ? g_strdup (known->target->item->raw)
                                                : mailbox_name_to_wire (account->session, name);

  if (!mailbox_sync_lies_right (known->mailbox, name))
    row->bound_for = g_strdup ("");
  if (!put_name (known, name, wire, error))
    return FALSE;
  known->mailbox->on_server = known->target != NULL;
  known->mailbox->is_other = FALSE;
  account->tally.mailboxes++;
  tell (known, old);
  return TRUE;
}

static gboolean
put_names (Search *search, GError **error)
{
  for (guint i = 0; i < search->knowns->len; i++)
    {
      Known *known = known_at (search, i);

      if (!is_changed (known))
        continue;
      known->old_name = g_strdup (known->mailbox->row->name);
      if (!put_no_name (known, error))
        return FALSE;
    }
  for (guint i = 0; i < search->knowns->len; i++)
    if (is_changed (known_at (search, i)) && !put_new_name (search, known_at (search, i), error))
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

static gboolean
follow (Search *search, GError **error)
{
  AccountSync *account = search->account;

  return journal_begin (account->journal, error) &&
         journal_end (account->journal, put_names (search, error), error) &&
         account_sync_trade_places (account, error) && (account->dry_run || reopen_boxes (account, error));
}

/* Renamed to a name that was free: renamed-there.c follows it. */
static void
let_go (Search *search)
{
  for (guint i = 0; i < search->fresh->len; i++)
    ((ListedMailbox *)g_ptr_array_index (search->fresh, i))->taken = FALSE;
}

static gboolean
run_search (Search *search, GError **error)
{
  gboolean found;

  if (!search_known (search, &found, error) || !seek_elsewhere (search, &found, error))
    return FALSE;
  if (!found)
    {
      let_go (search);
      return TRUE;
    }
  add_left_names (search);
  return follow (search, error);
}

static gboolean
is_any_missing (AccountSync *account)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    if (is_missing (g_ptr_array_index (account->mailboxes, i)))
      return TRUE;
  return FALSE;
}

/* *asked (transfer full) (nullable): where nobody asked yet and a mailbox is missing, what STATUS says. */
static gboolean
ask_statuses (AccountSync *account, const GPtrArray *statuses, GPtrArray **asked, GError **error)
{
  g_autoptr (GPtrArray) items = NULL;

  *asked = NULL;
  if (statuses != NULL || !is_any_missing (account))
    return TRUE;
  items = imap_session_list_with_status (account->session, asked, error);
  return items != NULL;
}

gboolean
account_sync_follow_trades (AccountSync *account, const GPtrArray *items, const GPtrArray *statuses,
                            GPtrArray *fresh, GError **error)
{
  g_autoptr (GPtrArray) asked = NULL;
  g_autoptr (GPtrArray) knowns = g_ptr_array_new_with_free_func (known_free);
  g_autoptr (GPtrArray) listed = g_ptr_array_new_with_free_func ((GDestroyNotify)listed_mailbox_free);
  Search search = { account, statuses, knowns, listed, fresh };

  if (!ask_statuses (account, statuses, &asked, error))
    return FALSE;
  if (asked != NULL)
    search.statuses = asked;
  for (guint i = 0; i < account->mailboxes->len; i++)
    if (may_trade (g_ptr_array_index (account->mailboxes, i)))
      add_known (&search, g_ptr_array_index (account->mailboxes, i), items);
  return !seeks_any (&search) || run_search (&search, error);
}
