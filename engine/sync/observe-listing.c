#include "observe-listing.h"

#include "filling.h"
#include "flag-search.h"
#include "known.h"
#include "observe-remote.h"
#include "settled-there.h"

#define MAX_LOOKS 3
#define WINDOW_MESSAGES 10000 /* of the base */

/* A base that has to be paired afresh is not loaded yet: its UIDs mean nothing. */
static gboolean
is_to_be_paired (const MailboxSync *mailbox)
{
  return mailbox->refresh != JOURNAL_REFRESH_NONE || mailbox->row->refresh != JOURNAL_REFRESH_NONE;
}

/* FALSE: every row of the base counts. */
static gboolean
is_merged (const MailboxSync *mailbox)
{
  return mailbox->box != NULL && !mailbox->gone_here && !is_to_be_paired (mailbox);
}

typedef struct
{
  GArray *ends; /* of guint32 */
  guint messages;
} Windows;

static gboolean
note_end (guint32 uid, guint64 print, gpointer user_data)
{
  Windows *windows = user_data;

  if (++windows->messages % WINDOW_MESSAGES == 0)
    g_array_append_val (windows->ends, uid);
  return TRUE;
}

/* (transfer full): of guint32, the UIDs at which a window ends; none for an empty base. */
static GArray *
find_windows (MailboxSync *mailbox, GError **error)
{
  g_autoptr (GArray) ends = g_array_new (FALSE, FALSE, sizeof (guint32));
  Windows windows = { .ends = ends };
  JournalBaseCount count = { 0 };
  guint32 last = 0;

  if (is_to_be_paired (mailbox))
    return g_steal_pointer (&ends);
  if (!journal_count_base (mailbox->account->journal, mailbox->row->id, &count, error) ||
      (count.messages > WINDOW_MESSAGES &&
       !journal_foreach_print (mailbox->account->journal, mailbox->row->id, note_end, &windows, error)))
    return NULL;
  if (ends->len > 0)
    last = g_array_index (ends, guint32, ends->len - 1);
  if (last < count.highest_uid)
    g_array_append_val (ends, count.highest_uid);
  return g_steal_pointer (&ends);
}

static guint32
first_of (const GArray *ends, guint window)
{
  return window == 0 ? 1 : g_array_index (ends, guint32, window - 1) + 1;
}

/* (transfer full): its UIDs */
static ImapUidSet *
window_set (const GArray *ends, guint window)
{
  ImapUidSet *set = imap_uid_set_new ();

  imap_uid_set_add_range (set, first_of (ends, window), g_array_index (ends, guint32, window));
  return set;
}

/* The first UID behind all windows; 0: there can be none. */
static guint32
first_new (const GArray *ends)
{
  return first_of (ends, ends->len);
}

static gboolean
count_known (MailboxSync *mailbox, GError **error)
{
  JournalBaseCount count;

  if (!journal_count_base (mailbox->account->journal, mailbox->row->id, &count, error))
    return FALSE;
  mailbox->n_known = count.messages;
  return TRUE;
}

gboolean
mailbox_sync_foretell_listing (MailboxSync *mailbox, gboolean *foretold, GError **error)
{
  ImapSession *session = mailbox->account->session;
  g_autofree char *items_of_new = account_sync_listing_of_new (mailbox->account);
  g_autoptr (GArray) ends = NULL;
  gboolean fills = FALSE;

  *foretold = FALSE;
  if (is_merged (mailbox) && !mailbox_sync_is_to_be_filled (mailbox, mailbox->told_there, &fills, error))
    return FALSE;
  if (fills)
    return TRUE;
  ends = find_windows (mailbox, error);
  if (ends == NULL || !count_known (mailbox, error))
    return FALSE;
  /* Which flags to search for, SELECT has to say first. */
  *foretold = !is_merged (mailbox) || ends->len == 0 || !flag_search_is_possible (mailbox, mailbox->n_known);
  for (guint i = 0; i < ends->len && *foretold; i++)
    {
      g_autoptr (ImapUidSet) set = window_set (ends, i);

      *foretold = imap_session_foretell_uid_fetch (session, set, LISTING_OF_KNOWN);
    }
  if (*foretold && first_new (ends) > 0)
    *foretold = imap_session_foretell_uid_fetch_from (session, first_new (ends), items_of_new);
  return TRUE;
}

