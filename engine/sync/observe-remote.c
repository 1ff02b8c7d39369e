#include "observe-remote.h"

#include "../journal/journal-prints.h"
#include "filling.h"
#include "foretell-looks.h"
#include "job-journal.h"
#include "known.h"
#include "observe-changes.h"
#include "observe-listing.h"
#include "quiet.h"
#include "recover.h"
#include "refresh.h"
#include "uploads-in-doubt.h"

#include <string.h>

#define LARGE_MAILBOX 1000 /* messages: from here on, a window of the server is thought of */

/* A listing names each message once, or twice when a flag changes meanwhile; what earlier rounds saw may
 * stand before it. What goes far beyond is dropped: it can't be complete any more, and must not fill the
 * memory. */
static guint64
listing_limit (MailboxSync *mailbox)
{
  return 10000 + mailbox->changes->len +
         3 * (guint64)imap_session_get_selected (mailbox->account->session)->exists;
}

const char *
account_sync_email_id_item (const AccountSync *account)
{
  if (!account->refuses_ids && imap_session_has (account->session, IMAP_CAPABILITY_OBJECTID))
    return " EMAILID";
  if (!account->refuses_ids && imap_session_has (account->session, IMAP_CAPABILITY_X_GM_EXT_1))
    return " X-GM-MSGID";
  return "";
}

char *
account_sync_listing_of_new (const AccountSync *account)
{
  return g_strdup_printf ("(UID FLAGS RFC822.SIZE INTERNALDATE%s)", account_sync_email_id_item (account));
}

void
mailbox_sync_add_remote (const ImapFetch *fetch, gpointer user_data)
{
  MailboxSync *mailbox = user_data;
  PlanRemote remote = {
    .uid = fetch->uid, .size = fetch->size, .remote_size = fetch->size, .internal_date = fetch->internal_date
  };

  if ((fetch->present & IMAP_FETCH_FLAGS) == 0 || (fetch->present & IMAP_FETCH_UID) == 0)
    return;
  if (mailbox->remote->len > listing_limit (mailbox))
    return;
  remote.flags = message_flags_from_imap (mailbox->account->pool, (const char *const *)fetch->flags);
  if (fetch->email_id != NULL)
    remote.email_id = g_string_chunk_insert (mailbox->email_ids, fetch->email_id);
  g_array_append_val (mailbox->remote, remote);
}

static int
compare_remote (gconstpointer a, gconstpointer b)
{
  const PlanRemote *left = a, *right = b;

  return left->uid < right->uid ? -1 : left->uid > right->uid;
}

/* g_array_sort is stable; a size never gets lost. */
void
mailbox_sync_sort_remote (MailboxSync *mailbox)
{
  GArray *remote = mailbox->remote;
  guint kept = 0;

  g_array_sort (remote, compare_remote);
  for (guint i = 0; i < remote->len; i++)
    {
      PlanRemote *item = &g_array_index (remote, PlanRemote, i);
      PlanRemote *last = kept > 0 ? &g_array_index (remote, PlanRemote, kept - 1) : NULL;

      if (last != NULL && last->uid == item->uid)
        {
          item->size = MAX (item->size, last->size);
          item->remote_size = MAX (item->remote_size, last->remote_size);
          item->internal_date = item->internal_date != 0 ? item->internal_date : last->internal_date;
          item->email_id = item->email_id != NULL ? item->email_id : last->email_id;
          *last = *item;
        }
      else
        g_array_index (remote, PlanRemote, kept++) = *item;
    }
  g_array_set_size (remote, kept);
}

void
mailbox_sync_note_refusal (const ImapResult *result, gpointer user_data)
{
  char **refusal = user_data;

  if (result->status != IMAP_STATUS_OK && *refusal == NULL)
    *refusal = g_strdup (*result->text != '\0' ? result->text : "it gave no reason");
}

/* New messages below the highest known UID (an earlier download failed): size and date are still missing. */
static gboolean
fetch_missing_facts (MailboxSync *mailbox, GError **error)
{
  g_autofree char *items = account_sync_listing_of_new (mailbox->account);
  g_autoptr (ImapBatch) batch = NULL;
  g_autoptr (ImapUidSet) missing = imap_uid_set_new ();

  g_autoptr (GHashTable) known = g_hash_table_new (NULL, NULL);
  for (guint i = 0; i < mailbox->base->len; i++)
    g_hash_table_add (known, GUINT_TO_POINTER (g_array_index (mailbox->base, PlanBase, i).uid));
  for (guint i = 0; i < mailbox->remote->len; i++)
    {
      const PlanRemote *remote = &g_array_index (mailbox->remote, PlanRemote, i);

      if (remote->internal_date == 0 && !g_hash_table_contains (known, GUINT_TO_POINTER (remote->uid)))
        imap_uid_set_add (missing, remote->uid);
    }
  if (imap_uid_set_is_empty (missing))
    return TRUE;
  batch = imap_batch_new (mailbox->account->session);
  imap_batch_set_fetch_handler (batch, mailbox_sync_add_remote, mailbox);
  imap_batch_uid_fetch (batch, missing, items, NULL, NULL);
  if (!imap_batch_wait (batch, error))
    return FALSE;
  mailbox_sync_sort_remote (mailbox);
  return TRUE;
}

