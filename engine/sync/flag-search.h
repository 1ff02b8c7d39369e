/* The flags of many messages as sets of UIDs, one UID SEARCH for each flag and keyword (RFC 4731): a tenth or
 * less of what UID FETCH (FLAGS) of all of them costs, where there is no HIGHESTMODSEQ to ask by.
 *
 * What it tells is no less than what FETCH tells:
 *
 * - A window of the base is searched flag by flag, and last for what is there at all. A message that the last
 *   search names was there during each one before; that a search does not name it is a word about the flag. A
 *   message that is expunged meanwhile is told of by EXPUNGE: EXISTS then differs, and the look is made
 * again.
 * - Each flag is seen at one moment, another flag perhaps at a later one. Since flags are merged each by
 * itself (contract C3), this makes up no change: what differs from the base differed when its flag was looked
 * for. What changes behind a search is there to be found by the next look.
 * - Which keywords there are, SELECT's FLAGS must say. A server need name none there (RFC 9051
 * section 7.3.1), so it is relied on only where PERMANENTFLAGS lets nobody make a new one, or where FLAGS
 * names all keywords of the base and one among them that no server would name unasked. Else flags are
 * fetched.
 * - Answers that do not fit each other or EXISTS, and refusals, are dropped, and flags are fetched.
 */
#pragma once

#include "account-sync.h"

typedef struct _FlagSearch FlagSearch;

/* *search (transfer full) (nullable): NULL where flags have to be fetched, or that costs less. */
gboolean
flag_search_new (MailboxSync *mailbox, const ImapSelected *selected, FlagSearch **search, GError **error);
void flag_search_free (FlagSearch *search);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FlagSearch, flag_search_free)

/* Before SELECT: TRUE where it may be made. */
gboolean flag_search_is_possible (const MailboxSync *mailbox, guint messages);

/* Windows are asked for one after the other, and taken in the same order; so many may be under way. */
#define FLAG_SEARCH_WINDOWS 4
void flag_search_send (FlagSearch *search, ImapBatch *batch, guint32 first, guint32 last);
/* Waits for the next window's answers and adds its messages to mailbox->remote. *fits FALSE: nothing was
 * added. */
gboolean flag_search_take (FlagSearch *search, ImapBatch *batch, gboolean *fits, GError **error);
