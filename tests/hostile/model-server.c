#include "model-server.h"

#include "model-reader.h"

#include <string.h>

#define GOOD_CAPABILITIES                                                                                    \
  "SASL-IR AUTH=PLAIN LITERAL+ UIDPLUS MOVE ESEARCH NAMESPACE UNSELECT SPECIAL-USE LIST-EXTENDED"
#define MAX_FAULTS 16
#define DELAY_MS 15
#define LITERAL_MINUS_MAX 4096

struct _ModelServer
{
  FakeServer *fake;
  char *capabilities;
  GMutex mutex; /* for all that follows */
  GCond idle;   /* a connection has ended */
  guint connections;
  ModelStore *store;
  const ModelFault *faults; /* (nullable) */
  guint counts[MAX_FAULTS]; /* commands that matched */
  gboolean body_first, silent_store;
  GPtrArray *log; /* of char* */
  char *breach;
};

/* The faults that strike one command. */
typedef struct
{
  const ModelFault *faults[MAX_FAULTS];
  guint n_faults;
} Strike;

typedef struct
{
  ModelSession session;
  FakePeer *peer;
  Strike strike;      /* of the command that is being read */
  gboolean is_struck; /* it was chosen already */
  gboolean unheard;   /* what comes was sent before a SELECT was answered */
} Line;

void
model_server_breach (ModelServer *server, const char *format, ...)
{
  va_list args;

  if (server->breach != NULL)
    return;
  va_start (args, format);
  server->breach = g_strdup_vprintf (format, args);
  va_end (args);
}

gboolean
model_server_offers (ModelServer *server, const char *capability)
{
  return model_flags_have (server->capabilities, capability);
}

const char *
model_server_get_capabilities (ModelServer *server)
{
  return server->capabilities;
}

gboolean
model_server_is_body_first (ModelServer *server)
{
  return server->body_first;
}

gboolean
model_server_is_store_silent (ModelServer *server)
{
  return server->silent_store;
}

/* Counts the command, and chooses what strikes it. */
static Strike
choose_faults (ModelServer *server, const char *text, gboolean examined)
{
  g_autofree char *whole = g_strconcat (examined ? "(EXAMINE) " : "", text, NULL);
  Strike strike = { 0 };

  for (guint i = 0; server->faults != NULL && server->faults[i].kind != MODEL_FAULTS_END; i++)
    {
      const ModelFault *fault = &server->faults[i];

      g_assert_cmpuint (i, <, MAX_FAULTS);
      if (!g_pattern_match_simple (fault->command, *fault->command == '(' ? whole : text))
        continue;
      server->counts[i]++;
      if (fault->nth == 0 || fault->nth == server->counts[i])
        strike.faults[strike.n_faults++] = fault;
    }
  return strike;
}

static const ModelFault *
strike_find (const Strike *strike, ModelFaultKind kind)
{
  for (guint i = 0; i < strike->n_faults; i++)
    if (strike->faults[i]->kind == kind)
      return strike->faults[i];
  return NULL;
}

static void
send_all (FakePeer *peer, const char *tag, const GString *untagged, const char *tagged)
{
  g_autoptr (GString) text = g_string_new_len (untagged->str, untagged->len);
  g_autofree char *correlator = g_strdup_printf ("(TAG \"%s\")", tag);

  g_string_replace (text, "(TAG \"$TAG\")", correlator, 0);
  if (tagged != NULL)
    g_string_append_printf (text, "%s %s\r\n", tag, tagged);
  fake_peer_send_bytes (peer, text->str, text->len);
}

/* Until the client goes. */
static void
stall (Line *line)
{
  while (fake_peer_pause (line->peer, 1000))
    continue;
}

/* TRUE when the connection is to end, or to be silent for ever, instead of an execution. */
static gboolean
strike_down (Line *line)
{
  const ModelFault *bye = strike_find (&line->strike, MODEL_BYE);

  if (strike_find (&line->strike, MODEL_STALL) != NULL)
    stall (line);
  else if (bye != NULL)
    fake_peer_printf (line->peer, "* BYE %s\r\n", bye->text);
  else if (strike_find (&line->strike, MODEL_CUT) == NULL)
    return FALSE;
  return TRUE;
}

