#include "imap-parse.h"

#include <string.h>

#include "imap-date.h"

#define MAX_ID_LENGTH 255 /* objectid (RFC 8474 section 7) */

typedef struct
{
  ImapFetch *fetch;
  GBytes *inline_body; /* (nullable) */
} FetchContext;

typedef gboolean (*ItemFunc) (ImapReader *reader, FetchContext *context);

static gboolean
read_uid (ImapReader *reader, FetchContext *context)
{
  return imap_reader_number32 (reader, 1, &context->fetch->uid);
}

static gboolean
read_flags (ImapReader *reader, FetchContext *context)
{
  return imap_reader_words (reader, &context->fetch->flags);
}

static gboolean
read_size (ImapReader *reader, FetchContext *context)
{
  return imap_reader_number (reader, 0, G_MAXINT64, &context->fetch->size);
}

/* MODSEQ (12) */
static gboolean
read_modseq (ImapReader *reader, FetchContext *context)
{
  return imap_reader_expect (reader, '(', "(") &&
         imap_reader_number (reader, 0, G_MAXINT64, &context->fetch->modseq) && imap_reader_close (reader);
}

/* What is no date is left out: one odd message must not stop the others, and its date is never "0". */
static gboolean
read_internal_date (ImapReader *reader, FetchContext *context)
{
  g_autofree char *text = NULL;

  if (!imap_reader_nstring (reader, &text))
    return FALSE;
  if (text != NULL && imap_date_parse (text, strlen (text), &context->fetch->internal_date))
    context->fetch->present |= IMAP_FETCH_INTERNALDATE;
  return TRUE;
}

/* EMAILID (M6d99ac3275bb4e) */
static gboolean
read_email_id (ImapReader *reader, FetchContext *context)
{
  ImapToken id;

  if (imap_reader_word (reader, "NIL"))
    return TRUE;
  if (!imap_reader_expect (reader, '(', "(") || !imap_reader_atom (reader, &id) ||
      !imap_reader_close (reader))
    return FALSE;
  if (id.length > MAX_ID_LENGTH)
    return imap_reader_fail (reader, "shorter id");
  g_free (context->fetch->email_id);
  context->fetch->email_id = imap_token_dup (&id);
  context->fetch->present |= IMAP_FETCH_EMAILID;
  return TRUE;
}

/* Gmail's, where no EMAILID says the same. */
static gboolean
read_gmail_id (ImapReader *reader, FetchContext *context)
{
  guint64 id;

  if (!imap_reader_number (reader, 0, G_MAXUINT64, &id))
    return FALSE;
  if ((context->fetch->present & IMAP_FETCH_EMAILID) != 0)
    return TRUE;
  context->fetch->email_id = g_strdup_printf ("%" G_GUINT64_FORMAT, id);
  context->fetch->present |= IMAP_FETCH_EMAILID;
  return TRUE;
}

static gboolean
read_header (ImapReader *reader, FetchContext *context)
{
  g_clear_pointer (&context->fetch->header, g_bytes_unref);
  return imap_reader_content (reader, &context->fetch->header);
}

/* A body that came as literal is with the sink already; another form waits for the end of the response. */
static gboolean
read_body (ImapReader *reader, FetchContext *context)
{
  if ((context->fetch->present & IMAP_FETCH_BODY) != 0)
    return imap_reader_fail (reader, "only one message body");
  return imap_reader_take_body (reader) || imap_reader_content (reader, &context->inline_body);
}

static gboolean
read_ignored (ImapReader *reader, FetchContext *context)
{
  return imap_reader_skip_value (reader);
}

/* bit: set when the item was read; 0 where the function decides. */
typedef struct
{
  const char *name;
  guint bit;
  ItemFunc read;
} ItemKind;

