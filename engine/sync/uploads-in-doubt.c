#include "uploads-in-doubt.h"

#include "../journal/journal-prints.h"
#include "fetch-headers.h"
#include "search.h"
#include "subject.h"
#include "tell.h"

#include <string.h>

JournalUpload *
journal_upload_copy (const JournalUpload *upload)
{
  JournalUpload *copy = g_memdup2 (upload, sizeof *upload);

  copy->base = g_strdup (upload->base);
  copy->message_id = g_strdup (upload->message_id);
  copy->date = g_strdup (upload->date);
  copy->keywords = g_strdup (upload->keywords);
  return copy;
}

void
journal_upload_free (JournalUpload *upload)
{
  g_free ((char *)upload->base);
  g_free ((char *)upload->message_id);
  g_free ((char *)upload->date);
  g_free ((char *)upload->keywords);
  g_free (upload);
}

static gboolean
collect_upload (const JournalUpload *upload, gpointer user_data)
{
  g_ptr_array_add (user_data, journal_upload_copy (upload));
  return TRUE;
}

GPtrArray *
mailbox_sync_load_uploads (MailboxSync *mailbox, GError **error)
{
  g_autoptr (GPtrArray) uploads = g_ptr_array_new_with_free_func ((GDestroyNotify)journal_upload_free);

  if (!journal_foreach_upload (mailbox->account->journal, mailbox->row->id, collect_upload, uploads, error))
    return NULL;
  return g_steal_pointer (&uploads);
}

/* The keywords that the file's letters mean in this mailbox now. A file that came from elsewhere may still
 * carry that mailbox's letters: the base then takes what they mean here, and the next merge brings the sent
 * keywords back. */
static const char *
keywords_seen_here (MailboxSync *mailbox, const char *base)
{
  const MaildirPlace place = mailbox_sync_place (mailbox, base);
  g_autofree char *file = NULL;
  g_auto (MaildirName) name = { 0 };
  g_auto (MaildirKeywords) keywords = { 0 };
  gboolean in_new;

  if (!maildir_message_find (mailbox->box, &place, &file, &in_new, NULL) ||
      !maildir_name_parse (file, maildir_box_get_separator (mailbox->box), &name) || name.letters == 0 ||
      !maildir_keywords_read (maildir_box_get_fd (mailbox->box), &keywords, NULL))
    return message_keyword_pool_intern (mailbox->account->pool, NULL);
  return maildir_keywords_to_flags (&keywords, name.letters, mailbox->account->pool).keywords;
}

typedef struct
{
  const char *base;
  gboolean found;
} BaseSearch;

static gboolean
compare_base (const JournalMessage *message, gpointer user_data)
{
  BaseSearch *search = user_data;

  search->found = g_str_equal (message->base, search->base);
  return !search->found;
}

/* TRUE when the journal knows the file in another mailbox, whose letters it then carries; other letters than
 * those that were sent are a change made here since. */
static gboolean
came_from_elsewhere (MailboxSync *mailbox, const char *base)
{
  GPtrArray *mailboxes = mailbox->account->mailboxes;
  BaseSearch search = { base, FALSE };

  for (guint i = 0; i < mailboxes->len && !search.found; i++)
    {
      const MailboxSync *other = g_ptr_array_index (mailboxes, i);

      if (other != mailbox)
        journal_foreach_message (mailbox->account->journal, other->row->id, compare_base, &search, NULL);
    }
  return search.found;
}

/* One that came under a new name, without letters, was sent with the keywords that it had elsewhere. */
static gboolean
came_without_letters (MailboxSync *mailbox, const JournalUpload *upload, const char *seen)
{
  gboolean found = FALSE;

  return *seen == '\0' && journal_find_digest (mailbox->account->journal, upload->digest, 0, &found, NULL) &&
         found;
}

static gboolean
retire_replaced (MailboxSync *mailbox, const JournalUpload *upload, GError **error)
{
  g_autofree char *tombstone = NULL;

  if (upload->replaces == 0)
    return TRUE;
  tombstone = g_strdup_printf (REPLACED_PREFIX "%" G_GINT64_FORMAT, upload->replaces);
  return journal_set_message_base (mailbox->account->journal, upload->replaces, tombstone, error);
}

