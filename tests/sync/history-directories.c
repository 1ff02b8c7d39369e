/* Directories in the Maildir are made, removed and moved: mkdir, rm -rf, mv. */
#include "history-files.h"
#include "history-steps.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static gboolean
is_part_of_mailbox (const char *path)
{
  g_autofree char *name = g_path_get_basename (path);

  return !g_file_test (path, G_FILE_TEST_IS_DIR) || g_str_equal (name, "cur") || g_str_equal (name, "new") ||
         g_str_equal (name, "tmp");
}

/* (transfer full): what makes a directory a mailbox, but not those below it. */
static GPtrArray *
list_parts (const char *directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  GPtrArray *parts = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      char *path = g_build_filename (directory, name, NULL);

      if (is_part_of_mailbox (path))
        g_ptr_array_add (parts, path);
      else
        g_free (path);
    }
  return parts;
}

static void
remove_alone (HistoryWorld *world, const char *name)
{
  g_autofree char *directory = history_files_directory (world, name);
  g_autoptr (GPtrArray) parts = list_parts (directory);

  for (guint i = 0; i < parts->len; i++)
    history_remove_tree (g_ptr_array_index (parts, i));
  g_rmdir (directory);
}

static void
move_alone (HistoryWorld *world, const char *name, const char *to)
{
  g_autofree char *from_directory = history_files_directory (world, name);
  g_autofree char *to_directory = history_files_directory (world, to);
  g_autoptr (GPtrArray) parts = list_parts (from_directory);

  g_assert_cmpint (g_mkdir_with_parents (to_directory, 0700), ==, 0);
  for (guint i = 0; i < parts->len; i++)
    {
      const char *path = g_ptr_array_index (parts, i);
      g_autofree char *part = g_path_get_basename (path);
      g_autofree char *target = g_build_filename (to_directory, part, NULL);

      g_assert_cmpint (g_rename (path, target), ==, 0);
    }
  g_rmdir (from_directory);
}

/* With all that is below it in `nested`. */
static void
move_tree (HistoryWorld *world, const char *name, const char *to)
{
  g_autofree char *from_directory = history_files_directory (world, name);
  g_autofree char *to_directory = history_files_directory (world, to);
  g_autofree char *parent = g_path_get_dirname (to_directory);

  g_assert_cmpint (g_mkdir_with_parents (parent, 0700), ==, 0);
  g_assert_cmpint (g_rename (from_directory, to_directory), ==, 0);
}

static void
make (HistoryWorld *world, const HistoryStep *step, const char *name)
{
  history_files_make_mailbox (world, name);
  history_world_add_mailbox (world, name);
  history_world_log (world, "      here: new mailbox %s", name);
  if (step->bits % 2 == 0)
    history_local_deliver (world, step, name);
}

static void
make_below (HistoryWorld *world, const HistoryStep *step, const char *parent)
{
  g_autofree char *name = g_strdup_printf ("%s/Below ø%u", parent, step->id);

  make (world, step, name);
}

static gboolean
is_affected (const char *name, const char *top, gboolean whole)
{
  g_autofree char *moved = history_name_moved (name, top, top);

  return g_str_equal (name, top) || (whole && moved != NULL);
}

/* Tells the model; FALSE when it would be held for their number. */
static gboolean
delete_files (HistoryWorld *world, const char *top, gboolean whole)
{
  g_autoptr (GPtrArray) files = history_files_list (world);
  guint count = 0;

  for (guint i = 0; i < files->len; i++)
    count += is_affected (((HistoryFile *)g_ptr_array_index (files, i))->mailbox, top, whole);
  if (!history_world_may_delete (world, count))
    return FALSE;
  for (guint i = 0; i < files->len; i++)
    {
      const HistoryFile *file = g_ptr_array_index (files, i);

      if (is_affected (file->mailbox, top, whole))
        history_model_delete_with_mailbox (world->model, HISTORY_LOCAL, file->mailbox, file->token);
    }
  history_world_log (world, "      here: %s removed with %u messages%s", top, count,
                     whole ? ", and all below it" : "");
  return TRUE;
}

