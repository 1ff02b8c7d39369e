/* A connection with a private context, and what it received. */
#pragma once

#include "../../engine/net/connection.h"
#include "../lib/fake-peer.h"
#include "../lib/test-certificates.h"

typedef struct
{
  GMainContext *context;
  GCancellable *cancellable;
  NetEndpoint endpoint;
  NetConnection *connection;
  GString *input;
} NetFixture;

/* To 127.0.0.1 in clear (STARTTLS to come), timeout 20 s; change the endpoint before net_fixture_start. */
void net_fixture_init (NetFixture *fixture, FakeServer *server);
/* The same, with TLS from the start and the test's authority trusted. */
void net_fixture_init_tls (NetFixture *fixture, FakeServer *server, TestCertificates *certificates);
void net_fixture_clear (NetFixture *fixture);

/* Makes the connection; it is not yet open. */
NetConnection *net_fixture_start (NetFixture *fixture);
/* Makes and opens it. */
void net_fixture_open (NetFixture *fixture);
/* The error of open, start_tls, or of the first failing iterate. */
GError *net_fixture_open_fails (NetFixture *fixture);

void net_fixture_write (NetFixture *fixture, const char *text);
/* Iterates until `length` octets are there in all, or the connection fails. */
gboolean net_fixture_read (NetFixture *fixture, gsize length, GError **error);
/* The same, and the connection must not fail, and all that came is `text`. */
void net_fixture_expect (NetFixture *fixture, const char *text);
/* Iterates until the connection fails. */
GError *net_fixture_wait_failure (NetFixture *fixture, gboolean awaiting);
