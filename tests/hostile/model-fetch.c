/* What a client reads: FETCH and SEARCH. */
#include "model-gmail.h"
#include "model-private.h"

#include <string.h>

static guint32
read_bound (const char *text, guint32 highest)
{
  return *text == '*' ? highest : (guint32)g_ascii_strtoull (text, NULL, 10);
}

gboolean
model_set_has (const char *set, guint32 uid, guint32 highest)
{
  g_auto (GStrv) ranges = g_strsplit (set, ",", -1);

  for (guint i = 0; ranges[i] != NULL; i++)
    {
      const char *colon = strchr (ranges[i], ':');
      guint32 first = read_bound (ranges[i], highest);
      guint32 last = colon != NULL ? read_bound (colon + 1, highest) : first;

      if (uid >= MIN (first, last) && uid <= MAX (first, last))
        return TRUE;
    }
  return FALSE;
}

guint32
model_session_highest (const ModelSession *session)
{
  return session->view->len > 0 ? g_array_index (session->view, guint32, session->view->len - 1) : 0;
}

static const char *
body_of (const ModelMessage *message, gsize *length)
{
  const char *body = g_bytes_get_data (message->body, length);

  return body != NULL ? body : "";
}

static gsize
header_length (const ModelMessage *message)
{
  gsize length;
  const char *body = body_of (message, &length);
  const char *end = memmem (body, length, "\r\n\r\n", 4);

  return end != NULL ? (gsize)(end - body) + 4 : length;
}

static gboolean
is_wanted_field (const char *line, const char *fields)
{
  g_auto (GStrv) names = g_strsplit (fields, " ", -1);
  const char *colon = strchr (line, ':');

  for (guint i = 0; colon != NULL && names[i] != NULL; i++)
    if (strlen (names[i]) == (gsize)(colon - line) && g_ascii_strncasecmp (line, names[i], colon - line) == 0)
      return TRUE;
  return FALSE;
}

/* (transfer full): the named fields and an empty line. */
static char *
header_fields (const ModelMessage *message, const char *fields)
{
  gsize length;
  const char *body = body_of (message, &length);
  g_autofree char *header = g_strndup (body, header_length (message));
  g_auto (GStrv) lines = g_strsplit (header, "\r\n", -1);
  GString *result = g_string_new (NULL);
  gboolean wanted = FALSE;

  for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++)
    {
      wanted = *lines[i] == ' ' || *lines[i] == '\t' ? wanted : is_wanted_field (lines[i], fields);
      if (wanted)
        g_string_append_printf (result, "%s\r\n", lines[i]);
    }
  g_string_append (result, "\r\n");
  return g_string_free (result, FALSE);
}

static void
add_literal (GString *to, const char *item, const char *data, gsize length)
{
  g_string_append_printf (to, "%s {%" G_GSIZE_FORMAT "}\r\n", item, length);
  g_string_append_len (to, data, length);
}

/* `section` as it was asked for, at `asked`: whole, or its beginning when "<0.LENGTH>" stands behind it. */
static void
add_section (GString *to, const char *section, const char *asked, const char *data, gsize length)
{
  const char *partial = strstr (asked, "]") + 1;
  gboolean is_partial = g_str_has_prefix (partial, "<0.");
  g_autofree char *item = g_strconcat (" BODY[", section, is_partial ? "]<0>" : "]", NULL);

  add_literal (to, item, data, is_partial ? MIN (length, g_ascii_strtoull (partial + 3, NULL, 10)) : length);
}

static void
add_texts (ModelStore *store, GString *to, const ModelMessage *message, const char *items)
{
  const char *header = strstr (items, "BODY.PEEK[HEADER]");
  const char *fields = strstr (items, "BODY.PEEK[HEADER.FIELDS (");
  gsize length;
  const char *body = body_of (message, &length);

  if (strstr (items, "BODY.PEEK[]") != NULL)
    {
      add_literal (to, " BODY[]", body, length);
      store->bodies++;
    }
  if (header != NULL)
    add_section (to, "HEADER", header, body, header_length (message));
  if (fields != NULL)
    {
      const char *list = fields + strlen ("BODY.PEEK[HEADER.FIELDS (");
      g_autofree char *names = g_strndup (list, strcspn (list, ")"));
      g_autofree char *section = g_strdup_printf ("HEADER.FIELDS (%s)", names);
      g_autofree char *text = header_fields (message, names);

      add_section (to, section, fields, text, strlen (text));
    }
}

