/* Which command does what, and whether the client may send it now. */
#include "model-private.h"

#include <string.h>

#define DEFAULT_USER "alice"
#define DEFAULT_PASSWORD "secret"

static void
login (ModelSession *session, gboolean known, GString *tagged)
{
  session->authenticated = known;
  session->refused = !known;
  if (known)
    g_string_printf (tagged, "OK [CAPABILITY IMAP4rev1 %s] welcome",
                     model_server_get_capabilities (session->server));
  else
    g_string_assign (tagged, "NO [AUTHENTICATIONFAILED] who are you");
}

static void
authenticate (ModelSession *session, const ModelCommand *command, GString *tagged)
{
  gsize length;
  g_autofree guchar *answer = g_base64_decode (model_command_word (command, 2), &length);
  static const char expected[] = "\0" DEFAULT_USER "\0" DEFAULT_PASSWORD;

  login (session, length == sizeof expected - 1 && memcmp (answer, expected, length) == 0, tagged);
}

static void
add_name (GString *to, const char *name)
{
  gboolean plain = TRUE;

  for (const char *c = name; *c != '\0'; c++)
    plain &= *c >= 0x20 && *c < 0x7f && *c != '"' && *c != '\\';
  if (plain)
    g_string_append_printf (to, "\"%s\"", name);
  else
    g_string_append_printf (to, "{%" G_GSIZE_FORMAT "}\r\n%s", strlen (name), name);
}

/* (nullable, transfer none): what can be selected */
static ModelMailbox *
find_selectable (ModelSession *session, const char *name)
{
  ModelMailbox *mailbox = model_store_find (session->store, name);

  return mailbox != NULL && !model_flags_have (mailbox->attributes, "\\Noselect") ? mailbox : NULL;
}

static void
list (ModelSession *session, const ModelCommand *command, GString *untagged, GString *tagged)
{
  g_string_assign (tagged, "OK listed");
  if (*model_command_word (command, 2) == '\0')
    {
      g_string_append (untagged, "* LIST (\\Noselect) \"/\" \"\"\r\n");
      return;
    }
  for (guint i = 0; i < session->store->mailboxes->len; i++)
    {
      const ModelMailbox *mailbox = g_ptr_array_index (session->store->mailboxes, i);

      g_string_append_printf (untagged, "* LIST (%s) \"/\" ", mailbox->attributes);
      add_name (untagged, mailbox->name);
      g_string_append (untagged, "\r\n");
    }
}

static void
status (ModelSession *session, const ModelCommand *command, GString *untagged, GString *tagged)
{
  const ModelMailbox *mailbox = find_selectable (session, model_command_word (command, 1));
  guint unseen = 0;

  if (mailbox == NULL)
    {
      g_string_assign (tagged, "NO no such mailbox");
      return;
    }
  for (guint i = 0; i < mailbox->messages->len; i++)
    unseen += !model_flags_have (((ModelMessage *)g_ptr_array_index (mailbox->messages, i))->flags, "\\Seen");
  g_string_append (untagged, "* STATUS ");
  add_name (untagged, mailbox->name);
  g_string_append_printf (untagged, " (MESSAGES %u UIDNEXT %u UIDVALIDITY %u UNSEEN %u",
                          mailbox->messages->len, mailbox->uidnext, mailbox->uidvalidity, unseen);
  if (model_server_offers (session->server, "CONDSTORE"))
    g_string_append_printf (untagged, " HIGHESTMODSEQ %" G_GUINT64_FORMAT, mailbox->highestmodseq);
  g_string_append (untagged, ")\r\n");
  g_string_assign (tagged, "OK told");
}

