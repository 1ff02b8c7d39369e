#include "moves.h"

#include "arrived.h"
#include "gmail.h"
#include "newcomers.h"

static gboolean
can_move (const AccountSync *account)
{
  return account->session == NULL || imap_session_has (account->session, IMAP_CAPABILITY_MOVE);
}

gboolean
mailbox_sync_may_move (const MailboxSync *mailbox)
{
  if (mailbox->account->session == NULL || mailbox->comes_there)
    return TRUE;
  return mailbox->on_server && !mailbox->gone_there && !mailbox->read_only && mailbox->uidvalidity != 0;
}

/* (transfer full): what names an operation of the queue in the account. */
static char *
queue_entry (gint64 mailbox, const char *key)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT " %s", mailbox, key);
}

static gboolean
collect_refused (const JournalOperation *operation, gpointer user_data)
{
  if (operation->kind == JOURNAL_OPERATION_UPLOAD && operation->state == JOURNAL_OPERATION_REFUSED)
    g_hash_table_add (user_data, queue_entry (operation->mailbox, operation->key));
  return TRUE;
}

GHashTable *
account_sync_refused_uploads (AccountSync *account, GError **error)
{
  g_autoptr (GHashTable) refused = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  if (!journal_queue_foreach (account->journal, 0, collect_refused, refused, error))
    return NULL;
  return g_steal_pointer (&refused);
}

gboolean
mailbox_sync_was_refused (const MailboxSync *mailbox, const PlanOperation *operation, GHashTable *refused)
{
  g_autofree char *key = plan_operation_key (operation);
  g_autofree char *entry = queue_entry (mailbox->row->id, key);

  return g_hash_table_contains (refused, entry);
}

/* Where the server does not take the message for good (contract C5.4), the move was refused before. */
static gboolean
is_arrival (const MailboxSync *mailbox, const PlanOperation *operation, gpointer refused)
{
  return operation->kind == PLAN_UPLOAD && !operation->undecided && mailbox_sync_may_move (mailbox) &&
         !mailbox_sync_was_refused (mailbox, operation, refused);
}

static gboolean
is_move (MailboxSync *from, const PlanBase *row, const Newcomer *newcomer)
{
  const Origin origin =
      origin_make (from, mailbox_sync_row_index (from, row->row), newcomer->mailbox, newcomer->file, TRUE);

  return origin_knows_keywords (&origin);
}

static gboolean
is_departure (MailboxSync *mailbox, const PlanOperation *operation)
{
  PlanOperation move = *operation;

  move.kind = PLAN_MOVE;
  return operation->kind == PLAN_DELETE_REMOTE && operation->uid != 0 && mailbox_sync_may_move (mailbox) &&
         !mailbox_sync_is_closed (mailbox, &move);
}

/* `replaced`: the uploads that are not needed then. */
static void
plan_moves_from (MailboxSync *mailbox, Newcomers *newcomers, gboolean same_name, GHashTable *replaced)
{
  for (guint i = 0; mailbox->plan != NULL && i < mailbox->plan->len; i++)
    {
      PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);
      const Newcomer *newcomer;
      Origin *move;
      guint index;

      if (!is_departure (mailbox, operation))
        continue;
      index = mailbox_sync_row_index (mailbox, operation->row);
      newcomer = newcomers_take (newcomers, mailbox, &g_array_index (mailbox->base, PlanBase, index),
                                 same_name, is_move);
      if (newcomer == NULL)
        continue;
      move = g_new0 (Origin, 1);
      *move = origin_make (mailbox, index, newcomer->mailbox, newcomer->file, can_move (mailbox->account));
      g_hash_table_insert (mailbox->account->moves, (gpointer)&move->row->row, move);
      g_hash_table_add (replaced, newcomer->operation);
      operation->kind = PLAN_MOVE;
      newcomer->mailbox->joined = TRUE;
    }
}

gboolean
account_sync_plans (AccountSync *account, PlanKind kind)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    if (mailbox_sync_plans (g_ptr_array_index (account->mailboxes, i), kind))
      return TRUE;
  return FALSE;
}

