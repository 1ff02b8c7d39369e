/* Messages that servers rewrite or refuse: each is stored once, or refused and named while all else goes on;
 * there is no loop and no duplicate, also when the answer to an upload is lost (C1.5, C2.1, C5.4). */
#include "accept-sides.h"
#include "imap-proxy.h"

#include <string.h>

typedef struct
{
  const char *name;
  const char *bytes;
  gsize length;           /* 0: that of the text */
  gboolean cyrus_refuses; /* APPEND answers NO */
  gboolean dovecot_refuses;
} Odd;

#define HEAD(name) "From: Ada <ada@example.org>\nSubject: " name "\nDate: Mon, 02 Jan 2023 10:00:00 +0000\n"
#define ID(name) "Message-ID: <" name "@odd.example>\n"
#define WITH_LENGTH(text) text, sizeof (text) - 1

static const Odd odds[] = {
  { "NUL in the body", WITH_LENGTH (HEAD ("nul") ID ("nul") "\nbefore\0after\n"), TRUE, FALSE },
  { "bare CR", HEAD ("bare CR") ID ("cr") "\nbefore\rafter\n", 0, FALSE, FALSE },
  { "CR CR LF", HEAD ("CR CR LF") ID ("crcrlf") "\nbefore\r\r\nafter\n", 0, FALSE, FALSE },
  { "CRLF and bare LF mixed", HEAD ("mixed") ID ("mixed") "\none\r\ntwo\nthree\r\n", 0, FALSE, FALSE },
  { "CRLF throughout", "Subject: crlf\r\nMessage-ID: <crlf@odd.example>\r\n\r\none\r\ntwo\r\n", 0, FALSE,
    FALSE },
  { "8-bit header", HEAD ("caf\303\251 \377") ID ("eight") "\nbody\n", 0, FALSE, FALSE },
  { "8-bit header, no Message-ID", HEAD ("th\303\251 \376") "\nbody without id\n", 0, FALSE, FALSE },
  { "no bytes", "", 0, TRUE, TRUE },
  { "no header", "\njust a body, and no header\n", 0, FALSE, FALSE },
  { "header only", "Subject: header only\nMessage-ID: <header@odd.example>\n", 0, FALSE, FALSE },
  { "no final line end", HEAD ("no final line end") ID ("nofinal") "\nlast line", 0, FALSE, FALSE },
  { "two alike, one", HEAD ("alike") ID ("alike") "\nreal duplicates\n", 0, FALSE, FALSE },
  { "two alike, two", HEAD ("alike") ID ("alike") "\nreal duplicates\n", 0, FALSE, FALSE },
};

/* One for each text: of two alike the second may go up as a copy of the first, which keeps its date. */
static gint64
odd_date (guint index)
{
  const gboolean is_again = index > 0 && g_str_equal (odds[index].bytes, odds[index - 1].bytes);

  return 1690000000 + index - is_again;
}

static gsize
odd_length (const Odd *odd)
{
  return odd->length > 0 ? odd->length : strlen (odd->bytes);
}

static gboolean
is_refused (const AcceptAccount *account, const Odd *odd)
{
  return g_str_equal (account->server->kind, "cyrus") ? odd->cyrus_refuses : odd->dovecot_refuses;
}

/* A line of 10 KB, as the table can't hold it. (transfer full) */
static char *
long_line_text (void)
{
  g_autofree char *line = g_strnfill (10 * 1024, 'x');

  return g_strconcat (HEAD ("long line") ID ("long"), "\n", line, "\nend\n", NULL);
}

/* What no server changes: no line ends, and one letter for everything that is not ASCII. (transfer full) */
static char *
canonical (const char *data, gsize length)
{
  GString *out = g_string_new (NULL);

  for (gsize i = 0; i < length; i++)
    if (data[i] == '\0' || (guchar)data[i] >= 0x80)
      g_string_append_c (out, 'X');
    else if (data[i] != '\r' && data[i] != '\n')
      g_string_append_c (out, data[i]);
  return g_string_free (out, FALSE);
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

/* (transfer full): sorted */
static GPtrArray *
remote_canonical (const AcceptAccount *account, const char *mailbox)
{
  g_autoptr (ImapClient) client = accept_account_client (account);
  g_autoptr (GPtrArray) messages = imap_client_fetch_all (client, mailbox);
  GPtrArray *out = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < messages->len; i++)
    {
      const ImapClientMessage *message = g_ptr_array_index (messages, i);

      g_ptr_array_add (out,
                       canonical (g_bytes_get_data (message->body, NULL), g_bytes_get_size (message->body)));
    }
  g_ptr_array_sort (out, compare_strings);
  return out;
}

