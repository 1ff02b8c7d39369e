/* The server's side as the base, what earlier rounds of this run saw, and the answer to CHANGEDSINCE make it
 * up: the later wins. Whoever is gone is found by number: what should be there against EXISTS.
 *
 * With QRESYNC enabled the answer names what vanished (RFC 7162 section 3.2.6): 35 octets for five messages
 * where a search for what is left answers with 100 KB, of a mailbox of 90,000 messages with 10,000 gaps. It
 * is a claim: if the count does not bear it out, what is left is searched for, and at last everything is
 * listed. SELECT's QRESYNC parameter would say the same, in the same flight.
 */
#include "observe-changes.h"

#include "observe-remote.h"
#include "quiet.h"
#include "settled-there.h"

#define SEARCH_FOR_LEFT "ALL"

/* Without UIDPLUS a deletion has to know every message that others marked (contract C3.5). */
static gboolean
may_look_at_changes (const MailboxSync *mailbox)
{
  return mailbox->box != NULL && !mailbox->gone_here &&
         imap_session_has (mailbox->account->session, IMAP_CAPABILITY_UIDPLUS);
}

gboolean
mailbox_sync_may_ask_for_changes (const MailboxSync *mailbox, const ImapSelected *selected)
{
  return may_look_at_changes (mailbox) && mailbox_sync_knows_changes (mailbox, selected);
}

static guint64
known_modseq (const MailboxSync *mailbox)
{
  return mailbox->since != 0 ? mailbox->since : mailbox->row->quiet_modseq;
}

/* Of the base, and of what earlier rounds saw. */
static guint32
highest_of (const MailboxSync *mailbox, const JournalBaseCount *count)
{
  const GArray *changes = mailbox->changes;
  guint32 highest = count->highest_uid;

  if (changes->len > 0)
    highest = MAX (highest, g_array_index (changes, SeenThere, changes->len - 1).uid);
  return highest;
}

/* (transfer full): what is asked of messages that were there before. */
static char *
items_of_changes (const MailboxSync *mailbox)
{
  return g_strdup_printf ("(UID FLAGS) (CHANGEDSINCE %" G_GUINT64_FORMAT "%s)", known_modseq (mailbox),
                          imap_session_tells_vanished (mailbox->account->session) ? " VANISHED" : "");
}

gboolean
mailbox_sync_may_foretell_changes (const MailboxSync *mailbox)
{
  return may_look_at_changes (mailbox) && mailbox_sync_may_know_changes (mailbox);
}

gboolean
mailbox_sync_foretell_changes (MailboxSync *mailbox, const JournalBaseCount *count)
{
  ImapSession *session = mailbox->account->session;
  g_autofree char *items = items_of_changes (mailbox);
  g_autofree char *items_of_new = account_sync_listing_of_new (mailbox->account);
  const guint32 highest = highest_of (mailbox, count);
  const gboolean fewer_there = mailbox->fewer_there;
  g_autoptr (ImapUidSet) known = imap_uid_set_new ();

  mailbox->fewer_there = FALSE;
  if (highest > 0)
    imap_uid_set_add_range (known, 1, highest);
  return (highest == 0 || imap_session_foretell_uid_fetch (session, known, items)) &&
         (highest == G_MAXUINT32 ||
          imap_session_foretell_uid_fetch_from (session, highest + 1, items_of_new)) &&
         (!fewer_there || imap_session_tells_vanished (session) ||
          imap_session_foretell_uid_search (session, SEARCH_FOR_LEFT));
}

