/* A real mail server for a test: Dovecot or Cyrus, unpacked and started by tests/servers/ on loopback.
 *
 * It starts in about a quarter of a second, is the test's own, and ends with the test program even when that
 * is killed. Tests that need a fresh account each take a new user of one server. What can't be started fails
 * the test, with the server's log on stderr.
 */
#pragma once

#include <gio/gio.h>

typedef struct
{
  char *kind;      /* "dovecot" or "cyrus" */
  char *directory; /* of its own; removed with it */
  GStrv options;
  guint16 imap_port, imaps_port; /* STARTTLS or clear; TLS */
  guint16 pop3_port, pop3s_port;
  char *ca_file;  /* PEM; the certificate is for localhost, 127.0.0.1 and ::1 */
  char *user;     /* "alice"; "bob" is there too */
  char *password; /* everybody's: "secret" */
  guint users;    /* given out so far */
  guint made;     /* of those that are given out */
} ServerFixture;

/* `options` (nullable) are those of the start command in tests/servers/`kind`, NULL-terminated. */
ServerFixture *server_fixture_start (const char *kind, const char *const *options);
/* The same for thousands of logins and little mail: with plain passwords, and in memory where there is room.
 */
ServerFixture *server_fixture_start_quick (const char *kind, const char *const *options);
void server_fixture_free (ServerFixture *fixture);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ServerFixture, server_fixture_free)

/* The server goes away, and comes back on the same ports with the same mail. */
void server_fixture_halt (ServerFixture *fixture);
void server_fixture_resume (ServerFixture *fixture);

/* (transfer full): the name of a user that nobody else has, with empty mailboxes. */
char *server_fixture_new_user (ServerFixture *fixture);

/* Runs doveadm with these NULL-terminated arguments (Dovecot only). (transfer full): what it printed. */
char *server_fixture_doveadm (ServerFixture *fixture, ...) G_GNUC_NULL_TERMINATED;

/* Waits until all sessions in clear have ended: what a killed client sent last is still carried out after its
 * death. */
void
server_fixture_wait_quiet (ServerFixture *fixture);
