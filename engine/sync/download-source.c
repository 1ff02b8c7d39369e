#include "download-source.h"

#define COMMAND_UIDS 250

static gboolean
is_free (const DownloadSource *source, guint32 uid)
{
  return g_hash_table_contains (source->wanted, GUINT_TO_POINTER (uid)) &&
         !g_hash_table_contains (source->asked, GUINT_TO_POINTER (uid));
}

/* Everything that is wanted and nobody was asked for is to be handed out. */
static void
start_over (DownloadSource *source)
{
  const GArray *remote = source->mailbox->remote;

  source->left = remote->len;
  source->octets_left = 0;
  for (guint i = 0; i < remote->len; i++)
    {
      const PlanRemote *message = &g_array_index (remote, PlanRemote, i);

      if (is_free (source, message->uid))
        source->octets_left += message->size;
    }
}

void
download_source_init (DownloadSource *source, MailboxSync *mailbox)
{
  *source = (DownloadSource){ .mailbox = mailbox };
  source->wanted = g_hash_table_new (NULL, NULL);
  source->asked = g_hash_table_new (NULL, NULL);
  for (guint i = 0; i < mailbox->plan->len; i++)
    {
      PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);

      if (operation->kind == PLAN_DOWNLOAD)
        g_hash_table_insert (source->wanted, GUINT_TO_POINTER (operation->uid), operation);
    }
  start_over (source);
}

void
download_source_clear (DownloadSource *source)
{
  g_hash_table_unref (source->wanted);
  g_hash_table_unref (source->asked);
}

ImapUidSet *
download_source_take (DownloadSource *source, gpointer who, guint64 octets)
{
  ImapUidSet *set = imap_uid_set_new ();
  guint64 taken = 0;

  while (source->left > 0 && imap_uid_set_count (set) < COMMAND_UIDS && taken < octets)
    {
      const PlanRemote *remote = &g_array_index (source->mailbox->remote, PlanRemote, --source->left);

      if (!is_free (source, remote->uid))
        continue;
      imap_uid_set_add (set, remote->uid);
      g_hash_table_insert (source->asked, GUINT_TO_POINTER (remote->uid), who);
      taken += remote->size;
    }
  source->octets_left -= MIN (taken, source->octets_left);
  return set;
}

static gboolean
was_asked_of (gpointer uid, gpointer asked, gpointer who)
{
  return asked == who;
}

void
download_source_give_back (DownloadSource *source, gpointer who)
{
  g_hash_table_foreach_remove (source->asked, was_asked_of, who);
  start_over (source);
}

const PlanOperation *
download_source_find (const DownloadSource *source, guint32 uid)
{
  return g_hash_table_lookup (source->wanted, GUINT_TO_POINTER (uid));
}

void
download_source_note_arrival (DownloadSource *source, guint32 uid, guint64 octets)
{
  g_hash_table_remove (source->wanted, GUINT_TO_POINTER (uid));
  g_hash_table_remove (source->asked, GUINT_TO_POINTER (uid));
  source->came += octets;
}
