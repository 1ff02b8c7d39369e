#include "imap-memory.h"

#include <string.h>

/* One value a line, in the order of the struct. */
enum
{
  LINE_WHERE,
  LINE_WAITS,
  LINE_PLAIN,
  LINE_UNBOUND,
  LINE_CONNECTIONS,
  LINE_GREETED,
  LINE_ADMITTED,
  N_LINES,
};

#define WAITS "waits"
#define UNBOUND "unbound"
#define DAY (24 * 60 * 60)
#define WEEK (7 * DAY)

ImapMemory *
imap_memory_new (const char *where)
{
  ImapMemory *memory = g_new0 (ImapMemory, 1);

  memory->where = g_strdup (where);
  memory->greeted = g_new0 (char *, 1);
  memory->admitted = g_new0 (char *, 1);
  return memory;
}

static void
set_words (char ***words, char **to)
{
  g_strfreev (*words);
  *words = to != NULL ? g_strdupv (to) : g_new0 (char *, 1);
}

void
imap_memory_set_greeted (ImapMemory *memory, char **words)
{
  set_words (&memory->greeted, words);
}

void
imap_memory_set_admitted (ImapMemory *memory, char **words)
{
  set_words (&memory->admitted, words);
}

void
imap_memory_free (ImapMemory *memory)
{
  g_free (memory->where);
  g_strfreev (memory->greeted);
  g_strfreev (memory->admitted);
  g_free (memory);
}

static gboolean
is_within (gint64 then, gint64 now, gint64 seconds)
{
  return then <= now && then > now - seconds;
}

void
imap_memory_carry_on (ImapMemory *memory, const ImapMemory *before, gint64 now)
{
  if (before == NULL)
    return;
  memory->waits = before->waits;
  if (is_within (before->plain, now, WEEK))
    memory->plain = before->plain;
  if (is_within (before->counted, now, DAY))
    {
      memory->connections = before->connections;
      memory->counted = before->counted;
    }
}

/* "2 1767225600"; anything else says nothing. */
static void
parse_connections (ImapMemory *memory, const char *text)
{
  char *end;
  const guint64 connections = g_ascii_strtoull (text, &end, 10);

  if (connections == 0 || connections > G_MAXUINT16 || *end != ' ')
    return;
  memory->connections = (guint)connections;
  memory->counted = g_ascii_strtoll (end, NULL, 10);
}

/* (transfer full) */
static char *
format_connections (const ImapMemory *memory)
{
  return memory->connections == 0
             ? g_strdup ("")
             : g_strdup_printf ("%u %" G_GINT64_FORMAT, memory->connections, memory->counted);
}

ImapMemory *
imap_memory_parse (const char *text, const char *where)
{
  g_auto (GStrv) lines = text != NULL ? g_strsplit (text, "\n", -1) : NULL;
  ImapMemory *memory;

  if (lines == NULL || g_strv_length (lines) != N_LINES || !g_str_equal (lines[LINE_WHERE], where))
    return NULL;
  memory = g_new0 (ImapMemory, 1);
  memory->where = g_strdup (where);
  memory->waits = g_str_equal (lines[LINE_WAITS], WAITS);
  memory->plain = g_ascii_strtoll (lines[LINE_PLAIN], NULL, 10);
  memory->unbound = g_str_equal (lines[LINE_UNBOUND], UNBOUND);
  parse_connections (memory, lines[LINE_CONNECTIONS]);
  memory->greeted = g_strsplit (lines[LINE_GREETED], " ", -1);
  memory->admitted = g_strsplit (lines[LINE_ADMITTED], " ", -1);
  return memory;
}

char *
imap_memory_format (const ImapMemory *memory)
{
  g_autofree char *plain =
      memory->plain != 0 ? g_strdup_printf ("%" G_GINT64_FORMAT, memory->plain) : g_strdup ("");
  g_autofree char *connections = format_connections (memory);
  g_autofree char *greeted = g_strjoinv (" ", memory->greeted);
  g_autofree char *admitted = g_strjoinv (" ", memory->admitted);

  return g_strjoin ("\n", memory->where, memory->waits ? WAITS : "", plain, memory->unbound ? UNBOUND : "",
                    connections, greeted, admitted, NULL);
}
