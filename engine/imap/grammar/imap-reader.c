#include "imap-reader.h"

#include <string.h>

#define MARK_SIZE (2 + sizeof (guint64))

void
imap_reader_append_mark (GByteArray *text, ImapMark mark, gsize size)
{
  guint8 head[MARK_SIZE] = { 0, (guint8)mark };
  guint64 size64 = size;

  memcpy (head + 2, &size64, sizeof (size64));
  g_byte_array_append (text, head, sizeof (head));
}

gboolean
imap_reader_fail (ImapReader *reader, const char *expected)
{
  if (reader->expected == NULL)
    {
      reader->expected = expected;
      reader->complaint = reader->offset;
    }
  return FALSE;
}

gboolean
imap_reader_peek (const ImapReader *reader, char c)
{
  return reader->offset < reader->length && reader->data[reader->offset] == (guint8)c;
}

gboolean
imap_reader_take (ImapReader *reader, char c)
{
  if (!imap_reader_peek (reader, c))
    return FALSE;
  reader->offset++;
  return TRUE;
}

static void
skip_spaces (ImapReader *reader)
{
  while (imap_reader_take (reader, ' '))
    ;
}

gboolean
imap_reader_at_end (const ImapReader *reader)
{
  gsize offset = reader->offset;

  while (offset < reader->length && reader->data[offset] == ' ')
    offset++;
  return offset == reader->length;
}

gboolean
imap_reader_expect (ImapReader *reader, char c, const char *expected)
{
  return imap_reader_take (reader, c) || imap_reader_fail (reader, expected);
}

gboolean
imap_reader_space (ImapReader *reader)
{
  if (!imap_reader_expect (reader, ' ', "space"))
    return FALSE;
  skip_spaces (reader);
  return TRUE;
}

gboolean
imap_reader_close (ImapReader *reader)
{
  skip_spaces (reader);
  return imap_reader_expect (reader, ')', ")");
}

gboolean
imap_reader_end (ImapReader *reader)
{
  skip_spaces (reader);
  return reader->offset == reader->length || imap_reader_fail (reader, "end of line");
}

static gboolean
is_atom_octet (guint8 c)
{
  return c > 0x20 && c != 0x7f && c != '(' && c != ')' && c != '{' && c != '"' && c != ']';
}

static gsize
atom_length (const ImapReader *reader, gboolean with_bracket)
{
  gsize end = reader->offset;

  while (end < reader->length &&
         (is_atom_octet (reader->data[end]) || (with_bracket && reader->data[end] == ']')))
    end++;
  return end - reader->offset;
}

static gboolean
read_atom (ImapReader *reader, gboolean with_bracket, ImapToken *token)
{
  token->data = (const char *)reader->data + reader->offset;
  token->length = atom_length (reader, with_bracket);
  if (token->length == 0)
    return imap_reader_fail (reader, "atom");
  reader->offset += token->length;
  return TRUE;
}

gboolean
imap_reader_atom (ImapReader *reader, ImapToken *token)
{
  return read_atom (reader, FALSE, token);
}

gboolean
imap_reader_long_atom (ImapReader *reader, ImapToken *token)
{
  return read_atom (reader, TRUE, token);
}

gboolean
imap_token_is (const ImapToken *token, const char *word)
{
  return strlen (word) == token->length && g_ascii_strncasecmp (token->data, word, token->length) == 0;
}

char *
imap_token_dup (const ImapToken *token)
{
  return g_strndup (token->data, token->length);
}

gboolean
imap_reader_word (ImapReader *reader, const char *word)
{
  ImapToken token = { (const char *)reader->data + reader->offset, atom_length (reader, FALSE) };

  if (!imap_token_is (&token, word))
    return FALSE;
  reader->offset += token.length;
  return TRUE;
}

gboolean
imap_reader_number (ImapReader *reader, guint64 min, guint64 max, guint64 *number)
{
  gsize offset = reader->offset;
  guint64 value = 0;

  if (min > 0 && imap_reader_peek (reader, '0'))
    return imap_reader_fail (reader, "number above 0");
  for (; offset < reader->length && g_ascii_isdigit (reader->data[offset]); offset++)
    if (!g_uint64_checked_mul (&value, value, 10) ||
        !g_uint64_checked_add (&value, value, reader->data[offset] - '0'))
      return imap_reader_fail (reader, "number in range");
  if (offset == reader->offset)
    return imap_reader_fail (reader, "number");
  if (value < min || value > max)
    return imap_reader_fail (reader, "number in range");
  reader->offset = offset;
  *number = value;
  return TRUE;
}

gboolean
imap_reader_number32 (ImapReader *reader, guint32 min, guint32 *number)
{
  guint64 value;

  if (!imap_reader_number (reader, min, G_MAXUINT32, &value))
    return FALSE;
  *number = (guint32)value;
  return TRUE;
}

/* The reader stands on the quote. Servers forget to double a backslash, so one before another character
 * stands for itself. */
static gboolean
read_quoted (ImapReader *reader, GString *string)
{
  reader->offset++;
  while (reader->offset < reader->length)
    {
      guint8 c = reader->data[reader->offset];

      if (c == '\0' || imap_reader_take (reader, '"'))
        return c == '"' || imap_reader_fail (reader, "closing quote");
      reader->offset++;
      if (c == '\\' && (imap_reader_peek (reader, '"') || imap_reader_peek (reader, '\\')))
        c = reader->data[reader->offset++];
      g_string_append_c (string, (char)c);
    }
  return imap_reader_fail (reader, "closing quote");
}

