#include "hostile-edit.h"

#include <string.h>

void
edit_drop_lines (ModelTurn *turn, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (turn->untagged->str, "\r\n", -1);

  g_string_truncate (turn->untagged, 0);
  for (guint i = 0; lines[i] != NULL; i++)
    if (*lines[i] != '\0' && strstr (lines[i], text) == NULL)
      g_string_append_printf (turn->untagged, "%s\r\n", lines[i]);
}

void
edit_replace (ModelTurn *turn, const char *from, const char *to)
{
  g_string_replace (turn->untagged, from, to, 0);
}