gboolean
mailbox_sync_confirm_upload (MailboxSync *mailbox, const JournalUpload *upload,
                             const UploadedMessage *message, GError **error)
{
  AccountSync *account = mailbox->account;
  MessageFlags sent = { upload->system, message_keyword_pool_intern (account->pool, upload->keywords) };
  MessageFlags kept = message_flags_intersect (account->pool, sent, message->flags);
  MessageFlags missing = message_flags_minus (account->pool, sent, message->flags);
  /* Of one that is found later nobody knows who took off a flag: it is sent again. */
  MessageFlags not_kept = message->later ? message_flags_none () : missing;
  const char *seen = keywords_seen_here (mailbox, upload->base);
  g_autofree char *key = g_strdup_printf ("upload %s", upload->base);
  JournalMessage row = {
    .mailbox = mailbox->row->id,
    .uid = message->uid,
    .state = JOURNAL_MESSAGE_PRESENT,
    .base = upload->base,
    .system = kept.system,
    .keywords = kept.keywords,
    .not_kept_system = not_kept.system,
    .not_kept_keywords = not_kept.keywords,
    .size = upload->size,
    .remote_size = message->remote_size,
    .file_size = upload->file_size,
    .mtime_ns = upload->mtime_ns,
    .has_digest = TRUE,
    .internal_date = message->internal_date,
    .email_id = message->email_id,
  };

  if (seen != sent.keywords &&
      (came_from_elsewhere (mailbox, upload->base) || came_without_letters (mailbox, upload, seen)))
    {
      row.keywords = seen;
      row.not_kept_keywords = "";
    }
  memcpy (row.digest, upload->digest, sizeof row.digest);
  account->tally.uploaded++;
  return retire_replaced (mailbox, upload, error) && journal_add_message (account->journal, &row, error) &&
         journal_remove_upload (account->journal, upload->id, error) &&
         journal_queue_remove (account->journal, mailbox->row->id, key, error);
}

static gboolean
equal_text (const char *a, const char *b)
{
  return a != NULL && b != NULL && g_str_equal (a, b);
}

static gboolean
has_equal_header (const JournalUpload *upload, const RemoteHeader *header, gboolean with_size)
{
  return (!with_size || upload->size == header->size) &&
         memcmp (upload->header_digest, header->identity.header.bytes, sizeof upload->header_digest) == 0;
}

/* The candidates for one upload, best evidence only: (transfer container). */
static GPtrArray *
find_candidates (const JournalUpload *upload, GPtrArray *headers)
{
  GPtrArray *same_names = g_ptr_array_new ();
  GPtrArray *same_headers = g_ptr_array_new ();
  gboolean has_names = upload->message_id != NULL && upload->date != NULL;

  for (guint i = 0; i < headers->len; i++)
    {
      RemoteHeader *header = g_ptr_array_index (headers, i);
      gboolean same = equal_text (upload->message_id, header->identity.message_id) &&
                      equal_text (upload->date, header->identity.date);

      if (header->uid == 0 || (has_names && !same))
        continue;
      if (same)
        g_ptr_array_add (same_names, header);
      if (has_equal_header (upload, header, has_names))
        g_ptr_array_add (same_headers, header);
    }
  if (same_headers->len > 0 && same_names->len != 1)
    {
      g_ptr_array_unref (same_names);
      return same_headers;
    }
  g_ptr_array_unref (same_headers);
  return same_names;
}

/* Of several, or of one that only its header names, the one whose body is ours. *match (nullable). */
static gboolean
choose_by_body (MailboxSync *mailbox, const JournalUpload *upload, GPtrArray *candidates,
                RemoteHeader **match, GError **error)
{
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();
  g_autoptr (GHashTable) digests = NULL;

  for (guint i = 0; i < candidates->len; i++)
    imap_uid_set_add (set, ((RemoteHeader *)g_ptr_array_index (candidates, i))->uid);
  digests = mailbox_sync_fetch_digests (mailbox, set, error);
  *match = NULL;
  for (guint i = 0; digests != NULL && i < candidates->len && *match == NULL; i++)
    {
      RemoteHeader *header = g_ptr_array_index (candidates, i);
      const MessageDigest *digest = g_hash_table_lookup (digests, GUINT_TO_POINTER (header->uid));

      if (digest != NULL && memcmp (digest->bytes, upload->digest, sizeof upload->digest) == 0)
        *match = header;
    }
  return digests != NULL;
}

