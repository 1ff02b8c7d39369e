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

void
edit_drop_message (ModelTurn *turn, guint32 uid)
{
  g_autofree char *mark = g_strdup_printf ("FETCH (UID %u ", uid);
  char *found = strstr (turn->untagged->str, mark);
  char *start = found, *end;

  if (found == NULL)
    return;
  while (start > turn->untagged->str && start[-1] != '\n')
    start--;
  end = strstr (found, ")\r\n* ");
  end = end != NULL ? end + strlen (")\r\n") : turn->untagged->str + turn->untagged->len;
  g_string_erase (turn->untagged, start - turn->untagged->str, end - start);
}

void
edit_search_result (ModelTurn *turn, const char *set)
{
  if (strstr (turn->command, "RETURN") != NULL)
    g_string_printf (turn->untagged, "* ESEARCH (TAG \"$TAG\") UID%s%s\r\n", *set != '\0' ? " ALL " : "",
                     set);
  else
    g_string_printf (turn->untagged, "* SEARCH%s%s\r\n", *set != '\0' ? " " : "", set);
}
