#include "fetch-headers.h"

#include <string.h>

#define SET_UIDS 500

typedef struct
{
  MailboxSync *mailbox;
  GPtrArray *headers;
  gboolean whole;
} HeaderFetch;

static void
remote_header_free (gpointer data)
{
  RemoteHeader *header = data;

  message_identity_clear (&header->identity);
  g_free (header);
}

static void
add_header (const ImapFetch *fetch, gpointer user_data)
{
  HeaderFetch *into = user_data;
  const guint needed = IMAP_FETCH_UID | IMAP_FETCH_HEADER | IMAP_FETCH_SIZE;
  RemoteHeader *header;
  gsize length, other_tools = 0;
  const guint8 *octets;

  if ((fetch->present & needed) != needed)
    return;
  octets = g_bytes_get_data (fetch->header, &length);
  header = g_new0 (RemoteHeader, 1);
  header->uid = fetch->uid;
  message_identity_from_header (octets, length, &header->identity, &other_tools);
  header->remote_size = fetch->size;
  header->size = fetch->size > other_tools ? fetch->size - other_tools : 0;
  header->internal_date = fetch->internal_date;
  header->flags = message_flags_from_imap (into->mailbox->account->pool, (const char *const *)fetch->flags);
  header->has_header_digest = into->whole && length < MESSAGE_HEADER_MAX;
  g_ptr_array_add (into->headers, header);
}

GPtrArray *
mailbox_sync_fetch_set_headers (MailboxSync *mailbox, const ImapUidSet *set, gboolean whole, GError **error)
{
  g_autoptr (GPtrArray) headers = g_ptr_array_new_with_free_func (remote_header_free);
  HeaderFetch into = { mailbox, headers, whole };
  g_autoptr (ImapBatch) batch = imap_batch_new (mailbox->account->session);
  /* A message without an empty line is all header: no more of it is asked for than is ever looked at. */
  const char *items = whole ? "(UID FLAGS RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER]<0.262144>)"
                            : "(UID FLAGS RFC822.SIZE INTERNALDATE "
                              "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID DATE X-TUID X-OFFLINEIMAP)]<0.65536>)";

  imap_batch_set_fetch_handler (batch, add_header, &into);
  for (guint i = 0; i < imap_uid_set_n_ranges (set); i++)
    {
      const ImapUidRange *range = imap_uid_set_range (set, i);

      for (guint64 first = range->first; first <= range->last; first += SET_UIDS)
        {
          g_autoptr (ImapUidSet) part = imap_uid_set_new ();

          imap_uid_set_add_range (part, first, MIN (first + SET_UIDS - 1, range->last));
          imap_batch_uid_fetch (batch, part, items, NULL, NULL);
          if (!imap_batch_wait_at_most (batch, 4, error))
            return NULL;
        }
    }
  if (!imap_batch_wait (batch, error))
    return NULL;
  return g_steal_pointer (&headers);
}

/* What size, Message-ID and Date make of a message: one text to count by. */
static char *
count_key (guint64 size, const MessageIdentity *identity)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT "\n%s\n%s", size,
                          identity->message_id != NULL ? identity->message_id : "",
                          identity->date != NULL ? identity->date : "");
}

static void
count (GHashTable *counts, guint64 size, const MessageIdentity *identity)
{
  char *key = count_key (size, identity);

  g_hash_table_insert (counts, key,
                       GUINT_TO_POINTER (GPOINTER_TO_UINT (g_hash_table_lookup (counts, key)) + 1));
}

static gboolean
is_ambiguous (GHashTable *here, GHashTable *there, guint64 size, const MessageIdentity *identity)
{
  g_autofree char *key = count_key (size, identity);
  guint n_here = GPOINTER_TO_UINT (g_hash_table_lookup (here, key));

  return n_here > 0 && (n_here > 1 || GPOINTER_TO_UINT (g_hash_table_lookup (there, key)) > 1);
}

/* Moves the identities over to the observation. */
static void
take_headers (MailboxSync *mailbox, GPtrArray *headers)
{
  for (guint i = 0; i < headers->len; i++)
    {
      RemoteHeader *header = g_ptr_array_index (headers, i);
      PlanRemote *remote = mailbox_sync_lookup_remote (mailbox, header->uid);
      MessageIdentity *identity;

      if (remote == NULL)
        continue;
      identity = g_new (MessageIdentity, 1);
      *identity = header->identity;
      memset (&header->identity, 0, sizeof header->identity);
      g_ptr_array_add (mailbox->remote_headers, identity);
      remote->identity = identity;
      remote->size = header->size;
      remote->has_header_digest = header->has_header_digest;
    }
}

