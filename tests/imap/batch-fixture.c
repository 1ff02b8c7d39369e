#include "batch-fixture.h"

#include <string.h>

void
record_init (Record *record, ImapBatch *batch)
{
  *record = (Record){ .batch = batch };
  record->done = g_string_new (NULL);
  record->text = g_string_new (NULL);
  record->copied = g_string_new (NULL);
}

void
record_clear (Record *record)
{
  g_string_free (record->done, TRUE);
  g_string_free (record->text, TRUE);
  g_string_free (record->copied, TRUE);
}

static void
record_copied (Record *record, const ImapCode *code)
{
  g_string_truncate (record->copied, 0);
  for (guint i = 0; code->type == IMAP_CODE_COPYUID && i < code->source->len; i++)
    g_string_append_printf (record->copied, "%s%u>%u", i > 0 ? " " : "",
                            g_array_index (code->source, guint32, i),
                            g_array_index (code->target, guint32, i));
}

void
record_done (const ImapResult *result, gpointer user_data)
{
  Record *record = user_data;

  g_string_append_c (record->done, "onb"[result->status]);
  g_string_assign (record->text, result->text);
  record_copied (record, result->code);
}

static void
record_fetch (const ImapFetch *fetch, gpointer user_data)
{
  Record *record = user_data;

  record->fetches++;
  record->uid_sum += fetch->uid;
}

static gboolean
record_body_begin (guint64 size, gpointer user_data)
{
  Record *record = user_data;

  record->bodies++;
  return TRUE;
}

static gboolean
record_body_data (const guint8 *data, gsize length, gpointer user_data)
{
  Record *record = user_data;

  record->body_octets += length;
  return record->sink_limit == 0 || record->body_octets < record->sink_limit;
}

static const ImapBodySink record_sink = { record_body_begin, record_body_data };

void
batch_fixture_start (SessionFixture *fixture, Record *record)
{
  ImapBatch *batch = imap_batch_new (fixture->session);

  record_init (record, batch);
  imap_batch_set_fetch_handler (batch, record_fetch, record);
  imap_batch_set_body_sink (batch, &record_sink, record);
}

void
batch_fixture_init (SessionFixture *fixture, Record *record, const char *capabilities, const FakeStep *steps)
{
  session_fixture_init (fixture);
  session_fixture_add_login (fixture, capabilities);
  session_fixture_add_select (fixture, "3");
  session_fixture_add_steps (fixture, steps);
  session_fixture_serve (fixture, FALSE);
  session_fixture_open_inbox (fixture);
  batch_fixture_start (fixture, record);
}

void
batch_fixture_clear (SessionFixture *fixture, Record *record)
{
  imap_batch_free (record->batch);
  session_fixture_clear (fixture);
  record_clear (record);
}

void
batch_fixture_wait (Record *record)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (imap_batch_wait (record->batch, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (imap_batch_get_outstanding (record->batch), ==, 0);
}

void
batch_fixture_fetch (Record *record, guint32 uid)
{
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();

  imap_uid_set_add (set, uid);
  imap_batch_uid_fetch (record->batch, set, "(UID FLAGS)", record_done, record);
}

void
batch_fixture_init_programmed (SessionFixture *fixture, Record *record, FakeServeFunc serve,
                               gpointer user_data)
{
  session_fixture_init (fixture);
  session_fixture_serve_programmed (fixture, serve, user_data);
  session_fixture_open_inbox (fixture);
  batch_fixture_start (fixture, record);
}

static gboolean
pull (guint8 *buffer, gsize size, gsize *length, gpointer user_data, GError **error)
{
  Source *source = user_data;

  if (source->fails_at > 0 && source->given >= source->fails_at)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "the disk is gone");
      return FALSE;
    }
  *length = (gsize)MIN (size, source->size - source->given);
  if (source->fails_at > 0)
    *length = (gsize)MIN (*length, source->fails_at - source->given);
  memset (buffer, 'x', *length);
  source->given += *length;
  return TRUE;
}

static void
source_notify (gpointer user_data)
{
  Source *source = user_data;

  g_assert_cmpuint (source->record->notified, <, source->record->appended);
  source->record->notified++;
}

static void
append_done (const ImapResult *result, gpointer user_data)
{
  Record *record = user_data;

  g_assert_cmpuint (record->notified, ==, record->appended);
  record_done (result, record);
}

void
batch_fixture_append_all (Record *record, Source *sources, guint count, guint64 announced)
{
  g_autofree ImapAppend *messages = g_new (ImapAppend, count);

  record->appended += count;
  for (guint i = 0; i < count; i++)
    {
      sources[i].record = record;
      messages[i] = (ImapAppend){ "\\Seen", 837596665, announced, pull, &sources[i], source_notify };
    }
  imap_batch_append (record->batch, "INBOX", messages, count, append_done, record);
}

void
batch_fixture_append (Record *record, Source *source, guint64 announced)
{
  batch_fixture_append_all (record, source, 1, announced);
}

gboolean
batch_fixture_serve_login (FakePeer *peer)
{
  static const char *const answers[] = { "OK [CAPABILITY IMAP4rev1] in", "OK listed", "OK selected" };

  fake_peer_send (peer, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi\r\n");
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autofree char *line = fake_peer_read_line (peer);

      if (line == NULL)
        return FALSE;
      if (i == 2)
        fake_peer_send (peer, "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n");
      fake_peer_printf (peer, "%.*s %s\r\n", (int)strcspn (line, " "), line, answers[i]);
    }
  return TRUE;
}

GPtrArray *
batch_fixture_read_lines (FakePeer *peer, guint count)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);

  while (lines->len < count)
    {
      char *line = fake_peer_read_line (peer);

      if (line == NULL)
        break;
      g_ptr_array_add (lines, line);
    }
  return lines;
}