static void
select_mailbox (ModelSession *session, const ModelCommand *command, GString *untagged, GString *tagged)
{
  ModelMailbox *mailbox = find_selectable (session, model_command_word (command, 1));
  gboolean examine = g_str_equal (model_command_word (command, 0), "EXAMINE");

  session->selected = NULL;
  session->opened = FALSE;
  session->told = 0;
  g_array_set_size (session->view, 0);
  if (mailbox == NULL)
    {
      g_string_assign (tagged, "NO [NONEXISTENT] no such mailbox");
      return;
    }
  session->selected = mailbox;
  session->examine = examine;
  for (guint i = 0; i < mailbox->messages->len; i++)
    g_array_append_val (session->view, ((ModelMessage *)g_ptr_array_index (mailbox->messages, i))->uid);
  g_string_append_printf (untagged,
                          "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n* %u EXISTS\r\n"
                          "* OK [PERMANENTFLAGS (%s)] kept\r\n* OK [UIDVALIDITY %u] valid\r\n"
                          "* OK [UIDNEXT %u] next\r\n",
                          mailbox->messages->len, examine ? "" : model_mailbox_permanent_flags (mailbox),
                          mailbox->uidvalidity, mailbox->uidnext);
  if (model_server_offers (session->server, "CONDSTORE"))
    g_string_append_printf (untagged, "* OK [HIGHESTMODSEQ %" G_GUINT64_FORMAT "] highest\r\n",
                            mailbox->highestmodseq);
  g_string_assign (tagged,
                   examine || mailbox->read_only ? "OK [READ-ONLY] selected" : "OK [READ-WRITE] selected");
}

static void
create (ModelSession *session, const ModelCommand *command, GString *tagged)
{
  const char *name = model_command_word (command, 1);

  if (model_store_find (session->store, name) != NULL)
    {
      g_string_assign (tagged, "NO [ALREADYEXISTS] there is one");
      return;
    }
  model_store_add_mailbox (session->store, name, "");
  g_string_assign (tagged, "OK created");
}

static gboolean
is_change (const ModelCommand *command)
{
  static const char *const names[] = { "STORE", "EXPUNGE", "MOVE", "COPY", NULL };
  const char *name = model_command_word (command, 0);

  if (g_str_equal (name, "UID"))
    name = model_command_word (command, 1);
  return g_strv_contains (names, name) || g_str_equal (name, "APPEND");
}

/* Contract C8: nothing that changes before SELECT's tagged OK and its UIDVALIDITY were checked. */
static void
watch (ModelSession *session, const ModelCommand *command)
{
  const char *name = model_command_word (command, 0), *uid_name = model_command_word (command, 1);

  if (!is_change (command))
    return;
  if (!session->opened)
    model_server_breach (session->server, "%s %s without a selected mailbox", name, uid_name);
  else if (session->examine)
    model_server_breach (session->server, "%s %s after EXAMINE", name, uid_name);
  else if (session->told != session->selected->listed ||
           (session->told == 0 && !g_str_equal (name, "APPEND")))
    model_server_breach (session->server, "%s %s under UIDVALIDITY %u, listed with %u", name, uid_name,
                         session->told, session->selected->listed);
}

static gboolean
carry_out_selected (ModelSession *session, const ModelCommand *command, GString *untagged, GString *tagged)
{
  const char *name = model_command_word (command, 0), *uid_name = model_command_word (command, 1);
  gboolean uid = g_str_equal (name, "UID");

  if (session->selected == NULL)
    return FALSE;
  if (uid && g_str_equal (uid_name, "FETCH"))
    model_fetch (session, command, untagged, tagged);
  else if (uid && g_str_equal (uid_name, "SEARCH"))
    model_search (session, command, untagged, tagged);
  else if (uid && g_str_equal (uid_name, "STORE"))
    model_store (session, command, untagged, tagged);
  else if (uid && g_str_equal (uid_name, "COPY"))
    model_copy (session, command, FALSE, untagged, tagged);
  else if (uid && g_str_equal (uid_name, "MOVE") && model_server_offers (session->server, "MOVE"))
    model_copy (session, command, TRUE, untagged, tagged);
  else if (uid && g_str_equal (uid_name, "EXPUNGE") && model_server_offers (session->server, "UIDPLUS"))
    model_expunge (session, model_command_word (command, 2), untagged, tagged);
  else if (g_str_equal (name, "EXPUNGE"))
    model_expunge (session, "1:*", untagged, tagged);
  else
    return FALSE;
  return TRUE;
}

