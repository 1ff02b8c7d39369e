/* What a mailbox is called: by the server, by us, by its directory. */
#pragma once

#include "../imap/imap-session.h"
#include "../maildir/maildir.h"

/* The name here of a listed mailbox: without the namespace prefix, "/" between levels. (transfer full)
 * (nullable): NULL when it can't be written so. */
char *mailbox_name_from_item (ImapSession *session, const ImapListItem *item);

/* TRUE when the mailbox is there and can be selected. */
gboolean mailbox_item_is_selectable (const ImapListItem *item);

/* (nullable): "\\Trash" and the like (RFC 6154). */
const char *mailbox_item_special_use (const ImapListItem *item);

/* A name here as the server would spell it. (transfer full) (nullable): NULL when the server can't have it.
 */
char *mailbox_name_to_wire (ImapSession *session, const char *name);

/* Other programs (mbsync, OfflineIMAP, Dovecot) name directories in modified UTF-7, as on the wire. What such
 * a name says: (transfer full) (nullable), NULL for any other. */
char *mailbox_directory_decode (const char *directory);

/* What a directory's mailbox is called: by the rules, by the file in a hashed one, or as a person or another
 * program meant it.
 * (transfer full) (nullable) */
char *mailbox_name_of_directory (Maildir *maildir, AccountLayout layout, const char *directory);
