/* What the configuration says of POP3 accounts: where their mail goes, and how long it stays on the server
 * (contract C7).
 *
 * deliver-to names a mailbox of the account's own Maildir, or as ACCOUNT/MAILBOX one of another account; then
 * that account's Maildir is this one's too, and maildir is left out.
 */
#pragma once

#include "account.h"

/* For the table of keys. */
gboolean config_pop3_set_deliver_to (Account *account, const char *value, GError **error);
gboolean config_pop3_set_leave_on_server (Account *account, const char *value, GError **error);

/* Refuses keys (NULL-terminated) that mean nothing for the account's protocol. */
gboolean config_pop3_check_keys (const Account *account, char **keys, GError **error);

/* When all `accounts` (element-type Account) were read: finds the Maildir of each POP3 account. */
gboolean config_pop3_resolve (GPtrArray *accounts, GError **error);
