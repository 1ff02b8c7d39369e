#include "../../engine/maildir/maildir-name.h"

#include <string.h>

#define LETTER(c) (1u << ((c) - 'a'))
#define ALL MESSAGE_FLAGS_ALL_SYSTEM

static const struct
{
  const char *description;
  const char *file;
  char separator;
  const char *base;
  guint8 system;
  guint32 letters;
  const char *other;
  const char *formatted; /* (nullable) where it is not the file name */
} parse_rows[] = {
  { "no info part", "1.M2P3.host", ':', "1.M2P3.host", 0, 0, "", "1.M2P3.host:2," },
  { "no flags", "1.host:2,", ':', "1.host", 0, 0, "", NULL },
  { "C3.2 the six flags", "b:2,DFPRST", ':', "b", ALL, 0, "", NULL },
  { "C3.3 keywords", "b:2,Saz", ':', "b", MESSAGE_FLAG_SEEN, LETTER ('a') | LETTER ('z'), "", NULL },
  { "not sorted", "b:2,aSF", ':', "b", MESSAGE_FLAG_SEEN | MESSAGE_FLAG_FLAGGED, LETTER ('a'), "",
    "b:2,FSa" },
  { "twice the same letter", "b:2,SS", ':', "b", MESSAGE_FLAG_SEEN, 0, "", "b:2,S" },
  { "letters nobody knows are kept", "b:2,SX", ':', "b", MESSAGE_FLAG_SEEN, 0, "X", NULL },
  { "a second comma is kept", "b:2,S,S=123", ':', "b", MESSAGE_FLAG_SEEN, 0, ",S=123", NULL },
  { "both are kept", "b:2,XS,aF", ':', "b", MESSAGE_FLAG_SEEN, 0, "X,aF", "b:2,SX,aF" },
  { "Dovecot's sizes belong to the base", "1.M2P3.host,S=12,W=13:2,S", ':', "1.M2P3.host,S=12,W=13",
    MESSAGE_FLAG_SEEN, 0, "", NULL },
  { "mbsync's UID belongs to the base", "1.host,U=7:2,F", ':', "1.host,U=7", MESSAGE_FLAG_FLAGGED, 0, "",
    NULL },
  { "another info form is part of the base", "b:1,x", ':', "b:1,x", 0, 0, "", "b:1,x:2," },
  { "a colon without info", "b:", ':', "b:", 0, 0, "", "b::2," },
  { "the last info part counts", "b:2,S:2,F", ':', "b:2,S", MESSAGE_FLAG_FLAGGED, 0, "", NULL },
  { "an info part alone is a base", ":2,S", ':', ":2,S", 0, 0, "", ":2,S:2," },
  { "another separator", "1.my-host;2,S", ';', "1.my-host", MESSAGE_FLAG_SEEN, 0, "", NULL },
  { "a minus that is in the host too", "1.my-host-2,S", '-', "1.my-host", MESSAGE_FLAG_SEEN, 0, "", NULL },
  { "the colon is no separator then", "b:2,S", '!', "b:2,S", 0, 0, "", "b:2,S!2," },
  { "no UTF-8", "b\xff:2,S", ':', "b\xff", MESSAGE_FLAG_SEEN, 0, "", NULL },
};

static void
test_parse (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (parse_rows); i++)
    {
      g_auto (MaildirName) name = { 0 };
      g_autofree char *formatted = NULL;

      g_test_message ("%s", parse_rows[i].description);
      g_assert_true (maildir_name_parse (parse_rows[i].file, parse_rows[i].separator, &name));
      g_assert_cmpstr (name.base, ==, parse_rows[i].base);
      g_assert_cmpuint (name.system, ==, parse_rows[i].system);
      g_assert_cmpuint (name.letters, ==, parse_rows[i].letters);
      g_assert_cmpstr (name.other, ==, parse_rows[i].other);
      formatted =
          maildir_name_format (name.base, parse_rows[i].separator, name.system, name.letters, name.other);
      g_assert_cmpstr (formatted, ==,
                       parse_rows[i].formatted != NULL ? parse_rows[i].formatted : parse_rows[i].file);
    }
}

