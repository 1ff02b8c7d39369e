/* `dovetail undelete`: messages come back from the attic as new ones (contract C3.6); the next sync uploads
 * them.
 *
 * The order makes a repetition after a crash harmless: the file is in the mailbox, durably, before it leaves
 * the attic, and the attic's row goes last. The new base name follows from the row alone, so that a
 * repetition finds what an earlier try has put there.
 */
#include "../maildir/maildir-attic.h"
#include "../maildir/maildir-delivery.h"
#include "../message/text-safe.h"
#include "attic-selection.h"
#include "job-journal.h"
#include "outcome.h"

typedef struct
{
  const Job *job;
  Report report;
  JobJournal open;
  Maildir *maildir;
  MaildirAttic *attic;
  guint n_restored;
} Undelete;

/* One mailbox and what comes back into it. */
typedef struct
{
  Undelete *undelete;
  const char *name;
  MaildirBox *box;
  MaildirScan *scan;   /* from before anything came back */
  GPtrArray *messages; /* of AtticMessage, unowned: those that are in tmp/, or visible already */
} Return;

/* (transfer full): of this row and no other, also of another journal's. */
static char *
base_for (const AtticMessage *message)
{
  g_autofree char *what =
      g_strdup_printf ("%s\n%s\n%" G_GUINT64_FORMAT, message->mailbox, message->file, message->size);
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, what, -1);

  hash[16] = '\0';
  return g_strdup_printf ("%" G_GINT64_FORMAT ".A%" G_GINT64_FORMAT "R%s.undeleted", message->removed,
                          message->id, hash);
}

static gboolean
check_marker (Undelete *self, GError **error)
{
  g_autofree char *known = journal_get_fact (self->open.journal, "maildir-id", NULL);
  MaildirMarker marker;

  if (!maildir_read_marker (self->maildir, &marker, error))
    return FALSE;
  if (g_strcmp0 (known, marker.id) == 0)
    return TRUE;
  g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_NO_MARKER,
               "%s is not the Maildir these messages were removed from: is the right disk mounted? Nothing "
               "was changed",
               self->job->account->maildir);
  return FALSE;
}

static gboolean
open_files (Undelete *self, GError **error)
{
  g_autofree char *path = g_build_filename (self->job->account->state_dir, "attic", NULL);

  self->maildir = maildir_open (self->job->account, FALSE, error);
  if (self->maildir == NULL || !check_marker (self, error))
    return FALSE;
  self->attic = maildir_attic_open (path, error);
  return self->attic != NULL;
}

/* (transfer full): the directory that the journal or the rule gives the mailbox; a mailbox that is gone gets
 * the one it would have anew. */
static char *
directory_for (Undelete *self, const char *name, GError **error)
{
  g_autoptr (GPtrArray) mailboxes = journal_list_mailboxes (self->open.journal, error);
  g_autofree char *directory = NULL;
  g_autofree char *folded = NULL;

  if (mailboxes == NULL)
    return NULL;
  directory = maildir_directory_for_mailbox (self->job->account->layout, name, error);
  if (directory == NULL)
    return NULL;
  folded = maildir_directory_fold (directory);
  for (guint i = 0; i < mailboxes->len; i++)
    {
      const JournalMailbox *mailbox = g_ptr_array_index (mailboxes, i);
      g_autofree char *other = maildir_directory_fold (mailbox->directory);

      if (g_str_equal (mailbox->name, name))
        return g_strdup (mailbox->directory);
      if (g_str_equal (other, folded))
        {
          g_free (directory);
          directory = maildir_directory_hashed (self->job->account->layout, name, error);
          if (directory == NULL)
            return NULL;
        }
    }
  return g_steal_pointer (&directory);
}

/* The letters of the message's keywords in the mailbox; what finds none is said. */
static gboolean
letters_for (Return *self, const AtticMessage *message, guint32 *letters, GError **error)
{
  g_auto (MaildirKeywords) keywords = { 0 };
  g_auto (GStrv) names = g_strsplit (message->keywords, " ", -1);
  g_autofree char *left_out = NULL;
  int fd = maildir_box_get_fd (self->box);

  *letters = 0;
  if (*message->keywords == '\0')
    return TRUE;
  if (!maildir_keywords_read (fd, &keywords, error) ||
      !maildir_keywords_assign (fd, &keywords, message->keywords, &left_out, error))
    return FALSE;
  for (guint i = 0; names[i] != NULL; i++)
    {
      int letter = maildir_keywords_find (&keywords, names[i]);

      if (letter >= 0)
        *letters |= 1u << letter;
    }
  if (left_out != NULL)
    report (&self->undelete->report, ENGINE_EVENT_WARNING, self->name, "keywords",
            "“%s” comes back without the keywords %s: all 26 letters are taken", message->subject, left_out);
  return TRUE;
}

