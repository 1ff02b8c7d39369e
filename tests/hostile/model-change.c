/* What a client changes: STORE, APPEND, COPY, MOVE, EXPUNGE. */
#include "model-gmail.h"
#include "model-private.h"

#include <string.h>
#include <time.h>

static char *
without_parentheses (const char *list)
{
  gsize length = strlen (list);

  return *list == '(' && length >= 2 ? g_strndup (list + 1, length - 2) : g_strdup (list);
}

/* (transfer container, element-type ModelMessage) */
static GPtrArray *
messages_of (ModelSession *session, const char *set)
{
  GPtrArray *messages = g_ptr_array_new ();
  guint32 highest = model_session_highest (session);

  for (guint i = 0; i < session->view->len; i++)
    {
      guint32 uid = g_array_index (session->view, guint32, i);
      ModelMessage *message =
          model_set_has (set, uid, highest) ? model_mailbox_find (session->selected, uid) : NULL;

      if (message != NULL)
        g_ptr_array_add (messages, message);
    }
  return messages;
}

static guint
sequence_of (ModelSession *session, guint32 uid)
{
  for (guint i = 0; i < session->view->len; i++)
    if (g_array_index (session->view, guint32, i) == uid)
      return i + 1;
  return 0;
}

static void
add_uid (GString *set, guint32 uid)
{
  g_string_append_printf (set, "%s%u", set->len > 0 ? "," : "", uid);
}

static void
remove_one (ModelStore *store, ModelMailbox *mailbox, guint32 uid)
{
  if (store->is_gmail)
    model_gmail_unlabel (store, mailbox, uid);
  else
    model_mailbox_remove (mailbox, uid);
}

/* What has \Deleted. */
static void
expunge_marked (ModelSession *session, const char *set)
{
  g_autoptr (GPtrArray) messages = messages_of (session, set);

  for (guint i = 0; i < messages->len; i++)
    {
      const ModelMessage *message = g_ptr_array_index (messages, i);

      if (model_flags_have (message->flags, "\\Deleted"))
        remove_one (session->store, session->selected, message->uid);
    }
}

/* "(UNCHANGEDSINCE 12)" before the mode (RFC 7162 section 3.1.3); else every change counts as old. */
static guint64
unchanged_since (ModelSession *session, const ModelCommand *command)
{
  static const char name[] = "(UNCHANGEDSINCE ";
  const char *word = model_command_word (command, 3);

  if (!g_str_has_prefix (word, name))
    return G_MAXUINT64;
  if (!model_server_offers (session->server, "CONDSTORE"))
    model_server_breach (session->server, "UNCHANGEDSINCE was sent unasked");
  return g_ascii_strtoull (word + strlen (name), NULL, 10);
}

void
model_store (ModelSession *session, const ModelCommand *command, GString *untagged, GString *tagged)
{
  g_autoptr (GPtrArray) messages = messages_of (session, model_command_word (command, 2));
  g_autoptr (GString) modified = g_string_new (NULL);
  const guint64 since = unchanged_since (session, command);
  const guint first = since == G_MAXUINT64 ? 3 : 4;
  const char *mode = model_command_word (command, first);
  g_autofree char *flags = without_parentheses (model_command_word (command, first + 1));

  for (guint i = 0; i < messages->len; i++)
    {
      ModelMessage *message = g_ptr_array_index (messages, i);

      if (message->modseq > since)
        {
          add_uid (modified, message->uid);
          continue;
        }
      model_message_change_flags (session->selected, message, *mode == 'F' ? '=' : *mode, flags);
      if (!model_server_is_store_silent (session->server))
        g_string_append_printf (untagged, "* %u FETCH (UID %u FLAGS (%s))\r\n",
                                sequence_of (session, message->uid), message->uid, message->flags);
      if (session->store->is_gmail)
        model_gmail_spread_flags (session->store, session->selected, message);
    }
  if (session->store->auto_expunge)
    expunge_marked (session, model_command_word (command, 2));
  if (modified->len > 0)
    g_string_printf (tagged, "OK [MODIFIED %s] not all", modified->str);
  else
    g_string_assign (tagged, "OK stored");
}

static gint64
parse_date (const char *text)
{
  struct tm tm = { 0 };
  const char *rest = strptime (text, "%d-%b-%Y %H:%M:%S ", &tm);
  int zone = rest != NULL ? atoi (rest) : 0;

  return timegm (&tm) - (zone / 100 * 60 + zone % 100) * 60;
}

