#include "config-pop3.h"
#include "config-values.h"
#include "config.h"

#include <string.h>

#define MAILBOX_MAX 1000
#define DAYS_MAX 36500

static gboolean
has_empty_level (const char *mailbox)
{
  g_auto (GStrv) levels = g_strsplit (mailbox, "/", -1);

  for (char **level = levels; *level != NULL; level++)
    if (**level == '\0')
      return TRUE;
  return levels[0] == NULL;
}

gboolean
config_pop3_set_deliver_to (Account *account, const char *value, GError **error)
{
  if (strlen (value) > MAILBOX_MAX || has_empty_level (value) || config_value_has_control (value))
    return config_value_refuse (
        error, value, "is no mailbox",
        "a name such as INBOX or Lists/old, or ACCOUNT/INBOX for one of another account");
  g_free (account->deliver_to);
  account->deliver_to = g_strdup (value);
  return TRUE;
}

gboolean
config_pop3_set_leave_on_server (Account *account, const char *value, GError **error)
{
  if (g_ascii_strcasecmp (value, "yes") == 0)
    account->leave = ACCOUNT_LEAVE_ALWAYS;
  else if (g_ascii_strcasecmp (value, "no") == 0)
    account->leave = ACCOUNT_LEAVE_NOT;
  else if (config_value_number (value, 1, DAYS_MAX, &account->leave_days))
    account->leave = ACCOUNT_LEAVE_DAYS;
  else
    return config_value_refuse (error, value, "is not known here",
                                "yes, no, or a number of days from 1 to 36500");
  return TRUE;
}

gboolean
config_pop3_check_keys (const Account *account, char **keys, GError **error)
{
  static const char *const imap_only[] = { "mailboxes",  "connections",  "delete", "expunge-marked",
                                           "max-delete", "keep-deleted", "gmail",  NULL };
  static const char *const pop3_only[] = { "deliver-to", "leave-on-server", NULL };
  gboolean is_pop3 = account->protocol == ACCOUNT_PROTOCOL_POP3;

  for (; *keys != NULL; keys++)
    if (g_strv_contains (is_pop3 ? imap_only : pop3_only, *keys))
      {
        g_set_error (error, CONFIG_ERROR, CONFIG_ERROR_INVALID,
                     "%s: means nothing with protocol=%s; leave the line out", *keys,
                     is_pop3 ? "pop3" : "imap");
        return FALSE;
      }
  return TRUE;
}

static const Account *
find_account (GPtrArray *accounts, const char *name, gsize length)
{
  for (guint i = 0; i < accounts->len; i++)
    {
      const Account *account = g_ptr_array_index (accounts, i);

      if (strlen (account->name) == length && memcmp (account->name, name, length) == 0)
        return account;
    }
  return NULL;
}

static void
replace_mailbox (Account *account, const char *mailbox)
{
  gboolean is_inbox =
      g_ascii_strncasecmp (mailbox, "INBOX", 5) == 0 && (mailbox[5] == '\0' || mailbox[5] == '/');
  char *replaced = is_inbox ? g_strconcat ("INBOX", mailbox + 5, NULL) : g_strdup (mailbox);

  g_free (account->deliver_to);
  account->deliver_to = replaced;
}

static gboolean
check_own_maildir (const Account *account, GError **error)
{
  if (account->maildir != NULL)
    return TRUE;
  g_set_error (
      error, CONFIG_ERROR, CONFIG_ERROR_INVALID,
      "maildir is missing; add a line such as maildir=~/Mail/%s, or begin deliver-to with the name of "
      "another account, as in deliver-to=work/INBOX",
      account->name);
  return FALSE;
}

static gboolean
check_target (const Account *account, const Account *target, const char *mailbox, GError **error)
{
  if (account->maildir != NULL)
    g_set_error (error, CONFIG_ERROR, CONFIG_ERROR_INVALID,
                 "maildir: by deliver-to the mail goes into the Maildir of [account %s]; leave this line out",
                 target->name);
  else if (target->maildir == NULL || target->deliver_account != NULL)
    g_set_error (
        error, CONFIG_ERROR, CONFIG_ERROR_INVALID,
        "deliver-to: [account %s] has no Maildir of its own; write the name of an account that has one",
        target->name);
  else if (target->protocol == ACCOUNT_PROTOCOL_IMAP && !account_wants_mailbox (target, mailbox))
    g_set_error (
        error, CONFIG_ERROR, CONFIG_ERROR_INVALID,
        "deliver-to: the mailboxes= of [account %s] leaves this mailbox out; take it in there, or write "
        "another one",
        target->name);
  else
    return TRUE;
  return FALSE;
}

static gboolean
deliver_elsewhere (Account *account, const Account *target, const char *mailbox, GError **error)
{
  if (!check_target (account, target, mailbox, error))
    return FALSE;
  account->deliver_account = g_strdup (target->name);
  account->maildir = g_strdup (target->maildir);
  account->layout = target->layout;
  account->info_separator = target->info_separator;
  return TRUE;
}

static gboolean
resolve (GPtrArray *accounts, Account *account, GError **error)
{
  g_autofree char *written = g_strdup (account->deliver_to != NULL ? account->deliver_to : "INBOX");
  const char *slash = strchr (written, '/');
  const Account *target = slash != NULL ? find_account (accounts, written, (gsize)(slash - written)) : NULL;

  replace_mailbox (account, target != NULL ? slash + 1 : written);
  return target == NULL || target == account
             ? check_own_maildir (account, error)
             : deliver_elsewhere (account, target, account->deliver_to, error);
}

gboolean
config_pop3_resolve (GPtrArray *accounts, GError **error)
{
  for (guint i = 0; i < accounts->len; i++)
    {
      Account *account = g_ptr_array_index (accounts, i);

      if (account->protocol == ACCOUNT_PROTOCOL_POP3 && !resolve (accounts, account, error))
        {
          g_prefix_error (error, "[account %s]: ", account->name);
          return FALSE;
        }
    }
  return TRUE;
}
