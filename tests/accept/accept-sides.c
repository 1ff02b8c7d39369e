#include "accept-sides.h"

#include <string.h>

/* (transfer full): every line end as CRLF. */
static GString *
with_crlf (const char *data, gsize length)
{
  GString *out = g_string_sized_new (length + length / 32);

  for (gsize i = 0; i < length; i++)
    {
      if (data[i] == '\n' && (i == 0 || data[i - 1] != '\r'))
        g_string_append_c (out, '\r');
      g_string_append_c (out, data[i]);
    }
  return out;
}

/* (transfer full): up to its line's end, for the reader of a test's log. */
static char *
subject_of (const GString *text)
{
  const char *start = g_strstr_len (text->str, (gssize)text->len, "Subject: ");
  g_autofree char *raw = NULL;

  if (start == NULL)
    return g_strdup ("-");
  start += strlen ("Subject: ");
  raw = g_strndup (start, strcspn (start, "\r\n"));
  return g_utf8_make_valid (raw, -1);
}

static char *
describe (const char *mailbox, const char *data, gsize length, gint64 date, const char *flags)
{
  g_autoptr (GString) text = with_crlf (data, length);
  g_autofree char *subject = subject_of (text);
  g_autofree char *digest =
      g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *)text->str, text->len);

  return g_strdup_printf ("%s | %s | %" G_GINT64_FORMAT " | %s | %" G_GSIZE_FORMAT " %s", mailbox, subject,
                          date, flags, text->len, digest);
}

static int
compare_lines (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

static void
add_mailbox (GPtrArray *side, const char *mailbox)
{
  g_ptr_array_add (side, g_strdup (mailbox));
}

GPtrArray *
accept_remote_side (const AcceptAccount *account)
{
  g_autoptr (ImapClient) client = accept_account_client (account);
  g_auto (GStrv) mailboxes = imap_client_list (client);
  GPtrArray *side = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; mailboxes[i] != NULL; i++)
    {
      g_autoptr (GPtrArray) messages = imap_client_fetch_all (client, mailboxes[i]);

      add_mailbox (side, mailboxes[i]);
      for (guint j = 0; j < messages->len; j++)
        {
          const ImapClientMessage *message = g_ptr_array_index (messages, j);

          g_ptr_array_add (side, describe (mailboxes[i], g_bytes_get_data (message->body, NULL),
                                           g_bytes_get_size (message->body), message->date, message->flags));
        }
    }
  g_ptr_array_sort (side, compare_lines);
  return side;
}

static void
add_files (GPtrArray *side, const AcceptAccount *account, const char *mailbox)
{
  g_autoptr (GPtrArray) files = accept_local_files (account, mailbox);

  add_mailbox (side, mailbox);
  for (guint i = 0; i < files->len; i++)
    {
      const AcceptFile *file = g_ptr_array_index (files, i);
      g_autoptr (GError) error = NULL;
      g_autofree char *content = NULL;
      gsize length;

      g_file_get_contents (file->path, &content, &length, &error);
      g_assert_no_error (error);
      g_ptr_array_add (side, describe (mailbox, content, length, file->date, file->flags));
    }
}

static gboolean
is_maildir_part (const char *name)
{
  return g_str_equal (name, "cur") || g_str_equal (name, "new") || g_str_equal (name, "tmp");
}

/* What stands below `relative` (NULL: the root) of a nested Maildir. */
static void
add_directory (GPtrArray *side, const AcceptAccount *account, const char *relative)
{
  g_autofree char *path = g_build_filename (account->maildir, relative, NULL);
  g_autofree char *current = g_build_filename (path, "cur", NULL);
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);

  if (directory == NULL)
    return;
  if (g_file_test (current, G_FILE_TEST_IS_DIR))
    add_files (side, account, relative);
  for (const char *name = g_dir_read_name (directory); name != NULL; name = g_dir_read_name (directory))
    {
      g_autofree char *below = relative != NULL ? g_build_filename (relative, name, NULL) : g_strdup (name);

      if (*name != '.' && !is_maildir_part (name))
        add_directory (side, account, below);
    }
}

GPtrArray *
accept_local_side (const AcceptAccount *account)
{
  GPtrArray *side = g_ptr_array_new_with_free_func (g_free);

  add_directory (side, account, NULL);
  g_ptr_array_sort (side, compare_lines);
  return side;
}

/* Walks two sorted lists; says what only one of them has. */
static guint
log_differences (GPtrArray *left, GPtrArray *right)
{
  guint i = 0, j = 0, differences = 0;

  while (i < left->len || j < right->len)
    {
      const char *a = i < left->len ? g_ptr_array_index (left, i) : NULL;
      const char *b = j < right->len ? g_ptr_array_index (right, j) : NULL;
      int order = a == NULL ? 1 : b == NULL ? -1 : strcmp (a, b);

      if (order != 0 && ++differences <= 40)
        g_test_message ("only %s: %s", order < 0 ? "left" : "right", order < 0 ? a : b);
      i += order <= 0;
      j += order >= 0;
    }
  return differences;
}

void
accept_assert_same_side (GPtrArray *left, GPtrArray *right)
{
  g_assert_cmpuint (log_differences (left, right), ==, 0);
}

guint
accept_count (GPtrArray *side)
{
  guint count = 0;

  for (guint i = 0; i < side->len; i++)
    count += strstr (g_ptr_array_index (side, i), " | ") != NULL;
  return count;
}

guint
accept_count_in (GPtrArray *side, const char *mailbox)
{
  g_autofree char *prefix = g_strconcat (mailbox, " | ", NULL);
  guint count = 0;

  for (guint i = 0; i < side->len; i++)
    count += g_str_has_prefix (g_ptr_array_index (side, i), prefix);
  return count;
}

void
accept_assert_equal (const AcceptAccount *account, guint messages)
{
  g_autoptr (GPtrArray) remote = accept_remote_side (account);
  g_autoptr (GPtrArray) local = accept_local_side (account);

  accept_assert_same_side (remote, local);
  g_assert_cmpuint (accept_count (remote), ==, messages);
}
