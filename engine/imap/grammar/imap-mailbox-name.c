#include "imap-mailbox-name.h"

#include <string.h>

static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/* Bits on their way between UTF-16 units and base64 digits, the oldest on top. */
typedef struct
{
  guint32 bits;
  guint count;
} BitQueue;

static void
push_bits (BitQueue *queue, guint32 bits, guint count)
{
  queue->bits = queue->bits << count | bits;
  queue->count += count;
}

static guint32
pop_bits (BitQueue *queue, guint count)
{
  queue->count -= count;
  return queue->bits >> queue->count & ((1u << count) - 1);
}

static void
encode_unit (GString *wire, BitQueue *queue, guint32 unit)
{
  push_bits (queue, unit, 16);
  while (queue->count >= 6)
    g_string_append_c (wire, BASE64[pop_bits (queue, 6)]);
}

static gboolean
is_direct (gunichar c)
{
  return c >= 0x20 && c <= 0x7e;
}

/* One shift sequence: all characters up to the next direct one. */
static const char *
encode_shift (GString *wire, const char *name)
{
  BitQueue queue = { 0, 0 };

  g_string_append_c (wire, '&');
  for (; *name != '\0' && !is_direct ((guchar)*name); name = g_utf8_next_char (name))
    {
      gunichar c = g_utf8_get_char (name);

      if (c >= 0x10000)
        {
          encode_unit (wire, &queue, 0xd800 + ((c - 0x10000) >> 10));
          c = 0xdc00 + ((c - 0x10000) & 0x3ff);
        }
      encode_unit (wire, &queue, c);
    }
  if (queue.count > 0)
    {
      push_bits (&queue, 0, 6 - queue.count);
      g_string_append_c (wire, BASE64[pop_bits (&queue, 6)]);
    }
  g_string_append_c (wire, '-');
  return name;
}

char *
imap_mailbox_name_encode (const char *name)
{
  GString *wire;

  if (!g_utf8_validate (name, -1, NULL))
    return NULL;
  wire = g_string_new (NULL);
  while (*name != '\0')
    {
      if (!is_direct ((guchar)*name))
        {
          name = encode_shift (wire, name);
          continue;
        }
      g_string_append_c (wire, *name);
      if (*name++ == '&')
        g_string_append_c (wire, '-');
    }
  return g_string_free (wire, FALSE);
}

/* Appends what a UTF-16 unit completes; `high` is a surrogate that waits for its second half, or 0. */
static gboolean
decode_unit (GString *name, guint32 *high, guint32 unit)
{
  gboolean is_high = unit >= 0xd800 && unit < 0xdc00;
  gboolean is_low = unit >= 0xdc00 && unit < 0xe000;

  if (unit == 0 || is_low != (*high != 0))
    return FALSE;
  if (is_high)
    *high = unit;
  else if (is_low)
    {
      g_string_append_unichar (name, 0x10000 + ((*high - 0xd800) << 10) + (unit - 0xdc00));
      *high = 0;
    }
  else
    g_string_append_unichar (name, unit);
  return TRUE;
}

/* What follows "&", up to and with its "-". */
static gboolean
decode_shift (GString *name, const char **wire)
{
  BitQueue queue = { 0, 0 };
  guint32 high = 0;

  for (; **wire != '\0' && **wire != '-'; (*wire)++)
    {
      const char *digit = strchr (BASE64, **wire);

      if (digit == NULL)
        return FALSE;
      push_bits (&queue, (guint32)(digit - BASE64), 6);
      if (queue.count >= 16 && !decode_unit (name, &high, pop_bits (&queue, 16)))
        return FALSE;
    }
  /* what is left over must be padding: less than a digit, all zero */
  if (**wire != '-' || high != 0 || queue.count >= 6 || pop_bits (&queue, queue.count) != 0)
    return FALSE;
  (*wire)++;
  return TRUE;
}

static gboolean
decode_ascii (GString *name, const char *wire)
{
  while (*wire != '\0')
    {
      if (*wire != '&')
        g_string_append_c (name, *wire++);
      else if (wire[1] == '-')
        {
          g_string_append_c (name, '&');
          wire += 2;
        }
      else
        {
          wire++;
          if (!decode_shift (name, &wire))
            return FALSE;
        }
    }
  return TRUE;
}

char *
imap_mailbox_name_decode (const char *wire)
{
  GString *name;

  if (!g_utf8_validate (wire, -1, NULL))
    return NULL;
  if (!g_str_is_ascii (wire))
    return g_strdup (wire);
  name = g_string_new (NULL);
  if (!decode_ascii (name, wire))
    {
      g_string_free (name, TRUE);
      return NULL;
    }
  return g_string_free (name, FALSE);
}

char *
imap_mailbox_name_fold_inbox (const char *name, char delimiter)
{
  if (g_ascii_strncasecmp (name, "INBOX", 5) != 0)
    return g_strdup (name);
  if (name[5] != '\0' && (delimiter == '\0' || name[5] != delimiter))
    return g_strdup (name);
  return g_strconcat ("INBOX", name + 5, NULL);
}
