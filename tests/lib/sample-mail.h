/* Varied messages for tests, benchmarks and the quickstart, the same for the same seed.
 *
 * Among any few dozen: plain text, HTML, attachments, a forwarded message, UTF-8 and encoded headers, 8-bit
 * text, very long lines, empty bodies, no final line end, no Message-ID, real duplicates, drafts, keywords,
 * and lines that begin with a dot or "From ". Nothing in them is rewritten by a server: they come back byte
 * for byte.
 */
#pragma once

#include <glib.h>

typedef struct
{
  const char *mailbox; /* UTF-8, "/" as delimiter */
  char *flags;         /* as in APPEND: "\\Seen $Work" */
  gint64 date;         /* INTERNALDATE, seconds since the epoch; no two alike but duplicates */
  GBytes *bytes;       /* with CRLF */
} SampleMessage;

/* The mailboxes that the messages are in, INBOX first, NULL-terminated; parents come before children. */
extern const char *const sample_mailboxes[];

/* The `index`-th message of the seed. `size` is what its text is filled up to on average, 0 for a line or
 * two. (transfer full) */
SampleMessage *sample_message_new (guint32 seed, guint index, gsize size);
void sample_message_free (SampleMessage *message);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SampleMessage, sample_message_free)

/* The mailbox of sample_message_new (seed, index, ...), without making the message. */
const char *sample_message_mailbox (guint32 seed, guint index);
