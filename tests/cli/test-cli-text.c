/* What the command line makes of events and dates, without a terminal and without an engine. */
#include "../../cli/json.h"
#include "../../cli/progress-line.h"
#include "../../cli/safe.h"
#include "../../cli/when.h"
#include "json-check.h"

#include <string.h>

static const struct
{
  const char *description;
  const char *text;
  gboolean is_object;
} json_rows[] = {
  { "empty", "{}", TRUE },
  { "nested", "{\"a\":{\"b\":[1,-2.5e3,null,true]}}", TRUE },
  { "trailing comma", "{\"a\":1,}", FALSE },
  { "raw control character", "{\"a\":\"\t\"}", FALSE },
  { "unknown escape", "{\"a\":\"\\x41\"}", FALSE },
  { "leading zero", "{\"a\":01}", FALSE },
  { "text behind", "{} {}", FALSE },
  { "no object", "[]", FALSE },
};

static void
test_json_check (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (json_rows); i++)
    {
      g_test_message ("%s", json_rows[i].description);
      g_assert_cmpint (json_is_object (json_rows[i].text), ==, json_rows[i].is_object);
    }
}

static const struct
{
  const char *description;
  EngineEvent event;
  const char *json;
} event_rows[] = {
  { "no account, no mailbox",
    { .type = ENGINE_EVENT_ERROR, .name = "usage", .text = "what?" },
    "{\"type\":\"error\",\"account\":null,\"mailbox\":null,\"name\":\"usage\",\"text\":\"what?\",\"fields\":{"
    "}}" },
  { "everything that has to be escaped",
    { .type = ENGINE_EVENT_RESULT,
      .account = "work",
      .mailbox = "a\"b\\c",
      .name = "x",
      .text = "\n\t\x01\x7f" },
    "{\"type\":\"result\",\"account\":\"work\",\"mailbox\":\"a\\\"b\\\\c\",\"name\":\"x\","
    "\"text\":\"\\u000a\\u0009\\u0001\\u007f\",\"fields\":{}}" },
  { "no UTF-8",
    { .type = ENGINE_EVENT_INFO, .account = "work", .name = "x", .text = "a\xff" },
    "{\"type\":\"info\",\"account\":\"work\",\"mailbox\":null,\"name\":\"x\",\"text\":\"a\xef\xbf\xbd\","
    "\"fields\":{}}" },
  { "fields are typed",
    { .type = ENGINE_EVENT_WARNING,
      .account = "work",
      .name = "x",
      .text = "",
      .fields = (const EngineField[]){ { "subject", "„ü“", 0 }, { "uid", NULL, -7 } },
      .n_fields = 2 },
    "{\"type\":\"warning\",\"account\":\"work\",\"mailbox\":null,\"name\":\"x\",\"text\":\"\","
    "\"fields\":{\"subject\":\"„ü“\",\"uid\":-7}}" },
  { "progress",
    { .type = ENGINE_EVENT_PROGRESS,
      .account = "work",
      .name = "progress",
      .text = "",
      .messages_done = 1,
      .messages_total = 2,
      .octets_done = 3,
      .octets_total = 4 },
    "{\"type\":\"progress\",\"account\":\"work\",\"mailbox\":null,\"name\":\"progress\",\"text\":\"\","
    "\"fields\":{},"
    "\"messages_done\":1,\"messages_total\":2,\"octets_done\":3,\"octets_total\":4}" },
  { "the end",
    { .type = ENGINE_EVENT_DONE,
      .account = "work",
      .name = "done",
      .text = "",
      .outcome = ENGINE_OUTCOME_OFFLINE },
    "{\"type\":\"done\",\"account\":\"work\",\"mailbox\":null,\"name\":\"done\",\"text\":\"\",\"fields\":{},"
    "\"status\":75}" },
};

static void
test_json_event (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (event_rows); i++)
    {
      g_autofree char *json = json_from_event (&event_rows[i].event);

      g_test_message ("%s", event_rows[i].description);
      g_assert_cmpstr (json, ==, event_rows[i].json);
      g_assert_true (json_is_object (json));
    }
}

static const struct
{
  const char *text;
  const char *time; /* (nullable): an error */
} when_rows[] = {
  { "today", "2026-11-22T00:00:00+01" },
  { "Yesterday", "2026-11-21T00:00:00+01" },
  { "2 days", "2026-11-20T10:30:15+01" },
  { "2days ago", "2026-11-20T10:30:15+01" },
  { "1 hour", "2026-11-22T09:30:15+01" },
  { "90 minutes ago", "2026-11-22T09:00:15+01" },
  { "3 weeks", "2026-11-01T10:30:15+01" },
  { " 1 MONTH ", "2026-10-22T10:30:15+01" },
  { "2026-11-20", "2026-11-20T00:00:00+01" },
  { "2026-11-20 14:30", "2026-11-20T14:30:00+01" },
  { "2026-11-20T14:30:15", "2026-11-20T14:30:15+01" },
  { "2026-11-20T14:30:15Z", "2026-11-20T15:30:15+01" },
  { "", NULL },
  { "days", NULL },
  { "-2 days", NULL },
  { "2 fortnights", NULL },
  { "99999999999 days", NULL },
  { "2026-02-30", NULL },
  { "20.11.2026", NULL },
  { "\xff", NULL },
};