/* The reader stands on the mark. */
static gboolean
read_literal (ImapReader *reader, ImapToken *token)
{
  const guint8 *mark = reader->data + reader->offset;
  guint64 size;

  g_return_val_if_fail (reader->length - reader->offset >= MARK_SIZE, FALSE);
  if (mark[1] != IMAP_MARK_LITERAL)
    return imap_reader_fail (reader, "no message body");
  memcpy (&size, mark + 2, sizeof (size));
  g_return_val_if_fail (reader->length - reader->offset - MARK_SIZE >= size, FALSE);
  reader->offset += MARK_SIZE + size;
  token->data = (const char *)mark + MARK_SIZE;
  token->length = size;
  return TRUE;
}

gboolean
imap_reader_take_body (ImapReader *reader)
{
  if (!imap_reader_peek (reader, '\0') || reader->data[reader->offset + 1] != IMAP_MARK_BODY)
    return FALSE;
  reader->offset += MARK_SIZE;
  return TRUE;
}

/* Quoted or literal. */
static gboolean
read_string (ImapReader *reader, GString *string)
{
  ImapToken token = { NULL, 0 };

  if (imap_reader_peek (reader, '"'))
    return read_quoted (reader, string);
  if (!imap_reader_peek (reader, '\0'))
    return imap_reader_fail (reader, "string");
  if (!read_literal (reader, &token))
    return FALSE;
  g_string_append_len (string, token.data, (gssize)token.length);
  return TRUE;
}

static gboolean
take_string (ImapReader *reader, char **string)
{
  g_autoptr (GString) octets = g_string_new (NULL);

  if (!read_string (reader, octets))
    return FALSE;
  if (strlen (octets->str) != octets->len)
    return imap_reader_fail (reader, "string without octet 0");
  *string = g_strndup (octets->str, octets->len);
  return TRUE;
}

gboolean
imap_reader_nstring (ImapReader *reader, char **string)
{
  if (!imap_reader_word (reader, "NIL"))
    return take_string (reader, string);
  *string = NULL;
  return TRUE;
}

gboolean
imap_reader_astring (ImapReader *reader, char **string)
{
  ImapToken token;

  if (imap_reader_peek (reader, '"') || imap_reader_peek (reader, '\0'))
    return take_string (reader, string);
  if (!imap_reader_long_atom (reader, &token))
    return FALSE;
  *string = imap_token_dup (&token);
  return TRUE;
}

gboolean
imap_reader_content (ImapReader *reader, GBytes **content)
{
  g_autoptr (GString) octets = g_string_new (NULL);

  if (!imap_reader_word (reader, "NIL") && !read_string (reader, octets))
    return FALSE;
  *content = g_string_free_to_bytes (g_steal_pointer (&octets));
  return TRUE;
}

static gboolean
enter (ImapReader *reader)
{
  if (!imap_reader_expect (reader, '(', "("))
    return FALSE;
  if (reader->depth >= IMAP_MAX_DEPTH)
    return imap_reader_fail (reader, "less nesting");
  reader->depth++;
  return TRUE;
}

gboolean
imap_reader_list (ImapReader *reader, ImapReadFunc read, gpointer user_data)
{
  if (!enter (reader))
    return FALSE;
  skip_spaces (reader);
  while (!imap_reader_take (reader, ')'))
    {
      if (!read (reader, user_data))
        return FALSE;
      if (!imap_reader_peek (reader, ')') && !imap_reader_peek (reader, '(') && !imap_reader_space (reader))
        return FALSE;
    }
  reader->depth--;
  return TRUE;
}

static gboolean
read_word (ImapReader *reader, gpointer user_data)
{
  ImapToken token;

  if (!imap_reader_long_atom (reader, &token))
    return FALSE;
  g_ptr_array_add (user_data, imap_token_dup (&token));
  return TRUE;
}

gboolean
imap_reader_words (ImapReader *reader, char ***words)
{
  g_autoptr (GPtrArray) array = g_ptr_array_new_with_free_func (g_free);

  if (!imap_reader_list (reader, read_word, array))
    return FALSE;
  g_ptr_array_add (array, NULL);
  g_strfreev (*words);
  *words = (char **)g_ptr_array_steal (array, NULL);
  return TRUE;
}

/* One token, or one parenthesis, of something that is not understood. */
static gboolean
skip_token (ImapReader *reader)
{
  g_autoptr (GString) ignored = NULL;
  ImapToken token;

  if (imap_reader_peek (reader, '('))
    return enter (reader);
  if (imap_reader_peek (reader, ')'))
    {
      if (reader->depth == 0)
        return imap_reader_fail (reader, "no )");
      reader->depth--;
      reader->offset++;
      return TRUE;
    }
  if (imap_reader_peek (reader, '\0'))
    return read_literal (reader, &token);
  if (imap_reader_peek (reader, '"'))
    {
      ignored = g_string_new (NULL);
      return read_quoted (reader, ignored);
    }
  /* "{" ends an atom, but unknown data may hold one */
  if (imap_reader_take (reader, '{'))
    return TRUE;
  return imap_reader_long_atom (reader, &token);
}

gboolean
imap_reader_skip_value (ImapReader *reader)
{
  guint depth = reader->depth;

  if (imap_reader_peek (reader, ')'))
    return imap_reader_fail (reader, "value");
  do
    {
      if (!skip_token (reader))
        return FALSE;
      if (reader->depth > depth)
        skip_spaces (reader);
    }
  while (reader->depth > depth);
  return TRUE;
}

gboolean
imap_reader_skip_rest (ImapReader *reader)
{
  guint depth = reader->depth;

  skip_spaces (reader);
  while (reader->offset < reader->length)
    {
      if (!skip_token (reader))
        return FALSE;
      skip_spaces (reader);
    }
  return reader->depth == depth || imap_reader_fail (reader, ")");
}
