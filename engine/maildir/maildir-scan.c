/* Reading a directory is no snapshot: while another program renames, a file may be listed twice or not at
 * all, and a file system's clock may tick so coarsely that a change leaves no trace in the directory's
 * times. A look is therefore believed when nothing moved between its beginning and its end, and, where the
 * directory had been changed just before (within the clock's grain), only when the look before it saw the
 * same. */
#include "maildir-scan.h"
#include "maildir-box.h"
#include "maildir-scan-private.h"
#include "maildir-stats.h"
#include "../message/message-print.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

/* A file system that counts whole seconds (or two, as FAT does) shows no nanoseconds. */
#define GRAIN_NS (G_GINT64_CONSTANT (1000) * MAILDIR_GRAIN_US)
#define COARSE_GRAIN_NS G_GINT64_CONSTANT (2000000000)
#define NS_PER_SECOND G_GINT64_CONSTANT (1000000000)
#define NS_PER_MICROSECOND 1000

typedef enum
{
  LOOK_STABLE,
  LOOK_RACY,  /* nothing moved, as far as the clock can tell */
  LOOK_MOVED, /* something did */
  LOOK_FAILED,
} Look;

/* A look under way. */
typedef struct
{
  MaildirBox *box;
  MaildirScan *scan;
  MaildirKnown *known;      /* (nullable) what needs no entry */
  MessageKeywordPool *pool; /* (nullable) with `known` */
} Reader;

static void
stamp_take (int fd, MaildirStamp *stamp)
{
  struct stat info = { 0 };

  fstat (fd, &info);
  *stamp = (MaildirStamp){ .device = info.st_dev,
                           .inode = info.st_ino,
                           .mtime_ns = maildir_file_time_ns (&info.st_mtim),
                           .ctime_ns = maildir_file_time_ns (&info.st_ctim) };
}

/* All 0 where there is no such file. */
static void
stamp_take_keywords (int box_fd, MaildirStamp *stamp)
{
  struct stat info = { 0 };

  fstatat (box_fd, "dovecot-keywords", &info, AT_SYMLINK_NOFOLLOW);
  *stamp = (MaildirStamp){ .device = info.st_dev,
                           .inode = info.st_ino,
                           .mtime_ns = maildir_file_time_ns (&info.st_mtim),
                           .ctime_ns = maildir_file_time_ns (&info.st_ctim) };
}

static gboolean
stamp_equal (const MaildirStamp *a, const MaildirStamp *b)
{
  return a->device == b->device && a->inode == b->inode && a->mtime_ns == b->mtime_ns &&
         a->ctime_ns == b->ctime_ns;
}

/* For how long yet a further change might leave the stamp as it is; 0 or less: no more. */
static gint64
stamp_fresh_ns (const MaildirStamp *stamp, gint64 now_ns)
{
  gint64 grain = stamp->ctime_ns % NS_PER_SECOND != 0 ? GRAIN_NS : COARSE_GRAIN_NS;

  return stamp->ctime_ns - (now_ns - grain);
}

static gboolean
stamp_is_racy (const MaildirStamp *stamp, gint64 now_ns)
{
  return stamp_fresh_ns (stamp, now_ns) > 0;
}

static gint64
now_ns (void)
{
  return g_get_real_time () * NS_PER_MICROSECOND;
}

static Look
read_failed (MaildirBox *box, int error_number, GError **error)
{
  g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_DAMAGED,
               "%s: the mailbox can't be read: %s; nothing is taken for deleted", box->label,
               g_strerror (error_number));
  return LOOK_FAILED;
}

static Look
look_worse (Look a, Look b)
{
  return MAX (a, b);
}

/* TRUE when the file is as it is known. */
static gboolean
is_known (Reader *reader, const char *file, gsize base_length, const MaildirEntry *entry)
{
  MaildirScan *scan = reader->scan;
  MessageFlags flags = { 0, "" };
  char base[NAME_MAX + 1];
  guint64 print;

  if (reader->known == NULL || base_length > NAME_MAX)
    return FALSE;
  memcpy (base, file, base_length);
  base[base_length] = '\0';
  if (entry->letters != 0)
    flags = maildir_keywords_to_flags (&scan->keywords, entry->letters, reader->pool);
  print = message_print (base, entry->system | flags.system, flags.keywords, entry->size, entry->mtime_ns);
  switch (maildir_known_find (reader->known, print))
    {
    case MAILDIR_KNOWN_NOT:
      return FALSE;
    case MAILDIR_KNOWN_ONCE:
      scan->known_sum += message_print (file, entry->in_new, "", entry->inode, (gint64)print);
      return TRUE;
    case MAILDIR_KNOWN_TWICE:
      scan->has_known_double = TRUE;
      return TRUE;
    }
  return FALSE;
}

