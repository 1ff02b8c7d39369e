/* A POP3 session and the fake server that it talks to, each side a script. */
#pragma once

#include "../../engine/pop3/pop3-batch.h"
#include "../lib/fake-peer.h"
#include "../lib/test-certificates.h"

#define POP3_PASSWORD "open sesame"
#define POP3_TOKEN "open-sesame"
/* base64 of NUL alice NUL and the password. */
#define POP3_PLAIN "AGFsaWNlAG9wZW4gc2VzYW1l"

typedef struct
{
  Account account;
  const char *secret;
  GMainContext *context;
  GArray *steps; /* FakeStep */
  FakeServer *server;
  TestCertificates *certificates; /* (nullable) */
  Pop3Session *session;           /* (nullable) */
  GString *log;
} Pop3Fixture;

/* Plain text to a loopback address. */
void pop3_fixture_init (Pop3Fixture *fixture);
/* The account has a token-command, and POP3_TOKEN instead of a password. */
void pop3_fixture_use_token (Pop3Fixture *fixture);
/* Fails unless the server's script was played to its end. */
void pop3_fixture_clear (Pop3Fixture *fixture);

/* Steps up to FAKE_END. */
void pop3_fixture_add_steps (Pop3Fixture *fixture, const FakeStep *steps);

/* Starts the server, with TLS if `tls`. */
void pop3_fixture_serve (Pop3Fixture *fixture, gboolean tls);
/* The same, programmed. */
void pop3_fixture_serve_programmed (Pop3Fixture *fixture, FakeServeFunc serve, gpointer user_data);

/* Opens the session; it must succeed. */
void pop3_fixture_open (Pop3Fixture *fixture);
/* It must fail. (transfer full) */
GError *pop3_fixture_open_fails (Pop3Fixture *fixture);

/* (transfer full): the listing as "1:120:uidl 2:7:-". */
char *pop3_fixture_list (const Pop3Fixture *fixture);

/* A test for each row of a table; every row begins with its description, which ends its path. */
void
pop3_fixture_add_rows (const char *prefix, gconstpointer rows, gsize n_rows, gsize size, GTestDataFunc test);

/* For scripts. */
#define EXPECT(line)                                                                                         \
  {                                                                                                          \
    FAKE_EXPECT, line                                                                                        \
  }
#define SEND(text)                                                                                           \
  {                                                                                                          \
    FAKE_SEND, text                                                                                          \
  }
#define LISTING "+OK\r\n1 120\r\n2 200\r\n.\r\n"
#define UNIQUE_IDS "+OK\r\n1 one\r\n2 two\r\n.\r\n"
#define LISTED "1:120:one 2:200:two"
