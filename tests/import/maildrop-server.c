#include "maildrop-server.h"

#include "fake-peer.h"

#include <string.h>

/* One session. */
typedef struct
{
  Maildrop *maildrop;
  FakePeer *peer;
  GPtrArray *listed;  /* of MaildropMessage, unowned */
  GPtrArray *deleted; /* likewise, marked */
  guint retrieved;
} Session;

static void
message_free (gpointer data)
{
  MaildropMessage *message = data;

  g_free (message->uidl);
  g_bytes_unref (message->bytes);
  g_free (message);
}

static gboolean
ends_with_line (const char *octets, gsize length)
{
  return length >= 2 && memcmp (octets + length - 2, "\r\n", 2) == 0;
}

/* (transfer full): as it goes over the wire, without the last dot. */
static GString *
stuff (const char *octets, gsize length)
{
  GString *wire = g_string_sized_new (length + 64);

  for (gsize i = 0; i < length; i++)
    {
      if (octets[i] == '.' && (i == 0 || ends_with_line (octets, i)))
        g_string_append_c (wire, '.');
      g_string_append_c (wire, octets[i]);
    }
  if (length > 0 && !ends_with_line (octets, length))
    g_string_append (wire, "\r\n");
  return wire;
}

static void
send_capabilities (Session *session)
{
  const MaildropFaults *faults = &session->maildrop->faults;

  fake_peer_printf (session->peer, "+OK\r\nUSER\r\nRESP-CODES\r\n%s%s%s.\r\n",
                    faults->without_uidl ? "" : "UIDL\r\n", faults->without_top ? "" : "TOP\r\n",
                    faults->without_pipelining ? "" : "PIPELINING\r\n");
}

static void
send_list (Session *session)
{
  g_autoptr (GString) text = g_string_new ("+OK\r\n");

  for (guint i = 0; i < session->listed->len; i++)
    {
      const MaildropMessage *message = g_ptr_array_index (session->listed, i);

      g_string_append_printf (text, "%u %" G_GSIZE_FORMAT "\r\n", i + 1, g_bytes_get_size (message->bytes));
    }
  fake_peer_printf (session->peer, "%s.\r\n", text->str);
}

static void
send_uidl (Session *session)
{
  g_autoptr (GString) text = g_string_new ("+OK\r\n");

  if (session->maildrop->faults.without_uidl)
    {
      fake_peer_send (session->peer, "-ERR what is that\r\n");
      return;
    }
  for (guint i = 0; i < session->listed->len; i++)
    {
      const MaildropMessage *message = g_ptr_array_index (session->listed, i);

      if (message->uidl != NULL)
        g_string_append_printf (text, "%u %s\r\n", i + 1, message->uidl);
    }
  fake_peer_printf (session->peer, "%s.\r\n", text->str);
}

/* (nullable) the message that a command's argument names. */
static MaildropMessage *
find_listed (Session *session, const char *line)
{
  const char *argument = strchr (line, ' ');
  guint64 number = argument != NULL ? g_ascii_strtoull (argument + 1, NULL, 10) : 0;

  return number >= 1 && number <= session->listed->len
             ? g_ptr_array_index (session->listed, (guint)number - 1)
             : NULL;
}

/* FALSE: the connection was cut. */
static gboolean
send_message (Session *session, const MaildropMessage *message)
{
  gsize length;
  const char *octets = g_bytes_get_data (message->bytes, &length);
  g_autoptr (GString) wire = stuff (octets, length);

  if (message->refused)
    return fake_peer_send (session->peer, "-ERR this one is broken\r\n");
  fake_peer_send (session->peer, "+OK\r\n");
  if (++session->retrieved == session->maildrop->faults.cut_retr)
    {
      fake_peer_send_bytes (session->peer, wire->str, wire->len / 2);
      fake_peer_cut (session->peer);
      return FALSE;
    }
  return fake_peer_send_bytes (session->peer, wire->str, wire->len) &&
         fake_peer_send (session->peer, ".\r\n");
}

static void
send_header (Session *session, const MaildropMessage *message)
{
  gsize length;
  const char *octets = g_bytes_get_data (message->bytes, &length);
  const char *end = g_strstr_len (octets, (gssize)length, "\r\n\r\n");
  g_autoptr (GString) wire = stuff (octets, end != NULL ? (gsize)(end - octets) + 4 : length);

  fake_peer_send (session->peer, "+OK\r\n");
  fake_peer_send_bytes (session->peer, wire->str, wire->len);
  fake_peer_send (session->peer, ".\r\n");
}

static void
delete_message (Session *session, MaildropMessage *message)
{
  if (session->maildrop->deleting != NULL)
    session->maildrop->deleting (message, session->maildrop->deleting_data);
  if (!session->maildrop->faults.refuse_dele)
    g_ptr_array_add (session->deleted, message);
  fake_peer_send (session->peer, session->maildrop->faults.refuse_dele ? "-ERR not this one\r\n" : "+OK\r\n");
}

