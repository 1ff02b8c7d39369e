#include "secret-line.h"
#include "secret.h"

#include <string.h>

SecretLine *
secret_line_new (void)
{
  SecretLine *line = g_new0 (SecretLine, 1);

  line->octets = g_malloc (SECRET_LINE_MAX + SECRET_READ_SIZE);
  return line;
}

void
secret_line_free (SecretLine *line)
{
  if (line == NULL)
    return;
  explicit_bzero (line->octets, SECRET_LINE_MAX + SECRET_READ_SIZE);
  g_free (line->octets);
  g_free (line);
}

guint8 *
secret_line_room (SecretLine *line)
{
  return line->octets + line->length;
}

gboolean
secret_line_add (SecretLine *line, gsize count, GError **error)
{
  const guint8 *added = secret_line_room (line);
  const guint8 *lf;

  if (line->complete)
    return TRUE;
  lf = memchr (added, '\n', count);
  line->complete = lf != NULL;
  line->length += lf != NULL ? (gsize)(lf - added) : count;
  if (line->length <= SECRET_LINE_MAX)
    return TRUE;
  line->length = SECRET_LINE_MAX;
  g_set_error (error, SECRET_ERROR, SECRET_ERROR_UNAVAILABLE,
               "the first line is longer than %d octets; make it the password or token and nothing else",
               SECRET_LINE_MAX);
  return FALSE;
}

char *
secret_line_finish (const SecretLine *line, GError **error)
{
  gsize length = line->length;

  if (line->complete && length > 0 && line->octets[length - 1] == '\r')
    length--;
  if (length == 0 || memchr (line->octets, '\0', length) != NULL)
    {
      g_set_error (error, SECRET_ERROR, SECRET_ERROR_UNAVAILABLE,
                   "the first line %s; make it the password or token and nothing else",
                   length == 0 ? "is empty" : "holds a NUL octet");
      return NULL;
    }
  return g_strndup ((const char *)line->octets, length);
}
