#include "explain.h"

#include "fetch-headers.h"
#include "follows.h"
#include "gmail.h"
#include "job-journal.h"
#include "moves.h"
#include "renamed-here.h"
#include "subject.h"
#include "tell.h"
#include "../message/text-safe.h"

#define LINES 20 /* messages of one kind in one mailbox that get a line each; more get one together */

/* What would be done and why. */
static const char *
words_for (PlanKind kind)
{
  switch (kind)
    {
    case PLAN_DOWNLOAD:
      return "would be downloaded: new on the server";
    case PLAN_UPLOAD:
      return "would be uploaded: new here";
    case PLAN_REPLACE:
      return "would be uploaded anew and its old text deleted on the server: its text was changed here";
    case PLAN_PAIR:
      return "would be matched, and not copied: the same on both sides";
    case PLAN_RELINK:
      return "would be matched with its new file name: it was renamed here";
    case PLAN_REMOTE_FLAGS:
      return "would get its flags changed on the server: they were changed here";
    case PLAN_LOCAL_FLAGS:
      return "would get its flags changed here: they were changed on the server";
    case PLAN_BASE_FLAGS:
      return "has the same flags on both sides already";
    case PLAN_DELETE_REMOTE:
      return "would be deleted on the server (moved to its Trash where it has one): it is gone here";
    case PLAN_REMOVE_LOCAL:
      return "would be removed here, into the attic: it was deleted on the server";
    case PLAN_EXPUNGE_MARKED:
      return "would be expunged on both sides: it was marked as deleted here";
    case PLAN_FORGET:
      return "is gone on both sides";
    case PLAN_MOVE:
      return "would be moved on the server: it was moved here";
    case PLAN_FOLLOW:
      return "would be moved here: it was moved on the server";
    case PLAN_COPY:
      return "would be copied on the server: it was copied here";
    case PLAN_CLONE:
      return "would be copied here, and not downloaded: another file here holds it";
    case PLAN_REMOVE_SECOND:
      return "would be removed here, into the attic: the server has it once in this mailbox, and so it is "
             "here";
    }
  return "";
}

/* What the other side's new messages have to be read for, to tell whether they are the same (contract C2.2).
 */
#define WORDS_UNDECIDED                                                                                      \
  "would be compared with what is new on the other side, and copied only if it is not there"

/* The same, where a mailbox makes a difference. */
static const char *
words_for_operation (const MailboxSync *mailbox, const PlanOperation *operation)
{
  if (operation->undecided)
    return WORDS_UNDECIDED;
  if (operation->kind == PLAN_DELETE_REMOTE && mailbox_sync_is_label (mailbox))
    return "would be taken out of this mailbox on the server, and stay in All Mail: it is gone here";
  return words_for (operation->kind);
}

/* A message that is on the server only is known by the Subject it has there; `subjects` maps UIDs to them. */
static char *
describe (MailboxSync *mailbox, const PlanOperation *operation, GHashTable *subjects)
{
  const char *known = g_hash_table_lookup (subjects, GUINT_TO_POINTER (operation->uid));
  g_autofree char *on_server = words_subject (known != NULL ? known : "");
  g_autofree char *here = NULL;
  g_autofree char *size = NULL;

  if (operation->kind == PLAN_DOWNLOAD || operation->kind == PLAN_CLONE)
    {
      size = words_size (mailbox_sync_find_remote (mailbox, operation->uid)->remote_size);
      return g_strdup_printf ("%s (message %u, %s)", on_server, operation->uid, size);
    }
  if (operation->kind == PLAN_MOVE)
    {
      here = subject_decode (mailbox_sync_find_move (mailbox, operation)->file->identity->subject);
      return words_subject (here);
    }
  if (operation->kind == PLAN_FOLLOW)
    {
      const Follow *follow = mailbox_sync_find_follow (mailbox, operation);

      here = mailbox_sync_subject (follow->at, follow->base);
      return words_subject (here);
    }
  if (operation->kind == PLAN_DELETE_REMOTE || operation->base == NULL)
    return known != NULL ? g_strdup_printf ("%s (message %u)", on_server, operation->uid)
                         : g_strdup_printf ("message %u", operation->uid);
  here = mailbox_sync_subject (mailbox, operation->base);
  return words_subject (here);
}

