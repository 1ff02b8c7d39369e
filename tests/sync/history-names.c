#include "history-names-private.h"

#include <string.h>

static void
mailbox_free (HistoryMailbox *mailbox)
{
  g_ptr_array_unref (mailbox->names);
  g_free (mailbox->label);
  g_free (mailbox);
}

static void
change_free (HistoryChange *change)
{
  g_free (change->from);
  g_free (change->to);
  g_free (change);
}

HistoryNames *
history_names_new (gboolean keeps_parents)
{
  HistoryNames *names = g_new0 (HistoryNames, 1);

  names->keeps_parents = keeps_parents;
  names->mailboxes = g_ptr_array_new_with_free_func ((GDestroyNotify)mailbox_free);
  names->changes = g_ptr_array_new_with_free_func ((GDestroyNotify)change_free);
  for (guint side = 0; side < 2; side++)
    names->messages[side] = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return names;
}

void
history_names_free (HistoryNames *names)
{
  g_ptr_array_unref (names->mailboxes);
  g_ptr_array_unref (names->changes);
  for (guint side = 0; side < 2; side++)
    g_hash_table_unref (names->messages[side]);
  g_free (names);
}

gboolean
history_mailboxes_have (const GPtrArray *names, const char *name)
{
  return g_ptr_array_find_with_equal_func ((GPtrArray *)names, name, g_str_equal, NULL);
}

const char *
history_mailbox_newest_name (const HistoryMailbox *mailbox)
{
  return g_ptr_array_index (mailbox->names, mailbox->names->len - 1);
}

HistoryMailbox *
history_names_find (HistoryNames *names, const char *name)
{
  for (guint i = 0; i < names->mailboxes->len; i++)
    {
      HistoryMailbox *mailbox = g_ptr_array_index (names->mailboxes, i);

      if (history_mailboxes_have (mailbox->names, name))
        return mailbox;
    }
  return NULL;
}

static HistoryMailbox *
add (HistoryNames *names, const char *name)
{
  HistoryMailbox *mailbox = g_new0 (HistoryMailbox, 1);

  mailbox->label = g_strdup (name);
  mailbox->names = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (mailbox->names, g_strdup (name));
  g_ptr_array_add (names->mailboxes, mailbox);
  return mailbox;
}

const char *
history_names_label (HistoryNames *names, const char *name)
{
  const HistoryMailbox *mailbox = history_names_find (names, name);

  return mailbox != NULL ? mailbox->label : name;
}

gboolean
history_names_is_open (HistoryNames *names)
{
  return names->open;
}

gboolean
history_names_is_unsure (HistoryNames *names, const char *label)
{
  const HistoryMailbox *mailbox = history_names_find (names, label);

  return mailbox != NULL && (mailbox->unsure || (names->interrupted && mailbox->names->len > 1));
}

/* One that a sync made before it was interrupted is nobody's. */
static HistoryMailbox *
find_or_add (HistoryNames *names, const char *name)
{
  HistoryMailbox *mailbox = history_names_find (names, name);

  if (mailbox != NULL)
    return mailbox;
  names->open = TRUE;
  return add (names, name);
}

gboolean
history_name_is_related (const char *left, const char *right)
{
  gsize length;

  if (left == NULL || right == NULL)
    return FALSE;
  length = MIN (strlen (left), strlen (right));
  return strncmp (left, right, length) == 0 && (left[length] == '\0' || left[length] == '/') &&
         (right[length] == '\0' || right[length] == '/');
}

/* A new name on one side, and the other side renamed what it is near to; or the other way round. */
static void
record_change (HistoryNames *names, HistorySide side, const char *from, const char *to)
{
  HistoryChange *change = g_new0 (HistoryChange, 1);

  for (guint i = 0; i < names->changes->len; i++)
    {
      const HistoryChange *other = g_ptr_array_index (names->changes, i);

      if (other->side != side && (from != NULL || other->from != NULL) &&
          (history_name_is_related (from, other->from) || history_name_is_related (from, other->to) ||
           history_name_is_related (to, other->from) || history_name_is_related (to, other->to)))
        names->open = TRUE;
    }
  *change = (HistoryChange){ side, g_strdup (from), g_strdup (to) };
  g_ptr_array_add (names->changes, change);
}

