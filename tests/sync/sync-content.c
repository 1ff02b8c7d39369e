#include "sync-content.h"

#include <string.h>

static guint
version_of (const char *name)
{
  return name[1] != '\0' ? (guint)(name[1] - '0') : 1;
}

GBytes *
sync_content_new (const char *name)
{
  g_autoptr (GString) text = g_string_new ("From: Alice <alice@example.org>\r\nTo: bob@example.org\r\n");
  char letter = name[0];
  guint version = version_of (name);

  g_string_append_printf (text, "Subject: message %c\r\n", letter);
  if (g_ascii_islower (letter))
    g_string_append_printf (text,
                            "Date: Mon, 01 Jan 2024 10:%02d:00 +0000\r\nMessage-ID: <%c@sync.example>\r\n",
                            letter - 'a', letter);
  g_string_append_printf (text, "\r\nVersion %u of message %c.\r\n", version, letter);
  if (version > 1)
    g_string_append (text, "It was edited, and is longer than it was.\r\n");
  return g_string_free_to_bytes (g_steal_pointer (&text));
}

gint64
sync_content_date (const char *name)
{
  return 1700000000 + name[0] * 1000 + version_of (name);
}

char *
sync_content_name (const char *data, gsize length)
{
  static const char letters[] = "abcdefABCDEF";
  g_autofree char *digest = NULL;

  for (const char *letter = letters; *letter != '\0'; letter++)
    for (guint version = 1; version <= 3; version++)
      {
        char name[] = { *letter, version > 1 ? (char)('0' + version) : '\0', '\0' };
        g_autoptr (GBytes) content = sync_content_new (name);

        if (g_bytes_get_size (content) == length &&
            memcmp (g_bytes_get_data (content, NULL), data, length) == 0)
          return g_strdup (name);
      }
  digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *)data, length);
  return g_strdup_printf ("?%.8s (%" G_GSIZE_FORMAT " octets)", digest, length);
}
