#include "history-names.h"

#include <string.h>

typedef struct
{
  char *label;
  GPtrArray *names;   /* (element-type utf8): the label first, the newest last */
  gboolean known;     /* both sides had it at the last completed sync */
  gboolean exists[2]; /* as far as users know */
  gboolean deleted[2];
  gboolean renamed[2];
  gboolean again; /* deleted on the server and created again */
  gboolean unsure;
  gboolean held, restored;
} Mailbox;

typedef struct
{
  HistorySide side;
  char *from; /* (nullable) created */
  char *to;
} Change;

struct _HistoryNames
{
  GPtrArray *mailboxes;    /* of Mailbox */
  GPtrArray *changes;      /* of Change */
  GHashTable *messages[2]; /* set of "label\tUID", "label\tbase name" at the last completed sync */
  gboolean open, interrupted;
};

static void
mailbox_free (Mailbox *mailbox)
{
  g_ptr_array_unref (mailbox->names);
  g_free (mailbox->label);
  g_free (mailbox);
}

static void
change_free (Change *change)
{
  g_free (change->from);
  g_free (change->to);
  g_free (change);
}

HistoryNames *
history_names_new (void)
{
  HistoryNames *names = g_new0 (HistoryNames, 1);

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

static gboolean
holds_text (const GPtrArray *texts, const char *text)
{
  return g_ptr_array_find_with_equal_func ((GPtrArray *)texts, text, g_str_equal, NULL);
}

static const char *
newest_name (const Mailbox *mailbox)
{
  return g_ptr_array_index (mailbox->names, mailbox->names->len - 1);
}

/* (nullable) */
static Mailbox *
find (HistoryNames *names, const char *name)
{
  for (guint i = 0; i < names->mailboxes->len; i++)
    {
      Mailbox *mailbox = g_ptr_array_index (names->mailboxes, i);

      if (holds_text (mailbox->names, name))
        return mailbox;
    }
  return NULL;
}

static Mailbox *
add (HistoryNames *names, const char *name)
{
  Mailbox *mailbox = g_new0 (Mailbox, 1);

  mailbox->label = g_strdup (name);
  mailbox->names = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (mailbox->names, g_strdup (name));
  g_ptr_array_add (names->mailboxes, mailbox);
  return mailbox;
}

const char *
history_names_label (HistoryNames *names, const char *name)
{
  const Mailbox *mailbox = find (names, name);

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
  const Mailbox *mailbox = find (names, label);

  return mailbox != NULL && (mailbox->unsure || (names->interrupted && mailbox->names->len > 1));
}

/* One that a sync made before it was interrupted is nobody's. */
static Mailbox *
find_or_add (HistoryNames *names, const char *name)
{
  Mailbox *mailbox = find (names, name);

  if (mailbox != NULL)
    return mailbox;
  names->open = TRUE;
  return add (names, name);
}

/* The same, or one is below the other. */
static gboolean
is_related (const char *left, const char *right)
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
  Change *change = g_new0 (Change, 1);

  for (guint i = 0; i < names->changes->len; i++)
    {
      const Change *other = g_ptr_array_index (names->changes, i);

      if (other->side != side && (from != NULL || other->from != NULL) &&
          (is_related (from, other->from) || is_related (from, other->to) || is_related (to, other->from) ||
           is_related (to, other->to)))
        names->open = TRUE;
    }
  *change = (Change){ side, g_strdup (from), g_strdup (to) };
  g_ptr_array_add (names->changes, change);
}

gboolean
history_names_is_deleted (HistoryNames *names, HistorySide side, const char *name)
{
  const Mailbox *mailbox = find (names, name);

  return mailbox != NULL && mailbox->deleted[side];
}

void
history_names_create (HistoryNames *names, HistorySide side, const char *name)
{
  Mailbox *mailbox = find (names, name);

  record_change (names, side, NULL, name);
  if (mailbox == NULL)
    mailbox = add (names, name);
  if (!g_str_equal (newest_name (mailbox), name))
    names->open = TRUE;
  mailbox->again |= side == HISTORY_REMOTE && mailbox->deleted[side];
  mailbox->deleted[side] = FALSE;
  mailbox->exists[side] = TRUE;
}

void
history_names_delete (HistoryNames *names, HistorySide side, const char *name)
{
  Mailbox *mailbox = find_or_add (names, name);

  mailbox->deleted[side] = TRUE;
  mailbox->exists[side] = FALSE;
}

void
history_names_rename (HistoryNames *names, HistorySide side, const char *from, const char *to)
{
  Mailbox *mailbox = find_or_add (names, from);

  record_change (names, side, from, to);
  if (find (names, to) != NULL || mailbox->again)
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
      Mailbox *mailbox = g_ptr_array_index (names->mailboxes, i);

      mailbox->held |= mailbox->deleted[HISTORY_LOCAL];
    }
}

void
history_names_release (HistoryNames *names)
{
  for (guint i = 0; i < names->mailboxes->len; i++)
    ((Mailbox *)g_ptr_array_index (names->mailboxes, i))->held = FALSE;
}

void
history_names_restore (HistoryNames *names, void (*restored) (const char *label, gpointer user_data),
                       gpointer user_data)
{
  for (guint i = 0; i < names->mailboxes->len; i++)
    {
      Mailbox *mailbox = g_ptr_array_index (names->mailboxes, i);

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
      const Mailbox *mailbox = g_ptr_array_index (names->mailboxes, i);

      if (mailbox->deleted[HISTORY_LOCAL] || mailbox->held || mailbox->again ||
          (mailbox->renamed[HISTORY_LOCAL] && history_names_is_unsure (names, mailbox->label)))
        return TRUE;
    }
  return names->open;
}

