/* Delivery: contract C1.5 (bytes are exact, the date is the mtime), C2.1 (staged, then visible). */
#include "maildir-fixture.h"
#include "../../engine/maildir/maildir-delivery.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MESSAGE "Message-ID: <1@x>\r\nSubject: s\r\n\r\nbody\r\n"
#define DATE G_GINT64_CONSTANT (1234567890)

/* Finished, in tmp/. */
static void
deliver (MaildirBox *box, const char *base, const char *text, gint64 date, MaildirDelivered *delivered)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MaildirDelivery) delivery = maildir_delivery_begin (box, base, &error);

  g_assert_no_error (error);
  maildir_delivery_write (delivery, (const guint8 *)text, strlen (text), &error);
  g_assert_no_error (error);
  maildir_delivery_finish (delivery, date, delivered, &error);
  g_assert_no_error (error);
}

static void
test_deliver (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *content = NULL;
  g_autofree char *path = NULL;
  MaildirDelivered delivered = { 0 };
  struct stat info;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  deliver (box, "1.host", MESSAGE, DATE, &delivered);
  g_assert_true (maildir_box_has_tmp (box, "1.host"));
  g_assert_cmpuint (delivered.identity.size, ==, strlen (MESSAGE));
  g_assert_cmpstr (delivered.identity.message_id, ==, "<1@x>");
  g_assert_cmpuint (delivered.file_size, ==, strlen (MESSAGE) - 4);
  g_assert_cmpint (delivered.mtime_ns, ==, DATE * 1000000000);
  message_identity_clear (&delivered.identity);

  g_assert_true (maildir_box_sync_tmp (box, &error));
  g_assert_true (
      maildir_box_publish (box, "1.host", MESSAGE_FLAG_SEEN | MESSAGE_FLAG_FLAGGED, 1u << 2, &error));
  g_assert_true (maildir_box_sync (box, &error));
  g_assert_no_error (error);
  g_assert_false (maildir_box_has_tmp (box, "1.host"));
  content = maildir_fixture_get (&fixture, "INBOX/cur/1.host:2,FSc", NULL);
  g_assert_cmpstr (content, ==, "Message-ID: <1@x>\nSubject: s\n\nbody\n");
  path = maildir_fixture_path (&fixture, "INBOX/cur/1.host:2,FSc");
  g_assert_no_errno (stat (path, &info));
  g_assert_cmpint (info.st_mtime, ==, DATE);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
}

static void
test_published_name (void)
{
  const struct
  {
    char separator;
    guint8 system;
    guint32 letters;
    const char *file;
  } rows[] = {
    { ':', 0, 0, "INBOX/new/1.host" },
    { ':', MESSAGE_FLAG_SEEN, 0, "INBOX/cur/1.host:2,S" },
    { ':', 0, 1, "INBOX/cur/1.host:2,a" },
    { ';', MESSAGE_FLAG_DELETED, 0, "INBOX/cur/1.host;2,T" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (MaildirFixture) fixture = { 0 };
      g_autoptr (MaildirBox) box = NULL;
      g_autoptr (GError) error = NULL;
      MaildirDelivered delivered = { 0 };

      maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
      g_clear_pointer (&fixture.maildir, maildir_free);
      fixture.account.info_separator = rows[i].separator;
      fixture.maildir = maildir_open (&fixture.account, FALSE, &error);
      g_assert_no_error (error);
      box = maildir_fixture_inbox (&fixture);
      deliver (box, "1.host", MESSAGE, DATE, &delivered);
      message_identity_clear (&delivered.identity);
      g_assert_true (maildir_box_publish (box, "1.host", rows[i].system, rows[i].letters, &error));
      g_assert_true (maildir_fixture_has (&fixture, rows[i].file));
    }
}

/* However the message is cut, one file and one identity. */
static void
test_cuts (void)
{
  const char *const messages[] = { MESSAGE, "a\r\r\nb\r\n", "a: b\r\n\r\nbare\nline\r\n", "\r", "" };

  for (gsize i = 0; i < G_N_ELEMENTS (messages); i++)
    for (gsize chunk = 1; chunk < 5; chunk++)
      {
        g_auto (MaildirFixture) fixture = { 0 };
        g_autoptr (MaildirBox) box = NULL;
        g_autoptr (MaildirDelivery) delivery = NULL;
        g_autoptr (GError) error = NULL;
        MaildirDelivered whole = { 0 }, cut = { 0 };
        g_autofree char *whole_file = NULL;
        g_autofree char *cut_file = NULL;

        maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
        box = maildir_fixture_inbox (&fixture);
        deliver (box, "whole", messages[i], DATE, &whole);
        delivery = maildir_delivery_begin (box, "cut", &error);
        for (gsize at = 0; at < strlen (messages[i]); at += chunk)
          g_assert_true (maildir_delivery_write (delivery, (const guint8 *)messages[i] + at,
                                                 MIN (chunk, strlen (messages[i]) - at), &error));
        g_assert_true (maildir_delivery_finish (delivery, DATE, &cut, &error));
        g_assert_true (message_digest_equal (&whole.identity.full, &cut.identity.full));
        g_assert_cmpuint (whole.file_size, ==, cut.file_size);
        whole_file = maildir_fixture_get (&fixture, "INBOX/tmp/whole", NULL);
        cut_file = maildir_fixture_get (&fixture, "INBOX/tmp/cut", NULL);
        g_assert_cmpstr (whole_file, ==, cut_file);
        message_identity_clear (&whole.identity);
        message_identity_clear (&cut.identity);
      }
}

static void
test_unfinished (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (MaildirDelivery) delivery = NULL;
  g_autoptr (GError) error = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  delivery = maildir_delivery_begin (box, "1.host", &error);
  g_assert_true (maildir_delivery_write (delivery, (const guint8 *)"x", 1, &error));
  g_assert_true (maildir_box_has_tmp (box, "1.host"));
  g_clear_pointer (&delivery, maildir_delivery_free);
  g_assert_false (maildir_box_has_tmp (box, "1.host"));
}

static void
test_finished_once (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (MaildirDelivery) delivery = NULL;
  g_autoptr (GError) error = NULL;
  MaildirDelivered delivered = { 0 };

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  delivery = maildir_delivery_begin (box, "1.host", &error);
  g_assert_true (maildir_delivery_finish (delivery, DATE, &delivered, &error));
  message_identity_clear (&delivered.identity);
  g_assert_false (maildir_delivery_write (delivery, (const guint8 *)"x", 1, &error));
  g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_IO);
  g_clear_error (&error);
  g_assert_false (maildir_delivery_finish (delivery, DATE, &delivered, &error));
  g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_IO);
  g_assert_true (maildir_box_has_tmp (box, "1.host"));
}

