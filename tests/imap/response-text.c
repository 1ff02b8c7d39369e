#include "response-text.h"

static const char *const CODE_NAMES[] = {
  [IMAP_CODE_NONE] = "NONE",
  [IMAP_CODE_OTHER] = "OTHER",
  [IMAP_CODE_ALERT] = "ALERT",
  [IMAP_CODE_ALREADYEXISTS] = "ALREADYEXISTS",
  [IMAP_CODE_APPENDUID] = "APPENDUID",
  [IMAP_CODE_AUTHENTICATIONFAILED] = "AUTHENTICATIONFAILED",
  [IMAP_CODE_AUTHORIZATIONFAILED] = "AUTHORIZATIONFAILED",
  [IMAP_CODE_CANNOT] = "CANNOT",
  [IMAP_CODE_CAPABILITY] = "CAPABILITY",
  [IMAP_CODE_CLOSED] = "CLOSED",
  [IMAP_CODE_CONTACTADMIN] = "CONTACTADMIN",
  [IMAP_CODE_COPYUID] = "COPYUID",
  [IMAP_CODE_EXPIRED] = "EXPIRED",
  [IMAP_CODE_EXPUNGEISSUED] = "EXPUNGEISSUED",
  [IMAP_CODE_HIGHESTMODSEQ] = "HIGHESTMODSEQ",
  [IMAP_CODE_INUSE] = "INUSE",
  [IMAP_CODE_LIMIT] = "LIMIT",
  [IMAP_CODE_MAILBOXID] = "MAILBOXID",
  [IMAP_CODE_MODIFIED] = "MODIFIED",
  [IMAP_CODE_NOMODSEQ] = "NOMODSEQ",
  [IMAP_CODE_NONEXISTENT] = "NONEXISTENT",
  [IMAP_CODE_NOPERM] = "NOPERM",
  [IMAP_CODE_OVERQUOTA] = "OVERQUOTA",
  [IMAP_CODE_PERMANENTFLAGS] = "PERMANENTFLAGS",
  [IMAP_CODE_PRIVACYREQUIRED] = "PRIVACYREQUIRED",
  [IMAP_CODE_READ_ONLY] = "READ-ONLY",
  [IMAP_CODE_READ_WRITE] = "READ-WRITE",
  [IMAP_CODE_SERVERBUG] = "SERVERBUG",
  [IMAP_CODE_TOOBIG] = "TOOBIG",
  [IMAP_CODE_TRYCREATE] = "TRYCREATE",
  [IMAP_CODE_UIDNEXT] = "UIDNEXT",
  [IMAP_CODE_UIDNOTSTICKY] = "UIDNOTSTICKY",
  [IMAP_CODE_UIDVALIDITY] = "UIDVALIDITY",
  [IMAP_CODE_UNAVAILABLE] = "UNAVAILABLE",
};

static const char *const TYPE_NAMES[] = {
  [IMAP_RESPONSE_TAGGED] = "TAGGED",
  [IMAP_RESPONSE_CONDITION] = "CONDITION",
  [IMAP_RESPONSE_CONTINUATION] = "CONTINUATION",
  [IMAP_RESPONSE_CAPABILITY] = "CAPABILITY",
  [IMAP_RESPONSE_ENABLED] = "ENABLED",
  [IMAP_RESPONSE_FLAGS] = "FLAGS",
  [IMAP_RESPONSE_LIST] = "LIST",
  [IMAP_RESPONSE_STATUS] = "STATUS",
  [IMAP_RESPONSE_SEARCH] = "SEARCH",
  [IMAP_RESPONSE_EXISTS] = "EXISTS",
  [IMAP_RESPONSE_EXPUNGE] = "EXPUNGE",
  [IMAP_RESPONSE_VANISHED] = "VANISHED",
  [IMAP_RESPONSE_FETCH] = "FETCH",
  [IMAP_RESPONSE_NAMESPACE] = "NAMESPACE",
  [IMAP_RESPONSE_OTHER] = "OTHER",
};

static const char *const STATUS_NAMES[] = {
  [IMAP_STATUS_OK] = "OK",           [IMAP_STATUS_NO] = "NO",   [IMAP_STATUS_BAD] = "BAD",
  [IMAP_STATUS_PREAUTH] = "PREAUTH", [IMAP_STATUS_BYE] = "BYE",
};

static void
append_string (GString *text, const char *name, const char *string)
{
  g_autofree char *escaped = string != NULL ? g_strescape (string, NULL) : NULL;

  if (string != NULL)
    g_string_append_printf (text, " %s=\"%s\"", name, escaped);
}

