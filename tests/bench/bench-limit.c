/* The bare limits: what no mail program can be faster than on this machine.
 *
 *   bench-limit read CONFIG       all messages of the first account, pipelined, to nowhere
 *   bench-limit write FROM TO     the files below FROM written again below TO, one wait for the disk
 */
#include "../../engine/account/config.h"
#include "../../engine/account/secret.h"
#include "../../engine/imap/imap-batch.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static void
must (gboolean done, GError *error)
{
  if (!done)
    g_error ("%s", error != NULL ? error->message : "it failed");
}

static gboolean
drop_begin (guint64 size, gpointer user_data)
{
  return TRUE;
}

static gboolean
drop (const guint8 *data, gsize length, gpointer user_data)
{
  return TRUE;
}

static void
read_mailbox (ImapSession *session, const char *wire_name)
{
  static const ImapBodySink sink = { drop_begin, drop };
  g_autoptr (GError) error = NULL;
  g_autoptr (ImapBatch) batch = NULL;

  must (imap_session_select (session, wire_name, TRUE, &error) != NULL, error);
  batch = imap_batch_new (session);
  imap_batch_set_body_sink (batch, &sink, NULL);
  imap_batch_uid_fetch_from (batch, 1, "(UID FLAGS INTERNALDATE BODY.PEEK[])", NULL, NULL);
  must (imap_batch_wait (batch, &error), error);
}

static void
read_all (const char *config_file)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) accounts = config_load (config_file, &error);
  const Account *account;
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (ImapSession) session = NULL;
  g_autoptr (GPtrArray) items = NULL;
  char *password;

  must (accounts != NULL, error);
  account = g_ptr_array_index (accounts, 0);
  g_main_context_push_thread_default (context);
  password = secret_lookup_password (account, NULL, &error);
  must (password != NULL, error);
  session = imap_session_open (
      &(const ImapOpening){ .account = account, .secret = password, .context = context }, &error);
  must (session != NULL, error);
  secret_free (password);
  items = imap_session_list (session, &error);
  must (items != NULL, error);
  for (guint i = 0; i < items->len; i++)
    read_mailbox (session, ((ImapListItem *)g_ptr_array_index (items, i))->raw);
  imap_session_logout (session);
  g_clear_pointer (&session, imap_session_free);
  g_main_context_pop_thread_default (context);
}

static void
write_file (const char *from, const char *to)
{
  g_autofree char *content = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;
  int fd;

  must (g_file_get_contents (from, &content, &length, &error), error);
  fd = g_open (to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  must (fd >= 0 && write (fd, content, length) == (gssize)length && close (fd) == 0, NULL);
}

static void
write_tree (const char *from, const char *to)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) directory = g_dir_open (from, 0, &error);
  const char *name;

  must (directory != NULL && g_mkdir_with_parents (to, 0700) == 0, error);
  while ((name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *source = g_build_filename (from, name, NULL);
      g_autofree char *target = g_build_filename (to, name, NULL);

      if (g_file_test (source, G_FILE_TEST_IS_DIR))
        write_tree (source, target);
      else
        write_file (source, target);
    }
}

static void
write_all (const char *from, const char *to)
{
  int fd;

  write_tree (from, to);
  fd = g_open (to, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  must (fd >= 0 && syncfs (fd) == 0, NULL);
  close (fd);
}

int
main (int argc, char **argv)
{
  if (argc == 3 && g_str_equal (argv[1], "read"))
    read_all (argv[2]);
  else if (argc == 4 && g_str_equal (argv[1], "write"))
    write_all (argv[2], argv[3]);
  else
    return 64;
  return 0;
}