static const ItemKind PLAIN[] = {
  { "UID", IMAP_FETCH_UID, read_uid },
  { "FLAGS", IMAP_FETCH_FLAGS, read_flags },
  { "RFC822.SIZE", IMAP_FETCH_SIZE, read_size },
  { "INTERNALDATE", 0, read_internal_date },
  { "MODSEQ", IMAP_FETCH_MODSEQ, read_modseq },
  { "EMAILID", 0, read_email_id },
  { "X-GM-MSGID", 0, read_gmail_id },
};
static const ItemKind BODY = { "", IMAP_FETCH_BODY, read_body };
static const ItemKind HEADER = { "", IMAP_FETCH_HEADER, read_header };
static const ItemKind IGNORED = { "", 0, read_ignored };

static gboolean
skip_section_element (ImapReader *reader, gpointer user_data)
{
  return imap_reader_skip_value (reader);
}

/* The part of a section that is a word: "", "HEADER", "HEADER.FIELDS", "1.2.MIME". */
static gboolean
read_section (ImapReader *reader, ImapToken *word)
{
  *word = (ImapToken){ "", 0 };
  if (!imap_reader_expect (reader, '[', "["))
    return FALSE;
  if (!imap_reader_peek (reader, ']') && !imap_reader_atom (reader, word))
    return FALSE;
  while (imap_reader_take (reader, ' '))
    ;
  if (imap_reader_peek (reader, '(') && !imap_reader_list (reader, skip_section_element, NULL))
    return FALSE;
  return imap_reader_expect (reader, ']', "]");
}

/* "<0>": the part from the first octet on, which is the whole when no length was asked for. */
static gboolean
read_origin (ImapReader *reader, guint64 *origin)
{
  *origin = 0;
  if (!imap_reader_take (reader, '<'))
    return TRUE;
  return imap_reader_number (reader, 0, G_MAXUINT32, origin) && imap_reader_expect (reader, '>', ">");
}

static gboolean
is_header_section (const ImapToken *word)
{
  return imap_token_is (word, "HEADER") || imap_token_is (word, "HEADER.FIELDS") ||
         imap_token_is (word, "HEADER.FIELDS.NOT");
}

/* The reader stands on the bracket behind `name`. */
static gboolean
read_section_item (ImapReader *reader, const ImapToken *name, const ItemKind **kind)
{
  ImapToken word;
  guint64 origin;

  if (!read_section (reader, &word) || !read_origin (reader, &origin))
    return FALSE;
  *kind = &IGNORED;
  if (origin != 0 || (!imap_token_is (name, "BODY") && !imap_token_is (name, "BINARY")))
    return TRUE;
  if (word.length == 0)
    *kind = &BODY;
  else if (is_header_section (&word))
    *kind = &HEADER;
  return TRUE;
}

static const ItemKind *
plain_item (const ImapToken *name)
{
  if (imap_token_is (name, "RFC822"))
    return &BODY;
  if (imap_token_is (name, "RFC822.HEADER"))
    return &HEADER;
  for (gsize i = 0; i < G_N_ELEMENTS (PLAIN); i++)
    if (imap_token_is (name, PLAIN[i].name))
      return &PLAIN[i];
  return &IGNORED;
}

static gboolean
read_item_name (ImapReader *reader, const ItemKind **kind)
{
  gsize start = reader->offset;
  ImapToken name;
  const char *bracket;

  if (!imap_reader_atom (reader, &name))
    return FALSE;
  bracket = memchr (name.data, '[', name.length);
  if (bracket == NULL)
    {
      *kind = plain_item (&name);
      return TRUE;
    }
  name.length = (gsize)(bracket - name.data);
  reader->offset = start + name.length;
  return read_section_item (reader, &name, kind);
}

static gboolean
read_item (ImapReader *reader, gpointer user_data)
{
  FetchContext *context = user_data;
  const ItemKind *kind;

  if (!read_item_name (reader, &kind) || !imap_reader_space (reader) || !kind->read (reader, context))
    return FALSE;
  context->fetch->present |= kind->bit;
  return TRUE;
}

gboolean
imap_parse_fetch (ImapReader *reader, ImapResponse *response, GBytes **inline_body)
{
  FetchContext context = { &response->fetch, NULL };
  gboolean parsed = imap_reader_list (reader, read_item, &context);

  *inline_body = context.inline_body;
  return parsed;
}
