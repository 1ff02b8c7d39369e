#include "config-keys.h"
#include "config-pop3.h"
#include "config-values.h"

#include <string.h>

#define STRING_MAX 255
#define DAYS_MAX 36500
#define DELETIONS_MAX 1000000000
#define TLS_PIN_PREFIX "sha256//"

static void
replace_string (char **field, const char *value)
{
  g_free (*field);
  *field = g_strdup (value);
}

static gboolean
set_protocol (Account *account, const char *value, GError **error)
{
  static const char *const words[] = { "imap", "pop3", NULL };
  static const AccountProtocol protocols[] = { ACCOUNT_PROTOCOL_IMAP, ACCOUNT_PROTOCOL_POP3 };
  guint index;

  if (!config_value_word (value, words, &index, error))
    return FALSE;
  account->protocol = protocols[index];
  return TRUE;
}

static gboolean
set_host (Account *account, const char *value, GError **error)
{
  gboolean is_address = g_hostname_is_ip_address (value);

  if (strchr (value, ':') != NULL && !is_address)
    return config_value_refuse (error, value, "is no host name", "the name alone, and a port as port=993");
  if (strpbrk (value, " \t/@[]") != NULL || strlen (value) > STRING_MAX || config_value_has_control (value))
    return config_value_refuse (error, value, "is no host name", "one such as imap.example.org");
  replace_string (&account->host, value);
  return TRUE;
}

static gboolean
set_port (Account *account, const char *value, GError **error)
{
  guint port;

  if (!config_value_number (value, 1, G_MAXUINT16, &port))
    return config_value_refuse (error, value, "is not a port", "a number from 1 to 65535");
  account->port = (guint16)port;
  return TRUE;
}

static gboolean
set_security (Account *account, const char *value, GError **error)
{
  static const char *const words[] = { "tls", "starttls", "none", NULL };
  static const AccountSecurity securities[] = { ACCOUNT_SECURITY_TLS, ACCOUNT_SECURITY_STARTTLS,
                                                ACCOUNT_SECURITY_NONE };
  guint index;

  if (!config_value_word (value, words, &index, error))
    return FALSE;
  account->security = securities[index];
  return TRUE;
}

static gboolean
set_tls_ca_file (Account *account, const char *value, GError **error)
{
  return config_value_path (value, &account->tls_ca_file, error);
}

/* Decoding skips what is not base64; what is encoded to the same text again was base64 alone. */
static gboolean
is_sha256_base64 (const char *text)
{
  gsize length = 0;
  g_autofree guchar *octets = g_base64_decode (text, &length);
  g_autofree char *again = g_base64_encode (octets, length);

  return length == 32 && g_str_equal (again, text);
}

static gboolean
set_tls_pin (Account *account, const char *value, GError **error)
{
  if (!g_str_has_prefix (value, TLS_PIN_PREFIX) || !is_sha256_base64 (value + strlen (TLS_PIN_PREFIX)))
    return config_value_refuse (error, value, "is no pin",
                                TLS_PIN_PREFIX " and the 44 base64 characters of a SHA-256");
  replace_string (&account->tls_pin, value);
  return TRUE;
}

static gboolean
set_user (Account *account, const char *value, GError **error)
{
  if (strlen (value) > STRING_MAX || config_value_has_control (value))
    return config_value_refuse (error, value, "is no user name", "the name as the server knows it");
  replace_string (&account->user, value);
  return TRUE;
}

static gboolean
set_password_command (Account *account, const char *value, GError **error)
{
  replace_string (&account->password_command, value);
  return TRUE;
}

static gboolean
set_token_command (Account *account, const char *value, GError **error)
{
  replace_string (&account->token_command, value);
  return TRUE;
}

static gboolean
set_maildir (Account *account, const char *value, GError **error)
{
  if (!config_value_path (value, &account->maildir, error))
    return FALSE;
  if (g_str_equal (account->maildir, "/"))
    return config_value_refuse (error, value, "is the whole file system", "a directory such as ~/Mail/work");
  return TRUE;
}

