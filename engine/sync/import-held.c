#include "import-held.h"

#include "../journal/journal-pop3.h"

#include <string.h>
#include <unistd.h>

/* A digest and the file it was taken from. */
typedef struct
{
  guint64 size;
  gint64 mtime_ns;
  MessageDigest digest;
  gboolean is_needed; /* some file still is the one */
} Taken;

typedef struct _HeldFile HeldFile;
struct _HeldFile
{
  MessageDigest digest;
  const char *directory;
  const char *base, *file;
  gboolean in_new;
  gboolean is_read; /* in this run: its digest is certain */
  HeldFile *next;   /* (nullable) another one with this digest */
};

struct _ImportHeld
{
  AccountSync *account;
  const ImportTarget *target;
  GHashTable *by_digest; /* MessageDigest -> the first HeldFile of a chain, owned */
  GStringChunk *strings;
  MaildirBox *box; /* (nullable) the mailbox looked into last */
  const char *box_directory;

  /* While loading. */
  GHashTable *cached;   /* base name -> Taken: what was read in earlier runs */
  GHashTable *told;     /* base name -> Taken: what the Maildir's account says of the mailbox at hand */
  GPtrArray *fresh;     /* of HeldFile, unowned: read now */
  GArray *fresh_stamps; /* of MaildirFileStamp, the same index */
};

static void
chain_free (gpointer data)
{
  HeldFile *file = data;

  while (file != NULL)
    {
      HeldFile *next = file->next;

      g_free (file);
      file = next;
    }
}

static void
add_file (ImportHeld *held, HeldFile *file)
{
  HeldFile *first = g_hash_table_lookup (held->by_digest, &file->digest);

  if (first == NULL)
    {
      g_hash_table_insert (held->by_digest, &file->digest, file);
      return;
    }
  file->next = first->next;
  first->next = file;
}

static void
add_taken (GHashTable *table, const char *base, guint64 size, gint64 mtime_ns, const guint8 *digest)
{
  Taken *taken = g_new0 (Taken, 1);

  taken->size = size;
  taken->mtime_ns = mtime_ns;
  memcpy (taken->digest.bytes, digest, sizeof taken->digest.bytes);
  g_hash_table_insert (table, g_strdup (base), taken);
}

static gboolean
load_cached (const JournalPop3File *file, gpointer user_data)
{
  add_taken (user_data, file->base, file->size, file->mtime_ns, file->digest);
  return TRUE;
}

static gboolean
load_told (const JournalMessage *message, gpointer user_data)
{
  if (message->has_digest)
    add_taken (user_data, message->base, message->file_size, message->mtime_ns, message->digest);
  return TRUE;
}

static const Taken *
find_taken (GHashTable *table, const MaildirEntry *entry)
{
  Taken *taken = g_hash_table_lookup (table, entry->base);

  if (taken == NULL || taken->size != entry->size || taken->mtime_ns != entry->mtime_ns)
    return NULL;
  taken->is_needed = TRUE;
  return taken;
}

/* FALSE: it can't be read, or is gone; then it is no copy to rely on. */
static gboolean
read_file (ImportHeld *held, MaildirBox *box, HeldFile *file)
{
  const MaildirPlace place = { .base = file->base, .file = file->file, .in_new = file->in_new };
  g_auto (MessageIdentity) identity = { 0 };
  MaildirFileStamp stamp;

  if (!maildir_message_identify (box, &place, &identity, &stamp, NULL))
    return FALSE;
  file->digest = identity.full;
  file->is_read = TRUE;
  g_ptr_array_add (held->fresh, file);
  g_array_append_val (held->fresh_stamps, stamp);
  return TRUE;
}

static void
add_entry (ImportHeld *held, MaildirBox *box, const char *directory, const MaildirEntry *entry)
{
  const Taken *taken = find_taken (held->told, entry);
  HeldFile *file = g_new0 (HeldFile, 1);

  if (taken == NULL)
    taken = find_taken (held->cached, entry);
  file->directory = directory;
  file->base = g_string_chunk_insert (held->strings, entry->base);
  file->file = g_string_chunk_insert (held->strings, entry->file);
  file->in_new = entry->in_new;
  if (taken != NULL)
    file->digest = taken->digest;
  if (taken != NULL || read_file (held, box, file))
    add_file (held, file);
  else
    g_free (file);
}

static gboolean
add_entries (ImportHeld *held, MaildirBox *box, const char *directory, const MaildirScan *scan,
             GError **error)
{
  for (guint i = 0; i < scan->entries->len; i++)
    {
      if (g_cancellable_set_error_if_cancelled (held->account->cancellable, error))
        return FALSE;
      add_entry (held, box, directory, &g_array_index (scan->entries, MaildirEntry, i));
    }
  return TRUE;
}

static gboolean
ask_journal (ImportHeld *held, GPtrArray *mailboxes, const char *directory, GError **error)
{
  g_hash_table_remove_all (held->told);
  for (guint i = 0; i < mailboxes->len; i++)
    {
      const JournalMailbox *mailbox = g_ptr_array_index (mailboxes, i);

      if (g_str_equal (mailbox->directory, directory))
        return journal_foreach_message (held->target->journal, mailbox->id, load_told, held->told, error);
    }
  return TRUE;
}

