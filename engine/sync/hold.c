#include "hold.h"

typedef struct
{
  guint64 messages; /* those let through lately included: they were there when the day began */
  guint64 deletions;
} Share;

static void
share_add (Share *share, const HoldMailbox *mailbox)
{
  share->messages += (guint64)mailbox->messages + mailbox->recent;
  share->deletions += (guint64)mailbox->deletions + mailbox->recent;
}

static gboolean
share_is_over (const Share *share, const HoldLimit *limit)
{
  return share->deletions > limit->count && share->deletions * 100 > share->messages * limit->percent;
}

static gboolean
mailbox_is_over (const HoldMailbox *mailbox, const HoldLimit *limit)
{
  Share own = { 0, 0 };

  if (mailbox->whole)
    return FALSE;
  share_add (&own, mailbox);
  return share_is_over (&own, limit);
}

void
hold_decide (const HoldLimit *limit, HoldMailbox *mailboxes, guint n_mailboxes)
{
  Share account = { 0, 0 };
  gboolean account_is_over;

  for (guint i = 0; i < n_mailboxes; i++)
    if (!mailboxes[i].exempt)
      share_add (&account, &mailboxes[i]);
  account_is_over = share_is_over (&account, limit);

  for (guint i = 0; i < n_mailboxes; i++)
    {
      HoldMailbox *mailbox = &mailboxes[i];
      gboolean may_be_held = limit->enabled && !mailbox->exempt && mailbox->deletions > 0;

      mailbox->held = may_be_held && (account_is_over || mailbox_is_over (mailbox, limit));
    }
}
