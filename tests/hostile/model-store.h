/* What a model server holds: mailboxes with messages, as a mail server that works would keep them. */
#pragma once

#include <glib.h>

typedef struct
{
  guint32 uid;
  gint64 date;  /* INTERNALDATE, seconds since the epoch */
  char *flags;  /* "\\Seen $Work", in the order in which they were set */
  GBytes *body; /* with CRLF */
  guint64 modseq;
  guint64 id; /* X-GM-MSGID; 0: of a server that is not Gmail (model-gmail.h) */
} ModelMessage;

typedef struct
{
  char *name;       /* as on the wire */
  char *attributes; /* of LIST: "\\Trash", "" */
  guint32 uidvalidity, uidnext;
  guint64 highestmodseq;
  GPtrArray *messages;         /* of ModelMessage, by UID */
  GHashTable *by_id;           /* id -> ModelMessage, of those that have one */
  const char *permanent_flags; /* (nullable) what is announced; NULL: all system flags and \* */
  const char *kept_flags;      /* (nullable) what is really kept; NULL: as announced */
  gboolean read_only;
  guint32 listed; /* the UIDVALIDITY under which the client last listed it; 0: never */
} ModelMailbox;

typedef struct
{
  GPtrArray *mailboxes; /* of ModelMailbox, in the order of LIST */
  gboolean is_gmail;    /* model-gmail.h */
  gboolean auto_expunge;
  guint64 n_ids; /* X-GM-MSGIDs given out */
  guint bodies;  /* whole messages that FETCH sent */
  gpointer user_data; /* (nullable) of the test, for its faults */
} ModelStore;

ModelStore *model_store_new (void);
void model_store_free (ModelStore *store);

/* An existing one is returned as it is. (transfer none) */
ModelMailbox *model_store_add_mailbox (ModelStore *store, const char *name, const char *attributes);
/* (nullable, transfer none) */
ModelMailbox *model_store_find (ModelStore *store, const char *name);

/* `body` (transfer none). Flags that the mailbox does not keep are dropped. (transfer none) */
ModelMessage *model_mailbox_add (ModelMailbox *mailbox, GBytes *body, const char *flags, gint64 date);
ModelMessage *model_mailbox_find (ModelMailbox *mailbox, guint32 uid);
void model_mailbox_remove (ModelMailbox *mailbox, guint32 uid);
void model_mailbox_identify (ModelMailbox *mailbox, ModelMessage *message, guint64 id);

/* '+', '-' or '=': what the mailbox keeps of it. */
void model_message_change_flags (ModelMailbox *mailbox, ModelMessage *message, char mode, const char *flags);
gboolean model_flags_have (const char *flags, const char *flag);
/* What PERMANENTFLAGS announces, without parentheses. */
const char *model_mailbox_permanent_flags (const ModelMailbox *mailbox);
