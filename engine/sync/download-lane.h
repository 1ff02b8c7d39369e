/* One connection that fetches bodies of the selected mailbox: it takes from a source that it may share with
 * other lanes, all of one thread, and gives what came to the same arrivals. */
#pragma once

#include "download-source.h"

#define BODY_ITEMS "(UID FLAGS INTERNALDATE BODY.PEEK[])"

typedef struct _DownloadLane DownloadLane;

/* (transfer full). `session` has the mailbox selected, under the UIDVALIDITY of the observation, and must
 * live longer. */
DownloadLane *download_lane_new (ImapSession *session, DownloadSource *source);
/* What is under way is read and dropped by the session. */
void download_lane_free (DownloadLane *lane);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DownloadLane, download_lane_free)

ImapBatch *download_lane_get_batch (DownloadLane *lane);
ImapSession *download_lane_get_session (DownloadLane *lane);

/* FALSE when enough is under way. */
gboolean download_lane_has_room (DownloadLane *lane);
/* Asks for the next messages, of about so many octets. FALSE: there are none. */
gboolean download_lane_fetch (DownloadLane *lane, guint64 octets);
/* Asks for one message alone. */
void download_lane_ask (DownloadLane *lane, guint32 uid);

/* FALSE when the session failed, or something here. *is_ours (nullable): the latter, a full disk, say. */
gboolean download_lane_check (DownloadLane *lane, gboolean *is_ours, GError **error);
