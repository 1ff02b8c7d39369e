/* A proxy on loopback before a real IMAP server, in clear: it passes what both sides say, remembers the
 * commands, and can lose the answer to one of them as a network does. */
#pragma once

#include <glib.h>

typedef struct _ImapProxy ImapProxy;

/* Passes to this port of 127.0.0.1; the port may be changed by stopping and starting the server behind it. */
ImapProxy *imap_proxy_new (guint16 server_port);
/* Ends every connection. */
void imap_proxy_free (ImapProxy *proxy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ImapProxy, imap_proxy_free)

guint16 imap_proxy_get_port (ImapProxy *proxy);

/* The `nth` (1: the next) command of this name, as in "APPEND" or "UID MOVE", on any connection reaches the
 * server whole, but before its tagged answer both connections are closed. 0: none. */
void imap_proxy_lose_answer (ImapProxy *proxy, const char *command, guint nth);
/* TRUE once that has happened. */
gboolean imap_proxy_has_lost (ImapProxy *proxy);

/* (transfer full): the commands since the last call, a line each, without tags, literals and what
 * AUTHENTICATE or LOGIN say. */
char *imap_proxy_take_commands (ImapProxy *proxy);
/* Octets that passed since the last call. */
void imap_proxy_take_octets (ImapProxy *proxy, guint64 *to_server, guint64 *to_client);