static void
add_facts (GString *to, const ModelMessage *message, const char *items)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (message->date);
  g_autofree char *date_text = g_date_time_format (date, "%d-%b-%Y %H:%M:%S +0000");

  g_string_append_printf (to, " UID %u", message->uid);
  if (strstr (items, "FLAGS") != NULL)
    g_string_append_printf (to, " FLAGS (%s)", message->flags);
  if (strstr (items, "RFC822.SIZE") != NULL)
    g_string_append_printf (to, " RFC822.SIZE %" G_GSIZE_FORMAT, g_bytes_get_size (message->body));
  if (strstr (items, "INTERNALDATE") != NULL)
    g_string_append_printf (to, " INTERNALDATE \"%s\"", date_text);
  if (strstr (items, "MODSEQ") != NULL)
    g_string_append_printf (to, " MODSEQ (%" G_GUINT64_FORMAT ")", message->modseq);
}

/* The same for the same text, as Cyrus has it. */
static void
add_email_id (ModelSession *session, GString *to, const ModelMessage *message, const char *items)
{
  g_autofree char *digest = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, message->body);

  if (strstr (items, " EMAILID") == NULL)
    return;
  if (!model_server_offers (session->server, "OBJECTID"))
    model_server_breach (session->server, "EMAILID was asked for, and OBJECTID is not offered");
  g_string_append_printf (to, " EMAILID (M%.16s)", digest);
}

static void
add_gmail_facts (ModelSession *session, GString *to, const ModelMessage *message, const char *items)
{
  g_autofree char *labels = NULL;

  if (strstr (items, "X-GM-") == NULL)
    return;
  if (!session->store->is_gmail)
    model_server_breach (session->server, "this is asked of Gmail only: %s", items);
  if (strstr (items, "X-GM-MSGID") != NULL)
    g_string_append_printf (to, " X-GM-MSGID %" G_GUINT64_FORMAT, message->id);
  if (strstr (items, "X-GM-LABELS") == NULL)
    return;
  labels = model_gmail_labels (session->store, session->selected, message);
  g_string_append_printf (to, " X-GM-LABELS (%s)", labels);
}

static void
add_message (ModelSession *session, GString *to, guint sequence, const ModelMessage *message,
             const char *items)
{
  g_autoptr (GString) facts = g_string_new (NULL);
  g_autoptr (GString) texts = g_string_new (NULL);
  gboolean body_first = model_server_is_body_first (session->server);
  GString *first = body_first ? texts : facts, *second = body_first ? facts : texts;

  add_facts (facts, message, items);
  add_email_id (session, facts, message, items);
  add_gmail_facts (session, facts, message, items);
  add_texts (session->store, texts, message, items);
  g_string_append_printf (to, "* %u FETCH (", sequence);
  g_string_append_len (first, second->str, second->len);
  g_string_append_len (to, first->str + 1, first->len - 1);
  g_string_append (to, ")\r\n");
}

/* The listing is what the client judges by: from then on this UIDVALIDITY is what it knows. */
static gboolean
is_listing (const char *items)
{
  return strstr (items, "FLAGS") != NULL && strstr (items, "BODY") == NULL;
}

/* "(CHANGEDSINCE 12)" behind the items (RFC 7162 section 3.1.4.1); else 0. */
static guint64
changed_since (const ModelCommand *command)
{
  const char *modifier = model_command_word (command, 4);
  static const char name[] = "(CHANGEDSINCE ";

  return g_str_has_prefix (modifier, name) ? g_ascii_strtoull (modifier + strlen (name), NULL, 10) : 0;
}

