/* Changes to one side of a case, as a table writes them: a verb, a mailbox, then what the verb needs. In a
 * mailbox's name "_" stands for a space.
 *
 * On the server:
 *   add MAILBOX CONTENT [FLAG...]
 *   flags MAILBOX CONTENT +FLAGS (...)     as UID STORE has it
 *   expunge MAILBOX CONTENT                the first one of that content
 *   move MAILBOX CONTENT MAILBOX
 *   copy MAILBOX CONTENT MAILBOX
 *   create MAILBOX
 *   delete-mailbox MAILBOX
 *   rename-mailbox MAILBOX NEW-NAME
 *   renew MAILBOX                          the same messages under another UIDVALIDITY, with other UIDs
 * In the Maildir:
 *   add MAILBOX CONTENT [LETTERS]          delivered: without letters into new/
 *   letters MAILBOX CONTENT [LETTERS]      exactly these capitals; keyword letters stay
 *   keywords MAILBOX CONTENT [NAME...]     exactly these, with letters in dovecot-keywords
 *   unlink MAILBOX CONTENT
 *   edit MAILBOX CONTENT NEW-CONTENT       written in place
 *   replace MAILBOX CONTENT NEW-CONTENT    another file takes the name
 *   rename MAILBOX CONTENT                 another base name, as some clients do at every flag
 *   move MAILBOX CONTENT MAILBOX           the same name
 *   save MAILBOX CONTENT MAILBOX           as mutt does: a new file with a name and a date of its own, then unlink
 *   copy MAILBOX CONTENT MAILBOX           the same without the unlink, and with the same date
 *   reletter MAILBOX [NAME...]             dovecot-keywords has these, from a on; without: it is gone. No file
 *                                          gets another name
 *   cp MAILBOX CONTENT MAILBOX             the same name, and the date of now
 *   create MAILBOX
 *   delete-mailbox MAILBOX                 with its messages; what lies below stays
 *   remove-directory MAILBOX               rm -rf
 *   rename-mailbox MAILBOX NEW-NAME        with what lies below
 *
 * CONTENT is a name of sync-content.h. A change that can't be made ends the test program.
 */
#pragma once

#include "sync-case.h"

void sync_change_one_remote (SyncCase *sync, const char *change);
void sync_change_one_local (SyncCase *sync, const char *change);
/* Lists of them, NULL-terminated. */
void sync_change_remote (SyncCase *sync, const char *const *changes);
void sync_change_local (SyncCase *sync, const char *const *changes);
