#include "copy-to-trash.h"

#include "expunge.h"
#include "fetch-headers.h"
#include "search.h"

#include <stdio.h>
#include <string.h>

/* A COPY on its way: since which UIDNEXT of \Trash its copies are to be looked for. Kept in the journal until
 * the originals are gone. */
typedef struct
{
  MailboxSync *mailbox;
  const char *trash;            /* wire name */
  char *fact;                   /* the journal's key */
  guint32 uidvalidity, uidnext; /* of \Trash */
  gboolean refused;
  const ImapUidSet *asked;
  ImapUidSet *copied; /* those of them that have arrived */
} TrashCopy;

static void
note_answer (const ImapResult *result, gpointer user_data)
{
  TrashCopy *copy = user_data;

  if (result->status != IMAP_STATUS_OK)
    {
      copy->refused = TRUE;
      report_left (
          &copy->mailbox->account->report, copy->mailbox->row->name, "trash-refused",
          "the server refused to move deleted messages to its \\Trash mailbox: %s; they stay on the server",
          *result->text != '\0' ? result->text : "it gave no reason");
      return;
    }
  if (result->code->type == IMAP_CODE_COPYUID && result->code->source != NULL)
    for (guint i = 0; i < result->code->source->len; i++)
      {
        guint32 uid = g_array_index (result->code->source, guint32, i);

        if (imap_uid_set_contains (copy->asked, uid))
          imap_uid_set_add (copy->copied, uid);
      }
}

static gboolean
write_fact (TrashCopy *copy, const char *value, GError **error)
{
  Journal *journal = copy->mailbox->account->journal;

  return journal_begin (journal, error) &&
         journal_end (journal, journal_set_fact (journal, copy->fact, value, error), error);
}

/* The intent of an earlier run that may have been carried out, or a new one from \Trash's UIDNEXT of now. */
static gboolean
load_or_begin (TrashCopy *copy, gboolean *earlier, GError **error)
{
  AccountSync *account = copy->mailbox->account;
  g_autofree char *known = journal_get_fact (account->journal, copy->fact, NULL);
  ImapMailboxStatus status = { 0 };
  g_autofree char *value = NULL;

  *earlier = known != NULL && sscanf (known, "%u %u", &copy->uidvalidity, &copy->uidnext) == 2;
  if (*earlier)
    return TRUE;
  if (!imap_session_status (account->session, copy->trash, &status, error))
    return FALSE;
  copy->uidvalidity = status.uidvalidity;
  copy->uidnext = MAX (status.uidnext, 1);
  value = g_strdup_printf ("%u %u", copy->uidvalidity, copy->uidnext);
  return write_fact (copy, value, error);
}

static char *
copy_key (const RemoteHeader *header)
{
  g_autofree char *digest = message_digest_to_string (&header->identity.header);

  return g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " %s", header->remote_size,
                          header->internal_date, digest);
}

/* Headers in \Trash at and above the intent's UIDNEXT. */
static GPtrArray *
fetch_trash (TrashCopy *copy, GError **error)
{
  const ImapSelected *trash = imap_session_select (copy->mailbox->account->session, copy->trash, TRUE, error);
  g_autoptr (ImapUidSet) found = imap_uid_set_new ();

  if (trash == NULL ||
      !mailbox_sync_search_from (copy->mailbox, trash->uidvalidity == copy->uidvalidity ? copy->uidnext : 1,
                                 found, error))
    return NULL;
  return mailbox_sync_fetch_set_headers (copy->mailbox, found, TRUE, error);
}

/* Adds to copy->copied the UIDs of `uids` whose copy is in \Trash, one copy for each. */
static gboolean
find_copies (TrashCopy *copy, const ImapUidSet *uids, GError **error)
{
  g_autoptr (GPtrArray) originals = mailbox_sync_fetch_set_headers (copy->mailbox, uids, TRUE, error);
  g_autoptr (GPtrArray) copies = originals != NULL ? fetch_trash (copy, error) : NULL;
  g_autoptr (GHashTable) counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  if (copies == NULL)
    return FALSE;
  for (guint i = 0; i < copies->len; i++)
    {
      char *key = copy_key (g_ptr_array_index (copies, i));

      g_hash_table_insert (counts, key,
                           GUINT_TO_POINTER (GPOINTER_TO_UINT (g_hash_table_lookup (counts, key)) + 1));
    }
  for (guint i = 0; i < originals->len; i++)
    {
      const RemoteHeader *original = g_ptr_array_index (originals, i);
      char *key = copy_key (original);
      guint left = GPOINTER_TO_UINT (g_hash_table_lookup (counts, key));

      if (left > 0)
        imap_uid_set_add (copy->copied, original->uid);
      g_hash_table_insert (counts, key, GUINT_TO_POINTER (left > 0 ? left - 1 : 0));
    }
  return TRUE;
}