static gboolean
carry_out_authenticated (ModelSession *session, const ModelCommand *command, GString *untagged,
                         GString *tagged)
{
  const char *name = model_command_word (command, 0);

  if (g_str_equal (name, "LIST"))
    list (session, command, untagged, tagged);
  else if (g_str_equal (name, "STATUS"))
    status (session, command, untagged, tagged);
  else if (g_str_equal (name, "SELECT") || g_str_equal (name, "EXAMINE"))
    select_mailbox (session, command, untagged, tagged);
  else if (g_str_equal (name, "APPEND"))
    model_append (session, command, untagged, tagged);
  else if (g_str_equal (name, "CREATE"))
    create (session, command, tagged);
  else if (g_str_equal (name, "SUBSCRIBE") || g_str_equal (name, "NOOP"))
    g_string_assign (tagged, "OK done");
  else if (g_str_equal (name, "COMPRESS") && model_server_offers (session->server, "COMPRESS=DEFLATE"))
    g_string_assign (tagged, session->deflates ? "NO [COMPRESSIONACTIVE] it is" : MODEL_DEFLATES);
  else if (g_str_equal (name, "ENABLE") && model_server_offers (session->server, "QRESYNC"))
    {
      session->tells_vanished = TRUE;
      g_string_append (untagged, "* ENABLED QRESYNC\r\n");
      g_string_assign (tagged, "OK enabled");
    }
  else if (g_str_equal (name, "NAMESPACE"))
    {
      g_string_append (untagged, "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n");
      g_string_assign (tagged, "OK told");
    }
  else
    return carry_out_selected (session, command, untagged, tagged);
  return TRUE;
}

void
model_carry_out (ModelSession *session, const ModelCommand *command, GString *untagged, GString *tagged)
{
  const char *name = model_command_word (command, 0);

  watch (session, command);
  if (g_str_equal (name, "CAPABILITY"))
    {
      g_string_append_printf (untagged, "* CAPABILITY IMAP4rev1 %s\r\n",
                              model_server_get_capabilities (session->server));
      g_string_assign (tagged, "OK told");
    }
  else if (g_str_equal (name, "LOGOUT"))
    {
      g_string_append (untagged, "* BYE farewell\r\n");
      g_string_assign (tagged, "OK done");
      session->ended = TRUE;
    }
  else if (g_str_equal (name, "AUTHENTICATE"))
    authenticate (session, command, tagged);
  else if (g_str_equal (name, "LOGIN"))
    login (session,
           g_str_equal (model_command_word (command, 1), DEFAULT_USER) &&
               g_str_equal (model_command_word (command, 2), DEFAULT_PASSWORD),
           tagged);
  else if (!session->authenticated || !carry_out_authenticated (session, command, untagged, tagged))
    {
      g_string_assign (tagged, "BAD not now");
      /* What looks may come right behind a login that is not answered yet. */
      if (session->refused && g_str_equal (name, "NAMESPACE"))
        return;
      model_server_breach (session->server, "the client sent what it may not: %s %s", name,
                           model_command_word (command, 1));
    }
}

static void
tell_expunged (ModelSession *session, GString *untagged)
{
  for (guint i = 0; i < session->view->len;)
    if (model_mailbox_find (session->selected, g_array_index (session->view, guint32, i)) == NULL)
      {
        if (session->tells_vanished)
          g_string_append_printf (untagged, "* VANISHED %u\r\n", g_array_index (session->view, guint32, i));
        else
          g_string_append_printf (untagged, "* %u EXPUNGE\r\n", i + 1);
        g_array_remove_index (session->view, i);
      }
    else
      i++;
}

void
model_tell_changes (ModelSession *session, GString *untagged)
{
  guint32 highest;
  guint before;

  if (session->selected == NULL)
    return;
  tell_expunged (session, untagged);
  highest = model_session_highest (session);
  before = session->view->len;
  for (guint i = 0; i < session->selected->messages->len; i++)
    {
      const ModelMessage *message = g_ptr_array_index (session->selected->messages, i);

      if (message->uid > highest)
        g_array_append_val (session->view, message->uid);
    }
  if (session->view->len > before)
    g_string_append_printf (untagged, "* %u EXISTS\r\n", session->view->len);
}
