#include "server-fixture.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MAX_USERS_AT_ONCE 64

/* A file system in memory, and how much of it a quick server wants to find free. */
#define MEMORY "/dev/shm"
#define MEMORY_NEEDED (G_GUINT64_CONSTANT (1) << 30)

/* (transfer full): what the script printed. A script that fails ends the test program. */
static char *
run_script (ServerFixture *fixture, const char *command, const char *const *arguments)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autofree char *script = g_build_filename (TEST_SERVERS_DIR, fixture->kind, NULL);
  g_auto (GStrv) argv = NULL;
  g_autofree char *output = NULL;
  g_autoptr (GError) error = NULL;
  int status;

  g_strv_builder_add_many (builder, script, command, fixture->directory, NULL);
  if (arguments != NULL)
    g_strv_builder_addv (builder, (const char **)arguments);
  argv = g_strv_builder_end (builder);

  if (!g_spawn_sync (NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &output, NULL, &status, &error) ||
      !g_spawn_check_wait_status (status, &error))
    g_error ("%s %s: %s", fixture->kind, command, error->message);
  return g_steal_pointer (&output);
}

static char *
take_value (GHashTable *values, const char *key)
{
  const char *value = g_hash_table_lookup (values, key);

  if (value == NULL)
    g_error ("no %s in the environment of the server", key);
  return g_strdup (value);
}

static guint16
take_port (GHashTable *values, const char *key)
{
  g_autofree char *value = take_value (values, key);

  return (guint16)g_ascii_strtoull (value, NULL, 10);
}

/* (transfer full): the file's lines NAME='value'. */
static GHashTable *
read_environment (const char *directory)
{
  g_autoptr (GHashTable) values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autofree char *path = g_build_filename (directory, "env", NULL);
  g_autofree char *content = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (path, &content, NULL, &error))
    g_error ("%s", error->message);
  lines = g_strsplit (content, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *quote = strstr (lines[i], "='");

      if (quote != NULL)
        g_hash_table_insert (values, g_strndup (lines[i], (gsize)(quote - lines[i])),
                             g_strndup (quote + 2, strlen (quote + 2) - 1));
    }
  return g_steal_pointer (&values);
}

static void
start (ServerFixture *fixture)
{
  g_autofree char *owner = g_strdup_printf ("%d", (int)getpid ());
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) arguments = NULL;
  g_autoptr (GHashTable) values = NULL;

  g_strv_builder_add_many (builder, "--temporary", "--owner", owner, NULL);
  if (fixture->options != NULL)
    g_strv_builder_addv (builder, (const char **)fixture->options);
  arguments = g_strv_builder_end (builder);
  g_free (run_script (fixture, "start", (const char *const *)arguments));

  values = read_environment (fixture->directory);
  fixture->imap_port = take_port (values, "IMAP_PORT");
  fixture->imaps_port = take_port (values, "IMAPS_PORT");
  fixture->pop3_port = take_port (values, "POP3_PORT");
  fixture->pop3s_port = take_port (values, "POP3S_PORT");
  g_free (fixture->ca_file);
  fixture->ca_file = take_value (values, "CA_FILE");
  g_free (fixture->user);
  fixture->user = take_value (values, "USER");
  g_free (fixture->password);
  fixture->password = take_value (values, "PASSWORD");
}

/* (transfer full) */
static char *
make_directory (void)
{
  g_autoptr (GError) error = NULL;
  char *directory = g_dir_make_tmp ("dovetail-server-XXXXXX", &error);

  if (directory == NULL)
    g_error ("%s", error->message);
  return directory;
}

/* (transfer full) (nullable) */
static char *
make_directory_in_memory (void)
{
  g_autofree char *directory = g_strdup (MEMORY "/dovetail-server-XXXXXX");
  struct statvfs room;

  if (statvfs (MEMORY, &room) < 0 || (guint64)room.f_bavail * room.f_frsize < MEMORY_NEEDED ||
      g_mkdtemp (directory) == NULL)
    return NULL;
  return g_steal_pointer (&directory);
}

/* Takes directory and options over. */
static ServerFixture *
start_in (char *directory, const char *kind, GStrv options)
{
  ServerFixture *fixture = g_new0 (ServerFixture, 1);

  fixture->kind = g_strdup (kind);
  fixture->options = options;
  fixture->directory = directory;
  start (fixture);
  return fixture;
}

