#include "gmail-rows.h"

#include <string.h>

const GmailRow gmail_rows[] = {
  /* Labels are mailboxes (C4.3). */
  { "there/new-with-two-labels", .changes = { "there add n INBOX,Work,Home" },
    .expected = { "n INBOX,Work,Home,All" }, .bodies = 1, .is_swept = TRUE },
  { "there/labelled", .changes = { "there label b Work" }, .expected = { "b INBOX,Work,All \\Seen" } },
  { "there/unlabelled", .changes = { "there unlabel a Work" }, .expected = { "a INBOX,All" }, .attic = 1,
    .is_swept = TRUE },
  { "there/archived", .changes = { "there unlabel b INBOX" }, .expected = { "b All \\Seen" }, .attic = 1 },
  { "there/moved-between-labels", .changes = { "there label c INBOX", "there unlabel c Home" },
    .expected = { "c INBOX,Work,All" } },
  { "there/to-trash", .changes = { "there label a Trash" }, .expected = { "a Trash" }, .attic = 2,
    .is_swept = TRUE },
  { "there/out-of-trash", .changes = { "there label g INBOX" }, .expected = { "g INBOX,All" } },
  { "there/starred", .changes = { "there flags a +\\Flagged" },
    .expected = { "a INBOX,Work,Starred,All \\Flagged" } },
  { "there/read", .changes = { "there flags a +\\Seen" }, .expected = { "a INBOX,Work,All \\Seen" } },

  /* Deleting takes off a label; from All Mail and Drafts it goes to \Trash (C3.5). */
  { "here/deleted-in-label", .changes = { "here delete Work a" }, .expected = { "a INBOX,All" },
    .is_swept = TRUE },
  { "here/deleted-in-label-with-auto-expunge", .auto_expunge = TRUE, .changes = { "here delete Work a" },
    .expected = { "a INBOX,All" } },
  { "here/archived", .changes = { "here delete INBOX b" }, .expected = { "b All \\Seen" } },
  { "here/deleted-in-all-mail", .changes = { "here delete All a" }, .expected = { "a Trash" }, .attic = 1,
    .is_swept = TRUE },
  { "here/deleted-everywhere",
    .changes = { "here delete All a", "here delete INBOX a", "here delete Work a" },
    .expected = { "a Trash" }, .bodies = 1 },
  { "here/deleted-in-trash", .changes = { "here delete Trash g" }, .expected = { "g" } },
  { "here/draft-deleted", .changes = { "here delete Drafts d" }, .expected = { "d Trash \\Draft" } },
  { "here/unstarred-by-deletion", .changes = { "here delete Starred f" }, .expected = { "f INBOX,All" } },

  /* Moves and copies (C4.1). */
  { "here/moved-between-labels", .changes = { "here move INBOX b Work" }, .expected = { "b Work,All \\Seen" },
    .is_swept = TRUE },
  { "here/moved-to-trash", .changes = { "here move INBOX a Trash" }, .expected = { "a Trash" }, .attic = 2,
    .is_swept = TRUE },
  { "here/all-copies-moved-to-trash", .changes = { "here move INBOX b Trash", "here save All b Trash" },
    .expected = { "b Trash \\Seen" }, .attic = 1 },
  { "here/moved-out-of-trash", .changes = { "here move Trash g INBOX" }, .expected = { "g INBOX,All" } },
  { "here/moved-out-of-all-mail", .changes = { "here move All e Work" },
    .expected = { "e Work,All \\Answered \\Seen" }, .is_swept = TRUE },
  { "here/copied-to-label", .changes = { "here copy INBOX b Home" },
    .expected = { "b INBOX,Home,All \\Seen" }, .appends = 1, .is_swept = TRUE },
  { "here/labelled-by-copy-from-all-mail", .changes = { "here copy All e Work" },
    .expected = { "e Work,All \\Answered \\Seen" }, .appends = 1 },

  /* A mailbox has a message once: the second file of it goes. */
  { "here/archived-by-move-to-all-mail", .changes = { "here move INBOX b All" },
    .expected = { "b All \\Seen" }, .attic = 1, .is_swept = TRUE },
  { "here/saved-to-a-label-it-has", .changes = { "here save INBOX a Work" }, .expected = { "a Work,All" },
    .attic = 1, .is_swept = TRUE },
  { "here/flagged-and-archived-by-move-to-all-mail",
    .changes = { "here letters INBOX a FS", "here move INBOX a All" },
    .expected = { "a Work,Starred,All \\Flagged \\Seen" }, .attic = 1, .is_swept = TRUE },
  { "here/flag-taken-off-and-archived-by-move-to-all-mail",
    .changes = { "here letters INBOX f S", "here save INBOX f All" }, .expected = { "f All \\Seen" },
    .attic = 2 },
  { "here/copied-to-a-label-it-has", .changes = { "here copy INBOX a Work" }, .attic = 1 },
  { "here/moved-out-of-all-mail-to-a-label-it-has", .changes = { "here move All a Work" }, .attic = 1 },

  /* Flags are the message's (C3.2). */
  { "here/flag-in-one-copy", .changes = { "here letters Work a FS" },
    .expected = { "a INBOX,Work,Starred,All \\Flagged \\Seen" }, .is_swept = TRUE },
  { "here/flags-in-two-copies", .changes = { "here letters Work a S", "here letters INBOX a R" },
    .expected = { "a INBOX,Work,All \\Answered \\Seen" } },
  { "both/flags-in-two-copies",
    .changes = { "here letters INBOX a F", "here letters All a S", "there flags a +\\Answered" },
    .expected = { "a INBOX,Work,Starred,All \\Answered \\Flagged \\Seen" } },
  { "both/flag-taken-off-and-set", .changes = { "here letters INBOX f S", "there flags f +\\Answered" },
    .expected = { "f INBOX,All \\Answered \\Seen" }, .attic = 1 },

  /* New here. */
  { "here/draft-written", .changes = { "here add Drafts n D" }, .expected = { "n Drafts,All \\Draft" },
    .appends = 1 },
  { "here/draft-edited", .changes = { "here edit Drafts d d2" },
    .expected = { "d Trash \\Draft", "d2 Drafts,All \\Draft" }, .appends = 1, .is_swept = TRUE },
  { "here/new-in-label", .changes = { "here add Work n S" }, .expected = { "n Work,All \\Seen" },
    .appends = 1 },

  /* One side and the other. */
  { "both/deleted-in-label-and-trashed", .changes = { "here delete Work a", "there label a Trash" },
    .expected = { "a Trash" }, .attic = 1 },
  { "both/moved-and-unlabelled", .changes = { "here move INBOX b Work", "there unlabel b INBOX" },
    .expected = { "b Work,All \\Seen" }, .appends = 1 },

  /* Hard links. */
  { "hard-link/there/new-with-two-labels", ACCOUNT_GMAIL_HARD_LINK,
    .changes = { "there add n INBOX,Work,Home" }, .expected = { "n INBOX,Work,Home,All" }, .bodies = 1,
    .is_swept = TRUE },
  { "hard-link/here/flag-in-one-copy", ACCOUNT_GMAIL_HARD_LINK, .changes = { "here letters Work a FS" },
    .expected = { "a INBOX,Work,Starred,All \\Flagged \\Seen" } },
  { "hard-link/there/to-trash", ACCOUNT_GMAIL_HARD_LINK, .changes = { "there label a Trash" },
    .expected = { "a Trash" }, .attic = 2 },
  { "hard-link/here/moved-between-labels", ACCOUNT_GMAIL_HARD_LINK, .changes = { "here move INBOX b Work" },
    .expected = { "b Work,All \\Seen" } },
  { "hard-link/here/draft-edited", ACCOUNT_GMAIL_HARD_LINK, .changes = { "here edit Drafts d d2" },
    .expected = { "d Trash \\Draft", "d2 Drafts,All \\Draft" }, .appends = 1 },
  /* All names of the file have the new text, and that is seen where something else happens, too. */
  { "hard-link/here/edited", ACCOUNT_GMAIL_HARD_LINK,
    .changes = { "here edit INBOX a a2", "here letters INBOX b RS" },
    .expected = { "a Trash", "a2 INBOX,Work,All", "b INBOX,All \\Answered \\Seen" }, .bodies = 1, .appends = 3 },
};

