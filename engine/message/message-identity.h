/* What makes two copies of a message the same message: its bytes, hashed as they stream.
 *
 * Sizes and digests are taken over the CRLF-normalised text (each LF without a CR before it becomes CRLF) and
 * without the header lines X-TUID and X-OfflineIMAP, which other sync tools leave behind: a copy on the
 * server, the file it became, and a file that mbsync wrote have one identity.
 *
 * A hasher holds at most MESSAGE_HEADER_MAX octets of header, whatever the size of the message; of a longer
 * header the rest counts for the full digest only. A message may lack a header, a body, everything: it still
 * has an identity.
 */
#pragma once

#include <glib.h>

#define MESSAGE_HEADER_MAX (256 * 1024)

typedef struct
{
  guint8 bytes[32];
} MessageDigest; /* SHA-256 */

typedef struct
{
  guint64 size;         /* octets of the normalised text without other tools' lines */
  guint64 wire_size;    /* octets an upload sends: bare LF made CRLF, nothing left out */
  MessageDigest full;   /* of the whole normalised text */
  MessageDigest header; /* of all header fields: unfolded, trailing space dropped, sorted */
  char *message_id;     /* (nullable) value of Message-ID, unfolded and stripped; NULL when absent or empty */
  char *date;           /* (nullable) value of Date, unfolded and stripped */
  char *subject;        /* (nullable) value of Subject, unfolded, still encoded (RFC 2047); for people only */
} MessageIdentity;

void
message_identity_clear (MessageIdentity *identity);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MessageIdentity, message_identity_clear)

gboolean
message_digest_equal (const MessageDigest *a, const MessageDigest *b);
guint
message_digest_hash (gconstpointer digest); /* for GHashTable */
/* (transfer full): 64 hexadecimal digits. */
char *
message_digest_to_string (const MessageDigest *digest);

typedef struct _MessageHasher MessageHasher;

MessageHasher *
message_hasher_new (void);
void
message_hasher_free (MessageHasher *hasher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MessageHasher, message_hasher_free)

void
message_hasher_update (MessageHasher *hasher, const guint8 *data, gsize length);

/* Ends the message, fills *identity (to be cleared by the caller) and makes the hasher ready for another. */
void
message_hasher_finish (MessageHasher *hasher, MessageIdentity *identity);

/* The same for header bytes alone, e.g. of BODY[HEADER] or BODY[HEADER.FIELDS (MESSAGE-ID DATE X-TUID)]:
 * message_id, date, subject and header are valid. `other_tools` (nullable) receives the octets of X-TUID and
 * X-OfflineIMAP lines among them, by which a server's RFC822.SIZE exceeds the normalised size. */
void
message_identity_from_header (const guint8 *data, gsize length, MessageIdentity *identity,
                              gsize *other_tools);
