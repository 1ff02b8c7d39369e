#include "sync-names.h"

#include <string.h>

const SyncNames sync_names_usual = { .prefix = "", .separator = '/' };

static char *
replace_all (const char *text, const char *from, const char *to)
{
  g_auto (GStrv) parts = g_strsplit (text, from, -1);

  return g_strjoinv (to, parts);
}

char *
sync_names_on_server (const SyncNames *names, const char *mailbox)
{
  const char separator[] = { names->separator, '\0' };
  g_autofree char *name = replace_all (mailbox, "/", separator);

  return g_strconcat (g_str_equal (mailbox, "INBOX") ? "" : names->prefix, name, NULL);
}

char *
sync_names_from_server (const SyncNames *names, const char *on_server)
{
  const char separator[] = { names->separator, '\0' };
  gboolean prefixed = g_str_has_prefix (on_server, names->prefix);

  return replace_all (on_server + (prefixed ? strlen (names->prefix) : 0), separator, "/");
}

char *
sync_names_directory (const SyncNames *names, const char *mailbox)
{
  g_autofree char *escaped = NULL;
  g_autofree char *joined = NULL;

  if (!names->maildirpp)
    return g_strdup (mailbox);
  if (g_str_equal (mailbox, "INBOX"))
    return g_strdup ("");
  escaped = replace_all (mailbox, ".", "%2E");
  joined = replace_all (escaped, "/", ".");
  return g_strconcat (".", joined, NULL);
}

/* "%" and two digits stand for an octet, a lone "%" for an empty name; any other is what it is. (transfer
 * full) */
static char *
decode (const char *component)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (g_str_equal (component, "%"))
    return g_strdup ("");
  for (const char *c = component; *c != '\0'; c++)
    if (*c == '%' && g_ascii_isxdigit (c[1]) && g_ascii_isxdigit (c[2]))
      {
        g_string_append_c (text, (char)(g_ascii_xdigit_value (c[1]) * 16 + g_ascii_xdigit_value (c[2])));
        c += 2;
      }
    else
      g_string_append_c (text, *c);
  return g_strdup (text->str);
}

/* (transfer full) */
static char *
read_full_name (const char *root, const char *directory)
{
  g_autofree char *path = g_build_filename (root, directory, ".dovetail-name", NULL);
  g_autoptr (GError) error = NULL;
  char *name;

  if (!g_file_get_contents (path, &name, NULL, &error))
    g_error ("%s", error->message);
  return name;
}

char *
sync_names_from_directory (const SyncNames *names, const char *root, const char *directory)
{
  g_auto (GStrv) components = NULL;

  if (names->maildirpp && *directory == '\0')
    return g_strdup ("INBOX");
  if (strstr (directory, "%~") != NULL)
    return read_full_name (root, directory);
  components = names->maildirpp ? g_strsplit (directory + 1, ".", -1) : g_strsplit (directory, "/", -1);
  for (char **component = components; *component != NULL; component++)
    {
      char *decoded = decode (*component);

      g_free (*component);
      *component = decoded;
    }
  return g_strjoinv ("/", components);
}
