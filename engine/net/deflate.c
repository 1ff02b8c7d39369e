#include "deflate.h"

#define PIECE (16 * 1024)

struct _NetDeflate
{
  GConverter *inflater, *deflater;
  GByteArray *input; /* deflated; [taken..] is still to be inflated */
  gsize taken;
  gboolean more; /* the inflater may hold plain octets for which there was no room */
  GByteArray *output;
  gsize sent; /* of the output */
  gboolean unflushed;
};

NetDeflate *
net_deflate_new (void)
{
  NetDeflate *self = g_new0 (NetDeflate, 1);

  self->inflater = G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_RAW));
  self->deflater = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_RAW, -1));
  self->input = g_byte_array_new ();
  self->output = g_byte_array_sized_new (PIECE);
  return self;
}

void
net_deflate_free (NetDeflate *self)
{
  g_object_unref (self->inflater);
  g_object_unref (self->deflater);
  g_byte_array_unref (self->input);
  g_byte_array_unref (self->output);
  g_free (self);
}

void
net_deflate_feed (NetDeflate *self, const guint8 *data, gsize length)
{
  g_assert (!net_deflate_has_input (self));
  g_byte_array_set_size (self->input, 0);
  g_byte_array_append (self->input, data, (guint)length);
  self->taken = 0;
}

gboolean
net_deflate_has_input (const NetDeflate *self)
{
  return self->more || self->taken < self->input->len;
}

/* G_CONVERTER_FLUSH: that nothing can be done is no error. */
static GConverterResult
inflate_some (NetDeflate *self, guint8 *buffer, gsize size, gsize *length, GError **error)
{
  gsize read = 0;
  GConverterResult result =
      g_converter_convert (self->inflater, self->input->data + self->taken, self->input->len - self->taken,
                           buffer, size, G_CONVERTER_FLUSH, &read, length, error);

  if (result == G_CONVERTER_CONVERTED)
    self->taken += read;
  return result;
}

gboolean
net_deflate_inflate (NetDeflate *self, guint8 *buffer, gsize size, gsize *length, GError **error)
{
  GConverterResult result = G_CONVERTER_FLUSHED;

  *length = 0;
  while (*length == 0 && net_deflate_has_input (self))
    {
      result = inflate_some (self, buffer, size, length, error);
      if (result != G_CONVERTER_CONVERTED)
        break;
      self->more = *length == size;
    }
  switch (result)
    {
    case G_CONVERTER_CONVERTED:
      return TRUE;
    case G_CONVERTER_FLUSHED:
      self->more = FALSE;
      self->taken = self->input->len;
      *length = 0;
      return TRUE;
    case G_CONVERTER_FINISHED:
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "the compressed stream ended");
      return FALSE;
    case G_CONVERTER_ERROR:
      return FALSE;
    }
  return FALSE;
}

/* One step; *done: nothing is left to be done. */
static gboolean
deflate_some (NetDeflate *self, const guint8 **data, gsize *length, gboolean flush, gboolean *done,
              GError **error)
{
  const guint before = self->output->len;
  gsize read = 0, written = 0;
  GConverterResult result;

  g_byte_array_set_size (self->output, before + PIECE);
  result = g_converter_convert (self->deflater, *data, *length, self->output->data + before, PIECE,
                                flush ? G_CONVERTER_FLUSH : G_CONVERTER_NO_FLAGS, &read, &written, error);
  *data += read;
  *length -= read;
  g_byte_array_set_size (self->output, before + (guint)written);
  *done = flush ? result == G_CONVERTER_FLUSHED : *length == 0;
  return result != G_CONVERTER_ERROR;
}

gboolean
net_deflate_add (NetDeflate *self, const guint8 *data, gsize length, gboolean flush, GError **error)
{
  gboolean done = length == 0 && !flush;

  if (self->sent == self->output->len)
    {
      g_byte_array_set_size (self->output, 0);
      self->sent = 0;
    }
  while (!done)
    if (!deflate_some (self, &data, &length, flush, &done, error))
      return FALSE;
  self->unflushed = !flush;
  return TRUE;
}

const guint8 *
net_deflate_peek (const NetDeflate *self, gsize *length)
{
  *length = self->output->len - self->sent;
  return self->output->data + self->sent;
}

void
net_deflate_take (NetDeflate *self, gsize length)
{
  g_assert (length <= self->output->len - self->sent);
  self->sent += length;
}

gboolean
net_deflate_needs_flush (const NetDeflate *self)
{
  return self->unflushed;
}
