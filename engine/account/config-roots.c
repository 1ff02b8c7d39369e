#include "config-roots.h"
#include "config.h"

#include <stdlib.h>
#include <string.h>

/* (transfer full): `path` without symbolic links as far as it exists; what does not exist yet stays as it is.
 */
static char *
resolve_existing (const char *path)
{
  g_autofree char *existing = g_strdup (path);

  for (;;)
    {
      char *resolved = realpath (existing, NULL);
      g_autofree char *parent = NULL;

      if (resolved != NULL)
        {
          g_autofree char *whole = g_build_filename (resolved, path + strlen (existing), NULL);

          free (resolved);
          return g_canonicalize_filename (whole, "/");
        }
      parent = g_path_get_dirname (existing);
      if (strlen (parent) >= strlen (existing))
        return g_canonicalize_filename (path, "/");
      g_free (existing);
      existing = g_steal_pointer (&parent);
    }
}

static gboolean
is_inside (const char *path, const char *directory)
{
  gsize length = strlen (directory);

  return g_str_has_prefix (path, directory) && (path[length] == '/' || g_str_equal (directory, "/"));
}

/* (nullable): how the Maildir of one account stands to that of another, where it may not. */
static const char *
find_conflict (const char *root, const char *other)
{
  if (g_str_equal (root, other))
    return "is the Maildir";
  if (is_inside (root, other))
    return "lies inside the Maildir";
  if (is_inside (other, root))
    return "holds the Maildir";
  return NULL;
}

gboolean
config_roots_check (GPtrArray *accounts, GError **error)
{
  g_autoptr (GPtrArray) roots = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < accounts->len; i++)
    {
      const Account *account = g_ptr_array_index (accounts, i);

      g_ptr_array_add (roots, resolve_existing (account->maildir));
      for (guint j = 0; j < i; j++)
        {
          const Account *other = g_ptr_array_index (accounts, j);
          const char *conflict = find_conflict (g_ptr_array_index (roots, i), g_ptr_array_index (roots, j));

          if (conflict == NULL || account->deliver_account != NULL || other->deliver_account != NULL)
            continue;
          g_set_error (error, CONFIG_ERROR, CONFIG_ERROR_INVALID,
                       "[account %s]: maildir: “%s” %s of [account %s]; write a directory that no other "
                       "account uses",
                       account->name, account->maildir, conflict, other->name);
          return FALSE;
        }
    }
  return TRUE;
}
