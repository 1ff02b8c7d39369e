#include "open-local.h"

#include "../journal/journal-pop3.h"

#include <stdlib.h>

/* What the journal is bound to, beside the Maildir's id. When one changes, nothing it says of UIDs holds any
 * more. */
typedef struct
{
  const char *key;
  const char *value;
} Binding;

static gboolean
is_pop3 (const AccountSync *account)
{
  return account->settings->protocol == ACCOUNT_PROTOCOL_POP3;
}

static gboolean
check_fact (AccountSync *account, const Binding *binding, JournalRefresh *refresh, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *known = journal_get_fact (account->journal, binding->key, &local_error);

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (known != NULL && g_str_equal (known, binding->value))
    return TRUE;
  if (known != NULL)
    {
      *refresh = JOURNAL_REFRESH_REBOUND;
      report (&account->report, ENGINE_EVENT_INFO, NULL, "rebound",
              "%s is now “%s” and was “%s”; messages will be matched again by content, nothing is deleted",
              binding->key, binding->value, known);
    }
  return journal_set_fact (account->journal, binding->key, binding->value, error);
}

static gboolean
check_bindings (AccountSync *account, JournalRefresh *refresh, GError **error)
{
  const Account *settings = account->settings;
  const Binding bindings[] = {
    { "protocol", is_pop3 (account) ? "pop3" : "imap" },
    { "host", settings->host },
    { "user", settings->user },
    { "layout", settings->layout == ACCOUNT_LAYOUT_NESTED ? "nested" : "maildir++" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bindings); i++)
    if (!check_fact (account, &bindings[i], refresh, error))
      return FALSE;
  return TRUE;
}

static gboolean
set_number (AccountSync *account, const char *key, guint64 number, GError **error)
{
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, number);

  return journal_set_fact (account->journal, key, text, error);
}

static guint64
get_number (AccountSync *account, const char *key)
{
  g_autofree char *text = journal_get_fact (account->journal, key, NULL);

  return text != NULL ? g_ascii_strtoull (text, NULL, 10) : 0;
}

static gboolean
set_generation (AccountSync *account, guint64 generation, GError **error)
{
  return set_number (account, "generation", generation, error) &&
         set_number (account, "generation-written", generation, error);
}

/* A journal that knows no Maildir yet: takes the one that is there, with the id it has or a new one. */
static gboolean
adopt_maildir (AccountSync *account, gboolean has_marker, GError **error)
{
  if (!has_marker)
    {
      g_snprintf (account->marker.id, sizeof account->marker.id, "%08x%08x%08x%08x", g_random_int (),
                  g_random_int (), g_random_int (), g_random_int ());
      account->marker.generation = 1;
    }
  if (!journal_set_fact (account->journal, "maildir-id", account->marker.id, error) ||
      !set_generation (account, account->marker.generation, error))
    return FALSE;
  return account->dry_run || has_marker || maildir_write_marker (account->maildir, &account->marker, error);
}

/* The journal's generation is committed before the marker is written: after a crash in between the marker is
 * one behind. Once the journal knows that the marker was written, one behind is a restored backup like any
 * other. */
static gboolean
is_same_history (AccountSync *account)
{
  guint64 generation = get_number (account, "generation");

  return account->marker.generation == generation ||
         (account->marker.generation + 1 == generation &&
          get_number (account, "generation-written") < generation);
}

static gboolean
check_marker (AccountSync *account, const char *known_id, gboolean has_marker, JournalRefresh *refresh,
              GError **error)
{
  if (!has_marker || !g_str_equal (known_id, account->marker.id))
    {
      g_set_error (
          error, MAILDIR_ERROR, MAILDIR_ERROR_NO_MARKER,
          "%s is not the Maildir this account was synchronized with (%s): is the right disk mounted? Nothing "
          "was changed. If it really is a new Maildir, move %s away and run again",
          account->settings->maildir,
          has_marker ? "its marker .dovetail is another's" : "it has no marker .dovetail",
          account->settings->state_dir);
      return FALSE;
    }
  if (is_same_history (account))
    return TRUE;
  *refresh = MAX (*refresh, JOURNAL_REFRESH_RESTORED);
  report (&account->report, ENGINE_EVENT_INFO, NULL, "generation",
          "the Maildir or the journal was restored from a backup; messages will be matched again by content, "
          "nothing "
          "is deleted");
  return set_generation (account, account->marker.generation, error);
}

static gboolean
bind_maildir (AccountSync *account, JournalRefresh *refresh, GError **error)
{
  if (account->maildir == NULL)
    return TRUE;

  g_autoptr (GError) marker_error = NULL;
  gboolean has_marker = maildir_read_marker (account->maildir, &account->marker, &marker_error);
  g_autofree char *known_id = journal_get_fact (account->journal, "maildir-id", NULL);

  if (!has_marker && !g_error_matches (marker_error, MAILDIR_ERROR, MAILDIR_ERROR_NO_MARKER))
    {
      g_propagate_error (error, g_steal_pointer (&marker_error));
      return FALSE;
    }
  if (known_id == NULL)
    return adopt_maildir (account, has_marker, error);
  return check_marker (account, known_id, has_marker, refresh, error);
}

