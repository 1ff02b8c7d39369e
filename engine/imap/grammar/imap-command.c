#include "imap-command.h"

#include <string.h>

#define LITERAL_MINUS_MAX 4096 /* RFC 7888 section 5 */

typedef enum
{
  PIECE_TEXT,
  PIECE_LITERAL,
  PIECE_STREAM,
} PieceKind;

typedef struct
{
  PieceKind kind;
  char *text; /* (nullable) NULL for PIECE_STREAM */
  guint64 size;
} Piece;

struct _ImapCommand
{
  GArray *pieces;
  gboolean has_stream;
};

static void
clear_piece (gpointer data)
{
  Piece *piece = data;

  g_free (piece->text);
}

static void
append_piece (ImapCommand *command, PieceKind kind, char *text, guint64 size)
{
  Piece piece = { kind, text, size };

  g_array_append_val (command->pieces, piece);
}

ImapCommand *
imap_command_new (const char *text)
{
  ImapCommand *command = g_new0 (ImapCommand, 1);

  command->pieces = g_array_new (FALSE, FALSE, sizeof (Piece));
  g_array_set_clear_func (command->pieces, clear_piece);
  imap_command_raw (command, text);
  return command;
}

void
imap_command_free (ImapCommand *command)
{
  if (command == NULL)
    return;
  g_array_unref (command->pieces);
  g_free (command);
}

/* A line end inside would begin another command. */
void
imap_command_raw (ImapCommand *command, const char *text)
{
  g_return_if_fail (strpbrk (text, "\r\n") == NULL);
  append_piece (command, PIECE_TEXT, g_strdup (text), strlen (text));
}

void
imap_command_rawf (ImapCommand *command, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  imap_command_raw (command, text);
}

/* ASTRING-CHAR. */
static gboolean
is_astring_char (char c)
{
  return g_ascii_isgraph (c) && strchr ("(){%*\"\\", c) == NULL;
}

/* NIL is an astring, but servers take it for no string at all. */
static gboolean
fits_atom (const char *string)
{
  const char *c = string;

  while (is_astring_char (*c))
    c++;
  return c > string && *c == '\0' && g_ascii_strcasecmp (string, "NIL") != 0;
}

/* 8-bit octets may not be quoted, and control characters are better not. */
static gboolean
fits_quoted (const char *string)
{
  while (g_ascii_isprint (*string))
    string++;
  return *string == '\0';
}

static char *
quote (const char *string)
{
  GString *quoted = g_string_new ("\"");

  for (; *string != '\0'; string++)
    {
      if (*string == '"' || *string == '\\')
        g_string_append_c (quoted, '\\');
      g_string_append_c (quoted, *string);
    }
  g_string_append_c (quoted, '"');
  return g_string_free (quoted, FALSE);
}

void
imap_command_astring (ImapCommand *command, const char *string)
{
  imap_command_raw (command, " ");
  if (fits_atom (string))
    imap_command_raw (command, string);
  else if (fits_quoted (string))
    {
      g_autofree char *quoted = quote (string);

      imap_command_raw (command, quoted);
    }
  else
    append_piece (command, PIECE_LITERAL, g_strdup (string), strlen (string));
}

void
imap_command_stream (ImapCommand *command, guint64 size)
{
  g_return_if_fail (!command->has_stream);
  command->has_stream = TRUE;
  imap_command_raw (command, " ");
  append_piece (command, PIECE_STREAM, NULL, size);
}

static void
part_free (gpointer data)
{
  ImapCommandPart *part = data;

  g_bytes_unref (part->octets);
  g_free (part);
}

/* Moves what was written so far into a part. */
static void
close_part (GPtrArray *parts, GString *octets, gboolean wait, gboolean source)
{
  ImapCommandPart *part = g_new0 (ImapCommandPart, 1);

  part->octets = g_bytes_new (octets->str, octets->len);
  part->wait = wait;
  part->source = source;
  g_ptr_array_add (parts, part);
  g_string_truncate (octets, 0);
}

static gboolean
must_wait (ImapLiteralMode mode, guint64 size)
{
  return mode == IMAP_LITERAL_SYNC || (mode == IMAP_LITERAL_MINUS && size > LITERAL_MINUS_MAX);
}

static void
write_piece (GPtrArray *parts, GString *octets, const Piece *piece, ImapLiteralMode mode)
{
  if (piece->kind != PIECE_TEXT)
    {
      gboolean wait = must_wait (mode, piece->size);
      gboolean source = piece->kind == PIECE_STREAM;

      g_string_append_printf (octets, "{%" G_GUINT64_FORMAT "%s}\r\n", piece->size, wait ? "" : "+");
      if (wait || source)
        close_part (parts, octets, wait, source);
    }
  if (piece->text != NULL)
    g_string_append_len (octets, piece->text, (gssize)piece->size);
}

GPtrArray *
imap_command_finish (ImapCommand *command, const char *tag, ImapLiteralMode mode)
{
  GPtrArray *parts = g_ptr_array_new_with_free_func (part_free);
  GString *octets = g_string_new (tag);

  g_string_append_c (octets, ' ');
  for (guint i = 0; i < command->pieces->len; i++)
    write_piece (parts, octets, &g_array_index (command->pieces, Piece, i), mode);
  g_string_append (octets, "\r\n");
  close_part (parts, octets, FALSE, FALSE);
  g_string_free (octets, TRUE);
  return parts;
}
