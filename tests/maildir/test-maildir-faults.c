/* When the disk fails: contract C1.1, C1.3, C2.1; threats.md 5. Each thing the module does is done again and
 * again, another system call failing each time, and must then have happened whole, or say so and leave what
 * was there. */
#include "faults.h"
#include "maildir-fixture.h"
#include "../../engine/maildir/maildir-attic.h"
#include "../../engine/maildir/maildir-delivery.h"

#include <errno.h>
#include <string.h>

#define LINES 12000 /* a message larger than every buffer */
#define OLD_KEYWORDS "0 old\n"
#define NEW_KEYWORDS "0 old\n1 fresh\n"

typedef struct
{
  MaildirFixture maildir;
  MaildirBox *box;
  MaildirAttic *attic;
  GString *message; /* as it comes from the server */
  gboolean published;
} Scene;

static const MaildirPlace place = { .base = "m", .file = "m:2,S" };
static const MaildirMarker new_marker = { .id = "0123456789abcdef0123456789abcdef", .generation = 2 };

static void
scene_init (Scene *scene)
{
  g_autofree char *attic = NULL;

  maildir_fixture_init (&scene->maildir, ACCOUNT_LAYOUT_NESTED);
  scene->box = maildir_fixture_inbox (&scene->maildir);
  maildir_fixture_put (&scene->maildir, "INBOX/dovecot-keywords", OLD_KEYWORDS);
  maildir_fixture_put (&scene->maildir, "INBOX/cur/m:2,S", "text");
  for (const char *const *part = (const char *const[]){ "cur", "new", "tmp", NULL }; *part != NULL; part++)
    {
      g_autofree char *path = g_build_filename ("Work", *part, NULL);

      maildir_fixture_make_directory (&scene->maildir, path);
    }
  maildir_fixture_put (&scene->maildir, "Work/dovecot-keywords", OLD_KEYWORDS);
  attic = g_build_filename (scene->maildir.path, "attic", NULL);
  scene->attic = maildir_attic_open (attic, NULL);
  maildir_fixture_put (&scene->maildir, "../attic/stored", "text");
  scene->message = g_string_new ("Subject: x\r\n\r\n");
}