static const char *
target_of (MailboxSync *mailbox, const PlanOperation *operation)
{
  return operation->kind == PLAN_MOVE ? mailbox_sync_find_move (mailbox, operation)->to->row->name
                                      : mailbox_sync_find_follow (mailbox, operation)->to->row->name;
}

static void
explain_one (MailboxSync *mailbox, const PlanOperation *operation, GHashTable *subjects)
{
  g_autofree char *what = describe (mailbox, operation, subjects);
  g_autofree char *flags = words_flags (operation);

  if (operation->kind == PLAN_REMOTE_FLAGS || operation->kind == PLAN_LOCAL_FLAGS)
    report_plan (&mailbox->account->report, mailbox->row->name, "%s %s (%s)", what,
                 words_for (operation->kind), flags);
  else if (operation->kind == PLAN_MOVE || operation->kind == PLAN_FOLLOW)
    report_plan (&mailbox->account->report, mailbox->row->name, "%s %s, to %s", what,
                 words_for (operation->kind), target_of (mailbox, operation));
  else
    report_plan (&mailbox->account->report, mailbox->row->name, "%s %s", what,
                 words_for_operation (mailbox, operation));
}

static guint
count_kind (const MailboxSync *mailbox, PlanKind kind, gboolean undecided)
{
  guint count = 0;

  for (guint i = 0; i < mailbox->plan->len; i++)
    {
      const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);

      count += operation->kind == kind && operation->undecided == undecided;
    }
  return count;
}

/* Where all of a kind that goes elsewhere goes to: ", to Work"; "" where that is not one mailbox. (transfer
 * full) */
static char *
words_common_target (MailboxSync *mailbox, PlanKind kind)
{
  const char *common = NULL;

  for (guint i = 0; (kind == PLAN_MOVE || kind == PLAN_FOLLOW) && i < mailbox->plan->len; i++)
    {
      const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);
      const char *target = operation->kind == kind ? target_of (mailbox, operation) : common;

      if (common != NULL && !g_str_equal (target, common))
        return g_strdup ("");
      common = target;
    }
  return common != NULL ? g_strconcat (", to ", common, NULL) : g_strdup ("");
}

static void
explain_kind (MailboxSync *mailbox, PlanKind kind, gboolean undecided, GHashTable *subjects)
{
  guint count = count_kind (mailbox, kind, undecided);

  if (count > LINES)
    {
      const EngineField fields[] = { { "count", NULL, count } };
      g_autofree char *target = words_common_target (mailbox, kind);

      mailbox->account->report.planned++;
      report_fields (&mailbox->account->report, ENGINE_EVENT_RESULT, mailbox->row->name, "plan", fields, 1,
                     "%u messages: each %s%s", count, undecided ? WORDS_UNDECIDED : words_for (kind), target);
      return;
    }
  for (guint i = 0; i < mailbox->plan->len; i++)
    {
      const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);

      if (operation->kind == kind && operation->undecided == undecided)
        explain_one (mailbox, operation, subjects);
    }
}

/* UIDs of which a line each is told and that no file here can name. */
static ImapUidSet *
find_unnamed (MailboxSync *mailbox)
{
  static const PlanKind kinds[] = { PLAN_DOWNLOAD, PLAN_CLONE, PLAN_DELETE_REMOTE };
  ImapUidSet *set = imap_uid_set_new ();

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    for (guint j = 0; count_kind (mailbox, kinds[i], FALSE) <= LINES && j < mailbox->plan->len; j++)
      {
        const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, j);

        if (operation->kind == kinds[i])
          imap_uid_set_add (set, operation->uid);
      }
  return set;
}

