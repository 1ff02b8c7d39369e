/* Places are put before an error from the inside out: a value's complaint gets its key, then its group, then
 * the file. */
#include "config.h"
#include "../message/text-safe.h"
#include "config-keys.h"
#include "config-pop3.h"
#include "config-roots.h"

#include <gio/gio.h>
#include <string.h>

#define GROUP_PREFIX "account "
#define NAME_MAX_LENGTH 64

G_DEFINE_QUARK (config - error - quark, config_error)

char *
config_default_path (void)
{
  return g_build_filename (g_get_user_config_dir (), "dovetail", "config", NULL);
}

/* (nullable): the account's name in the group's name "account NAME". */
static const char *
account_name_in (const char *group)
{
  const char *name;
  gsize length = 0;

  if (!g_str_has_prefix (group, GROUP_PREFIX))
    return NULL;
  name = group + strlen (GROUP_PREFIX);
  while (g_ascii_isalnum (name[length]) || (name[length] != '\0' && strchr ("._-", name[length]) != NULL))
    length++;
  return length >= 1 && length <= NAME_MAX_LENGTH && name[length] == '\0' && name[0] != '.' ? name : NULL;
}

/* (transfer full) */
static char *
list_keys (void)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (const ConfigKey *key = config_keys (); key->name != NULL; key++)
    g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", key->name);
  return g_string_free (g_steal_pointer (&names), FALSE);
}

static gboolean
check_key_is_known (const char *name, GError **error)
{
  const ConfigKey *nearest = NULL;
  g_autofree char *safe = NULL;
  g_autofree char *known = NULL;

  if (config_key_find (name) != NULL)
    return TRUE;
  safe = text_make_safe (name);
  nearest = config_key_nearest (name);
  known = list_keys ();
  if (nearest != NULL)
    g_set_error (error, CONFIG_ERROR, CONFIG_ERROR_INVALID,
                 "%s: there is no such key; the nearest is %s, write that or leave the line out", safe,
                 nearest->name);
  else
    g_set_error (error, CONFIG_ERROR, CONFIG_ERROR_INVALID,
                 "%s: there is no such key; leave the line out, or write one of %s", safe, known);
  return FALSE;
}

/* Cuts `value` at the first "#" behind white space, and the white space before it. */
static void
strip_comment (char *value)
{
  for (char *c = value; *c != '\0'; c++)
    if (*c == '#' && c > value && g_ascii_isspace (c[-1]))
      {
        *c = '\0';
        break;
      }
  g_strchomp (value);
}

/* (transfer full) (nullable): the value of a key that is there. GKeyFile undoes its escapes itself, but only
 * after the comment is gone. */
static char *
read_value (GKeyFile *file, const char *group, const ConfigKey *key, GError **error)
{
  g_autofree char *raw = g_key_file_get_value (file, group, key->name, NULL);
  g_autofree char *value = NULL;
  g_autoptr (GError) cause = NULL;

  if (key->verbatim)
    return g_strchomp (g_steal_pointer (&raw));
  strip_comment (raw);
  g_key_file_set_value (file, group, key->name, raw);
  value = g_key_file_get_string (file, group, key->name, &cause);
  if (cause == NULL)
    return g_steal_pointer (&value);
  /* GKeyFile may return what it made of a wrong escape beside the error. */
  g_set_error (error, CONFIG_ERROR, CONFIG_ERROR_INVALID,
               "the value is not UTF-8 or holds a lone backslash; write UTF-8, and \\\\ for a backslash");
  return NULL;
}

/* Where mail is delivered may be another account's Maildir: config_pop3_resolve looks. */
static gboolean
is_told_by_another (GKeyFile *file, const char *group, const ConfigKey *key)
{
  return g_str_equal (key->name, "maildir") && g_key_file_has_key (file, group, "deliver-to", NULL);
}

static gboolean
set_key (Account *account, GKeyFile *file, const char *group, const ConfigKey *key, GError **error)
{
  g_autofree char *value = NULL;

  if (!g_key_file_has_key (file, group, key->name, NULL))
    {
      if (key->required_example == NULL || is_told_by_another (file, group, key))
        return TRUE;
      g_set_error (error, CONFIG_ERROR, CONFIG_ERROR_INVALID, "%s is missing; add a line such as %s=%s",
                   key->name, key->name, key->required_example);
      return FALSE;
    }
  value = read_value (file, group, key, error);
  if (value != NULL && *value == '\0')
    g_set_error (error, CONFIG_ERROR, CONFIG_ERROR_INVALID, "the value is empty; write one%s",
                 key->required_example != NULL ? "" : ", or leave the line out");
  if (value != NULL && *value != '\0' && key->set (account, value, error))
    return TRUE;
  g_prefix_error (error, "%s: ", key->name);
  return FALSE;
}

/* A name may turn out to be this machine's: the connected peer's address decides (contract C8). */
static gboolean
check_security (const Account *account, GError **error)
{
  g_autoptr (GInetAddress) address =
      account->host != NULL ? g_inet_address_new_from_string (account->host) : NULL;

  if (account->security != ACCOUNT_SECURITY_NONE || address == NULL ||
      g_inet_address_get_is_loopback (address))
    return TRUE;
  g_set_error (error, CONFIG_ERROR, CONFIG_ERROR_INVALID,
               "security: “none” is for a server on this machine only, and %s is another; write "
               "security=tls, or starttls",
               account->host);
  return FALSE;
}

