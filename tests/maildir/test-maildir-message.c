/* One message's file: contract C1.5 (uploads), C2.4, C3.1, C3.2. */
#include "maildir-fixture.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LETTER(c) (1u << ((c) - 'a'))
#define ALL MESSAGE_FLAGS_ALL_SYSTEM
#define SEEN MESSAGE_FLAG_SEEN
#define FLAGGED MESSAGE_FLAG_FLAGGED

static const struct
{
  const char *description;
  const char *before; /* beneath INBOX */
  guint8 system, system_mask;
  guint32 letters, letters_mask;
  const char *after;
} flag_rows[] = {
  { "from new, a flag", "new/m", SEEN, ALL, 0, 0, "cur/m:2,S" },
  { "from new, a keyword", "new/m", 0, 0, LETTER ('b'), LETTER ('b'), "cur/m:2,b" },
  { "from new, nothing", "new/m", 0, ALL, 0, 0, "new/m" },
  { "from new, a flag that is in the name already", "new/m:2,S", SEEN, ALL, 0, 0, "cur/m:2,S" },
  { "from new, the last flag goes", "new/m:2,S", 0, ALL, 0, 0, "new/m" },
  { "added", "cur/m:2,F", SEEN, SEEN, 0, 0, "cur/m:2,FS" },
  { "taken away", "cur/m:2,FS", 0, FLAGGED, 0, 0, "cur/m:2,S" },
  { "the last one taken away: stays in cur", "cur/m:2,S", 0, ALL, 0, 0, "cur/m:2," },
  { "only what the mask names", "cur/m:2,Fab", SEEN, SEEN, LETTER ('c'), LETTER ('a') | LETTER ('c'),
    "cur/m:2,FSbc" },
  { "bits outside the mask are not looked at", "cur/m:2,F", ALL, SEEN, G_MAXUINT32, LETTER ('z'),
    "cur/m:2,FSz" },
  { "nothing to change", "cur/m:2,FS", SEEN, SEEN, 0, 0, "cur/m:2,FS" },
  { "nothing to change in an unsorted name", "cur/m:2,SF", SEEN, SEEN, 0, 0, "cur/m:2,SF" },
  { "nothing to change without an info part", "cur/m", 0, ALL, 0, G_MAXUINT32, "cur/m" },
  { "what nobody knows is kept", "cur/m:2,SX,S=1", FLAGGED, FLAGGED, 0, 0, "cur/m:2,FSX,S=1" },
};

static void
check_flag_row (const MaildirFixture *fixture, MaildirBox *box, gsize row, const char *hint,
                gboolean hint_in_new)
{
  const MaildirPlace place = { .base = "m", .file = hint, .in_new = hint_in_new };
  g_autoptr (GError) error = NULL;
  g_autofree char *before = g_strconcat ("INBOX/", flag_rows[row].before, NULL);
  g_autofree char *after = g_strconcat ("INBOX/", flag_rows[row].after, NULL);
  g_autofree char *file = NULL;

  maildir_fixture_put (fixture, before, "content");
  g_assert_true (maildir_message_set_flags (box, &place, flag_rows[row].system, flag_rows[row].system_mask,
                                            flag_rows[row].letters, flag_rows[row].letters_mask, &file,
                                            &error));
  g_assert_no_error (error);
  g_assert_cmpstr (file, ==, flag_rows[row].after + strlen ("cur/"));
  g_assert_true (maildir_fixture_has (fixture, after));
  g_assert_cmpint (maildir_fixture_has (fixture, before), ==, g_str_equal (before, after));
  maildir_fixture_remove (fixture, after);
}

static void
test_set_flags (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  for (gsize row = 0; row < G_N_ELEMENTS (flag_rows); row++)
    {
      const char *right = flag_rows[row].before + strlen ("cur/");
      gboolean in_new = g_str_has_prefix (flag_rows[row].before, "new/");

      g_test_message ("%s", flag_rows[row].description);
      check_flag_row (&fixture, box, row, NULL, FALSE);
      check_flag_row (&fixture, box, row, right, in_new);
      check_flag_row (&fixture, box, row, right, !in_new);
      check_flag_row (&fixture, box, row, "m:2,T", FALSE);
    }
}

/* Equal flags touch neither file nor directory. */
static const struct
{
  const char *description;
  const char *file; /* beneath INBOX */
  guint8 system;
  guint32 letters;
  gboolean found;
} guess_rows[] = {
  { "as this program writes it", "cur/m:2,FSb", SEEN | FLAGGED, LETTER ('b'), TRUE },
  { "without flags", "cur/m:2,", 0, 0, TRUE },
  { "not opened yet", "new/m", 0, 0, TRUE },
  { "not opened yet, and flags expected", "new/m", SEEN, 0, FALSE },
  { "other flags", "cur/m:2,F", SEEN, 0, FALSE },
  { "in another order", "cur/m:2,SF", SEEN | FLAGGED, 0, FALSE },
  { "with what nobody knows", "cur/m:2,SX", SEEN, 0, FALSE },
  { "another message", "cur/mm:2,S", SEEN, 0, FALSE },
};

