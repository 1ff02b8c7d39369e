#include "command.h"

#include <string.h>

/* Longer words are compared by their beginning. */
#define WORD_MAX 32

const Command *const *
commands (void)
{
  static const Command *const table[] = { &command_sync,     &command_status, &command_release,
                                          &command_undelete, &command_check,  NULL };

  return table;
}

const Command *
command_find (const char *name)
{
  for (const Command *const *command = commands (); *command != NULL; command++)
    if (g_str_equal ((*command)->name, name))
      return *command;
  return NULL;
}

/* Levenshtein: how many letters to add, drop or change. */
static guint
distance (const char *a, const char *b)
{
  gsize a_length = MIN (strlen (a), WORD_MAX), b_length = MIN (strlen (b), WORD_MAX);
  guint row[WORD_MAX + 1];

  for (gsize j = 0; j <= b_length; j++)
    row[j] = (guint)j;
  for (gsize i = 1; i <= a_length; i++)
    {
      guint diagonal = row[0];

      row[0] = (guint)i;
      for (gsize j = 1; j <= b_length; j++)
        {
          guint changed = diagonal + (a[i - 1] != b[j - 1]);

          diagonal = row[j];
          row[j] = MIN (changed, MIN (row[j], row[j - 1]) + 1);
        }
    }
  return row[b_length];
}

const Command *
command_nearest (const char *name)
{
  const Command *nearest = commands ()[0];

  for (const Command *const *command = commands (); *command != NULL; command++)
    if (distance (name, (*command)->name) < distance (name, nearest->name))
      nearest = *command;
  return nearest;
}
