#include "import-memory.h"

#include <string.h>

struct _ImportMemory
{
  GPtrArray *rows;
  GHashTable *by_uidl;   /* UIDL -> ImportRow */
  GHashTable *by_digest; /* MessageDigest -> the first ImportRow of a chain */
  GStringChunk *strings;
};

static const MessageDigest *
digest_of (const ImportRow *row)
{
  return (const MessageDigest *)row->stored.digest;
}

static ImportRow *
first_with (ImportMemory *memory, const MessageDigest *digest)
{
  return g_hash_table_lookup (memory->by_digest, digest);
}

/* The key is the digest inside the chain's first row. */
static void
link_digest (ImportMemory *memory, ImportRow *row)
{
  ImportRow *first = first_with (memory, digest_of (row));

  if (first != NULL)
    {
      row->next = first->next;
      first->next = row;
    }
  else
    g_hash_table_insert (memory->by_digest, row->stored.digest, row);
}

static void
unlink_digest (ImportMemory *memory, ImportRow *row)
{
  ImportRow *before = first_with (memory, digest_of (row));

  if (before == row)
    {
      g_hash_table_remove (memory->by_digest, row->stored.digest);
      if (row->next != NULL)
        g_hash_table_insert (memory->by_digest, row->next->stored.digest, row->next);
    }
  else
    {
      while (before->next != row)
        before = before->next;
      before->next = row->next;
    }
  row->next = NULL;
}

static void
set_uidl (ImportMemory *memory, ImportRow *row, const char *uidl)
{
  if (row->stored.uidl != NULL)
    g_hash_table_remove (memory->by_uidl, row->stored.uidl);
  row->stored.uidl = uidl != NULL ? g_string_chunk_insert (memory->strings, uidl) : NULL;
  if (row->stored.uidl != NULL)
    g_hash_table_insert (memory->by_uidl, (gpointer)row->stored.uidl, row);
  row->changed = TRUE;
}

static ImportRow *
add_row (ImportMemory *memory, const JournalPop3Message *stored)
{
  ImportRow *row = g_new0 (ImportRow, 1);

  row->stored = *stored;
  row->stored.uidl = row->stored.base = NULL;
  g_ptr_array_add (memory->rows, row);
  set_uidl (memory, row, stored->uidl);
  if (stored->has_digest)
    link_digest (memory, row);
  return row;
}

static gboolean
load_row (const JournalPop3Message *message, gpointer user_data)
{
  add_row (user_data, message)->changed = FALSE;
  return TRUE;
}

ImportMemory *
import_memory_load (Journal *journal, GError **error)
{
  g_autoptr (ImportMemory) memory = g_new0 (ImportMemory, 1);

  memory->rows = g_ptr_array_new_with_free_func (g_free);
  memory->by_uidl = g_hash_table_new (g_str_hash, g_str_equal);
  memory->by_digest = g_hash_table_new (message_digest_hash, (GEqualFunc)message_digest_equal);
  memory->strings = g_string_chunk_new (4096);
  if (!journal_foreach_pop3_message (journal, load_row, memory, error))
    return NULL;
  return g_steal_pointer (&memory);
}

void
import_memory_free (ImportMemory *memory)
{
  g_hash_table_unref (memory->by_uidl);
  g_hash_table_unref (memory->by_digest);
  g_ptr_array_unref (memory->rows);
  g_string_chunk_free (memory->strings);
  g_free (memory);
}

const GPtrArray *
import_memory_get_rows (const ImportMemory *memory)
{
  return memory->rows;
}

ImportRow *
import_memory_find_uidl (ImportMemory *memory, const char *uidl)
{
  return g_hash_table_lookup (memory->by_uidl, uidl);
}

guint
import_memory_count_claims (ImportMemory *memory, const MessageDigest *digest)
{
  guint count = 0;

  for (ImportRow *row = first_with (memory, digest); row != NULL; row = row->next)
    count += row->listed && !row->delivered;
  return count;
}

gboolean
import_row_is_free (const ImportRow *row)
{
  return row->stored.has_digest && !row->listed && row->stored.deleted == JOURNAL_POP3_NOT_DELETED;
}

ImportRow *
import_memory_find_free (ImportMemory *memory, const MessageDigest *digest)
{
  ImportRow *row = first_with (memory, digest);

  while (row != NULL && !import_row_is_free (row))
    row = row->next;
  return row;
}

/* The old row stays for its UIDL. */
static ImportRow *
succeed (ImportMemory *memory, ImportRow *row, const char *uidl)
{
  JournalPop3Message stored = row->stored;

  unlink_digest (memory, row);
  row->stored.has_digest = FALSE;
  row->changed = TRUE;
  stored.id = 0;
  stored.uidl = uidl;
  stored.unlisted = 0;
  return add_row (memory, &stored);
}

ImportRow *
import_memory_identify (ImportMemory *memory, ImportRow *row, const char *uidl, guint64 size)
{
  if (g_strcmp0 (row->stored.uidl, uidl) != 0)
    {
      if (row->stored.uidl != NULL)
        row = succeed (memory, row, uidl);
      else
        set_uidl (memory, row, uidl);
    }
  row->changed = row->changed || row->stored.size != size || row->stored.unlisted != 0;
  row->stored.size = size;
  row->stored.unlisted = 0;
  row->listed = TRUE;
  return row;
}

ImportRow *
import_memory_add (ImportMemory *memory, const char *uidl, guint64 size, const MessageIdentity *identity,
                   gint64 now)
{
  JournalPop3Message stored = { .uidl = uidl, .has_digest = TRUE, .size = size, .first_seen = now };
  ImportRow *row;

  memcpy (stored.digest, identity->full.bytes, sizeof stored.digest);
  memcpy (stored.header_digest, identity->header.bytes, sizeof stored.header_digest);
  row = add_row (memory, &stored);
  row->listed = TRUE;
  return row;
}

void
import_memory_take_uidl (ImportMemory *memory, ImportRow *row)
{
  set_uidl (memory, row, NULL);
}

gboolean
import_row_is_older (const ImportRow *row, guint days, gint64 now)
{
  return now - row->stored.first_seen >= (gint64)days * 24 * 60 * 60;
}
