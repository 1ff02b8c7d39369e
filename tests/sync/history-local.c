#include "history-files.h"
#include "history-mail.h"
#include "history-steps.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* (nullable) (transfer none): one of the files that the step may take. */
static const HistoryFile *
pick (const GPtrArray *files, HistoryKind kind, guint32 number)
{
  const HistoryFile *best = NULL;
  guint32 best_hash = 0;

  for (guint i = 0; i < files->len; i++)
    {
      const HistoryFile *file = g_ptr_array_index (files, i);
      g_autofree char *text = g_strconcat (file->mailbox, file->token, NULL);
      guint32 hash = history_hash (number, text);
      gboolean draft = kind == HISTORY_EDIT || kind == HISTORY_OVERWRITE;

      if ((kind == HISTORY_LOOK && !file->in_new) || (draft && (file->flags & HISTORY_DRAFT) == 0))
        continue;
      if (best == NULL || hash < best_hash)
        {
          best = file;
          best_hash = hash;
        }
    }
  return best;
}

static gint64
seconds (const HistoryFile *file)
{
  return file->mtime_ns / 1000000000;
}

/* A new file as programs here leave it: with LF mostly. */
static void
write_new (HistoryWorld *world, const char *mailbox, gboolean in_new, GBytes *bytes, guint flags, gint64 date)
{
  g_autofree char *base = history_files_new_base (world);
  g_autofree char *name = in_new ? g_strdup (base) : history_files_name (world, mailbox, base, flags);
  g_autofree char *token = history_mail_token (bytes);

  history_files_write (world, mailbox, in_new ? "new" : "cur", name, bytes, date);
  history_model_make (world->model, HISTORY_LOCAL, mailbox, token, flags, date);
  history_world_log (world, "      here: %s into %s as %s/%s", token, mailbox, in_new ? "new" : "cur", name);
}

static void
deliver (HistoryWorld *world, const HistoryStep *step, guint number, const char *mailbox)
{
  g_autofree char *token = g_strdup_printf ("m%u.%u", step->id, number);
  guint32 bits = history_hash (step->bits, token);
  g_autoptr (GBytes) crlf = history_mail_new (token, bits);
  g_autoptr (GBytes) lf = history_mail_to_lf (crlf);
  gboolean in_new = step->kind == HISTORY_DELIVER;

  write_new (world, mailbox, in_new, step->bits % 6 == 0 ? crlf : lf,
             in_new ? 0 : history_flags_random (bits ^ step->pick), history_mail_date (bits));
}

void
history_local_deliver (HistoryWorld *world, const HistoryStep *step, const char *mailbox)
{
  deliver (world, step, 0, mailbox);
}

static void
make (HistoryWorld *world, const HistoryStep *step)
{
  g_autofree char *name = g_strdup_printf ("Made ø%u", step->id);

  history_files_make_mailbox (world, name);
  history_world_add_mailbox (world, name);
  history_world_log (world, "      here: new mailbox %s", name);
  if (step->bits % 3 != 0)
    deliver (world, step, 0, name);
}

/* The file under the name that these flags give it; its keywords are the mailbox's. */
static void
reflag (HistoryWorld *world, const HistoryFile *file, guint flags)
{
  g_autofree char *name = history_files_name (world, file->mailbox, file->base, flags);

  history_file_move (world, file, file->mailbox, name);
  history_model_flags (world->model, HISTORY_LOCAL, file->token, file->flags, flags);
  history_world_log (world, "      here: %s in %s: %s -> %s", file->token, file->mailbox, file->name, name);
}

