#include "gmail.h"

#include "mailbox-names.h"
#include "plan-account.h"
#include "renamed-there.h"

gboolean
account_sync_is_gmail (const AccountSync *account)
{
  return account->session != NULL && imap_session_has (account->session, IMAP_CAPABILITY_X_GM_EXT_1);
}

gboolean
mailbox_sync_needs_trash (const MailboxSync *mailbox)
{
  return account_sync_is_gmail (mailbox->account) &&
         (mailbox_sync_is (mailbox, "\\All") || mailbox_sync_is (mailbox, "\\Drafts"));
}

/* Drafts can't be told from other mail in All Mail. */
static gboolean
is_no_label (const char *use)
{
  static const char *const uses[] = { "\\All", "\\Drafts", "\\Junk", "\\Trash", NULL };

  return use != NULL && g_strv_contains (uses, use);
}

gboolean
mailbox_sync_is_label (const MailboxSync *mailbox)
{
  return account_sync_is_gmail (mailbox->account) && !is_no_label (mailbox->row->special_use);
}

gboolean
account_sync_changes_labels (AccountSync *account)
{
  if (!account_sync_is_gmail (account))
    return FALSE;
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      const MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      for (guint j = 0; mailbox->plan != NULL && j < mailbox->plan->len; j++)
        if (plan_kind_is_for_server (g_array_index (mailbox->plan, PlanOperation, j).kind))
          return TRUE;
    }
  return FALSE;
}

/* What is new here has nowhere to go, and what was moved into it is not deleted for that. */
static void
leave_new_directory (AccountSync *account, const JournalMailbox *row)
{
  g_ptr_array_add (account->unobserved, g_strdup (row->directory));
  report_left (&account->report, row->name, "label",
               "gmail=all-mail leaves labels alone, so this new mailbox was not made on the server, and what "
               "is in it stays here; move the mail to All Mail and remove the directory, or set gmail=copy");
}

static void
put_labels_to_sleep (AccountSync *account)
{
  for (guint i = account->mailboxes->len; i-- > 0;)
    {
      MailboxSync *mailbox = g_ptr_array_index (account->mailboxes, i);

      if (is_no_label (mailbox->row->special_use))
        continue;
      if (mailbox->row->wire_name == NULL)
        leave_new_directory (account, mailbox->row);
      g_ptr_array_add (account->sleeping, g_strdup (mailbox->row->directory));
      g_ptr_array_remove_index (account->mailboxes, i);
    }
}

static gboolean
has_all_mail (AccountSync *account, GPtrArray *fresh)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    if (mailbox_sync_is (g_ptr_array_index (account->mailboxes, i), "\\All"))
      return TRUE;
  for (guint i = 0; i < fresh->len; i++)
    if (imap_list_item_has (((ListedMailbox *)g_ptr_array_index (fresh, i))->item, "\\All"))
      return TRUE;
  return FALSE;
}

static void
keep_all_mail (AccountSync *account, GPtrArray *fresh)
{
  if (!has_all_mail (account, fresh))
    report_left (&account->report, NULL, "no-all-mail",
                 "gmail=all-mail, and the server shows no All Mail (or “mailboxes” leaves it out); switch on "
                 "“Show in IMAP” for it in Gmail's settings, under Labels");
  put_labels_to_sleep (account);
  for (guint i = fresh->len; i-- > 0;)
    if (!is_no_label (mailbox_item_special_use (((ListedMailbox *)g_ptr_array_index (fresh, i))->item)))
      g_ptr_array_remove_index (fresh, i);
}

void
account_sync_choose_labels (AccountSync *account, GPtrArray *fresh)
{
  static const char *const words[] = {
    [ACCOUNT_GMAIL_COPY] = "copy",
    [ACCOUNT_GMAIL_HARD_LINK] = "hard-link",
    [ACCOUNT_GMAIL_ALL_MAIL] = "all-mail",
  };

  if (account->settings->gmail != ACCOUNT_GMAIL_COPY && !account_sync_is_gmail (account))
    report (&account->report, ENGINE_EVENT_WARNING, NULL, "not-gmail",
            "gmail=%s does nothing here, since this server is not Gmail's; leave the line out",
            words[account->settings->gmail]);
  else if (account->settings->gmail == ACCOUNT_GMAIL_ALL_MAIL)
    keep_all_mail (account, fresh);
}
