/* A small IMAP server that works, and that misbehaves where a test tells it to.
 *
 * It keeps its mail in memory (model-store.h), speaks in clear on a free port of 127.0.0.1 and takes "alice"
 * with "secret". A fault names the commands it strikes by a glob over their text without the tag, e.g.
 * "UID FETCH * (UID FLAGS)"; a literal in it reads "{LENGTH}" or "{LENGTH+}". The greeting is the command
 * "GREETING". What is said while a mailbox is open by EXAMINE begins with "(EXAMINE) " for globs that do.
 *
 * Whatever it is told to do, it watches the client (contract C8): a command that changes or removes anything
 * before SELECT's tagged OK, under another UIDVALIDITY than the mailbox was last listed with, or after
 * EXAMINE, is a breach. So is a command that is out of grammar, and a non-synchronizing literal that was not
 * offered.
 */
#pragma once

#include "model-store.h"

typedef enum
{
  MODEL_FAULTS_END,
  MODEL_REFUSE,       /* not carried out; `text` is the tagged answer: "NO [OVERQUOTA] full" */
  MODEL_REFUSE_EARLY, /* the same, before a synchronizing literal was sent */
  MODEL_LIE,          /* carried out; `text` is the tagged answer */
  MODEL_PREPEND,      /* `text` comes before the untagged data */
  MODEL_REPLACE,      /* `text` comes instead of the untagged data */
  MODEL_BEFORE,       /* `call` before it is carried out: another client acts */
  MODEL_EDIT,         /* `call` with the answer that would be sent */
  MODEL_CUT,          /* not carried out, the connection ends */
  MODEL_CUT_LITERAL,  /* the connection ends in the middle of a literal that comes */
  MODEL_CUT_AFTER,    /* carried out, the connection ends without an answer */
  MODEL_CUT_INSIDE,   /* carried out, the connection ends in the middle of the answer */
  MODEL_BYE,          /* not carried out; "* BYE `text`" and the end */
  MODEL_DELAY,        /* answered later: `milliseconds`, 0: 15, as by a server that is far away */
  MODEL_STALL,        /* not carried out, nothing comes any more */
  MODEL_STALL_INSIDE, /* carried out, nothing comes after half of the answer */
} ModelFaultKind;

typedef struct _ModelServer ModelServer;

/* One command on its way through. */
typedef struct
{
  ModelServer *server;
  ModelStore *store;
  ModelMailbox *selected; /* (nullable) */
  const char *command;
  GString *untagged; /* of the answer */
  GString *tagged;   /* "OK done", without tag and line end */
} ModelTurn;

typedef void (*ModelFaultFunc) (ModelTurn *turn);

typedef struct
{
  ModelFaultKind kind;
  const char *command;
  const char *text;
  guint nth; /* strikes only the nth command that matches; 0: each */
  ModelFaultFunc call;
  guint milliseconds;
} ModelFault;

/* `capabilities` without IMAP4rev1; NULL: what a good server offers. */
ModelServer *model_server_new (const char *capabilities);
void model_server_free (ModelServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ModelServer, model_server_free)

guint16 model_server_get_port (ModelServer *server);
/* Waits until what the client left behind is worked off: its connections have ended. */
void model_server_settle (ModelServer *server);
/* For use between the connections, and in faults. */
ModelStore *model_server_get_store (ModelServer *server);

/* Ends with MODEL_FAULTS_END and is not copied; NULL: honest from now on. Counts begin anew. */
void model_server_set_faults (ModelServer *server, const ModelFault *faults);

/* Order of FETCH: flags, size and UID behind the body. */
void model_server_set_body_first (ModelServer *server, gboolean body_first);
/* STORE is answered without FETCH. */
void model_server_set_silent_store (ModelServer *server, gboolean silent);

/* Since the last call of model_server_clear_log: how many commands match one of the globs, separated by
 * ";". */
guint model_server_count (ModelServer *server, const char *globs);
void model_server_clear_log (ModelServer *server);
/* (transfer full) one command a line. */
char *model_server_get_log (ModelServer *server);

/* (nullable) what the client must never do. */
const char *model_server_get_breach (ModelServer *server);

/* What takes messages away, and what changes anything. */
#define MODEL_REMOVES "EXPUNGE;UID EXPUNGE *;UID MOVE *;CLOSE;DELETE *;UID STORE *+FLAGS*\\Deleted*"
#define MODEL_CHANGES MODEL_REMOVES ";UID STORE *;UID COPY *;APPEND *;CREATE *;RENAME *"
