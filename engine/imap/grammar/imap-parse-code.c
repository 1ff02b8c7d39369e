#include "imap-parse.h"

#include <string.h>

#define MAX_UIDS 100000 /* of COPYUID and APPENDUID: more than any command here names */

typedef gboolean (*CodeFunc) (ImapReader *reader, ImapCode *code);

static gboolean
parse_nz_number (ImapReader *reader, ImapCode *code)
{
  return imap_reader_space (reader) && imap_reader_number (reader, 1, G_MAXUINT32, &code->number);
}

static gboolean
parse_modseq (ImapReader *reader, ImapCode *code)
{
  return imap_reader_space (reader) && imap_reader_number (reader, 0, G_MAXINT64, &code->number);
}

static gboolean
parse_capabilities (ImapReader *reader, ImapCode *code)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);
  ImapToken word;

  while (imap_reader_peek (reader, ' '))
    {
      imap_reader_space (reader);
      if (imap_reader_peek (reader, ']'))
        break;
      if (!imap_reader_atom (reader, &word))
        return FALSE;
      g_ptr_array_add (words, imap_token_dup (&word));
    }
  g_ptr_array_add (words, NULL);
  code->strings = (char **)g_ptr_array_steal (words, NULL);
  return TRUE;
}

/* Some servers say that no flag is permanent by leaving the list out. */
static gboolean
parse_permanent_flags (ImapReader *reader, ImapCode *code)
{
  if (!imap_reader_peek (reader, ']'))
    return imap_reader_space (reader) && imap_reader_words (reader, &code->strings);
  code->strings = g_new0 (char *, 1);
  return TRUE;
}

static gboolean
parse_set (ImapReader *reader, ImapCode *code)
{
  ImapToken token;

  if (!imap_reader_space (reader) || !imap_reader_atom (reader, &token))
    return FALSE;
  code->set = imap_uid_set_parse (token.data, token.length);
  return code->set != NULL || imap_reader_fail (reader, "UID set");
}

static gboolean
parse_uids (ImapReader *reader, GArray **uids)
{
  ImapToken token;

  if (!imap_reader_space (reader) || !imap_reader_atom (reader, &token))
    return FALSE;
  *uids = imap_uid_list_parse (token.data, token.length, MAX_UIDS);
  return *uids != NULL || imap_reader_fail (reader, "UIDs");
}

static gboolean
parse_append_uid (ImapReader *reader, ImapCode *code)
{
  return parse_nz_number (reader, code) && parse_uids (reader, &code->target);
}

static gboolean
parse_copy_uid (ImapReader *reader, ImapCode *code)
{
  if (!parse_nz_number (reader, code) || !parse_uids (reader, &code->source) ||
      !parse_uids (reader, &code->target))
    return FALSE;
  return code->source->len == code->target->len || imap_reader_fail (reader, "as many UIDs");
}

static gboolean
parse_mailbox_id (ImapReader *reader, ImapCode *code)
{
  ImapToken token;

  if (!imap_reader_space (reader) || !imap_reader_expect (reader, '(', "(") ||
      !imap_reader_atom (reader, &token) || !imap_reader_close (reader))
    return FALSE;
  code->text = imap_token_dup (&token);
  return TRUE;
}

