#include "pop3-response.h"

#include <string.h>

#define UIDL_MAX 70

void
pop3_response_free (Pop3Response *response)
{
  if (response == NULL)
    return;
  g_free (response->text);
  g_free (response);
}

/* The octets of one line that were not read yet. */
typedef struct
{
  const char *at;
  const char *end;
} Reader;

static gboolean
is_space (char octet)
{
  return octet == ' ' || octet == '\t';
}

static void
skip_space (Reader *reader)
{
  while (reader->at < reader->end && is_space (*reader->at))
    reader->at++;
}

/* `word`, ASCII case aside, and behind it white space or the end; the white space is eaten. */
static gboolean
take_word (Reader *reader, const char *word)
{
  gsize length = strlen (word);
  const char *behind = reader->at + length;

  if ((gsize)(reader->end - reader->at) < length || g_ascii_strncasecmp (reader->at, word, length) != 0 ||
      (behind < reader->end && !is_space (*behind)))
    return FALSE;
  reader->at = behind;
  skip_space (reader);
  return TRUE;
}

static gboolean
take_status (Reader *reader, Pop3Status *status)
{
  static const struct
  {
    const char *word;
    Pop3Status status;
  } words[] = { { "+OK", POP3_STATUS_OK }, { "-ERR", POP3_STATUS_ERR }, { "+", POP3_STATUS_CONTINUE } };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (take_word (reader, words[i].word))
      {
        *status = words[i].status;
        return TRUE;
      }
  return FALSE;
}

static Pop3CodeType
find_code (const char *name, gsize length)
{
  static const struct
  {
    const char *name;
    Pop3CodeType type;
  } codes[] = {
    { "IN-USE", POP3_CODE_IN_USE },     { "LOGIN-DELAY", POP3_CODE_LOGIN_DELAY },
    { "SYS/TEMP", POP3_CODE_SYS_TEMP }, { "SYS/PERM", POP3_CODE_SYS_PERM },
    { "AUTH", POP3_CODE_AUTH },         { "UTF8", POP3_CODE_UTF8 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (codes); i++)
    if (strlen (codes[i].name) == length && g_ascii_strncasecmp (codes[i].name, name, length) == 0)
      return codes[i].type;
  return POP3_CODE_OTHER;
}

/* resp-level: any printable but ']' (RFC 2449 section 3). What is not closed is text. */
static Pop3CodeType
take_code (Reader *reader)
{
  const char *name = reader->at + 1;
  const char *end = name;

  if (reader->at == reader->end || *reader->at != '[')
    return POP3_CODE_NONE;
  while (end < reader->end && g_ascii_isgraph (*end) && *end != ']' && *end != '[')
    end++;
  if (end == reader->end || *end != ']' || end == name)
    return POP3_CODE_NONE;
  reader->at = end + 1;
  skip_space (reader);
  return find_code (name, (gsize)(end - name));
}

Pop3Response *
pop3_response_parse (const char *line, gsize length)
{
  Reader reader = { line, line + length };
  Pop3Response *response;
  Pop3Status status;

  if (memchr (line, '\0', length) != NULL || memchr (line, '\r', length) != NULL ||
      !take_status (&reader, &status))
    return NULL;
  response = g_new0 (Pop3Response, 1);
  response->status = status;
  if (status != POP3_STATUS_CONTINUE)
    response->code = take_code (&reader);
  response->text = g_strndup (reader.at, (gsize)(reader.end - reader.at));
  return response;
}

/* *token: what stands up to the next white space or the end. */
static gboolean
take_token (Reader *reader, Reader *token)
{
  skip_space (reader);
  token->at = reader->at;
  while (reader->at < reader->end && !is_space (*reader->at))
    reader->at++;
  token->end = reader->at;
  return token->at < token->end;
}

static gboolean
take_number (Reader *reader, guint64 min, guint64 max, guint64 *number)
{
  Reader token;
  guint64 value = 0;

  if (!take_token (reader, &token))
    return FALSE;
  for (; token.at < token.end; token.at++)
    {
      guint digit = (guint)(*token.at - '0');

      if (!g_ascii_isdigit (*token.at) || value > (max - digit) / 10)
        return FALSE;
      value = value * 10 + digit;
    }
  *number = value;
  return value >= min;
}

static gboolean
take_message_number (Reader *reader, guint32 *number)
{
  guint64 value;

  if (!take_number (reader, 1, G_MAXUINT32, &value))
    return FALSE;
  *number = (guint32)value;
  return TRUE;
}

gboolean
pop3_parse_scan_listing (const char *line, gsize length, guint32 *number, guint64 *size)
{
  Reader reader = { line, line + length };
  guint32 parsed;

  if (!take_message_number (&reader, &parsed) || !take_number (&reader, 0, G_MAXINT64, size))
    return FALSE;
  *number = parsed;
  return TRUE;
}

static gboolean
is_unique_id (const Reader *token)
{
  if (token->end - token->at > UIDL_MAX)
    return FALSE;
  for (const char *octet = token->at; octet < token->end; octet++)
    if (*octet < '!' || *octet > '~')
      return FALSE;
  return TRUE;
}

gboolean
pop3_parse_unique_id_listing (const char *line, gsize length, guint32 *number, char **uidl)
{
  Reader reader = { line, line + length };
  Reader token;
  gboolean told;

  if (!take_message_number (&reader, number))
    return FALSE;
  told = take_token (&reader, &token) && is_unique_id (&token);
  *uidl = told ? g_strndup (token.at, (gsize)(token.end - token.at)) : NULL;
  return TRUE;
}
