#include "imap-parse.h"

#include <string.h>

typedef gboolean (*ParseFunc) (ImapReader *reader, ImapResponse *response);

static const char *const CONDITIONS[] = {
  [IMAP_STATUS_OK] = "OK",           [IMAP_STATUS_NO] = "NO",   [IMAP_STATUS_BAD] = "BAD",
  [IMAP_STATUS_PREAUTH] = "PREAUTH", [IMAP_STATUS_BYE] = "BYE",
};

/* The first `n` of CONDITIONS; merely tries. */
static gboolean
take_condition (ImapReader *reader, guint n, ImapStatus *status)
{
  for (guint i = 0; i < n; i++)
    if (imap_reader_word (reader, CONDITIONS[i]))
      {
        *status = (ImapStatus)i;
        return TRUE;
      }
  return FALSE;
}

/* All that is left. */
static char *
take_text (ImapReader *reader)
{
  char *text = g_strndup ((const char *)reader->data + reader->offset, reader->length - reader->offset);

  reader->offset = reader->length;
  return text;
}

/* resp-text, with the space before it; servers leave all of it out, or the text behind the code. */
static gboolean
parse_response_text (ImapReader *reader, ImapResponse *response)
{
  if (reader->offset < reader->length && !imap_reader_expect (reader, ' ', "space"))
    return FALSE;
  imap_parse_code (reader, &response->code);
  response->text = take_text (reader);
  return TRUE;
}

static gboolean
parse_tagged (ImapReader *reader, ImapResponse *response)
{
  ImapToken tag;

  if (!imap_reader_long_atom (reader, &tag) || !imap_reader_space (reader))
    return FALSE;
  response->tag = imap_token_dup (&tag);
  if (!take_condition (reader, IMAP_STATUS_PREAUTH, &response->status))
    return imap_reader_fail (reader, "OK, NO or BAD");
  return parse_response_text (reader, response);
}

static gboolean
parse_continuation (ImapReader *reader, ImapResponse *response)
{
  imap_reader_take (reader, ' ');
  response->text = take_text (reader);
  return TRUE;
}

static gboolean
parse_words_to_end (ImapReader *reader, ImapResponse *response)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);
  ImapToken word;

  while (!imap_reader_at_end (reader))
    {
      if (!imap_reader_space (reader) || !imap_reader_long_atom (reader, &word))
        return FALSE;
      g_ptr_array_add (words, imap_token_dup (&word));
    }
  g_ptr_array_add (words, NULL);
  response->strings = (char **)g_ptr_array_steal (words, NULL);
  return TRUE;
}

static gboolean
parse_flags (ImapReader *reader, ImapResponse *response)
{
  return imap_reader_space (reader) && imap_reader_words (reader, &response->strings);
}

static gboolean
parse_spaced_list (ImapReader *reader, ImapResponse *response)
{
  return imap_reader_space (reader) && imap_parse_list (reader, response);
}

static gboolean
parse_spaced_status (ImapReader *reader, ImapResponse *response)
{
  return imap_reader_space (reader) && imap_parse_status (reader, response);
}

static gboolean
parse_spaced_namespace (ImapReader *reader, ImapResponse *response)
{
  return imap_reader_space (reader) && imap_parse_namespace (reader, response);
}

/* Untagged data that begins with its name; each stands at the space behind it. */
static const struct
{
  const char *name;
  ImapResponseType type;
  ParseFunc parse;
} NAMED[] = {
  { "CAPABILITY", IMAP_RESPONSE_CAPABILITY, parse_words_to_end },
  { "ENABLED", IMAP_RESPONSE_ENABLED, parse_words_to_end },
  { "FLAGS", IMAP_RESPONSE_FLAGS, parse_flags },
  { "LIST", IMAP_RESPONSE_LIST, parse_spaced_list },
  { "LSUB", IMAP_RESPONSE_LIST, parse_spaced_list },
  { "XLIST", IMAP_RESPONSE_LIST, parse_spaced_list },
  { "STATUS", IMAP_RESPONSE_STATUS, parse_spaced_status },
  { "NAMESPACE", IMAP_RESPONSE_NAMESPACE, parse_spaced_namespace },
  { "SEARCH", IMAP_RESPONSE_SEARCH, imap_parse_search },
  { "ESEARCH", IMAP_RESPONSE_SEARCH, imap_parse_esearch },
  { "VANISHED", IMAP_RESPONSE_VANISHED, imap_parse_vanished },
};