static void
begin_look (MailboxSync *mailbox, char **refusal)
{
  g_clear_pointer (refusal, g_free);
  g_array_set_size (mailbox->remote, 0);
  imap_uid_set_clear (mailbox->there);
  imap_uid_set_clear (mailbox->gone);
}

/* What came so far, and has not been merged. */
static void
note_there (MailboxSync *mailbox)
{
  mailbox_sync_sort_remote (mailbox);
  for (guint i = 0; i < mailbox->remote->len; i++)
    imap_uid_set_add (mailbox->there, g_array_index (mailbox->remote, PlanRemote, i).uid);
}

static gboolean
settle_window (MailboxSync *mailbox, const GArray *ends, guint window, GError **error)
{
  note_there (mailbox);
  return !is_merged (mailbox) ||
         mailbox_sync_drop_settled (mailbox, first_of (ends, window), g_array_index (ends, guint32, window),
                                    TRUE, error);
}

typedef struct
{
  MailboxSync *mailbox;
  const GArray *ends;
  FlagSearch *search; /* (nullable) else flags are fetched */
  ImapBatch *batch;
  char **refusal;
  guint n_sent, n_taken; /* windows */
  gboolean new_asked;
  gboolean fits; /* what the searches found */
} Look;

static void
ask_for_window (Look *look)
{
  const guint window = look->n_sent++;
  g_autoptr (ImapUidSet) set = window_set (look->ends, window);

  if (look->search != NULL)
    flag_search_send (look->search, look->batch, imap_uid_set_range (set, 0)->first,
                      imap_uid_set_range (set, 0)->last);
  else
    imap_batch_uid_fetch (look->batch, set, LISTING_OF_KNOWN, mailbox_sync_note_refusal, look->refusal);
}

/* Flags of what is known; of what may be new also size and date. */
static void
ask_ahead (Look *look)
{
  g_autofree char *items = account_sync_listing_of_new (look->mailbox->account);

  while (look->n_sent < look->ends->len && look->n_sent - look->n_taken < FLAG_SEARCH_WINDOWS)
    ask_for_window (look);
  if (look->n_sent < look->ends->len || look->new_asked || first_new (look->ends) == 0)
    return;
  imap_batch_uid_fetch_from (look->batch, first_new (look->ends), items, mailbox_sync_note_refusal,
                             look->refusal);
  look->new_asked = TRUE;
}

static gboolean
take_window (Look *look, GError **error)
{
  const guint window = look->n_taken++;

  if (look->search != NULL
          ? !flag_search_take (look->search, look->batch, &look->fits, error)
          : !imap_batch_wait_at_most (look->batch, look->n_sent + look->new_asked - look->n_taken, error))
    return FALSE;
  return !look->fits || settle_window (look->mailbox, look->ends, window, error);
}

/* `search` (nullable): flags are asked for so. *refusal: also where what it found does not fit. */
static gboolean
look_at_all (MailboxSync *mailbox, const GArray *ends, FlagSearch *search, char **refusal, GError **error)
{
  g_autoptr (ImapBatch) batch = imap_batch_new (mailbox->account->session);
  Look look = {
    .mailbox = mailbox, .ends = ends, .search = search, .batch = batch, .refusal = refusal, .fits = TRUE
  };

  begin_look (mailbox, refusal);
  imap_batch_set_fetch_handler (batch, mailbox_sync_add_remote, mailbox);
  do
    {
      ask_ahead (&look);
      if (look.n_taken < ends->len && !take_window (&look, error))
        return FALSE;
    }
  while (look.n_taken < ends->len && look.fits);
  if (!imap_batch_wait (batch, error))
    return FALSE;
  note_there (mailbox);
  if (!look.fits && *refusal == NULL)
    *refusal = g_strdup ("its answers to UID SEARCH do not fit each other");
  return TRUE;
}