static gboolean
set_layout (Account *account, const char *value, GError **error)
{
  static const char *const words[] = { "nested", "maildir++", NULL };
  static const AccountLayout layouts[] = { ACCOUNT_LAYOUT_NESTED, ACCOUNT_LAYOUT_MAILDIRPP };
  guint index;

  if (!config_value_word (value, words, &index, error))
    return FALSE;
  account->layout = layouts[index];
  return TRUE;
}

static gboolean
only_excludes (char **patterns)
{
  for (; *patterns != NULL; patterns++)
    if (**patterns != '!')
      return FALSE;
  return TRUE;
}

static gboolean
set_mailboxes (Account *account, const char *value, GError **error)
{
  g_auto (GStrv) split = g_strsplit (value, ";", -1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) patterns = NULL;

  for (char **pattern = split; *pattern != NULL; pattern++)
    {
      g_strstrip (*pattern);
      if (g_str_equal (*pattern, "!"))
        return config_value_refuse (error, value, "excludes nothing",
                                    "a pattern behind the !, as in *;!Spam");
      if (**pattern != '\0')
        g_strv_builder_add (builder, *pattern);
    }
  patterns = g_strv_builder_end (builder);
  if (patterns[0] == NULL)
    return config_value_refuse (error, value, "names no mailbox", "patterns separated by ;, as in *;!Spam");
  if (only_excludes (patterns))
    return config_value_refuse (error, value, "only excludes, so that no mailbox is left",
                                "first what is wanted, as in *;!Spam");
  g_strfreev (account->mailboxes);
  account->mailboxes = g_steal_pointer (&patterns);
  return TRUE;
}

static gboolean
set_timeout (Account *account, const char *value, GError **error)
{
  return config_value_number (value, 1, 3600, &account->timeout) ||
         config_value_refuse (error, value, "is no timeout", "seconds, a number from 1 to 3600");
}

static gboolean
set_connections (Account *account, const char *value, GError **error)
{
  return config_value_number (value, 1, 16, &account->connections) ||
         config_value_refuse (error, value, "is no number of connections", "a number from 1 to 16");
}

static gboolean
set_delete (Account *account, const char *value, GError **error)
{
  static const char *const words[] = { "trash", "expunge", NULL };
  static const AccountDelete modes[] = { ACCOUNT_DELETE_TRASH, ACCOUNT_DELETE_EXPUNGE };
  guint index;

  if (!config_value_word (value, words, &index, error))
    return FALSE;
  account->delete_mode = modes[index];
  return TRUE;
}

static gboolean
set_expunge_marked (Account *account, const char *value, GError **error)
{
  static const char *const words[] = { "no", "yes", NULL };
  guint index;

  if (!config_value_word (value, words, &index, error))
    return FALSE;
  account->expunge_marked = index == 1;
  return TRUE;
}

/* "COUNT PERCENT%" */
static gboolean
parse_deletions (const char *value, guint *count, guint *percent)
{
  g_auto (GStrv) parts = g_strsplit_set (value, " \t", 2);
  gsize length;

  if (g_strv_length (parts) != 2)
    return FALSE;
  g_strstrip (parts[1]);
  length = strlen (parts[1]);
  if (length == 0 || parts[1][length - 1] != '%')
    return FALSE;
  parts[1][length - 1] = '\0';
  return config_value_number (parts[0], 0, DELETIONS_MAX, count) &&
         config_value_number (parts[1], 0, 100, percent);
}

static gboolean
set_max_delete (Account *account, const char *value, GError **error)
{
  guint count, percent;

  if (g_ascii_strcasecmp (value, "off") == 0)
    {
      account->hold_deletions = FALSE;
      return TRUE;
    }
  if (!parse_deletions (value, &count, &percent))
    return config_value_refuse (error, value, "is no limit", "a number and a share as in 10 50%, or off");
  account->hold_deletions = TRUE;
  account->max_delete_count = count;
  account->max_delete_percent = percent;
  return TRUE;
}

static gboolean
set_keep_deleted (Account *account, const char *value, GError **error)
{
  return config_value_number (value, 0, DAYS_MAX, &account->keep_deleted) ||
         config_value_refuse (error, value, "is no number of days", "a number from 0 (keep none) to 36500");
}