static gboolean
parse_named (ImapReader *reader, ImapResponse *response)
{
  ImapToken name;

  for (gsize i = 0; i < G_N_ELEMENTS (NAMED); i++)
    if (imap_reader_word (reader, NAMED[i].name))
      {
        response->type = NAMED[i].type;
        return NAMED[i].parse (reader, response) && imap_reader_end (reader);
      }
  return imap_reader_atom (reader, &name) && imap_reader_skip_rest (reader);
}

/* "12 EXISTS" and its like; response->number is read. */
static gboolean
parse_counted (ImapReader *reader, ImapResponse *response, GBytes **inline_body)
{
  if (imap_reader_word (reader, "EXISTS"))
    response->type = IMAP_RESPONSE_EXISTS;
  else if (imap_reader_word (reader, "EXPUNGE"))
    response->type = IMAP_RESPONSE_EXPUNGE;
  else if (imap_reader_word (reader, "FETCH"))
    response->type = IMAP_RESPONSE_FETCH;
  else
    return imap_reader_skip_rest (reader);

  if (response->number == 0 && response->type != IMAP_RESPONSE_EXISTS)
    return imap_reader_fail (reader, "sequence number above 0");
  if (response->type != IMAP_RESPONSE_FETCH)
    return imap_reader_end (reader);
  response->fetch.sequence = (guint32)response->number;
  return imap_reader_space (reader) && imap_parse_fetch (reader, response, inline_body) &&
         imap_reader_end (reader);
}

static gboolean
at_digit (const ImapReader *reader)
{
  return reader->offset < reader->length && g_ascii_isdigit (reader->data[reader->offset]);
}

static gboolean
parse_untagged (ImapReader *reader, ImapResponse *response, GBytes **inline_body)
{
  if (!imap_reader_space (reader))
    return FALSE;
  if (at_digit (reader))
    return imap_reader_number (reader, 0, G_MAXUINT32, &response->number) && imap_reader_space (reader) &&
           parse_counted (reader, response, inline_body);
  if (!take_condition (reader, G_N_ELEMENTS (CONDITIONS), &response->status))
    return parse_named (reader, response);
  response->type = IMAP_RESPONSE_CONDITION;
  return parse_response_text (reader, response);
}

gboolean
imap_parse_response (ImapReader *reader, ImapResponse **response, GBytes **inline_body)
{
  g_autoptr (ImapResponse) result = imap_response_new (IMAP_RESPONSE_OTHER);
  g_autoptr (GBytes) body = NULL;
  gboolean parsed;

  if (imap_reader_take (reader, '*'))
    parsed = parse_untagged (reader, result, &body);
  else if (imap_reader_take (reader, '+'))
    {
      result->type = IMAP_RESPONSE_CONTINUATION;
      parsed = parse_continuation (reader, result);
    }
  else
    {
      result->type = IMAP_RESPONSE_TAGGED;
      parsed = parse_tagged (reader, result);
    }
  if (!parsed)
    return FALSE;
  *response = g_steal_pointer (&result);
  *inline_body = g_steal_pointer (&body);
  return TRUE;
}

gboolean
imap_parse_may_hold_literals (ImapReader *reader)
{
  ImapStatus status;

  return imap_reader_take (reader, '*') && imap_reader_space (reader) &&
         !take_condition (reader, G_N_ELEMENTS (CONDITIONS), &status);
}

gboolean
imap_parse_fetch_head (ImapReader *reader)
{
  guint64 number;

  return imap_reader_take (reader, '*') && imap_reader_space (reader) &&
         imap_reader_number (reader, 1, G_MAXUINT32, &number) && imap_reader_space (reader) &&
         imap_reader_word (reader, "FETCH");
}
