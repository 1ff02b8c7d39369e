#include "import-target.h"

#include "../journal/journal-pop3.h"
#include "../message/text-safe.h"
#include "open-local.h"

#include <string.h>

/* Where staged files are; the rows name their files only. */
#define FACT_ROOT "pop3-root"
#define FACT_DIRECTORY "pop3-directory"
/* "ID GENERATION": the other account's Maildir as it was last. */
#define FACT_MARKER "pop3-target-marker"

char *
import_target_state_dir (const Account *settings)
{
  g_autofree char *parent = g_path_get_dirname (settings->state_dir);

  return settings->deliver_account != NULL ? g_build_filename (parent, settings->deliver_account, NULL)
                                           : g_strdup (settings->state_dir);
}

/* *journal stays NULL where the other account was never synchronized. */
static gboolean
open_other_journal (const Account *settings, Journal **journal, GError **error)
{
  g_autofree char *state_dir = import_target_state_dir (settings);
  g_autoptr (GError) local_error = NULL;

  *journal = journal_open (state_dir, JOURNAL_OPEN_READ, NULL, &local_error);
  if (*journal != NULL || g_error_matches (local_error, JOURNAL_ERROR, JOURNAL_ERROR_MISSING))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/* The same Maildir with a lower generation came back from a backup: what was delivered since is missing. */
static gboolean
is_restored (const MaildirMarker *marker, const char *known)
{
  const char *space = known != NULL ? strchr (known, ' ') : NULL;

  return space != NULL && strlen (marker->id) == (gsize)(space - known) &&
         g_str_has_prefix (known, marker->id) && marker->generation < g_ascii_strtoull (space + 1, NULL, 10);
}

static gboolean
note_other_marker (AccountSync *account, const MaildirMarker *marker, GError **error)
{
  Journal *journal = account->journal;
  g_autofree char *known = journal_get_fact (journal, FACT_MARKER, NULL);
  g_autofree char *now = g_strdup_printf ("%s %" G_GUINT64_FORMAT, marker->id, marker->generation);
  gboolean restored = is_restored (marker, known);

  if (g_strcmp0 (known, now) == 0)
    return TRUE;
  if (restored)
    report (&account->report, ENGINE_EVENT_INFO, NULL, "generation",
            "the Maildir of account %s was restored from a backup; what it lacks of this account's mail is "
            "fetched again",
            account->settings->deliver_account);
  return journal_begin (journal, error) &&
         journal_end (journal,
                      journal_set_fact (journal, FACT_MARKER, now, error) &&
                          (!restored || journal_forget_pop3_present (journal, error)),
                      error);
}

static gboolean
check_other_marker (AccountSync *account, Maildir *maildir, const char *known_id, GError **error)
{
  const Account *settings = account->settings;
  MaildirMarker marker;

  if (!maildir_read_marker (maildir, &marker, error))
    return FALSE;
  if (g_str_equal (marker.id, known_id))
    return note_other_marker (account, &marker, error);
  g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_NO_MARKER,
               "%s is not the Maildir that account %s was synchronized with: is the right disk mounted? "
               "Nothing was delivered",
               settings->maildir, settings->deliver_account);
  return FALSE;
}

static gboolean
open_other (ImportTarget *target, AccountSync *account, GError **error)
{
  const Account *settings = account->settings;
  g_autoptr (GError) local_error = NULL;
  g_autofree char *known_id = NULL;

  if (!open_other_journal (settings, &target->journal, error))
    return FALSE;
  if (target->journal != NULL)
    known_id = journal_get_fact (target->journal, "maildir-id", NULL);
  target->other = maildir_open_beside (settings, known_id == NULL && !account->dry_run, &local_error);
  target->maildir = target->other;
  if (target->other == NULL && account->dry_run && known_id == NULL &&
      g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_NO_ROOT))
    return TRUE;
  if (target->other == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  return known_id == NULL || check_other_marker (account, target->other, known_id, error);
}

/* Of a mailbox that its account knows already: a folded name has another directory than its own. (transfer
 * full) (nullable) */
static char *
find_known_directory (Journal *journal, const char *mailbox)
{
  g_autoptr (GPtrArray) rows = journal_list_mailboxes (journal, NULL);

  for (guint i = 0; rows != NULL && i < rows->len; i++)
    {
      const JournalMailbox *row = g_ptr_array_index (rows, i);

      if (g_str_equal (row->name, mailbox))
        return g_strdup (row->directory);
    }
  return NULL;
}

static gboolean
open_box (ImportTarget *target, AccountSync *account, GError **error)
{
  const Account *settings = account->settings;

  if (target->journal != NULL)
    target->directory = find_known_directory (target->journal, settings->deliver_to);
  if (target->directory == NULL)
    target->directory = maildir_directory_for_mailbox (settings->layout, settings->deliver_to, error);
  if (target->directory == NULL)
    return FALSE;
  if (account->dry_run)
    return TRUE;
  target->box = maildir_box_open (target->maildir, target->directory, settings->deliver_to, TRUE, error);
  return target->box != NULL;
}