static void
quit (Session *session)
{
  const MaildropFaults *faults = &session->maildrop->faults;

  gboolean deletes = !faults->ignore_dele && !faults->refuse_quit && !faults->lose_quit;

  for (guint i = 0; i < session->deleted->len && deletes; i++)
    ((MaildropMessage *)g_ptr_array_index (session->deleted, i))->gone = TRUE;
  if (faults->cut_quit || faults->lose_quit)
    fake_peer_cut (session->peer);
  else
    fake_peer_send (session->peer, faults->refuse_quit ? "-ERR some were not removed\r\n" : "+OK bye\r\n");
}

/* FALSE ends the session. */
static gboolean
answer_about_message (Session *session, const char *line)
{
  MaildropMessage *message = find_listed (session, line);

  if (message == NULL)
    return fake_peer_send (session->peer, "-ERR no such message\r\n");
  if (g_str_has_prefix (line, "RETR "))
    return send_message (session, message);
  if (g_str_has_prefix (line, "TOP "))
    send_header (session, message);
  else
    delete_message (session, message);
  return TRUE;
}

static gboolean
answer_login (Session *session)
{
  const char *answer = session->maildrop->faults.login_answer;

  fake_peer_printf (session->peer, "%s\r\n", answer != NULL ? answer : "+OK");
  for (guint i = 0; i < session->maildrop->messages->len; i++)
    {
      MaildropMessage *message = g_ptr_array_index (session->maildrop->messages, i);

      if (!message->gone && !message->hidden)
        g_ptr_array_add (session->listed, message);
    }
  return TRUE;
}

static gboolean
answer (Session *session, const char *line)
{
  if (g_str_equal (line, "CAPA"))
    send_capabilities (session);
  else if (g_str_has_prefix (line, "USER "))
    fake_peer_send (session->peer, "+OK\r\n");
  else if (g_str_has_prefix (line, "PASS "))
    return answer_login (session);
  else if (g_str_equal (line, "LIST"))
    send_list (session);
  else if (g_str_equal (line, "UIDL"))
    send_uidl (session);
  else if (g_str_has_prefix (line, "RETR ") || g_str_has_prefix (line, "DELE ") ||
           (g_str_has_prefix (line, "TOP ") && !session->maildrop->faults.without_top))
    return answer_about_message (session, line);
  else if (g_str_equal (line, "QUIT"))
    {
      quit (session);
      return FALSE;
    }
  else
    fake_peer_send (session->peer, "-ERR unknown\r\n");
  return TRUE;
}

static void
serve (FakePeer *peer, gpointer user_data)
{
  Maildrop *maildrop = user_data;
  Session session = { .maildrop = maildrop, .peer = peer };
  gboolean goes_on = fake_peer_send (peer, "+OK ready\r\n");

  session.listed = g_ptr_array_new ();
  session.deleted = g_ptr_array_new ();
  while (goes_on)
    {
      g_autofree char *line = fake_peer_read_line (peer);

      goes_on = line != NULL;
      if (!goes_on)
        break;
      g_mutex_lock (&maildrop->mutex);
      g_string_append_printf (maildrop->log, "%s\n", line);
      goes_on = answer (&session, line);
      g_mutex_unlock (&maildrop->mutex);
    }
  g_ptr_array_unref (session.listed);
  g_ptr_array_unref (session.deleted);
}

Maildrop *
maildrop_new (void)
{
  Maildrop *maildrop = g_new0 (Maildrop, 1);

  g_mutex_init (&maildrop->mutex);
  maildrop->messages = g_ptr_array_new_with_free_func (message_free);
  maildrop->log = g_string_new (NULL);
  maildrop->server = fake_server_new_programmed (serve, maildrop, NULL);
  return maildrop;
}

void
maildrop_free (Maildrop *maildrop)
{
  fake_server_free (maildrop->server);
  g_ptr_array_unref (maildrop->messages);
  g_string_free (maildrop->log, TRUE);
  g_mutex_clear (&maildrop->mutex);
  g_free (maildrop);
}

guint16
maildrop_get_port (Maildrop *maildrop)
{
  return fake_server_get_port (maildrop->server);
}

MaildropMessage *
maildrop_add (Maildrop *maildrop, const char *uidl, const char *text)
{
  MaildropMessage *message = g_new0 (MaildropMessage, 1);

  message->uidl = g_strdup (uidl);
  message->bytes = g_bytes_new (text, strlen (text));
  g_ptr_array_add (maildrop->messages, message);
  return message;
}

guint
maildrop_count (Maildrop *maildrop, const char *command)
{
  g_auto (GStrv) lines = NULL;
  guint count = 0;

  g_mutex_lock (&maildrop->mutex);
  lines = g_strsplit (maildrop->log->str, "\n", -1);
  g_mutex_unlock (&maildrop->mutex);
  for (guint i = 0; lines[i] != NULL; i++)
    count += g_str_has_prefix (lines[i], command);
  return count;
}

void
maildrop_clear_log (Maildrop *maildrop)
{
  g_mutex_lock (&maildrop->mutex);
  g_string_truncate (maildrop->log, 0);
  g_mutex_unlock (&maildrop->mutex);
}

guint
maildrop_count_left (Maildrop *maildrop)
{
  guint count = 0;

  g_mutex_lock (&maildrop->mutex);
  for (guint i = 0; i < maildrop->messages->len; i++)
    count += !((MaildropMessage *)g_ptr_array_index (maildrop->messages, i))->gone;
  g_mutex_unlock (&maildrop->mutex);
  return count;
}