/* A message of APPEND. */
typedef struct
{
  char *flags;
  gint64 date;
  GBytes *body; /* (unowned) */
} Sent;

static void
sent_free (gpointer data)
{
  Sent *sent = data;

  g_free (sent->flags);
  g_free (sent);
}

static Sent *
read_sent (const ModelCommand *command, guint *index)
{
  Sent *sent = g_new0 (Sent, 1);

  sent->flags = *model_command_word (command, *index) == '('
                    ? without_parentheses (model_command_word (command, (*index)++))
                    : g_strdup ("");
  if (*index + 1 < command->words->len)
    sent->date = parse_date (model_command_word (command, (*index)++));
  sent->body = model_command_bytes (command, (*index)++);
  return sent;
}

/* (transfer full) (nullable): an empty message cancels all (RFC 3502 section 6.3.11). */
static GPtrArray *
read_all_sent (ModelSession *session, const ModelCommand *command)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (sent_free);
  gboolean has_empty = FALSE;

  for (guint index = 2; index < command->words->len;)
    {
      Sent *sent = read_sent (command, &index);

      g_ptr_array_add (all, sent);
      has_empty |= g_bytes_get_size (sent->body) == 0;
    }
  if (all->len > 1 && !model_server_offers (session->server, "MULTIAPPEND"))
    model_server_breach (session->server, "several messages were sent in one APPEND unasked");
  return has_empty ? NULL : g_steal_pointer (&all);
}

static ModelMessage *
add_sent (ModelStore *store, ModelMailbox *mailbox, const Sent *sent)
{
  return store->is_gmail ? model_gmail_append (store, mailbox, sent->body, sent->flags, sent->date)
                         : model_mailbox_add (mailbox, sent->body, sent->flags, sent->date);
}

void
model_append (ModelSession *session, const ModelCommand *command, GString *untagged, GString *tagged)
{
  ModelMailbox *mailbox = model_store_find (session->store, model_command_word (command, 1));
  g_autoptr (GPtrArray) all = read_all_sent (session, command);
  g_autoptr (GString) uids = g_string_new (NULL);

  if (mailbox == NULL || all == NULL)
    {
      g_string_assign (tagged,
                       mailbox == NULL ? "NO [TRYCREATE] no such mailbox" : "NO this message is empty");
      return;
    }
  for (guint i = 0; i < all->len; i++)
    {
      const Sent *sent = g_ptr_array_index (all, i);

      add_uid (uids, add_sent (session->store, mailbox, sent)->uid);
    }
  if (model_server_offers (session->server, "UIDPLUS"))
    g_string_printf (tagged, "OK [APPENDUID %u %s] stored", mailbox->uidvalidity, uids->str);
  else
    g_string_assign (tagged, "OK stored");
}

static ModelMessage *
copy_one (ModelStore *store, ModelMailbox *target, const ModelMessage *message)
{
  return store->is_gmail ? model_gmail_label (store, target, message)
                         : model_mailbox_add (target, message->body, message->flags, message->date);
}

void
model_copy (ModelSession *session, const ModelCommand *command, gboolean move, GString *untagged,
            GString *tagged)
{
  g_autoptr (GPtrArray) messages = messages_of (session, model_command_word (command, 2));
  ModelMailbox *target = model_store_find (session->store, model_command_word (command, 3));
  g_autoptr (GString) from = g_string_new (NULL);
  g_autoptr (GString) to = g_string_new (NULL);
  g_autofree char *code = NULL;

  if (target == NULL)
    {
      g_string_assign (tagged, "NO [TRYCREATE] no such mailbox");
      return;
    }
  for (guint i = 0; i < messages->len; i++)
    {
      const ModelMessage *message = g_ptr_array_index (messages, i);
      const guint32 uid = message->uid;

      add_uid (from, uid);
      add_uid (to, copy_one (session->store, target, message)->uid);
      if (move)
        remove_one (session->store, session->selected, uid);
    }
  code = model_server_offers (session->server, "UIDPLUS") && from->len > 0
             ? g_strdup_printf ("[COPYUID %u %s %s] ", target->uidvalidity, from->str, to->str)
             : g_strdup ("");
  if (move && *code != '\0')
    g_string_append_printf (untagged, "* OK %scopied\r\n", code);
  g_string_printf (tagged, "OK %sdone", move ? "" : code);
}

void
model_expunge (ModelSession *session, const char *set, GString *untagged, GString *tagged)
{
  expunge_marked (session, set);
  g_string_assign (tagged, "OK expunged");
}