static void
unlink_file (const HistoryFile *file)
{
  g_autofree char *path = history_file_path (file);

  g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
unlink_message (HistoryWorld *world, const HistoryFile *file)
{
  if (!history_world_may_delete (world, 1))
    return;
  unlink_file (file);
  history_model_delete (world->model, HISTORY_LOCAL, file->mailbox, file->token);
  history_world_log (world, "      here: %s unlinked in %s (%s)", file->token, file->mailbox, file->name);
}

/* mutt: another file with the flags it knows, and the date of the old one. */
static void
save (HistoryWorld *world, const HistoryFile *file, const char *to, gboolean keep)
{
  g_autofree char *base = history_files_new_base (world);
  guint flags = file->flags & ~HISTORY_KEYWORDS;
  g_autofree char *name = history_files_name (world, to, base, flags);

  if (g_str_equal (file->mailbox, to))
    return;
  history_files_write (world, to, "cur", name, file->bytes, seconds (file));
  if (keep)
    history_model_make (world->model, HISTORY_LOCAL, to, file->token, flags, seconds (file));
  else
    {
      unlink_file (file);
      history_model_strip (world->model, file->token);
      history_model_move (world->model, HISTORY_LOCAL, file->mailbox, file->token, to);
    }
  history_world_log (world, "      here: %s %s from %s to %s as %s", file->token, keep ? "copied" : "saved",
                     file->mailbox, to, name);
}

/* (transfer full): the letters of a name with one more or less. */
static char *
toggle_letter (const char *letters, guint flag)
{
  const char letter = history_flag_letter (flag);
  g_auto (GStrv) parts = g_strsplit (letters, (const char[]){ letter, '\0' }, -1);
  g_autofree char *others = g_strjoinv ("", parts);
  g_autoptr (GString) name = g_string_new (others);
  gsize place = 0;

  if (strchr (letters, letter) != NULL)
    return g_strdup (others);
  while (name->str[place] != '\0' && name->str[place] < letter)
    place++;
  g_string_insert_c (name, (gssize)place, letter);
  return g_strdup (name->str);
}

/* As a client renames: where to, and what of the name it keeps. */
typedef struct
{
  gboolean keeps_base; /* and the letters, whatever they stand for; else it knows no keywords */
  gboolean flags;      /* one flag more or less on the way */
  guint flag;
} Renaming;

/* (transfer full) */
static char *
new_name (HistoryWorld *world, const HistoryFile *file, const char *to, const Renaming *how, const char *base)
{
  const guint change = how->flags ? 1u << how->flag : 0;
  g_autofree char *letters = NULL;

  if (!how->keeps_base)
    return history_files_name (world, to, base, (file->flags & ~HISTORY_KEYWORDS) ^ change);
  letters = how->flags ? toggle_letter (file->letters, how->flag) : g_strdup (file->letters);
  return g_strconcat (base, ":2,", letters, NULL);
}

/* (transfer full) (nullable): its base name now; NULL where it is there already. */
static char *
rename_to (HistoryWorld *world, const HistoryFile *file, const char *to, const Renaming *how)
{
  g_autofree char *base = how->keeps_base ? g_strdup (file->base) : history_files_new_base (world);
  g_autofree char *name = NULL;

  if (g_str_equal (file->mailbox, to))
    return NULL;
  name = new_name (world, file, to, how, base);
  history_file_move (world, file, to, name);
  if (how->flags)
    history_model_flags (world->model, HISTORY_LOCAL, file->token, file->flags,
                         file->flags ^ (1u << how->flag));
  if (!how->keeps_base)
    history_model_strip (world->model, file->token);
  history_model_move (world->model, HISTORY_LOCAL, file->mailbox, file->token, to);
  history_world_log (world, "      here: %s renamed from %s to %s: %s -> %s", file->token, file->mailbox, to,
                     file->name, name);
  return g_steal_pointer (&base);
}

static void
rename_on (HistoryWorld *world, const HistoryFile *file, const char *to, const char *next,
           const Renaming *how)
{
  g_autofree char *base = rename_to (world, file, to, how);
  g_autoptr (GPtrArray) files = history_files_list (world);

  for (guint i = 0; base != NULL && i < files->len; i++)
    {
      const HistoryFile *moved = g_ptr_array_index (files, i);
      const Renaming plainly = { how->keeps_base, FALSE, 0 };

      if (g_str_equal (moved->mailbox, to) && g_str_equal (moved->base, base))
        g_free (rename_to (world, moved, next, &plainly));
    }
}

static void
exchange_files (HistoryWorld *world, const GPtrArray *files, const HistoryFile *file, const Renaming *how,
                guint32 number)
{
  const HistoryFile *other = pick (files, HISTORY_EXCHANGE_FILES, number);

  g_free (rename_to (world, file, other->mailbox, how));
  if (!g_str_equal (file->mailbox, other->mailbox))
    g_free (rename_to (world, other, file->mailbox, how));
}

/* (nullable): the file with the message that the step itself made. */
static const HistoryFile *
find_own (const GPtrArray *files, const HistoryStep *step)
{
  g_autofree char *token = g_strdup_printf ("m%u.0", step->id);

  for (guint i = 0; i < files->len; i++)
    if (g_str_equal (((const HistoryFile *)g_ptr_array_index (files, i))->token, token))
      return g_ptr_array_index (files, i);
  return NULL;
}

static void
move_far (HistoryWorld *world, const HistoryStep *step)
{
  g_autoptr (GPtrArray) files = history_files_list (world);
  const HistoryFile *file =
      step->kind == HISTORY_RENAME_QUEUED ? find_own (files, step) : pick (files, step->kind, step->pick);
  const char *to = history_world_pick_mailbox (world, HISTORY_LOCAL, step->to);
  const Renaming how = { step->bits % 2 == 0, step->bits % 3 != 0, step->bits / 8 % HISTORY_FIRST_KEYWORD };

  if (file == NULL)
    return;
  if (step->kind == HISTORY_RENAME_ON)
    rename_on (world, file, to, history_world_pick_mailbox (world, HISTORY_LOCAL, step->bits), &how);
  else if (step->kind == HISTORY_RENAME_BACK)
    rename_on (world, file, to, file->mailbox, &how);
  else if (step->kind == HISTORY_COPY_ON)
    {
      save (world, file, to, TRUE);
      g_free (rename_to (world, file, history_world_pick_mailbox (world, HISTORY_LOCAL, step->bits), &how));
    }
  else if (step->kind == HISTORY_EXCHANGE_FILES)
    exchange_files (world, files, file, &how, step->bits);
  else
    g_free (rename_to (world, file, to, &how));
}

/* The file that tells what letters stand for is written anew; files get the letters of their keywords, or
 * not.
 */
static void
reletter (HistoryWorld *world, const HistoryStep *step)
{
  const char *mailbox = history_world_pick_mailbox (world, HISTORY_LOCAL, step->to);
  g_autoptr (GPtrArray) files = history_files_list (world);

  if (!history_files_rotate_keywords (world, mailbox))
    return;
  history_model_reletter (world->model);
  history_world_log (world, "      here: letters of %s given to others%s", mailbox,
                     step->bits % 2 == 0 ? ", in file names too" : "");
  for (guint i = 0; step->bits % 2 == 0 && i < files->len; i++)
    {
      const HistoryFile *file = g_ptr_array_index (files, i);
      g_autofree char *name = NULL;

      if (!g_str_equal (file->mailbox, mailbox) || (file->flags & HISTORY_KEYWORDS) == 0)
        continue;
      name = history_files_name (world, mailbox, file->base, file->flags);
      history_file_move (world, file, mailbox, name);
    }
}

void
history_moves_step (HistoryWorld *world, const HistoryStep *step)
{
  if (step->kind == HISTORY_RELETTER)
    reletter (world, step);
  else
    move_far (world, step);
}

static void
rebase (HistoryWorld *world, const HistoryFile *file)
{
  g_autofree char *base = history_files_new_base (world);
  g_autofree char *name = history_files_name (world, file->mailbox, base, file->flags);

  history_file_move (world, file, file->mailbox, name);
  history_model_rebase (world->model, file->mailbox, file->token);
  history_world_log (world, "      here: %s in %s under another name: %s -> %s", file->token, file->mailbox,
                     file->name, name);
}

/* The same inode, truncated and written again. */
static void
overwrite (const HistoryFile *file, GBytes *bytes, gint64 mtime)
{
  g_autofree char *path = history_file_path (file);
  const struct timespec times[] = { { mtime, 0 }, { mtime, 0 } };
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);
  int fd = g_open (path, O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, data, length), ==, (gssize)length);
  g_assert_cmpint (futimens (fd, times), ==, 0);
  close (fd);
}

