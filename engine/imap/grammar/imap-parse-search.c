#include "imap-parse.h"

/* sequence-set without "*". (transfer full) */
static gboolean
read_set (ImapReader *reader, ImapUidSet **set)
{
  ImapToken token;
  ImapUidSet *parsed;

  if (!imap_reader_atom (reader, &token))
    return FALSE;
  parsed = imap_uid_set_parse (token.data, token.length);
  if (parsed == NULL)
    return imap_reader_fail (reader, "set of UIDs before here");
  imap_uid_set_free (*set);
  *set = parsed;
  return TRUE;
}

/* (MODSEQ 917162500) behind the UIDs (RFC 7162 section 3.1.5) */
static gboolean
read_search_modseq (ImapReader *reader, guint64 *modseq)
{
  if (!imap_reader_expect (reader, '(', "("))
    return FALSE;
  if (!imap_reader_word (reader, "MODSEQ"))
    return imap_reader_fail (reader, "MODSEQ");
  return imap_reader_space (reader) && imap_reader_number (reader, 0, G_MAXINT64, modseq) &&
         imap_reader_close (reader);
}

static gboolean
read_search_uids (ImapReader *reader, GArray *ranges, guint64 *modseq)
{
  ImapUidRange range;

  while (!imap_reader_at_end (reader))
    {
      if (!imap_reader_space (reader))
        return FALSE;
      if (imap_reader_peek (reader, '('))
        return read_search_modseq (reader, modseq);
      if (!imap_reader_number32 (reader, 1, &range.first))
        return FALSE;
      range.last = range.first;
      g_array_append_val (ranges, range);
    }
  return TRUE;
}

gboolean
imap_parse_search (ImapReader *reader, ImapResponse *response)
{
  g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE, sizeof (ImapUidRange));

  if (!read_search_uids (reader, ranges, &response->number))
    return FALSE;
  response->set = imap_uid_set_new ();
  imap_uid_set_add_ranges (response->set, (const ImapUidRange *)ranges->data, ranges->len);
  return TRUE;
}

/* (TAG "A12") */
static gboolean
read_correlator (ImapReader *reader, char **tag)
{
  if (!imap_reader_expect (reader, '(', "("))
    return FALSE;
  if (!imap_reader_word (reader, "TAG"))
    return imap_reader_fail (reader, "TAG");
  return imap_reader_space (reader) && imap_reader_astring (reader, tag) && imap_reader_close (reader);
}

static gboolean
read_search_return (ImapReader *reader, ImapResponse *response, gboolean uids)
{
  ImapToken name;
  guint64 ignored;

  if (!imap_reader_atom (reader, &name) || !imap_reader_space (reader))
    return FALSE;
  if (imap_token_is (&name, "ALL"))
    return uids ? read_set (reader, &response->set)
                : imap_reader_fail (reader, "UIDs, not sequence numbers,");
  if (imap_token_is (&name, "MODSEQ"))
    return imap_reader_number (reader, 0, G_MAXINT64, &response->number);
  if (imap_token_is (&name, "MIN") || imap_token_is (&name, "MAX"))
    return imap_reader_number (reader, 1, G_MAXUINT32, &ignored);
  if (imap_token_is (&name, "COUNT"))
    return imap_reader_number (reader, 0, G_MAXUINT32, &ignored);
  return imap_reader_skip_value (reader);
}

/* RFC 4731. Without ALL nothing was found. Sequence numbers never leave the parser: a result without "UID"
 * could be taken for UIDs, so it is refused. */
gboolean
imap_parse_esearch (ImapReader *reader, ImapResponse *response)
{
  gboolean uids = FALSE;

  response->set = imap_uid_set_new ();
  while (!imap_reader_at_end (reader))
    {
      if (!imap_reader_space (reader))
        return FALSE;
      if (imap_reader_peek (reader, '('))
        {
          if (response->tag != NULL || !read_correlator (reader, &response->tag))
            return imap_reader_fail (reader, "one correlator");
        }
      else if (!uids && imap_reader_word (reader, "UID"))
        uids = TRUE;
      else if (!read_search_return (reader, response, uids))
        return FALSE;
    }
  return TRUE;
}

/* RFC 7162 section 3.2.10 */
gboolean
imap_parse_vanished (ImapReader *reader, ImapResponse *response)
{
  if (!imap_reader_space (reader))
    return FALSE;
  if (imap_reader_take (reader, '('))
    {
      if (!imap_reader_word (reader, "EARLIER"))
        return imap_reader_fail (reader, "EARLIER");
      if (!imap_reader_close (reader) || !imap_reader_space (reader))
        return FALSE;
      response->earlier = TRUE;
    }
  return read_set (reader, &response->set);
}