gboolean
import_target_open (ImportTarget *target, AccountSync *account, GError **error)
{
  const Account *settings = account->settings;
  gboolean is_own = settings->deliver_account == NULL;
  g_autofree char *safe = text_make_safe (settings->deliver_to);

  if (!account_sync_open_local (account, error))
    return FALSE;
  target->maildir = account->maildir;
  target->mailbox = is_own ? settings->deliver_to : NULL;
  target->label = is_own ? g_strdup (safe) : g_strconcat (settings->deliver_account, "/", safe, NULL);
  return (is_own || open_other (target, account, error)) && open_box (target, account, error);
}

void
import_target_clear (ImportTarget *target)
{
  g_clear_pointer (&target->box, maildir_box_free);
  g_clear_pointer (&target->other, maildir_free);
  g_clear_pointer (&target->journal, journal_close);
  g_clear_pointer (&target->directory, g_free);
  g_clear_pointer (&target->label, g_free);
}

typedef struct
{
  gint64 id;
  char *base;
  gboolean present; /* the file is visible now */
} Staged;

static void
staged_free (gpointer data)
{
  Staged *staged = data;

  g_free (staged->base);
  g_free (staged);
}

static gboolean
collect_staged (const JournalPop3Message *message, gpointer user_data)
{
  if (message->base != NULL)
    {
      Staged *staged = g_new0 (Staged, 1);

      *staged = (Staged){ .id = message->id, .base = g_strdup (message->base) };
      g_ptr_array_add (user_data, staged);
    }
  return TRUE;
}

/* Visible already: what is in tmp/ is the other name that a crash left between link and unlink. */
static gboolean
publish_staged (MaildirBox *box, const char *base, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (!maildir_box_has_tmp (box, base) || maildir_box_publish (box, base, 0, 0, &local_error))
    return TRUE;
  if (g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_EXISTS))
    return maildir_box_remove_tmp (box, base, error);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gboolean
finish_file (MaildirBox *box, Staged *staged, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *file = NULL;
  MaildirFileStamp stamp;
  gboolean in_new;

  if (!publish_staged (box, staged->base, error))
    return FALSE;
  staged->present = maildir_message_guess (box, staged->base, 0, 0, &file, &in_new, &stamp) ||
                    maildir_box_find (box, staged->base, &file, &in_new, &local_error);
  if (staged->present || g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_GONE))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gboolean
finish_files (MaildirBox *box, GPtrArray *list, GError **error)
{
  for (guint i = 0; i < list->len; i++)
    if (!finish_file (box, g_ptr_array_index (list, i), error))
      return FALSE;
  return maildir_box_sync (box, error);
}

static gboolean
record_finished (Journal *journal, GPtrArray *list, GError **error)
{
  for (guint i = 0; i < list->len; i++)
    {
      const Staged *staged = g_ptr_array_index (list, i);

      if (!(staged->present ? journal_set_pop3_message_present (journal, staged->id, error)
                            : journal_remove_pop3_message (journal, staged->id, error)))
        return FALSE;
    }
  return TRUE;
}

/* deliver-to named another mailbox when the files were staged. One that can't be reached any more keeps
 * nobody waiting: what is staged there is fetched again. */
static void
finish_elsewhere (const Account *settings, const char *root, const char *directory, GPtrArray *list)
{
  Account there = *settings;
  g_autoptr (Maildir) maildir = NULL;
  g_autoptr (MaildirBox) box = NULL;

  there.maildir = (char *)root;
  maildir = maildir_open_beside (&there, FALSE, NULL);
  if (maildir != NULL)
    box = maildir_box_open (maildir, directory, NULL, FALSE, NULL);
  if (box != NULL)
    finish_files (box, list, NULL);
}

static gboolean
finish_staged (ImportTarget *target, AccountSync *account, const char *root, const char *directory,
               GError **error)
{
  Journal *journal = account->journal;
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func (staged_free);

  if (!journal_foreach_pop3_message (journal, collect_staged, list, error))
    return FALSE;
  if (list->len == 0)
    return TRUE;
  if (g_strcmp0 (root, account->settings->maildir) != 0 || g_strcmp0 (directory, target->directory) != 0)
    finish_elsewhere (account->settings, root != NULL ? root : "", directory != NULL ? directory : "", list);
  else if (!finish_files (target->box, list, error))
    return FALSE;
  return journal_begin (journal, error) &&
         journal_end (journal, record_finished (journal, list, error), error);
}

gboolean
import_target_recover (ImportTarget *target, AccountSync *account, GError **error)
{
  Journal *journal = account->journal;
  const char *root = account->settings->maildir;
  g_autofree char *known_root = journal_get_fact (journal, FACT_ROOT, NULL);
  g_autofree char *known_directory = journal_get_fact (journal, FACT_DIRECTORY, NULL);

  if (!finish_staged (target, account, known_root, known_directory, error))
    return FALSE;
  maildir_box_clean_tmp (target->box, g_get_real_time () / G_USEC_PER_SEC);
  if (g_strcmp0 (known_root, root) == 0 && g_strcmp0 (known_directory, target->directory) == 0)
    return TRUE;
  return journal_begin (journal, error) &&
         journal_end (journal,
                      journal_set_fact (journal, FACT_ROOT, root, error) &&
                          journal_set_fact (journal, FACT_DIRECTORY, target->directory, error),
                      error);
}