/* Appends one file; MOVED when it vanished since its name was read. */
static Look
add_entry (Reader *reader, const MaildirStat *file, gboolean in_new, GError **error)
{
  MaildirScan *scan = reader->scan;
  gsize base_length = maildir_name_base_length (file->name, reader->box->separator);
  gboolean has_info = file->name[base_length] != '\0';
  MaildirEntry entry = { .in_new = in_new };

  if (file->error != 0)
    return file->error == ENOENT ? LOOK_MOVED : read_failed (reader->box, file->error, error);
  if (!S_ISREG (file->info.st_mode))
    {
      g_ptr_array_add (scan->others, g_strdup (file->name));
      return LOOK_STABLE;
    }
  if (has_info)
    maildir_name_read_letters (file->name + base_length + strlen (":2,"), &entry.system, &entry.letters,
                               NULL);
  entry.size = (guint64)file->info.st_size;
  entry.mtime_ns = maildir_file_time_ns (&file->info.st_mtim);
  entry.ctime_ns = maildir_file_time_ns (&file->info.st_ctim);
  entry.inode = file->info.st_ino;
  if (is_known (reader, file->name, base_length, &entry))
    return LOOK_STABLE;
  entry.file = g_string_chunk_insert (scan->strings, file->name);
  entry.base =
      has_info ? g_string_chunk_insert_len (scan->strings, file->name, (gssize)base_length) : entry.file;
  g_array_append_val (scan->entries, entry);
  return LOOK_STABLE;
}

static Look
add_batch (Reader *reader, MaildirStats *stats, gboolean in_new, GError **error)
{
  const GArray *files = maildir_stats_ask (stats);
  Look look = LOOK_STABLE;

  for (guint i = 0; i < files->len && look != LOOK_FAILED; i++)
    look = look_worse (look, add_entry (reader, &g_array_index (files, MaildirStat, i), in_new, error));
  return look;
}

static Look
read_part (Reader *reader, gboolean in_new, GError **error)
{
  int fd = maildir_box_get_part (reader->box, in_new);
  DIR *directory = maildir_file_list (fd);
  g_autoptr (MaildirStats) stats = maildir_stats_new (fd);
  Look look = LOOK_STABLE;
  struct dirent *entry;
  int cause;

  if (directory == NULL)
    return read_failed (reader->box, errno, error);
  while (look != LOOK_FAILED && (errno = 0, (entry = readdir (directory)) != NULL))
    if (entry->d_name[0] != '.' && !maildir_stats_add (stats, entry->d_name))
      look = look_worse (look, add_batch (reader, stats, in_new, error));
  cause = errno;
  closedir (directory);
  if (look != LOOK_FAILED && cause != 0)
    return read_failed (reader->box, cause, error);
  return look != LOOK_FAILED ? look_worse (look, add_batch (reader, stats, in_new, error)) : look;
}

/* By base name; of one base name the one in cur/ first, then by file name. */
static int
compare_entries (gconstpointer a, gconstpointer b)
{
  const MaildirEntry *left = a, *right = b;
  int order = strcmp (left->base, right->base);

  if (order == 0)
    order = (int)left->in_new - (int)right->in_new;
  return order != 0 ? order : strcmp (left->file, right->file);
}

static void
set_doubles_apart (MaildirScan *scan)
{
  MaildirEntry *entries = (MaildirEntry *)(void *)scan->entries->data;
  guint kept = 0;

  for (guint i = 0; i < scan->entries->len; i++)
    if (kept > 0 && g_str_equal (entries[kept - 1].base, entries[i].base))
      g_ptr_array_add (scan->doubles, g_strdup (entries[i].file));
    else
      entries[kept++] = entries[i];
  g_array_set_size (scan->entries, kept);
}

static MaildirScan *
scan_new (void)
{
  MaildirScan *scan = g_new0 (MaildirScan, 1);

  scan->entries = g_array_new (FALSE, FALSE, sizeof (MaildirEntry));
  scan->doubles = g_ptr_array_new_with_free_func (g_free);
  scan->others = g_ptr_array_new_with_free_func (g_free);
  scan->strings = g_string_chunk_new (64 * 1024);
  return scan;
}

void
maildir_scan_free (MaildirScan *scan)
{
  g_array_unref (scan->entries);
  g_ptr_array_unref (scan->doubles);
  g_ptr_array_unref (scan->others);
  maildir_keywords_clear (&scan->keywords);
  g_string_chunk_free (scan->strings);
  g_free (scan);
}

