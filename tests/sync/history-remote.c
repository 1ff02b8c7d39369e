#include "history-steps.h"
#include "history-mail.h"
#include "imap-client-private.h"

typedef struct
{
  char *mailbox;
  char *token;
  guint flags;
  const ImapClientMessage *message; /* owned by `fetched` of the view */
} RemoteMessage;

/* All mailboxes of the history as they are now. */
typedef struct
{
  GPtrArray *fetched;  /* of GPtrArray of ImapClientMessage */
  GPtrArray *messages; /* of RemoteMessage */
} RemoteView;

static void
message_free (RemoteMessage *message)
{
  g_free (message->mailbox);
  g_free (message->token);
  g_free (message);
}

static void
view_free (RemoteView *view)
{
  g_ptr_array_unref (view->fetched);
  g_ptr_array_unref (view->messages);
  g_free (view);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RemoteView, view_free)

static void
view_mailbox (RemoteView *view, HistoryWorld *world, const char *mailbox)
{
  GPtrArray *fetched = imap_client_fetch_all (world->client, mailbox);

  g_ptr_array_add (view->fetched, fetched);
  for (guint i = 0; i < fetched->len; i++)
    {
      RemoteMessage *message = g_new0 (RemoteMessage, 1);

      message->message = g_ptr_array_index (fetched, i);
      message->mailbox = g_strdup (mailbox);
      message->token = history_mail_token (message->message->body);
      message->flags = history_flags_from_string (message->message->flags, NULL);
      g_ptr_array_add (view->messages, message);
    }
}

static RemoteView *
view_new (HistoryWorld *world)
{
  RemoteView *view = g_new0 (RemoteView, 1);
  g_auto (GStrv) present = imap_client_list (world->client);

  view->fetched = g_ptr_array_new_with_free_func ((GDestroyNotify)g_ptr_array_unref);
  view->messages = g_ptr_array_new_with_free_func ((GDestroyNotify)message_free);
  for (guint i = 0; i < world->mailboxes[HISTORY_REMOTE]->len; i++)
    {
      const char *mailbox = g_ptr_array_index (world->mailboxes[HISTORY_REMOTE], i);

      if (g_strv_contains ((const char *const *)present, mailbox))
        view_mailbox (view, world, mailbox);
    }
  return view;
}

/* (nullable) */
static const RemoteMessage *
pick (RemoteView *view, guint32 number)
{
  const RemoteMessage *best = NULL;
  guint32 best_hash = 0;

  for (guint i = 0; i < view->messages->len; i++)
    {
      const RemoteMessage *message = g_ptr_array_index (view->messages, i);
      g_autofree char *text = g_strconcat (message->mailbox, message->token, NULL);
      guint32 hash = history_hash (number, text);

      if (best == NULL || hash < best_hash)
        {
          best = message;
          best_hash = hash;
        }
    }
  return best;
}

static gboolean
is_on_server (HistoryWorld *world, const char *mailbox)
{
  g_auto (GStrv) present = imap_client_list (world->client);

  return g_strv_contains ((const char *const *)present, mailbox);
}

/* One that the steps made here and that the server may not have yet is made there too. */
static void
ensure_mailbox (HistoryWorld *world, const char *mailbox)
{
  if (is_on_server (world, mailbox))
    return;
  imap_client_create (world->client, mailbox);
  history_model_create_mailbox (world->model, HISTORY_REMOTE, mailbox);
}

static void
append (HistoryWorld *world, const char *mailbox, GBytes *bytes, guint flags, gint64 date)
{
  g_autofree char *token = history_mail_token (bytes);
  g_autofree char *list = history_flags_to_string (flags);

  ensure_mailbox (world, mailbox);
  imap_client_append (world->client, mailbox, list, date, g_bytes_get_data (bytes, NULL),
                      g_bytes_get_size (bytes));
  history_model_make (world->model, HISTORY_REMOTE, mailbox, token, flags, date);
  history_world_log (world, "      server: %s into %s (%s)", token, mailbox, list);
}

static void
append_new (HistoryWorld *world, const HistoryStep *step, guint number, const char *mailbox)
{
  g_autofree char *token = g_strdup_printf ("m%u.%u", step->id, number);
  guint32 bits = history_hash (step->bits, token);
  g_autoptr (GBytes) bytes = history_mail_new (token, bits);

  append (world, mailbox, bytes, history_flags_random (bits ^ step->pick), history_mail_date (bits));
}

static void
append_again (HistoryWorld *world, const RemoteMessage *message)
{
  append (world, message->mailbox, message->message->body, message->flags & ~HISTORY_DRAFT,
          message->message->date);
}

static void
store (HistoryWorld *world, const RemoteMessage *message, guint32 bits)
{
  guint flag = 1u << bits % HISTORY_N_FLAGS;
  g_autofree char *uid = g_strdup_printf ("%u", message->message->uid);
  const char *name = history_flag_name (bits % HISTORY_N_FLAGS);
  g_autofree char *change =
      g_strdup_printf ("%cFLAGS.SILENT (%s)", (message->flags & flag) != 0 ? '-' : '+', name);

  imap_client_store (world->client, message->mailbox, uid, change);
  history_model_flags (world->model, HISTORY_REMOTE, message->token, message->flags, message->flags ^ flag);
  history_world_log (world, "      server: %s in %s: %s", message->token, message->mailbox, change);
}