static gboolean
find_upload (MailboxSync *mailbox, const JournalUpload *upload, GPtrArray *headers, RemoteHeader **match,
             GError **error)
{
  g_autoptr (GPtrArray) candidates = find_candidates (upload, headers);
  gboolean has_names = upload->message_id != NULL && upload->date != NULL;

  if (candidates->len == 1 && has_names)
    {
      *match = g_ptr_array_index (candidates, 0);
      return TRUE;
    }
  return choose_by_body (mailbox, upload, candidates, match, error);
}

static void
tell_found (MailboxSync *mailbox, const JournalUpload *upload, const RemoteHeader *header)
{
  const PlanOperation operation = { .kind = upload->replaces != 0 ? PLAN_REPLACE : PLAN_UPLOAD,
                                    .add = message_flags_none (),
                                    .remove = message_flags_none () };
  g_autofree char *subject =
      mailbox_sync_is_heard (mailbox) ? subject_decode (header->identity.subject) : NULL;

  mailbox_sync_tell (mailbox, &operation, header->uid, subject);
}

static gboolean
confirm_found (MailboxSync *mailbox, const JournalUpload *upload, const RemoteHeader *header, GError **error)
{
  Journal *journal = mailbox->account->journal;
  const UploadedMessage message = { .uid = header->uid,
                                    .flags = header->flags,
                                    .remote_size = header->remote_size,
                                    .internal_date = header->internal_date,
                                    .later = TRUE };

  if (!journal_begin (journal, error) ||
      !journal_end (journal, mailbox_sync_confirm_upload (mailbox, upload, &message, error), error))
    return FALSE;
  tell_found (mailbox, upload, header);
  return TRUE;
}

/* Where the search for all of these has to begin. */
static guint32
lowest_uidnext (MailboxSync *mailbox, const GPtrArray *uploads)
{
  guint32 first = G_MAXUINT32;

  for (guint i = 0; i < uploads->len; i++)
    {
      const JournalUpload *upload = g_ptr_array_index (uploads, i);
      gboolean is_same = upload->uidvalidity != 0 && upload->uidvalidity == mailbox->uidvalidity;

      first = MIN (first, is_same ? MAX (upload->uidnext, 1) : 1);
    }
  return first;
}

static gboolean
add_uid (guint32 uid, guint64 print, gpointer user_data)
{
  g_hash_table_add (user_data, GUINT_TO_POINTER (uid));
  return TRUE;
}

gboolean
mailbox_sync_collect_uids (MailboxSync *mailbox, GHashTable *uids, GError **error)
{
  return journal_foreach_print (mailbox->account->journal, mailbox->row->id, add_uid, uids, error);
}

/* Headers of everything at and above the lowest UIDNEXT of the intents that the journal does not know. */
static GPtrArray *
fetch_suspects (MailboxSync *mailbox, const GPtrArray *uploads, GError **error)
{
  g_autoptr (ImapUidSet) found = imap_uid_set_new ();
  g_autoptr (ImapUidSet) suspects = imap_uid_set_new ();
  g_autoptr (GHashTable) known = g_hash_table_new (NULL, NULL);

  if (!mailbox_sync_search_from (mailbox, lowest_uidnext (mailbox, uploads), found, error) ||
      !mailbox_sync_collect_uids (mailbox, known, error))
    return NULL;
  for (guint i = 0; i < imap_uid_set_n_ranges (found); i++)
    for (guint64 uid = imap_uid_set_range (found, i)->first; uid <= imap_uid_set_range (found, i)->last;
         uid++)
      if (!g_hash_table_contains (known, GUINT_TO_POINTER ((guint)uid)))
        imap_uid_set_add (suspects, uid);
  return mailbox_sync_fetch_set_headers (mailbox, suspects, TRUE, error);
}

gboolean
mailbox_sync_settle_uploads (MailboxSync *mailbox, GError **error)
{
  g_autoptr (GPtrArray) uploads = mailbox_sync_load_uploads (mailbox, error);
  g_autoptr (GPtrArray) headers = NULL;

  if (uploads == NULL)
    return FALSE;
  if (uploads->len == 0 || mailbox->box == NULL)
    return TRUE;
  headers = fetch_suspects (mailbox, uploads, error);
  if (headers == NULL)
    return FALSE;
  for (guint i = 0; i < uploads->len; i++)
    {
      const JournalUpload *upload = g_ptr_array_index (uploads, i);
      RemoteHeader *match;

      if (!find_upload (mailbox, upload, headers, &match, error))
        return FALSE;
      if (match == NULL)
        continue;
      if (!confirm_found (mailbox, upload, match, error))
        return FALSE;
      match->uid = 0;
    }
  return TRUE;
}
