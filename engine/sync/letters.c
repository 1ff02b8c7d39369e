#include "letters.h"

MessageFlags
letters_read (MessageKeywordPool *pool, const MaildirKeywords *keywords, guint32 letters, const char *known)
{
  const MaildirKeywords none = { .present = FALSE };
  const MaildirKeywords *meanings = keywords != NULL ? keywords : &none;
  const MessageFlags seen = maildir_keywords_to_flags (meanings, letters, pool);
  g_auto (GStrv) names = g_strsplit (known, " ", -1);
  g_autoptr (GString) all = g_string_new (seen.keywords);

  for (guint i = 0; names[i] != NULL; i++)
    if (*names[i] != '\0' && (!meanings->present || maildir_keywords_find (meanings, names[i]) < 0))
      g_string_append_printf (all, " %s", names[i]);
  return (MessageFlags){ seen.system, message_keyword_pool_intern (pool, all->str) };
}

static const char *
keywords_of_row (const MailboxSync *mailbox, const PlanBase *row)
{
  return message_flags_union (mailbox->account->pool, row->flags, row->not_kept).keywords;
}

/* (transfer full): under which the account remembers what the letters stood for. */
static char *
fact_of (const MailboxSync *mailbox)
{
  return g_strdup_printf ("letters %" G_GINT64_FORMAT, mailbox->row->id);
}

/* What the letters stood for, as it was noted; empty where nothing was. */
static const MaildirKeywords *
letters_before (MailboxSync *mailbox)
{
  g_autofree char *fact = fact_of (mailbox);
  g_autofree char *text = NULL;

  if (mailbox->letters_before != NULL)
    return mailbox->letters_before;
  mailbox->letters_before = g_new0 (MaildirKeywords, 1);
  text = journal_get_fact (mailbox->account->journal, fact, NULL);
  if (text != NULL)
    maildir_keywords_parse (text, mailbox->letters_before);
  return mailbox->letters_before;
}

static guint32
letters_with_names (const MaildirKeywords *keywords)
{
  guint32 letters = 0;

  for (guint i = 0; i < G_N_ELEMENTS (keywords->names); i++)
    letters |= keywords->names[i] != NULL ? 1u << i : 0;
  return letters;
}

/* A letter that stood for nothing then tells nothing of then. */
gboolean
mailbox_sync_is_relettered (MailboxSync *mailbox, const PlanBase *row, guint32 letters)
{
  const MaildirKeywords *before = letters_before (mailbox);
  const char *known = keywords_of_row (mailbox, row);

  return before->present && (letters & ~letters_with_names (before)) == 0 &&
         letters_read (mailbox->account->pool, before, letters, known).keywords == known;
}

/* Rows that get another place or content: theirs is another round's work. */
static GHashTable *
collect_busy (const MailboxSync *mailbox)
{
  GHashTable *busy = g_hash_table_new (g_int64_hash, g_int64_equal);

  for (guint i = 0; i < mailbox->plan->len; i++)
    {
      PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);

      if (operation->kind != PLAN_REMOTE_FLAGS && operation->kind != PLAN_LOCAL_FLAGS &&
          operation->kind != PLAN_BASE_FLAGS)
        g_hash_table_add (busy, &operation->row);
    }
  return busy;
}

static PlanOperation
operation_for (MailboxSync *mailbox, const PlanBase *row)
{
  MessageKeywordPool *pool = mailbox->account->pool;
  const guint32 letters = maildir_scan_find (mailbox->scan, row->base)->letters;
  const MessageFlags wanted = { 0, keywords_of_row (mailbox, row) };
  const MessageFlags seen = { 0,
                              maildir_keywords_to_flags (&mailbox->scan->keywords, letters, pool).keywords };

  return (PlanOperation){ .kind = PLAN_LOCAL_FLAGS,
                          .row = row->row,
                          .uid = row->uid,
                          .base = row->base,
                          .flags = row->flags,
                          .not_kept = row->not_kept,
                          .add = message_flags_minus (pool, wanted, seen),
                          .remove = message_flags_minus (pool, seen, wanted) };
}

/* What tells that letters are missing stays until they are there. */
static void
drop_base_flags (MailboxSync *mailbox)
{
  for (guint i = mailbox->plan->len; i-- > 0;)
    {
      const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);

      if (operation->kind == PLAN_BASE_FLAGS &&
          g_array_index (mailbox->base_facts, BaseFacts, mailbox_sync_row_index (mailbox, operation->row))
              .relettered)
        g_array_remove_index (mailbox->plan, i);
    }
}

/* First: what else the plan does to the flags of a row builds on it. */
void
mailbox_sync_plan_letters (MailboxSync *mailbox)
{
  g_autoptr (GHashTable) busy = NULL;
  g_autoptr (GArray) operations = g_array_new (FALSE, FALSE, sizeof (PlanOperation));

  for (guint i = 0; i < mailbox->base->len; i++)
    {
      const PlanBase *row = &g_array_index (mailbox->base, PlanBase, i);

      if (!g_array_index (mailbox->base_facts, BaseFacts, i).relettered)
        continue;
      if (busy == NULL)
        busy = collect_busy (mailbox);
      if (!g_hash_table_contains (busy, &row->row))
        {
          const PlanOperation operation = operation_for (mailbox, row);

          g_array_append_val (operations, operation);
        }
    }
  if (busy == NULL)
    return;
  g_clear_pointer (&busy, g_hash_table_unref);
  drop_base_flags (mailbox);
  g_array_prepend_vals (mailbox->plan, operations->data, operations->len);
}

void
mailbox_sync_drop_foreign_letters (MailboxSync *mailbox)
{
  GHashTable *foreign = mailbox->account->foreign;

  for (guint i = 0; g_hash_table_size (foreign) > 0 && i < mailbox->plan->len; i++)
    {
      const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);
      MaildirPlace place;

      if (operation->kind != PLAN_LOCAL_FLAGS || !g_hash_table_contains (foreign, &operation->row))
        continue;
      place = mailbox_sync_place (mailbox, operation->base);
      maildir_message_set_flags (mailbox->box, &place, 0, 0, 0,
                                 ALL_LETTERS & ~letters_with_names (&mailbox->scan->keywords), NULL, NULL);
    }
}

gboolean
mailbox_sync_note_letters (MailboxSync *mailbox, GError **error)
{
  const MaildirScan *scan = mailbox->scan;
  g_autofree char *fact = NULL;
  g_autofree char *text = NULL;

  if (!mailbox->local_complete || mailbox->waits || scan == NULL || !scan->keywords.present ||
      maildir_keywords_equal (&scan->keywords, letters_before (mailbox)))
    return TRUE;
  fact = fact_of (mailbox);
  text = maildir_keywords_to_string (&scan->keywords);
  maildir_keywords_clear (mailbox->letters_before);
  maildir_keywords_parse (text, mailbox->letters_before);
  return journal_set_fact (mailbox->account->journal, fact, text, error);
}
