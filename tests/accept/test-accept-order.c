/* C2.1, C1.3: for each message that comes down, in whatever groups it does: octets, date and tmp/ entry
 * durable, then the commit that stages it, then the name, then the directory, then the next commit. And where
 * the disk says no, nothing is staged. */
#include "accept-sides.h"
#include "sample-mail.h"

#include <string.h>

/* More than two groups of the engine's. */
#define MESSAGES 2100
#define BATCH 200

typedef struct
{
  const char *description;
  const char *syncfs;
  guint messages;
  gboolean fails;
} Row;

static const Row rows[] = {
  { "one-message-each", "no", 1, FALSE },
  { "one-message-whole", "yes", 1, FALSE },
  { "few-each", "no", 10, FALSE },
  { "few-whole", "yes", 10, FALSE },
  { "many-each", "no", MESSAGES, FALSE },
  { "many-whole", "yes", MESSAGES, FALSE },
  { "few-fail-each", "no", 10, TRUE },
  { "few-fail-whole", "yes", 10, TRUE },
  { "many-fail-each", "no", MESSAGES, TRUE },
  { "many-fail-whole", "yes", MESSAGES, TRUE },
};

/* A file or a directory; times are numbers of lines. */
typedef struct
{
  guint changed; /* octets or date, or an entry of it, last */
  guint made;
  guint sync_begun, synced; /* the last sync that ended well began at `synced` */
  gboolean is_staged;       /* a log was written when it was durable */
  gboolean is_committed;    /* that log was durable */
} Thing;

typedef struct
{
  GHashTable *things; /* path -> Thing */
  guint now;
  guint whole_begun, whole_synced; /* syncfs */
  GPtrArray *waiting;              /* paths in tmp/ without a commit */
  GPtrArray *renamed;              /* directories with names that are not known to be durable */
  guint n_published;
} Order;

static Thing *
find_thing (Order *order, const char *path)
{
  Thing *thing = g_hash_table_lookup (order->things, path);

  if (thing != NULL)
    return thing;
  thing = g_new0 (Thing, 1);
  g_hash_table_insert (order->things, g_strdup (path), thing);
  return thing;
}

static Thing *
find_parent (Order *order, const char *path)
{
  g_autofree char *parent = g_path_get_dirname (path);

  return find_thing (order, parent);
}

/* What was last changed at `since` is on the disk. */
static gboolean
is_durable (const Order *order, const Thing *thing, guint since)
{
  return MAX (thing->synced, order->whole_synced) > since;
}

static gboolean
is_message (const char *path)
{
  const char *below = strstr (path, "/Mail/");

  return below != NULL && strstr (below, "/tmp/") != NULL;
}

static void
note_made (Order *order, const char *path)
{
  Thing *thing = find_thing (order, path);

  thing->made = thing->changed = order->now;
  find_parent (order, path)->changed = order->now;
  if (is_message (path))
    g_ptr_array_add (order->waiting, g_strdup (path));
}

static void
note_synced (Order *order, const char *path)
{
  Thing *thing = find_thing (order, path);

  thing->synced = thing->sync_begun;
  if (!g_str_has_suffix (path, "-wal"))
    return;
  for (guint i = order->waiting->len; i-- > 0;)
    {
      Thing *message = find_thing (order, g_ptr_array_index (order->waiting, i));

      message->is_committed = message->is_staged;
      if (message->is_committed)
        g_ptr_array_remove_index_fast (order->waiting, i);
    }
}

/* Any commit may stage what is durable now, and may say "present" of all that was renamed before. */
static void
note_log (Order *order)
{
  for (guint i = 0; i < order->waiting->len; i++)
    {
      const char *path = g_ptr_array_index (order->waiting, i);
      Thing *message = find_thing (order, path);

      message->is_staged = is_durable (order, message, message->changed) &&
                           is_durable (order, find_parent (order, path), message->made);
    }
  for (guint i = 0; i < order->renamed->len; i++)
    {
      const Thing *directory = g_ptr_array_index (order->renamed, i);

      g_assert_true (is_durable (order, directory, directory->changed));
    }
  g_ptr_array_set_size (order->renamed, 0);
}