/* parse: NULL where nothing follows the name, or nothing of interest. */
static const struct
{
  const char *name;
  ImapCodeType type;
  CodeFunc parse;
} CODES[] = {
  { "ALERT", IMAP_CODE_ALERT, NULL },
  { "ALREADYEXISTS", IMAP_CODE_ALREADYEXISTS, NULL },
  { "APPENDUID", IMAP_CODE_APPENDUID, parse_append_uid },
  { "AUTHENTICATIONFAILED", IMAP_CODE_AUTHENTICATIONFAILED, NULL },
  { "AUTHORIZATIONFAILED", IMAP_CODE_AUTHORIZATIONFAILED, NULL },
  { "CANNOT", IMAP_CODE_CANNOT, NULL },
  { "CAPABILITY", IMAP_CODE_CAPABILITY, parse_capabilities },
  { "CLOSED", IMAP_CODE_CLOSED, NULL },
  { "CONTACTADMIN", IMAP_CODE_CONTACTADMIN, NULL },
  { "COPYUID", IMAP_CODE_COPYUID, parse_copy_uid },
  { "EXPIRED", IMAP_CODE_EXPIRED, NULL },
  { "EXPUNGEISSUED", IMAP_CODE_EXPUNGEISSUED, NULL },
  { "HIGHESTMODSEQ", IMAP_CODE_HIGHESTMODSEQ, parse_modseq },
  { "INUSE", IMAP_CODE_INUSE, NULL },
  { "LIMIT", IMAP_CODE_LIMIT, NULL },
  { "MAILBOXID", IMAP_CODE_MAILBOXID, parse_mailbox_id },
  { "MODIFIED", IMAP_CODE_MODIFIED, parse_set },
  { "NOMODSEQ", IMAP_CODE_NOMODSEQ, NULL },
  { "NONEXISTENT", IMAP_CODE_NONEXISTENT, NULL },
  { "NOPERM", IMAP_CODE_NOPERM, NULL },
  { "OVERQUOTA", IMAP_CODE_OVERQUOTA, NULL },
  { "PERMANENTFLAGS", IMAP_CODE_PERMANENTFLAGS, parse_permanent_flags },
  { "PRIVACYREQUIRED", IMAP_CODE_PRIVACYREQUIRED, NULL },
  { "READ-ONLY", IMAP_CODE_READ_ONLY, NULL },
  { "READ-WRITE", IMAP_CODE_READ_WRITE, NULL },
  { "SERVERBUG", IMAP_CODE_SERVERBUG, NULL },
  { "TOOBIG", IMAP_CODE_TOOBIG, NULL },
  { "TRYCREATE", IMAP_CODE_TRYCREATE, NULL },
  { "UIDNEXT", IMAP_CODE_UIDNEXT, parse_nz_number },
  { "UIDNOTSTICKY", IMAP_CODE_UIDNOTSTICKY, NULL },
  { "UIDVALIDITY", IMAP_CODE_UIDVALIDITY, parse_nz_number },
  { "UNAVAILABLE", IMAP_CODE_UNAVAILABLE, NULL },
};

/* Up to and with "]"; FALSE when there is none. */
static gboolean
skip_to_bracket (ImapReader *reader)
{
  const guint8 *start = reader->data + reader->offset;
  const guint8 *bracket = memchr (start, ']', reader->length - reader->offset);

  if (bracket == NULL)
    return FALSE;
  reader->offset += (gsize)(bracket - start) + 1;
  return TRUE;
}

static gboolean
parse_known_code (ImapReader *reader, const ImapToken *name, ImapCode *code)
{
  for (gsize i = 0; i < G_N_ELEMENTS (CODES); i++)
    if (imap_token_is (name, CODES[i].name))
      {
        code->type = CODES[i].type;
        if (CODES[i].parse == NULL)
          return skip_to_bracket (reader);
        if (!CODES[i].parse (reader, code))
          return FALSE;
        while (imap_reader_take (reader, ' '))
          ;
        return imap_reader_expect (reader, ']', "]");
      }
  return FALSE;
}

/* Nothing of a code that is out of grammar may be believed. */
static void
become_other (ImapCode *code, const ImapToken *name)
{
  g_clear_pointer (&code->strings, g_strfreev);
  g_clear_pointer (&code->text, g_free);
  g_clear_pointer (&code->set, imap_uid_set_free);
  g_clear_pointer (&code->source, g_array_unref);
  g_clear_pointer (&code->target, g_array_unref);
  code->number = 0;
  code->type = IMAP_CODE_OTHER;
  code->name = imap_token_dup (name);
}

void
imap_parse_code (ImapReader *reader, ImapCode *code)
{
  ImapReader start = *reader;
  ImapToken name;

  if (!imap_reader_take (reader, '['))
    return;
  if (memchr (reader->data + reader->offset, ']', reader->length - reader->offset) == NULL ||
      !imap_reader_atom (reader, &name))
    {
      *reader = start;
      return;
    }
  if (!parse_known_code (reader, &name, code))
    {
      *reader = start;
      become_other (code, &name);
      skip_to_bracket (reader);
    }
  imap_reader_take (reader, ' ');
}
