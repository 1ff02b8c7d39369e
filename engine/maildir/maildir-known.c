#include "maildir-known.h"

#include "../message/message-print.h"

#include <string.h>

struct _MaildirKnown
{
  GArray *prints;    /* of guint64, by position */
  guint32 *slots;    /* open addressing: position + 1, 0 for none; more than half of them are free */
  guint32 mask;      /* number of slots - 1 */
  guint8 *was_found; /* of each position; the slots are made with it, at the first look */
};

MaildirKnown *
maildir_known_new (void)
{
  MaildirKnown *known = g_new0 (MaildirKnown, 1);

  known->prints = g_array_new (FALSE, FALSE, sizeof (guint64));
  return known;
}

void
maildir_known_free (MaildirKnown *known)
{
  g_array_unref (known->prints);
  g_free (known->slots);
  g_free (known->was_found);
  g_free (known);
}

void
maildir_known_add (MaildirKnown *known, guint64 print)
{
  g_return_if_fail (known->slots == NULL);
  g_array_append_val (known->prints, print);
}

static guint64
print_at (const MaildirKnown *known, guint32 position)
{
  return g_array_index (known->prints, guint64, position);
}

static void
fill_slots (MaildirKnown *known)
{
  gsize size = 16;

  while (size < 2 * (gsize)known->prints->len + 1)
    size *= 2;
  known->mask = (guint32)(size - 1);
  known->slots = g_new0 (guint32, size);
  for (guint32 position = 0; position < known->prints->len; position++)
    {
      guint32 slot = (guint32)print_at (known, position) & known->mask;

      if (print_at (known, position) == MESSAGE_PRINT_NONE)
        continue;
      while (known->slots[slot] != 0)
        slot = (slot + 1) & known->mask;
      known->slots[slot] = position + 1;
    }
}

void
maildir_known_begin (MaildirKnown *known)
{
  if (known->slots == NULL)
    {
      fill_slots (known);
      known->was_found = g_new (guint8, known->prints->len + 1);
    }
  memset (known->was_found, FALSE, known->prints->len + 1);
}

MaildirKnownFound
maildir_known_find (MaildirKnown *known, guint64 print)
{
  MaildirKnownFound found = MAILDIR_KNOWN_NOT;

  for (guint32 slot = (guint32)print & known->mask; known->slots[slot] != 0; slot = (slot + 1) & known->mask)
    {
      guint32 position = known->slots[slot] - 1;

      if (print_at (known, position) != print)
        continue;
      if (!known->was_found[position])
        {
          known->was_found[position] = TRUE;
          return MAILDIR_KNOWN_ONCE;
        }
      found = MAILDIR_KNOWN_TWICE;
    }
  return found;
}

gboolean
maildir_known_was_found (const MaildirKnown *known, guint position)
{
  return known->was_found[position];
}