/* Puts all odd messages, and one that is not, into the Maildir. (transfer full): what has to arrive. */
static GPtrArray *
deliver_all (const AcceptAccount *account, const char *mailbox)
{
  GPtrArray *expected = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *long_line = long_line_text ();

  for (guint i = 0; i < G_N_ELEMENTS (odds); i++)
    {
      const Odd *odd = &odds[i];

      g_free (accept_deliver (account, mailbox, "S", odd_date (i), odd->bytes, odd_length (odd)));
      if (!is_refused (account, odd))
        g_ptr_array_add (expected, canonical (odd->bytes, odd_length (odd)));
    }
  g_free (accept_deliver (account, mailbox, "F", 1690001000, long_line, strlen (long_line)));
  g_ptr_array_add (expected, canonical (long_line, strlen (long_line)));
  g_ptr_array_sort (expected, compare_strings);
  return expected;
}

static guint
count_refused (const AcceptAccount *account)
{
  guint count = 0;

  for (guint i = 0; i < G_N_ELEMENTS (odds); i++)
    count += is_refused (account, &odds[i]);
  return count;
}

static guint
count_occurrences (const char *text, const char *part)
{
  guint count = 0;

  for (const char *at = strstr (text, part); at != NULL; at = strstr (at + 1, part))
    count++;
  return count;
}

/* C5.4: refused ones are named, once a run, and hold up nothing. */
static void
test_up (gconstpointer kind)
{
  g_autoptr (ServerFixture) server = accept_server_start (kind);
  g_autoptr (AcceptAccount) account = accept_account_new (server, NULL);
  g_autoptr (GPtrArray) expected = NULL;
  g_autoptr (GPtrArray) local = NULL;
  guint refused;

  g_free (accept_account_sync (account, 0));
  expected = deliver_all (account, "Odd");
  refused = count_refused (account);
  local = accept_local_side (account);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *said = accept_account_sync (account, refused > 0 ? 1 : 0);
      g_autoptr (GPtrArray) remote = remote_canonical (account, "Odd");
      g_autoptr (GPtrArray) local_after = accept_local_side (account);

      accept_assert_same_side (expected, remote);
      accept_assert_same_side (local, local_after);
      if (i == 0)
        g_assert_cmpuint (count_occurrences (said, "work/Odd"), >=, refused);
    }
}

/* Puts it on the server as another client would: Cyrus takes bare LFs from nobody. */
static void
append (ImapClient *client, const Odd *odd, guint index, gboolean as_it_is)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (gsize i = 0; i < odd_length (odd); i++)
    {
      if (!as_it_is && odd->bytes[i] == '\n' && (i == 0 || odd->bytes[i - 1] != '\r'))
        g_string_append_c (text, '\r');
      g_string_append_c (text, odd->bytes[i]);
    }
  imap_client_append (client, "Odd", "\\Seen", 1690000000 + index, text->str, text->len);
}

/* C1.5: a file has LF for CRLF exactly when that can be undone, else it is the server's bytes. */
static void
assert_exact_file (const AcceptFile *file, GPtrArray *messages)
{
  g_autofree char *content = NULL;
  g_autofree char *with_crlf = NULL;
  g_auto (GStrv) lines = NULL;
  gsize length;

  g_assert_true (g_file_get_contents (file->path, &content, &length, NULL));
  lines = g_strsplit (content, "\n", -1);
  with_crlf = g_strjoinv ("\r\n", lines);
  for (guint i = 0; i < messages->len; i++)
    {
      const ImapClientMessage *message = g_ptr_array_index (messages, i);
      gsize size;
      const char *data = g_bytes_get_data (message->body, &size);

      if ((size == length && memcmp (data, content, size) == 0) ||
          (size == strlen (with_crlf) && memcmp (data, with_crlf, size) == 0))
        return;
    }
  g_error ("no message on the server has the bytes of %s:\n%s", file->path, content);
}

