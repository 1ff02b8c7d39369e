#include "message-print.h"

#include <string.h>

/* A multiplication spreads each word over the upper half, the shift brings that down again: no step loses
 * anything. */
static guint64
mix (guint64 print, guint64 word)
{
  print = (print ^ word) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  return print ^ (print >> 32);
}

/* Eight octets at a time; the length keeps apart what the zeros behind the last ones would join. */
static guint64
mix_text (guint64 print, const char *text, gsize length)
{
  guint64 word = 0;

  for (gsize done = 0; done < length; done += sizeof word)
    {
      word = 0;
      memcpy (&word, text + done, MIN (sizeof word, length - done));
      print = mix (print, word);
    }
  return mix (print, length);
}

static guint64
mix_keywords (guint64 print, const char *keywords)
{
  g_autofree char *lower = *keywords != '\0' ? g_ascii_strdown (keywords, -1) : NULL;

  return lower != NULL ? mix_text (print, lower, strlen (lower)) : print;
}

guint64
message_print (const char *base, guint8 system, const char *keywords, guint64 size, gint64 mtime_ns)
{
  guint64 print = mix_text (system + 1, base, strlen (base));

  print = mix (mix (print, size), (guint64)mtime_ns);
  print = mix (mix_keywords (print, keywords), 1);
  return print != MESSAGE_PRINT_NONE ? print : 1;
}
