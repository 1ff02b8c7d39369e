#include "imap-client-private.h"

#include <stdio.h>
#include <string.h>

struct _ImapClient
{
  GSocketConnection *connection;
  GDataInputStream *input;
  GOutputStream *output;
  guint last_tag;
  char *selected; /* (nullable): how and what, as in "SELECT \"INBOX\"" */
};

void
imap_client_line_free (ImapClientLine *line)
{
  g_string_free (line->text, TRUE);
  g_ptr_array_unref (line->literals);
  g_free (line);
}

/* The length of the literal that the text ends with an announcement of. */
static gboolean
announces_literal (const GString *text, gsize *length)
{
  const char *brace = strrchr (text->str, '{');
  char *end;

  if (brace == NULL || !g_ascii_isdigit (brace[1]))
    return FALSE;
  *length = g_ascii_strtoull (brace + 1, &end, 10);
  return strcmp (end, "}") == 0;
}

static GBytes *
read_literal (ImapClient *client, gsize length)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *data = g_malloc (length + 1);

  if (!g_input_stream_read_all (G_INPUT_STREAM (client->input), data, length, &length, NULL, &error))
    g_error ("reading a literal: %s", error->message);
  return g_bytes_new_take (g_steal_pointer (&data), length);
}

ImapClientLine *
imap_client_read_line (ImapClient *client)
{
  ImapClientLine *line = g_new0 (ImapClientLine, 1);
  gsize length;

  line->text = g_string_new (NULL);
  line->literals = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  while (TRUE)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *text = g_data_input_stream_read_line (client->input, NULL, NULL, &error);

      if (text == NULL)
        g_error ("reading a line: %s", error != NULL ? error->message : "the server closed the connection");
      g_string_append (line->text, text);
      if (!announces_literal (line->text, &length))
        return line;
      g_ptr_array_add (line->literals, read_literal (client, length));
    }
}

static void
send_bytes (ImapClient *client, gconstpointer data, gsize length)
{
  g_autoptr (GError) error = NULL;

  if (!g_output_stream_write_all (client->output, data, length, NULL, NULL, &error))
    g_error ("writing: %s", error->message);
}

static void
send_command (ImapClient *client, const char *text)
{
  g_autofree char *line = g_strdup_printf ("t%u %s", ++client->last_tag, text);

  send_bytes (client, line, strlen (line));
}

/* Reads to the tagged answer of the last command. */
static GPtrArray *
read_answer (ImapClient *client, char **tagged)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func ((GDestroyNotify)imap_client_line_free);
  g_autofree char *tag = g_strdup_printf ("t%u ", client->last_tag);

  while (TRUE)
    {
      ImapClientLine *line = imap_client_read_line (client);

      if (g_str_has_prefix (line->text->str, tag))
        {
          *tagged = g_strdup (line->text->str + strlen (tag));
          imap_client_line_free (line);
          return g_steal_pointer (&lines);
        }
      g_ptr_array_add (lines, line);
    }
}

GPtrArray *
imap_client_exchange (ImapClient *client, const char *command, char **tagged)
{
  g_autofree char *text = g_strconcat (command, "\r\n", NULL);

  send_command (client, text);
  g_output_stream_flush (client->output, NULL, NULL);
  return read_answer (client, tagged);
}

static gboolean
is_ok (const char *tagged)
{
  return g_ascii_strncasecmp (tagged, "OK", 2) == 0;
}

/* (transfer full): the line as it came, literals in place. */
static void
append_whole_line (GString *out, ImapClientLine *line)
{
  const char *text = line->text->str;

  for (guint i = 0; i < line->literals->len; i++)
    {
      GBytes *literal = g_ptr_array_index (line->literals, i);
      const char *brace = strchr (strchr (text, '{'), '}');

      g_string_append_len (out, text, brace + 1 - text);
      g_string_append (out, "\r\n");
      g_string_append_len (out, g_bytes_get_data (literal, NULL), (gssize)g_bytes_get_size (literal));
      text = brace + 1;
    }
  g_string_append (out, text);
  g_string_append (out, "\r\n");
}

char *
imap_client_command (ImapClient *client, const char *format, ...)
{
  g_autofree char *command = NULL;
  g_autofree char *tagged = NULL;
  g_autoptr (GPtrArray) lines = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  va_list list;

  va_start (list, format);
  command = g_strdup_vprintf (format, list);
  va_end (list);
  lines = imap_client_exchange (client, command, &tagged);
  if (!is_ok (tagged))
    g_error ("%s: %s", command, tagged);
  for (guint i = 0; i < lines->len; i++)
    append_whole_line (text, g_ptr_array_index (lines, i));
  return g_strdup (text->str);
}

gboolean
imap_client_try (ImapClient *client, const char *format, ...)
{
  g_autofree char *command = NULL;
  g_autofree char *tagged = NULL;
  g_autoptr (GPtrArray) lines = NULL;
  va_list list;

  va_start (list, format);
  command = g_strdup_vprintf (format, list);
  va_end (list);
  lines = imap_client_exchange (client, command, &tagged);
  return is_ok (tagged);
}