/* A copy in tmp/, unless an earlier try has made the message visible. *here FALSE: its file is lost, which is
 * said. */
static gboolean
bring_to_tmp (Return *self, const AtticMessage *message, gboolean *here, GError **error)
{
  g_autofree char *base = base_for (message);
  g_autoptr (GError) local_error = NULL;

  *here = TRUE;
  if (maildir_scan_find (self->scan, base) != NULL)
    return TRUE;
  if (!maildir_box_remove_tmp (self->box, base, error))
    return FALSE;
  if (maildir_attic_restore (self->undelete->attic, message->file, self->box, base, NULL, &local_error))
    return TRUE;
  if (!g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_GONE))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  *here = FALSE;
  report_left (&self->undelete->report, self->name, "lost", "“%s” can't come back: %s", message->subject,
               local_error->message);
  return TRUE;
}

/* A message that was marked \Deleted comes back without the mark: it would go again with the next expunge. */
static gboolean
publish (Return *self, const AtticMessage *message, GError **error)
{
  g_autofree char *base = base_for (message);
  guint32 letters;

  if (!maildir_box_has_tmp (self->box, base))
    return TRUE;
  return letters_for (self, message, &letters, error) &&
         maildir_box_publish (self->box, base, message->system & (guint8)~MESSAGE_FLAG_DELETED, letters,
                              error);
}

static gboolean
bring_all_to_tmp (Return *self, GPtrArray *messages, GError **error)
{
  for (guint i = 0; i < messages->len; i++)
    {
      AtticMessage *message = g_ptr_array_index (messages, i);
      gboolean here;

      if (g_str_equal (message->mailbox, self->name))
        {
          if (g_cancellable_set_error_if_cancelled (self->undelete->job->cancellable, error) ||
              !bring_to_tmp (self, message, &here, error))
            return FALSE;
          if (here)
            g_ptr_array_add (self->messages, message);
        }
    }
  return maildir_box_sync_tmp (self->box, error);
}

static gboolean
publish_all (Return *self, GError **error)
{
  for (guint i = 0; i < self->messages->len; i++)
    if (!publish (self, g_ptr_array_index (self->messages, i), error))
      return FALSE;
  return maildir_box_sync (self->box, error);
}

static gboolean
forget_rows (Return *self, GError **error)
{
  Journal *journal = self->undelete->open.journal;
  gboolean forgotten = journal_begin (journal, error);

  for (guint i = 0; forgotten && i < self->messages->len; i++)
    {
      const AtticMessage *message = g_ptr_array_index (self->messages, i);

      forgotten = maildir_attic_remove (self->undelete->attic, message->file, error) &&
                  journal_remove_attic (journal, message->id, error);
    }
  if (forgotten && journal_commit (journal, error))
    return TRUE;
  journal_rollback (journal);
  return FALSE;
}

static void
tell_returned (Return *self)
{
  Undelete *undelete = self->undelete;

  for (guint i = 0; i < self->messages->len; i++)
    attic_message_report (g_ptr_array_index (self->messages, i), &undelete->report, "undeleted",
                          "brought back: ");
  undelete->n_restored += self->messages->len;
}

/* Opens the mailbox and looks into it. */
static MaildirBox *
open_mailbox (Undelete *undelete, const char *name, MaildirScan **scan, GError **error)
{
  g_autofree char *directory = directory_for (undelete, name, error);
  g_autoptr (MaildirBox) box = NULL;

  if (directory == NULL)
    return NULL;
  box = maildir_box_open (undelete->maildir, directory, name, TRUE, error);
  if (box == NULL)
    return NULL;
  *scan = maildir_scan (box, error);
  return *scan != NULL ? g_steal_pointer (&box) : NULL;
}