static char *
exists_fact (const MailboxSync *mailbox)
{
  return g_strdup_printf ("exists %" G_GINT64_FORMAT, mailbox->row->id);
}

/* How many messages a large mailbox had when it was last listed. The base says it only until messages that a
 * window hides are in it beside the new ones. */
static guint64
known_exists (MailboxSync *mailbox)
{
  g_autofree char *key = exists_fact (mailbox);
  g_autofree char *text = journal_get_fact (mailbox->account->journal, key, NULL);

  return text != NULL ? g_ascii_strtoull (text, NULL, 10) : mailbox->n_known;
}

static gboolean
record_exists (MailboxSync *mailbox, guint32 exists, GError **error)
{
  Journal *journal = mailbox->account->journal;
  g_autofree char *key = exists_fact (mailbox);
  g_autofree char *value = g_strdup_printf ("%" G_GUINT32_FORMAT, exists);
  g_autofree char *known = journal_get_fact (journal, key, NULL);

  if (mailbox->account->dry_run || exists < LARGE_MAILBOX || g_strcmp0 (known, value) == 0)
    return TRUE;
  return journal_begin (journal, error) &&
         journal_end (journal, journal_set_fact (journal, key, value, error), error);
}

typedef struct
{
  const ImapUidSet *gone;
  guint32 lowest; /* 0: none */
} LowestSearch;

static gboolean
note_first_left (guint32 uid, guint64 print, gpointer user_data)
{
  LowestSearch *search = user_data;

  if (!imap_uid_set_contains (search->gone, uid))
    search->lowest = uid;
  return search->lowest == 0;
}

/* Of what is there: new messages, and those of the base that are not gone. */
static gboolean
find_lowest (MailboxSync *mailbox, guint32 *lowest, GError **error)
{
  LowestSearch search = { mailbox->gone, 0 };
  guint32 told = mailbox->remote->len > 0 ? g_array_index (mailbox->remote, PlanRemote, 0).uid : 0;

  if (mailbox->from_base &&
      !journal_foreach_print (mailbox->account->journal, mailbox->row->id, note_first_left, &search, error))
    return FALSE;
  *lowest = search.lowest != 0 && (told == 0 || search.lowest < told) ? search.lowest : told;
  return TRUE;
}

static gboolean
knows_below (MailboxSync *mailbox, guint32 uid)
{
  for (guint i = 0; i < mailbox->base->len; i++)
    if (g_array_index (mailbox->base, PlanBase, i).uid < uid)
      return TRUE;
  return FALSE;
}

/* The lowest UIDs of a large mailbox gone while EXISTS stands still, or has grown to a round number, is a
 * server's window and not a deletion. */
static gboolean
find_window (MailboxSync *mailbox, guint32 exists, gboolean *window, GError **error)
{
  guint64 known = known_exists (mailbox);
  guint32 lowest;

  *window = FALSE;
  if (exists < LARGE_MAILBOX || exists < known || (exists > known && exists % LARGE_MAILBOX != 0))
    return TRUE;
  if (!find_lowest (mailbox, &lowest, error))
    return FALSE;
  *window = knows_below (mailbox, lowest);
  return TRUE;
}

static void
name_incomplete (MailboxSync *mailbox, guint32 exists, const char *refusal)
{
  g_autofree char *counted = words_count (exists, "message");
  Report *to = &mailbox->account->report;

  if (refusal != NULL)
    report_left (
        to, mailbox->row->name, "incomplete",
        "the server refused to list this mailbox: %s; what seems to be deleted waits for the next run",
        refusal);
  else
    report_left (to, mailbox->row->name, "incomplete",
                 "the server counts %s and listed %u; what seems to be deleted waits for the next run",
                 counted, mailbox->n_remote);
}

static void
name_window (MailboxSync *mailbox, guint32 exists)
{
  report_left (
      &mailbox->account->report, mailbox->row->name, "window",
      "the server shows only the newest %u messages of this mailbox; older ones were kept here and not "
      "taken for deleted",
      exists);
}

