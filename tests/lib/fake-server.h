/* A mail server for tests: plays a script, or is programmed, on a free port of 127.0.0.1.
 *
 * A scripted server has one thread that serves one connection after the other. A programmed server calls a
 * function for each connection, each in a thread of its own. Nothing here waits for ever: an expectation that
 * is not met within 20 seconds fails the script, and freeing the server ends every wait at once.
 *
 * In texts, $TAG stands for the command tag: an expectation that starts with "$TAG " takes any first word and
 * remembers it, a text to send gets it back. $TAG1 to $TAG9 are nine more, for pipelined commands.
 */
#pragma once

#include <gio/gio.h>

typedef enum
{
  FAKE_END,             /* the script is played; the connection is closed */
  FAKE_EXPECT,          /* the next line (without CRLF) matches the glob `text` */
  FAKE_EXPECT_REGEX,    /* the next line matches the regular expression `text`, anchored at both ends */
  FAKE_EXPECT_LITERAL,  /* the next `length` octets, equal to `text` unless that is NULL */
  FAKE_EXPECT_CLOSE,    /* the client closes */
  FAKE_SEND,            /* `text`, or its first `length` octets (no $TAG then) when length > 0 */
  FAKE_SEND_SLOWLY,     /* the same, each octet in a segment or TLS record of its own */
  FAKE_TRICKLE,         /* `text` over and over, ten octets a second, until the client goes */
  FAKE_START_TLS,       /* the server's side of the handshake */
  FAKE_START_TLS_FAILS, /* the same, but the client is expected to refuse */
  FAKE_START_DEFLATE,   /* both sides deflate from here on */
  FAKE_CALL,  /* `call` for each line, until it returns FALSE or the client closes; then the script goes on */
  FAKE_STALL, /* says and reads nothing until fake_server_release, fake_server_join or free */
  FAKE_RESET, /* drops the connection with a TCP reset */
  FAKE_CUT,   /* closes TCP without a close_notify */
  FAKE_NEXT_CONNECTION, /* closes this connection and waits for another client */
} FakeStepKind;

typedef struct _FakePeer FakePeer;
typedef struct _FakeServer FakeServer;

/* One received line without CRLF. FALSE ends the calls. */
typedef gboolean (*FakeLineFunc) (FakePeer *peer, const char *line, gpointer user_data);

/* One connection of a programmed server; it is closed when the function returns. */
typedef void (*FakeServeFunc) (FakePeer *peer, gpointer user_data);

typedef struct
{
  FakeStepKind kind;
  const char *text;
  gsize length;
  FakeLineFunc call;
  gpointer user_data;
} FakeStep;

typedef struct
{
  const char *certificate_file; /* PEM: the server's certificate, then intermediates */
  const char *key_file;
  int min_version, max_version; /* TLS1_2_VERSION etc.; 0: OpenSSL's default */
} FakeTls;

/* `steps` ends with FAKE_END and is not copied. `tls` (nullable) is copied. */
FakeServer *fake_server_new (const FakeStep *steps, const FakeTls *tls);
FakeServer *fake_server_new_programmed (FakeServeFunc serve, gpointer user_data, const FakeTls *tls);
void fake_server_free (FakeServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FakeServer, fake_server_free)

guint16 fake_server_get_port (FakeServer *server);

/* Lets one FAKE_STALL go on. */
void fake_server_release (FakeServer *server);

/* Waits for the end of the script, or of a programmed server's connections, which takes no more. Then
 * returns (transfer none) (nullable) what went wrong first. */
const char *fake_server_join (FakeServer *server);

/* Joins and asserts that the whole script was played. */
void fake_server_assert_played (FakeServer *server);

/* How many connections were accepted, and how many handshakes resumed a session. */
guint fake_server_get_accepted (FakeServer *server);
guint fake_server_get_resumed (FakeServer *server);
