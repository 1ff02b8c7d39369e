/* Commands that only look, sent before anybody asks for them.
 *
 * What was foretold stands in a queue. A request of the same words takes the first one's place, tag and all;
 * until then nothing that the server answers to it is read: it waits in the network, and what came in one
 * piece with the answer before it in `held`. A request of other words was not foreseen: what is foretold is
 * read to its end and dropped, and the mailbox that the session believes to be selected is selected again,
 * since the server has moved on.
 */
#include "imap-session-private.h"

#include <string.h>

#include "grammar/imap-uid-set.h"

typedef struct
{
  char *tag;
  char *text; /* without tag, with CRLF */
  gboolean selects;
} Foretold;

static void
foretold_free (gpointer data)
{
  Foretold *foretold = data;

  g_free (foretold->tag);
  g_free (foretold->text);
  g_free (foretold);
}

void
imap_foretold_clear (ImapSession *session)
{
  g_queue_clear_full (&session->foretold, foretold_free);
  g_byte_array_set_size (session->held, 0);
}

/* (transfer full) (nullable): NULL for what can't be said in one go. */
static char *
text_of (const GPtrArray *parts, const char *tag)
{
  const ImapCommandPart *part = g_ptr_array_index (parts, 0);
  gsize length, tag_length = strlen (tag) + 1;
  const char *octets = g_bytes_get_data (part->octets, &length);

  return parts->len == 1 && !part->wait && !part->source
             ? g_strndup (octets + tag_length, length - tag_length)
             : NULL;
}

/* FALSE when the server has to be heard within the command. */
static gboolean
foretell (ImapSession *session, ImapCommand *command, gboolean selects)
{
  g_autofree char *tag = g_strdup_printf ("A%u", ++session->last_tag);
  g_autoptr (ImapCommand) owned = command;
  g_autoptr (GPtrArray) parts = imap_command_finish (owned, tag, imap_capabilities_literal_mode (session));
  char *text = text_of (parts, tag);
  Foretold *foretold;

  if (text == NULL)
    return FALSE;
  foretold = g_new (Foretold, 1);
  *foretold = (Foretold){ .tag = g_steal_pointer (&tag), .text = text, .selects = selects };
  g_queue_push_tail (&session->foretold, foretold);
  net_connection_write (session->connection, foretold->tag, strlen (foretold->tag));
  net_connection_write (session->connection, " ", 1);
  net_connection_write (session->connection, text, strlen (text));
  return TRUE;
}

/* Foretold commands follow each other; between others they would be out of their place. */
static gboolean
may_foretell (const ImapSession *session)
{
  return session->failure == NULL && g_hash_table_size (session->requests) == 0 &&
         (session->state == IMAP_STATE_AUTHENTICATED || session->state == IMAP_STATE_SELECTED);
}

gboolean
imap_session_foretell_select (ImapSession *session, const char *wire_name, gboolean examine)
{
  return may_foretell (session) && foretell (session, imap_select_command (wire_name, examine), TRUE);
}

gboolean
imap_session_foretell_uid_fetch (ImapSession *session, const ImapUidSet *set, const char *items)
{
  g_autofree char *text = imap_uid_set_to_string (set);
  ImapCommand *command;

  if (!may_foretell (session) || strlen (text) > IMAP_SET_LENGTH)
    return FALSE;
  command = imap_command_new ("UID FETCH");
  imap_command_rawf (command, " %s %s", text, items);
  return foretell (session, command, FALSE);
}

gboolean
imap_session_foretell_uid_fetch_from (ImapSession *session, guint32 first, const char *items)
{
  ImapCommand *command;

  if (!may_foretell (session))
    return FALSE;
  command = imap_command_new ("UID FETCH");
  imap_command_rawf (command, " %" G_GUINT32_FORMAT ":* %s", first, items);
  return foretell (session, command, FALSE);
}

gboolean
imap_session_foretell_uid_search (ImapSession *session, const char *criteria)
{
  return may_foretell (session) && foretell (session, imap_search_command (session, criteria), FALSE);
}

gboolean
imap_session_has_foretold_select (const ImapSession *session)
{
  for (const GList *item = session->foretold.head; item != NULL; item = item->next)
    if (((const Foretold *)item->data)->selects)
      return TRUE;
  return FALSE;
}

gboolean
imap_foretold_holds_input (const ImapSession *session)
{
  return session->foretold.length > 0 && g_hash_table_size (session->requests) == 0;
}

/* Reads the first `count` answers to their end; *selected is set when a SELECT was among them. */
static void
drop (ImapSession *session, guint count, gboolean *selected)
{
  *selected = FALSE;
  imap_requests_drain (session); /* what was asked for is still being answered */
  for (; count > 0; count--)
    {
      g_autoptr (ImapRequest) request = NULL;
      Foretold *foretold = g_queue_pop_head (&session->foretold);

      *selected |= foretold->selects;
      request = imap_request_new (session, "foretold", imap_command_new (""));
      imap_request_follow (request, foretold->tag);
      foretold_free (foretold);
    }
  session->dropping = TRUE;
  imap_requests_detach (session);
  imap_requests_drain (session);
  session->dropping = FALSE;
}

static void
select_again (ImapSession *session)
{
  GError *error = NULL;

  if (session->failure == NULL && session->state == IMAP_STATE_SELECTED &&
      !imap_select_again (session, &error))
    imap_session_fail (session, error);
}

/* How many stand before the one of the same words; all of them when there is none, or when it may not be
 * waited for: only a SELECT makes what comes before it meaningless. */
static guint
count_before (const ImapSession *session, const char *text, gboolean *found)
{
  guint before = 0;

  *found = FALSE;
  for (const GList *item = session->foretold.head; item != NULL; item = item->next, before++)
    {
      const Foretold *foretold = item->data;

      *found = text != NULL && strcmp (foretold->text, text) == 0 && (before == 0 || foretold->selects);
      if (*found)
        break;
    }
  return before;
}

gboolean
imap_foretold_take (ImapSession *session, ImapRequest *request, const GPtrArray *parts, const char *tag)
{
  g_autofree char *text = NULL;
  gboolean found, strayed = FALSE;
  guint before;
  Foretold *foretold;

  if (session->foretold.length == 0)
    return FALSE;
  text = text_of (parts, tag);
  before = count_before (session, text, &found);
  if (before > 0)
    drop (session, before, &strayed);
  if (!found)
    {
      if (strayed && !session->selecting)
        select_again (session);
      return FALSE;
    }
  foretold = g_queue_pop_head (&session->foretold);
  imap_request_follow (request, foretold->tag);
  foretold_free (foretold);
  return TRUE;
}
