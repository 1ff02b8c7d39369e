/* The last guard before a terminal (contract C8): whatever comes, one line without control characters. Pure.
 */
#pragma once

#include <glib.h>

/* (transfer full): C0, DEL, C1, bidirectional controls, line separators and what is no UTF-8 as U+FFFD. */
char *safe_text (const char *text);

/* (transfer full): "ACCOUNT/MAILBOX", "ACCOUNT", or "dovetail" where there is no account (both nullable). */
char *safe_label (const char *account, const char *mailbox);
