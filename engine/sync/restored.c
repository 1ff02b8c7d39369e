#include "restored.h"

#include <string.h>

static char *
fact_of (gint64 mailbox)
{
  return g_strdup_printf ("restored %" G_GINT64_FORMAT, mailbox);
}

/* (transfer full) (nullable): "GENERATION " as the fact has it now. */
static char *
current_prefix (Journal *journal, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *generation = journal_get_fact (journal, "generation", &local_error);

  if (local_error == NULL)
    return g_strconcat (generation != NULL ? generation : "0", " ", NULL);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return NULL;
}

gboolean
restored_count (Journal *journal, gint64 mailbox, guint *count, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *prefix = current_prefix (journal, error);
  g_autofree char *key = fact_of (mailbox);
  g_autofree char *value = NULL;

  if (prefix == NULL)
    return FALSE;
  value = journal_get_fact (journal, key, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  *count = 0;
  if (value != NULL && g_str_has_prefix (value, prefix))
    *count = (guint)g_ascii_strtoull (value + strlen (prefix), NULL, 10);
  return TRUE;
}

gboolean
restored_add (Journal *journal, gint64 mailbox, guint count, GError **error)
{
  g_autofree char *prefix = NULL;
  g_autofree char *key = fact_of (mailbox);
  g_autofree char *value = NULL;
  guint before;

  if (count == 0)
    return TRUE;
  if (!restored_count (journal, mailbox, &before, error))
    return FALSE;
  prefix = current_prefix (journal, error);
  if (prefix == NULL)
    return FALSE;
  value = g_strdup_printf ("%s%u", prefix, before + count);
  return journal_set_fact (journal, key, value, error);
}