static void
scene_clear (Scene *scene)
{
  maildir_attic_free (scene->attic);
  maildir_box_free (scene->box);
  maildir_fixture_clear (&scene->maildir);
  g_string_free (scene->message, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scene, scene_clear)

static gboolean
file_is (const Scene *scene, const char *relative, const char *content)
{
  g_autofree char *found = NULL;

  if (!maildir_fixture_has (&scene->maildir, relative))
    return FALSE;
  found = maildir_fixture_get (&scene->maildir, relative, NULL);
  return g_str_equal (found, content);
}

static gboolean
run_delivery (Scene *scene, GError **error)
{
  g_autoptr (MaildirDelivery) delivery = maildir_delivery_begin (scene->box, "1.host", error);
  MaildirDelivered delivered = { 0 };

  if (delivery == NULL)
    return FALSE;
  for (gsize at = 0; at < scene->message->len; at += 100000)
    if (!maildir_delivery_write (delivery, (const guint8 *)scene->message->str + at,
                                 MIN (100000, scene->message->len - at), error))
      return FALSE;
  if (!maildir_delivery_finish (delivery, 1234567890, &delivered, error))
    return FALSE;
  message_identity_clear (&delivered.identity);
  if (!maildir_box_sync_tmp (scene->box, error))
    return FALSE;
  scene->published = maildir_box_publish (scene->box, "1.host", MESSAGE_FLAG_SEEN, 0, error);
  return scene->published && maildir_box_sync (scene->box, error);
}

static gboolean
run_plain (Scene *scene, GError **error)
{
  return run_delivery (scene, error);
}

static gboolean
run_large (Scene *scene, GError **error)
{
  for (guint i = 0; i < LINES; i++)
    g_string_append (scene->message, "another line\r\n");
  g_string_append (scene->message, "no CR\n");
  return run_delivery (scene, error);
}

/* Whole where it is visible; in tmp/ only what was finished there. */
static gboolean
check_delivery (const Scene *scene, gboolean done)
{
  g_autoptr (GString) narrow = g_string_new (scene->message->str);
  gboolean visible = maildir_fixture_has (&scene->maildir, "INBOX/cur/1.host:2,S");
  gboolean staged = maildir_fixture_has (&scene->maildir, "INBOX/tmp/1.host");

  if (strstr (narrow->str, "no CR\n") == NULL)
    g_string_replace (narrow, "\r\n", "\n", 0);
  if (visible && !file_is (scene, "INBOX/cur/1.host:2,S", narrow->str))
    return FALSE;
  if (staged && !file_is (scene, "INBOX/tmp/1.host", narrow->str))
    return FALSE;
  return (visible || !scene->published) && (!done || (visible && !staged));
}

static gboolean
run_marker (Scene *scene, GError **error)
{
  return maildir_write_marker (scene->maildir.maildir, &new_marker, error);
}

/* C1.6: the one or the other, never none. */
static gboolean
check_marker (const Scene *scene, gboolean done)
{
  MaildirMarker marker;

  return maildir_read_marker (scene->maildir.maildir, &marker, NULL) &&
         (marker.generation == 2 || (!done && marker.generation == 1));
}

static gboolean
run_keywords (Scene *scene, GError **error)
{
  g_auto (MaildirKeywords) keywords = { 0 };

  return maildir_keywords_assign (maildir_box_get_fd (scene->box), &keywords, "fresh", NULL, error);
}

static gboolean
check_keywords (const Scene *scene, gboolean done)
{
  return file_is (scene, "INBOX/dovecot-keywords", NEW_KEYWORDS) ||
         (!done && file_is (scene, "INBOX/dovecot-keywords", OLD_KEYWORDS));
}

static gboolean
run_attic (Scene *scene, GError **error)
{
  return maildir_attic_keep (scene->attic, "kept", scene->box, &place, error);
}

static gboolean
check_attic (const Scene *scene, gboolean done)
{
  if (!file_is (scene, "INBOX/cur/m:2,S", "text"))
    return FALSE;
  if (!maildir_fixture_has (&scene->maildir, "../attic/kept"))
    return !done;
  return file_is (scene, "../attic/kept", "text");
}

static gboolean
run_restore (Scene *scene, GError **error)
{
  return maildir_attic_restore (scene->attic, "stored", scene->box, "back", NULL, error);
}

static gboolean
check_restore (const Scene *scene, gboolean done)
{
  if (!maildir_fixture_has (&scene->maildir, "INBOX/tmp/back"))
    return !done;
  return file_is (scene, "INBOX/tmp/back", "text");
}

static gboolean
run_flags (Scene *scene, GError **error)
{
  return maildir_message_set_flags (scene->box, &place, MESSAGE_FLAG_FLAGGED, MESSAGE_FLAG_FLAGGED, 0, 0,
                                    NULL, error);
}

static gboolean
check_flags (const Scene *scene, gboolean done)
{
  return file_is (scene, "INBOX/cur/m:2,FS", "text") || (!done && file_is (scene, "INBOX/cur/m:2,S", "text"));
}

static gboolean
run_create (Scene *scene, GError **error)
{
  g_autoptr (MaildirBox) box = maildir_box_open (scene->maildir.maildir, "A/B", "A/B", TRUE, error);

  return box != NULL;
}

/* What is half made can be made whole later. */
static gboolean
check_create (const Scene *scene, gboolean done)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MaildirBox) box = maildir_box_open (scene->maildir.maildir, "A/B", "A/B", !done, &error);

  return box != NULL;
}

