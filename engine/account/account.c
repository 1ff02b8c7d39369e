#include "account.h"

#include <string.h>

void
account_free (Account *account)
{
  if (account == NULL)
    return;
  g_free (account->name);
  g_free (account->host);
  g_free (account->tls_ca_file);
  g_free (account->tls_pin);
  g_free (account->user);
  g_free (account->password_command);
  g_free (account->token_command);
  g_free (account->maildir);
  g_strfreev (account->mailboxes);
  g_free (account->deliver_to);
  g_free (account->deliver_account);
  g_free (account->state_dir);
  g_free (account);
}

/* Where the part of `mailbox` ends that has no case: the name INBOX and nothing else (RFC 9051 section 5.1).
 */
static const char *
caseless_end (const char *mailbox)
{
  gboolean is_inbox = g_ascii_strncasecmp (mailbox, "INBOX", 5) == 0;

  return is_inbox && (mailbox[5] == '\0' || mailbox[5] == '/') ? mailbox + 5 : mailbox;
}

/* Only the latest wildcard of each kind need be tried again: what an earlier one could take instead, the
 * later one can take as well. So the work is bounded by a polynomial, whatever the pattern. */
static gboolean
pattern_matches (const char *pattern, const char *mailbox)
{
  const char *caseless = caseless_end (mailbox);
  const char *star = NULL, *star_text = NULL;
  const char *percent = NULL, *percent_text = NULL;

  while (*mailbox != '\0' || *pattern != '\0')
    {
      if (*pattern == '*')
        {
          star = ++pattern;
          star_text = mailbox;
          percent = NULL;
        }
      else if (*pattern == '%')
        {
          percent = ++pattern;
          percent_text = mailbox;
        }
      else if (*mailbox != '\0' &&
               (*pattern == *mailbox ||
                (mailbox < caseless && g_ascii_toupper (*pattern) == g_ascii_toupper (*mailbox))))
        {
          pattern++;
          mailbox++;
        }
      else if (percent != NULL && *percent_text != '\0' && *percent_text != '/')
        {
          pattern = percent;
          mailbox = ++percent_text;
        }
      else if (star != NULL && *star_text != '\0')
        {
          pattern = star;
          mailbox = ++star_text;
          percent = NULL;
        }
      else
        return FALSE;
    }
  return TRUE;
}

gboolean
account_pattern_matches (const char *pattern, const char *mailbox)
{
  return pattern_matches (*pattern == '!' ? pattern + 1 : pattern, mailbox);
}

gboolean
account_wants_mailbox (const Account *account, const char *mailbox)
{
  gboolean wanted = FALSE;

  for (char **pattern = account->mailboxes; *pattern != NULL; pattern++)
    if (account_pattern_matches (*pattern, mailbox))
      wanted = **pattern != '!';
  return wanted;
}