gboolean
history_names_is_deleted (HistoryNames *names, HistorySide side, const char *name)
{
  const HistoryMailbox *mailbox = history_names_find (names, name);

  return mailbox != NULL && mailbox->deleted[side];
}

void
history_names_create (HistoryNames *names, HistorySide side, const char *name)
{
  HistoryMailbox *mailbox = history_names_find (names, name);

  record_change (names, side, NULL, name);
  if (mailbox == NULL)
    mailbox = add (names, name);
  if (!g_str_equal (history_mailbox_newest_name (mailbox), name))
    names->open = TRUE;
  mailbox->again |= side == HISTORY_REMOTE && mailbox->deleted[side];
  mailbox->deleted[side] = FALSE;
  mailbox->exists[side] = TRUE;
}

void
history_names_delete (HistoryNames *names, HistorySide side, const char *name)
{
  HistoryMailbox *mailbox = find_or_add (names, name);

  mailbox->deleted[side] = TRUE;
  mailbox->exists[side] = FALSE;
}

void
history_names_rename (HistoryNames *names, HistorySide side, const char *from, const char *to)
{
  HistoryMailbox *mailbox = find_or_add (names, from);

  record_change (names, side, from, to);
  if (history_names_find (names, to) != NULL || mailbox->again)
    names->open = TRUE;
  else
    g_ptr_array_add (mailbox->names, g_strdup (to));
  mailbox->renamed[side] = TRUE;
}

void
history_names_open (HistoryNames *names)
{
  names->open = TRUE;
}

void
history_names_interrupt (HistoryNames *names)
{
  names->interrupted = TRUE;
}

void
history_names_hold (HistoryNames *names)
{
  names->interrupted = TRUE;
  for (guint i = 0; i < names->mailboxes->len; i++)
    {
      HistoryMailbox *mailbox = g_ptr_array_index (names->mailboxes, i);

      mailbox->held |= mailbox->deleted[HISTORY_LOCAL];
    }
}

void
history_names_release (HistoryNames *names)
{
  for (guint i = 0; i < names->mailboxes->len; i++)
    ((HistoryMailbox *)g_ptr_array_index (names->mailboxes, i))->held = FALSE;
}

void
history_names_restore (HistoryNames *names, void (*restored) (const char *label, gpointer user_data),
                       gpointer user_data)
{
  for (guint i = 0; i < names->mailboxes->len; i++)
    {
      HistoryMailbox *mailbox = g_ptr_array_index (names->mailboxes, i);

      if (!mailbox->held)
        continue;
      mailbox->held = mailbox->deleted[HISTORY_LOCAL] = FALSE;
      mailbox->exists[HISTORY_LOCAL] = mailbox->restored = TRUE;
      restored (mailbox->label, user_data);
    }
}

gboolean
history_names_may_be_held (HistoryNames *names)
{
  for (guint i = 0; i < names->mailboxes->len; i++)
    {
      const HistoryMailbox *mailbox = g_ptr_array_index (names->mailboxes, i);

      if (mailbox->deleted[HISTORY_LOCAL] || mailbox->held || mailbox->again ||
          (mailbox->renamed[HISTORY_LOCAL] && history_names_is_unsure (names, mailbox->label)))
        return TRUE;
    }
  return names->open;
}

static guint
count_messages (HistoryNames *names, const HistoryMailbox *mailbox, HistorySide side)
{
  g_autofree char *prefix = g_strconcat (mailbox->label, "\t", NULL);
  GHashTableIter iter;
  gpointer key;
  guint count = 0;

  g_hash_table_iter_init (&iter, names->messages[side]);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    count += g_str_has_prefix (key, prefix);
  return count;
}