static gboolean
fetch_subjects (MailboxSync *mailbox, GHashTable *subjects, GError **error)
{
  g_autoptr (ImapUidSet) set = find_unnamed (mailbox);
  g_autoptr (GPtrArray) headers = NULL;
  gboolean selected = FALSE;

  if (mailbox->account->session == NULL || imap_uid_set_is_empty (set))
    return TRUE;
  if (!mailbox_sync_select (mailbox, &selected, error))
    return FALSE;
  if (!selected)
    return TRUE;
  headers = mailbox_sync_fetch_set_headers (mailbox, set, TRUE, error);
  for (guint i = 0; headers != NULL && i < headers->len; i++)
    {
      const RemoteHeader *header = g_ptr_array_index (headers, i);

      g_hash_table_insert (subjects, GUINT_TO_POINTER (header->uid),
                           subject_decode (header->identity.subject));
    }
  return headers != NULL;
}

/* What would become of the mailbox itself. With a connection, renamings are told where they are found. */
static void
explain_itself (MailboxSync *mailbox)
{
  Report *report = &mailbox->account->report;
  const JournalMailbox *row = mailbox->row;
  const gboolean is_offline = mailbox->account->session == NULL;
  const gboolean is_known = row->uidvalidity != 0;
  g_autofree char *wanted = is_offline && is_known ? mailbox_sync_wanted_name (mailbox) : NULL;
  g_autofree char *new_name = wanted != NULL ? text_make_safe (wanted) : NULL;

  if (mailbox->comes_there || (is_offline && row->wire_name == NULL))
    report_plan (report, row->name, "would be created on the server: its directory is new here");
  else if (!is_known && mailbox->box == NULL)
    report_plan (report, row->name, "would be created here: it is new on the server");
  else if (mailbox->gone_here && !mailbox->gone_there)
    report_plan (report, row->name,
                 "would be deleted on the server when nothing is left in it: its directory is gone here");
  else if (mailbox->gone_there && !mailbox->gone_here)
    report_plan (report, row->name,
                 "would be removed here when nothing is left in it: it is gone on the server");
  else if (new_name != NULL)
    report_plan (report, row->name, WORDS_RENAME_THERE, new_name);
}

static gboolean
explain_mailbox (MailboxSync *mailbox, GError **error)
{
  static const PlanKind told[] = { PLAN_DOWNLOAD,     PLAN_UPLOAD,         PLAN_REPLACE,
                                   PLAN_FOLLOW,       PLAN_MOVE,           PLAN_CLONE,
                                   PLAN_COPY,         PLAN_PAIR,           PLAN_RELINK,
                                   PLAN_LOCAL_FLAGS,  PLAN_REMOTE_FLAGS,   PLAN_DELETE_REMOTE,
                                   PLAN_REMOVE_LOCAL, PLAN_EXPUNGE_MARKED, PLAN_REMOVE_SECOND };
  g_autoptr (GHashTable) subjects = g_hash_table_new_full (NULL, NULL, NULL, g_free);

  if (!fetch_subjects (mailbox, subjects, error))
    return FALSE;
  explain_itself (mailbox);
  for (guint i = 0; i < G_N_ELEMENTS (told); i++)
    {
      explain_kind (mailbox, told[i], FALSE, subjects);
      explain_kind (mailbox, told[i], TRUE, subjects);
    }
  return TRUE;
}

gboolean
account_sync_explain (AccountSync *account, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (mailbox->plan != NULL && !explain_mailbox (mailbox, error))
        return FALSE;
    }
  if (account->report.planned == 0)
    report (&account->report, ENGINE_EVENT_RESULT, NULL, "plan", "nothing would be done%s",
            account->report.left == 0 ? ": both sides are equal" : "");
  return TRUE;
}