static guint
count_messages (HistoryNames *names, const Mailbox *mailbox, HistorySide side)
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
count_common (HistoryNames *names, const Mailbox *mailbox, HistorySide side, const HistorySnapshot *snapshot,
              const char *name)
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
is_like (HistoryNames *names, const Mailbox *mailbox, const HistorySnapshot *local, const char *name)
{
  return count_common (names, mailbox, HISTORY_LOCAL, local, name) * 2 >
         count_messages (names, mailbox, HISTORY_LOCAL);
}

static void
foresee_here (HistoryNames *names, Mailbox *mailbox, const HistorySnapshot *local)
{
  if (mailbox->renamed[HISTORY_LOCAL])
    mailbox->unsure |= !is_like (names, mailbox, local, newest_name (mailbox));
  for (guint i = 0; i < local->mailboxes->len; i++)
    {
      const char *name = g_ptr_array_index (local->mailboxes, i);
      const Mailbox *other = find (names, name);

      if (other != mailbox && (other == NULL || !other->known || other->names->len > 1))
        names->open |= is_like (names, mailbox, local, name);
    }
}

/* There UIDVALIDITY tells, and sizes where it had messages. */
static void
foresee_there (HistoryNames *names, Mailbox *mailbox, const HistorySnapshot *remote)
{
  mailbox->unsure |= count_messages (names, mailbox, HISTORY_REMOTE) > 0 &&
                     count_common (names, mailbox, HISTORY_REMOTE, remote, newest_name (mailbox)) == 0;
}

static void
open_for_strangers (HistoryNames *names, const HistorySnapshot *snapshot)
{
  for (guint i = 0; i < snapshot->mailboxes->len; i++)
    names->open |= find (names, g_ptr_array_index (snapshot->mailboxes, i)) == NULL;
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
      Mailbox *mailbox = g_ptr_array_index (names->mailboxes, i);

      if (mailbox->known && (mailbox->renamed[HISTORY_LOCAL] || mailbox->deleted[HISTORY_LOCAL]))
        foresee_here (names, mailbox, local);
      if (mailbox->known && mailbox->renamed[HISTORY_REMOTE])
        foresee_there (names, mailbox, remote);
    }
}

typedef enum
{
  GONE,
  EITHER,
  THERE,
} Expected;

static Expected
expect (HistoryNames *names, const Mailbox *mailbox,
        gboolean (*has_news) (const char *label, HistorySide side, gpointer user_data), gpointer user_data)
{
  gboolean deleted = mailbox->deleted[0] || mailbox->deleted[1];

  /* What had no messages was not held. */
  if (mailbox->restored)
    return EITHER;
  if (!deleted)
    return mailbox->exists[0] || mailbox->exists[1] ? THERE : EITHER;
  if (names->interrupted || mailbox->unsure)
    return EITHER;
  if (!mailbox->known)
    return mailbox->exists[0] || mailbox->exists[1] ? THERE : GONE;
  for (guint side = 0; side < 2; side++)
    if (mailbox->deleted[side] && has_news (mailbox->label, !side, user_data))
      return EITHER;
  return GONE;
}

static char *
check_mailbox (HistoryNames *names, const Mailbox *mailbox, Expected expected,
               const HistorySnapshot *snapshot)
{
  const char *newest = newest_name (mailbox);
  gboolean is_sure = !history_names_is_unsure (names, mailbox->label);
  guint present = 0;

  for (guint i = 0; i < mailbox->names->len; i++)
    {
      const char *name = g_ptr_array_index (mailbox->names, i);
      gboolean is_present = holds_text (snapshot->mailboxes, name);

      present += is_present;
      if (is_present && is_sure && !g_str_equal (name, newest))
        return g_strdup_printf ("mailboxes: %s was renamed to %s, and the old name is still there", name,
                                newest);
    }
  if (present > 0 && expected == GONE)
    return g_strdup_printf ("mailboxes: %s was deleted, and is still there", newest);
  if (present == 0 && expected == THERE)
    return g_strdup_printf ("mailboxes: %s was not deleted, and is gone", newest);
  return NULL;
}

char *
history_names_check (HistoryNames *names, const HistorySnapshot *snapshot,
                     gboolean (*has_news) (const char *label, HistorySide side, gpointer user_data),
                     gpointer user_data)
{
  for (guint i = 0; i < names->mailboxes->len && !names->open; i++)
    {
      const Mailbox *mailbox = g_ptr_array_index (names->mailboxes, i);
      char *wrong = check_mailbox (names, mailbox, expect (names, mailbox, has_news, user_data), snapshot);

      if (wrong != NULL)
        return wrong;
    }
  for (guint i = 0; i < snapshot->mailboxes->len && !names->open; i++)
    {
      const char *name = g_ptr_array_index (snapshot->mailboxes, i);

      if (find (names, name) == NULL)
        return g_strdup_printf ("mailboxes: nobody made %s", name);
    }
  return NULL;
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
      Mailbox *mailbox = add (names, g_ptr_array_index (remote->mailboxes, i));

      mailbox->known = mailbox->exists[0] = mailbox->exists[1] = TRUE;
    }
  remember_messages (names, HISTORY_REMOTE, remote);
  remember_messages (names, HISTORY_LOCAL, local);
}
