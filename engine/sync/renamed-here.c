#include "renamed-here.h"

#include "mailbox-names.h"
#include "mailboxes-private.h"
#include "trade-places.h"

#include <string.h>

/* A directory that some mailbox may have got. */
typedef struct
{
  char *directory;
  char *name;        /* (nullable) */
  GHashTable *bases; /* (nullable) its messages' base names, once it was looked into */
  gboolean taken;
} Place;

/* A mailbox whose directory is gone, or is another than it was. */
typedef struct
{
  MailboxSync *mailbox;
  Place *own; /* (nullable) what is at its directory now */
  Place *found;
} Seeker;

typedef struct
{
  AccountSync *account;
  GPtrArray *places;   /* of Place */
  GPtrArray *seekers;  /* of Seeker */
  GHashTable *renamed; /* old name -> new name, of those found so far */
} Search;

static void
place_free (gpointer data)
{
  Place *place = data;

  g_clear_pointer (&place->bases, g_hash_table_unref);
  g_free (place->directory);
  g_free (place->name);
  g_free (place);
}

static Place *
add_place (Search *search, const char *directory)
{
  AccountSync *account = search->account;
  Place *place = g_new0 (Place, 1);

  place->directory = g_strdup (directory);
  place->name = mailbox_name_of_directory (account->maildir, account->settings->layout, directory);
  g_ptr_array_add (search->places, place);
  return place;
}

static void
add_new_places (Search *search, const char *const *directories)
{
  for (guint i = 0; directories[i] != NULL; i++)
    if (!account_sync_knows_directory (search->account, directories[i]))
      add_place (search, directories[i]);
}

static void
look_into (AccountSync *account, Place *place)
{
  g_autoptr (MaildirBox) box =
      maildir_box_open (account->maildir, place->directory, place->name, FALSE, NULL);
  g_autoptr (MaildirScan) scan = box != NULL ? maildir_scan (box, NULL) : NULL;

  place->bases = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; scan != NULL && i < scan->entries->len; i++)
    g_hash_table_add (place->bases, g_strdup (g_array_index (scan->entries, MaildirEntry, i).base));
}

/* (nullable) */
static Seeker *
find_seeker (const Search *search, const MailboxSync *mailbox)
{
  for (guint i = 0; i < search->seekers->len; i++)
    {
      Seeker *seeker = g_ptr_array_index (search->seekers, i);

      if (seeker->mailbox == mailbox)
        return seeker;
    }
  return NULL;
}

/* The name of a mailbox that is somewhere else now is free, and its own is for one that was renamed back
 * before the server heard of it. */
static gboolean
is_free (const Search *search, const MailboxSync *mailbox, const Place *place)
{
  const MailboxSync *other;
  const Seeker *seeker;

  if (place->taken || place->name == NULL)
    return FALSE;
  other = account_sync_find_mailbox (search->account, place->name);
  seeker = other != NULL ? find_seeker (search, other) : NULL;
  return other == NULL || other == mailbox || (seeker != NULL && seeker->own == place);
}

/* Where its parent's new name puts it. (nullable) */
static Place *
find_by_parent (Search *search, const MailboxSync *mailbox)
{
  const char *name = mailbox->row->name;
  const char *slash = strrchr (name, '/');
  g_autofree char *parent = slash != NULL ? g_strndup (name, slash - name) : NULL;
  const char *new_parent = parent != NULL ? g_hash_table_lookup (search->renamed, parent) : NULL;
  g_autofree char *expected = new_parent != NULL ? g_strconcat (new_parent, slash, NULL) : NULL;

  for (guint i = 0; expected != NULL && i < search->places->len; i++)
    {
      Place *place = g_ptr_array_index (search->places, i);

      if (is_free (search, mailbox, place) && g_str_equal (place->name, expected))
        return place;
    }
  return NULL;
}

static gboolean
collect_base (const JournalMessage *message, gpointer user_data)
{
  g_ptr_array_add (user_data, g_strdup (message->base));
  return TRUE;
}

/* More than half of the known messages. */
static gboolean
holds (Search *search, Place *place, const GPtrArray *bases)
{
  guint common = 0;

  if (place->bases == NULL)
    look_into (search->account, place);
  for (guint i = 0; i < bases->len; i++)
    common += g_hash_table_contains (place->bases, g_ptr_array_index (bases, i));
  return common * 2 > bases->len;
}

/* *bases (transfer full) */
static gboolean
load_bases (Search *search, const MailboxSync *mailbox, GPtrArray **bases, GError **error)
{
  *bases = g_ptr_array_new_with_free_func (g_free);
  return journal_foreach_message (search->account->journal, mailbox->row->id, collect_base, *bases, error);
}

