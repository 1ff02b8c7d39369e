#include "trade-places.h"

#include "mailboxes-private.h"

#include <string.h>

#define NESTED_ASIDE ".dovetail-moving-%" G_GINT64_FORMAT
#define MAILDIRPP_ASIDE "dovetail-moving-%" G_GINT64_FORMAT

typedef struct
{
  AccountSync *account;
  GPtrArray *rows; /* of JournalMailbox: all */
} Trade;

char *
account_sync_place_aside (const AccountSync *account, gint64 mailbox)
{
  switch (account->settings->layout)
    {
    case ACCOUNT_LAYOUT_NESTED:
      return g_strdup_printf (NESTED_ASIDE, mailbox);
    case ACCOUNT_LAYOUT_MAILDIRPP:
      return g_strdup_printf (MAILDIRPP_ASIDE, mailbox);
    }
  g_return_val_if_reached (NULL);
}

static gboolean
put_directory (Trade *trade, JournalMailbox *row, char *directory, GError **error)
{
  g_free (row->directory);
  row->directory = directory;
  return journal_put_mailbox (trade->account->journal, row, error);
}

/* What lies below goes along. */
static gboolean
put_below (Trade *trade, const char *from, const char *to, GError **error)
{
  g_autofree char *below = g_strconcat (from, "/", NULL);

  for (guint i = 0; i < trade->rows->len; i++)
    {
      JournalMailbox *row = account_sync_find_row (trade->account, g_ptr_array_index (trade->rows, i));

      if (g_str_has_prefix (row->directory, below) &&
          !put_directory (trade, row, g_strconcat (to, row->directory + strlen (from), NULL), error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
record (Trade *trade, JournalMailbox *row, const char *directory, GError **error)
{
  Journal *journal = trade->account->journal;
  g_autofree char *from = g_strdup (row->directory);

  return journal_begin (journal, error) &&
         journal_end (journal,
                      put_directory (trade, row, g_strdup (directory), error) &&
                          put_below (trade, from, directory, error),
                      error);
}

/* A dry run only tells in its own copy of the journal what would be where. */
static gboolean
is_there (const Trade *trade, const char *directory)
{
  return !trade->account->dry_run && maildir_has_directory (trade->account->maildir, directory);
}

/* A directory that is not there was moved already, or removed by somebody: the row goes on alone. */
static gboolean
move (Trade *trade, JournalMailbox *row, const char *to, GError **error)
{
  return !is_there (trade, row->directory) ||
         maildir_rename_mailbox (trade->account->maildir, row->directory, to, row->name, error);
}

static gboolean
step_aside (Trade *trade, JournalMailbox *row, GError **error)
{
  g_autofree char *aside = account_sync_place_aside (trade->account, row->id);

  if (g_str_equal (row->directory, aside))
    return TRUE;
  return (is_there (trade, aside) || move (trade, row, aside, error)) && record (trade, row, aside, error);
}

/* By the name, or where something of other programs stands in the way, the hashed one. */
static gboolean
choose_place (Trade *trade, JournalMailbox *row, GError **error)
{
  AccountSync *account = trade->account;
  MailboxSync *mailbox = account_sync_find_mailbox (account, row->name);
  g_autofree char *directory = account_sync_choose_directory (account, mailbox, row->name, error);

  if (directory != NULL && is_there (trade, directory))
    {
      g_free (directory);
      directory = maildir_directory_hashed (account->settings->layout, row->name, error);
    }
  if (directory == NULL)
    return FALSE;
  g_free (row->bound_for);
  row->bound_for = g_steal_pointer (&directory);
  return account_sync_put_row (account, row, error);
}

/* Not chosen yet, or taken by something else since a run was killed. */
static gboolean
needs_place (const Trade *trade, const JournalMailbox *row)
{
  return *row->bound_for == '\0' || (is_there (trade, row->directory) && is_there (trade, row->bound_for));
}

static gboolean
take_place (Trade *trade, JournalMailbox *row, GError **error)
{
  g_autofree char *place = NULL;

  if (needs_place (trade, row) && !choose_place (trade, row, error))
    return FALSE;
  if (!move (trade, row, row->bound_for, error))
    return FALSE;
  place = g_steal_pointer (&row->bound_for);
  return record (trade, row, place, error);
}

static int
compare_rows (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(JournalMailbox *const *)a)->name, (*(JournalMailbox *const *)b)->name);
}

typedef gboolean (*Step) (Trade *trade, JournalMailbox *row, GError **error);

static gboolean
for_all (Trade *trade, GPtrArray *bound, Step step, GError **error)
{
  for (guint i = 0; i < bound->len; i++)
    if (!step (trade, g_ptr_array_index (bound, i), error))
      return FALSE;
  return TRUE;
}

/* Parents first: what lies below is made where they are. */
gboolean
account_sync_trade_places (AccountSync *account, GError **error)
{
  g_autoptr (GPtrArray) rows = journal_list_mailboxes (account->journal, error);
  g_autoptr (GPtrArray) bound = g_ptr_array_new ();
  Trade trade = { account, rows };

  if (rows == NULL)
    return FALSE;
  for (guint i = 0; i < rows->len; i++)
    {
      JournalMailbox *row = account_sync_find_row (account, g_ptr_array_index (rows, i));

      if (row->bound_for != NULL)
        g_ptr_array_add (bound, row);
    }
  if (bound->len == 0)
    return TRUE;
  g_ptr_array_sort (bound, compare_rows);
  return (account->dry_run || account_sync_raise_generation (account, error)) &&
         for_all (&trade, bound, step_aside, error) && for_all (&trade, bound, take_place, error);
}
