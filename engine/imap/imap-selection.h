/* The selected mailbox as the server tells it: what SELECT said, then EXISTS, EXPUNGE and VANISHED counted.
 *
 * While SELECT is under way (not open yet) the last word wins, and CLOSED separates the old mailbox's data
 * from the new one's (RFC 9051 section 7.1). Once open, the number of messages may only grow by EXISTS and
 * shrink by EXPUNGE and VANISHED; a server that lets it shrink otherwise, or changes the UIDVALIDITY, has
 * broken the protocol. UIDNEXT and HIGHESTMODSEQ stay as SELECT said them: later ones would vouch for what
 * was never listed.
 */
#pragma once

#include "imap-session.h"

typedef struct _ImapSelection ImapSelection;

ImapSelection *imap_selection_new (const char *wire_name, gboolean examine);
void imap_selection_free (ImapSelection *selection);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ImapSelection, imap_selection_free)

/* Valid as long as the selection; its values follow imap_selection_take. */
const ImapSelected *imap_selection_get (const ImapSelection *selection);

/* Any response but the tagged OK of SELECT; what does not concern a mailbox is passed over. FALSE: the
 * protocol is broken. */
gboolean imap_selection_take (ImapSelection *selection, ImapResponse *response, GError **error);

/* The tagged OK of SELECT. */
void imap_selection_open (ImapSelection *selection, ImapResponse *response);

gboolean imap_selection_examines (const ImapSelection *selection);
/* The mailbox is to be selected once more; what imap_selection_get gave stays valid. Behind it, UIDNEXT and
 * HIGHESTMODSEQ are again those of the first time, and what was listed counts as changed. FALSE: another
 * UIDVALIDITY.
 */
void imap_selection_begin_again (ImapSelection *selection);
gboolean imap_selection_end_again (ImapSelection *selection, const ImapSelected *before);

/* TRUE when an EXISTS came: without one the mailbox must not be believed to be empty. */
gboolean imap_selection_is_counted (const ImapSelection *selection);