/* *found (nullable): the one that holds more than half of the known messages. */
static gboolean
find_by_messages (Search *search, MailboxSync *mailbox, Place **found, GError **error)
{
  g_autoptr (GPtrArray) bases = NULL;

  *found = NULL;
  if (!load_bases (search, mailbox, &bases, error))
    return FALSE;
  for (guint i = 0; bases->len > 0 && *found == NULL && i < search->places->len; i++)
    {
      Place *place = g_ptr_array_index (search->places, i);

      if (is_free (search, mailbox, place) && holds (search, place, bases))
        *found = place;
    }
  return TRUE;
}

static void
take (Search *search, Seeker *seeker, Place *place)
{
  place->taken = TRUE;
  seeker->found = place;
  if (place != seeker->own)
    g_hash_table_insert (search->renamed, g_strdup (seeker->mailbox->row->name), g_strdup (place->name));
}

/* A directory that was restored from a backup, or copied, is another and still its mailbox's. */
static gboolean
find_at_home (Search *search, GError **error)
{
  for (guint i = 0; i < search->seekers->len; i++)
    {
      Seeker *seeker = g_ptr_array_index (search->seekers, i);
      g_autoptr (GPtrArray) bases = NULL;

      if (seeker->own == NULL)
        continue;
      if (!load_bases (search, seeker->mailbox, &bases, error))
        return FALSE;
      if (holds (search, seeker->own, bases))
        take (search, seeker, seeker->own);
    }
  return TRUE;
}

static gboolean
find_elsewhere (Search *search, GError **error)
{
  for (guint i = 0; i < search->seekers->len; i++)
    {
      Seeker *seeker = g_ptr_array_index (search->seekers, i);
      Place *place;

      if (seeker->found != NULL)
        continue;
      place = find_by_parent (search, seeker->mailbox);
      if (place == NULL && !find_by_messages (search, seeker->mailbox, &place, error))
        return FALSE;
      if (place != NULL)
        take (search, seeker, place);
    }
  return TRUE;
}

/* One that is nowhere, and whose directory another has now, has none. */
static gboolean
is_displaced (const Seeker *seeker)
{
  return seeker->found == NULL && seeker->own != NULL && seeker->own->taken;
}

static gboolean
put_directory (const Seeker *seeker, const char *directory, GError **error)
{
  AccountSync *account = seeker->mailbox->account;
  JournalMailbox *row = seeker->mailbox->row;

  g_free (row->directory);
  row->directory = directory != NULL ? g_strdup (directory) : account_sync_place_aside (account, row->id);
  return journal_put_mailbox (account->journal, row, error);
}

static gboolean
is_moved (const Seeker *seeker)
{
  return (seeker->found != NULL && seeker->found != seeker->own) || is_displaced (seeker);
}

/* No two rows may have one directory, not even for a moment. */
static gboolean
put_directories (Search *search, GError **error)
{
  for (guint i = 0; i < search->seekers->len; i++)
    {
      const Seeker *seeker = g_ptr_array_index (search->seekers, i);

      if (is_moved (seeker) && !put_directory (seeker, NULL, error))
        return FALSE;
    }
  for (guint i = 0; i < search->seekers->len; i++)
    {
      const Seeker *seeker = g_ptr_array_index (search->seekers, i);

      if (is_moved (seeker) && !is_displaced (seeker) &&
          !put_directory (seeker, seeker->found->directory, error))
        return FALSE;
    }
  return TRUE;
}

/* `*there`: it has a directory, and maybe another than it had: an inode is a hint, no more (contract C2.4).
 */
static gboolean
is_sought (MailboxSync *mailbox, const char *const *directories, gboolean *there)
{
  const JournalMailbox *row = mailbox->row;

  *there = g_strv_contains (directories, row->directory);
  return row->uidvalidity != 0 && !g_str_equal (row->name, "INBOX") &&
         (!*there || (row->cur_inode != 0 &&
                      row->cur_inode != maildir_cur_inode (mailbox->account->maildir, row->directory)));
}

static void
collect_seekers (Search *search, const char *const *directories)
{
  AccountSync *account = search->account;

  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);
      gboolean there;
      Seeker *seeker;

      if (!is_sought (mailbox, directories, &there))
        continue;
      seeker = g_new0 (Seeker, 1);
      seeker->mailbox = mailbox;
      seeker->own = there ? add_place (search, mailbox->row->directory) : NULL;
      g_ptr_array_add (search->seekers, seeker);
    }
}

gboolean
account_sync_find_renamed_here (AccountSync *account, const char *const *directories, GError **error)
{
  g_autoptr (GPtrArray) places = g_ptr_array_new_with_free_func (place_free);
  g_autoptr (GPtrArray) seekers = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) renamed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  Search search = { account, places, seekers, renamed };

  account_sync_sort_mailboxes (account);
  collect_seekers (&search, directories);
  if (seekers->len == 0)
    return TRUE;
  add_new_places (&search, directories);
  return find_at_home (&search, error) && find_elsewhere (&search, error) &&
         journal_begin (account->journal, error) &&
         journal_end (account->journal, put_directories (&search, error), error);
}
