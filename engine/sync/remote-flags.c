#include "remote-flags.h"

#include "refusal.h"
#include "tell.h"

#include <string.h>

#define PLAIN_FACT "store-plain" /* the server takes no UNCHANGEDSINCE */

/* The flags of one message on their way to the server. */
typedef struct
{
  const PlanOperation *operation;
  gboolean guarded;  /* its first STORE is for UNCHANGEDSINCE the observation */
  gboolean modified; /* the server passed it over */
  gboolean again;    /* the server takes no such STORE: once more, plain */
  gboolean answered; /* `now` is what the server holds after our STOREs */
  gboolean refused;
  MessageFlags now;
} Store;

/* One STORE command: the same flags for many messages. */
typedef struct
{
  const char *mode; /* "+FLAGS" or "-FLAGS" */
  char *flags;
  ImapUidSet *set;
  GPtrArray *stores; /* of Store */
  gboolean guarded;
  gboolean is_bad;
  gboolean is_final;
  char *reason; /* (nullable) why the server refused it */
} StoreGroup;

typedef struct
{
  MailboxSync *mailbox;
  guint64 unchanged_since; /* 0: STOREs are plain */
  GHashTable *stores;      /* uid -> Store */
  GPtrArray *groups;       /* of StoreGroup */
  GHashTable *flight;      /* "+FLAGS \\Seen" -> StoreGroup, of `groups`: not sent yet */
} FlagsRun;

static void
store_group_free (gpointer data)
{
  StoreGroup *group = data;

  imap_uid_set_free (group->set);
  g_ptr_array_unref (group->stores);
  g_free (group->flags);
  g_free (group->reason);
  g_free (group);
}

static StoreGroup *
store_group_new (FlagsRun *run, const char *mode, MessageFlags flags, gboolean guarded)
{
  StoreGroup *group = g_new0 (StoreGroup, 1);

  group->mode = mode;
  group->flags = message_flags_to_imap (flags);
  group->guarded = guarded;
  group->set = imap_uid_set_new ();
  group->stores = g_ptr_array_new ();
  g_ptr_array_add (run->groups, group);
  return group;
}

static void
add_to_flight (FlagsRun *run, Store *store, const char *mode, MessageFlags flags, gboolean guarded)
{
  g_autofree char *names = message_flags_to_imap (flags);
  g_autofree char *key = g_strdup_printf ("%s%s %s", guarded ? "?" : "", mode, names);
  StoreGroup *group = g_hash_table_lookup (run->flight, key);

  if (message_flags_is_empty (flags))
    return;
  if (group == NULL)
    {
      group = store_group_new (run, mode, flags, guarded);
      g_hash_table_insert (run->flight, g_steal_pointer (&key), group);
    }
  imap_uid_set_add (group->set, store->operation->uid);
  g_ptr_array_add (group->stores, store);
}

/* Of one that is guarded only the first: our own would be taken for somebody else's change. */
static void
add_first (FlagsRun *run, Store *store)
{
  const PlanOperation *operation = store->operation;
  const gboolean removes_only = message_flags_is_empty (operation->add);

  add_to_flight (run, store, "+FLAGS", operation->add, store->guarded);
  if (!store->guarded || removes_only)
    add_to_flight (run, store, "-FLAGS", operation->remove, store->guarded);
}