/* What the look is worth, once everything has been read. */
static Look
judge (MaildirScan *scan, MaildirBox *box, gint64 begun_ns, GError **error)
{
  g_auto (MaildirKeywords) keywords = { 0 };

  if (!maildir_keywords_read (box->fd, &keywords, error) || !maildir_box_check (box, error))
    return LOOK_FAILED;
  if (!maildir_keywords_equal (&keywords, &scan->keywords) || !maildir_scan_is_current (box, scan))
    return LOOK_MOVED;
  scan->racy = stamp_is_racy (&scan->keywords_stamp, begun_ns);
  if (!stamp_is_racy (&scan->new_stamp, begun_ns) && !stamp_is_racy (&scan->cur_stamp, begun_ns))
    return LOOK_STABLE;
  scan->racy = TRUE;
  return LOOK_RACY;
}

static void
take_stamps (MaildirBox *box, MaildirScan *scan)
{
  stamp_take (box->new_fd, &scan->new_stamp);
  stamp_take (box->cur_fd, &scan->cur_stamp);
  stamp_take_keywords (box->fd, &scan->keywords_stamp);
}

gint64
maildir_scan_take_stamps (MaildirBox *box, MaildirScan *scan)
{
  gint64 now = now_ns (), fresh = 0;

  take_stamps (box, scan);
  fresh = MAX (fresh, stamp_fresh_ns (&scan->new_stamp, now));
  fresh = MAX (fresh, stamp_fresh_ns (&scan->cur_stamp, now));
  fresh = MAX (fresh, stamp_fresh_ns (&scan->keywords_stamp, now));
  return (fresh + NS_PER_MICROSECOND - 1) / NS_PER_MICROSECOND;
}

/* What is told without reading the directories. */
static gboolean
begin_look (MaildirBox *box, MaildirScan *scan, GError **error)
{
  if (!maildir_box_check (box, error))
    return FALSE;
  take_stamps (box, scan);
  return maildir_keywords_read (box->fd, &scan->keywords, error);
}

static Look
look_once (Reader *reader, GError **error)
{
  gint64 begun_ns = now_ns ();
  Look look;

  if (!begin_look (reader->box, reader->scan, error))
    return LOOK_FAILED;
  if (reader->known != NULL)
    maildir_known_begin (reader->known);
  look = read_part (reader, TRUE, error);
  if (look != LOOK_FAILED)
    look = look_worse (look, read_part (reader, FALSE, error));
  if (look == LOOK_FAILED)
    return look;
  g_array_sort (reader->scan->entries, compare_entries);
  return look_worse (look, judge (reader->scan, reader->box, begun_ns, error));
}

void
maildir_scan_drop (MaildirScan *scan, GHashTable *bases)
{
  guint kept = 0;

  for (guint i = 0; i < scan->entries->len; i++)
    {
      const MaildirEntry entry = g_array_index (scan->entries, MaildirEntry, i);

      if (!g_hash_table_contains (bases, entry.base))
        g_array_index (scan->entries, MaildirEntry, kept++) = entry;
    }
  g_array_set_size (scan->entries, kept);
}

gboolean
maildir_scan_add_file (MaildirBox *box, MaildirScan *scan, const char *file, gboolean in_new)
{
  Reader reader = { .box = box, .scan = scan };
  MaildirStat found = { .name = file };
  const guint n_others = scan->others->len;

  if (fstatat (maildir_box_get_part (box, in_new), file, &found.info, AT_SYMLINK_NOFOLLOW) < 0)
    return errno == ENOENT;
  return add_entry (&reader, &found, in_new, NULL) == LOOK_STABLE && scan->others->len == n_others;
}

gboolean
maildir_scan_sort (MaildirScan *scan)
{
  const guint n_doubles = scan->doubles->len;

  g_array_sort (scan->entries, compare_entries);
  set_doubles_apart (scan);
  return scan->doubles->len == n_doubles;
}

static gboolean
saw_the_same (const MaildirScan *a, const MaildirScan *b)
{
  if (a->entries->len != b->entries->len || a->known_sum != b->known_sum)
    return FALSE;
  for (guint i = 0; i < a->entries->len; i++)
    {
      const MaildirEntry *left = &g_array_index (a->entries, MaildirEntry, i);
      const MaildirEntry *right = &g_array_index (b->entries, MaildirEntry, i);

      if (left->in_new != right->in_new || left->inode != right->inode || left->size != right->size ||
          left->mtime_ns != right->mtime_ns || !g_str_equal (left->file, right->file))
        return FALSE;
    }
  return TRUE;
}

