#include "json.h"

static const char *
type_word (EngineEventType type)
{
  switch (type)
    {
    case ENGINE_EVENT_INFO:
      return "info";
    case ENGINE_EVENT_DEBUG:
      return "debug";
    case ENGINE_EVENT_RESULT:
      return "result";
    case ENGINE_EVENT_WARNING:
      return "warning";
    case ENGINE_EVENT_ERROR:
      return "error";
    case ENGINE_EVENT_PROGRESS:
      return "progress";
    case ENGINE_EVENT_DONE:
      return "done";
    }
  g_assert_not_reached ();
}

/* What is no UTF-8 becomes U+FFFD: JSON has no other way. */
static void
append_string (GString *json, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  g_string_append_c (json, '"');
  for (const char *c = valid; *c != '\0'; c++)
    if (*c == '"' || *c == '\\')
      g_string_append_printf (json, "\\%c", *c);
    else if ((guchar)*c < 0x20 || *c == 0x7f)
      g_string_append_printf (json, "\\u%04x", (guchar)*c);
    else
      g_string_append_c (json, *c);
  g_string_append_c (json, '"');
}

static void
append_member (GString *json, const char *key, const char *string)
{
  append_string (json, key);
  g_string_append_c (json, ':');
  if (string != NULL)
    append_string (json, string);
  else
    g_string_append (json, "null");
}

static void
append_number (GString *json, const char *key, gint64 number)
{
  append_string (json, key);
  g_string_append_printf (json, ":%" G_GINT64_FORMAT, number);
}

static void
append_fields (GString *json, const EngineEvent *event)
{
  g_string_append (json, ",\"fields\":{");
  for (guint i = 0; i < event->n_fields; i++)
    {
      const EngineField *field = &event->fields[i];

      if (i > 0)
        g_string_append_c (json, ',');
      if (field->string != NULL)
        append_member (json, field->key, field->string);
      else
        append_number (json, field->key, field->number);
    }
  g_string_append_c (json, '}');
}

static void
append_progress (GString *json, const EngineEvent *event)
{
  const struct
  {
    const char *key;
    guint64 value;
  } numbers[] = { { "messages_done", event->messages_done },
                  { "messages_total", event->messages_total },
                  { "octets_done", event->octets_done },
                  { "octets_total", event->octets_total } };

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_string_append_c (json, ',');
      append_number (json, numbers[i].key, (gint64)numbers[i].value);
    }
}

char *
json_from_event (const EngineEvent *event)
{
  g_autoptr (GString) json = g_string_new ("{");

  append_member (json, "type", type_word (event->type));
  g_string_append_c (json, ',');
  append_member (json, "account", event->account);
  g_string_append_c (json, ',');
  append_member (json, "mailbox", event->mailbox);
  g_string_append_c (json, ',');
  append_member (json, "name", event->name);
  g_string_append_c (json, ',');
  append_member (json, "text", event->text);
  append_fields (json, event);
  if (event->type == ENGINE_EVENT_PROGRESS)
    append_progress (json, event);
  if (event->type == ENGINE_EVENT_DONE)
    {
      g_string_append_c (json, ',');
      append_number (json, "status", event->outcome);
    }
  g_string_append_c (json, '}');
  return g_string_free (g_steal_pointer (&json), FALSE);
}