static gboolean
load_directory (ImportHeld *held, GPtrArray *mailboxes, const char *directory, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (MaildirBox) box = maildir_box_open (held->target->maildir, directory, NULL, FALSE, &local_error);
  g_autoptr (MaildirScan) scan = box != NULL ? maildir_scan (box, &local_error) : NULL;

  if (scan == NULL)
    {
      report_left (&held->account->report, NULL, "damaged",
                   "%s; what it holds is not recognised and may be delivered once more",
                   local_error->message);
      return TRUE;
    }
  return ask_journal (held, mailboxes, directory, error) &&
         add_entries (held, box, g_string_chunk_insert (held->strings, directory), scan, error);
}

static gboolean
load_directories (ImportHeld *held, GError **error)
{
  g_auto (GStrv) directories = maildir_list_directories (held->target->maildir, error);
  g_autoptr (GPtrArray) mailboxes = NULL;

  if (directories == NULL)
    return FALSE;
  mailboxes = held->target->journal != NULL
                  ? journal_list_mailboxes (held->target->journal, error)
                  : g_ptr_array_new_with_free_func ((GDestroyNotify)journal_mailbox_free);
  if (mailboxes == NULL)
    return FALSE;
  for (guint i = 0; directories[i] != NULL; i++)
    if (!load_directory (held, mailboxes, directories[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
forget_unneeded (ImportHeld *held, GError **error)
{
  GHashTableIter iter;
  gpointer base, taken;

  g_hash_table_iter_init (&iter, held->cached);
  while (g_hash_table_iter_next (&iter, &base, &taken))
    if (!((Taken *)taken)->is_needed && !journal_remove_pop3_file (held->account->journal, base, error))
      return FALSE;
  return TRUE;
}

static gboolean
remember_fresh (ImportHeld *held, GError **error)
{
  for (guint i = 0; i < held->fresh->len; i++)
    {
      const HeldFile *file = g_ptr_array_index (held->fresh, i);
      const MaildirFileStamp *stamp = &g_array_index (held->fresh_stamps, MaildirFileStamp, i);
      JournalPop3File row = { .base = file->base, .size = stamp->size, .mtime_ns = stamp->mtime_ns };

      memcpy (row.digest, file->digest.bytes, sizeof row.digest);
      if (!journal_put_pop3_file (held->account->journal, &row, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
load (ImportHeld *held, GError **error)
{
  Journal *journal = held->account->journal;

  return journal_foreach_pop3_file (journal, load_cached, held->cached, error) &&
         load_directories (held, error) && journal_begin (journal, error) &&
         journal_end (journal, forget_unneeded (held, error) && remember_fresh (held, error), error);
}

ImportHeld *
import_held_load (AccountSync *account, const ImportTarget *target, GError **error)
{
  g_autoptr (ImportHeld) held = g_new0 (ImportHeld, 1);
  gboolean loaded;

  held->account = account;
  held->target = target;
  held->by_digest =
      g_hash_table_new_full (message_digest_hash, (GEqualFunc)message_digest_equal, NULL, chain_free);
  held->strings = g_string_chunk_new (4096);
  held->cached = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  held->told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  held->fresh = g_ptr_array_new ();
  held->fresh_stamps = g_array_new (FALSE, FALSE, sizeof (MaildirFileStamp));
  loaded = load (held, error);
  g_clear_pointer (&held->cached, g_hash_table_unref);
  g_clear_pointer (&held->told, g_hash_table_unref);
  g_clear_pointer (&held->fresh, g_ptr_array_unref);
  g_clear_pointer (&held->fresh_stamps, g_array_unref);
  return loaded ? g_steal_pointer (&held) : NULL;
}

void
import_held_free (ImportHeld *held)
{
  g_clear_pointer (&held->box, maildir_box_free);
  g_hash_table_unref (held->by_digest);
  g_string_chunk_free (held->strings);
  g_free (held);
}

static MaildirBox *
open_box (ImportHeld *held, const char *directory)
{
  if (held->box != NULL && g_str_equal (held->box_directory, directory))
    return held->box;
  g_clear_pointer (&held->box, maildir_box_free);
  held->box = maildir_box_open (held->target->maildir, directory, NULL, FALSE, NULL);
  held->box_directory = directory;
  return held->box;
}

/* Whoever brought the file may not have synced it. */
static gboolean
sync_file (MaildirBox *box, const MaildirPlace *place)
{
  int fd = maildir_message_open (box, place, NULL, NULL);
  gboolean synced;

  if (fd < 0)
    return FALSE;
  synced = fsync (fd) == 0;
  close (fd);
  return synced && maildir_box_sync (box, NULL);
}

static gboolean
is_reliable (ImportHeld *held, const HeldFile *file)
{
  const MaildirPlace place = { .base = file->base, .file = file->file, .in_new = file->in_new };
  MaildirBox *box = open_box (held, file->directory);
  g_auto (MessageIdentity) identity = { 0 };

  if (box == NULL)
    return FALSE;
  if (!file->is_read && !(maildir_message_identify (box, &place, &identity, NULL, NULL) &&
                          message_digest_equal (&identity.full, &file->digest)))
    return FALSE;
  return sync_file (box, &place);
}

/* The first `claims` files belong to messages that are known. */
gboolean
import_held_has (ImportHeld *held, const MessageDigest *digest, guint claims)
{
  HeldFile *file = g_hash_table_lookup (held->by_digest, digest);

  while (file != NULL && claims > 0)
    {
      file = file->next;
      claims--;
    }
  while (file != NULL && !is_reliable (held, file))
    file = file->next;
  return file != NULL;
}
