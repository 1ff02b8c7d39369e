/* A session and the fake server that it talks to, each side a script. */
#pragma once

#include "../../engine/imap/imap-batch.h"
#include "../lib/fake-peer.h"
#include "../lib/test-certificates.h"

#define SESSION_PASSWORD "open sesame"

/* What most tests begin with: an IMAP4rev1 server that has what everybody has. */
#define COMMON_CAPABILITIES "IMAP4rev1 LITERAL+ UIDPLUS ESEARCH UNSELECT MOVE ENABLE"

typedef struct
{
  Account account;
  GMainContext *context;
  GArray *steps; /* FakeStep */
  GPtrArray *texts;
  FakeServer *server;
  TestCertificates *certificates; /* (nullable) */
  ImapSession *session;           /* (nullable) */
  const char *memory;             /* (nullable) of an earlier session; with it mailboxes are listed at login */
  GString *log;
} SessionFixture;

/* Plain text to a loopback address. */
void session_fixture_init (SessionFixture *fixture);
/* Fails unless the server's script was played to its end. */
void session_fixture_clear (SessionFixture *fixture);

void session_fixture_add (SessionFixture *fixture, FakeStepKind kind, const char *text);
/* Steps up to FAKE_END. */
void session_fixture_add_steps (SessionFixture *fixture, const FakeStep *steps);
/* Greeting and login, until the client knows the delimiter; `capabilities` are those after login. */
void session_fixture_add_login (SessionFixture *fixture, const char *capabilities);
/* SELECT INBOX with `exists` messages and UIDVALIDITY 7. */
void session_fixture_add_select (SessionFixture *fixture, const char *exists);

/* Starts the server, with TLS if `tls`. */
void session_fixture_serve (SessionFixture *fixture, gboolean tls);
/* The same, programmed. */
void session_fixture_serve_programmed (SessionFixture *fixture, FakeServeFunc serve, gpointer user_data);

/* Opens the session; it must succeed. */
void session_fixture_open (SessionFixture *fixture);
/* It must fail. (transfer full) */
GError *session_fixture_open_fails (SessionFixture *fixture);
/* Login and SELECT INBOX as scripted. */
const ImapSelected *session_fixture_open_inbox (SessionFixture *fixture);

/* A test for each row of a table; every row begins with its description, which ends its path. */
void session_fixture_add_rows (const char *prefix, gconstpointer rows, gsize n_rows, gsize size,
                               GTestDataFunc test);