static void
edit (HistoryWorld *world, const HistoryFile *file, const HistoryStep *step, guint number)
{
  g_autofree char *token = g_strdup_printf ("e%u.%u", step->id, number);
  g_autoptr (GBytes) bytes = history_mail_edit (file->bytes, token);
  gint64 date = history_mail_date (history_hash (step->bits, token));

  if (step->kind == HISTORY_OVERWRITE)
    overwrite (file, bytes, date);
  else
    history_files_write (world, file->mailbox, file->in_new ? "new" : "cur", file->name, bytes, date);
  history_model_edit (world->model, file->mailbox, file->token, token, file->flags, date);
  history_world_log (world, "      here: %s in %s edited %s, now %s (%s)", file->token, file->mailbox,
                     step->kind == HISTORY_OVERWRITE ? "in place" : "by renaming over it", token, file->name);
}

static void
change_one (HistoryWorld *world, const HistoryStep *step, guint number)
{
  g_autoptr (GPtrArray) files = history_files_list (world);
  const HistoryFile *file = pick (files, step->kind, step->pick + number);
  const char *to = history_world_pick_mailbox (world, HISTORY_LOCAL, step->to);

  if (file == NULL)
    return;
  if (step->kind == HISTORY_DUPLICATE)
    write_new (world, file->mailbox, file->in_new, file->bytes,
               file->in_new ? 0 : file->flags & ~HISTORY_DRAFT, seconds (file));
  else if (step->kind == HISTORY_LOOK)
    reflag (world, file, file->flags | (step->bits % 2 == 0 ? 1u << 4 : 0));
  else if (step->kind == HISTORY_FLAG)
    reflag (world, file, file->flags ^ 1u << step->bits % HISTORY_FIRST_KEYWORD);
  else if (step->kind == HISTORY_KEYWORD)
    reflag (world, file,
            file->flags ^
                1u << (HISTORY_FIRST_KEYWORD + step->bits % (HISTORY_N_FLAGS - HISTORY_FIRST_KEYWORD)));
  else if (step->kind == HISTORY_UNLINK)
    unlink_message (world, file);
  else if (step->kind == HISTORY_SAVE || step->kind == HISTORY_SAVE_COPY)
    save (world, file, to, step->kind == HISTORY_SAVE_COPY);
  else if (step->kind == HISTORY_RENAME || step->kind == HISTORY_RENAME_NEW)
    {
      const Renaming how = { step->kind == HISTORY_RENAME, FALSE, 0 };

      g_free (rename_to (world, file, to, &how));
    }
  else if (step->kind == HISTORY_REBASE)
    rebase (world, file);
  else
    edit (world, file, step, number);
}

