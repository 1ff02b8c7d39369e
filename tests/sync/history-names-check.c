#include "history-names-private.h"

#include <string.h>

static gboolean
is_below (const char *name, const char *parent)
{
  return strlen (name) > strlen (parent) && history_name_is_related (name, parent);
}

/* Something that nobody deleted is below it. */
static gboolean
is_kept (HistoryNames *names, const HistoryMailbox *mailbox)
{
  for (guint i = 0; names->keeps_parents && i < names->mailboxes->len; i++)
    {
      const HistoryMailbox *other = g_ptr_array_index (names->mailboxes, i);
      gboolean exists = other->exists[0] || other->exists[1];

      for (guint j = 0; other != mailbox && exists && j < other->names->len; j++)
        if (is_below (g_ptr_array_index (other->names, j), history_mailbox_newest_name (mailbox)))
          return TRUE;
    }
  return FALSE;
}

gboolean
history_names_is_kept (HistoryNames *names)
{
  for (guint i = 0; i < names->mailboxes->len; i++)
    {
      const HistoryMailbox *mailbox = g_ptr_array_index (names->mailboxes, i);

      if ((mailbox->deleted[0] || mailbox->deleted[1]) && is_kept (names, mailbox))
        return TRUE;
    }
  return FALSE;
}

typedef enum
{
  GONE,
  EITHER,
  THERE,
} Expected;

static Expected
expect (HistoryNames *names, const HistoryMailbox *mailbox,
        gboolean (*has_news) (const char *label, HistorySide side, gpointer user_data), gpointer user_data)
{
  gboolean deleted = mailbox->deleted[0] || mailbox->deleted[1];

  /* What had no messages was not held. */
  if (mailbox->restored)
    return EITHER;
  if (!deleted)
    return mailbox->exists[0] || mailbox->exists[1] ? THERE : EITHER;
  if (names->interrupted || mailbox->unsure || is_kept (names, mailbox))
    return EITHER;
  if (!mailbox->known)
    return mailbox->exists[0] || mailbox->exists[1] ? THERE : GONE;
  for (guint side = 0; side < 2; side++)
    if (mailbox->deleted[side] && has_news (mailbox->label, !side, user_data))
      return EITHER;
  return GONE;
}

/* A server that keeps parents also makes them. */
static gboolean
is_made_for_others (HistoryNames *names, const char *name)
{
  for (guint i = 0; names->keeps_parents && i < names->mailboxes->len; i++)
    {
      const HistoryMailbox *mailbox = g_ptr_array_index (names->mailboxes, i);

      for (guint j = 0; j < mailbox->names->len; j++)
        if (is_below (g_ptr_array_index (mailbox->names, j), name))
          return TRUE;
    }
  return FALSE;
}

static char *
check_mailbox (HistoryNames *names, const HistoryMailbox *mailbox, Expected expected,
               const HistorySnapshot *snapshot)
{
  const char *newest = history_mailbox_newest_name (mailbox);
  gboolean is_sure = !history_names_is_unsure (names, mailbox->label);
  guint present = 0;

  for (guint i = 0; i < mailbox->names->len; i++)
    {
      const char *name = g_ptr_array_index (mailbox->names, i);
      gboolean is_present = history_mailboxes_have (snapshot->mailboxes, name);

      present += is_present;
      if (is_present && is_sure && !g_str_equal (name, newest) && !is_made_for_others (names, name))
        return g_strdup_printf ("mailboxes: %s was renamed to %s, and the old name is still there", name,
                                newest);
    }
  if (present > 0 && expected == GONE)
    return g_strdup_printf ("mailboxes: %s was deleted, and is still there", newest);
  if (present == 0 && expected == THERE)
    return g_strdup_printf ("mailboxes: %s was not deleted, and is gone", newest);
  return NULL;
}

char *
history_names_check (HistoryNames *names, const HistorySnapshot *snapshot,
                     gboolean (*has_news) (const char *label, HistorySide side, gpointer user_data),
                     gpointer user_data)
{
  for (guint i = 0; i < names->mailboxes->len && !names->open; i++)
    {
      const HistoryMailbox *mailbox = g_ptr_array_index (names->mailboxes, i);
      char *wrong = check_mailbox (names, mailbox, expect (names, mailbox, has_news, user_data), snapshot);

      if (wrong != NULL)
        return wrong;
    }
  for (guint i = 0; i < snapshot->mailboxes->len && !names->open; i++)
    {
      const char *name = g_ptr_array_index (snapshot->mailboxes, i);

      if (history_names_find (names, name) == NULL && !is_made_for_others (names, name))
        return g_strdup_printf ("mailboxes: nobody made %s", name);
    }
  return NULL;
}
