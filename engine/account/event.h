/* What happens to an account, told as events: by the flows below, through the engine, to whoever shows it. */
#pragma once

#include <glib.h>

/* How a run ended, worst last account by account; the values are the exit statuses of contract C9. */
typedef enum
{
  ENGINE_OUTCOME_EQUAL = 0,
  ENGINE_OUTCOME_LEFT = 1,
  ENGINE_OUTCOME_REFUSED = 69,
  ENGINE_OUTCOME_OFFLINE = 75,
  ENGINE_OUTCOME_AUTHENTICATION = 77,
  ENGINE_OUTCOME_CONFIG = 78,
} EngineOutcome;

typedef enum
{
  ENGINE_EVENT_INFO,     /* something a person may like to know: with -v */
  ENGINE_EVENT_DEBUG,    /* one line of the log: with -v -v */
  ENGINE_EVENT_RESULT,   /* what the command was run for: to stdout */
  ENGINE_EVENT_WARNING,  /* something was left or is odd: to stderr */
  ENGINE_EVENT_ERROR,    /* the account stops: to stderr */
  ENGINE_EVENT_PROGRESS, /* messages and octets so far */
  ENGINE_EVENT_DONE,     /* the account is finished: outcome */
} EngineEventType;

/* What is told beside results, warnings, errors and progress. */
typedef enum
{
  ENGINE_DETAIL_ALL,
  ENGINE_DETAIL_EVENTS,  /* no DEBUG */
  ENGINE_DETAIL_RESULTS, /* neither DEBUG nor INFO */
} EngineDetail;

/* FALSE: an event of this type need not even be made up. */
gboolean engine_detail_has (EngineDetail detail, EngineEventType type);

/* One machine-readable field of an event, for --json. */
typedef struct
{
  const char *key;
  const char *string; /* (nullable): then `number` */
  gint64 number;
} EngineField;

typedef struct
{
  EngineEventType type;
  const char *account; /* (nullable) only for events of no account */
  const char *mailbox; /* (nullable) */
  const char *name;    /* stable word for machines: "downloaded", "held", "refused", "plan", "status" ... */
  const char *text; /* one line for a person, without account and mailbox before it; safe for a terminal; ""
                       for PROGRESS */
  const EngineField *fields; /* (nullable) */
  guint n_fields;
  guint64 messages_done, messages_total; /* PROGRESS */
  guint64 octets_done, octets_total;     /* PROGRESS */
  EngineOutcome outcome;                 /* DONE */
} EngineEvent;

/* Runs on the caller's context. The event and all it points to are valid during the call only. */
typedef void (*EngineEventFunc) (const EngineEvent *event, gpointer user_data);