/* How many of these are whole mailboxes. */
static guint
count_mailboxes (const Scene *scene, const char *const *directories)
{
  guint count = 0;

  for (; *directories != NULL; directories++)
    {
      g_autofree char *cur = g_build_filename (*directories, "cur", NULL);
      g_autofree char *new = g_build_filename (*directories, "new", NULL);
      g_autofree char *keywords = g_build_filename (*directories, "dovecot-keywords", NULL);

      count += maildir_fixture_has (&scene->maildir, cur) && maildir_fixture_has (&scene->maildir, new) &&
               file_is (scene, keywords, OLD_KEYWORDS);
    }
  return count;
}

static gboolean
run_rename (Scene *scene, GError **error)
{
  return maildir_rename_mailbox (scene->maildir.maildir, "Work", "Old/Job", "Old/Job", error);
}

/* C6.1: the one place or the other. */
static gboolean
check_rename (const Scene *scene, gboolean done)
{
  const char *const places[] = { "Old/Job", done ? NULL : "Work", NULL };

  return count_mailboxes (scene, places) == 1 && (!done || !maildir_fixture_has (&scene->maildir, "Work"));
}

static gboolean
run_rename_below (Scene *scene, GError **error)
{
  return maildir_rename_mailbox (scene->maildir.maildir, "Work", "Work/Job", "Work/Job", error);
}

static gboolean
check_rename_below (const Scene *scene, gboolean done)
{
  const char *const places[] = { "Work/Job", done ? NULL : "Work", NULL };

  return count_mailboxes (scene, places) == 1 && !maildir_fixture_has (&scene->maildir, "Work (moving)");
}

static gboolean
run_remove (Scene *scene, GError **error)
{
  gboolean removed = FALSE;

  return maildir_remove_mailbox (scene->maildir.maildir, "Work", &removed, error) && removed;
}

/* C6.3: what was begun is finished by the next call. */
static gboolean
check_remove (const Scene *scene, gboolean done)
{
  gboolean removed = FALSE;

  if (!done && !maildir_remove_mailbox (scene->maildir.maildir, "Work", &removed, NULL))
    return FALSE;
  return !maildir_fixture_has (&scene->maildir, "Work");
}

static gboolean
run_scan (Scene *scene, GError **error)
{
  g_autoptr (MaildirScan) scan = maildir_scan (scene->box, error);

  g_assert_true (scan == NULL || scan->entries->len == 1);
  g_assert_true (scan == NULL || scan->keywords.names[0] != NULL);
  return scan != NULL;
}

static gboolean
run_list (Scene *scene, GError **error)
{
  g_auto (GStrv) directories = maildir_list_directories (scene->maildir.maildir, error);

  g_assert_true (directories == NULL || g_strv_length (directories) == 2);
  return directories != NULL;
}

static gboolean
run_find (Scene *scene, GError **error)
{
  g_autofree char *file = NULL;
  gboolean in_new;
  gboolean found = maildir_box_find (scene->box, "m", &file, &in_new, error);

  g_assert_true (found || !g_error_matches (*error, MAILDIR_ERROR, MAILDIR_ERROR_GONE));
  return found;
}

static gboolean
run_identify (Scene *scene, GError **error)
{
  g_auto (MessageIdentity) identity = { 0 };

  return maildir_message_identify (scene->box, &place, &identity, NULL, error);
}

static gboolean
check_nothing (const Scene *scene, gboolean done)
{
  return file_is (scene, "INBOX/cur/m:2,S", "text");
}

static const struct
{
  const char *description;
  gboolean (*run) (Scene *scene, GError **error);
  gboolean (*check) (const Scene *scene, gboolean done);
} things[] = {
  { "a delivery", run_plain, check_delivery },
  { "a large delivery that is stored byte for byte", run_large, check_delivery },
  { "the marker", run_marker, check_marker },
  { "a keyword's letter", run_keywords, check_keywords },
  { "keeping in the attic", run_attic, check_attic },
  { "bringing back", run_restore, check_restore },
  { "a flag", run_flags, check_flags },
  { "a new mailbox", run_create, check_create },
  { "a renamed mailbox", run_rename, check_rename },
  { "a mailbox renamed below itself", run_rename_below, check_rename_below },
  { "a removed mailbox", run_remove, check_remove },
  { "a scan", run_scan, check_nothing },
  { "a list", run_list, check_nothing },
  { "a search", run_find, check_nothing },
  { "an identity", run_identify, check_nothing },
};

