/* The text goes through three steps, each holding back at most a few octets, so that it does not matter how
 * the input was cut:
 *
 *   lines      ends each line with CRLF, counts wire_size
 *   filter     in the header: keeps a line's first octets until it is known whether the line is another
 *              tool's; sees the empty line that ends the header
 *   collect    counts size, keeps the header, feeds the digest in big pieces
 */
#include "message-header.h"

#include <openssl/evp.h>
#include <string.h>

#define DIGEST_PIECE (64 * 1024)

/* Enough of a line to know "X-OfflineIMAP:", and the two octets of an empty line. */
#define LINE_START 14

struct _MessageHasher
{
  EVP_MD *sha256;
  EVP_MD_CTX *context;

  gboolean in_header;
  gboolean after_cr;             /* the last octet of the input was a CR */
  guint8 line_start[LINE_START]; /* held back; in the header only */
  gsize line_start_length;
  gboolean line_decided; /* line_start was handed on or dropped */
  gboolean leave_out;    /* the current line is another tool's */

  guint64 size;
  guint64 wire_size;
  GByteArray *header; /* at most MESSAGE_HEADER_MAX octets */
  gsize piece_length;
  guint8 piece[DIGEST_PIECE];
};

void
message_identity_clear (MessageIdentity *identity)
{
  g_clear_pointer (&identity->message_id, g_free);
  g_clear_pointer (&identity->date, g_free);
  g_clear_pointer (&identity->subject, g_free);
}

gboolean
message_digest_equal (const MessageDigest *a, const MessageDigest *b)
{
  return memcmp (a->bytes, b->bytes, sizeof a->bytes) == 0;
}

guint
message_digest_hash (gconstpointer digest)
{
  guint hash;

  memcpy (&hash, ((const MessageDigest *)digest)->bytes, sizeof hash);
  return hash;
}

char *
message_digest_to_string (const MessageDigest *digest)
{
  GString *text = g_string_sized_new (2 * sizeof digest->bytes);

  for (gsize i = 0; i < sizeof digest->bytes; i++)
    g_string_append_printf (text, "%02x", digest->bytes[i]);
  return g_string_free (text, FALSE);
}

/* A digest fails only where OpenSSL itself is broken or memory is out: as with g_malloc, there is no going
 * on.
 */
static void
require_digest (int outcome)
{
  if (outcome != 1)
    g_error ("OpenSSL offers no SHA-256");
}

static void
begin_message (MessageHasher *hasher)
{
  hasher->in_header = TRUE;
  hasher->after_cr = FALSE;
  hasher->line_start_length = 0;
  hasher->line_decided = FALSE;
  hasher->leave_out = FALSE;
  hasher->size = 0;
  hasher->wire_size = 0;
  hasher->piece_length = 0;
  g_byte_array_set_size (hasher->header, 0);
  require_digest (EVP_DigestInit_ex2 (hasher->context, hasher->sha256, NULL));
}

MessageHasher *
message_hasher_new (void)
{
  MessageHasher *hasher = g_new (MessageHasher, 1);

  hasher->sha256 = EVP_MD_fetch (NULL, "SHA256", NULL);
  hasher->context = EVP_MD_CTX_new ();
  require_digest (hasher->sha256 != NULL && hasher->context != NULL);
  hasher->header = g_byte_array_new ();
  begin_message (hasher);
  return hasher;
}

void
message_hasher_free (MessageHasher *hasher)
{
  if (hasher == NULL)
    return;
  EVP_MD_CTX_free (hasher->context);
  EVP_MD_free (hasher->sha256);
  g_byte_array_unref (hasher->header);
  g_free (hasher);
}

static void
feed_digest (MessageHasher *hasher, const guint8 *data, gsize length)
{
  require_digest (EVP_DigestUpdate (hasher->context, data, length));
}

static void
flush_piece (MessageHasher *hasher)
{
  feed_digest (hasher, hasher->piece, hasher->piece_length);
  hasher->piece_length = 0;
}

/* Many small ones become a big one. */
static void
collect_piece (MessageHasher *hasher, const guint8 *data, gsize length)
{
  if (length > DIGEST_PIECE - hasher->piece_length)
    flush_piece (hasher);
  if (length >= DIGEST_PIECE / 2)
    {
      flush_piece (hasher);
      feed_digest (hasher, data, length);
      return;
    }
  memcpy (hasher->piece + hasher->piece_length, data, length);
  hasher->piece_length += length;
}

