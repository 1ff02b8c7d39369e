#include "remote-flags.h"

#include "refusal.h"
#include "tell.h"

#include <string.h>

/* The flags of one message on their way to the server. */
typedef struct
{
  const PlanOperation *operation;
  gboolean answered; /* `now` is what the server holds after our STOREs */
  gboolean refused;
  MessageFlags now;
} Store;

/* One STORE command: the same flags for many messages. */
typedef struct
{
  ImapUidSet *set;
  GPtrArray *stores; /* of Store */
  gboolean is_final;
  char *reason;
} StoreGroup;

typedef struct
{
  MailboxSync *mailbox;
  GHashTable *stores; /* uid -> Store */
  GHashTable *groups; /* "+FLAGS \\Seen" -> StoreGroup */
} FlagsRun;

static void
store_group_free (gpointer data)
{
  StoreGroup *group = data;

  imap_uid_set_free (group->set);
  g_ptr_array_unref (group->stores);
  g_free (group->reason);
  g_free (group);
}

static void
add_to_group (FlagsRun *run, Store *store, const char *mode, MessageFlags flags)
{
  g_autofree char *names = message_flags_to_imap (flags);
  g_autofree char *key = g_strdup_printf ("%s %s", mode, names);
  StoreGroup *group = g_hash_table_lookup (run->groups, key);

  if (message_flags_is_empty (flags))
    return;
  if (group == NULL)
    {
      group = g_new0 (StoreGroup, 1);
      group->set = imap_uid_set_new ();
      group->stores = g_ptr_array_new ();
      g_hash_table_insert (run->groups, g_steal_pointer (&key), group);
    }
  imap_uid_set_add (group->set, store->operation->uid);
  g_ptr_array_add (group->stores, store);
}

static void
collect_stores (FlagsRun *run)
{
  MailboxSync *mailbox = run->mailbox;

  for (guint i = 0; i < mailbox->plan->len; i++)
    {
      const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);
      Store *store;

      if (operation->kind != PLAN_REMOTE_FLAGS || mailbox_sync_is_closed (mailbox, operation))
        continue;
      store = g_new0 (Store, 1);
      store->operation = operation;
      g_hash_table_insert (run->stores, GUINT_TO_POINTER (operation->uid), store);
      add_to_group (run, store, "+FLAGS", operation->add);
      add_to_group (run, store, "-FLAGS", operation->remove);
    }
}

static void
note_flags (const ImapFetch *fetch, gpointer user_data)
{
  FlagsRun *run = user_data;
  Store *store = g_hash_table_lookup (run->stores, GUINT_TO_POINTER (fetch->uid));

  if (store == NULL || (fetch->present & IMAP_FETCH_FLAGS) == 0)
    return;
  store->answered = TRUE;
  store->now = message_flags_from_imap (run->mailbox->account->pool, (const char *const *)fetch->flags);
}

static void
note_result (const ImapResult *result, gpointer user_data)
{
  StoreGroup *group = user_data;

  if (result->status == IMAP_STATUS_OK)
    return;
  group->is_final = result->code->type == IMAP_CODE_CANNOT || result->code->type == IMAP_CODE_NOPERM;
  group->reason = g_strdup (*result->text != '\0' ? result->text : "it gave no reason");
}

/* The answers to STORE may be incomplete or come before the last one: what counts is asked for afterwards. */
static gboolean
send_stores (FlagsRun *run, GError **error)
{
  g_autoptr (ImapBatch) batch = imap_batch_new (run->mailbox->account->session);
  g_autoptr (ImapUidSet) all = imap_uid_set_new ();
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, run->groups);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      StoreGroup *group = value;
      const char *mode = *(const char *)key == '+' ? "+FLAGS" : "-FLAGS";

      imap_batch_uid_store (batch, group->set, mode, (const char *)key + strlen ("+FLAGS "), note_result,
                            group);
    }
  if (!imap_batch_wait (batch, error))
    return FALSE;
  g_hash_table_iter_init (&iter, run->stores);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    imap_uid_set_add (all, GPOINTER_TO_UINT (key));
  imap_batch_set_fetch_handler (batch, note_flags, run);
  imap_batch_uid_fetch (batch, all, "(UID FLAGS)", NULL, NULL);
  return imap_batch_wait (batch, error);
}

