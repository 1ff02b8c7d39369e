/* Mailboxes on the server are created, deleted and renamed, as another mail client does it. */
#include "history-mail.h"
#include "history-steps.h"
#include "imap-client-private.h"

/* More at once, and the server's LIST is not believed (contract C6.2). */
#define MAX_VANISHED 3

/* A server may hang up on a client that has selected what it deletes or renames. */
static void
delete_mailbox (HistoryWorld *world, const char *name)
{
  imap_client_select (world->client, "EXAMINE", "INBOX");
  imap_client_delete (world->client, name);
}

static void
give_name (HistoryWorld *world, const char *name, const char *to)
{
  imap_client_select (world->client, "EXAMINE", "INBOX");
  imap_client_rename (world->client, name, to);
}

static gboolean
may_vanish (HistoryWorld *world)
{
  return world->vanished++ < MAX_VANISHED;
}

static void
create (HistoryWorld *world, const char *name)
{
  imap_client_create (world->client, name);
  history_model_create_mailbox (world->model, HISTORY_REMOTE, name);
  history_world_log (world, "      server: new mailbox %s", name);
}

static void
create_below (HistoryWorld *world, const HistoryStep *step, const char *parent)
{
  g_autofree char *name = g_strdup_printf ("%s/Below ñ%u", parent, step->id);

  create (world, name);
  history_world_add_mailbox (world, name);
  if (step->bits % 2 == 0)
    history_remote_append_new (world, step, name);
}

static gboolean delete (HistoryWorld *world, const char *name)
{
  g_autoptr (GPtrArray) messages = imap_client_fetch_all (world->client, name);

  if (!history_world_may_delete (world, messages->len))
    return FALSE;
  for (guint i = 0; i < messages->len; i++)
    {
      const ImapClientMessage *message = g_ptr_array_index (messages, i);
      g_autofree char *token = history_mail_token (message->body);

      history_model_delete_with_mailbox (world->model, HISTORY_REMOTE, name, token);
    }
  delete_mailbox (world, name);
  history_model_delete_mailbox (world->model, HISTORY_REMOTE, name);
  history_world_drop_mailbox (world, HISTORY_REMOTE, name);
  history_world_log (world, "      server: %s deleted with %u messages", name, messages->len);
  return TRUE;
}

/* RENAME takes along what is below (RFC 9051 section 6.3.6). */
static void
rename_mailbox (HistoryWorld *world, const char *const *present, const char *from, const char *to)
{
  give_name (world, from, to);
  history_world_log (world, "      server: %s renamed to %s", from, to);
  for (guint i = 0; present[i] != NULL; i++)
    {
      g_autofree char *name = history_name_moved (present[i], from, to);

      if (name == NULL)
        continue;
      history_model_rename_mailbox (world->model, HISTORY_REMOTE, present[i], name);
      history_world_drop_mailbox (world, HISTORY_REMOTE, present[i]);
      g_ptr_array_add (world->mailboxes[HISTORY_REMOTE], g_steal_pointer (&name));
    }
}

/* Only what has nothing below it. */
static void
exchange (HistoryWorld *world, const HistoryStep *step, const char *const *present, const char *name)
{
  const char *other = history_pick_name (present, step->to, name);
  g_autofree char *aside = g_strdup_printf ("Aside %u", step->id);

  if (other == NULL || history_name_has_children (present, name) ||
      history_name_has_children (present, other))
    return;
  history_model_exchange_names (world->model);
  history_world_log (world, "      server: %s and %s exchange names, by way of %s (%u)", name, other, aside,
                     step->bits % 4);
  if (step->bits % 4 == 3)
    {
      give_name (world, name, aside);
      imap_client_create (world->client, name);
      return;
    }
  if (step->bits % 4 != 2)
    give_name (world, other, aside);
  else if (!delete (world, other))
    return;
  give_name (world, name, other);
  if (step->bits % 4 == 0)
    give_name (world, aside, name);
}

static gboolean
deletes (const HistoryStep *step)
{
  return step->kind == HISTORY_DELETE_MAILBOX || step->kind == HISTORY_CREATE_AGAIN;
}

static void
change (HistoryWorld *world, const HistoryStep *step, const char *const *present, const char *name)
{
  g_autofree char *to = history_new_name (step, present, name);

  if (step->kind == HISTORY_CREATE_BELOW)
    create_below (world, step, name);
  else if (!may_vanish (world) || (deletes (step) && history_world_keeps_parents (world) &&
                                   history_name_has_children (present, name)))
    return;
  else if (step->kind == HISTORY_DELETE_MAILBOX)
    delete (world, name);
  else if (step->kind == HISTORY_RENAME_MAILBOX)
    rename_mailbox (world, present, name, to);
  else if (step->kind == HISTORY_EXCHANGE_THERE)
    exchange (world, step, present, name);
  else if (delete (world, name))
    {
      create (world, name);
      history_world_add_mailbox (world, name);
      if (step->bits % 2 == 0)
        history_remote_append_new (world, step, name);
    }
}

void
history_hierarchy_step (HistoryWorld *world, const HistoryStep *step)
{
  g_auto (GStrv) present = imap_client_list (world->client);
  const char *name = history_pick_name ((const char *const *)present, step->pick, NULL);

  if (name == NULL)
    return;
  change (world, step, (const char *const *)present, name);
  if (step->kind == HISTORY_EXCHANGE_THERE)
    {
      g_auto (GStrv) now = imap_client_list (world->client);

      history_world_use_mailboxes (world, HISTORY_REMOTE, (const char *const *)now);
    }
}
