/* On a server without UIDLs every message would have to be retrieved at each run, only to find that it is
 * known. Its size and its header by TOP name it well enough to leave it there, not to delete it: for that it
 * is retrieved. Equal ones are known only where there are rows for all of them: else which of them is the new
 * one shows in the full digest. */
#include "import.h"

#include <string.h>

/* Messages that are alike, and the rows that are like them. */
typedef struct
{
  GPtrArray *messages; /* of ImportMessage */
  GPtrArray *rows;     /* of ImportRow */
} Alike;

typedef struct
{
  guint64 size;
  MessageDigest header;
} Likeness;

typedef struct _Headers Headers;

typedef struct
{
  Headers *headers;
  ImportMessage *message;
} Asked;

struct _Headers
{
  Import *import;
  GHashTable *alike; /* Likeness -> Alike */
  GByteArray *coming;
  Asked *asked;
};

static guint
likeness_hash (gconstpointer key)
{
  return message_digest_hash (&((const Likeness *)key)->header);
}

static gboolean
likeness_equal (gconstpointer a, gconstpointer b)
{
  const Likeness *left = a;
  const Likeness *right = b;

  return left->size == right->size && message_digest_equal (&left->header, &right->header);
}

static void
alike_free (gpointer data)
{
  Alike *alike = data;

  g_ptr_array_unref (alike->messages);
  g_ptr_array_unref (alike->rows);
  g_free (alike);
}

static void
add_row (Headers *headers, ImportRow *row)
{
  Likeness likeness = { .size = row->stored.size };
  Alike *alike;

  memcpy (likeness.header.bytes, row->stored.header_digest, sizeof likeness.header.bytes);
  alike = g_hash_table_lookup (headers->alike, &likeness);
  if (alike == NULL)
    {
      alike = g_new0 (Alike, 1);
      alike->messages = g_ptr_array_new ();
      alike->rows = g_ptr_array_new ();
      g_hash_table_insert (headers->alike, g_memdup2 (&likeness, sizeof likeness), alike);
    }
  g_ptr_array_add (alike->rows, row);
}

static void
add_rows (Headers *headers)
{
  const GPtrArray *rows = import_memory_get_rows (headers->import->memory);

  for (guint i = 0; i < rows->len; i++)
    {
      ImportRow *row = g_ptr_array_index (rows, i);

      if (import_row_is_free (row) && row->stored.uidl == NULL)
        add_row (headers, row);
    }
}

static gboolean
take_octets (const guint8 *data, gsize length, gpointer user_data)
{
  const Asked *asked = user_data;
  GByteArray *coming = asked->headers->coming;

  g_byte_array_append (coming, data, (guint)MIN (length, MESSAGE_HEADER_MAX - coming->len));
  return TRUE;
}

static void
end_header (const Pop3Result *result, gpointer user_data)
{
  const Asked *asked = user_data;
  GByteArray *coming = asked->headers->coming;
  g_auto (MessageIdentity) identity = { 0 };
  Likeness likeness = { .size = asked->message->listed->size };
  Alike *alike;

  message_identity_from_header (coming->data, coming->len, &identity, NULL);
  g_byte_array_set_size (coming, 0);
  likeness.header = identity.header;
  alike = g_hash_table_lookup (asked->headers->alike, &likeness);
  if (result->status == POP3_STATUS_OK && alike != NULL)
    g_ptr_array_add (alike->messages, asked->message);
}

static gboolean
ask (Headers *headers, GError **error)
{
  Import *import = headers->import;
  g_autoptr (Pop3Batch) batch = pop3_batch_new (import->session);

  for (guint i = 0; i < import->messages->len; i++)
    {
      ImportMessage *message = &g_array_index (import->messages, ImportMessage, i);

      if (message->listed->uidl != NULL)
        continue;
      headers->asked[i] = (Asked){ headers, message };
      pop3_batch_top (batch, message->listed->number, 0, take_octets, end_header, &headers->asked[i]);
      if (!pop3_batch_wait_at_most (batch, POP3_WINDOW_COMMANDS, error))
        return FALSE;
    }
  return pop3_batch_wait (batch, error);
}

static gboolean
is_one_to_be_deleted (const Import *import, const Alike *alike)
{
  for (guint i = 0; i < alike->rows->len; i++)
    if (import_wants_deleted (import, g_ptr_array_index (alike->rows, i)))
      return TRUE;
  return FALSE;
}

static void
identify (Headers *headers)
{
  Import *import = headers->import;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, headers->alike);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Alike *alike = value;

      if (alike->messages->len > alike->rows->len || is_one_to_be_deleted (import, alike))
        continue;
      for (guint i = 0; i < alike->messages->len; i++)
        {
          ImportMessage *message = g_ptr_array_index (alike->messages, i);

          message->row = import_memory_identify (import->memory, g_ptr_array_index (alike->rows, i), NULL,
                                                 message->listed->size);
        }
    }
}

gboolean
import_read_headers (Import *import, GError **error)
{
  Headers headers = { .import = import };
  gboolean done = TRUE;

  if (!pop3_session_has (import->session, POP3_CAPABILITY_TOP) ||
      import->account->settings->leave == ACCOUNT_LEAVE_NOT)
    return TRUE;
  headers.alike = g_hash_table_new_full (likeness_hash, likeness_equal, g_free, alike_free);
  headers.coming = g_byte_array_new ();
  headers.asked = g_new0 (Asked, import->messages->len);
  add_rows (&headers);
  if (g_hash_table_size (headers.alike) > 0)
    done = ask (&headers, error);
  if (done)
    identify (&headers);
  g_hash_table_unref (headers.alike);
  g_byte_array_unref (headers.coming);
  g_free (headers.asked);
  return done;
}
