#include "report.h"

static void
send_event (Report *report, EngineEvent *event)
{
  event->account = report->account;
  event->messages_done = report->messages_done;
  event->messages_total = report->messages_total;
  event->octets_done = report->octets_done;
  event->octets_total = report->octets_total;
  report->func (event, report->user_data);
}

gboolean
report_wants (const Report *self, EngineEventType type)
{
  return engine_detail_has (self->detail, type);
}

static void
send_line (Report *report, EngineEventType type, const char *mailbox, const char *name,
           const EngineField *fields, guint n_fields, const char *format, va_list args)
{
  g_autofree char *text = NULL;
  EngineEvent event = {
    .type = type, .mailbox = mailbox, .name = name, .fields = fields, .n_fields = n_fields
  };

  if (!report_wants (report, type))
    return;
  event.text = text = g_strdup_vprintf (format, args);
  send_event (report, &event);
}

void
report (Report *self, EngineEventType type, const char *mailbox, const char *name, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  send_line (self, type, mailbox, name, NULL, 0, format, args);
  va_end (args);
}

void
report_plan (Report *self, const char *mailbox, const char *format, ...)
{
  va_list args;

  self->planned++;
  va_start (args, format);
  send_line (self, ENGINE_EVENT_RESULT, mailbox, "plan", NULL, 0, format, args);
  va_end (args);
}

/* TRUE the first time. */
static gboolean
is_news (Report *self, const char *mailbox, const char *name, const char *text)
{
  g_autofree char *line = g_strdup_printf ("%s%s%s", mailbox ? mailbox : "", mailbox ? ": " : "", text);

  return self->told == NULL || g_hash_table_insert (self->told, g_steal_pointer (&line), (gpointer)name);
}

void
report_left (Report *self, const char *mailbox, const char *name, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  if (!is_news (self, mailbox, name, text))
    return;
  self->left++;
  report (self, ENGINE_EVENT_WARNING, mailbox, name, "%s", text);
}

void
report_fields (Report *self, EngineEventType type, const char *mailbox, const char *name,
               const EngineField *fields, guint n_fields, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  send_line (self, type, mailbox, name, fields, n_fields, format, args);
  va_end (args);
}

void
report_log (const char *line, gpointer self)
{
  report (self, ENGINE_EVENT_DEBUG, NULL, "log", "%s", line);
}

void
report_expect (Report *self, guint64 messages, guint64 octets)
{
  self->messages_total += messages;
  self->octets_total += octets;
}

void
report_progress (Report *self, const char *mailbox, guint64 messages, guint64 octets)
{
  EngineEvent event = { .type = ENGINE_EVENT_PROGRESS, .mailbox = mailbox, .name = "progress", .text = "" };

  self->messages_done += messages;
  self->octets_done += octets;
  send_event (self, &event);
}