/* Everything of one mailbox, in the steps of any delivery. A mailbox whose directory is damaged is left. */
static gboolean
return_mailbox (Undelete *undelete, const char *name, GPtrArray *messages, GError **error)
{
  g_autoptr (GPtrArray) here = g_ptr_array_new ();
  g_autoptr (MaildirScan) scan = NULL;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (MaildirBox) box = open_mailbox (undelete, name, &scan, &local_error);
  Return self = { .undelete = undelete, .name = name, .box = box, .scan = scan, .messages = here };

  if (g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_DAMAGED) ||
      g_error_matches (local_error, MAILDIR_ERROR, MAILDIR_ERROR_NAME))
    {
      report_left (&undelete->report, name, "mailbox", "%s; its messages stay in the attic",
                   local_error->message);
      return TRUE;
    }
  if (box == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (!bring_all_to_tmp (&self, messages, error) || !publish_all (&self, error) ||
      !forget_rows (&self, error))
    return FALSE;
  tell_returned (&self);
  return TRUE;
}

static gboolean
return_all (Undelete *self, GPtrArray *messages, GError **error)
{
  g_autoptr (GHashTable) done = g_hash_table_new (g_str_hash, g_str_equal);

  if (!open_files (self, error))
    return FALSE;
  for (guint i = 0; i < messages->len; i++)
    {
      const AtticMessage *message = g_ptr_array_index (messages, i);

      if (g_hash_table_add (done, message->mailbox) &&
          !return_mailbox (self, message->mailbox, messages, error))
        return FALSE;
    }
  return TRUE;
}

static void
tell_end (Undelete *self, guint n_matches)
{
  g_autofree char *messages = words_count (self->n_restored, "message");
  const EngineField fields[] = { { .key = "messages", .number = self->n_restored } };

  if (n_matches == 0)
    report (&self->report, ENGINE_EVENT_RESULT, NULL, "nothing-found", "nothing in the attic matches");
  else if (self->n_restored > 0)
    report_fields (&self->report, ENGINE_EVENT_RESULT, NULL, "next", fields, G_N_ELEMENTS (fields),
                   "%s brought back; `dovetail sync %s` uploads %s", messages, self->report.account,
                   self->n_restored == 1 ? "it" : "them");
}

static gboolean
undelete_locked (Undelete *self, GError **error)
{
  g_autoptr (GPtrArray) messages = NULL;

  if (!job_journal_open (self->job, &self->report, &self->open, error))
    return FALSE;
  if (self->open.journal != NULL)
    messages = attic_select (self->job, &self->report, self->open.journal, error);
  if (self->open.journal != NULL && messages == NULL)
    return FALSE;
  if (messages != NULL && messages->len > 0 && !return_all (self, messages, error))
    return FALSE;
  tell_end (self, messages != NULL ? messages->len : 0);
  return TRUE;
}

static void
undelete_clear (Undelete *self)
{
  g_clear_pointer (&self->attic, maildir_attic_free);
  g_clear_pointer (&self->maildir, maildir_free);
  job_journal_clear (&self->open);
}

/* Reads only, with no lock. */
static gboolean
list (const Job *job, Report *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (Journal) journal = journal_open (job->account->state_dir, JOURNAL_OPEN_READ, NULL, &local_error);
  g_autoptr (GPtrArray) messages = NULL;

  if (journal == NULL && !g_error_matches (local_error, JOURNAL_ERROR, JOURNAL_ERROR_MISSING))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (journal != NULL)
    messages = attic_select (job, self, journal, error);
  if (journal != NULL && messages == NULL)
    return FALSE;
  for (guint i = 0; messages != NULL && i < messages->len; i++)
    attic_message_report (g_ptr_array_index (messages, i), self, "attic", "");
  if (messages == NULL || messages->len == 0)
    report (self, ENGINE_EVENT_RESULT, NULL, "nothing-found", "nothing in the attic matches");
  return TRUE;
}

EngineOutcome
job_undelete (const Job *job)
{
  Undelete self = { .job = job, .report = job_report (job) };
  g_autoptr (GError) error = NULL;
  gboolean done;

  if (job->list_only)
    done = list (job, &self.report, &error);
  else
    done = undelete_locked (&self, &error);
  undelete_clear (&self);
  if (!done)
    return report_error (&self.report, error);
  return self.report.left > 0 ? ENGINE_OUTCOME_LEFT : ENGINE_OUTCOME_EQUAL;
}