static void
test_when (void)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_identifier ("+01");
  g_autoptr (GDateTime) now = g_date_time_new (zone, 2026, 11, 22, 10, 30, 15);

  for (gsize i = 0; i < G_N_ELEMENTS (when_rows); i++)
    {
      g_autoptr (GError) error = NULL;
      gint64 seconds = 0;
      gboolean parsed = when_parse (when_rows[i].text, now, &seconds, &error);

      g_autofree char *description = g_strescape (when_rows[i].text, NULL);

      g_test_message ("“%s”", description);
      if (when_rows[i].time == NULL)
        {
          g_assert_false (parsed);
          g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
          continue;
        }
      g_autoptr (GDateTime) expected = g_date_time_new_from_iso8601 (when_rows[i].time, zone);

      g_assert_no_error (error);
      g_assert_cmpint (seconds, ==, g_date_time_to_unix (expected));
    }
}

static const struct
{
  const char *description;
  ProgressCount then, now; /* four seconds apart */
  guint columns;
  const char *line;
  const char *place; /* (nullable) */
} progress_rows[] = {
  { "messages and bytes",
    { 0, 3000, 0, 140 * 1000 * 1000 },
    { 120, 3000, 8 * 1000 * 1000, 140 * 1000 * 1000 },
    80,
    "work: 120/3000 messages, 8.0/140.0 MB, 2.0 MB/s, 1:06 left" },
  { "small",
    { 0, 10, 0, 9000 },
    { 4, 10, 3000, 9000 },
    80,
    "work: 4/10 messages, 3.0/9.0 kB, 0.8 kB/s, 0:08 left" },
  { "hours",
    { 0, 2, 0, 4000000000 },
    { 1, 2, 1000000, 4000000000 },
    80,
    "work: 1/2 messages, 0.0/4.0 GB, 250.0 kB/s, 4:26:36 left" },
  { "only messages", { 0, 100, 0, 0 }, { 50, 100, 0, 0 }, 80, "work: 50/100 messages, 0:04 left" },
  { "at the end", { 0, 100, 0, 0 }, { 100, 100, 0, 0 }, 80, "work: 100/100 messages" },
  { "nothing moved", { 5, 100, 0, 0 }, { 5, 100, 0, 0 }, 80, "work: 5/100 messages" },
  { "more than was expected", { 0, 1, 0, 0 }, { 9, 1, 0, 0 }, 80, "work: 9/1 messages" },
  { "a mailbox, whose own counts these are not",
    { 0, 100, 0, 0 },
    { 50, 100, 0, 0 },
    80,
    "work: 50/100 messages, 0:04 left, at INBOX",
    "INBOX" },
  { "a narrow terminal", { 0, 100, 0, 0 }, { 50, 100, 0, 0 }, 12, "work: 50/100" },
};

static void
test_progress (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (progress_rows); i++)
    {
      const gint64 begin = 100 * G_USEC_PER_SEC, later = 104 * G_USEC_PER_SEC;
      g_autofree char *line = NULL;
      ProgressRate rate = { 0 };

      g_test_message ("%s", progress_rows[i].description);
      progress_rate_update (&rate, &progress_rows[i].then, begin);
      progress_rate_update (&rate, &progress_rows[i].now, later);
      line = progress_line ("work", progress_rows[i].place, &progress_rows[i].now, &rate, later,
                            progress_rows[i].columns);
      g_assert_cmpstr (line, ==, progress_rows[i].line);
    }
}

static void
test_progress_is_cut_between_characters (void)
{
  const ProgressCount count = { 1, 2, 0, 0 };
  const ProgressRate rate = { 0 };
  g_autofree char *line = progress_line ("work/日本語", "INBOX", &count, &rate, 0, 8);

  g_assert_cmpstr (line, ==, "work/日");
}

static void
test_safe (void)
{
  g_autofree char *text = safe_text ("a\x1b[2J\n\xc2\x9b\u202e\xff"
                                     "Grüße");
  g_autofree char *nobody = safe_label (NULL, NULL);
  g_autofree char *mailbox = safe_label ("work", "a\rb");

  g_assert_cmpstr (text, ==, "a\ufffd[2J\ufffd\ufffd\ufffd\ufffdGrüße");
  g_assert_cmpstr (nobody, ==, "dovetail");
  g_assert_cmpstr (mailbox, ==,
                   "work/a\ufffd"
                   "b");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cli/json/check", test_json_check);
  g_test_add_func ("/cli/json/event", test_json_event);
  g_test_add_func ("/cli/when", test_when);
  g_test_add_func ("/cli/progress/line", test_progress);
  g_test_add_func ("/cli/progress/cut", test_progress_is_cut_between_characters);
  g_test_add_func ("/cli/safe", test_safe);
  return g_test_run ();
}