/* A server may tell of a message when its window is over. */
static void
drop_found (MailboxSync *mailbox)
{
  g_autoptr (ImapUidSet) gone = mailbox->gone;

  mailbox->gone = imap_uid_set_new ();
  for (guint i = 0; i < imap_uid_set_n_ranges (gone); i++)
    for (guint64 uid = imap_uid_set_range (gone, i)->first; uid <= imap_uid_set_range (gone, i)->last; uid++)
      if (!imap_uid_set_contains (mailbox->there, (guint32)uid))
        imap_uid_set_add (mailbox->gone, (guint32)uid);
}

/* What a look that is not complete does not name is taken to be as the base says. */
static gboolean
load_rows (MailboxSync *mailbox, guint32 highest, GError **error)
{
  guint n_new, n_gone;

  if (mailbox->remote_complete)
    drop_found (mailbox);
  else
    imap_uid_set_clear (mailbox->gone);
  mailbox->from_base = TRUE;
  return mailbox_sync_load_unsettled (mailbox, highest, &n_new, &n_gone, error);
}

static gboolean
look_once (MailboxSync *mailbox, const ImapSelected *selected, const GArray *ends, FlagSearch *search,
           char **refusal, GError **error)
{
  if (!look_at_all (mailbox, ends, search, refusal, error))
    return FALSE;
  mailbox->account->refuses_ids |= *refusal != NULL;
  mailbox->n_remote = (guint)imap_uid_set_count (mailbox->there);
  mailbox->remote_complete = *refusal == NULL && mailbox->n_remote == selected->exists;
  return TRUE;
}

/* What does not add up is looked at again, by fetching. */
static gboolean
look_until_complete (MailboxSync *mailbox, const ImapSelected *selected, const GArray *ends, char **refusal,
                     GError **error)
{
  g_autoptr (FlagSearch) search = NULL;

  if (is_merged (mailbox) && ends->len > 0 && !flag_search_new (mailbox, selected, &search, error))
    return FALSE;
  if (search != NULL && !look_once (mailbox, selected, ends, search, refusal, error))
    return FALSE;
  for (guint look = 0; look < MAX_LOOKS && !mailbox->remote_complete; look++)
    {
      if (look > 0 && !imap_session_noop (mailbox->account->session, error))
        return FALSE;
      if (!look_once (mailbox, selected, ends, NULL, refusal, error))
        return FALSE;
    }
  return TRUE;
}

/* What the portion does not name is taken to be as the base says. */
static gboolean
list_portion (MailboxSync *mailbox, const ImapUidSet *portion, char **refusal, GError **error)
{
  g_autoptr (ImapBatch) batch = imap_batch_new (mailbox->account->session);
  g_autofree char *items = account_sync_listing_of_new (mailbox->account);

  begin_look (mailbox, refusal);
  imap_batch_set_fetch_handler (batch, mailbox_sync_add_remote, mailbox);
  imap_batch_uid_fetch (batch, portion, items, mailbox_sync_note_refusal, refusal);
  if (!imap_batch_wait (batch, error))
    return FALSE;
  note_there (mailbox);
  mailbox->fills = TRUE;
  return count_known (mailbox, error) && load_rows (mailbox, mailbox->filled_from - 1, error);
}

gboolean
mailbox_sync_list_all (MailboxSync *mailbox, const ImapSelected *selected, char **refusal, GError **error)
{
  g_autoptr (ImapUidSet) portion = NULL;
  g_autoptr (GArray) ends = NULL;

  mailbox->listed = TRUE;
  if (is_merged (mailbox) && !mailbox_sync_find_portion (mailbox, &portion, refusal, error))
    return FALSE;
  if (portion != NULL)
    return list_portion (mailbox, portion, refusal, error);
  ends = find_windows (mailbox, error);
  if (ends == NULL || !look_until_complete (mailbox, selected, ends, refusal, error))
    return FALSE;
  if (is_merged (mailbox))
    return count_known (mailbox, error) && load_rows (mailbox, first_new (ends) - 1, error);
  return is_to_be_paired (mailbox) || mailbox_sync_load_base (mailbox, error);
}