static ImapUidSet *
find_ambiguous (MailboxSync *mailbox)
{
  g_autoptr (ImapUidSet) ambiguous = imap_uid_set_new ();
  g_autoptr (GHashTable) here = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) there = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < mailbox->local->len; i++)
    {
      const PlanLocal *local = &g_array_index (mailbox->local, PlanLocal, i);

      if (local->identity != NULL)
        count (here, local->identity->size, local->identity);
    }
  for (guint i = 0; i < mailbox->remote->len; i++)
    {
      const PlanRemote *remote = &g_array_index (mailbox->remote, PlanRemote, i);

      if (remote->identity != NULL)
        count (there, remote->size, remote->identity);
    }
  for (guint i = 0; i < mailbox->remote->len; i++)
    {
      const PlanRemote *remote = &g_array_index (mailbox->remote, PlanRemote, i);

      if (remote->identity != NULL && is_ambiguous (here, there, remote->size, remote->identity))
        imap_uid_set_add (ambiguous, remote->uid);
    }
  return g_steal_pointer (&ambiguous);
}

/* (transfer full): UIDs that are not in the base. */
static ImapUidSet *
find_new (MailboxSync *mailbox)
{
  g_autoptr (GHashTable) known = g_hash_table_new (NULL, NULL);
  ImapUidSet *set = imap_uid_set_new ();

  for (guint i = 0; i < mailbox->base->len; i++)
    g_hash_table_add (known, GUINT_TO_POINTER (g_array_index (mailbox->base, PlanBase, i).uid));
  for (guint i = 0; i < mailbox->remote->len; i++)
    {
      guint32 uid = g_array_index (mailbox->remote, PlanRemote, i).uid;

      if (!g_hash_table_contains (known, GUINT_TO_POINTER (uid)))
        imap_uid_set_add (set, uid);
    }
  return set;
}

gboolean
mailbox_sync_has_new_here (MailboxSync *mailbox)
{
  for (guint i = 0; i < mailbox->local->len; i++)
    if (g_array_index (mailbox->local, PlanLocal, i).identity != NULL)
      return TRUE;
  return FALSE;
}

gboolean
mailbox_sync_needs_headers (MailboxSync *mailbox)
{
  g_autoptr (ImapUidSet) set = find_new (mailbox);

  return !imap_uid_set_is_empty (set) && mailbox_sync_has_new_here (mailbox);
}

gboolean
mailbox_sync_fetch_headers (MailboxSync *mailbox, GError **error)
{
  g_autoptr (ImapUidSet) set = find_new (mailbox);
  g_autoptr (ImapUidSet) ambiguous = NULL;

  for (guint whole = 0; whole <= 1; whole++)
    {
      g_autoptr (GPtrArray) headers =
          mailbox_sync_fetch_set_headers (mailbox, whole ? ambiguous : set, whole, error);

      if (headers == NULL)
        return FALSE;
      take_headers (mailbox, headers);
      if (!whole)
        ambiguous = find_ambiguous (mailbox);
    }
  return TRUE;
}

gboolean
mailbox_sync_fetch_names (MailboxSync *mailbox, const ImapUidSet *set, gboolean whole, GError **error)
{
  g_autoptr (GPtrArray) headers = mailbox_sync_fetch_set_headers (mailbox, set, whole, error);

  if (headers == NULL)
    return FALSE;
  take_headers (mailbox, headers);
  return TRUE;
}

typedef struct
{
  MessageHasher *hasher;
  GHashTable *digests; /* UID -> MessageDigest */
  gboolean begun;
} DigestFetch;

static gboolean
begin_digest (guint64 size, gpointer user_data)
{
  DigestFetch *fetch = user_data;

  fetch->begun = TRUE;
  return TRUE;
}

static gboolean
add_to_digest (const guint8 *data, gsize length, gpointer user_data)
{
  DigestFetch *fetch = user_data;

  message_hasher_update (fetch->hasher, data, length);
  return TRUE;
}

static void
end_digest (const ImapFetch *response, gpointer user_data)
{
  DigestFetch *fetch = user_data;
  g_auto (MessageIdentity) identity = { 0 };

  if (!fetch->begun || (response->present & IMAP_FETCH_BODY) == 0)
    return;
  fetch->begun = FALSE;
  message_hasher_finish (fetch->hasher, &identity);
  g_hash_table_insert (fetch->digests, GUINT_TO_POINTER (response->uid),
                       g_memdup2 (&identity.full, sizeof identity.full));
}

GHashTable *
mailbox_sync_fetch_digests (MailboxSync *mailbox, const ImapUidSet *set, GError **error)
{
  static const ImapBodySink sink = { begin_digest, add_to_digest };
  g_autoptr (GHashTable) digests = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  g_autoptr (MessageHasher) hasher = message_hasher_new ();
  g_autoptr (ImapBatch) batch = imap_batch_new (mailbox->account->session);
  DigestFetch fetch = { hasher, digests, FALSE };

  if (imap_uid_set_is_empty (set))
    return g_steal_pointer (&digests);
  imap_batch_set_body_sink (batch, &sink, &fetch);
  imap_batch_set_fetch_handler (batch, end_digest, &fetch);
  imap_batch_uid_fetch (batch, set, "(UID BODY.PEEK[])", NULL, NULL);
  return imap_batch_wait (batch, error) ? g_steal_pointer (&digests) : NULL;
}
