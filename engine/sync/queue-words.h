/* The queue in words, for `status`. */
#pragma once

#include "../journal/journal-queue.h"

/* "upload" and the like: what stays the same, for programs. */
const char *queue_kind_word (JournalOperationKind kind);
/* (transfer full): what `count` operations of a kind are, "3 messages to upload". */
char *words_queued (JournalOperationKind kind, guint count);
/* (transfer full): "move of “tea” to Work"; `mailboxes` (element-type JournalMailbox): all of the account. */
char *words_operation (const JournalOperation *operation, const GPtrArray *mailboxes);