const guint n_gmail_rows = G_N_ELEMENTS (gmail_rows);

static void
expect_equal (Hostile *hostile, const char *when)
{
  EngineOutcome outcome = hostile_sync (hostile);
  g_autofree char *log = NULL;

  if (outcome == ENGINE_OUTCOME_EQUAL)
    return;
  log = model_server_get_log (hostile->server);
  g_error ("%s: outcome %d; it said:\n%s\nand sent:\n%s", when, outcome, hostile->said->str, log);
}

Hostile *
gmail_row_prepare (const GmailRow *row)
{
  Hostile *hostile = gmail_account_new (row->gmail);

  gmail_account_fill (hostile);
  hostile->store->auto_expunge = row->auto_expunge;
  expect_equal (hostile, "first sync");
  return hostile;
}

void
gmail_row_change (const GmailRow *row, Hostile *hostile)
{
  for (guint i = 0; i < GMAIL_MAX_LINES && row->changes[i] != NULL; i++)
    gmail_change (hostile, row->changes[i]);
}

void
gmail_row_check (const GmailRow *row, Hostile *hostile)
{
  g_autofree char *before = local_snapshot (hostile->account.maildir);
  g_autofree char *after = NULL;
  g_autofree char *log = NULL;

  gmail_assert (hostile, row->expected);
  expect_equal (hostile, "a further sync");
  after = local_snapshot (hostile->account.maildir);
  log = model_server_get_log (hostile->server);
  g_assert_cmpstr (before, ==, after);
  if (model_server_count (hostile->server, MODEL_CHANGES) > 0)
    g_error ("a sync without work sent:\n%s", log);
}
