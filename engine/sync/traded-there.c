#include "traded-there.h"

#include "mailbox-names.h"
#include "mailboxes-private.h"
#include "renamed-here.h"
#include "trade-names.h"

#include <string.h>

/* A mailbox of ours, and where it is. */
typedef struct
{
  MailboxSync *mailbox;
  const ImapMailboxStatus *status; /* (nullable) of what is listed under its name */
  ListedMailbox *own;              /* (nullable) what is listed under its name */
  ListedMailbox *target;           /* (nullable) what it proved to be */
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

/* Before a renaming here goes to the server: it may have been done there as well. */
static gboolean
is_renamed_here (MailboxSync *mailbox)
{
  g_autofree char *wanted = mailbox_sync_wanted_name (mailbox);

  return wanted != NULL && mailbox->row->mailbox_id != NULL;
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
  known->is_sought = is_missing (mailbox) || mailbox->is_other || is_renamed_here (mailbox) ||
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
  if (!is_itself (other, &itself, error))
    return FALSE;
  other->is_sought |= !itself;
  return itself || mailbox_sync_is_listed_as (known->mailbox, other->own, same, error);
}

static void
claim (Known *known, Known *other)
{
  known->target = other->own;
  other->own->taken = TRUE;
  other->is_sought = TRUE;
}

/* (nullable): what RENAME of the one above made of it (RFC 9051 section 6.3.6). */
static Known *
find_expected (const Search *search, const Known *known)
{
  const char *name = known->mailbox->row->name;

  for (guint i = 0; i < search->knowns->len; i++)
    {
      const Known *above = known_at (search, i);
      g_autofree char *below = g_strconcat (above->mailbox->row->name, "/", NULL);
      g_autofree char *expected = NULL;

      if (above->target == NULL || !g_str_has_prefix (name, below))
        continue;
      expected = g_strconcat (above->target->name, name + strlen (below) - 1, NULL);
      for (guint j = 0; j < search->knowns->len; j++)
        if (known_at (search, j)->own != NULL && g_str_equal (known_at (search, j)->own->name, expected))
          return known_at (search, j);
    }
  return NULL;
}

/* Sizes alone may not tell it from the one that has its name now: what is above decides. */
static gboolean
follow_above (Search *search, Known *known, GError **error)
{
  Known *expected = find_expected (search, known);
  gboolean same;

  if (expected == NULL || expected == known)
    return TRUE;
  known->is_sought = TRUE;
  if (!mailbox_sync_is_listed_as (known->mailbox, expected->own, &same, error))
    return FALSE;
  if (same)
    claim (known, expected);
  return TRUE;
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
      claim (known, other);
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

static gboolean
seek (Search *search, Known *known, GError **error)
{
  gboolean itself;

  if (known->target != NULL)
    return TRUE;
  if (!follow_above (search, known, error))
    return FALSE;
  if (known->target != NULL || !known->is_sought || known->is_settled)
    return TRUE;
  known->is_settled = TRUE;
  return is_itself (known, &itself, error) && (itself || find_among_known (search, known, error));
}

static guint
count_found (const Search *search)
{
  guint count = 0;

  for (guint i = 0; i < search->knowns->len; i++)
    count += known_at (search, i)->target != NULL;
  return count;
}

/* Whoever has another's name makes that one to be sought, too. *found: there is such a one. */
static gboolean
search_known (Search *search, gboolean *found, GError **error)
{
  guint before;

  do
    {
      before = count_found (search);
      for (guint i = 0; i < search->knowns->len; i++)
        if (!seek (search, known_at (search, i), error))
          return FALSE;
    }
  while (count_found (search) > before);
  *found = before > 0;
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

static void
clear_trade (gpointer data)
{
  g_free (((NameTrade *)data)->old_name);
}

static void
add_trades (const Search *search, GArray *trades)
{
  for (guint i = 0; i < search->knowns->len; i++)
    {
      const Known *known = known_at (search, i);
      NameTrade trade = { .mailbox = known->mailbox, .target = known->target };

      if (known->target == NULL && !is_displaced (known))
        continue;
      trade.old_name = g_strdup (known->mailbox->row->name);
      g_array_append_val (trades, trade);
    }
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
  g_autoptr (GArray) trades = g_array_new (FALSE, FALSE, sizeof (NameTrade));
  gboolean found;

  g_array_set_clear_func (trades, clear_trade);
  if (!search_known (search, &found, error) || !seek_elsewhere (search, &found, error))
    return FALSE;
  if (!found)
    {
      let_go (search);
      return TRUE;
    }
  add_left_names (search);
  add_trades (search, trades);
  return account_sync_trade_names (search->account, trades, search->fresh, error);
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
  g_autoptr (GPtrArray) knowns = g_ptr_array_new_with_free_func (g_free);
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