static gboolean
check_commands (const Account *account, GError **error)
{
  if (account->password_command == NULL || account->token_command == NULL)
    return TRUE;
  g_set_error (error, CONFIG_ERROR, CONFIG_ERROR_INVALID,
               "token-command: there is password-command too; leave one of the two lines out");
  return FALSE;
}

/* (transfer full) (nullable) */
static Account *
read_account (GKeyFile *file, const char *group, const char *name, GError **error)
{
  g_autoptr (Account) account = config_account_new (name);
  g_auto (GStrv) names = g_key_file_get_keys (file, group, NULL, NULL);

  for (char **key_name = names; *key_name != NULL; key_name++)
    if (!check_key_is_known (*key_name, error))
      return NULL;
  for (const ConfigKey *key = config_keys (); key->name != NULL; key++)
    if (!set_key (account, file, group, key, error))
      return NULL;
  if (!check_security (account, error) || !check_commands (account, error) ||
      !config_pop3_check_keys (account, names, error))
    return NULL;
  config_account_complete (account);
  return g_steal_pointer (&account);
}

/* (transfer full) (nullable) */
static Account *
read_group (GKeyFile *file, const char *group, GError **error)
{
  const char *name = account_name_in (group);
  g_autofree char *safe = text_make_safe (group);
  Account *account;

  if (name == NULL)
    {
      g_set_error (error, CONFIG_ERROR, CONFIG_ERROR_INVALID,
                   "[%s]: this is no account; write [account NAME], the name of 1 to %d of A-Z a-z 0-9 . _ - "
                   "and no dot first",
                   safe, NAME_MAX_LENGTH);
      return NULL;
    }
  account = read_account (file, group, name, error);
  if (account == NULL)
    g_prefix_error (error, "[%s]: ", safe);
  return account;
}

/* (transfer container) (nullable) */
static GPtrArray *
read_accounts (GKeyFile *file, GError **error)
{
  g_autoptr (GPtrArray) accounts = g_ptr_array_new_with_free_func ((GDestroyNotify)account_free);
  g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);

  for (char **group = groups; *group != NULL; group++)
    {
      Account *account = read_group (file, *group, error);

      if (account == NULL)
        return NULL;
      g_ptr_array_add (accounts, account);
    }
  if (accounts->len == 0)
    {
      g_set_error (error, CONFIG_ERROR, CONFIG_ERROR_INVALID,
                   "there is no account; write a line [account work], and below it lines host=, user= and "
                   "maildir=");
      return NULL;
    }
  return config_pop3_resolve (accounts, error) && config_roots_check (accounts, error)
             ? g_steal_pointer (&accounts)
             : NULL;
}

/* GKeyFile's own complaint quotes the line, which may be a password in the wrong place: it is numbered here
 * instead. */
static gboolean
refuse_syntax (const char *text, GError **error)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  gboolean in_group = FALSE;
  guint number = 0;

  for (char **line = lines; *line != NULL; line++)
    {
      gboolean is_group = g_strstrip (*line)[0] == '[';
      gboolean is_nothing = **line == '\0' || **line == '#';

      number++;
      if (is_group || is_nothing || (in_group && strchr (*line, '=') > *line))
        {
          in_group = in_group || is_group;
          continue;
        }
      g_set_error (error, CONFIG_ERROR, CONFIG_ERROR_INVALID, "line %u %s; mend it or leave it out", number,
                   in_group ? "is neither [account NAME] nor KEY=VALUE nor a # comment"
                            : "stands before the first [account NAME]");
      return FALSE;
    }
  g_set_error (error, CONFIG_ERROR, CONFIG_ERROR_INVALID,
               "a group or a key has a name that no file of this kind may have; write [account NAME] and "
               "KEY=VALUE");
  return FALSE;
}

static gboolean
read_text (const char *path, char **text, GError **error)
{
  g_autoptr (GError) cause = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    g_set_error (error, CONFIG_ERROR, CONFIG_ERROR_MISSING,
                 "there is no such file; write one with a line [account work], and below it lines host=, "
                 "user= and maildir=");
  else if (!g_file_test (path, G_FILE_TEST_IS_REGULAR))
    g_set_error (error, CONFIG_ERROR, CONFIG_ERROR_INVALID,
                 "is no regular file; write the accounts into one");
  else if (!g_file_get_contents (path, text, NULL, &cause))
    g_set_error (error, CONFIG_ERROR, CONFIG_ERROR_INVALID, "%s; make the file readable", cause->message);
  else
    return TRUE;
  return FALSE;
}

static gboolean
load_key_file (GKeyFile *file, const char *path, GError **error)
{
  g_autofree char *text = NULL;

  if (!read_text (path, &text, error))
    return FALSE;
  /* An empty file is no key file to GLib; to us it lacks an account. A key with a language is refused as
   * unknown, which it is only when it is kept. */
  return *text == '\0' ||
         g_key_file_load_from_data (file, text, (gsize)-1, G_KEY_FILE_KEEP_TRANSLATIONS, NULL) ||
         refuse_syntax (text, error);
}

GPtrArray *
config_load (const char *path, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  GPtrArray *accounts = NULL;

  if (load_key_file (file, path, error))
    accounts = read_accounts (file, error);
  if (accounts == NULL)
    g_prefix_error (error, "%s: ", path);
  return accounts;
}
