/* How a flow tells what happens: one event at a time, to one function. Counts what must be named at the end.
 */
#pragma once

#include "../account/event.h"

typedef struct
{
  const char *account;
  EngineEventFunc func;
  gpointer user_data;
  EngineDetail detail; /* what is not asked for is not made up */
  GHashTable *told;    /* (nullable) what report_left told so far, each once a run: "MAILBOX: TEXT" -> the
                          event's name */
  guint planned;       /* lines of what a dry run would do */
  guint left;          /* warnings about something that was not brought over: exit status 1 */
  guint64 messages_done, messages_total;
  guint64 octets_done, octets_total;
} Report;

/* FALSE: nobody listens to events of this type. */
gboolean report_wants (const Report *report, EngineEventType type);

/* One line; `mailbox` (nullable). ENGINE_EVENT_WARNING does not count as left: report_left does both. */
void report (Report *report, EngineEventType type, const char *mailbox, const char *name, const char *format,
             ...) G_GNUC_PRINTF (5, 6);
/* What a dry run would do. */
void report_plan (Report *report, const char *mailbox, const char *format, ...) G_GNUC_PRINTF (3, 4);
void report_left (Report *report, const char *mailbox, const char *name, const char *format, ...)
    G_GNUC_PRINTF (4, 5);
void report_fields (Report *report, EngineEventType type, const char *mailbox, const char *name,
                    const EngineField *fields, guint n_fields, const char *format, ...) G_GNUC_PRINTF (7, 8);

/* One line of the session's log, as ENGINE_EVENT_DEBUG; `report` is a Report. */
void report_log (const char *line, gpointer report);

/* Progress: what lies ahead, and what was done. Octets may be 0 where they are of no interest. */
void report_expect (Report *report, guint64 messages, guint64 octets);
void report_progress (Report *report, const char *mailbox, guint64 messages, guint64 octets);