static void
call_faults (Line *line, ModelFaultKind kind, ModelTurn *turn)
{
  for (guint i = 0; i < line->strike.n_faults; i++)
    if (line->strike.faults[i]->kind == kind)
      line->strike.faults[i]->call (turn);
}

static void
edit_answer (Line *line, ModelTurn *turn)
{
  const ModelFault *replace = strike_find (&line->strike, MODEL_REPLACE);
  const ModelFault *prepend = strike_find (&line->strike, MODEL_PREPEND);
  const ModelFault *lie = strike_find (&line->strike, MODEL_LIE);

  if (replace != NULL)
    g_string_assign (turn->untagged, replace->text);
  if (prepend != NULL)
    g_string_prepend (turn->untagged, prepend->text);
  if (lie != NULL)
    g_string_assign (turn->tagged, lie->text);
  call_faults (line, MODEL_EDIT, turn);
}

/* The last half of an answer is never sent: the client must not mistake what it has for all of it. */
static gboolean
end_inside (Line *line, const ModelTurn *turn)
{
  if (strike_find (&line->strike, MODEL_CUT_AFTER) != NULL)
    return TRUE;
  if (strike_find (&line->strike, MODEL_CUT_INSIDE) == NULL &&
      strike_find (&line->strike, MODEL_STALL_INSIDE) == NULL)
    return FALSE;
  fake_peer_send_bytes (line->peer, turn->untagged->str, turn->untagged->len / 2);
  if (strike_find (&line->strike, MODEL_STALL_INSIDE) != NULL)
    stall (line);
  return TRUE;
}

static guint32
told_uidvalidity (const GString *untagged)
{
  const char *code = strstr (untagged->str, "[UIDVALIDITY ");

  return code != NULL ? (guint32)g_ascii_strtoull (code + strlen ("[UIDVALIDITY "), NULL, 10) : 0;
}

/* What the client was really told of the mailbox it opened. */
static void
note_opening (ModelSession *session, const char *command, const ModelTurn *turn)
{
  if (!g_str_has_prefix (command, "SELECT ") && !g_str_has_prefix (command, "EXAMINE "))
    return;
  session->opened = g_str_has_prefix (turn->tagged->str, "OK");
  session->told = told_uidvalidity (turn->untagged);
}

static void
execute (Line *line, ModelTurn *turn, const ModelLine *read)
{
  const ModelFault *refusal = strike_find (&line->strike, MODEL_REFUSE);
  g_autoptr (ModelCommand) command = model_command_parse (read);

  call_faults (line, MODEL_BEFORE, turn);
  line->session.refused |= refusal != NULL && !line->session.authenticated;
  if (refusal != NULL)
    g_string_assign (turn->tagged, refusal->text);
  else
    model_carry_out (&line->session, command, turn->untagged, turn->tagged);
  model_tell_changes (&line->session, turn->untagged);
  turn->selected = line->session.selected;
  edit_answer (line, turn);
  note_opening (&line->session, read->text, turn);
}

static gboolean
only_looks (const char *text)
{
  static const char *const looks[] = { "SELECT ", "EXAMINE ", "UID FETCH ", "UID SEARCH ", "LOGOUT" };

  for (guint i = 0; i < G_N_ELEMENTS (looks); i++)
    if (g_str_has_prefix (text, looks[i]))
      return TRUE;
  return FALSE;
}

/* What changes or removes waits until SELECT was answered and its UIDVALIDITY checked (contract C8). */
static void
watch_pipeline (Line *line, const ModelLine *read)
{
  gboolean more = fake_peer_has_input (line->peer);

  if (more && g_str_equal (read->text, "COMPRESS DEFLATE"))
    model_server_breach (line->session.server, "something was sent before COMPRESS was answered");
  if (line->unheard && !only_looks (read->text))
    model_server_breach (line->session.server, "before SELECT was answered, this was sent: %s", read->text);
  line->unheard = more && (line->unheard || g_str_has_prefix (read->text, "SELECT "));
}