static void
drop_operations (MailboxSync *mailbox, GHashTable *operations)
{
  guint kept = 0;

  for (guint i = 0; mailbox->plan != NULL && i < mailbox->plan->len; i++)
    {
      const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);

      if (!g_hash_table_contains (operations, operation))
        g_array_index (mailbox->plan, PlanOperation, kept++) = *operation;
    }
  if (mailbox->plan != NULL)
    g_array_set_size (mailbox->plan, kept);
}

void
account_sync_drop_operations (AccountSync *account, GHashTable *operations)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    drop_operations (g_ptr_array_index (account->mailboxes, i), operations);
}

gboolean
account_sync_plan_moves (AccountSync *account, GError **error)
{
  g_autoptr (GHashTable) refused = NULL;
  g_autoptr (GHashTable) replaced = g_hash_table_new (NULL, NULL);
  g_autoptr (Newcomers) newcomers = NULL;

  for (guint i = 0; i < account->mailboxes->len; i++)
    ((MailboxSync *)g_ptr_array_index (account->mailboxes, i))->joined = FALSE;
  if (!account_sync_plans (account, PLAN_DELETE_REMOTE))
    return TRUE;
  refused = account_sync_refused_uploads (account, error);
  if (refused == NULL)
    return FALSE;
  newcomers = newcomers_new (account, is_arrival, refused);
  for (guint pass = 0; pass < 2; pass++)
    for (guint i = 0; i < account->mailboxes->len; i++)
      plan_moves_from (g_ptr_array_index (account->mailboxes, i), newcomers, pass == 0, replaced);
  account_sync_drop_operations (account, replaced);
  return TRUE;
}

const Origin *
mailbox_sync_find_move (MailboxSync *mailbox, const PlanOperation *operation)
{
  const Origin *move = g_hash_table_lookup (mailbox->account->moves, &operation->row);

  g_assert (move != NULL);
  return move;
}

static gint64 *
copy_row (gint64 row)
{
  return g_memdup2 (&row, sizeof row);
}

/* New messages here, by full digest: MessageDigest -> how many are not spoken for. */
static GHashTable *
count_new_here (AccountSync *account)
{
  GHashTable *counts = g_hash_table_new (message_digest_hash, (GEqualFunc)message_digest_equal);

  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && j < mailbox->plan->len; j++)
        {
          const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);
          const MessageDigest *digest;

          if (operation->kind != PLAN_UPLOAD && operation->kind != PLAN_PAIR)
            continue;
          digest = &mailbox_sync_find_local (mailbox, operation->base)->identity->full;
          g_hash_table_insert (
              counts, (gpointer)digest,
              GUINT_TO_POINTER (GPOINTER_TO_UINT (g_hash_table_lookup (counts, digest)) + 1));
        }
    }
  return counts;
}

static gboolean
collect_begun (const JournalOperation *operation, gpointer user_data)
{
  if (operation->kind == JOURNAL_OPERATION_DELETE && g_str_has_prefix (operation->detail, MOVED_DETAIL))
    g_hash_table_add (user_data, queue_entry (operation->mailbox, operation->key));
  return TRUE;
}

/* Moves whose upload an earlier run finished: the queue still knows the deletion as the second half of a
 * move. */
static gboolean
is_begun_move (MailboxSync *mailbox, const PlanOperation *operation, GHashTable *begun)
{
  g_autofree char *key = plan_operation_key (operation);
  g_autofree char *entry = queue_entry (mailbox->row->id, key);

  return g_hash_table_contains (begun, entry);
}

/* TRUE when the content is on both sides in some other place. */
static gboolean
is_elsewhere (MailboxSync *mailbox, const PlanBase *base)
{
  gboolean found = FALSE;

  return base->has_digest &&
         journal_find_digest (mailbox->account->journal, base->digest.bytes, base->row, &found, NULL) &&
         found;
}

static void
note_move (AccountSync *account, const PlanBase *base)
{
  g_hash_table_insert (account->moved, copy_row (base->row), g_memdup2 (&base->digest, sizeof base->digest));
}

/* FALSE: none of this content is left. */
static gboolean
take_count (GHashTable *counts, const PlanBase *base)
{
  guint left = base->has_digest ? GPOINTER_TO_UINT (g_hash_table_lookup (counts, &base->digest)) : 0;

  if (left > 0)
    g_hash_table_insert (counts, (gpointer)&base->digest, GUINT_TO_POINTER (left - 1));
  return left > 0;
}

