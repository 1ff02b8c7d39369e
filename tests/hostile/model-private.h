/* One connection of the model server, between the file that reads and answers (model-server.c) and those that
 * carry commands out. */
#pragma once

#include "model-server.h"

typedef struct
{
  ModelServer *server;
  ModelStore *store;
  ModelMailbox *selected; /* (nullable) */
  GArray *view;           /* of guint32: UIDs in the order of the sequence numbers told */
  gboolean examine;
  gboolean opened; /* SELECT's tagged OK was sent */
  guint32 told;    /* the UIDVALIDITY that SELECT really told; 0: none */
  gboolean authenticated;
  gboolean refused; /* the last login was */
  gboolean deflates;
  gboolean tells_vanished; /* QRESYNC is enabled */
  gboolean ended;          /* LOGOUT */
} ModelSession;

/* The answer behind which both sides deflate. */
#define MODEL_DEFLATES "OK deflated from now on"

/* A command without its tag: words, quoted strings unquoted, literals in their place; a parenthesized list or
 * what stands in brackets is one word with its parentheses. */
typedef struct
{
  GPtrArray *words; /* of GBytes, NUL-terminated */
} ModelCommand;

const char *model_command_word (const ModelCommand *command, guint index); /* "" behind the last */
GBytes *model_command_bytes (const ModelCommand *command, guint index);

gboolean model_server_offers (ModelServer *server, const char *capability);
const char *model_server_get_capabilities (ModelServer *server);
gboolean model_server_is_body_first (ModelServer *server);
gboolean model_server_is_store_silent (ModelServer *server);
void model_server_breach (ModelServer *server, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Fills `untagged` and `tagged`. */
void model_carry_out (ModelSession *session, const ModelCommand *command, GString *untagged, GString *tagged);
/* EXPUNGE and EXISTS of what changed since the last look. */
void model_tell_changes (ModelSession *session, GString *untagged);

/* model-fetch.c and model-change.c; the first two words are "UID" and the name, but for APPEND. */
void model_fetch (ModelSession *session, const ModelCommand *command, GString *untagged, GString *tagged);
void model_search (ModelSession *session, const ModelCommand *command, GString *untagged, GString *tagged);
void model_store (ModelSession *session, const ModelCommand *command, GString *untagged, GString *tagged);
void model_append (ModelSession *session, const ModelCommand *command, GString *untagged, GString *tagged);
void model_copy (ModelSession *session, const ModelCommand *command, gboolean move, GString *untagged,
                 GString *tagged);
void model_expunge (ModelSession *session, const char *set, GString *untagged, GString *tagged);

/* TRUE when the set ("1:3,7:*") names the UID; `highest` is the mailbox's. */
gboolean model_set_has (const char *set, guint32 uid, guint32 highest);
guint32 model_session_highest (const ModelSession *session);
