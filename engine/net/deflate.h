/* Raw DEFLATE (RFC 1951) both ways over buffers of its own, as COMPRESS=DEFLATE needs it (RFC 4978). No I/O
 * happens here.
 *
 * Against bombs: nothing is inflated ahead of whoever takes it. Between two calls there are at most one
 * read's octets that are still deflated, whatever they would become.
 */
#pragma once

#include <gio/gio.h>

typedef struct _NetDeflate NetDeflate;

/* (transfer full) */
NetDeflate *net_deflate_new (void);
void net_deflate_free (NetDeflate *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NetDeflate, net_deflate_free)

/* What came. Only when net_deflate_has_input is FALSE. */
void net_deflate_feed (NetDeflate *self, const guint8 *data, gsize length);
/* TRUE: there may be plain octets in what came. */
gboolean net_deflate_has_input (const NetDeflate *self);
/* Up to `size` plain octets; *length 0: more has to come first. Fails for what is not DEFLATE, and for its
 * end. */
gboolean net_deflate_inflate (NetDeflate *self, guint8 *buffer, gsize size, gsize *length, GError **error);

/* Deflates; with `flush` the peer can read all of it. */
gboolean net_deflate_add (NetDeflate *self, const guint8 *data, gsize length, gboolean flush, GError **error);
/* Deflated octets that wait to be sent: (transfer none), valid until the next call. */
const guint8 *net_deflate_peek (const NetDeflate *self, gsize *length);
void net_deflate_take (NetDeflate *self, gsize length);
/* TRUE: something was added and the peer can't read all of it yet. */
gboolean net_deflate_needs_flush (const NetDeflate *self);