/* All UIDs that are not there, which is allowed: no record is kept of what was expunged since. */
static void
tell_vanished (ModelSession *session, const char *set, GString *untagged)
{
  g_autoptr (GString) vanished = g_string_new (NULL);

  if (!session->tells_vanished)
    model_server_breach (session->server, "VANISHED was asked for, and QRESYNC is not enabled");
  for (guint32 uid = 1; uid < session->selected->uidnext; uid++)
    if (model_mailbox_find (session->selected, uid) == NULL && model_set_has (set, uid, G_MAXUINT32))
      g_string_append_printf (vanished, "%s%u", vanished->len > 0 ? "," : "", uid);
  if (vanished->len > 0)
    g_string_append_printf (untagged, "* VANISHED (EARLIER) %s\r\n", vanished->str);
}

void
model_fetch (ModelSession *session, const ModelCommand *command, GString *untagged, GString *tagged)
{
  const char *set = model_command_word (command, 2), *items = model_command_word (command, 3);
  guint32 highest = model_session_highest (session);
  guint64 since = changed_since (command);
  g_autofree char *told = since > 0 ? g_strconcat (items, " MODSEQ", NULL) : g_strdup (items);

  if (strstr (model_command_word (command, 4), " VANISHED)") != NULL)
    tell_vanished (session, set, untagged);
  for (guint i = 0; i < session->view->len; i++)
    {
      guint32 uid = g_array_index (session->view, guint32, i);
      const ModelMessage *message =
          model_set_has (set, uid, highest) ? model_mailbox_find (session->selected, uid) : NULL;

      if (message != NULL && (since == 0 || message->modseq > since))
        add_message (session, untagged, i + 1, message, told);
    }
  if (is_listing (items))
    session->selected->listed = session->told;
  g_string_assign (tagged, "OK fetched");
}

/* The key that begins at *word, which moves behind it. */
static gboolean
is_match (const ModelMessage *message, const ModelCommand *command, guint *word, guint32 highest)
{
  static const struct
  {
    const char *key, *flag;
  } flags[] = {
    { "DELETED", "\\Deleted" },
    { "FLAGGED", "\\Flagged" },
    { "ANSWERED", "\\Answered" },
    { "DRAFT", "\\Draft" },
  };
  const char *key = model_command_word (command, (*word)++);

  if (g_str_equal (key, "UID"))
    return model_set_has (model_command_word (command, (*word)++), message->uid, highest);
  if (g_str_equal (key, "KEYWORD"))
    return model_flags_have (message->flags, model_command_word (command, (*word)++));
  if (g_str_equal (key, "UNSEEN"))
    return !model_flags_have (message->flags, "\\Seen");
  for (guint i = 0; i < G_N_ELEMENTS (flags); i++)
    if (g_str_equal (key, flags[i].key))
      return model_flags_have (message->flags, flags[i].flag);
  return g_str_equal (key, "ALL");
}

static gboolean
is_found (const ModelMessage *message, const ModelCommand *command, guint from, guint32 highest)
{
  gboolean found = TRUE;

  while (found && *model_command_word (command, from) != '\0')
    found = is_match (message, command, &from, highest);
  return found;
}

void
model_search (ModelSession *session, const ModelCommand *command, GString *untagged, GString *tagged)
{
  gboolean extended = g_str_equal (model_command_word (command, 2), "RETURN");
  g_autoptr (GString) found = g_string_new (NULL);
  guint32 highest = model_session_highest (session);

  for (guint i = 0; i < session->view->len; i++)
    {
      guint32 uid = g_array_index (session->view, guint32, i);
      const ModelMessage *message = model_mailbox_find (session->selected, uid);

      if (message != NULL && is_found (message, command, extended ? 4 : 2, highest))
        g_string_append_printf (found, "%s%u", found->len == 0 ? "" : extended ? "," : " ", uid);
    }
  if (!extended)
    g_string_append_printf (untagged, "* SEARCH%s%s\r\n", found->len > 0 ? " " : "", found->str);
  else
    g_string_append_printf (untagged, "* ESEARCH (TAG \"$TAG\") UID%s%s\r\n", found->len > 0 ? " ALL " : "",
                            found->str);
  g_string_assign (tagged, "OK searched");
}