void
history_local_step (HistoryWorld *world, const HistoryStep *step)
{
  if (step->kind == HISTORY_MAKE)
    make (world, step);
  for (guint i = 0; step->kind != HISTORY_MAKE && i < step->repeat; i++)
    if (step->kind == HISTORY_DELIVER || step->kind == HISTORY_FCC)
      deliver (world, step, i, history_world_pick_mailbox (world, HISTORY_LOCAL, step->to + i));
    else
      change_one (world, step, i);
}

HistorySnapshot *
history_local_snapshot (HistoryWorld *world)
{
  HistorySnapshot *snapshot = history_snapshot_new ();
  g_auto (GStrv) mailboxes = history_files_mailboxes (world);
  g_autoptr (GPtrArray) files = history_files_list (world);

  for (guint i = 0; mailboxes[i] != NULL; i++)
    history_snapshot_add_mailbox (snapshot, mailboxes[i]);
  for (guint i = 0; i < files->len; i++)
    {
      const HistoryFile *file = g_ptr_array_index (files, i);

      history_snapshot_add (snapshot, file->mailbox, file->bytes, file->flags, file->others, seconds (file),
                            g_strdup (file->base),
                            g_strdup_printf ("%s/%s %" G_GINT64_FORMAT, file->in_new ? "new" : "cur",
                                             file->name, file->mtime_ns));
    }
  history_snapshot_sort (snapshot);
  return snapshot;
}
