/* What changed on a server that keeps HIGHESTMODSEQ (RFC 7162): only that is asked for, and only the rows of
 * the base that it concerns are loaded. */
#pragma once

#include "account-sync.h"
#include "../journal/journal-prints.h"

/* TRUE where asking for changes is enough for this observation: they are vouched for (quiet.h), and nothing
 * else needs the whole base or the whole listing. */
gboolean mailbox_sync_may_ask_for_changes (const MailboxSync *mailbox, const ImapSelected *selected);

/* Before SELECT: TRUE where that is to be expected. What mailbox_sync_fetch_changes will then ask, with a
 * search for what is left where STATUS counted fewer, is sent ahead (imap_session_foretell_select). FALSE:
 * not all. */
gboolean mailbox_sync_may_foretell_changes (const MailboxSync *mailbox);
gboolean mailbox_sync_foretell_changes (MailboxSync *mailbox, const JournalBaseCount *count);

/* Fills mailbox->remote with new messages and those of other flags than the base's, mailbox->gone with what
 * is not there any more, and loads their rows. *complete FALSE: the numbers don't agree, or the server
 * refused; nothing is filled, and a listing has to tell. */
gboolean mailbox_sync_fetch_changes (MailboxSync *mailbox, gboolean *complete, GError **error);

/* After a complete look: what the next round of this run begins with. */
void mailbox_sync_keep_changes (MailboxSync *mailbox, const ImapSelected *selected);
