/* What the small commands share: the journal of an account that was synchronized before, and words for
 * people. */
#pragma once

#include "../journal/journal.h"
#include "job.h"
#include "report.h"

/* How a job reports. */
Report job_report (const Job *job);

/* A journal to change, with the account's lock. */
typedef struct
{
  JournalLock *lock;
  Journal *journal;
} JobJournal;

void job_journal_clear (JobJournal *journal);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (JobJournal, job_journal_clear)

/* *journal stays empty where the account has none yet: nothing is made then. */
gboolean job_journal_open (const Job *job, Report *report, JobJournal *journal, GError **error);

gboolean job_wants_mailbox (const Job *job, const char *mailbox);

/* The mailboxes asked for, those that the journal lacks reported as left: (transfer full) (element-type
 * JournalMailbox). */
GPtrArray *job_list_mailboxes (const Job *job, Report *report, Journal *journal, GError **error);

/* (transfer full): "1 message", "2 messages"; `one` without its "s". */
char *words_count (guint64 count, const char *one);
/* (transfer full): "work/INBOX", "'work/To do'": what a person can give to a command in a shell. */
char *words_selector (const char *account, const char *mailbox);
/* (transfer full): "1.2 MB". */
char *words_size (guint64 octets);
/* (transfer full): local time, "2026-11-20 10:03". */
char *words_time (gint64 seconds);