static void
append_number (GString *text, const char *name, guint64 number)
{
  if (number != 0)
    g_string_append_printf (text, " %s=%" G_GUINT64_FORMAT, name, number);
}

static void
append_delimiter (GString *text, char delimiter)
{
  if (delimiter != '\0')
    g_string_append_printf (text, " delimiter=%c", delimiter);
}

static void
append_strings (GString *text, const char *name, char **strings)
{
  g_autofree char *joined = strings != NULL ? g_strjoinv (" ", strings) : NULL;
  g_autofree char *escaped = joined != NULL ? g_strescape (joined, "\\") : NULL;

  if (strings != NULL)
    g_string_append_printf (text, " %s=(%s)", name, escaped);
}

static void
append_set (GString *text, const ImapUidSet *set)
{
  g_autofree char *ranges = set != NULL ? imap_uid_set_to_string (set) : NULL;

  if (set != NULL)
    g_string_append_printf (text, " set={%s}", ranges);
}

static void
append_uids (GString *text, const char *name, const GArray *uids)
{
  if (uids == NULL)
    return;
  g_string_append_printf (text, " %s=", name);
  for (guint i = 0; i < uids->len; i++)
    g_string_append_printf (text, "%s%u", i > 0 ? "," : "", g_array_index (uids, guint32, i));
}

static void
append_code (GString *text, const ImapCode *code)
{
  if (code->type == IMAP_CODE_NONE)
    return;
  g_string_append_printf (text, " [%s", CODE_NAMES[code->type]);
  append_string (text, "name", code->name);
  append_number (text, "number", code->number);
  append_strings (text, "strings", code->strings);
  append_string (text, "text", code->text);
  append_set (text, code->set);
  append_uids (text, "source", code->source);
  append_uids (text, "target", code->target);
  g_string_append_c (text, ']');
}

static void
append_list (GString *text, const ImapListItem *list)
{
  append_strings (text, "attributes", list->attributes);
  append_delimiter (text, list->delimiter);
  append_string (text, "mailbox", list->mailbox);
  append_string (text, "raw", list->raw);
  append_string (text, "old-name", list->old_name);
}

static void
append_status (GString *text, const ImapMailboxStatus *status)
{
  append_string (text, "mailbox", status->mailbox);
  append_string (text, "raw", status->raw);
  g_string_append_printf (text, " present=%x", status->present);
  append_number (text, "messages", status->messages);
  append_number (text, "uidnext", status->uidnext);
  append_number (text, "uidvalidity", status->uidvalidity);
  append_number (text, "unseen", status->unseen);
  append_number (text, "highestmodseq", status->highestmodseq);
}

static void
append_header (GString *text, GBytes *header)
{
  gsize length;
  const char *octets = header != NULL ? g_bytes_get_data (header, &length) : NULL;

  if (header == NULL)
    return;
  g_string_append (text, " header=\"");
  for (gsize i = 0; i < length; i++)
    g_string_append_printf (text, g_ascii_isprint (octets[i]) ? "%c" : "\\%03o", (guchar)octets[i]);
  g_string_append_c (text, '"');
}

static void
append_fetch (GString *text, const ImapFetch *fetch)
{
  g_string_append_printf (text, " sequence=%u present=%x", fetch->sequence, fetch->present);
  append_number (text, "uid", fetch->uid);
  append_strings (text, "flags", fetch->flags);
  append_number (text, "size", fetch->size);
  if (fetch->internal_date != 0)
    g_string_append_printf (text, " date=%" G_GINT64_FORMAT, fetch->internal_date);
  append_number (text, "modseq", fetch->modseq);
  append_string (text, "id", fetch->email_id);
  append_header (text, fetch->header);
}

void
response_to_text (const ImapResponse *response, GString *text)
{
  g_string_append (text, TYPE_NAMES[response->type]);
  append_string (text, "tag", response->tag);
  if (response->type == IMAP_RESPONSE_TAGGED || response->type == IMAP_RESPONSE_CONDITION)
    g_string_append_printf (text, " %s", STATUS_NAMES[response->status]);
  append_code (text, &response->code);
  append_string (text, "text", response->text);
  append_number (text, "number", response->number);
  append_strings (text, "strings", response->strings);
  append_set (text, response->set);
  if (response->earlier)
    g_string_append (text, " earlier");
  append_list (text, &response->list);
  if (response->type == IMAP_RESPONSE_STATUS)
    append_status (text, &response->mailbox_status);
  if (response->type == IMAP_RESPONSE_FETCH)
    append_fetch (text, &response->fetch);
  append_string (text, "prefix", response->prefix);
  append_delimiter (text, response->delimiter);
  g_string_append_c (text, '\n');
}