static gboolean
list_messages (MailboxSync *mailbox, const ImapSelected *selected, GError **error)
{
  g_autofree char *refusal = NULL;
  gboolean window = FALSE, fills;

  mailbox->listed = FALSE;
  if (!mailbox_sync_is_to_be_filled (mailbox, selected->exists, &fills, error))
    return FALSE;
  if (!fills && mailbox_sync_may_ask_for_changes (mailbox, selected) &&
      !mailbox_sync_fetch_changes (mailbox, &mailbox->remote_complete, error))
    return FALSE;
  if (!mailbox->remote_complete && !mailbox_sync_list_all (mailbox, selected, &refusal, error))
    return FALSE;
  if (mailbox->fills && refusal == NULL)
    {
      mailbox_sync_keep_changes (mailbox, selected);
      return TRUE;
    }
  if (mailbox->remote_complete && !find_window (mailbox, selected->exists, &window, error))
    return FALSE;
  if (window)
    name_window (mailbox, selected->exists);
  else if (!mailbox->remote_complete)
    name_incomplete (mailbox, selected->exists, refusal);
  mailbox->remote_complete = mailbox->remote_complete && !window;
  if (!record_exists (mailbox, selected->exists, error) || !fetch_missing_facts (mailbox, error))
    return FALSE;
  mailbox_sync_keep_changes (mailbox, selected);
  return TRUE;
}

/* EXAMINE, which a dry run uses, says that no flag is permanent: then nothing is known. */
static void
take_permanent_flags (MailboxSync *mailbox, const ImapSelected *selected)
{
  const char *const *names = mailbox->account->dry_run ? NULL : selected->permanent_flags;

  mailbox->permanent_any = names == NULL || g_strv_contains (names, "\\*");
  mailbox->permanent = names == NULL ? (MessageFlags){ MESSAGE_FLAGS_ALL_SYSTEM, "" }
                                     : message_flags_from_imap (mailbox->account->pool, names);
}

static gboolean
open_remote (MailboxSync *mailbox, const ImapSelected **selected, GError **error)
{
  AccountSync *account = mailbox->account;
  g_autoptr (GError) local_error = NULL;

  *selected = imap_session_select (account->session, mailbox->row->wire_name, account->dry_run, &local_error);
  if (*selected == NULL && !g_error_matches (local_error, IMAP_ERROR, IMAP_ERROR_REFUSED))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (*selected == NULL)
    {
      mailbox->skipped = TRUE;
      report_left (&account->report, mailbox->row->name, "mailbox-refused", "%s; it was left as it is",
                   local_error->message);
    }
  return TRUE;
}

/* What has to be true before a listing means anything: the base belongs to this UIDVALIDITY, and every upload
 * that was sent is known to have arrived or not. Where it does not belong to it, the listing is of
 * everything, and rematch.c settles the rest. */
static gboolean
settle (MailboxSync *mailbox, const ImapSelected *selected, GError **error)
{
  mailbox->refresh = mailbox_sync_find_refresh (mailbox, selected);
  if (mailbox->refresh != JOURNAL_REFRESH_NONE)
    return TRUE;
  if (!mailbox->account->dry_run && !mailbox_sync_restore_unmarked (mailbox, error))
    return FALSE;
  return mailbox_sync_settle_uploads (mailbox, error);
}

static gboolean
observe_mailbox (MailboxSync *mailbox, GError **error)
{
  const ImapSelected *selected;

  if (!open_remote (mailbox, &selected, error))
    return FALSE;
  if (selected == NULL)
    return TRUE;
  mailbox->is_other = mailbox_sync_is_other (mailbox, selected);
  mailbox->account->seeks_others = mailbox->is_other && !mailbox->account->sought_others;
  if (mailbox->account->seeks_others)
    return TRUE;
  mailbox->uidvalidity = selected->uidvalidity;
  mailbox->uidnext = selected->uidnext;
  mailbox->highestmodseq = selected->highestmodseq;
  if (selected->mailbox_id != NULL)
    mailbox->mailbox_id = g_string_chunk_insert (mailbox->strings, selected->mailbox_id);
  mailbox->read_only = selected->read_only && !mailbox->account->dry_run;
  take_permanent_flags (mailbox, selected);
  return settle (mailbox, selected, error) && list_messages (mailbox, selected, error) &&
         (mailbox->refresh == JOURNAL_REFRESH_NONE || mailbox_sync_load_base (mailbox, error));
}

/* What is not there holds nothing: a complete look. Should it come back, nothing is known of its flags. */
static gboolean
observe_gone (MailboxSync *mailbox, GError **error)
{
  mailbox->permanent_any = TRUE;
  mailbox->permanent = (MessageFlags){ MESSAGE_FLAGS_ALL_SYSTEM, "" };
  mailbox->remote_complete = TRUE;
  return mailbox_sync_load_base (mailbox, error);
}

/* A mailbox is looked at by what is in flight; when that is used up, or was not what had to be asked, the
 * next flight begins. */
static gboolean
look_there (MailboxSync *mailbox, guint index, GError **error)
{
  AccountSync *account = mailbox->account;

  return (imap_session_has_foretold_select (account->session) ||
          account_sync_foretell_looks (account, index, error)) &&
         observe_mailbox (mailbox, error);
}

gboolean
account_sync_observe_remote (AccountSync *account, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len && !account->seeks_others; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (!mailbox->due || mailbox->skipped)
        continue;
      if ((mailbox->gone_there || mailbox->comes_there) && !observe_gone (mailbox, error))
        return FALSE;
      if (mailbox->on_server && !look_there (mailbox, i, error))
        return FALSE;
    }
  return TRUE;
}
