/* Which messages of the attic a request means (contract C3.6): by date, mailbox or subject. */
#pragma once

#include "../journal/journal-deletions.h"
#include "job.h"
#include "report.h"

typedef struct
{
  gint64 id;
  char *mailbox;
  char *file;
  char *subject;
  gint64 internal_date;
  gint64 removed;
  guint64 size;
  guint8 system;
  char *keywords;
} AtticMessage;

/* (transfer full) (element-type AtticMessage), newest removal first. A mailbox asked for that neither attic
 * nor journal know is reported as left. */
GPtrArray *attic_select (const Job *job, Report *report, Journal *journal, GError **error);

/* One result line: `prefix`, the Subject, and when it was removed. */
void attic_message_report (const AtticMessage *message, Report *report, const char *name, const char *prefix);
