/* The server's end of one connection, for FakeLineFunc and FakeServeFunc. Blocking, but never for ever.
 *
 * The functions return FALSE or NULL when the client went away or the server is being freed; a function that
 * expected otherwise calls fake_peer_fail.
 */
#pragma once

#include "fake-server.h"

/* (transfer full) (nullable). One line without its CRLF or LF. */
char *fake_peer_read_line (FakePeer *peer);
/* (transfer full) (nullable). Exactly `length` octets. */
GBytes *fake_peer_read_bytes (FakePeer *peer, gsize length);

gboolean fake_peer_send (FakePeer *peer, const char *text);
gboolean fake_peer_printf (FakePeer *peer, const char *format, ...) G_GNUC_PRINTF (2, 3);
gboolean fake_peer_send_bytes (FakePeer *peer, gconstpointer data, gsize length);

gboolean fake_peer_start_tls (FakePeer *peer);
gboolean fake_peer_is_secure (FakePeer *peer);
/* From here on both sides deflate (RFC 4978). */
gboolean fake_peer_start_deflate (FakePeer *peer);
/* (transfer full): what fake_peer_send_bytes would send now, after fake_peer_start_deflate. */
GBytes *fake_peer_deflate (FakePeer *peer, gconstpointer data, gsize length);
/* As they are, without DEFLATE. */
gboolean fake_peer_send_raw (FakePeer *peer, gconstpointer data, gsize length);

/* The session's SSL object, for channel bindings; NULL in clear. */
struct ssl_st *fake_peer_get_ssl (FakePeer *peer);

/* TRUE when the client has sent something that was not read yet; in clear only. Does not wait. */
gboolean fake_peer_has_input (FakePeer *peer);

/* Waits until the client closes; FALSE if it said something instead. */
gboolean fake_peer_wait_closed (FakePeer *peer);
/* Waits for fake_server_release; FALSE when the server is being freed or joined. */
gboolean fake_peer_stall (FakePeer *peer);
/* Waits that long, or less when the client goes or the server is being freed: then FALSE. */
gboolean fake_peer_pause (FakePeer *peer, guint milliseconds);

/* close_notify and FIN; FIN only; RST. */
void fake_peer_close (FakePeer *peer);
void fake_peer_cut (FakePeer *peer);
void fake_peer_reset (FakePeer *peer);

/* Records a failure (the first one counts) that fake_server_assert_played will report. */
void fake_peer_fail (FakePeer *peer, const char *format, ...) G_GNUC_PRINTF (2, 3);