static void
test_no_message (void)
{
  g_autofree char *longest = g_strnfill (255, 'x');
  g_autofree char *too_long = g_strnfill (256, 'x');
  const char *const none[] = { "", ".", "..", ".hidden:2,S", "a/b", "/", too_long };

  for (gsize i = 0; i < G_N_ELEMENTS (none); i++)
    {
      MaildirName name = { 0 };

      g_assert_false (maildir_name_parse (none[i], ':', &name));
      g_assert_null (name.base);
    }
  {
    g_auto (MaildirName) name = { 0 };

    g_assert_true (maildir_name_parse (longest, ':', &name));
  }
}

/* Any set of flags survives being written and read, with everything else that was in the name. */
static void
test_round_trip (void)
{
  const char *const others[] = { "", "X", ",S=1", "1:2", "X,:2S" };

  for (guint8 system = 0; system <= ALL; system++)
    for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
      {
        guint32 letters = (guint32)g_test_rand_int () & 0x3ffffff;
        g_autofree char *file = maildir_name_format ("base", ':', system, letters, others[i]);
        g_auto (MaildirName) name = { 0 };
        g_autofree char *again = NULL;

        g_assert_true (maildir_name_parse (file, ':', &name));
        again = maildir_name_format (name.base, ':', name.system, name.letters, name.other);
        g_assert_cmpstr (again, ==, file);
        g_assert_cmpuint (name.system, ==, system);
        g_assert_cmpuint (name.letters, ==, letters);
        g_assert_cmpstr (name.base, ==, "base");
      }
}

/* What is joined when letters are taken out from between is no second info part. */
static void
test_joined_info (void)
{
  g_auto (MaildirName) name = { 0 };
  g_auto (MaildirName) again = { 0 };
  g_autofree char *file = NULL;

  g_assert_true (maildir_name_parse ("b:2,:S2,x", ':', &name));
  file = maildir_name_format (name.base, ':', name.system, name.letters, name.other);
  g_assert_true (maildir_name_parse (file, ':', &again));
  g_assert_cmpstr (again.base, ==, "b");
  g_assert_cmpuint (again.system, ==, MESSAGE_FLAG_SEEN);
  g_assert_cmpuint (again.letters, ==, 0);
}

static void
assert_usable (const char *base)
{
  static const char separators[] = ":;!+-";

  g_assert_cmpuint (strlen (base), <, 200);
  g_assert_true (g_str_is_ascii (base));
  g_assert_null (strpbrk (base, "/:;!+- ,"));
  g_assert_cmpint (*base, !=, '.');
  for (const char *separator = separators; *separator != '\0'; separator++)
    g_assert_cmpuint (maildir_name_base_length (base, *separator), ==, strlen (base));
}

static gpointer
generate_many (gpointer data)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < 1000; i++)
    g_ptr_array_add (names, maildir_name_generate (G_GINT64_CONSTANT (1700000000000042)));
  return names;
}

static void
test_generate (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GThread *threads[4];

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("names", generate_many, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      g_autoptr (GPtrArray) names = g_thread_join (threads[i]);

      for (guint j = 0; j < names->len; j++)
        {
          const char *base = g_ptr_array_index (names, j);

          g_assert_true (g_str_has_prefix (base, "1700000000.M000042P"));
          assert_usable (base);
          g_assert_true (g_hash_table_add (seen, g_strdup (base)));
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/maildir/name/parse", test_parse);
  g_test_add_func ("/maildir/name/no-message", test_no_message);
  g_test_add_func ("/maildir/name/round-trip", test_round_trip);
  g_test_add_func ("/maildir/name/joined-info", test_joined_info);
  g_test_add_func ("/maildir/name/generate", test_generate);
  return g_test_run ();
}
