#include "refusal.h"

#include "job-journal.h"

gboolean
refusal_is_final (const ImapResult *result)
{
  switch (result->code->type)
    {
    case IMAP_CODE_OVERQUOTA:
    case IMAP_CODE_UNAVAILABLE:
    case IMAP_CODE_INUSE:
    case IMAP_CODE_LIMIT:
    case IMAP_CODE_SERVERBUG:
    case IMAP_CODE_CONTACTADMIN:
    case IMAP_CODE_EXPUNGEISSUED:
    case IMAP_CODE_TRYCREATE:
    case IMAP_CODE_NONEXISTENT:
    case IMAP_CODE_READ_ONLY:
    case IMAP_CODE_CLOSED:
    case IMAP_CODE_EXPIRED:
      return FALSE;
    case IMAP_CODE_NONE:
    case IMAP_CODE_OTHER:
    case IMAP_CODE_ALERT:
    case IMAP_CODE_ALREADYEXISTS:
    case IMAP_CODE_APPENDUID:
    case IMAP_CODE_AUTHENTICATIONFAILED:
    case IMAP_CODE_AUTHORIZATIONFAILED:
    case IMAP_CODE_CANNOT:
    case IMAP_CODE_CAPABILITY:
    case IMAP_CODE_COPYUID:
    case IMAP_CODE_HIGHESTMODSEQ:
    case IMAP_CODE_MAILBOXID:
    case IMAP_CODE_MODIFIED:
    case IMAP_CODE_NOMODSEQ:
    case IMAP_CODE_NOPERM:
    case IMAP_CODE_PERMANENTFLAGS:
    case IMAP_CODE_PRIVACYREQUIRED:
    case IMAP_CODE_READ_WRITE:
    case IMAP_CODE_TOOBIG:
    case IMAP_CODE_UIDNEXT:
    case IMAP_CODE_UIDNOTSTICKY:
    case IMAP_CODE_UIDVALIDITY:
      return TRUE;
    }
  return TRUE;
}

gboolean
mailbox_sync_refuse (MailboxSync *mailbox, const PlanOperation *operation, gboolean is_final,
                     const char *what, const char *reason, GError **error)
{
  AccountSync *account = mailbox->account;
  g_autofree char *selector = words_selector (account->report.account, mailbox->row->name);
  char *key = plan_operation_key (operation);

  g_hash_table_add (mailbox->closed, key);
  if (is_final)
    report_left (&account->report, mailbox->row->name, "refused",
                 "the server refused %s: %s; it is kept here and not tried again until it changes or you run "
                 "`dovetail release %s`",
                 what, reason, selector);
  else
    report_left (&account->report, mailbox->row->name, "not-now",
                 "the server refused %s: %s; it is tried again at the next run", what, reason);
  if (!is_final)
    return TRUE;
  return journal_begin (account->journal, error) &&
         journal_end (account->journal,
                      journal_queue_refuse (account->journal, mailbox->row->id, key, reason, error), error);
}
