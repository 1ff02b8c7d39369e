#include "refresh.h"

#define WHAT_FOLLOWS "messages will be matched again by content, nothing is deleted"

static gboolean
is_reset (MailboxSync *mailbox, const ImapSelected *selected, gboolean tells)
{
  const JournalMailbox *row = mailbox->row;

  if (row->uidvalidity == 0 || row->uidvalidity == selected->uidvalidity)
    return FALSE;
  if (!tells)
    return TRUE;
  report (&mailbox->account->report, ENGINE_EVENT_WARNING, row->name, "uidvalidity",
          "the server reset UIDVALIDITY (%u, now %u); " WHAT_FOLLOWS, row->uidvalidity,
          selected->uidvalidity);
  return TRUE;
}

/* Under the same UIDVALIDITY, what only ever grows is lower than before: an older copy of the mailbox, in
 * which UIDs are given to other messages now. */
static gboolean
is_older (MailboxSync *mailbox, const ImapSelected *selected, gboolean tells)
{
  const JournalMailbox *row = mailbox->row;
  const struct
  {
    const char *event, *name;
    guint64 known, now;
  } counters[] = {
    { "uidnext", "UIDNEXT", row->uidnext, selected->uidnext },
    { "highestmodseq", "HIGHESTMODSEQ", row->highestmodseq, selected->highestmodseq },
  };

  for (guint i = 0; i < G_N_ELEMENTS (counters); i++)
    {
      if (counters[i].now == 0 || counters[i].now >= counters[i].known)
        continue;
      if (!tells)
        return TRUE;
      report (&mailbox->account->report, ENGINE_EVENT_WARNING, row->name, counters[i].event,
              "the server's %s fell (%" G_GUINT64_FORMAT ", now %" G_GUINT64_FORMAT
              "), as after a restored backup; " WHAT_FOLLOWS,
              counters[i].name, counters[i].known, counters[i].now);
      return TRUE;
    }
  return FALSE;
}

static gboolean
is_another (MailboxSync *mailbox, const ImapSelected *selected, gboolean tells)
{
  const JournalMailbox *row = mailbox->row;

  if (row->mailbox_id == NULL || selected->mailbox_id == NULL ||
      g_str_equal (row->mailbox_id, selected->mailbox_id))
    return FALSE;
  if (!tells)
    return TRUE;
  report (&mailbox->account->report, ENGINE_EVENT_WARNING, row->name, "mailbox-id",
          "the server has another mailbox under this name; " WHAT_FOLLOWS);
  return TRUE;
}

static gboolean
is_other (MailboxSync *mailbox, const ImapSelected *selected, gboolean tells)
{
  return is_reset (mailbox, selected, tells) || is_older (mailbox, selected, tells) ||
         is_another (mailbox, selected, tells);
}

/* Without a UIDVALIDITY nobody can tell whether a UID still means the same message. */
static void
name_missing (MailboxSync *mailbox)
{
  report_left (
      &mailbox->account->report, mailbox->row->name, "no-uidvalidity",
      "the server gives no UIDVALIDITY for this mailbox, so its numbers can't be relied on: messages are "
      "matched by content at each run, new ones go both ways, and nothing that is there is deleted or "
      "changed on the server; ask its administrator");
}

JournalRefresh
mailbox_sync_find_refresh (MailboxSync *mailbox, const ImapSelected *selected)
{
  if (selected->uidvalidity == 0)
    {
      name_missing (mailbox);
      return MAX (mailbox->row->refresh, JOURNAL_REFRESH_UIDS);
    }
  if (mailbox->row->refresh != JOURNAL_REFRESH_NONE)
    return mailbox->row->refresh;
  return is_other (mailbox, selected, TRUE) ? JOURNAL_REFRESH_UIDS : JOURNAL_REFRESH_NONE;
}

gboolean
mailbox_sync_is_other (MailboxSync *mailbox, const ImapSelected *selected)
{
  return selected->uidvalidity != 0 && mailbox->row->refresh == JOURNAL_REFRESH_NONE &&
         is_other (mailbox, selected, FALSE);
}
