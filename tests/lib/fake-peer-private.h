/* What the server shares with its connections. */
#pragma once

#include "fake-peer.h"
#include <openssl/ssl.h>

typedef struct
{
  SSL_CTX *tls;           /* (nullable) */
  int stop_fd;            /* readable: end every wait now */
  int leave_fd;           /* readable: end the stalls, the test is joining */
  int release_fd;         /* a semaphore: one stall goes on for each release */
  GMutex mutex;           /* for the failure */
  char *failure;          /* the first one */
  gint accepted, resumed; /* atomic */
} FakeShared;

/* Takes over the descriptor. */
FakePeer *fake_peer_new (FakeShared *shared, int fd);
void fake_peer_free (FakePeer *peer);

/* Waits for `events` on fd: FALSE after 20 seconds or when the server is being freed. */
gboolean fake_shared_wait (FakeShared *shared, int fd, short events);
void fake_shared_fail (FakeShared *shared, const char *failure);
