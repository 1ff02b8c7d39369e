#include "imap-parse.h"

#include <string.h>

#include "imap-mailbox-name.h"

/* (nullable) */
static char *
decode_name (const ImapReader *reader, const char *raw)
{
  if (!reader->utf8)
    return imap_mailbox_name_decode (raw);
  return g_utf8_validate (raw, -1, NULL) ? g_strdup (raw) : NULL;
}

/* (nullable) */
static char *
decode_mailbox (const ImapReader *reader, const char *raw, char delimiter)
{
  g_autofree char *name = decode_name (reader, raw);

  return name != NULL ? imap_mailbox_name_fold_inbox (name, delimiter) : NULL;
}

/* A quoted character, or NIL or "" for a flat hierarchy. */
static gboolean
read_delimiter (ImapReader *reader, char *delimiter)
{
  g_autofree char *text = NULL;

  if (!imap_reader_nstring (reader, &text))
    return FALSE;
  if (text != NULL && text[0] != '\0' && (text[1] != '\0' || !g_ascii_isprint (text[0])))
    return imap_reader_fail (reader, "delimiter of one character");
  *delimiter = text != NULL ? text[0] : '\0';
  return TRUE;
}

static gboolean
skip_element (ImapReader *reader, gpointer user_data)
{
  return imap_reader_skip_value (reader);
}

/* OLDNAME ("name"); the first one counts. */
static gboolean
read_old_name (ImapReader *reader, gpointer user_data)
{
  ImapListItem *item = user_data;
  g_autofree char *raw = NULL;

  if (!imap_reader_astring (reader, &raw))
    return FALSE;
  if (item->old_name == NULL)
    item->old_name = decode_mailbox (reader, raw, item->delimiter);
  return TRUE;
}

static gboolean
read_list_extension (ImapReader *reader, gpointer user_data)
{
  g_autofree char *tag = NULL;

  if (!imap_reader_astring (reader, &tag) || !imap_reader_space (reader))
    return FALSE;
  if (g_ascii_strcasecmp (tag, "OLDNAME") == 0)
    return imap_reader_list (reader, read_old_name, user_data);
  return imap_reader_skip_value (reader);
}

gboolean
imap_parse_list (ImapReader *reader, ImapResponse *response)
{
  ImapListItem *item = &response->list;

  if (!imap_reader_words (reader, &item->attributes) || !imap_reader_space (reader) ||
      !read_delimiter (reader, &item->delimiter) || !imap_reader_space (reader) ||
      !imap_reader_astring (reader, &item->raw))
    return FALSE;
  item->mailbox = decode_mailbox (reader, item->raw, item->delimiter);
  if (imap_reader_at_end (reader))
    return TRUE;
  return imap_reader_space (reader) && imap_reader_list (reader, read_list_extension, item);
}

static gboolean
read_status_item (ImapReader *reader, gpointer user_data)
{
  ImapMailboxStatus *status = user_data;
  const struct
  {
    const char *name;
    guint bit;
    guint32 min;
    guint32 *value;
  } items[] = {
    { "MESSAGES", IMAP_STATUS_ITEM_MESSAGES, 0, &status->messages },
    { "UIDNEXT", IMAP_STATUS_ITEM_UIDNEXT, 1, &status->uidnext },
    { "UIDVALIDITY", IMAP_STATUS_ITEM_UIDVALIDITY, 1, &status->uidvalidity },
    { "UNSEEN", IMAP_STATUS_ITEM_UNSEEN, 0, &status->unseen },
  };
  ImapToken name;

  if (!imap_reader_atom (reader, &name) || !imap_reader_space (reader))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (items); i++)
    if (imap_token_is (&name, items[i].name))
      {
        status->present |= items[i].bit;
        return imap_reader_number32 (reader, items[i].min, items[i].value);
      }
  if (!imap_token_is (&name, "HIGHESTMODSEQ"))
    return imap_reader_skip_value (reader);
  status->present |= IMAP_STATUS_ITEM_HIGHESTMODSEQ;
  return imap_reader_number (reader, 0, G_MAXINT64, &status->highestmodseq);
}

gboolean
imap_parse_status (ImapReader *reader, ImapResponse *response)
{
  ImapMailboxStatus *status = &response->mailbox_status;

  if (!imap_reader_astring (reader, &status->raw) || !imap_reader_space (reader))
    return FALSE;
  status->mailbox = decode_mailbox (reader, status->raw, '\0');
  return imap_reader_list (reader, read_status_item, status);
}

typedef struct
{
  ImapResponse *response; /* (nullable) NULL once the first namespace is known */
} NamespaceContext;

/* ("INBOX." "." "X-PARAM" ("a" "b")); the reader stands on the parenthesis. */
static gboolean
read_namespace (ImapReader *reader, gpointer user_data)
{
  NamespaceContext *context = user_data;
  g_autofree char *raw = NULL;
  char delimiter = '\0';

  if (!imap_reader_expect (reader, '(', "(") || !imap_reader_nstring (reader, &raw) ||
      !imap_reader_space (reader) || !read_delimiter (reader, &delimiter))
    return FALSE;
  while (!imap_reader_take (reader, ')'))
    if (!imap_reader_space (reader) || (!imap_reader_peek (reader, ')') && !imap_reader_skip_value (reader)))
      return FALSE;
  if (context->response == NULL)
    return TRUE;
  context->response->prefix = decode_name (reader, raw != NULL ? raw : "");
  context->response->delimiter = delimiter;
  context->response = NULL;
  return TRUE;
}

static gboolean
skip_namespaces (ImapReader *reader)
{
  return imap_reader_word (reader, "NIL") || imap_reader_list (reader, skip_element, NULL);
}

/* Personal, other users', shared; only the first of the personal ones is of interest. */
gboolean
imap_parse_namespace (ImapReader *reader, ImapResponse *response)
{
  NamespaceContext context = { response };

  if (!imap_reader_word (reader, "NIL") && !imap_reader_list (reader, read_namespace, &context))
    return FALSE;
  return imap_reader_space (reader) && skip_namespaces (reader) && imap_reader_space (reader) &&
         skip_namespaces (reader);
}