static void
expunge (HistoryWorld *world, const RemoteMessage *message)
{
  g_autofree char *uid = g_strdup_printf ("%u", message->message->uid);

  if (!history_world_may_delete (world, 1))
    return;
  imap_client_expunge (world->client, message->mailbox, uid);
  history_model_delete (world->model, HISTORY_REMOTE, message->mailbox, message->token);
  history_world_log (world, "      server: %s expunged from %s", message->token, message->mailbox);
}

static void
copy (HistoryWorld *world, const RemoteMessage *message, const char *to)
{
  g_autofree char *name = imap_client_encode_name (to);

  ensure_mailbox (world, to);
  imap_client_select (world->client, "SELECT", message->mailbox);
  g_free (imap_client_command (world->client, "UID COPY %u %s", message->message->uid, name));
  history_model_make (world->model, HISTORY_REMOTE, to, message->token, message->flags,
                      message->message->date);
  history_world_log (world, "      server: %s copied from %s to %s", message->token, message->mailbox, to);
}

static void
move (HistoryWorld *world, const RemoteMessage *message, const char *to)
{
  g_autofree char *uid = g_strdup_printf ("%u", message->message->uid);

  if (g_str_equal (message->mailbox, to))
    return;
  ensure_mailbox (world, to);
  imap_client_move (world->client, message->mailbox, uid, to);
  history_model_move (world->model, HISTORY_REMOTE, message->mailbox, message->token, to);
  history_world_log (world, "      server: %s moved from %s to %s", message->token, message->mailbox, to);
}

/* (nullable) */
static const RemoteMessage *
find (const RemoteView *view, const char *mailbox, const char *token)
{
  for (guint i = 0; i < view->messages->len; i++)
    {
      const RemoteMessage *message = g_ptr_array_index (view->messages, i);

      if (g_str_equal (message->mailbox, mailbox) && g_str_equal (message->token, token))
        return message;
    }
  return NULL;
}

static void
move_on (HistoryWorld *world, const RemoteMessage *message, const char *to, const char *next)
{
  g_autoptr (RemoteView) view = NULL;
  const RemoteMessage *moved;

  move (world, message, to);
  view = view_new (world);
  moved = find (view, to, message->token);
  if (moved != NULL)
    move (world, moved, next);
}

void
history_remote_append_new (HistoryWorld *world, const HistoryStep *step, const char *mailbox)
{
  append_new (world, step, 0, mailbox);
}

static void
create (HistoryWorld *world, const HistoryStep *step)
{
  g_autofree char *name = g_strdup_printf ("New ñ%u", step->id);

  imap_client_create (world->client, name);
  history_model_create_mailbox (world->model, HISTORY_REMOTE, name);
  history_world_add_mailbox (world, name);
  history_world_log (world, "      server: new mailbox %s", name);
}

static void
change_one (HistoryWorld *world, const HistoryStep *step, guint number)
{
  g_autoptr (RemoteView) view = view_new (world);
  const RemoteMessage *message = pick (view, step->pick + number);
  const char *to = history_world_pick_mailbox (world, HISTORY_REMOTE, step->to);

  if (message == NULL)
    return;
  if (step->kind == HISTORY_APPEND_AGAIN)
    append_again (world, message);
  else if (step->kind == HISTORY_STORE)
    store (world, message, step->bits);
  else if (step->kind == HISTORY_EXPUNGE)
    expunge (world, message);
  else if (step->kind == HISTORY_COPY)
    copy (world, message, to);
  else if (step->kind == HISTORY_MOVE_ON_THERE)
    move_on (world, message, to, history_world_pick_mailbox (world, HISTORY_REMOTE, step->bits));
  else if (step->kind == HISTORY_COPY_ON_THERE)
    {
      copy (world, message, to);
      move (world, message, history_world_pick_mailbox (world, HISTORY_REMOTE, step->bits));
    }
  else if (step->kind == HISTORY_MOVE_BACK_THERE)
    move_on (world, message, to, message->mailbox);
  else
    move (world, message, to);
}

void
history_remote_step (HistoryWorld *world, const HistoryStep *step)
{
  if (step->kind == HISTORY_CREATE)
    create (world, step);
  for (guint i = 0; step->kind != HISTORY_CREATE && i < step->repeat; i++)
    if (step->kind == HISTORY_APPEND)
      append_new (world, step, i, history_world_pick_mailbox (world, HISTORY_REMOTE, step->to + i));
    else
      change_one (world, step, i);
}

HistorySnapshot *
history_remote_snapshot (HistoryWorld *world)
{
  HistorySnapshot *snapshot = history_snapshot_new ();
  g_auto (GStrv) mailboxes = imap_client_list (world->client);

  for (guint i = 0; mailboxes[i] != NULL; i++)
    {
      g_autoptr (GPtrArray) messages = imap_client_fetch_all (world->client, mailboxes[i]);

      history_snapshot_add_mailbox (snapshot, mailboxes[i]);
      for (guint j = 0; j < messages->len; j++)
        {
          const ImapClientMessage *message = g_ptr_array_index (messages, j);
          g_autoptr (GString) others = g_string_new (NULL);
          guint flags = history_flags_from_string (message->flags, others);

          history_snapshot_add (snapshot, mailboxes[i], message->body, flags, others->str, message->date,
                                g_strdup_printf ("%u", message->uid),
                                g_strdup_printf ("UID %u", message->uid));
        }
    }
  history_snapshot_sort (snapshot);
  return snapshot;
}