static gboolean
name_refused (FlagsRun *run, GError **error)
{
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, run->groups);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      StoreGroup *group = value;

      if (group->reason == NULL)
        continue;
      for (guint i = 0; i < group->stores->len; i++)
        {
          Store *store = g_ptr_array_index (group->stores, i);
          g_autofree char *what =
              g_strdup_printf ("the flags (%s) of message %u", (const char *)key, store->operation->uid);

          if (!store->refused && !mailbox_sync_refuse (run->mailbox, store->operation, group->is_final, what,
                                                       group->reason, error))
            return FALSE;
          store->refused = TRUE;
        }
    }
  return TRUE;
}

/* A message whose flags also had to change here, and could not, keeps its base: both changes are planned
 * again. */
static gboolean
has_local_part_undone (MailboxSync *mailbox, const PlanOperation *operation)
{
  PlanOperation local = *operation;

  local.kind = PLAN_LOCAL_FLAGS;
  return mailbox_sync_is_closed (mailbox, &local);
}

/* The base takes what both sides hold now; an added flag that the answer lacks is not kept there (contract
 * C3.4). */
static gboolean
record_store (MailboxSync *mailbox, const Store *store, GError **error)
{
  AccountSync *account = mailbox->account;
  const PlanOperation *operation = store->operation;
  MessageFlags lost = message_flags_minus (account->pool, operation->add, store->now);
  MessageFlags flags = message_flags_minus (account->pool, operation->flags, lost);
  MessageFlags not_kept = message_flags_union (account->pool, operation->not_kept, lost);
  g_autofree char *key = plan_operation_key (operation);

  return journal_set_message_flags (account->journal, operation->row, flags.system, flags.keywords,
                                    not_kept.system, not_kept.keywords, error) &&
         journal_queue_remove (account->journal, mailbox->row->id, key, error);
}

static gboolean
is_settled (const FlagsRun *run, const Store *store)
{
  return store->answered && !store->refused && !has_local_part_undone (run->mailbox, store->operation);
}

static gboolean
record_stores (FlagsRun *run, GError **error)
{
  GHashTableIter iter;
  gpointer store;

  g_hash_table_iter_init (&iter, run->stores);
  while (g_hash_table_iter_next (&iter, NULL, &store))
    if (is_settled (run, store) && !record_store (run->mailbox, store, error))
      return FALSE;
  return TRUE;
}

static void
tell_stores (const FlagsRun *run)
{
  GHashTableIter iter;
  gpointer store;

  g_hash_table_iter_init (&iter, run->stores);
  while (mailbox_sync_is_heard (run->mailbox) && g_hash_table_iter_next (&iter, NULL, &store))
    if (is_settled (run, store))
      mailbox_sync_tell (run->mailbox, ((const Store *)store)->operation, 0, NULL);
}

static gboolean
commit_run (FlagsRun *run, GError **error)
{
  Journal *journal = run->mailbox->account->journal;

  if (!journal_begin (journal, error) || !journal_end (journal, record_stores (run, error), error))
    return FALSE;
  tell_stores (run);
  return TRUE;
}

static gboolean
run_stores (FlagsRun *run, GError **error)
{
  gboolean selected;

  collect_stores (run);
  if (g_hash_table_size (run->stores) == 0)
    return TRUE;
  if (!mailbox_sync_select (run->mailbox, &selected, error))
    return FALSE;
  if (!selected)
    return TRUE;
  run->mailbox->account->tally.flags += g_hash_table_size (run->stores);
  report_progress (&run->mailbox->account->report, run->mailbox->row->name, g_hash_table_size (run->stores),
                   0);
  return send_stores (run, error) && name_refused (run, error) && commit_run (run, error);
}

gboolean
account_sync_apply_remote_flags (AccountSync *account, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      FlagsRun run = { .mailbox = g_ptr_array_index (account->mailboxes, i) };
      gboolean done;

      if (run.mailbox->plan == NULL)
        continue;
      run.stores = g_hash_table_new_full (NULL, NULL, NULL, g_free);
      run.groups = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, store_group_free);
      done = run_stores (&run, error);
      g_hash_table_unref (run.groups);
      g_hash_table_unref (run.stores);
      if (!done)
        return FALSE;
    }
  return TRUE;
}