static gboolean
set_gmail (Account *account, const char *value, GError **error)
{
  static const char *const words[] = { "copy", "hard-link", "all-mail", NULL };
  static const AccountGmail ways[] = { ACCOUNT_GMAIL_COPY, ACCOUNT_GMAIL_HARD_LINK, ACCOUNT_GMAIL_ALL_MAIL };
  guint index;

  if (!config_value_word (value, words, &index, error))
    return FALSE;
  account->gmail = ways[index];
  return TRUE;
}

static gboolean
set_info_separator (Account *account, const char *value, GError **error)
{
  if (strlen (value) != 1 || strchr (":;!+-", *value) == NULL)
    return config_value_refuse (error, value, "is no separator", "one of : ; ! + -");
  account->info_separator = *value;
  return TRUE;
}

static const ConfigKey keys[] = {
  { "protocol", NULL, FALSE, set_protocol },
  { "host", "imap.example.org", FALSE, set_host },
  { "port", NULL, FALSE, set_port },
  { "security", NULL, FALSE, set_security },
  { "tls-ca-file", NULL, FALSE, set_tls_ca_file },
  { "user", "alice", FALSE, set_user },
  { "password-command", NULL, TRUE, set_password_command },
  { "token-command", NULL, TRUE, set_token_command },
  { "maildir", "~/Mail/work", FALSE, set_maildir },
  { "layout", NULL, FALSE, set_layout },
  { "mailboxes", NULL, FALSE, set_mailboxes },
  { "timeout", NULL, FALSE, set_timeout },
  { "connections", NULL, FALSE, set_connections },
  { "delete", NULL, FALSE, set_delete },
  { "expunge-marked", NULL, FALSE, set_expunge_marked },
  { "max-delete", NULL, FALSE, set_max_delete },
  { "keep-deleted", NULL, FALSE, set_keep_deleted },
  { "gmail", NULL, FALSE, set_gmail },
  { "info-separator", NULL, FALSE, set_info_separator },
  { "tls-pin", NULL, FALSE, set_tls_pin },
  { "deliver-to", NULL, FALSE, config_pop3_set_deliver_to },
  { "leave-on-server", NULL, FALSE, config_pop3_set_leave_on_server },
  { NULL },
};

const ConfigKey *
config_keys (void)
{
  return keys;
}

const ConfigKey *
config_key_find (const char *name)
{
  for (const ConfigKey *key = keys; key->name != NULL; key++)
    if (g_str_equal (key->name, name))
      return key;
  return NULL;
}

const ConfigKey *
config_key_nearest (const char *name)
{
  const ConfigKey *nearest = NULL;
  guint least = (guint)strlen (name) / 2 + 1; /* more differs: it is another word */

  for (const ConfigKey *key = keys; key->name != NULL; key++)
    {
      guint distance = config_value_distance (name, key->name);

      if (distance < least)
        {
          nearest = key;
          least = distance;
        }
    }
  return nearest;
}

Account *
config_account_new (const char *name)
{
  Account *account = g_new0 (Account, 1);

  account->name = g_strdup (name);
  account->mailboxes = g_strsplit ("*", ";", -1);
  account->timeout = 60;
  account->connections = 3;
  account->hold_deletions = TRUE;
  account->max_delete_count = 10;
  account->max_delete_percent = 50;
  account->keep_deleted = 7;
  account->info_separator = ':';
  account->state_dir = g_build_filename (g_get_user_state_dir (), "dovetail", name, NULL);
  return account;
}

void
config_account_complete (Account *account)
{
  gboolean is_pop3 = account->protocol == ACCOUNT_PROTOCOL_POP3;

  if (account->port != 0)
    return;
  switch (account->security)
    {
    case ACCOUNT_SECURITY_TLS:
      account->port = is_pop3 ? 995 : 993;
      break;
    case ACCOUNT_SECURITY_STARTTLS:
    case ACCOUNT_SECURITY_NONE:
      account->port = is_pop3 ? 110 : 143;
      break;
    }
}
