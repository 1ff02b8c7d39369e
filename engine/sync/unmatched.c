#include "unmatched.h"

#include "../journal/journal-unmatched.h"
#include "hold.h"
#include "job-journal.h"

typedef struct
{
  guint paired, here, there;
  guint undecided; /* on both sides perhaps: only their whole texts can tell */
} Matching;

static Matching
count_matching (const MailboxSync *mailbox, const GArray *plan)
{
  Matching matching = { .paired = mailbox->rematched ? mailbox->base->len : 0 };

  for (guint i = 0; i < plan->len; i++)
    {
      const PlanOperation *operation = &g_array_index (plan, PlanOperation, i);

      matching.paired += operation->kind == PLAN_PAIR;
      matching.here += operation->kind == PLAN_UPLOAD && !operation->undecided;
      matching.there += operation->kind == PLAN_DOWNLOAD && !operation->undecided;
      matching.undecided += operation->kind == PLAN_DOWNLOAD && operation->undecided;
    }
  return matching;
}

/* A first matching is one where both sides have mail, and the base has none. */
void
mailbox_sync_tell_matching (MailboxSync *mailbox)
{
  const Matching matching = count_matching (mailbox, mailbox->plan);
  g_autofree char *paired = NULL;
  g_autofree char *undecided = NULL;

  if (mailbox->matching_told || (!mailbox->rematched && (mailbox->n_known > 0 || mailbox->local->len == 0 ||
                                                         mailbox->remote->len == 0)))
    return;
  mailbox->matching_told = TRUE;
  const EngineField fields[] = { { .key = "paired", .number = matching.paired },
                                 { .key = "here", .number = matching.here },
                                 { .key = "there", .number = matching.there },
                                 { .key = "undecided", .number = matching.undecided } };

  paired = words_count (matching.paired, "message");
  undecided = matching.undecided > 0 ? g_strdup_printf (", %u to be compared as a whole", matching.undecided)
                                     : g_strdup ("");
  report_fields (&mailbox->account->report, ENGINE_EVENT_RESULT, mailbox->row->name, "matched", fields,
                 G_N_ELEMENTS (fields),
                 "matched by content: %s on both sides, %u only here, %u only on the server%s", paired,
                 matching.here, matching.there, undecided);
}

/* What a restored Maildir lacks is what a restore is followed by a sync for. */
static gboolean
is_waited_for (const MailboxSync *mailbox)
{
  return mailbox->refresh == JOURNAL_REFRESH_RESTORED;
}

static gboolean
is_large_part (const MailboxSync *mailbox, const GArray *plan)
{
  const Account *settings = mailbox->account->settings;
  const HoldLimit limit = { settings->hold_deletions, settings->max_delete_count,
                            settings->max_delete_percent };
  const Matching matching = count_matching (mailbox, plan);
  HoldMailbox hold = {
    .messages = matching.paired + matching.here + matching.there + matching.undecided,
    .deletions = matching.here + (is_waited_for (mailbox) ? 0 : matching.there),
  };

  hold_decide (&limit, &hold, 1);
  return hold.held;
}

/* UIDs that are good for this run only can't name what waits for another. */
static gboolean
may_wait (const MailboxSync *mailbox, const PlanOperation *operation)
{
  if (operation->undecided)
    return FALSE;
  return operation->kind == PLAN_UPLOAD ||
         (operation->kind == PLAN_DOWNLOAD && mailbox->uidvalidity != 0 && !is_waited_for (mailbox));
}

gboolean
mailbox_sync_hold_unmatched (MailboxSync *mailbox, const GArray *plan, GError **error)
{
  if (!is_large_part (mailbox, plan))
    return TRUE;
  for (guint i = 0; i < plan->len; i++)
    {
      const PlanOperation *operation = &g_array_index (plan, PlanOperation, i);
      g_autofree char *key = may_wait (mailbox, operation) ? plan_operation_key (operation) : NULL;

      if (key != NULL && !journal_put_unmatched (mailbox->account->journal, mailbox->row->id, key, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
add_key (const char *key, gpointer user_data)
{
  g_hash_table_insert (user_data, g_strdup (key), GINT_TO_POINTER (FALSE));
  return TRUE;
}

GHashTable *
mailbox_sync_load_unmatched (MailboxSync *mailbox, GError **error)
{
  g_autoptr (GHashTable) unmatched = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  if (!journal_foreach_unmatched (mailbox->account->journal, mailbox->row->id, add_key, unmatched, error))
    return NULL;
  return g_steal_pointer (&unmatched);
}

gboolean
mailbox_sync_is_unmatched (GHashTable *unmatched, const PlanOperation *operation)
{
  g_autofree char *key = NULL;

  if (g_hash_table_size (unmatched) == 0 ||
      (operation->kind != PLAN_UPLOAD && operation->kind != PLAN_DOWNLOAD))
    return FALSE;
  key = plan_operation_key (operation);
  if (!g_hash_table_contains (unmatched, key))
    return FALSE;
  g_hash_table_insert (unmatched, g_steal_pointer (&key), GINT_TO_POINTER (TRUE));
  return TRUE;
}

static void
name_held (MailboxSync *mailbox, guint here, guint there)
{
  g_autofree char *selector = words_selector (mailbox->account->settings->name, mailbox->row->name);
  g_autofree char *messages = words_count (here, "message");

  report_left (&mailbox->account->report, mailbox->row->name, "held",
               "held: %s only here and %u only on the server, a large part of this mailbox, since it was "
               "matched again by content; nothing of that was copied. `dovetail release %s` lets it be "
               "copied",
               messages, there, selector);
}

gboolean
mailbox_sync_end_unmatched (MailboxSync *mailbox, GHashTable *unmatched, GError **error)
{
  AccountSync *account = mailbox->account;
  gboolean is_seen = account->session != NULL && mailbox->remote_complete && mailbox->local_complete;
  GHashTableIter iter;
  gpointer key, waits;
  guint here = 0, there = 0;

  g_hash_table_iter_init (&iter, unmatched);
  while (g_hash_table_iter_next (&iter, &key, &waits))
    if (GPOINTER_TO_INT (waits))
      {
        here += g_str_has_prefix (key, "upload ");
        there += g_str_has_prefix (key, "download ");
      }
    else if (is_seen && !journal_remove_unmatched (account->journal, mailbox->row->id, key, error))
      return FALSE;
  if (here + there > 0)
    name_held (mailbox, here, there);
  return TRUE;
}