static gboolean
remove_directory (HistoryWorld *world, const char *const *present, const char *top, gboolean whole)
{
  if (!delete_files (world, top, whole))
    return FALSE;
  for (guint i = 0; present[i] != NULL; i++)
    {
      if (!is_affected (present[i], top, whole))
        continue;
      remove_alone (world, present[i]);
      history_model_delete_mailbox (world->model, HISTORY_LOCAL, present[i]);
      history_world_drop_mailbox (world, HISTORY_LOCAL, present[i]);
    }
  if (whole && !world->history->maildirpp)
    {
      g_autofree char *directory = history_files_directory (world, top);

      history_remove_tree (directory);
    }
  return TRUE;
}

static void
move_directory (HistoryWorld *world, const char *const *present, const char *from, const char *to,
                gboolean whole)
{
  gboolean tree = whole && !world->history->maildirpp;

  if (tree)
    move_tree (world, from, to);
  history_world_log (world, "      here: %s moved to %s%s", from, to, whole ? " with all below it" : "");
  for (guint i = 0; present[i] != NULL; i++)
    {
      g_autofree char *name = history_name_moved (present[i], from, to);

      if (!is_affected (present[i], from, whole))
        continue;
      if (!tree)
        move_alone (world, present[i], name);
      history_model_rename_mailbox (world->model, HISTORY_LOCAL, present[i], name);
      history_world_drop_mailbox (world, HISTORY_LOCAL, present[i]);
      g_ptr_array_add (world->mailboxes[HISTORY_LOCAL], g_steal_pointer (&name));
    }
}

/* Only what has nothing below it. */
static void
exchange (HistoryWorld *world, const HistoryStep *step, const char *const *present, const char *name)
{
  const char *other = history_pick_name (present, step->to, name);
  g_autofree char *aside = g_strdup_printf ("Aside %u", step->id);

  if (other == NULL || history_name_has_children (present, name) ||
      history_name_has_children (present, other))
    return;
  history_model_exchange_names (world->model);
  history_world_log (world, "      here: %s and %s exchange names, by way of %s (%u)", name, other, aside,
                     step->bits % 4);
  if (step->bits % 4 == 3)
    {
      move_alone (world, name, aside);
      history_files_make_mailbox (world, name);
      return;
    }
  if (step->bits % 4 != 2)
    move_alone (world, other, aside);
  else if (!remove_directory (world, present, other, FALSE))
    return;
  move_alone (world, name, other);
  if (step->bits % 4 == 0)
    move_alone (world, aside, name);
}

static void
change (HistoryWorld *world, const HistoryStep *step, const char *const *present, const char *name)
{
  g_autofree char *to = history_new_name (step, present, name);
  gboolean whole = step->to % 4 != 0;

  if (step->kind == HISTORY_MAKE_BELOW)
    make_below (world, step, name);
  else if (step->kind == HISTORY_REMOVE_DIRECTORY)
    remove_directory (world, present, name, whole);
  else if (step->kind == HISTORY_MOVE_DIRECTORY)
    move_directory (world, present, name, to, whole);
  else if (step->kind == HISTORY_EXCHANGE_HERE)
    exchange (world, step, present, name);
  else if (remove_directory (world, present, name, whole))
    make (world, step, name);
}

void
history_directories_step (HistoryWorld *world, const HistoryStep *step)
{
  g_auto (GStrv) present = history_files_mailboxes (world);
  const char *name = history_pick_name ((const char *const *)present, step->pick, NULL);

  if (name == NULL)
    return;
  change (world, step, (const char *const *)present, name);
  if (step->kind == HISTORY_EXCHANGE_HERE)
    {
      g_auto (GStrv) now = history_files_mailboxes (world);

      history_world_use_mailboxes (world, HISTORY_LOCAL, (const char *const *)now);
    }
}
