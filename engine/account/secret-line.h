/* The first line of what a source of secrets says, gathered in memory that is wiped. */
#pragma once

#include <glib.h>

#define SECRET_LINE_MAX (64 * 1024)
#define SECRET_READ_SIZE 4096

typedef struct
{
  guint8 *octets;    /* SECRET_LINE_MAX + SECRET_READ_SIZE of them */
  gsize length;      /* of the line so far */
  gboolean complete; /* its LF was seen: what comes behind it is overwritten */
} SecretLine;

SecretLine *secret_line_new (void);
/* Wipes. */
void secret_line_free (SecretLine *line);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SecretLine, secret_line_free)

/* Where up to SECRET_READ_SIZE more octets go, and that `count` of them came. FALSE: the line is too long. */
guint8 *secret_line_room (SecretLine *line);
gboolean secret_line_add (SecretLine *line, gsize count, GError **error);

/* (transfer full): the line as a string for secret_free; an error when it is empty or holds a NUL. */
char *secret_line_finish (const SecretLine *line, GError **error);