/* All that strike. */
static void
delay (Line *line)
{
  for (guint i = 0; i < line->strike.n_faults; i++)
    if (line->strike.faults[i]->kind == MODEL_DELAY)
      fake_peer_pause (line->peer, line->strike.faults[i]->milliseconds > 0
                                       ? line->strike.faults[i]->milliseconds
                                       : DELAY_MS);
}

/* FALSE: what the client sent is not deflated. */
static gboolean
begin_deflate (Line *line, const ModelLine *read, const GString *tagged)
{
  return line->session.deflates || !g_str_equal (read->text, "COMPRESS DEFLATE") ||
         !g_str_equal (tagged->str, MODEL_DEFLATES) ||
         ((line->session.deflates = TRUE) && fake_peer_start_deflate (line->peer));
}

/* FALSE ends the connection. */
static gboolean
answer (Line *line, const ModelLine *read)
{
  ModelServer *server = line->session.server;
  g_autoptr (GString) untagged = g_string_new (NULL);
  g_autoptr (GString) tagged = g_string_new (NULL);
  ModelTurn turn = { server, server->store, line->session.selected, read->text, untagged, tagged };

  g_mutex_lock (&server->mutex);
  g_ptr_array_add (server->log, g_strdup (read->text));
  if (!line->is_struck)
    line->strike = choose_faults (server, read->text, line->session.examine);
  line->is_struck = FALSE;
  g_mutex_unlock (&server->mutex);
  if (strike_down (line))
    return FALSE;
  g_mutex_lock (&server->mutex);
  execute (line, &turn, read);
  watch_pipeline (line, read);
  g_mutex_unlock (&server->mutex);
  if (end_inside (line, &turn))
    return FALSE;
  delay (line);
  send_all (line->peer, read->tag, untagged, tagged->str);
  return !line->session.ended && begin_deflate (line, read, tagged);
}

static gboolean
may_be_unasked (ModelServer *server, gsize length)
{
  return model_server_offers (server, "LITERAL+") ||
         (model_server_offers (server, "LITERAL-") && length <= LITERAL_MINUS_MAX);
}

/* The message of an APPEND, or a name. */
static gboolean
take_literal (const ModelLine *read, gsize length, gboolean synchronizing, gpointer user_data)
{
  Line *line = user_data;
  ModelServer *server = line->session.server;
  const ModelFault *early;
  g_autoptr (GBytes) half = NULL;

  g_mutex_lock (&server->mutex);
  if (!line->is_struck)
    line->strike = choose_faults (server, read->text, line->session.examine);
  line->is_struck = TRUE;
  if (!synchronizing && !may_be_unasked (server, length))
    model_server_breach (server, "a literal of %" G_GSIZE_FORMAT " was sent unasked: %s", length, read->text);
  g_mutex_unlock (&server->mutex);
  early = strike_find (&line->strike, MODEL_REFUSE_EARLY);
  if (early != NULL && synchronizing)
    {
      fake_peer_printf (line->peer, "%s %s\r\n", read->tag, early->text);
      return FALSE;
    }
  if (synchronizing && !fake_peer_send (line->peer, "+ go on\r\n"))
    return FALSE;
  if (strike_find (&line->strike, MODEL_CUT_LITERAL) == NULL)
    return TRUE;
  half = fake_peer_read_bytes (line->peer, length / 2);
  return FALSE;
}

static gboolean
greet (Line *line)
{
  ModelServer *server = line->session.server;
  const ModelFault *refusal;

  g_mutex_lock (&server->mutex);
  line->strike = choose_faults (server, "GREETING", FALSE);
  g_mutex_unlock (&server->mutex);
  if (strike_down (line))
    return FALSE;
  refusal = strike_find (&line->strike, MODEL_REPLACE);
  if (refusal != NULL)
    return fake_peer_send (line->peer, refusal->text);
  return fake_peer_printf (line->peer, "* OK [CAPABILITY IMAP4rev1 %s] at your service\r\n",
                           server->capabilities) &&
         strike_find (&line->strike, MODEL_CUT_AFTER) == NULL;
}

