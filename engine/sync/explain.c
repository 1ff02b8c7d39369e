#include "explain.h"

#include "subject.h"

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
      return "would be deleted on the server: it was deleted here";
    case PLAN_REMOVE_LOCAL:
      return "would be removed here, into the attic: it was deleted on the server";
    case PLAN_EXPUNGE_MARKED:
      return "would be expunged on both sides: it was marked as deleted here";
    case PLAN_FORGET:
      return "is gone on both sides";
    }
  return "";
}

static char *
describe (MailboxSync *mailbox, const PlanOperation *operation)
{
  g_autofree char *subject = NULL;
  const PlanRemote *remote;
  g_autofree char *size = NULL;

  if (operation->kind == PLAN_DOWNLOAD)
    {
      remote = mailbox_sync_find_remote (mailbox, operation->uid);
      size = g_format_size (remote->remote_size);
      return g_strdup_printf ("message %u (%s)", operation->uid, size);
    }
  if (operation->base == NULL)
    return g_strdup_printf ("message %u", operation->uid);
  subject = mailbox_sync_subject (mailbox, operation->base);
  return g_strdup_printf ("“%s”", subject);
}

static void
explain_one (MailboxSync *mailbox, const PlanOperation *operation)
{
  g_autofree char *what = describe (mailbox, operation);
  g_autofree char *add = message_flags_to_imap (operation->add);
  g_autofree char *remove = message_flags_to_imap (operation->remove);
  const char *separator = *add != '\0' && *remove != '\0' ? ", " : "";

  if (operation->kind == PLAN_REMOTE_FLAGS || operation->kind == PLAN_LOCAL_FLAGS)
    report (&mailbox->account->report, ENGINE_EVENT_RESULT, mailbox->row->name, "plan", "%s %s (%s%s%s%s%s)",
            what, words_for (operation->kind), *add != '\0' ? "add " : "", add, separator,
            *remove != '\0' ? "take off " : "", remove);
  else
    report (&mailbox->account->report, ENGINE_EVENT_RESULT, mailbox->row->name, "plan", "%s %s", what,
            words_for (operation->kind));
}

static guint
count_kind (const MailboxSync *mailbox, PlanKind kind)
{
  guint count = 0;

  for (guint i = 0; i < mailbox->plan->len; i++)
    count += g_array_index (mailbox->plan, PlanOperation, i).kind == kind;
  return count;
}

static void
explain_kind (MailboxSync *mailbox, PlanKind kind)
{
  guint count = count_kind (mailbox, kind);

  if (count > LINES)
    {
      const EngineField fields[] = { { "count", NULL, count } };

      report_fields (&mailbox->account->report, ENGINE_EVENT_RESULT, mailbox->row->name, "plan", fields, 1,
                     "%u messages, each: %s", count, words_for (kind));
      return;
    }
  for (guint i = 0; i < mailbox->plan->len; i++)
    {
      const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);

      if (operation->kind == kind)
        explain_one (mailbox, operation);
    }
}

void
account_sync_explain (AccountSync *account)
{
  static const PlanKind told[] = { PLAN_DOWNLOAD,      PLAN_UPLOAD,        PLAN_REPLACE,
                                   PLAN_PAIR,          PLAN_RELINK,        PLAN_REMOTE_FLAGS,
                                   PLAN_LOCAL_FLAGS,   PLAN_DELETE_REMOTE, PLAN_REMOVE_LOCAL,
                                   PLAN_EXPUNGE_MARKED };

  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && j < G_N_ELEMENTS (told); j++)
        explain_kind (mailbox, told[j]);
    }
}
