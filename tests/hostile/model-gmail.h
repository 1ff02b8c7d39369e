/* Gmail's ways with a model store: one message, shown by the mailbox of each of its labels.
 *
 * What Google's help pages and the makers of other clients tell is kept so:
 *
 *   - A message has one X-GM-MSGID and is in [Gmail]/All Mail, unless it is in Trash or Spam: then there
 * only. A label is a mailbox with its own UIDs, and has a message once.
 *   - Flags are the message's, \Deleted is the mailbox's. \Flagged is being in [Gmail]/Starred, and \Draft
 * comes and goes with [Gmail]/Drafts.
 *   - COPY and MOVE to a label add it; where it has the message already, COPYUID names the UID it has. MOVE
 * also takes the label away that it came by. To Trash or Spam, both take the message out of everything else;
 * from there they bring it back.
 *   - EXPUNGE takes the label away, and in Trash and Spam the message. In All Mail it does nothing that
 * lasts.
 *   - APPEND of octets that All Mail has only adds the label, whatever date comes with it.
 *   - With `auto_expunge`, as Gmail is set unless somebody turns it off, setting \Deleted expunges at once.
 */
#pragma once

#include "model-store.h"

#define GMAIL_ALL "[Gmail]/All Mail"
#define GMAIL_DRAFTS "[Gmail]/Drafts"
#define GMAIL_IMPORTANT "[Gmail]/Important"
#define GMAIL_SENT "[Gmail]/Sent Mail"
#define GMAIL_SPAM "[Gmail]/Spam"
#define GMAIL_STARRED "[Gmail]/Starred"
#define GMAIL_TRASH "[Gmail]/Trash"

/* Gmail's own capabilities, as far as the model server has them. */
#define GMAIL_CAPABILITIES                                                                                   \
  "SASL-IR AUTH=PLAIN X-GM-EXT-1 UIDPLUS MOVE CONDSTORE ESEARCH NAMESPACE UNSELECT SPECIAL-USE LITERAL-"

/* INBOX and Gmail's own mailboxes; from now on the store keeps to the above. */
void model_gmail_set_up (ModelStore *store);

/* A new message with these labels, separated by ";", "" for none. Returns it as All Mail has it, or as the
 * only label Trash or Spam. (transfer none) */
ModelMessage *
model_gmail_add (ModelStore *store, const char *labels, GBytes *body, const char *flags, gint64 date);
/* As APPEND does. (transfer none): as `mailbox` has it. */
ModelMessage *
model_gmail_append (ModelStore *store, ModelMailbox *mailbox, GBytes *body, const char *flags, gint64 date);
/* As COPY does; `message` may be gone afterwards. (transfer none): as `mailbox` has it. */
ModelMessage *model_gmail_label (ModelStore *store, ModelMailbox *mailbox, const ModelMessage *message);
/* As EXPUNGE does; of a UID that is not there nothing. */
void model_gmail_unlabel (ModelStore *store, ModelMailbox *mailbox, guint32 uid);
/* What its flags are in `mailbox` they are everywhere. */
void model_gmail_spread_flags (ModelStore *store, ModelMailbox *mailbox, ModelMessage *message);

/* (nullable, transfer none) the message of this id as `mailbox` has it */
ModelMessage *model_gmail_find (ModelMailbox *mailbox, guint64 id);
/* (transfer full): X-GM-LABELS of the message but for this mailbox's, each quoted, a space between. */
char *model_gmail_labels (ModelStore *store, const ModelMailbox *mailbox, const ModelMessage *message);