static ImapUidSet *
subtract (const ImapUidSet *all, const ImapUidSet *some)
{
  ImapUidSet *rest = imap_uid_set_new ();

  for (guint i = 0; i < imap_uid_set_n_ranges (all); i++)
    for (guint64 uid = imap_uid_set_range (all, i)->first; uid <= imap_uid_set_range (all, i)->last; uid++)
      if (!imap_uid_set_contains (some, uid))
        imap_uid_set_add (rest, uid);
  return rest;
}

static gboolean
reselect (TrashCopy *copy, gboolean *selected, GError **error)
{
  return mailbox_sync_select (copy->mailbox, selected, error);
}

static gboolean
send_copy (TrashCopy *copy, const ImapUidSet *uids, GError **error)
{
  g_autoptr (ImapBatch) batch = imap_batch_new (copy->mailbox->account->session);

  if (imap_uid_set_is_empty (uids))
    return TRUE;
  imap_batch_uid_copy (batch, uids, copy->trash, note_answer, copy);
  return imap_batch_wait (batch, error);
}

/* The intent ends when no original of a copy is left: a later COPY of them would be a second one. */
static gboolean
end_intent (TrashCopy *copy, GError **error)
{
  g_autoptr (ImapUidSet) left = imap_uid_set_new ();
  gboolean refused = FALSE;

  if (!imap_uid_set_is_empty (copy->copied) &&
      !mailbox_sync_search_uids (copy->mailbox, copy->copied, left, &refused, error))
    return FALSE;
  return refused || !imap_uid_set_is_empty (left) || write_fact (copy, "", error);
}

/* OK is not enough: only what COPYUID names, or what is found there, is removed here (contract C4.2). */
static gboolean
copy_and_expunge (TrashCopy *copy, const ImapUidSet *uids, GError **error)
{
  gboolean earlier, selected = TRUE;
  g_autoptr (ImapUidSet) rest = NULL;

  if (!load_or_begin (copy, &earlier, error))
    return FALSE;
  if (earlier && (!find_copies (copy, uids, error) || !reselect (copy, &selected, error)))
    return FALSE;
  if (!selected)
    return TRUE;
  rest = subtract (uids, copy->copied);
  if (!send_copy (copy, rest, error))
    return FALSE;
  if (!copy->refused && imap_uid_set_count (copy->copied) < imap_uid_set_count (uids) &&
      (!find_copies (copy, rest, error) || !reselect (copy, &selected, error)))
    return FALSE;
  if (!selected)
    return TRUE;
  if (!imap_uid_set_is_empty (copy->copied) && !mailbox_sync_expunge (copy->mailbox, copy->copied, error))
    return FALSE;
  return end_intent (copy, error);
}

static gboolean
move (TrashCopy *copy, const ImapUidSet *uids, GError **error)
{
  g_autoptr (ImapBatch) batch = imap_batch_new (copy->mailbox->account->session);

  imap_batch_uid_move (batch, uids, copy->trash, note_answer, copy);
  return imap_batch_wait (batch, error);
}

gboolean
mailbox_sync_move_to_trash (MailboxSync *mailbox, const ImapUidSet *uids, GError **error)
{
  TrashCopy copy = { .mailbox = mailbox, .trash = mailbox->account->trash_wire_name, .asked = uids };
  g_autoptr (GError) local_error = NULL;
  gboolean done;

  copy.fact = g_strdup_printf ("trash-copy %" G_GINT64_FORMAT, mailbox->row->id);
  copy.copied = imap_uid_set_new ();
  done = imap_session_has (mailbox->account->session, IMAP_CAPABILITY_MOVE)
             ? move (&copy, uids, &local_error)
             : copy_and_expunge (&copy, uids, &local_error);
  imap_uid_set_free (copy.copied);
  g_free (copy.fact);
  if (done)
    return TRUE;
  if (!g_error_matches (local_error, IMAP_ERROR, IMAP_ERROR_REFUSED))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  report_left (
      &mailbox->account->report, mailbox->row->name, "trash-refused",
      "deleted messages could not be moved to the server's \\Trash mailbox: %s; they stay on the server",
      local_error->message);
  return TRUE;
}
