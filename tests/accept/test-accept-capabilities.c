/* The server's optional capabilities hidden, one by one and all together: the outcome is the same. */
#include "accept-sides.h"
#include "sample-mail.h"

#include <glib/gstdio.h>
#include <string.h>

#define MESSAGES 300

/* What Dovecot announces and IMAP4rev1 lacks, as far as it changes what a client does. */
static const char *const optional[] = {
  "LITERAL+",    "UIDPLUS", "MOVE",      "CONDSTORE",   "QRESYNC", "ESEARCH",     "LIST-EXTENDED",
  "LIST-STATUS", "ENABLE",  "NAMESPACE", "SPECIAL-USE", "ID",      "CHILDREN",    "MULTIAPPEND",
  "UNSELECT",    "SASL-IR", "SEARCHRES", "WITHIN",      "BINARY",  "STATUS=SIZE", "SAVEDATE",
};

/* (transfer full): all but `hidden`; everything hidden when that is "all". */
static char *
capability_line (const char *hidden)
{
  GString *line = g_string_new ("IMAP4rev1");

  for (guint i = 0; i < G_N_ELEMENTS (optional); i++)
    if (!g_str_equal (hidden, "all") && !g_str_equal (hidden, optional[i]))
      g_string_append_printf (line, " %s", optional[i]);
  return g_string_free (line, FALSE);
}

static void
fill_server (const AcceptAccount *account)
{
  g_autoptr (ImapClient) client = accept_account_client (account);
  g_auto (GStrv) present = imap_client_list (client);

  for (guint i = 0; sample_mailboxes[i] != NULL; i++)
    if (!g_strv_contains ((const char *const *)present, sample_mailboxes[i]))
      imap_client_create (client, sample_mailboxes[i]);
  for (guint i = 0; i < MESSAGES; i++)
    {
      g_autoptr (SampleMessage) message = sample_message_new (5, i, 0);

      imap_client_append (client, message->mailbox, message->flags, message->date,
                          g_bytes_get_data (message->bytes, NULL), g_bytes_get_size (message->bytes));
    }
}

static int
compare_dates (gconstpointer a, gconstpointer b)
{
  gint64 left = (*(AcceptFile *const *)a)->date;
  gint64 right = (*(AcceptFile *const *)b)->date;

  return left < right ? -1 : left > right;
}

/* In the order of their dates, which is the same in every play. */
static GPtrArray *
files_by_date (const AcceptAccount *account, const char *mailbox)
{
  GPtrArray *files = accept_local_files (account, mailbox);

  g_ptr_array_sort (files, compare_dates);
  g_assert_cmpuint (files->len, >, 8);
  return files;
}

static void
change_here (const AcceptAccount *account)
{
  static const char text[] = "Subject: written here\nMessage-ID: <here@accept.example>\n"
                             "Date: Mon, 02 Jan 2023 10:00:00 +0000\n\nbody\n";
  g_autoptr (GPtrArray) inbox = files_by_date (account, "INBOX");
  g_autoptr (GPtrArray) archive = files_by_date (account, "Archive");
  const AcceptFile *moved = g_ptr_array_index (archive, 2);
  g_autofree char *name = g_path_get_basename (moved->path);
  g_autofree char *target = g_build_filename (account->maildir, "Sent", "cur", name, NULL);

  for (guint i = 0; i < 3; i++)
    accept_set_letters (((AcceptFile *)g_ptr_array_index (inbox, i))->path, "FRS");
  for (guint i = 3; i < 5; i++)
    g_assert_cmpint (g_unlink (((AcceptFile *)g_ptr_array_index (inbox, i))->path), ==, 0);
  g_assert_cmpint (g_rename (moved->path, target), ==, 0);
  g_free (accept_deliver (account, "INBOX", "S", 1690000000, text, strlen (text)));
  g_free (accept_deliver (account, "New here", "F", 1690000001, text, strlen (text)));
}

static void
change_there (const AcceptAccount *account)
{
  static const char text[] = "Subject: written there\r\nMessage-ID: <there@accept.example>\r\n"
                             "Date: Mon, 02 Jan 2023 11:00:00 +0000\r\n\r\nbody\r\n";
  g_autoptr (ImapClient) client = accept_account_client (account);

  imap_client_store (client, "Sent", "1:2", "+FLAGS (\\Flagged $Todo)");
  imap_client_store (client, "Sent", "3", "FLAGS (\\Answered)");
  imap_client_expunge (client, "Work", "1:2");
  imap_client_append (client, "Work", "\\Seen", 1690000002, text, strlen (text));
}

/* (transfer full): what both sides hold in the end. */
static GPtrArray *
play (const char *const *options)
{
  g_autoptr (ServerFixture) server = server_fixture_start ("dovecot", options);
  g_autoptr (AcceptAccount) account = accept_account_new (server, NULL);
  GPtrArray *side;

  fill_server (account);
  g_free (accept_account_sync (account, 0));
  accept_assert_equal (account, MESSAGES);
  change_here (account);
  change_there (account);
  g_free (accept_account_sync (account, 0));
  g_free (accept_account_sync (account, 0));
  side = accept_remote_side (account);
  accept_assert_equal (account, accept_count (side));
  g_assert_cmpuint (accept_count_in (side, "New here"), ==, 1);
  return side;
}

typedef struct
{
  const char *name;
  GPtrArray **expected; /* (element-type utf8): with nothing hidden, played once for all */
} Hidden;

static void
test_hidden (gconstpointer data)
{
  const Hidden *hidden = data;
  const char *const usual[] = { "--no-fsync", NULL };
  g_autofree char *line = capability_line (hidden->name);
  const char *const options[] = { "--no-fsync", "--capability", line, NULL };
  g_autoptr (GPtrArray) found = play (options);

  if (*hidden->expected == NULL)
    *hidden->expected = play (usual);
  accept_assert_same_side (*hidden->expected, found);
}

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) expected = NULL;
  Hidden hidden[G_N_ELEMENTS (optional) + 1] = { { "all", &expected } };

  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/accept/capabilities/all", &hidden[0], test_hidden);
  for (guint i = 0; i < G_N_ELEMENTS (optional); i++)
    {
      g_autofree char *path = g_strconcat ("/accept/capabilities/", optional[i], NULL);

      hidden[i + 1] = (Hidden){ optional[i], &expected };
      g_test_add_data_func (path, &hidden[i + 1], test_hidden);
    }
  return g_test_run ();
}