static void
test_bad_base (void)
{
  const char *const bases[] = { "", ".", "..", "../cur/x", ".hidden", "a/b" };
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (bases); i++)
    {
      g_autoptr (GError) begin_error = NULL;
      g_autoptr (GError) publish_error = NULL;
      g_autoptr (GError) remove_error = NULL;

      g_assert_null (maildir_delivery_begin (box, bases[i], &begin_error));
      g_assert_error (begin_error, MAILDIR_ERROR, MAILDIR_ERROR_IO);
      g_assert_false (maildir_box_publish (box, bases[i], 0, 0, &publish_error));
      g_assert_error (publish_error, MAILDIR_ERROR, MAILDIR_ERROR_IO);
      g_assert_false (maildir_box_remove_tmp (box, bases[i], &remove_error));
      g_assert_error (remove_error, MAILDIR_ERROR, MAILDIR_ERROR_IO);
      g_assert_false (maildir_box_has_tmp (box, bases[i]));
    }
}

/* C2.1: never replacing. */
static void
test_exists (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *content = NULL;
  MaildirDelivered delivered = { 0 };

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  maildir_fixture_put (&fixture, "INBOX/cur/1.host:2,S", "precious");
  deliver (box, "1.host", MESSAGE, DATE, &delivered);
  message_identity_clear (&delivered.identity);
  g_assert_null (maildir_delivery_begin (box, "1.host", &error));
  g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_EXISTS);
  g_clear_error (&error);
  g_assert_false (maildir_box_publish (box, "1.host", MESSAGE_FLAG_SEEN, 0, &error));
  g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_EXISTS);
  content = maildir_fixture_get (&fixture, "INBOX/cur/1.host:2,S", NULL);
  g_assert_cmpstr (content, ==, "precious");
  g_assert_true (maildir_box_has_tmp (box, "1.host"));
}

static void
test_gone (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (GError) error = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  g_assert_false (maildir_box_publish (box, "1.host", 0, 0, &error));
  g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_GONE);
}

/* A crash between link and unlink, on a file system that can't rename without replacing. */
static void
test_half_renamed (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *from = NULL;
  g_autofree char *to = NULL;
  MaildirDelivered delivered = { 0 };

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  deliver (box, "1.host", MESSAGE, DATE, &delivered);
  message_identity_clear (&delivered.identity);
  from = maildir_fixture_path (&fixture, "INBOX/tmp/1.host");
  to = maildir_fixture_path (&fixture, "INBOX/new/1.host");
  g_assert_no_errno (link (from, to));
  g_assert_true (maildir_box_publish (box, "1.host", 0, 0, &error));
  g_assert_no_error (error);
  g_assert_false (maildir_box_has_tmp (box, "1.host"));
  g_assert_true (maildir_fixture_has (&fixture, "INBOX/new/1.host"));
}