ImapClient *
imap_client_new (guint16 port, const char *user, const char *password)
{
  ImapClient *client = g_new0 (ImapClient, 1);
  g_autoptr (GSocketClient) connector = g_socket_client_new ();
  g_autoptr (GError) error = NULL;

  g_socket_client_set_timeout (connector, 60);
  client->connection = g_socket_client_connect_to_host (connector, "127.0.0.1", port, NULL, &error);
  if (client->connection == NULL)
    g_error ("127.0.0.1:%u: %s", port, error->message);
  client->input = g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (client->connection)));
  g_data_input_stream_set_newline_type (client->input, G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
  client->output = g_buffered_output_stream_new_sized (
      g_io_stream_get_output_stream (G_IO_STREAM (client->connection)), 65536);

  imap_client_line_free (imap_client_read_line (client));
  g_free (imap_client_command (client, "LOGIN \"%s\" \"%s\"", user, password));
  return client;
}

void
imap_client_free (ImapClient *client)
{
  g_io_stream_close (G_IO_STREAM (client->connection), NULL, NULL);
  g_object_unref (client->input);
  g_object_unref (client->output);
  g_object_unref (client->connection);
  g_free (client->selected);
  g_free (client);
}

void
imap_client_select (ImapClient *client, const char *how, const char *mailbox)
{
  g_autofree char *name = imap_client_encode_name (mailbox);
  g_autofree char *command = g_strconcat (how, " ", name, NULL);

  /* A mailbox that is selected already shows what others did there after a NOOP. */
  if (g_strcmp0 (client->selected, command) == 0)
    {
      g_free (imap_client_command (client, "NOOP"));
      return;
    }
  g_free (imap_client_command (client, "%s", command));
  g_free (client->selected);
  client->selected = g_steal_pointer (&command);
}

/* CREATE, DELETE and RENAME may change what the selected name stands for. */
static void
change_mailbox (ImapClient *client, const char *command, const char *mailbox, const char *to)
{
  g_autofree char *name = imap_client_encode_name (mailbox);
  g_autofree char *to_name = to != NULL ? imap_client_encode_name (to) : g_strdup ("");

  g_clear_pointer (&client->selected, g_free);
  g_free (imap_client_command (client, "%s %s%s%s", command, name, to != NULL ? " " : "", to_name));
}

void
imap_client_create (ImapClient *client, const char *mailbox)
{
  change_mailbox (client, "CREATE", mailbox, NULL);
}

void
imap_client_delete (ImapClient *client, const char *mailbox)
{
  change_mailbox (client, "DELETE", mailbox, NULL);
}

void
imap_client_rename (ImapClient *client, const char *mailbox, const char *to)
{
  change_mailbox (client, "RENAME", mailbox, to);
}

void
imap_client_append_begin (ImapClient *client, const char *mailbox)
{
  g_autofree char *name = imap_client_encode_name (mailbox);
  g_autofree char *command = g_strconcat ("APPEND ", name, NULL);

  send_command (client, command);
}

void
imap_client_append_add (ImapClient *client, const char *flags, gint64 date, gconstpointer data, gsize length)
{
  g_autoptr (GString) head = g_string_new (NULL);

  g_string_append_printf (head, " (%s)", flags);
  if (date != 0)
    {
      g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (date);
      static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
      g_autofree char *clock = g_date_time_format (time, "%H:%M:%S");

      g_string_append_printf (head, " \"%2d-%s-%04d %s +0000\"", g_date_time_get_day_of_month (time),
                              months[g_date_time_get_month (time) - 1], g_date_time_get_year (time), clock);
    }
  /* A non-synchronizing literal: every server that the tests run takes them, announced or not. */
  g_string_append_printf (head, " {%" G_GSIZE_FORMAT "+}\r\n", length);
  send_bytes (client, head->str, head->len);
  send_bytes (client, data, length);
}

/* (transfer full): the tagged answer, which was OK. */
static char *
end_append (ImapClient *client)
{
  g_autofree char *tagged = NULL;

  send_bytes (client, "\r\n", 2);
  g_output_stream_flush (client->output, NULL, NULL);
  g_ptr_array_unref (read_answer (client, &tagged));
  if (!is_ok (tagged))
    g_error ("APPEND: %s", tagged);
  return g_steal_pointer (&tagged);
}

void
imap_client_append_end (ImapClient *client)
{
  g_free (end_append (client));
}

guint32
imap_client_append (ImapClient *client, const char *mailbox, const char *flags, gint64 date,
                    gconstpointer data, gsize length)
{
  g_autofree char *tagged = NULL;
  guint32 uid_validity, uid;

  imap_client_append_begin (client, mailbox);
  imap_client_append_add (client, flags, date, data, length);
  tagged = end_append (client);
  return sscanf (tagged, "OK [APPENDUID %u %u]", &uid_validity, &uid) == 2 ? uid : 0;
}

void
imap_client_store (ImapClient *client, const char *mailbox, const char *uids, const char *change)
{
  imap_client_select (client, "SELECT", mailbox);
  g_free (imap_client_command (client, "UID STORE %s %s", uids, change));
}

void
imap_client_expunge (ImapClient *client, const char *mailbox, const char *uids)
{
  imap_client_store (client, mailbox, uids, "+FLAGS.SILENT (\\Deleted)");
  g_free (imap_client_command (client, "UID EXPUNGE %s", uids));
}

void
imap_client_move (ImapClient *client, const char *mailbox, const char *uids, const char *to)
{
  g_autofree char *name = imap_client_encode_name (to);

  imap_client_select (client, "SELECT", mailbox);
  g_free (imap_client_command (client, "UID MOVE %s %s", uids, name));
}

void
imap_client_copy (ImapClient *client, const char *mailbox, const char *uids, const char *to)
{
  g_autofree char *name = imap_client_encode_name (to);

  imap_client_select (client, "SELECT", mailbox);
  g_free (imap_client_command (client, "UID COPY %s %s", uids, name));
}
