#include "history.h"

#include <string.h>

static gboolean
is_below (const char *name, const char *parent)
{
  gsize length = strlen (parent);

  return strncmp (name, parent, length) == 0 && name[length] == '/';
}

/* INBOX is always there, and deletions go by \Trash. */
static gboolean
is_special (const char *name)
{
  static const char *const special[] = { "INBOX", "Trash", "Drafts", "Sent", "Junk", NULL };

  return g_strv_contains (special, name);
}

const char *
history_pick_name (const char *const *names, guint32 pick, const char *except)
{
  const char *best = NULL;

  for (; *names != NULL; names++)
    {
      if (is_special (*names) || (except != NULL && (g_str_equal (*names, except) ||
                                                     is_below (*names, except) || is_below (except, *names))))
        continue;
      if (best == NULL || history_hash (pick, *names) < history_hash (pick, best))
        best = *names;
    }
  return best;
}

gboolean
history_name_has_children (const char *const *names, const char *name)
{
  for (; *names != NULL; names++)
    if (is_below (*names, name))
      return TRUE;
  return FALSE;
}

char *
history_name_moved (const char *name, const char *from, const char *to)
{
  if (!g_str_equal (name, from) && !is_below (name, from))
    return NULL;
  return g_strconcat (to, name + strlen (from), NULL);
}

char *
history_new_name (const HistoryStep *step, const char *const *names, const char *from)
{
  const char *parent = history_pick_name (names, step->to, from);
  const char *slash = strrchr (from, '/');

  if (step->bits % 4 == 0 || (step->bits % 4 < 3 && parent == NULL))
    return g_strdup_printf ("Moved å%u", step->id);
  if (step->bits % 4 == 1)
    return g_strdup_printf ("Shelf %u/%s", step->id, slash != NULL ? slash + 1 : from);
  if (step->bits % 4 == 2)
    return g_strdup_printf ("%s/Inner %u", parent, step->id);
  return g_strdup_printf ("%s out %u", slash != NULL ? slash + 1 : from, step->id);
}
