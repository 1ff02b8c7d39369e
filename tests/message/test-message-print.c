/* Prints: equal for what a directory shows as equal, different for every change there can be. */
#include "../../engine/message/message-print.h"

static const struct
{
  const char *description;
  const char *base;
  guint8 system;
  const char *keywords;
  guint64 size;
  gint64 mtime_ns;
} rows[] = {
  { "plain", "1700000000.M1P2.host", 0, "", 10, 20 },
  { "one octet more in the base name", "1700000000.M1P2.host2", 0, "", 10, 20 },
  { "one octet less", "1700000000.M1P2.hos", 0, "", 10, 20 },
  { "another one", "1700000000.M1P2.hosT", 0, "", 10, 20 },
  { "a short name", "1", 0, "", 10, 20 },
  { "eight octets", "12345678", 0, "", 10, 20 },
  { "nine octets", "123456781", 0, "", 10, 20 },
  { "a flag", "1700000000.M1P2.host", 1, "", 10, 20 },
  { "another flag", "1700000000.M1P2.host", 2, "", 10, 20 },
  { "all flags", "1700000000.M1P2.host", 0x3f, "", 10, 20 },
  { "a keyword", "1700000000.M1P2.host", 0, "todo", 10, 20 },
  { "two keywords", "1700000000.M1P2.host", 0, "later todo", 10, 20 },
  { "another size", "1700000000.M1P2.host", 0, "", 11, 20 },
  { "another time", "1700000000.M1P2.host", 0, "", 10, 21 },
  { "size and time exchanged", "1700000000.M1P2.host", 0, "", 20, 10 },
  { "a time before 1970", "1700000000.M1P2.host", 0, "", 10, -20 },
  { "nothing at all", "", 0, "", 0, 0 },
};

static guint64
print_row (gsize row)
{
  return message_print (rows[row].base, rows[row].system, rows[row].keywords, rows[row].size,
                        rows[row].mtime_ns);
}

static void
test_differ (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%s", rows[i].description);
      g_assert_cmpuint (print_row (i), !=, MESSAGE_PRINT_NONE);
      g_assert_cmpuint (print_row (i), ==, print_row (i));
      for (gsize j = 0; j < i; j++)
        g_assert_cmpuint (print_row (i), !=, print_row (j));
    }
}

static void
test_spelling (void)
{
  g_assert_cmpuint (message_print ("m", 1, "$Junk todo", 2, 3), ==,
                    message_print ("m", 1, "$junk TODO", 2, 3));
}

/* Names, sizes and times as a mailbox has them, one beside the other. */
static void
test_many (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);

  for (guint i = 0; i < 20000; i++)
    {
      g_autofree char *base = g_strdup_printf ("1700000000.M%06uP7Q%uR00.host", i % 1000, i / 2);
      guint64 print = message_print (base, (guint8)(i % 2), "", 1000 + i % 7, 1700000000);

      g_assert_true (g_hash_table_add (seen, g_memdup2 (&print, sizeof print)));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/message/print/differ", test_differ);
  g_test_add_func ("/message/print/spelling", test_spelling);
  g_test_add_func ("/message/print/many", test_many);
  return g_test_run ();
}