static MaildirScan *
scan_with (MaildirBox *box, MaildirKnown *known, MessageKeywordPool *pool, GError **error)
{
  g_autoptr (MaildirScan) before = NULL; /* the look before, where it was racy */

  for (guint looks = 0; looks < MAILDIR_LOOKS_MAX; looks++)
    {
      g_autoptr (MaildirScan) scan = scan_new ();
      Reader reader = { box, scan, known, pool };
      Look look = look_once (&reader, error);

      if (look == LOOK_FAILED)
        return NULL;
      if (look == LOOK_STABLE || (look == LOOK_RACY && before != NULL && saw_the_same (before, scan)))
        {
          set_doubles_apart (scan);
          return g_steal_pointer (&scan);
        }
      g_clear_pointer (&before, maildir_scan_free);
      if (look == LOOK_RACY)
        before = g_steal_pointer (&scan);
    }
  g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_DAMAGED,
               "%s: other programs kept changing the mailbox while it was read; run again", box->label);
  return NULL;
}

MaildirScan *
maildir_scan (MaildirBox *box, GError **error)
{
  return scan_with (box, NULL, NULL, error);
}

MaildirScan *
maildir_scan_changed (MaildirBox *box, MaildirKnown *known, MessageKeywordPool *pool, GError **error)
{
  return scan_with (box, known, pool, error);
}

MaildirScan *
maildir_scan_unread (MaildirBox *box, GError **error)
{
  g_autoptr (MaildirScan) scan = scan_new ();

  return begin_look (box, scan, error) ? g_steal_pointer (&scan) : NULL;
}

const MaildirEntry *
maildir_scan_find (const MaildirScan *scan, const char *base)
{
  guint low = 0, high = scan->entries->len;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;
      const MaildirEntry *entry = &g_array_index (scan->entries, MaildirEntry, middle);
      int order = strcmp (entry->base, base);

      if (order == 0)
        return entry;
      if (order < 0)
        low = middle + 1;
      else
        high = middle;
    }
  return NULL;
}

gboolean
maildir_scan_is_current (MaildirBox *box, const MaildirScan *scan)
{
  MaildirStamp new_stamp, cur_stamp;

  if (!maildir_box_check (box, NULL))
    return FALSE;
  stamp_take (box->new_fd, &new_stamp);
  stamp_take (box->cur_fd, &cur_stamp);
  return stamp_equal (&new_stamp, &scan->new_stamp) && stamp_equal (&cur_stamp, &scan->cur_stamp);
}

/* Those on which all writers share this kernel's clock and see its times. */
static gboolean
is_local_file_system (int fd)
{
  static const guint32 local[] = { EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC,
                                   TMPFS_MAGIC };
  struct statfs info;

  if (fstatfs (fd, &info) < 0)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (local); i++)
    if ((guint32)info.f_type == local[i])
      return TRUE;
  return FALSE;
}

static void
append_stamp (GString *mark, const MaildirStamp *stamp)
{
  g_string_append_printf (
      mark, "%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT ":%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT " ",
      stamp->device, stamp->inode, stamp->mtime_ns, stamp->ctime_ns);
}

static char *
make_mark (MaildirBox *box, const MaildirStamp *new_stamp, const MaildirStamp *cur_stamp,
           const MaildirStamp *keywords_stamp)
{
  g_autoptr (GString) mark = g_string_new (NULL);

  if (!is_local_file_system (box->cur_fd) || !is_local_file_system (box->new_fd))
    return NULL;
  append_stamp (mark, new_stamp);
  append_stamp (mark, cur_stamp);
  append_stamp (mark, keywords_stamp);
  return g_string_free (g_steal_pointer (&mark), FALSE);
}

char *
maildir_scan_mark (MaildirBox *box, const MaildirScan *scan)
{
  return scan->racy ? NULL : make_mark (box, &scan->new_stamp, &scan->cur_stamp, &scan->keywords_stamp);
}

char *
maildir_box_mark (MaildirBox *box)
{
  MaildirStamp new_stamp, cur_stamp, keywords_stamp;

  if (!maildir_box_check (box, NULL))
    return NULL;
  stamp_take (box->new_fd, &new_stamp);
  stamp_take (box->cur_fd, &cur_stamp);
  stamp_take_keywords (box->fd, &keywords_stamp);
  return make_mark (box, &new_stamp, &cur_stamp, &keywords_stamp);
}