/* Where a file must be if nobody touched it, without a look at the directory. */
static void
test_guess (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  for (gsize row = 0; row < G_N_ELEMENTS (guess_rows); row++)
    {
      g_autofree char *path = g_strconcat ("INBOX/", guess_rows[row].file, NULL);
      g_autofree char *file = NULL;
      MaildirFileStamp stamp = { 0 };
      gboolean in_new = FALSE;

      g_test_message ("%s", guess_rows[row].description);
      maildir_fixture_put (&fixture, path, "content");
      g_assert_cmpint (maildir_message_guess (box, "m", guess_rows[row].system, guess_rows[row].letters,
                                              &file, &in_new, &stamp),
                       ==, guess_rows[row].found);
      if (guess_rows[row].found)
        {
          g_assert_cmpstr (file, ==, guess_rows[row].file + strlen ("cur/"));
          g_assert_cmpint (in_new, ==, g_str_has_prefix (guess_rows[row].file, "new/"));
          g_assert_cmpuint (stamp.size, ==, strlen ("content"));
        }
      maildir_fixture_remove (&fixture, path);
    }
}

static void
test_untouched (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (MaildirScan) scan = NULL;
  g_autoptr (GError) error = NULL;
  const MaildirPlace place = { .base = "m", .file = "m:2,S" };
  MaildirFileStamp before, after;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  maildir_fixture_put (&fixture, "INBOX/cur/m:2,S", "content");
  scan = maildir_scan (box, &error);
  g_assert_true (maildir_message_stat (box, &place, &before, &error));
  g_assert_true (maildir_message_set_flags (box, &place, SEEN, ALL, 0, G_MAXUINT32, NULL, &error));
  g_assert_true (maildir_message_stat (box, &place, &after, &error));
  g_assert_cmpmem (&before, sizeof before, &after, sizeof after);
  g_assert_true (maildir_scan_is_current (box, scan));
}

static void
test_set_flags_exists (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *content = NULL;
  const MaildirPlace place = { .base = "m", .file = "m:2," };

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  maildir_fixture_put (&fixture, "INBOX/cur/m:2,", "one");
  maildir_fixture_put (&fixture, "INBOX/cur/m:2,S", "two");
  g_assert_false (maildir_message_set_flags (box, &place, SEEN, SEEN, 0, 0, NULL, &error));
  g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_EXISTS);
  content = maildir_fixture_get (&fixture, "INBOX/cur/m:2,S", NULL);
  g_assert_cmpstr (content, ==, "two");
}

static void
test_gone (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  const MaildirPlace place = { .base = "m", .file = "m:2,S" };
  MessageIdentity identity = { 0 };
  MaildirFileStamp stamp = { 0 };

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  for (guint call = 0; call < 7; call++)
    {
      g_autoptr (GError) error = NULL;
      gboolean result = call == 0   ? maildir_message_open (box, &place, NULL, &error) >= 0
                        : call == 1 ? maildir_message_identify (box, &place, &identity, NULL, &error)
                        : call == 2 ? maildir_upload_open (box, &place, NULL, &error) != NULL
                        : call == 3 ? maildir_message_set_flags (box, &place, 0, 0, 0, 0, NULL, &error)
                        : call == 4 ? maildir_message_stat (box, &place, &stamp, &error)
                        : call == 5 ? maildir_message_set_mtime (box, &place, 1, &error)
                                    : maildir_message_remove (box, &place, &stamp, &error);

      g_assert_false (result);
      g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_GONE);
    }
}

/* threats.md 3: a file replaced by a symbolic link or a FIFO is neither read nor waited for. */
static void
test_not_regular (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autofree char *link = NULL;
  g_autofree char *fifo = NULL;
  const char *const files[] = { "link:2,S", "fifo:2,S", "directory:2,S" };

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  link = maildir_fixture_path (&fixture, "INBOX/cur/link:2,S");
  fifo = maildir_fixture_path (&fixture, "INBOX/cur/fifo:2,S");
  g_assert_no_errno (symlink ("/etc/passwd", link));
  g_assert_no_errno (mkfifo (fifo, 0600));
  maildir_fixture_make_directory (&fixture, "INBOX/cur/directory:2,S");
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *base = g_strndup (files[i], strlen (files[i]) - strlen (":2,S"));
      const MaildirPlace place = { .base = base, .file = files[i] };
      const MaildirFileStamp stamp = { 0 };

      g_assert_cmpint (maildir_message_open (box, &place, NULL, &error), ==, -1);
      g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_GONE);
      g_clear_error (&error);
      g_assert_false (maildir_message_set_flags (box, &place, 0, ALL, 0, 0, NULL, &error));
      g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_GONE);
      g_clear_error (&error);
      g_assert_false (maildir_message_remove (box, &place, &stamp, &error));
      g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_GONE);
    }
}