static void
test_remove_tmp (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (GError) error = NULL;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  maildir_fixture_put (&fixture, "INBOX/tmp/1.host", "");
  g_assert_true (maildir_box_remove_tmp (box, "1.host", &error));
  g_assert_false (maildir_box_has_tmp (box, "1.host"));
  g_assert_true (maildir_box_remove_tmp (box, "1.host", &error));
}

/* What was put into a cur/ that is no longer the mailbox's is not said to be there. */
static void
test_taken_away (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *cur = NULL;
  g_autofree char *away = NULL;
  MaildirDelivered delivered = { 0 };

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  deliver (box, "1.host", MESSAGE, DATE, &delivered);
  message_identity_clear (&delivered.identity);
  cur = maildir_fixture_path (&fixture, "INBOX/cur");
  away = maildir_fixture_path (&fixture, "INBOX/old");
  g_assert_no_errno (g_rename (cur, away));
  g_assert_no_errno (g_mkdir (cur, 0700));
  g_assert_true (maildir_box_publish (box, "1.host", MESSAGE_FLAG_SEEN, 0, &error));
  g_assert_false (maildir_box_sync (box, &error));
  g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_DAMAGED);
}

static void
test_dates (void)
{
  const gint64 dates[] = { 0, 1, -1, 4102444800, G_MAXINT64, G_MININT64 };

  for (gsize i = 0; i < G_N_ELEMENTS (dates); i++)
    {
      g_auto (MaildirFixture) fixture = { 0 };
      g_autoptr (MaildirBox) box = NULL;
      g_autofree char *path = NULL;
      MaildirDelivered delivered = { 0 };
      struct stat info;

      maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
      box = maildir_fixture_inbox (&fixture);
      deliver (box, "1.host", MESSAGE, dates[i], &delivered);
      message_identity_clear (&delivered.identity);
      path = maildir_fixture_path (&fixture, "INBOX/tmp/1.host");
      g_assert_no_errno (stat (path, &info));
      if (dates[i] > G_MININT32 && dates[i] < G_GINT64_CONSTANT (5000000000))
        {
          g_assert_cmpint (info.st_mtime, ==, dates[i]);
          g_assert_cmpint (delivered.mtime_ns, ==, dates[i] * 1000000000);
        }
    }
}

/* What a crash left in tmp/ goes after a day and a half, whatever date the message itself has. */
static void
test_clean_tmp (void)
{
  g_auto (MaildirFixture) fixture = { 0 };
  g_autoptr (MaildirBox) box = NULL;
  MaildirDelivered delivered = { 0 };
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  maildir_fixture_init (&fixture, ACCOUNT_LAYOUT_NESTED);
  box = maildir_fixture_inbox (&fixture);
  deliver (box, "1.host", MESSAGE, DATE, &delivered);
  message_identity_clear (&delivered.identity);
  maildir_box_clean_tmp (box, now + 35 * 60 * 60);
  g_assert_true (maildir_box_has_tmp (box, "1.host"));
  maildir_box_clean_tmp (box, now + 37 * 60 * 60);
  g_assert_false (maildir_box_has_tmp (box, "1.host"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/maildir/delivery/C2.1/deliver", test_deliver);
  g_test_add_func ("/maildir/delivery/published-name", test_published_name);
  g_test_add_func ("/maildir/delivery/C1.5/cuts", test_cuts);
  g_test_add_func ("/maildir/delivery/unfinished", test_unfinished);
  g_test_add_func ("/maildir/delivery/finished-once", test_finished_once);
  g_test_add_func ("/maildir/delivery/bad-base", test_bad_base);
  g_test_add_func ("/maildir/delivery/C2.1/exists", test_exists);
  g_test_add_func ("/maildir/delivery/C2.1/gone", test_gone);
  g_test_add_func ("/maildir/delivery/half-renamed", test_half_renamed);
  g_test_add_func ("/maildir/delivery/remove-tmp", test_remove_tmp);
  g_test_add_func ("/maildir/delivery/clean-tmp", test_clean_tmp);
  g_test_add_func ("/maildir/delivery/C1.2/taken-away", test_taken_away);
  g_test_add_func ("/maildir/delivery/C1.5/dates", test_dates);
  return g_test_run ();
}
