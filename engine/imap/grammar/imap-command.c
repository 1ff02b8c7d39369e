#include "imap-command.h"

#include <string.h>

/* Commands may carry a password, so whatever held octets is wiped before it is freed, and no buffer grows (a
 * grown one leaves its old octets behind). */

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
  char *text;   /* (nullable) NULL for PIECE_STREAM */
  guint64 size; /* octets of the text, or of the stream */
} Piece;

struct _ImapCommand
{
  GArray *pieces;
};

static void
clear_piece (gpointer data)
{
  Piece *piece = data;

  if (piece->text != NULL)
    explicit_bzero (piece->text, piece->size);
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
  GString *quoted = g_string_sized_new (2 * strlen (string) + 3);

  g_string_append_c (quoted, '"');
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
      char *quoted = quote (string);

      append_piece (command, PIECE_TEXT, quoted, strlen (quoted));
    }
  else
    append_piece (command, PIECE_LITERAL, g_strdup (string), strlen (string));
}

void
imap_command_stream (ImapCommand *command, guint64 size)
{
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

typedef struct
{
  char *octets;
  gsize length;
} Secret;

static void
secret_free (gpointer data)
{
  Secret *secret = data;

  explicit_bzero (secret->octets, secret->length);
  g_free (secret->octets);
  g_free (secret);
}

/* Moves what was written so far into a part. */
static void
close_part (GPtrArray *parts, GString *octets, gboolean wait, gboolean source)
{
  ImapCommandPart *part = g_new0 (ImapCommandPart, 1);
  Secret *secret = g_new0 (Secret, 1);

  secret->octets = g_memdup2 (octets->str, octets->len);
  secret->length = octets->len;
  part->octets = g_bytes_new_with_free_func (secret->octets, secret->length, secret_free, secret);
  part->wait = wait;
  part->source = source;
  g_ptr_array_add (parts, part);
  explicit_bzero (octets->str, octets->len);
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

/* At least what any one part will hold. */
static gsize
longest_part (const ImapCommand *command, const char *tag)
{
  gsize size = strlen (tag) + strlen (" \r\n") + 1;

  for (guint i = 0; i < command->pieces->len; i++)
    {
      const Piece *piece = &g_array_index (command->pieces, Piece, i);

      size += strlen ("{18446744073709551615+}\r\n") + (piece->text != NULL ? piece->size : 0);
    }
  return size;
}

GPtrArray *
imap_command_finish (ImapCommand *command, const char *tag, ImapLiteralMode mode)
{
  GPtrArray *parts = g_ptr_array_new_with_free_func (part_free);
  GString *octets = g_string_sized_new (longest_part (command, tag));

  g_string_append_printf (octets, "%s ", tag);
  for (guint i = 0; i < command->pieces->len; i++)
    write_piece (parts, octets, &g_array_index (command->pieces, Piece, i), mode);
  g_string_append (octets, "\r\n");
  close_part (parts, octets, FALSE, FALSE);
  g_string_free (octets, TRUE);
  return parts;
}
