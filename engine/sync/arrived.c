#include "arrived.h"

#include "fetch-headers.h"

const PlanRemote *
arrived_message (const Arrived *arrived)
{
  return mailbox_sync_find_remote (arrived->mailbox, arrived->download->uid);
}

gboolean
mailbox_sync_takes_files (const MailboxSync *mailbox)
{
  return !mailbox->gone_here && mailbox->uidvalidity != 0 &&
         (mailbox->box != NULL || mailbox->account->dry_run);
}

char *
alike_stamp_key (guint64 remote_size, gint64 internal_date)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GINT64_FORMAT, remote_size, internal_date);
}

char *
alike_id_key (const char *email_id, guint64 remote_size, gint64 internal_date)
{
  return email_id == NULL ? NULL
                          : g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " %s", remote_size,
                                             internal_date, email_id);
}

char *
alike_name_key (guint64 remote_size, gint64 internal_date, const MessageIdentity *identity)
{
  if (identity == NULL || identity->message_id == NULL || identity->date == NULL)
    return NULL;
  return g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GINT64_FORMAT "\n%s\n%s", remote_size, internal_date,
                          identity->message_id, identity->date);
}

char *
alike_header_key (guint64 remote_size, gint64 internal_date, const MessageIdentity *identity)
{
  g_autofree char *name = alike_name_key (remote_size, internal_date, identity);
  g_autofree char *digest = name != NULL ? message_digest_to_string (&identity->header) : NULL;

  return name != NULL ? g_strconcat (name, "\n", digest, NULL) : NULL;
}

char *
alike_remote_header_key (const PlanRemote *remote)
{
  return remote->has_header_digest
             ? alike_header_key (remote->remote_size, remote->internal_date, remote->identity)
             : NULL;
}

gboolean
alike_ids_differ (const char *a, const char *b)
{
  return a != NULL && b != NULL && !g_str_equal (a, b);
}

gboolean
alike_is_draft (MessageFlags flags)
{
  return (flags.system & MESSAGE_FLAG_DRAFT) != 0;
}

GHashTable *
alike_groups_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
}

void
alike_add (GHashTable *groups, char *key, gpointer item)
{
  GPtrArray *group = g_hash_table_lookup (groups, key);

  if (group == NULL)
    {
      group = g_ptr_array_new ();
      g_hash_table_insert (groups, key, group);
    }
  else
    g_free (key);
  g_ptr_array_add (group, item);
}

static gboolean
is_named (const PlanRemote *remote, gboolean whole)
{
  return remote->identity != NULL && (!whole || remote->has_header_digest);
}

/* (transfer full): mailbox -> ImapUidSet */
static GHashTable *
uids_new (void)
{
  return g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)imap_uid_set_free);
}

static void
add_uid (GHashTable *uids, const Arrived *one)
{
  ImapUidSet *set = g_hash_table_lookup (uids, one->mailbox);

  if (set == NULL)
    {
      set = imap_uid_set_new ();
      g_hash_table_insert (uids, one->mailbox, set);
    }
  imap_uid_set_add (set, one->download->uid);
}

gboolean
account_sync_fetch_names (AccountSync *account, const GPtrArray *arrived, gboolean whole, GError **error)
{
  g_autoptr (GHashTable) unnamed = uids_new ();

  for (guint i = 0; i < arrived->len; i++)
    if (!is_named (arrived_message (g_ptr_array_index (arrived, i)), whole))
      add_uid (unnamed, g_ptr_array_index (arrived, i));
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);
      const ImapUidSet *set = g_hash_table_lookup (unnamed, mailbox);
      gboolean selected;

      if (set == NULL)
        continue;
      if (!mailbox_sync_select (mailbox, &selected, error) ||
          (selected && !mailbox_sync_fetch_names (mailbox, set, whole, error)))
        return FALSE;
    }
  return TRUE;
}

static void
take_digests (const GPtrArray *arrived, const MailboxSync *mailbox, GHashTable *digests, GHashTable *all)
{
  for (guint i = 0; i < arrived->len; i++)
    {
      Arrived *one = g_ptr_array_index (arrived, i);
      const MessageDigest *digest = g_hash_table_lookup (digests, GUINT_TO_POINTER (one->download->uid));

      if (one->mailbox == mailbox && digest != NULL)
        g_hash_table_insert (all, one, g_memdup2 (digest, sizeof *digest));
    }
}

GHashTable *
account_sync_fetch_digests (AccountSync *account, const GPtrArray *arrived, GError **error)
{
  g_autoptr (GHashTable) all = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  g_autoptr (GHashTable) uids = uids_new ();

  for (guint i = 0; i < arrived->len; i++)
    add_uid (uids, g_ptr_array_index (arrived, i));
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);
      const ImapUidSet *set = g_hash_table_lookup (uids, mailbox);
      g_autoptr (GHashTable) digests = NULL;
      gboolean selected;

      if (set == NULL)
        continue;
      if (!mailbox_sync_select (mailbox, &selected, error))
        return NULL;
      if (!selected)
        continue;
      digests = mailbox_sync_fetch_digests (mailbox, set, error);
      if (digests == NULL)
        return NULL;
      take_digests (arrived, mailbox, digests, all);
    }
  return g_steal_pointer (&all);
}