/* A hint is a hint: one that names another message, or leads elsewhere, is not followed. */
static void
test_wrong_hint (void)
{
  const char *const hints[] = { "other:2,S", "../cur/other:2,S", "", "..", "m:2,S" };
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  maildir_fixture_put (&fixture, "INBOX/cur/other:2,S", "other");
  maildir_fixture_put (&fixture, "INBOX/new/m", "it");
  for (gsize i = 0; i < G_N_ELEMENTS (hints); i++)
    {
      g_autoptr (GError) error = NULL;
      const MaildirPlace place = { .base = "m", .file = hints[i] };
      MaildirFileStamp stamp;

      g_assert_true (maildir_message_stat (box, &place, &stamp, &error));
      g_assert_cmpuint (stamp.size, ==, strlen ("it"));
    }
}

static void
test_identify (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (MessageIdentity) identity = { 0 };
  const MaildirPlace place = { .base = "m" };
  MaildirFileStamp stamp;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  maildir_fixture_put (&fixture, "INBOX/cur/m:2,S", "Message-ID: <1@x>\nX-TUID: abc\n\nbody\n");
  g_assert_true (maildir_message_identify (box, &place, &identity, &stamp, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (identity.message_id, ==, "<1@x>");
  g_assert_cmpuint (stamp.size, ==, strlen ("Message-ID: <1@x>\nX-TUID: abc\n\nbody\n"));
  g_assert_cmpuint (identity.wire_size, ==, stamp.size + 4);
  g_assert_cmpuint (identity.size, ==, identity.wire_size - strlen ("X-TUID: abc\r\n"));
}

static const struct
{
  const char *description;
  const char *file;
  const char *sent;
} upload_rows[] = {
  { "LF becomes CRLF", "a\nb\n", "a\r\nb\r\n" },
  { "CRLF stays", "a\r\nb\r\n", "a\r\nb\r\n" },
  { "a mixture", "a\r\nb\nc", "a\r\nb\r\nc" },
  { "CR CR LF stays", "a\r\r\nb\n", "a\r\r\nb\r\n" },
  { "a bare CR stays", "a\rb\n", "a\rb\r\n" },
  { "a CR at the end", "a\n\r", "a\r\n\r" },
  { "line ends only", "\n\n\r\n\n", "\r\n\r\n\r\n\r\n" },
  { "empty", "", "" },
};

/* All octets an upload gives, asked for in pieces of `size`. */
static GByteArray *
read_upload (MaildirUpload *upload, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *piece = g_malloc (size);
  GByteArray *sent = g_byte_array_new ();
  gsize length;

  do
    {
      g_assert_true (maildir_upload_read (piece, size, &length, upload, &error));
      g_byte_array_append (sent, piece, (guint)length);
    }
  while (length > 0);
  return sent;
}

/* C1.5: the file with each bare LF made CRLF and nothing else changed. */
static void
test_upload (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  const MaildirPlace place = { .base = "m" };

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (upload_rows); i++)
    for (gsize size = 1; size < 8; size++)
      {
        g_autoptr (MaildirUpload) upload = NULL;
        g_autoptr (GByteArray) sent = NULL;
        g_autoptr (GError) error = NULL;

        g_test_message ("%s", upload_rows[i].description);
        maildir_fixture_put (&fixture, "INBOX/new/m", upload_rows[i].file);
        upload = maildir_upload_open (box, &place, NULL, &error);
        g_assert_no_error (error);
        sent = read_upload (upload, size);
        g_assert_cmpmem (sent->data, sent->len, upload_rows[i].sent, strlen (upload_rows[i].sent));
      }
}

/* Larger than the buffer: as long as the identity says, to the octet. */
static void
test_upload_large (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (MaildirUpload) upload = NULL;
  g_autoptr (GByteArray) sent = NULL;
  g_autoptr (GString) file = g_string_new ("Subject: large\n\n");
  g_autoptr (GString) wire = g_string_new ("Subject: large\r\n\r\n");
  g_autoptr (GError) error = NULL;
  g_auto (MessageIdentity) identity = { 0 };
  const MaildirPlace place = { .base = "m" };

  for (guint i = 0; i < 40000; i++)
    {
      g_string_append_printf (file, "line %u%s", i, i % 3 == 0 ? "\r\n" : "\n");
      g_string_append_printf (wire, "line %u\r\n", i);
    }
  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  maildir_fixture_put (&fixture, "INBOX/new/m", file->str);
  g_assert_true (maildir_message_identify (box, &place, &identity, NULL, &error));
  upload = maildir_upload_open (box, &place, NULL, &error);
  sent = read_upload (upload, 10007);
  g_assert_cmpuint (sent->len, ==, identity.wire_size);
  g_assert_cmpmem (sent->data, sent->len, wire->str, wire->len);
}

/* C3.1: size, mtime and ctime. */
static void
test_upload_unchanged (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (MaildirUpload) upload = NULL;
  g_autoptr (GError) error = NULL;
  const MaildirPlace place = { .base = "m" };
  MaildirFileStamp stamp, other;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  maildir_fixture_put (&fixture, "INBOX/new/m", "text");
  upload = maildir_upload_open (box, &place, &stamp, &error);
  g_assert_true (maildir_upload_is_unchanged (upload, &stamp));
  for (guint field = 0; field < 3; field++)
    {
      other = stamp;
      other.size += field == 0;
      other.mtime_ns += field == 1;
      other.ctime_ns += field == 2;
      g_assert_false (maildir_upload_is_unchanged (upload, &other));
    }
  maildir_fixture_put (&fixture, "INBOX/new/m", "longer text");
  g_assert_false (maildir_upload_is_unchanged (upload, &stamp));
}

static void
test_set_mtime (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (GError) error = NULL;
  const MaildirPlace place = { .base = "m" };
  MaildirFileStamp stamp;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  maildir_fixture_put (&fixture, "INBOX/cur/m:2,S", "text");
  g_assert_true (maildir_message_set_mtime (box, &place, 1234567890, &error));
  g_assert_true (maildir_message_stat (box, &place, &stamp, &error));
  g_assert_cmpint (stamp.mtime_ns, ==, G_GINT64_CONSTANT (1234567890000000000));
}

/* C3.1: looked at before every unlink. */
static void
test_remove (void)
{
  const struct
  {
    const char *description;
    gint64 size, mtime_ns, ctime_ns; /* added to the stamp */
    gboolean removed;
  } rows[] = {
    { "as it was", 0, 0, 0, TRUE },
    { "its flags were changed meanwhile", 0, 0, -1, TRUE },
    { "another size", 1, 0, 0, FALSE },
    { "another date", 0, 1, 0, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (MaildirFixture) fixture = { 0 };
      g_autoptr (MaildirBox) box = NULL;
      g_autoptr (GError) error = NULL;
      const MaildirPlace place = { .base = "m", .file = "m", .in_new = TRUE };
      MaildirFileStamp stamp;

      g_test_message ("%s", rows[i].description);
      maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
      box = maildir_fixture_inbox (&fixture);
      maildir_fixture_put (&fixture, "INBOX/cur/m:2,S", "text");
      g_assert_true (maildir_message_stat (box, &place, &stamp, &error));
      stamp.size += (guint64)rows[i].size;
      stamp.mtime_ns += rows[i].mtime_ns;
      stamp.ctime_ns += rows[i].ctime_ns;
      g_assert_cmpint (maildir_message_remove (box, &place, &stamp, &error), ==, rows[i].removed);
      if (!rows[i].removed)
        g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_IO);
      g_assert_cmpint (maildir_fixture_has (&fixture, "INBOX/cur/m:2,S"), ==, !rows[i].removed);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/maildir/message/C3.2/set-flags", test_set_flags);
  g_test_add_func ("/maildir/message/guess", test_guess);
  g_test_add_func ("/maildir/message/untouched", test_untouched);
  g_test_add_func ("/maildir/message/set-flags-exists", test_set_flags_exists);
  g_test_add_func ("/maildir/message/gone", test_gone);
  g_test_add_func ("/maildir/message/not-regular", test_not_regular);
  g_test_add_func ("/maildir/message/wrong-hint", test_wrong_hint);
  g_test_add_func ("/maildir/message/identify", test_identify);
  g_test_add_func ("/maildir/message/C1.5/upload", test_upload);
  g_test_add_func ("/maildir/message/C1.5/upload-large", test_upload_large);
  g_test_add_func ("/maildir/message/C3.1/upload-unchanged", test_upload_unchanged);
  g_test_add_func ("/maildir/message/C1.5/set-mtime", test_set_mtime);
  g_test_add_func ("/maildir/message/C3.1/remove", test_remove);
  return g_test_run ();
}