static void
collect (MessageHasher *hasher, const guint8 *data, gsize length)
{
  hasher->size += length;
  if (hasher->in_header && hasher->header->len < MESSAGE_HEADER_MAX)
    g_byte_array_append (hasher->header, data, (guint)MIN (length, MESSAGE_HEADER_MAX - hasher->header->len));
  collect_piece (hasher, data, length);
}

static gboolean
line_starts_with (const MessageHasher *hasher, const char *name)
{
  gsize length = strlen (name);

  return hasher->line_start_length >= length &&
         g_ascii_strncasecmp ((const char *)hasher->line_start, name, length) == 0;
}

/* A folded line goes where the line before it went. */
static void
decide_line (MessageHasher *hasher)
{
  gboolean folded = line_starts_with (hasher, " ") || line_starts_with (hasher, "\t");

  if (!folded)
    hasher->leave_out = line_starts_with (hasher, "X-TUID:") || line_starts_with (hasher, "X-OfflineIMAP:");
  hasher->line_decided = TRUE;
  if (!hasher->leave_out)
    collect (hasher, hasher->line_start, hasher->line_start_length);
}

/* `data` is a piece of one line; with `ends` the line is complete, its CRLF being the last of all octets. */
static void
filter_header (MessageHasher *hasher, const guint8 *data, gsize length, gboolean ends)
{
  if (!hasher->line_decided)
    {
      gsize take = MIN (length, LINE_START - hasher->line_start_length);

      memcpy (hasher->line_start + hasher->line_start_length, data, take);
      hasher->line_start_length += take;
      data += take;
      length -= take;
      if (hasher->line_start_length == LINE_START || ends)
        decide_line (hasher);
    }
  if (hasher->line_decided && !hasher->leave_out)
    collect (hasher, data, length);
  if (ends)
    {
      hasher->in_header = !(hasher->line_start_length == 2 && line_starts_with (hasher, "\r\n"));
      hasher->line_start_length = 0;
      hasher->line_decided = FALSE;
    }
}

static void
filter (MessageHasher *hasher, const guint8 *data, gsize length, gboolean ends)
{
  hasher->wire_size += length;
  if (hasher->in_header)
    filter_header (hasher, data, length, ends);
  else
    collect (hasher, data, length);
}

/* What of the body goes on as it is: all up to an LF without a CR before it. */
static const guint8 *
skip_whole_lines (const MessageHasher *hasher, const guint8 *data, const guint8 *end)
{
  const guint8 *next = data;
  const guint8 *lf;

  while ((lf = memchr (next, '\n', (gsize)(end - next))) != NULL)
    {
      if (lf > data ? lf[-1] != '\r' : !hasher->after_cr)
        return lf;
      next = lf + 1;
    }
  return end;
}

/* Of the header one line, or what there is of it, without an LF that lacks its CR. */
static const guint8 *
skip_line (const MessageHasher *hasher, const guint8 *data, const guint8 *end)
{
  const guint8 *lf = memchr (data, '\n', (gsize)(end - data));

  if (lf == NULL)
    return end;
  return (lf > data ? lf[-1] == '\r' : hasher->after_cr) ? lf + 1 : lf;
}

void
message_hasher_update (MessageHasher *hasher, const guint8 *data, gsize length)
{
  const guint8 *end = data + length;

  while (data < end)
    {
      const guint8 *stop =
          hasher->in_header ? skip_line (hasher, data, end) : skip_whole_lines (hasher, data, end);

      if (stop == data)
        {
          filter (hasher, (const guint8 *)"\r\n", 2, TRUE);
          hasher->after_cr = FALSE;
          data++;
          continue;
        }
      filter (hasher, data, (gsize)(stop - data), stop[-1] == '\n');
      hasher->after_cr = stop[-1] == '\r';
      data = stop;
    }
}

void
message_hasher_finish (MessageHasher *hasher, MessageIdentity *identity)
{
  /* A header that just stops, within the first octets of a line. */
  if (hasher->in_header && !hasher->line_decided)
    decide_line (hasher);
  flush_piece (hasher);

  memset (identity, 0, sizeof *identity);
  identity->size = hasher->size;
  identity->wire_size = hasher->wire_size;
  require_digest (EVP_DigestFinal_ex (hasher->context, identity->full.bytes, NULL));
  message_header_read (hasher->header, identity);
  begin_message (hasher);
}

void
message_identity_from_header (const guint8 *data, gsize length, MessageIdentity *identity, gsize *other_tools)
{
  g_autoptr (MessageHasher) hasher = message_hasher_new ();

  message_hasher_update (hasher, data, length);
  message_hasher_finish (hasher, identity);
  if (other_tools != NULL)
    *other_tools = (gsize)(identity->wire_size - identity->size);
}