/* What is gone on both sides came there first. */
static void
take_forgotten (AccountSync *account, GHashTable *counts)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && j < mailbox->plan->len; j++)
        {
          const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);

          if (operation->kind == PLAN_FORGET)
            take_count (counts, &g_array_index (mailbox->base, PlanBase,
                                                mailbox_sync_row_index (mailbox, operation->row)));
        }
    }
}

static void
find_local_moves (AccountSync *account)
{
  g_autoptr (GHashTable) counts = count_new_here (account);
  g_autoptr (GHashTable) begun = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  journal_queue_foreach (account->journal, 0, collect_begun, begun, NULL);
  take_forgotten (account, counts);
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && j < mailbox->plan->len; j++)
        {
          const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);
          const PlanBase *base;

          if (operation->kind != PLAN_DELETE_REMOTE)
            continue;
          base = &g_array_index (mailbox->base, PlanBase, mailbox_sync_row_index (mailbox, operation->row));
          if (take_count (counts, base))
            note_move (account, base);
          else if (!g_hash_table_contains (account->moved, &base->row) &&
                   is_begun_move (mailbox, operation, begun) && is_elsewhere (mailbox, base))
            {
              note_move (account, base);
              g_hash_table_add (account->uploaded, g_memdup2 (&base->digest, sizeof base->digest));
            }
        }
    }
}

gboolean
mailbox_sync_begin_leaving (MailboxSync *mailbox, const PlanOperation *operation, GError **error)
{
  AccountSync *account = mailbox->account;
  const PlanBase *base =
      &g_array_index (mailbox->base, PlanBase, mailbox_sync_row_index (mailbox, operation->row));
  g_autofree char *digest = message_digest_to_string (&base->digest);
  g_autofree char *key = g_strdup_printf ("delete %u", operation->uid);
  g_autofree char *detail = g_strconcat (MOVED_DETAIL, digest, NULL);
  g_autofree char *subject = g_strdup_printf ("message %u", operation->uid);
  JournalOperation row = { .mailbox = mailbox->row->id,
                           .kind = JOURNAL_OPERATION_DELETE,
                           .key = key,
                           .detail = detail,
                           .subject = subject,
                           .first_seen = g_get_real_time () / G_USEC_PER_SEC };

  note_move (account, base);
  g_hash_table_add (account->uploaded, g_memdup2 (&base->digest, sizeof base->digest));
  return journal_queue_put (account->journal, &row, NULL, error);
}

static GHashTable *
count_new_there (AccountSync *account)
{
  GHashTable *counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && j < mailbox->plan->len; j++)
        {
          const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);
          const PlanRemote *remote;
          char *key;

          if (operation->kind != PLAN_DOWNLOAD)
            continue;
          remote = mailbox_sync_find_remote (mailbox, operation->uid);
          key = alike_stamp_key (remote->remote_size, remote->internal_date);
          g_hash_table_insert (counts, key,
                               GUINT_TO_POINTER (GPOINTER_TO_UINT (g_hash_table_lookup (counts, key)) + 1));
        }
    }
  return counts;
}

static void
find_remote_moves (AccountSync *account)
{
  g_autoptr (GHashTable) counts = count_new_there (account);

  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && j < mailbox->plan->len; j++)
        {
          const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);
          const BaseFacts *facts;
          char *key;
          guint left;

          if (operation->kind != PLAN_REMOVE_LOCAL)
            continue;
          facts = &g_array_index (mailbox->base_facts, BaseFacts,
                                  mailbox_sync_row_index (mailbox, operation->row));
          key = alike_stamp_key (facts->remote_size, facts->internal_date);
          left = GPOINTER_TO_UINT (g_hash_table_lookup (counts, key));
          if (left > 0)
            g_hash_table_add (account->remote_moves, copy_row (operation->row));
          /* On Gmail all mailboxes that showed it lose what came into \Trash. */
          left -= left > 0 && !account_sync_is_gmail (account);
          g_hash_table_insert (counts, key, GUINT_TO_POINTER (left));
        }
    }
}

void
account_sync_find_moves (AccountSync *account)
{
  find_local_moves (account);
  find_remote_moves (account);
}