/* An early refusal of a literal ends that command, not the connection. */
static gboolean
serve_command (Line *line)
{
  g_autoptr (ModelLine) read = model_line_read (line->peer, take_literal, line);

  if (read != NULL)
    return answer (line, read);
  if (!line->is_struck || strike_find (&line->strike, MODEL_REFUSE_EARLY) == NULL)
    return FALSE;
  line->is_struck = FALSE;
  return TRUE;
}

static void
count_connection (ModelServer *server, int change)
{
  g_mutex_lock (&server->mutex);
  server->connections += change;
  g_cond_broadcast (&server->idle);
  g_mutex_unlock (&server->mutex);
}

static void
serve (FakePeer *peer, gpointer user_data)
{
  ModelServer *server = user_data;
  Line line = { .session = { .server = server, .store = server->store }, .peer = peer };

  line.session.view = g_array_new (FALSE, FALSE, sizeof (guint32));
  count_connection (server, 1);
  if (greet (&line))
    while (serve_command (&line))
      continue;
  count_connection (server, -1);
  g_array_unref (line.session.view);
}

ModelServer *
model_server_new (const char *capabilities)
{
  ModelServer *server = g_new0 (ModelServer, 1);

  g_mutex_init (&server->mutex);
  g_cond_init (&server->idle);
  server->capabilities = g_strdup (capabilities != NULL ? capabilities : GOOD_CAPABILITIES);
  server->store = model_store_new ();
  server->log = g_ptr_array_new_with_free_func (g_free);
  server->fake = fake_server_new_programmed (serve, server, NULL);
  return server;
}

void
model_server_free (ModelServer *server)
{
  fake_server_free (server->fake);
  model_store_free (server->store);
  g_ptr_array_unref (server->log);
  g_mutex_clear (&server->mutex);
  g_cond_clear (&server->idle);
  g_free (server->capabilities);
  g_free (server->breach);
  g_free (server);
}

guint16
model_server_get_port (ModelServer *server)
{
  return fake_server_get_port (server->fake);
}

ModelStore *
model_server_get_store (ModelServer *server)
{
  return server->store;
}

void
model_server_settle (ModelServer *server)
{
  g_mutex_lock (&server->mutex);
  while (server->connections > 0)
    g_cond_wait (&server->idle, &server->mutex);
  g_mutex_unlock (&server->mutex);
}

void
model_server_set_faults (ModelServer *server, const ModelFault *faults)
{
  g_mutex_lock (&server->mutex);
  server->faults = faults;
  memset (server->counts, 0, sizeof server->counts);
  g_mutex_unlock (&server->mutex);
}

void
model_server_set_body_first (ModelServer *server, gboolean body_first)
{
  server->body_first = body_first;
}

void
model_server_set_silent_store (ModelServer *server, gboolean silent)
{
  server->silent_store = silent;
}

static gboolean
matches_any (const char *text, char **globs)
{
  for (guint i = 0; globs[i] != NULL; i++)
    if (g_pattern_match_simple (globs[i], text))
      return TRUE;
  return FALSE;
}

guint
model_server_count (ModelServer *server, const char *globs)
{
  g_auto (GStrv) list = g_strsplit (globs, ";", -1);
  guint count = 0;

  g_mutex_lock (&server->mutex);
  for (guint i = 0; i < server->log->len; i++)
    count += matches_any (g_ptr_array_index (server->log, i), list);
  g_mutex_unlock (&server->mutex);
  return count;
}

void
model_server_clear_log (ModelServer *server)
{
  g_mutex_lock (&server->mutex);
  g_ptr_array_set_size (server->log, 0);
  g_mutex_unlock (&server->mutex);
}

char *
model_server_get_log (ModelServer *server)
{
  GString *text = g_string_new (NULL);

  g_mutex_lock (&server->mutex);
  for (guint i = 0; i < server->log->len; i++)
    g_string_append_printf (text, "%s\n", (const char *)g_ptr_array_index (server->log, i));
  g_mutex_unlock (&server->mutex);
  return g_string_free (text, FALSE);
}

const char *
model_server_get_breach (ModelServer *server)
{
  return server->breach;
}