ServerFixture *
server_fixture_start (const char *kind, const char *const *options)
{
  return start_in (make_directory (), kind, g_strdupv ((GStrv)options));
}

ServerFixture *
server_fixture_start_quick (const char *kind, const char *const *options)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  char *directory = make_directory_in_memory ();

  g_strv_builder_add (builder, "--quick-login");
  if (g_str_equal (kind, "dovecot"))
    g_strv_builder_add (builder, "--no-fsync");
  if (options != NULL)
    g_strv_builder_addv (builder, (const char **)options);
  return start_in (directory != NULL ? directory : make_directory (), kind, g_strv_builder_end (builder));
}

void
server_fixture_free (ServerFixture *fixture)
{
  g_free (run_script (fixture, "stop", NULL));
  g_free (fixture->kind);
  g_free (fixture->directory);
  g_strfreev (fixture->options);
  g_free (fixture->ca_file);
  g_free (fixture->user);
  g_free (fixture->password);
  g_free (fixture);
}

void
server_fixture_halt (ServerFixture *fixture)
{
  g_free (run_script (fixture, "stop", (const char *const[]){ "--keep", NULL }));
}

void
server_fixture_resume (ServerFixture *fixture)
{
  start (fixture);
}

/* As many as there are already: for thousands the script is not started thousands of times. */
static void
make_users (ServerFixture *fixture)
{
  guint count = CLAMP (fixture->made, 1, MAX_USERS_AT_ONCE);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) names = NULL;

  for (guint i = 0; i < count; i++)
    {
      g_autofree char *name = g_strdup_printf ("user%u", ++fixture->made);

      g_strv_builder_add (builder, name);
    }
  names = g_strv_builder_end (builder);
  g_free (run_script (fixture, "adduser", (const char *const *)names));
}

char *
server_fixture_new_user (ServerFixture *fixture)
{
  if (fixture->users == fixture->made)
    make_users (fixture);
  return g_strdup_printf ("user%u", ++fixture->users);
}

char *
server_fixture_doveadm (ServerFixture *fixture, ...)
{
  g_autoptr (GPtrArray) arguments = g_ptr_array_new ();
  const char *argument;
  va_list list;

  va_start (list, fixture);
  while ((argument = va_arg (list, const char *)) != NULL)
    g_ptr_array_add (arguments, (gpointer)argument);
  va_end (list);
  g_ptr_array_add (arguments, NULL);
  return run_script (fixture, "doveadm", (const char *const *)arguments->pdata);
}

/* Asks the kernel for the server's ends of connections that it has not closed (sock_diag(7)): reading
 * /proc/net/tcp takes ten times as long. */
static void
ask_for_sessions (int fd, guint16 port)
{
  struct
  {
    struct nlmsghdr header;
    struct inet_diag_req_v2 request;
  } message = {
    { .nlmsg_len = sizeof message,
      .nlmsg_type = SOCK_DIAG_BY_FAMILY,
      .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
    { .sdiag_family = AF_INET,
      .sdiag_protocol = IPPROTO_TCP,
      .idiag_states = 1 << TCP_ESTABLISHED | 1 << TCP_CLOSE_WAIT,
      .id.idiag_sport = g_htons (port) },
  };

  g_assert_cmpint (send (fd, &message, sizeof message, 0), ==, sizeof message);
}

static gboolean
has_sessions (guint16 port)
{
  char buffer[8192] __attribute__ ((aligned (8)));
  const struct nlmsghdr *header = (const struct nlmsghdr *)buffer;
  int fd = socket (AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  gssize length;

  g_assert_cmpint (fd, >=, 0);
  ask_for_sessions (fd, port);
  length = recv (fd, buffer, sizeof buffer, 0);
  close (fd);
  g_assert_cmpint (length, >=, (gssize)sizeof *header);
  g_assert_cmpint (header->nlmsg_type, !=, NLMSG_ERROR);
  return header->nlmsg_type != NLMSG_DONE;
}

void
server_fixture_wait_quiet (ServerFixture *fixture)
{
  gint64 deadline = g_get_monotonic_time () + 30 * G_TIME_SPAN_SECOND;

  while (has_sessions (fixture->imap_port) || has_sessions (fixture->pop3_port))
    {
      if (g_get_monotonic_time () > deadline)
        g_error ("a session of the server does not end");
      g_usleep (1000);
    }
}
