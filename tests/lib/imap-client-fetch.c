/* What is on the server: mailboxes and messages. */
#include "imap-client-private.h"

#include <stdio.h>
#include <string.h>

static void
message_free (ImapClientMessage *message)
{
  g_free (message->flags);
  g_bytes_unref (message->body);
  g_free (message);
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

/* (transfer full): the flag list after "FLAGS (", sorted. */
static char *
parse_flags (const char *text)
{
  const char *start = strstr (text, "FLAGS (");
  g_autoptr (GPtrArray) kept = g_ptr_array_new ();
  g_autofree char *list = NULL;
  g_auto (GStrv) flags = NULL;

  g_assert_nonnull (start);
  start += strlen ("FLAGS (");
  list = g_strndup (start, strcspn (start, ")"));
  flags = g_strsplit (list, " ", -1);
  for (guint i = 0; flags[i] != NULL; i++)
    if (*flags[i] != '\0' && g_ascii_strcasecmp (flags[i], "\\Recent") != 0)
      g_ptr_array_add (kept, flags[i]);
  g_ptr_array_sort (kept, compare_strings);
  g_ptr_array_add (kept, NULL);
  return g_strjoinv (" ", (char **)kept->pdata);
}

static gint64
parse_date (const char *text)
{
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const char *start = strstr (text, "INTERNALDATE \"");
  int day, year, hour, minute, second, zone;
  char month[4] = { 0 };
  const char *found;
  g_autoptr (GDateTime) time = NULL;

  g_assert_nonnull (start);
  g_assert_cmpint (sscanf (start, "INTERNALDATE \"%d-%3s-%d %d:%d:%d %d", &day, month, &year, &hour, &minute,
                           &second, &zone),
                   ==, 7);
  found = strstr (months, month);
  g_assert_nonnull (found);
  time = g_date_time_new_utc (year, (int)(found - months) / 3 + 1, day, hour, minute, second);
  return g_date_time_to_unix (time) - (zone / 100 * 60 + zone % 100) * 60;
}

static guint64
parse_number (const char *text, const char *name)
{
  const char *start = strstr (text, name);

  g_assert_nonnull (start);
  return g_ascii_strtoull (start + strlen (name), NULL, 10);
}

/* (transfer full): a literal, or for a short body what stands between quotes. */
static GBytes *
parse_body (ImapClientLine *line)
{
  const char *start = strstr (line->text->str, "BODY[] ");
  const char *end;

  g_assert_nonnull (start);
  start += strlen ("BODY[] ");
  if (*start == '{')
    return g_bytes_ref (g_ptr_array_index (line->literals, 0));
  if (*start != '"')
    return g_bytes_new (NULL, 0);
  end = strchr (start + 1, '"');
  g_assert_nonnull (end);
  return g_bytes_new (start + 1, (gsize)(end - start - 1));
}

static ImapClientMessage *
parse_message (ImapClientLine *line)
{
  ImapClientMessage *message = g_new0 (ImapClientMessage, 1);
  const char *text = line->text->str;

  message->uid = (guint32)parse_number (text, "UID ");
  message->flags = parse_flags (text);
  message->date = parse_date (text);
  message->size = parse_number (text, "RFC822.SIZE ");
  message->body = parse_body (line);
  return message;
}

static int
compare_uids (gconstpointer a, gconstpointer b)
{
  guint32 left = (*(ImapClientMessage *const *)a)->uid;
  guint32 right = (*(ImapClientMessage *const *)b)->uid;

  return left < right ? -1 : left > right;
}

GPtrArray *
imap_client_fetch_all (ImapClient *client, const char *mailbox)
{
  g_autoptr (GPtrArray) messages = g_ptr_array_new_with_free_func ((GDestroyNotify)message_free);
  g_autoptr (GPtrArray) lines = NULL;
  g_autofree char *tagged = NULL;

  imap_client_select (client, "EXAMINE", mailbox);
  lines = imap_client_exchange (client, "UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])",
                                &tagged);
  if (!g_str_has_prefix (tagged, "OK"))
    g_error ("%s: FETCH: %s", mailbox, tagged);
  for (guint i = 0; i < lines->len; i++)
    {
      ImapClientLine *line = g_ptr_array_index (lines, i);

      if (strstr (line->text->str, "BODY[] ") != NULL)
        g_ptr_array_add (messages, parse_message (line));
    }
  g_ptr_array_sort (messages, compare_uids);
  return g_steal_pointer (&messages);
}

/* (transfer full): an astring as it stands on the line. */
static char *
parse_astring (ImapClientLine *line, const char *text)
{
  g_autofree char *inner = NULL;

  if (*text == '{')
    {
      gsize length;
      const char *data = g_bytes_get_data (g_ptr_array_index (line->literals, 0), &length);

      return g_strndup (data, length);
    }
  if (*text != '"')
    return g_strdup (text);
  inner = g_strndup (text + 1, strlen (text) - 2);
  return g_strcompress (inner);
}

/* (transfer full) (nullable): the name in `* LIST (attributes) "/" name`, unless it can't be selected. */
static char *
parse_listed_name (ImapClientLine *line)
{
  g_autoptr (GRegex) list = g_regex_new ("^\\* (?:LIST|LSUB) \\(([^)]*)\\) (?:NIL|\"\\\\?.\") (.*)$",
                                         G_REGEX_CASELESS | G_REGEX_RAW | G_REGEX_DOTALL, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree char *attributes = NULL;
  g_autofree char *text = NULL;
  g_autofree char *encoded = NULL;

  if (!g_regex_match (list, line->text->str, 0, &match))
    return NULL;
  attributes = g_match_info_fetch (match, 1);
  if (strstr (attributes, "\\Noselect") != NULL || strstr (attributes, "\\NonExistent") != NULL)
    return NULL;
  text = g_match_info_fetch (match, 2);
  encoded = parse_astring (line, text);
  return imap_client_decode_name (encoded);
}

static GStrv
list_names (ImapClient *client, const char *command)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autoptr (GPtrArray) lines = NULL;
  g_autofree char *tagged = NULL;

  lines = imap_client_exchange (client, command, &tagged);
  for (guint i = 0; i < lines->len; i++)
    {
      char *name = parse_listed_name (g_ptr_array_index (lines, i));

      if (name != NULL)
        g_ptr_array_add (names, name);
    }
  g_ptr_array_sort (names, compare_strings);
  g_ptr_array_add (names, NULL);
  return (GStrv)g_ptr_array_free (g_steal_pointer (&names), FALSE);
}

GStrv
imap_client_list (ImapClient *client)
{
  return list_names (client, "LIST \"\" \"*\"");
}

GStrv
imap_client_list_subscribed (ImapClient *client)
{
  return list_names (client, "LSUB \"\" \"*\"");
}

guint32
imap_client_status (ImapClient *client, const char *mailbox, const char *item)
{
  g_autofree char *name = imap_client_encode_name (mailbox);
  g_autofree char *answer = imap_client_command (client, "STATUS %s (%s)", name, item);
  g_autofree char *key = g_strconcat ("(", item, " ", NULL);

  return (guint32)parse_number (answer, key);
}