/* Of those that the mailbox had, how many are under that name now. */
static guint
count_common (HistoryNames *names, const HistoryMailbox *mailbox, HistorySide side,
              const HistorySnapshot *snapshot, const char *name)
{
  guint count = 0;

  for (guint i = 0; i < snapshot->copies->len; i++)
    {
      const HistoryCopy *copy = g_ptr_array_index (snapshot->copies, i);
      g_autofree char *key = g_strconcat (mailbox->label, "\t", copy->id, NULL);

      count += g_str_equal (copy->mailbox, name) && g_hash_table_contains (names->messages[side], key);
    }
  return count;
}

/* The program takes a new directory for the mailbox when it holds more than half of its messages. */
static gboolean
is_like (HistoryNames *names, const HistoryMailbox *mailbox, const HistorySnapshot *local, const char *name)
{
  return count_common (names, mailbox, HISTORY_LOCAL, local, name) * 2 >
         count_messages (names, mailbox, HISTORY_LOCAL);
}

static void
foresee_here (HistoryNames *names, HistoryMailbox *mailbox, const HistorySnapshot *local)
{
  if (mailbox->renamed[HISTORY_LOCAL])
    mailbox->unsure |= !is_like (names, mailbox, local, history_mailbox_newest_name (mailbox));
  for (guint i = 0; i < local->mailboxes->len; i++)
    {
      const char *name = g_ptr_array_index (local->mailboxes, i);
      const HistoryMailbox *other = history_names_find (names, name);

      if (other != mailbox && (other == NULL || !other->known || other->names->len > 1))
        names->open |= is_like (names, mailbox, local, name);
    }
}

/* There UIDVALIDITY tells, and sizes where it had messages. */
static void
foresee_there (HistoryNames *names, HistoryMailbox *mailbox, const HistorySnapshot *remote)
{
  mailbox->unsure |=
      count_messages (names, mailbox, HISTORY_REMOTE) > 0 &&
      count_common (names, mailbox, HISTORY_REMOTE, remote, history_mailbox_newest_name (mailbox)) == 0;
}

static void
open_for_strangers (HistoryNames *names, const HistorySnapshot *snapshot)
{
  for (guint i = 0; i < snapshot->mailboxes->len; i++)
    names->open |= history_names_find (names, g_ptr_array_index (snapshot->mailboxes, i)) == NULL;
}

void
history_names_foresee (HistoryNames *names, const HistorySnapshot *remote, const HistorySnapshot *local)
{
  if (names->interrupted)
    {
      open_for_strangers (names, remote);
      open_for_strangers (names, local);
    }
  for (guint i = 0; i < names->mailboxes->len; i++)
    {
      HistoryMailbox *mailbox = g_ptr_array_index (names->mailboxes, i);

      if (mailbox->known && (mailbox->renamed[HISTORY_LOCAL] || mailbox->deleted[HISTORY_LOCAL]))
        foresee_here (names, mailbox, local);
      if (mailbox->known && mailbox->renamed[HISTORY_REMOTE])
        foresee_there (names, mailbox, remote);
    }
}

static void
remember_messages (HistoryNames *names, HistorySide side, const HistorySnapshot *snapshot)
{
  g_hash_table_remove_all (names->messages[side]);
  for (guint i = 0; i < snapshot->copies->len; i++)
    {
      const HistoryCopy *copy = g_ptr_array_index (snapshot->copies, i);

      g_hash_table_add (names->messages[side], g_strconcat (copy->mailbox, "\t", copy->id, NULL));
    }
}

void
history_names_begin_again (HistoryNames *names, const HistorySnapshot *remote, const HistorySnapshot *local)
{
  names->open = names->interrupted = FALSE;
  g_ptr_array_set_size (names->mailboxes, 0);
  g_ptr_array_set_size (names->changes, 0);
  for (guint i = 0; i < remote->mailboxes->len; i++)
    {
      HistoryMailbox *mailbox = add (names, g_ptr_array_index (remote->mailboxes, i));

      mailbox->known = mailbox->exists[0] = mailbox->exists[1] = TRUE;
    }
  remember_messages (names, HISTORY_REMOTE, remote);
  remember_messages (names, HISTORY_LOCAL, local);
}
