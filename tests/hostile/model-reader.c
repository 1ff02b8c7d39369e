#include "model-reader.h"

#include <string.h>

void
model_line_free (ModelLine *line)
{
  if (line == NULL)
    return;
  g_free (line->tag);
  g_free (line->text);
  g_ptr_array_unref (line->literals);
  g_free (line);
}

/* TRUE when the text ends with "{LENGTH}" or "{LENGTH+}". */
static gboolean
ends_with_literal (const char *text, gsize *length, gboolean *synchronizing)
{
  const char *brace = strrchr (text, '{');
  char *end;

  if (brace == NULL || !g_ascii_isdigit (brace[1]))
    return FALSE;
  *length = g_ascii_strtoull (brace + 1, &end, 10);
  *synchronizing = *end != '+';
  return g_str_equal (end, "}") || g_str_equal (end, "+}");
}

static gboolean
read_literals (ModelLine *line, FakePeer *peer, ModelLiteralFunc literal, gpointer user_data)
{
  gsize length;
  gboolean synchronizing;

  while (ends_with_literal (line->text, &length, &synchronizing))
    {
      g_autofree char *before = NULL;
      g_autofree char *rest = NULL;
      GBytes *bytes =
          literal (line, length, synchronizing, user_data) ? fake_peer_read_bytes (peer, length) : NULL;

      if (bytes == NULL)
        return FALSE;
      g_ptr_array_add (line->literals, bytes);
      rest = fake_peer_read_line (peer);
      if (rest == NULL)
        return FALSE;
      before = g_steal_pointer (&line->text);
      line->text = g_strconcat (before, rest, NULL);
      if (*rest == '\0')
        break;
    }
  return TRUE;
}

/* A client may be busy with its disk for longer than a peer waits. */
static char *
read_patiently (FakePeer *peer)
{
  char *line = fake_peer_read_line (peer);

  while (line == NULL && fake_peer_pause (peer, 0))
    line = fake_peer_read_line (peer);
  return line;
}

ModelLine *
model_line_read (FakePeer *peer, ModelLiteralFunc literal, gpointer user_data)
{
  g_autofree char *first = read_patiently (peer);
  g_autoptr (ModelLine) line = NULL;
  const char *space;

  if (first == NULL)
    return NULL;
  space = strchr (first, ' ');
  line = g_new0 (ModelLine, 1);
  line->tag = space != NULL ? g_strndup (first, space - first) : g_strdup (first);
  line->text = g_strdup (space != NULL ? space + 1 : "");
  line->literals = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  return read_literals (line, peer, literal, user_data) ? g_steal_pointer (&line) : NULL;
}

static void
add_word (ModelCommand *command, GString *word)
{
  gsize length = word->len;

  g_ptr_array_add (command->words, g_bytes_new_take (g_string_free (word, FALSE), length));
}

static const char *
parse_quoted (ModelCommand *command, const char *c)
{
  GString *word = g_string_new (NULL);

  for (c++; *c != '\0' && *c != '"'; c++)
    g_string_append_c (word, *c == '\\' && c[1] != '\0' ? *++c : *c);
  add_word (command, word);
  return *c == '"' ? c + 1 : c;
}

/* An atom, or a list with everything in its parentheses. */
static const char *
parse_plain (ModelCommand *command, const char *c)
{
  GString *word = g_string_new (NULL);
  guint depth = 0;

  for (; *c != '\0' && (depth > 0 || *c != ' '); c++)
    {
      depth += *c == '(';
      depth -= *c == ')' && depth > 0;
      g_string_append_c (word, *c);
    }
  add_word (command, word);
  return c;
}

ModelCommand *
model_command_parse (const ModelLine *line)
{
  ModelCommand *command = g_new0 (ModelCommand, 1);
  guint literal = 0;
  const char *c = line->text;

  command->words = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  while (*c != '\0')
    {
      if (*c == ' ')
        c++;
      else if (*c == '"')
        c = parse_quoted (command, c);
      else if (*c == '{' && literal < line->literals->len)
        {
          gsize length;
          const char *data = g_bytes_get_data (g_ptr_array_index (line->literals, literal++), &length);

          add_word (command, g_string_new_len (data, length));
          c += strcspn (c, "}") + 1;
        }
      else
        c = parse_plain (command, c);
    }
  return command;
}

void
model_command_free (ModelCommand *command)
{
  g_ptr_array_unref (command->words);
  g_free (command);
}

/* Each word is a GString's octets, which a NUL follows. */
const char *
model_command_word (const ModelCommand *command, guint index)
{
  GBytes *word = model_command_bytes (command, index);

  return word != NULL ? g_bytes_get_data (word, NULL) : "";
}

GBytes *
model_command_bytes (const ModelCommand *command, guint index)
{
  return index < command->words->len ? g_ptr_array_index (command->words, index) : NULL;
}
