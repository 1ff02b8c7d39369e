/* A batch, what its handlers were told, and the messages that it appends. */
#pragma once

#include "session-fixture.h"

typedef struct
{
  ImapBatch *batch;
  GString *done;   /* one letter an answer: o, n, b */
  GString *text;   /* of the last one */
  GString *copied; /* "1>7 2>8" of the last COPYUID */
  guint fetches;
  guint64 uid_sum;
  guint64 body_octets;
  guint bodies;
  guint64 sink_limit; /* 0: none */
  guint appended;     /* messages of its APPENDs */
  guint notified;     /* of which the source was freed */
} Record;

void record_init (Record *record, ImapBatch *batch);
void record_clear (Record *record);
/* An ImapDoneFunc; the user data is the record. */
void record_done (const ImapResult *result, gpointer user_data);

/* Starts a batch that reports to the record. */
void batch_fixture_start (SessionFixture *fixture, Record *record);
/* INBOX with three messages is selected, then `steps` are played. */
void
batch_fixture_init (SessionFixture *fixture, Record *record, const char *capabilities, const FakeStep *steps);
/* The same with a programmed server, which begins with batch_fixture_serve_login. */
void batch_fixture_init_programmed (SessionFixture *fixture, Record *record, FakeServeFunc serve,
                                    gpointer user_data);
void batch_fixture_clear (SessionFixture *fixture, Record *record);

/* Waits for all; the session must live on. */
void batch_fixture_wait (Record *record);
/* UID FETCH uid (UID FLAGS) */
void batch_fixture_fetch (Record *record, guint32 uid);

/* What APPEND sends: `size` octets "x", whatever was announced. */
typedef struct
{
  Record *record;
  guint64 given;
  guint64 size;
  guint64 fails_at; /* 0: never */
} Source;

void batch_fixture_append (Record *record, Source *source, guint64 announced);
/* Several in one command. */
void batch_fixture_append_all (Record *record, Source *sources, guint count, guint64 announced);

/* The server's side of login and SELECT INBOX, IMAP4rev1 with nothing optional. FALSE: the client went. */
gboolean batch_fixture_serve_login (FakePeer *peer);
/* (transfer full): as many lines as come, at most `count`. */
GPtrArray *batch_fixture_read_lines (FakePeer *peer, guint count);