/* Changed ones replace those that earlier rounds saw, which stand before them. */
static gboolean
fetch (MailboxSync *mailbox, guint32 highest, ImapUidSet *vanished, char **refusal, GError **error)
{
  g_autoptr (ImapBatch) batch = imap_batch_new (mailbox->account->session);
  g_autofree char *items = items_of_changes (mailbox);
  g_autofree char *items_of_new = account_sync_listing_of_new (mailbox->account);

  imap_batch_set_fetch_handler (batch, mailbox_sync_add_remote, mailbox);
  imap_batch_set_vanished (batch, vanished);
  if (highest > 0)
    {
      g_autoptr (ImapUidSet) known = imap_uid_set_new ();

      imap_uid_set_add_range (known, 1, highest);
      imap_batch_uid_fetch (batch, known, items, mailbox_sync_note_refusal, refusal);
    }
  if (highest < G_MAXUINT32)
    imap_batch_uid_fetch_from (batch, highest + 1, items_of_new, mailbox_sync_note_refusal, refusal);
  if (!imap_batch_wait (batch, error))
    return FALSE;
  mailbox_sync_sort_remote (mailbox);
  return TRUE;
}

typedef struct
{
  const ImapUidSet *named;
  gboolean are_there; /* the named ones, and no others; else the named ones are not */
  GArray *gone;       /* of guint32 */
} GoneSearch;

static gboolean
note_if_gone (guint32 uid, guint64 print, gpointer user_data)
{
  GoneSearch *search = user_data;

  if (imap_uid_set_contains (search->named, uid) != search->are_there)
    g_array_append_val (search->gone, uid);
  return TRUE;
}

/* Of the base, to mailbox->gone. */
static gboolean
add_gone (MailboxSync *mailbox, const ImapUidSet *named, gboolean are_there, GError **error)
{
  g_autoptr (GArray) gone = g_array_new (FALSE, FALSE, sizeof (guint32));
  GoneSearch search = { named, are_there, gone };

  if (!journal_foreach_print (mailbox->account->journal, mailbox->row->id, note_if_gone, &search, error))
    return FALSE;
  for (guint i = 0; i < gone->len; i++)
    imap_uid_set_add (mailbox->gone, g_array_index (gone, guint32, i));
  return TRUE;
}

/* What was seen in an earlier round, and is gone. */
static void
drop_gone (MailboxSync *mailbox, const ImapUidSet *named, gboolean are_there)
{
  guint kept = 0;

  for (guint i = 0; i < mailbox->remote->len; i++)
    {
      const PlanRemote remote = g_array_index (mailbox->remote, PlanRemote, i);

      if (imap_uid_set_contains (named, remote.uid) == are_there)
        g_array_index (mailbox->remote, PlanRemote, kept++) = remote;
    }
  g_array_set_size (mailbox->remote, kept);
}

/* The server's word, which the count against EXISTS has to bear out. */
static gboolean
take_vanished (MailboxSync *mailbox, const ImapUidSet *vanished, GError **error)
{
  drop_gone (mailbox, vanished, FALSE);
  return imap_uid_set_is_empty (vanished) || add_gone (mailbox, vanished, FALSE, error);
}

/* Somebody expunged: the server says which are left, in ranges. */
static gboolean
search_left (MailboxSync *mailbox, ImapUidSet *found, char **refusal, GError **error)
{
  g_autoptr (ImapBatch) batch = imap_batch_new (mailbox->account->session);

  imap_batch_uid_search (batch, SEARCH_FOR_LEFT, found, mailbox_sync_note_refusal, refusal);
  return imap_batch_wait (batch, error);
}

static gboolean
find_gone (MailboxSync *mailbox, char **refusal, GError **error)
{
  g_autoptr (ImapUidSet) found = imap_uid_set_new ();

  if (!search_left (mailbox, found, refusal, error))
    return FALSE;
  if (*refusal != NULL)
    return TRUE;
  imap_uid_set_clear (mailbox->gone);
  drop_gone (mailbox, found, TRUE);
  return add_gone (mailbox, found, TRUE, error);
}

static void
forget (MailboxSync *mailbox)
{
  g_array_set_size (mailbox->remote, 0);
  g_array_set_size (mailbox->base, 0);
  g_array_set_size (mailbox->base_facts, 0);
  imap_uid_set_clear (mailbox->gone);
}