/* Nothing is known of a mailbox's place on the server any more, so that its absence means nothing either. */
static void
forget_server (JournalMailbox *row)
{
  row->uidvalidity = row->uidnext = 0;
  row->highestmodseq = 0;
  g_clear_pointer (&row->wire_name, g_free);
  g_clear_pointer (&row->mailbox_id, g_free);
}

static gboolean
refresh_all (AccountSync *account, JournalRefresh refresh, GError **error)
{
  g_autoptr (GPtrArray) rows = journal_list_mailboxes (account->journal, error);

  if (rows == NULL)
    return FALSE;
  for (guint i = 0; i < rows->len; i++)
    {
      JournalMailbox *row = g_ptr_array_index (rows, i);

      row->refresh = MAX (row->refresh, refresh);
      forget_server (row);
      if (!journal_put_mailbox (account->journal, row, error))
        return FALSE;
    }
  return TRUE;
}

/* The same for a maildrop: what is fetched again is recognised by its full digest. */
static gboolean
refresh_maildrop (AccountSync *account, JournalRefresh refresh, GError **error)
{
  return refresh == JOURNAL_REFRESH_RESTORED ? journal_forget_pop3_present (account->journal, error)
                                             : journal_forget_pop3_uidls (account->journal, error);
}

static gboolean
bind_all (AccountSync *account, GError **error)
{
  JournalRefresh refresh = JOURNAL_REFRESH_NONE;

  return journal_begin (account->journal, error) &&
         journal_end (account->journal,
                      check_bindings (account, &refresh, error) && bind_maildir (account, &refresh, error) &&
                          (refresh == JOURNAL_REFRESH_NONE || refresh_all (account, refresh, error)) &&
                          (refresh == JOURNAL_REFRESH_NONE || refresh_maildrop (account, refresh, error)),
                      error);
}

static gboolean
open_journal (AccountSync *account, GError **error)
{
  g_autofree char *set_aside = NULL;

  /* A dry run of an account that was never synchronized makes no directory for its lock either. */
  if (!account->dry_run || g_file_test (account->settings->state_dir, G_FILE_TEST_IS_DIR))
    {
      account->lock = journal_lock (account->settings->state_dir, error);
      if (account->lock == NULL)
        return FALSE;
    }
  account->journal =
      journal_open (account->settings->state_dir,
                    account->dry_run ? JOURNAL_OPEN_SCRATCH : JOURNAL_OPEN_WRITE, &set_aside, error);
  if (account->journal == NULL)
    return FALSE;
  if (set_aside != NULL)
    report (&account->report, ENGINE_EVENT_WARNING, NULL, "journal-damaged",
            "the journal was damaged and was set aside as %s; messages will be matched again by content, "
            "nothing is "
            "deleted",
            set_aside);
  return TRUE;
}

/* A known Maildir is never made anew: its absence is an unmounted disk or an accident. A dry run makes none
 * at all and goes on without. Another account's is not opened here. */
static gboolean
open_maildir (AccountSync *account, GError **error)
{
  g_autofree char *known_id = journal_get_fact (account->journal, "maildir-id", NULL);
  g_autoptr (GError) local_error = NULL;

  if (account->settings->deliver_account != NULL)
    return TRUE;
  account->maildir = maildir_open (account->settings, known_id == NULL && !account->dry_run, &local_error);
  if (account->maildir != NULL)
    return TRUE;
  if (account->dry_run && known_id == NULL &&
      g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_NO_ROOT))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gboolean
open_attic (AccountSync *account, GError **error)
{
  g_autofree char *path = g_build_filename (account->settings->state_dir, "attic", NULL);

  if (account->settings->keep_deleted == 0 || account->dry_run || is_pop3 (account))
    return TRUE;
  account->attic = maildir_attic_open (path, error);
  return account->attic != NULL;
}

gboolean
account_sync_open_local (AccountSync *account, GError **error)
{
  return open_journal (account, error) && open_maildir (account, error) && bind_all (account, error) &&
         open_attic (account, error);
}

static gboolean
commit_number (AccountSync *account, const char *key, guint64 number, GError **error)
{
  return journal_begin (account->journal, error) &&
         journal_end (account->journal, set_number (account, key, number, error), error);
}

gboolean
account_sync_raise_generation (AccountSync *account, GError **error)
{
  MaildirMarker next = account->marker;

  if (account->generation_raised)
    return TRUE;
  next.generation++;
  if (!commit_number (account, "generation", next.generation, error) ||
      !maildir_write_marker (account->maildir, &next, error) ||
      !commit_number (account, "generation-written", next.generation, error))
    return FALSE;
  account->marker = next;
  account->generation_raised = TRUE;
  return TRUE;
}