static const struct
{
  const char *call;
  int error_number;
  gboolean fatal; /* what was asked for must then not be said to have happened */
} kinds[] = {
  { "write", ENOSPC, TRUE },    { "write", EDQUOT, TRUE },   { "write", EIO, TRUE },
  { "pwrite", ENOSPC, TRUE },   { "fsync", EIO, TRUE },      { "fsync", ENOSPC, TRUE },
  { "futimens", EPERM, TRUE },  { "renameat2", EIO, TRUE },  { "renameat2", EINVAL, FALSE },
  { "renameat", EIO, TRUE },    { "linkat", EXDEV, FALSE },  { "linkat", EIO, FALSE },
  { "unlinkat", EIO, FALSE },   { "close", EIO, FALSE },     { "read", EIO, TRUE },
  { "read", EINTR, FALSE },     { "pread", EIO, TRUE },      { "pread", EINTR, FALSE },
  { "readdir", EIO, FALSE },    { "mkdirat", ENOSPC, TRUE }, { "openat2", ENOSYS, FALSE },
  { "openat2", EAGAIN, FALSE },
};

/* FALSE when the thing has no such call to fail. */
static gboolean
run_with_fault (gsize thing, gsize kind, guint skip)
{
  g_auto (Scene) scene = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean done, happened;

  scene_init (&scene);
  faults_plan (kinds[kind].call, skip, kinds[kind].error_number);
  done = things[thing].run (&scene, &error);
  happened = faults_end ();
  g_test_message ("%s: %s %u fails with %s: %s", things[thing].description, kinds[kind].call, skip,
                  g_strerror (kinds[kind].error_number), done ? "done" : error->message);
  g_assert_true (done || happened);
  g_assert_cmpint (done, ==, error == NULL);
  if (happened && kinds[kind].fatal)
    g_assert_false (done);
  if (!done && (kinds[kind].error_number == ENOSPC || kinds[kind].error_number == EDQUOT))
    g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_NO_SPACE);
  g_assert_true (things[thing].check (&scene, done));
  return happened;
}

