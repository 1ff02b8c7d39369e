#include "check-local.h"

#include "import-target.h"
#include "outcome.h"

#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#define EXFAT_MAGIC 0x2011bab0
#define NTFS_MAGIC 0x5346544e
#define NTFS3_MAGIC 0x7366746e

/* What the journal says of the Maildir. */
typedef struct
{
  gboolean was_synchronized;
  char *maildir_id; /* (nullable) */
} Known;

static EngineOutcome
check_journal (const Job *job, Report *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Journal) journal = journal_open (job->account->state_dir, JOURNAL_OPEN_READ, NULL, &error);

  if (journal != NULL)
    {
      report (self, ENGINE_EVENT_RESULT, NULL, "journal", "ok: journal: %s", job->account->state_dir);
      return ENGINE_OUTCOME_EQUAL;
    }
  if (g_error_matches (error, JOURNAL_ERROR, JOURNAL_ERROR_MISSING))
    report (self, ENGINE_EVENT_RESULT, NULL, "journal",
            "ok: journal: none yet, the first sync makes it in %s", job->account->state_dir);
  else if (g_error_matches (error, JOURNAL_ERROR, JOURNAL_ERROR_OLDER))
    report (self, ENGINE_EVENT_RESULT, NULL, "journal",
            "ok: journal: of an older dovetail, the next sync brings it up to date");
  else
    return report_error (self, error);
  return ENGINE_OUTCOME_EQUAL;
}

/* The journal of the account whose Maildir it is: a POP3 account may deliver into another's. */
static void
ask_journal (const Account *account, Known *known)
{
  g_autofree char *state_dir = import_target_state_dir (account);
  g_autoptr (Journal) journal = journal_open (state_dir, JOURNAL_OPEN_READ, NULL, NULL);

  if (journal != NULL)
    known->maildir_id = journal_get_fact (journal, "maildir-id", NULL);
  known->was_synchronized = known->maildir_id != NULL;
}

static EngineOutcome
complain (Report *self, const char *name, const char *text)
{
  report (self, ENGINE_EVENT_ERROR, NULL, name, "%s", text);
  return ENGINE_OUTCOME_CONFIG;
}

/* The nearest directory on the way to `path` that exists. (transfer full) */
static char *
existing_parent (const char *path)
{
  g_autofree char *parent = g_path_get_dirname (path);

  while (!g_file_test (parent, G_FILE_TEST_EXISTS) && strlen (parent) > 1)
    {
      char *next = g_path_get_dirname (parent);

      g_free (parent);
      parent = next;
    }
  return g_steal_pointer (&parent);
}

static EngineOutcome
check_missing_maildir (const char *path, const Known *known, Report *self)
{
  g_autofree char *parent = existing_parent (path);
  g_autofree char *text = NULL;

  if (known->was_synchronized)
    text = g_strdup_printf (
        "%s: the Maildir is not there: is its disk mounted? Put it back; until then nothing is "
        "synchronized, and nothing is deleted",
        path);
  else if (access (parent, W_OK | X_OK) != 0)
    text = g_strdup_printf ("%s: can't be made: %s: %s; choose another maildir= or allow writing there", path,
                            parent, g_strerror (errno));
  if (text != NULL)
    return complain (self, "maildir", text);
  report (self, ENGINE_EVENT_RESULT, NULL, "maildir",
          "ok: Maildir: %s does not exist yet, the first sync makes it", path);
  return ENGINE_OUTCOME_EQUAL;
}

static gboolean
refuses_colon (const char *path)
{
  struct statfs info;

  if (statfs (path, &info) != 0)
    return FALSE;
  switch ((guint32)info.f_type)
    {
    case MSDOS_SUPER_MAGIC:
    case EXFAT_MAGIC:
    case NTFS_MAGIC:
    case NTFS3_MAGIC:
    case SMB_SUPER_MAGIC:
    case CIFS_SUPER_MAGIC:
    case SMB2_SUPER_MAGIC:
      return TRUE;
    default:
      return FALSE;
    }
}

/* Read by itself: opening the Maildir would take its lock, and make the lock's file. */
static gboolean
is_the_known_one (const char *marker_path, const Known *known)
{
  g_autofree char *content = NULL;
  g_autofree char *line = g_strdup_printf ("\nid %s\n", known->maildir_id);

  return g_file_get_contents (marker_path, &content, NULL, NULL) && strstr (content, line) != NULL;
}

static EngineOutcome
check_maildir (const Job *job, const Known *known, Report *self)
{
  const char *path = job->account->maildir;
  g_autofree char *marker = g_build_filename (path, ".dovetail", NULL);
  g_autofree char *text = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return check_missing_maildir (path, known, self);
  if (!g_file_test (path, G_FILE_TEST_IS_DIR))
    text = g_strdup_printf ("%s: is no directory; choose another maildir=", path);
  else if (access (path, R_OK | W_OK | X_OK) != 0)
    text = g_strdup_printf ("%s: %s; allow reading and writing there", path, g_strerror (errno));
  else if (job->account->info_separator == ':' && refuses_colon (path))
    text = g_strdup_printf (
        "%s: this file system takes no “:” in names; write info-separator=; below [account %s]", path,
        job->account->name);
  else if (known->was_synchronized && !is_the_known_one (marker, known))
    text = g_strdup_printf (
        "%s is not the Maildir that was synchronized, since its file .dovetail is missing or another's: is "
        "the "
        "right disk mounted? If it really is a new one, move %s away: messages will be matched by content, "
        "nothing is deleted",
        path, job->account->state_dir);
  if (text != NULL)
    return complain (self, "maildir", text);
  report (self, ENGINE_EVENT_RESULT, NULL, "maildir", "ok: Maildir: %s%s", path,
          known->was_synchronized ? "" : ", not synchronized yet; mail that is there is matched by content");
  return ENGINE_OUTCOME_EQUAL;
}

EngineOutcome
check_local (const Job *job, Report *self)
{
  Known known = { 0 };
  EngineOutcome journal = check_journal (job, self), maildir;

  ask_journal (job->account, &known);
  maildir = check_maildir (job, &known, self);
  g_free (known.maildir_id);
  return MAX (journal, maildir);
}