static void
test_down (gconstpointer kind)
{
  g_autoptr (ServerFixture) server = accept_server_start (kind);
  g_autoptr (AcceptAccount) account = accept_account_new (server, NULL);
  g_autoptr (ImapClient) client = accept_account_client (account);
  g_autoptr (GPtrArray) messages = NULL;
  g_autoptr (GPtrArray) files = NULL;

  imap_client_create (client, "Odd");
  for (guint i = 0; i < G_N_ELEMENTS (odds); i++)
    if (!is_refused (account, &odds[i]))
      {
        append (client, &odds[i], i, FALSE);
        if (g_str_equal (kind, "dovecot"))
          append (client, &odds[i], i, TRUE);
      }
  messages = imap_client_fetch_all (client, "Odd");
  for (guint i = 0; i < 2; i++)
    {
      g_free (accept_account_sync (account, 0));
      accept_assert_equal (account, messages->len);
    }
  files = accept_local_files (account, "Odd");
  for (guint i = 0; i < files->len; i++)
    assert_exact_file (g_ptr_array_index (files, i), messages);
}

/* Cyrus writes an X for each octet of a header that is not ASCII; without a Message-ID nothing tells the
 * result from another message, and the upload is sent once more. */
static gboolean
is_unrecognizable (const char *kind, const Odd *odd)
{
  return g_str_equal (kind, "cyrus") && g_str_equal (odd->name, "8-bit header, no Message-ID");
}

/* C2.1: in doubt the server is searched; what it rewrote is recognized. */
static void
lose_answer (ServerFixture *server, ImapProxy *proxy, const char *name, const char *bytes, gsize length)
{
  g_autoptr (AcceptAccount) account = accept_account_new (server, NULL);
  g_autofree char *more =
      g_strdup_printf ("host=127.0.0.1\nport=%u\nsecurity=none", imap_proxy_get_port (proxy));
  g_autoptr (GPtrArray) expected = g_ptr_array_new_with_free_func (g_free);

  g_test_message ("%s", name);
  g_ptr_array_add (expected, canonical (bytes, length));
  accept_account_configure (account, more);
  g_free (accept_account_sync (account, 0));
  g_free (accept_deliver (account, "INBOX", "S", 1690000000, bytes, length));
  imap_proxy_lose_answer (proxy, "APPEND", 1);
  for (guint i = 0; i < 3; i++)
    {
      g_auto (AcceptRun) run = accept_account_run (account, "sync");
      g_autoptr (GPtrArray) remote = remote_canonical (account, "INBOX");

      g_assert_true (imap_proxy_has_lost (proxy));
      accept_assert_same_side (expected, remote);
      if (i > 0)
        g_assert_cmpint (run.status, ==, 0);
    }
}

static void
test_lost_answer (gconstpointer kind)
{
  g_autoptr (ServerFixture) server = accept_server_start (kind);
  g_autoptr (ImapProxy) proxy = imap_proxy_new (server->imap_port);
  g_autofree char *long_line = long_line_text ();

  for (guint i = 0; i < G_N_ELEMENTS (odds) - 1; i++)
    if (!(g_str_equal (kind, "cyrus") ? odds[i].cyrus_refuses : odds[i].dovecot_refuses) &&
        !is_unrecognizable (kind, &odds[i]))
      lose_answer (server, proxy, odds[i].name, odds[i].bytes, odd_length (&odds[i]));
  lose_answer (server, proxy, "long line", long_line, strlen (long_line));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/accept/rewriting/up/dovecot", "dovecot", test_up);
  g_test_add_data_func ("/accept/rewriting/up/cyrus", "cyrus", test_up);
  g_test_add_data_func ("/accept/rewriting/down/dovecot", "dovecot", test_down);
  g_test_add_data_func ("/accept/rewriting/down/cyrus", "cyrus", test_down);
  g_test_add_data_func ("/accept/rewriting/lost-answer/dovecot", "dovecot", test_lost_answer);
  g_test_add_data_func ("/accept/rewriting/lost-answer/cyrus", "cyrus", test_lost_answer);
  return g_test_run ();
}