static void
note_rename (Order *order, const char *from, const char *to)
{
  Thing *directory = find_parent (order, to);

  if (!is_message (from))
    return;
  g_assert_true (find_thing (order, from)->is_committed);
  directory->changed = order->now;
  g_ptr_array_add (order->renamed, directory);
  order->n_published++;
}

static void
note_line (Order *order, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 3);
  const char *event = words[0];

  order->now++;
  if (g_str_equal (event, "made"))
    note_made (order, words[1]);
  else if (g_str_equal (event, "written"))
    find_thing (order, words[1])->changed = order->now;
  else if (g_str_equal (event, "sync"))
    find_thing (order, words[1])->sync_begun = order->now;
  else if (g_str_equal (event, "synced"))
    note_synced (order, words[1]);
  else if (g_str_equal (event, "syncfs"))
    order->whole_begun = order->now;
  else if (g_str_equal (event, "syncfs-ed"))
    order->whole_synced = order->whole_begun;
  else if (g_str_equal (event, "log"))
    note_log (order);
  else if (g_str_equal (event, "rename"))
    note_rename (order, words[1], words[2]);
  else
    g_assert_not_reached ();
}

/* How many messages were published, each in the right order. */
static guint
check_order (const char *path, gboolean *has_whole)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) error = NULL;
  Order order = { 0 };

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  order.things = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  order.waiting = g_ptr_array_new_with_free_func (g_free);
  order.renamed = g_ptr_array_new ();
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++)
    note_line (&order, lines[i]);
  *has_whole = order.whole_begun > 0;
  g_hash_table_unref (order.things);
  g_ptr_array_unref (order.waiting);
  g_ptr_array_unref (order.renamed);
  return order.n_published;
}

static void
fill (const AcceptAccount *account, guint count)
{
  g_autoptr (ImapClient) client = accept_account_client (account);

  for (guint i = 0; i < count; i++)
    {
      g_autoptr (SampleMessage) message = sample_message_new (7, i, 0);

      if (i % BATCH == 0)
        imap_client_append_begin (client, "INBOX");
      imap_client_append_add (client, message->flags, message->date, g_bytes_get_data (message->bytes, NULL),
                              g_bytes_get_size (message->bytes));
      if (i % BATCH == BATCH - 1 || i == count - 1)
        imap_client_append_end (client);
    }
}

static void
set_variable (AcceptAccount *account, const char *name, const char *value)
{
  account->environment = value != NULL ? g_environ_setenv (account->environment, name, value, TRUE)
                                       : g_environ_unsetenv (account->environment, name);
}

static void
test_order (ServerFixture *server, const Row *row)
{
  g_autoptr (AcceptAccount) account = accept_account_new (server, NULL);
  g_autofree char *trace = accept_account_path (account, "trace");
  g_auto (AcceptRun) run = { 0 };
  gboolean has_whole;

  fill (account, row->messages);
  set_variable (account, "LD_PRELOAD", ORDER_PRELOAD);
  set_variable (account, "ASAN_OPTIONS", "verify_asan_link_order=0");
  set_variable (account, "ORDER_TRACE", trace);
  set_variable (account, "ORDER_SYNCFS", row->syncfs);
  set_variable (account, "ORDER_FAIL", row->fails ? "1" : NULL);
  run = accept_account_run (account, "sync");
  g_assert_cmpint (run.status == 0, ==, !row->fails);
  g_assert_cmpuint (check_order (trace, &has_whole), ==, row->fails ? 0 : row->messages);
  g_assert_cmpint (has_whole, ==, row->messages == MESSAGES && g_str_equal (row->syncfs, "yes"));
  set_variable (account, "LD_PRELOAD", NULL);
  g_free (accept_account_sync (account, 0));
  accept_assert_equal (account, row->messages);
}

/* The rows have one server, each has a user of its own. */
static void
test_rows (gconstpointer data)
{
  gboolean fails = GPOINTER_TO_INT (data);
  g_autoptr (ServerFixture) server = accept_server_start ("dovecot");

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (rows[i].fails == fails)
      {
        g_test_message ("%s", rows[i].description);
        test_order (server, &rows[i]);
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/accept/C2.1/order", GINT_TO_POINTER (FALSE), test_rows);
  g_test_add_data_func ("/accept/C1.3/failing-disk", GINT_TO_POINTER (TRUE), test_rows);
  return g_test_run ();
}