/* One row found by its UID costs as much as this many in a walk over the rows. */
#define ROWS_OF_A_WALK 16

/* After a first sync, what earlier rounds saw is in the base now. */
static gboolean
drop_many (MailboxSync *mailbox, const JournalBaseCount *count, GError **error)
{
  const GArray *remote = mailbox->remote;

  if (remote->len == 0 || remote->len < count->messages / ROWS_OF_A_WALK)
    return TRUE;
  return mailbox_sync_drop_settled (mailbox, g_array_index (remote, PlanRemote, 0).uid,
                                    g_array_index (remote, PlanRemote, remote->len - 1).uid, FALSE, error);
}

/* How many messages there should be, with what is loaded for it. */
static gboolean
count_there (MailboxSync *mailbox, const JournalBaseCount *count, gint64 *expected, GError **error)
{
  guint n_new, n_gone;

  if (!drop_many (mailbox, count, error) ||
      !mailbox_sync_load_unsettled (mailbox, count->highest_uid, &n_new, &n_gone, error))
    return FALSE;
  *expected = (gint64)count->messages + n_new - n_gone;
  return TRUE;
}

static void
begin_with_changes (MailboxSync *mailbox)
{
  for (guint i = 0; i < mailbox->changes->len; i++)
    {
      const SeenThere *seen = &g_array_index (mailbox->changes, SeenThere, i);
      const PlanRemote remote = {
        .uid = seen->uid,
        .flags = { seen->system, seen->keywords },
        .size = seen->size,
        .remote_size = seen->size,
        .internal_date = seen->internal_date,
        .email_id = seen->email_id,
      };

      g_array_append_val (mailbox->remote, remote);
    }
}

gboolean
mailbox_sync_fetch_changes (MailboxSync *mailbox, gboolean *complete, GError **error)
{
  const ImapSelected *selected = imap_session_get_selected (mailbox->account->session);
  g_autoptr (ImapUidSet) vanished = imap_uid_set_new ();
  g_autofree char *refusal = NULL;
  JournalBaseCount count;
  gint64 expected;

  if (!journal_count_base (mailbox->account->journal, mailbox->row->id, &count, error))
    return FALSE;
  mailbox->n_known = count.messages;
  if (mailbox->since == 0)
    imap_uid_set_clear (mailbox->gone);
  begin_with_changes (mailbox);
  if (!fetch (mailbox, highest_of (mailbox, &count), vanished, &refusal, error) ||
      !take_vanished (mailbox, vanished, error) || !count_there (mailbox, &count, &expected, error))
    return FALSE;
  if (refusal == NULL && expected > selected->exists &&
      (!find_gone (mailbox, &refusal, error) || !count_there (mailbox, &count, &expected, error)))
    return FALSE;
  mailbox->account->refuses_ids |= refusal != NULL;
  *complete = refusal == NULL && expected == selected->exists;
  mailbox->from_base = *complete;
  mailbox->n_remote = selected->exists;
  if (!*complete)
    forget (mailbox);
  return TRUE;
}

static void
keep_change (MailboxSync *mailbox, const PlanRemote *remote)
{
  const SeenThere seen = {
    .uid = remote->uid,
    .system = remote->flags.system,
    .keywords = remote->flags.keywords,
    .size = remote->remote_size,
    .internal_date = remote->internal_date,
    .email_id = remote->email_id,
  };

  g_array_append_val (mailbox->changes, seen);
}

void
mailbox_sync_keep_changes (MailboxSync *mailbox, const ImapSelected *selected)
{
  g_array_set_size (mailbox->changes, 0);
  mailbox->since = mailbox->from_base && mailbox->remote_complete ? selected->highestmodseq : 0;
  for (guint i = 0; mailbox->since != 0 && i < mailbox->remote->len; i++)
    keep_change (mailbox, &g_array_index (mailbox->remote, PlanRemote, i));
  if (!mailbox->from_base)
    imap_uid_set_clear (mailbox->gone);
}
