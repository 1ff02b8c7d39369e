/* Contract C1.5: with LF exactly when turning every bare LF back into CRLF gives the octets that came, else
 * byte for byte; whatever the cutting. */
#include "../../engine/maildir/maildir-storage-form.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Stores `data` in pieces of `chunk` octets in an anonymous file. */
static GBytes *
store (const guint8 *data, gsize length, gsize chunk)
{
  int fd = memfd_create ("stored", MFD_CLOEXEC);
  g_autoptr (MaildirStorageForm) form = maildir_storage_form_new (fd);
  g_autofree guint8 *content = NULL;
  gssize size;

  g_assert_no_errno (fd);
  for (gsize at = 0; at < length; at += chunk)
    g_assert_true (maildir_storage_form_write (form, data + at, MIN (chunk, length - at)));
  g_assert_true (maildir_storage_form_finish (form));
  size = lseek (fd, 0, SEEK_END);
  content = g_malloc ((gsize)size + 1);
  g_assert_cmpint (pread (fd, content, (gsize)size + 1, 0), ==, size);
  g_assert_no_errno (close (fd));
  return g_bytes_new_take (g_steal_pointer (&content), (gsize)size);
}

/* The specification, said another way than the code says it. */
static GBytes *
expected_form (const guint8 *data, gsize length)
{
  g_autoptr (GByteArray) narrow = g_byte_array_new ();
  g_autoptr (GByteArray) wide = g_byte_array_new ();

  for (gsize i = 0; i < length; i++)
    if (data[i] != '\r' || i + 1 == length || data[i + 1] != '\n')
      g_byte_array_append (narrow, data + i, 1);
  for (guint i = 0; i < narrow->len; i++)
    {
      if (narrow->data[i] == '\n' && (i == 0 || narrow->data[i - 1] != '\r'))
        g_byte_array_append (wide, (const guint8 *)"\r", 1);
      g_byte_array_append (wide, narrow->data + i, 1);
    }
  if (wide->len == length && (length == 0 || memcmp (wide->data, data, length) == 0))
    return g_byte_array_free_to_bytes (g_steal_pointer (&narrow));
  return g_bytes_new (data, length);
}

static void
assert_stored (const guint8 *data, gsize length, gsize chunk)
{
  g_autoptr (GBytes) stored = store (data, length, chunk);
  g_autoptr (GBytes) expected = expected_form (data, length);

  g_assert_cmpmem (g_bytes_get_data (stored, NULL), g_bytes_get_size (stored),
                   g_bytes_get_data (expected, NULL), g_bytes_get_size (expected));
}

static void
test_exhaustive (void)
{
  static const guint8 alphabet[] = { 'a', '\r', '\n' };
  guint8 text[7];

  for (gsize length = 0, count = 1; length <= sizeof text; length++, count *= 3)
    for (gsize number = 0; number < count; number++)
      {
        gsize rest = number;

        for (gsize i = 0; i < length; i++, rest /= 3)
          text[i] = alphabet[rest % 3];
        for (gsize chunk = 1; chunk <= 3; chunk++)
          assert_stored (text, length, chunk);
        assert_stored (text, length, sizeof text);
      }
}

static const struct
{
  const char *description;
  const char *came;
  const char *stored;
} rows[] = {
  { "CRLF becomes LF", "a\r\nb\r\n", "a\nb\n" },
  { "no line end at the end", "a\r\nb", "a\nb" },
  { "a bare LF: byte for byte", "a\r\nb\nc\r\n", "a\r\nb\nc\r\n" },
  { "CR CR LF: byte for byte", "a\r\nb\r\r\nc\r\n", "a\r\nb\r\r\nc\r\n" },
  { "a bare CR is text", "a\rb\r\n", "a\rb\n" },
  { "a CR at the end is text", "a\r\nb\r", "a\nb\r" },
  { "LF first", "\na\r\n", "\na\r\n" },
  { "only LFs", "a\nb\n", "a\nb\n" },
  { "empty", "", "" },
};

static void
test_rows (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      gsize length = strlen (rows[i].came);
      g_autoptr (GBytes) stored = store ((const guint8 *)rows[i].came, length, 1);

      g_test_message ("%s", rows[i].description);
      g_assert_cmpmem (g_bytes_get_data (stored, NULL), g_bytes_get_size (stored), rows[i].stored,
                       strlen (rows[i].stored));
    }
}

/* Lines of random lengths, longer than every buffer, with one thing that does not fit at a random place. */
static GByteArray *
large_message (const char *odd)
{
  GByteArray *message = g_byte_array_new ();
  guint odd_at = (guint)g_test_rand_int_range (0, 400000);
  gboolean is_odd = FALSE;

  while (message->len < 400000)
    {
      guint length = (guint)g_test_rand_int_range (1, g_test_rand_int_range (0, 50) == 0 ? 90000 : 100);

      g_byte_array_set_size (message, message->len + length);
      memset (message->data + message->len - length, 'x', length);
      g_byte_array_append (message, (const guint8 *)"\r\n", 2);
      if (!is_odd && message->len >= odd_at)
        {
          g_byte_array_append (message, (const guint8 *)odd, (guint)strlen (odd));
          is_odd = TRUE;
        }
    }
  return message;
}

static void
test_large (void)
{
  const char *const odds[] = { "", "\n", "\r\r\n", "y\n", "\rz\r\n" };
  const gsize chunks[] = { 7, 1000, 21845, 65535, 65536, 65537, 1000000 };

  for (gsize i = 0; i < G_N_ELEMENTS (odds); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (chunks); j++)
      {
        g_autoptr (GByteArray) message = large_message (odds[i]);

        assert_stored (message->data, message->len, chunks[j]);
      }
}

/* Nothing but line ends: the file doubles when it is widened. */
static void
test_only_line_ends (void)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();

  for (guint i = 0; i < 100000; i++)
    g_byte_array_append (message, (const guint8 *)"\r\n", 2);
  assert_stored (message->data, message->len, 4096);
  g_byte_array_append (message, (const guint8 *)"\n", 1);
  assert_stored (message->data, message->len, 4096);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/maildir/storage-form/C1.5/exhaustive", test_exhaustive);
  g_test_add_func ("/maildir/storage-form/C1.5/rows", test_rows);
  g_test_add_func ("/maildir/storage-form/C1.5/large", test_large);
  g_test_add_func ("/maildir/storage-form/C1.5/only-line-ends", test_only_line_ends);
  return g_test_run ();
}