static void
add_second (FlagsRun *run, Store *store)
{
  const PlanOperation *operation = store->operation;

  if (!store->guarded || store->modified)
    return;
  if (store->again)
    add_to_flight (run, store, "+FLAGS", operation->add, FALSE);
  if (store->again || !message_flags_is_empty (operation->add))
    add_to_flight (run, store, "-FLAGS", operation->remove, FALSE);
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
      store->guarded =
          run->unchanged_since > 0 && !imap_uid_set_contains (mailbox->unguarded, operation->uid);
      g_hash_table_insert (run->stores, GUINT_TO_POINTER (operation->uid), store);
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

/* A server may name what was never sent. */
static void
note_modified (const ImapUidSet *set, gpointer user_data)
{
  FlagsRun *run = user_data;
  GHashTableIter iter;
  gpointer uid, store;

  g_hash_table_iter_init (&iter, run->stores);
  while (g_hash_table_iter_next (&iter, &uid, &store))
    if (((Store *)store)->guarded && imap_uid_set_contains (set, GPOINTER_TO_UINT (uid)))
      ((Store *)store)->modified = TRUE;
}

/* NO [MODIFIED] is no refusal: of the others some are gone (RFC 7162 section 3.1.3). */
static void
note_result (const ImapResult *result, gpointer user_data)
{
  StoreGroup *group = user_data;

  if (result->status == IMAP_STATUS_OK || (group->guarded && result->code->type == IMAP_CODE_MODIFIED))
    return;
  group->is_bad = result->status == IMAP_STATUS_BAD;
  group->is_final = result->code->type == IMAP_CODE_CANNOT || result->code->type == IMAP_CODE_NOPERM;
  group->reason = g_strdup (*result->text != '\0' ? result->text : "it gave no reason");
}

static void
send_group (FlagsRun *run, ImapBatch *batch, StoreGroup *group)
{
  g_autofree char *mode = group->guarded ? g_strdup_printf ("(UNCHANGEDSINCE %" G_GUINT64_FORMAT ") %s",
                                                            run->unchanged_since, group->mode)
                                         : g_strdup (group->mode);

  imap_batch_uid_store (batch, group->set, mode, group->flags, note_result, group);
}

static gboolean
send_flight (FlagsRun *run, GError **error)
{
  g_autoptr (ImapBatch) batch = imap_batch_new (run->mailbox->account->session);
  GHashTableIter iter;
  gpointer value;

  imap_batch_set_modified_handler (batch, note_modified, run);
  g_hash_table_iter_init (&iter, run->flight);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    send_group (run, batch, value);
  g_hash_table_remove_all (run->flight);
  return imap_batch_wait (batch, error);
}

typedef void (*StoreFunc) (FlagsRun *run, Store *store);

static gboolean
fly (FlagsRun *run, StoreFunc add, GError **error)
{
  GHashTableIter iter;
  gpointer store;

  g_hash_table_iter_init (&iter, run->stores);
  while (g_hash_table_iter_next (&iter, NULL, &store))
    add (run, store);
  return g_hash_table_size (run->flight) == 0 || send_flight (run, error);
}

/* What a server calls malformed may be so for its flags too: they go again without UNCHANGEDSINCE. */
static void
forgive_bad (FlagsRun *run)
{
  for (guint i = 0; i < run->groups->len; i++)
    {
      StoreGroup *group = g_ptr_array_index (run->groups, i);

      for (guint j = 0; group->guarded && group->is_bad && j < group->stores->len; j++)
        ((Store *)g_ptr_array_index (group->stores, j))->again = TRUE;
      if (group->guarded && group->is_bad)
        g_clear_pointer (&group->reason, g_free);
    }
}

/* The answers to STORE may be incomplete or come before the last one: what counts is asked for afterwards. */
static gboolean
look (FlagsRun *run, GError **error)
{
  g_autoptr (ImapBatch) batch = imap_batch_new (run->mailbox->account->session);
  g_autoptr (ImapUidSet) all = imap_uid_set_new ();
  GHashTableIter iter;
  gpointer uid;

  g_hash_table_iter_init (&iter, run->stores);
  while (g_hash_table_iter_next (&iter, &uid, NULL))
    imap_uid_set_add (all, GPOINTER_TO_UINT (uid));
  imap_batch_set_fetch_handler (batch, note_flags, run);
  imap_batch_uid_fetch (batch, all, "(UID FLAGS)", NULL, NULL);
  return imap_batch_wait (batch, error);
}

static gboolean
send_stores (FlagsRun *run, GError **error)
{
  if (!fly (run, add_first, error))
    return FALSE;
  forgive_bad (run);
  return fly (run, add_second, error) && look (run, error);
}

static gboolean
name_refused_group (FlagsRun *run, const StoreGroup *group, GError **error)
{
  for (guint i = 0; i < group->stores->len; i++)
    {
      Store *store = g_ptr_array_index (group->stores, i);
      g_autofree char *what = g_strdup_printf ("the flags (%s %s) of message %u", group->mode, group->flags,
                                               store->operation->uid);

      if (store->modified)
        continue;
      if (!store->refused &&
          !mailbox_sync_refuse (run->mailbox, store->operation, group->is_final, what, group->reason, error))
        return FALSE;
      store->refused = TRUE;
    }
  return TRUE;
}

static gboolean
name_refused (FlagsRun *run, GError **error)
{
  for (guint i = 0; i < run->groups->len; i++)
    {
      const StoreGroup *group = g_ptr_array_index (run->groups, i);

      if (group->reason != NULL && !name_refused_group (run, group, error))
        return FALSE;
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

  mailbox_sync_tell_not_kept (mailbox, lost);
  return journal_set_message_flags (account->journal, operation->row, flags.system, flags.keywords,
                                    not_kept.system, not_kept.keywords, error) &&
         journal_queue_remove (account->journal, mailbox->row->id, key, error);
}

/* Somebody else's change came first, or the server says nothing of it: only a plain STORE shows what it does
 * not keep. */
static gboolean
was_passed_over (const FlagsRun *run, const Store *store)
{
  MessageKeywordPool *pool = run->mailbox->account->pool;
  const PlanOperation *operation = store->operation;

  return store->guarded && !store->again &&
         (store->modified ||
          !message_flags_is_empty (message_flags_minus (pool, operation->add, store->now)) ||
          !message_flags_is_empty (message_flags_intersect (pool, operation->remove, store->now)));
}

static gboolean
is_settled (const FlagsRun *run, const Store *store)
{
  return store->answered && !store->refused && !was_passed_over (run, store) &&
         !has_local_part_undone (run->mailbox, store->operation);
}

static gboolean
settle_store (FlagsRun *run, const Store *store, GError **error)
{
  if (!is_settled (run, store))
    {
      if (store->guarded)
        imap_uid_set_add (run->mailbox->unguarded, store->operation->uid);
      return TRUE;
    }
  run->mailbox->account->tally.flags++;
  return record_store (run->mailbox, store, error) &&
         (!store->again || journal_set_fact (run->mailbox->account->journal, PLAIN_FACT, "1", error));
}

static gboolean
record_stores (FlagsRun *run, GError **error)
{
  GHashTableIter iter;
  gpointer store;

  g_hash_table_iter_init (&iter, run->stores);
  while (g_hash_table_iter_next (&iter, NULL, &store))
    if (!settle_store (run, store, error))
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

/* 0: there is no HIGHESTMODSEQ that the observation can rely on. */
static guint64
find_unchanged_since (const MailboxSync *mailbox)
{
  AccountSync *account = mailbox->account;
  g_autofree char *plain = journal_get_fact (account->journal, PLAIN_FACT, NULL);

  return plain == NULL && account->trusts_modseq && mailbox->remote_complete ? mailbox->highestmodseq : 0;
}

static gboolean
run_stores (FlagsRun *run, GError **error)
{
  MailboxSync *mailbox = run->mailbox;
  gboolean selected;

  run->unchanged_since = find_unchanged_since (mailbox);
  collect_stores (run);
  if (g_hash_table_size (run->stores) == 0)
    return TRUE;
  if (!mailbox_sync_select (mailbox, &selected, error))
    return FALSE;
  if (!selected)
    return TRUE;
  report_progress (&mailbox->account->report, mailbox->row->name, g_hash_table_size (run->stores), 0);
  return send_stores (run, error) && name_refused (run, error) && commit_run (run, error);
}

gboolean
account_sync_apply_remote_flags (AccountSync *account, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      FlagsRun run = { .mailbox = g_ptr_array_index (account->mailboxes, i) };
      gboolean done;

      if (!mailbox_sync_plans (run.mailbox, PLAN_REMOTE_FLAGS))
        continue;
      run.stores = g_hash_table_new_full (NULL, NULL, NULL, g_free);
      run.groups = g_ptr_array_new_with_free_func (store_group_free);
      run.flight = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      done = run_stores (&run, error);
      g_hash_table_unref (run.flight);
      g_ptr_array_unref (run.groups);
      g_hash_table_unref (run.stores);
      if (!done)
        return FALSE;
    }
  return TRUE;
}
