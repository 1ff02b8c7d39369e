#include "command.h"

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

char *
command_names (void)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (const Command *const *command = commands (); *command != NULL; command++)
    g_string_append_printf (names, "%s%s",
                            names->len == 0      ? ""
                            : command[1] == NULL ? " or "
                                                 : ", ",
                            (*command)->name);
  return g_string_free (g_steal_pointer (&names), FALSE);
}