static void
test_sweep (gconstpointer data)
{
  gsize thing = GPOINTER_TO_SIZE (data);

  for (gsize kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    for (guint skip = 0; skip < 200 && run_with_fault (thing, kind, skip); skip++)
      ;
}

/* C2.1, threats.md 5: text and date, tmp/ entry, name, directory; each durable before the next. */
static void
test_order (void)
{
  g_auto (Scene) scene = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *order = NULL;

  scene_init (&scene);
  faults_trace_begin ();
  run_plain (&scene, &error);
  order = faults_trace_end ();
  g_assert_no_error (error);
  g_assert_cmpstr (order, ==,
                   "write tmp/1.host\n"
                   "mtime tmp/1.host\n"
                   "fsync tmp/1.host\n"
                   "fsync INBOX/tmp\n"
                   "rename tmp/1.host cur/1.host:2,S\n"
                   "fsync INBOX/new\n"
                   "fsync INBOX/cur");
}

static void
test_marker_order (void)
{
  g_auto (Scene) scene = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *order = NULL;

  scene_init (&scene);
  faults_trace_begin ();
  run_marker (&scene, &error);
  order = faults_trace_end ();
  g_assert_true (g_str_has_prefix (order, "write mail/.dovetail.tmp\n"
                                          "fsync mail/.dovetail.tmp\n"
                                          "replace mail/.dovetail.tmp mail/.dovetail\n"
                                          "fsync dovetail-maildir-"));
  g_assert_true (g_str_has_suffix (order, "/mail"));
}

/* C1.3: what the attic keeps is durable before anything is removed because of it. */
static void
test_attic_order (void)
{
  g_auto (Scene) scene = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *order = NULL;

  scene_init (&scene);
  faults_trace_begin ();
  run_attic (&scene, &error);
  order = faults_trace_end ();
  g_assert_true (g_str_has_prefix (order, "fsync cur/m:2,S\nlink cur/m:2,S attic/kept\nfsync "));
}

/* fsyncgate: what could not be synced is thrown away, not synced again. */
static void
test_sync_once (void)
{
  g_auto (Scene) scene = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *order = NULL;

  scene_init (&scene);
  faults_trace_begin ();
  faults_plan ("fsync", 0, EIO);
  g_assert_false (run_plain (&scene, &error));
  g_assert_true (faults_end ());
  order = faults_trace_end ();
  g_assert_cmpstr (order, ==, "write tmp/1.host\nmtime tmp/1.host\nfsync tmp/1.host");
  g_assert_false (maildir_box_has_tmp (scene.box, "1.host"));
}

static void
test_short_writes (void)
{
  for (gsize thing = 0; thing < G_N_ELEMENTS (things); thing++)
    {
      g_auto (Scene) scene = { 0 };
      g_autoptr (GError) error = NULL;

      scene_init (&scene);
      faults_plan_short_writes ();
      things[thing].run (&scene, &error);
      faults_end ();
      g_assert_no_error (error);
      g_assert_true (things[thing].check (&scene, TRUE));
    }
}

/* Older kernels and simpler file systems. */
static void
test_fallbacks (void)
{
  const struct
  {
    const char *call;
    int error_number;
  } rows[] = { { "renameat2", EINVAL }, { "renameat2", ENOSYS }, { "openat2", ENOSYS },
               { "openat2", EPERM },    { "linkat", EPERM },     { "linkat", EMLINK } };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    for (gsize thing = 0; thing < G_N_ELEMENTS (things); thing++)
      {
        g_auto (Scene) scene = { 0 };
        g_autoptr (GError) error = NULL;

        scene_init (&scene);
        faults_plan_always (rows[i].call, rows[i].error_number);
        things[thing].run (&scene, &error);
        faults_end ();
        g_assert_no_error (error);
        g_assert_true (things[thing].check (&scene, TRUE));
      }
}

/* Without the flag of renameat2, too, nothing is replaced. */
static void
test_fallback_exists (void)
{
  g_auto (Scene) scene = { 0 };
  g_autoptr (GError) error = NULL;

  scene_init (&scene);
  maildir_fixture_put (&scene.maildir, "INBOX/cur/m:2,FS", "precious");
  faults_plan_always ("renameat2", EINVAL);
  g_assert_false (run_flags (&scene, &error));
  faults_end ();
  g_assert_error (error, MAILDIR_ERROR, MAILDIR_ERROR_EXISTS);
  g_assert_true (file_is (&scene, "INBOX/cur/m:2,FS", "precious"));
  g_assert_true (file_is (&scene, "INBOX/cur/m:2,S", "text"));
}

int
main (int argc, char **argv)
{
  /* Hundreds of Maildirs, synced again and again: in memory that costs nothing. */
  if (g_file_test ("/dev/shm", G_FILE_TEST_IS_DIR))
    g_setenv ("TMPDIR", "/dev/shm", TRUE);
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (things); i++)
    {
      g_autofree char *name = g_strdelimit (g_strdup (things[i].description), " ", '-');
      g_autofree char *path = g_strconcat ("/maildir/faults/C1.1/", name, NULL);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_sweep);
    }
  g_test_add_func ("/maildir/faults/C2.1/order", test_order);
  g_test_add_func ("/maildir/faults/C1.6/marker-order", test_marker_order);
  g_test_add_func ("/maildir/faults/C1.3/attic-order", test_attic_order);
  g_test_add_func ("/maildir/faults/sync-once", test_sync_once);
  g_test_add_func ("/maildir/faults/short-writes", test_short_writes);
  g_test_add_func ("/maildir/faults/fallbacks", test_fallbacks);
  g_test_add_func ("/maildir/faults/fallback-exists", test_fallback_exists);
  return g_test_run ();
}
