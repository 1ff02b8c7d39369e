#include "tell.h"

#include "subject.h"

/* What became of a message: the event's name, and what is said behind the message's. */
typedef struct
{
  const char *name;
  const char *words;
} Deed;

static Deed
deed_for (PlanKind kind)
{
  switch (kind)
    {
    case PLAN_DOWNLOAD:
      return (Deed){ "downloaded", "downloaded" };
    case PLAN_UPLOAD:
      return (Deed){ "uploaded", "uploaded" };
    case PLAN_REPLACE:
      return (Deed){ "replaced", "uploaded anew: its text was changed here" };
    case PLAN_PAIR:
      return (Deed){ "matched", "matched: the same on both sides" };
    case PLAN_REMOTE_FLAGS:
      return (Deed){ "flags-on-server", "flags changed on the server" };
    case PLAN_LOCAL_FLAGS:
      return (Deed){ "flags-here", "flags changed here" };
    case PLAN_DELETE_REMOTE:
      return (Deed){ "deleted", "deleted on the server: it is gone here" };
    case PLAN_REMOVE_LOCAL:
      return (Deed){ "removed", "removed here: it was deleted on the server" };
    case PLAN_EXPUNGE_MARKED:
      return (Deed){ "expunged", "expunged on both sides: it was marked as deleted here" };
    case PLAN_COPY:
      return (Deed){ "copied", "copied on the server: it was copied here" };
    case PLAN_CLONE:
      return (Deed){ "copied-here", "copied here: another file held it" };
    case PLAN_REMOVE_SECOND:
      return (Deed){ "removed-second", "removed here: the server has it once in this mailbox" };
    case PLAN_FORGET:
    case PLAN_RELINK:
    case PLAN_BASE_FLAGS:
    case PLAN_MOVE:
    case PLAN_FOLLOW:
      return (Deed){ "recorded", "recorded" };
    }
  g_assert_not_reached ();
}

gboolean
mailbox_sync_is_heard (const MailboxSync *mailbox)
{
  return report_wants (&mailbox->account->report, ENGINE_EVENT_INFO);
}

char *
words_flags (const PlanOperation *operation)
{
  g_autofree char *add = message_flags_to_imap (operation->add);
  g_autofree char *remove = message_flags_to_imap (operation->remove);
  const char *separator = *add != '\0' && *remove != '\0' ? ", " : "";

  return g_strdup_printf ("%s%s%s%s%s", *add != '\0' ? "add " : "", add, separator,
                          *remove != '\0' ? "take off " : "", remove);
}

static const PlanBase *
row_of (MailboxSync *mailbox, const PlanOperation *operation)
{
  if (operation->row == 0)
    return NULL;
  return &g_array_index (mailbox->base, PlanBase, mailbox_sync_row_index (mailbox, operation->row));
}

/* (transfer full): of the file here; "" where it is gone. */
static char *
find_subject (MailboxSync *mailbox, const PlanOperation *operation, const PlanBase *row)
{
  const char *base = operation->base != NULL ? operation->base : row != NULL ? row->base : NULL;

  if (operation->kind == PLAN_DELETE_REMOTE || base == NULL)
    return g_strdup ("");
  return mailbox_sync_subject (mailbox, base);
}

/* (transfer full): "“tea” (message 12)", "message 12". */
static char *
name_message (guint32 uid, const char *subject)
{
  g_autofree char *quoted = words_subject (subject);

  if (uid == 0)
    return g_steal_pointer (&quoted);
  return *subject != '\0' ? g_strdup_printf ("%s (message %u)", quoted, uid)
                          : g_strdup_printf ("message %u", uid);
}

void
mailbox_sync_tell (MailboxSync *mailbox, const PlanOperation *operation, guint32 uid, const char *subject)
{
  const Deed deed = deed_for (operation->kind);
  g_autofree char *found = NULL;
  g_autofree char *message = NULL;
  g_autofree char *flags = NULL;
  const PlanBase *row;
  gboolean is_of_flags;

  if (!mailbox_sync_is_heard (mailbox))
    return;
  row = row_of (mailbox, operation);
  if (subject == NULL)
    subject = found = find_subject (mailbox, operation, row);
  if (uid == 0)
    uid = operation->uid != 0 || row == NULL ? operation->uid : row->uid;
  message = name_message (uid, subject);
  /* Others may have no flags at all, not even empty ones. */
  is_of_flags = operation->kind == PLAN_REMOTE_FLAGS || operation->kind == PLAN_LOCAL_FLAGS;
  flags = is_of_flags ? words_flags (operation) : g_strdup ("");

  const EngineField fields[] = { { .key = "uid", .number = uid },
                                 { .key = "subject", .string = subject },
                                 { .key = "flags", .string = flags } };

  report_fields (&mailbox->account->report, ENGINE_EVENT_INFO, mailbox->row->name, deed.name, fields,
                 is_of_flags ? 3 : 2, "%s %s%s%s%s", message, deed.words, is_of_flags ? " (" : "",
                 is_of_flags ? flags : "", is_of_flags ? ")" : "");
}

void
mailbox_sync_tell_moved (MailboxSync *mailbox, const Origin *move, guint32 uid)
{
  const char *to = move->to->row->name;
  g_autofree char *subject = NULL;
  g_autofree char *message = NULL;

  if (!mailbox_sync_is_heard (mailbox))
    return;
  subject = subject_decode (move->file->identity->subject);
  message = name_message (move->row->uid, subject);
  const EngineField fields[] = { { .key = "uid", .number = move->row->uid },
                                 { .key = "subject", .string = subject },
                                 { .key = "to", .string = to },
                                 { .key = "new-uid", .number = uid } };

  report_fields (&mailbox->account->report, ENGINE_EVENT_INFO, mailbox->row->name, "moved", fields,
                 G_N_ELEMENTS (fields), "%s moved on the server to %s: it was moved here", message, to);
}

void
mailbox_sync_tell_followed (const Follow *follow, const char *base)
{
  MailboxSync *from = follow->at;
  const char *to = follow->to->row->name;
  g_autofree char *subject = NULL;
  g_autofree char *message = NULL;

  if (!mailbox_sync_is_heard (from))
    return;
  subject = mailbox_sync_subject (follow->to, base);
  message = name_message (follow->uid, subject);
  const EngineField fields[] = { { .key = "uid", .number = follow->uid },
                                 { .key = "subject", .string = subject },
                                 { .key = "to", .string = to } };

  report_fields (&from->account->report, ENGINE_EVENT_INFO, from->row->name, "moved-here", fields,
                 G_N_ELEMENTS (fields), "%s moved here to %s: it was moved on the server", message, to);
}

void
mailbox_sync_tell_all (MailboxSync *mailbox, PlanKind kind)
{
  for (guint i = 0; mailbox_sync_is_heard (mailbox) && i < mailbox->plan->len; i++)
    {
      const PlanOperation *operation = &g_array_index (mailbox->plan, PlanOperation, i);

      if (operation->kind == kind)
        mailbox_sync_tell (mailbox, operation, 0, NULL);
    }
}

void
mailbox_sync_tell_not_kept (MailboxSync *mailbox, MessageFlags flags)
{
  g_autofree char *names = message_flags_to_imap (flags);

  if (!message_flags_is_empty (flags))
    report (&mailbox->account->report, ENGINE_EVENT_INFO, mailbox->row->name, "flags-not-kept",
            "the server does not keep these flags, they stay here: %s", names);
}
