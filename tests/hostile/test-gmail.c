/* Accounts at Gmail: each row of gmail-rows.c ends as it says, costs no more than it says, and leaves nothing
 * for a second run; and what no row can tell: the cost of a first sync, hard links, All Mail alone, holds. */
#include "gmail-rows.h"
#include "hostile-steps.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static void
test_outcome (gconstpointer user_data)
{
  const GmailRow *row = user_data;
  Hostile *hostile = gmail_row_prepare (row);

  gmail_row_change (row, hostile);
  hostile->store->bodies = 0;
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  g_assert_cmpuint (hostile->store->bodies, <=, row->bodies);
  g_assert_cmpuint (model_server_count (hostile->server, "APPEND *"), <=, row->appends);
  g_assert_cmpuint (hostile_count_attic (hostile), ==, row->attic);
  gmail_row_check (row, hostile);
  hostile_free (hostile);
}

static void
assert_idle (Hostile *hostile)
{
  g_autofree char *before = local_snapshot (hostile->account.maildir);
  g_autofree char *after = NULL;

  hostile->store->bodies = 0;
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  after = local_snapshot (hostile->account.maildir);
  g_assert_cmpuint (hostile->store->bodies, ==, 0);
  g_assert_cmpuint (model_server_count (hostile->server, MODEL_CHANGES), ==, 0);
  g_assert_cmpstr (before, ==, after);
}

/* C4.3: three labels and All Mail each, and each text crosses the wire once. */
static void
sync_many (guint count)
{
  static const char *const labels[] = { "INBOX,Work,Home", "Work,Home,Important", "INBOX,Home,Starred" };
  Hostile *hostile = gmail_account_new (ACCOUNT_GMAIL_COPY);

  for (guint i = 0; i < count; i++)
    {
      const char *row = labels[i % G_N_ELEMENTS (labels)];
      g_autofree char *change = g_strdup_printf ("there add m%u %s", i, row);

      gmail_change (hostile, change);
    }
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  g_assert_cmpuint (hostile->store->bodies, ==, count);
  for (guint i = 0; i < hostile->store->mailboxes->len; i++)
    {
      const ModelMailbox *mailbox = g_ptr_array_index (hostile->store->mailboxes, i);

      g_assert_cmpuint (hostile_count_here (hostile, mailbox->name, NULL), ==, mailbox->messages->len);
    }
  assert_idle (hostile);
  hostile_free (hostile);
}

static void
test_once (void)
{
  sync_many (300);
}

static void
test_once_of_many (void)
{
  sync_many (10000);
}

static guint64
inode_of (Hostile *hostile, const char *mailbox, const char *mark)
{
  g_autofree char *path = hostile_file_here (hostile, gmail_mailbox (mailbox), mark);
  GStatBuf info;

  g_assert_cmpint (g_stat (path, &info), ==, 0);
  return info.st_ino;
}

/* C4.3: one file with a name in each mailbox, but never a draft's. */
static void
test_hard_links (void)
{
  Hostile *hostile = gmail_account_new (ACCOUNT_GMAIL_HARD_LINK);

  gmail_account_fill (hostile);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  g_assert_cmpuint (inode_of (hostile, "INBOX", "a"), ==, inode_of (hostile, "All", "a"));
  g_assert_cmpuint (inode_of (hostile, "Work", "a"), ==, inode_of (hostile, "All", "a"));
  g_assert_cmpuint (inode_of (hostile, "Starred", "f"), ==, inode_of (hostile, "All", "f"));
  g_assert_cmpuint (inode_of (hostile, "Drafts", "d"), !=, inode_of (hostile, "All", "d"));
  assert_idle (hostile);
  hostile_free (hostile);
}

/* C4.3: by default each is a file of its own. */
static void
test_copies (void)
{
  Hostile *hostile = gmail_account_new (ACCOUNT_GMAIL_COPY);

  gmail_account_fill (hostile);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  g_assert_cmpuint (inode_of (hostile, "INBOX", "a"), !=, inode_of (hostile, "All", "a"));
  g_assert_cmpuint (inode_of (hostile, "Work", "a"), !=, inode_of (hostile, "INBOX", "a"));
  hostile_free (hostile);
}

static gboolean
is_here (Hostile *hostile, const char *mailbox)
{
  g_autofree char *path = hostile_path_here (hostile, gmail_mailbox (mailbox));

  return g_file_test (path, G_FILE_TEST_IS_DIR);
}

/* Labels' mailboxes are not made here; what is done in All Mail is done to the message. */
static void
test_all_mail (void)
{
  Hostile *hostile = gmail_account_new (ACCOUNT_GMAIL_ALL_MAIL);

  gmail_account_fill (hostile);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  g_assert_true (is_here (hostile, "All") && is_here (hostile, "Drafts") && is_here (hostile, "Spam") &&
                 is_here (hostile, "Trash"));
  g_assert_false (is_here (hostile, "INBOX") || is_here (hostile, "Work") || is_here (hostile, "Starred") ||
                  is_here (hostile, "Sent"));
  gmail_change (hostile, "here delete All a");
  gmail_change (hostile, "here letters All b F");
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  g_assert_cmpuint (hostile_count_mark_there (hostile, "Work", "a"), ==, 0);
  g_assert_cmpuint (hostile_count_mark_there (hostile, GMAIL_TRASH, "a"), ==, 1);
  g_assert_cmpuint (hostile_count_mark_there (hostile, GMAIL_STARRED, "b"), ==, 1);
  assert_idle (hostile);
  hostile_free (hostile);
}

/* From all labels to All Mail alone: what was here stays and sleeps, on both sides. A new directory is named,
 * not made there, and what was moved into it is not deleted. */
static void
test_all_mail_later (void)
{
  Hostile *hostile = gmail_account_new (ACCOUNT_GMAIL_COPY);

  gmail_account_fill (hostile);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  hostile->account.gmail = ACCOUNT_GMAIL_ALL_MAIL;
  gmail_change (hostile, "here delete Work a");
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  g_assert_cmpuint (model_server_count (hostile->server, MODEL_CHANGES), ==, 0);
  g_assert_cmpuint (hostile_count_here (hostile, "INBOX", "a"), ==, 1);
  hostile_add_here (hostile, "New", "n", "S");
  gmail_change (hostile, "here move All e New");
  hostile_expect_sync (hostile, ENGINE_OUTCOME_LEFT, "leaves labels alone");
  g_assert_cmpuint (model_server_count (hostile->server, MODEL_CHANGES), ==, 0);
  g_assert_cmpuint (hostile_count_mark_there (hostile, GMAIL_ALL, "e"), ==, 1);
  hostile_free (hostile);
}

/* Both are said, since what is meant can't be done. */
static void
test_not_gmail (void)
{
  Hostile *hostile = hostile_new (NULL);

  hostile_add_many_there (hostile, "INBOX", 3);
  hostile->account.gmail = ACCOUNT_GMAIL_ALL_MAIL;
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, "gmail=all-mail does nothing here");
  hostile_assert_equal (hostile, FALSE);
  hostile_free (hostile);
}

static void
test_no_all_mail (void)
{
  Hostile *hostile = hostile_new (GMAIL_CAPABILITIES);

  hostile->account.gmail = ACCOUNT_GMAIL_ALL_MAIL;
  hostile_expect_sync (hostile, ENGINE_OUTCOME_LEFT, "Show in IMAP");
  hostile_free (hostile);
}

#define MANY 40

static Hostile *
many_in_inbox (void)
{
  Hostile *hostile = gmail_account_new (ACCOUNT_GMAIL_COPY);

  for (guint i = 0; i < MANY; i++)
    {
      g_autofree char *change = g_strdup_printf ("there add m%u INBOX,Work", i);

      gmail_change (hostile, change);
    }
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  return hostile;
}

static void
change_many (Hostile *hostile, const char *format)
{
  for (guint i = 0; i < MANY; i++)
    {
      g_autofree char *mark = g_strdup_printf ("m%u", i);
      g_autoptr (GString) change = g_string_new (format);

      g_string_replace (change, "MARK", mark, 0);
      gmail_change (hostile, change->str);
    }
}

/* C1.4: what is gone from one mailbox and is still in another was not deleted, neither archived mail nor what
 * went to Trash. */
static void
test_hold_nothing (gconstpointer user_data)
{
  Hostile *hostile = many_in_inbox ();

  change_many (hostile, user_data);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  assert_idle (hostile);
  hostile_free (hostile);
}

/* C1.4: an accident here is held all the same, and so is mail that is gone for good. */
static void
test_hold (gconstpointer user_data)
{
  Hostile *hostile = many_in_inbox ();

  change_many (hostile, user_data);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_LEFT, "held");
  hostile_assert_none_removed (hostile);
  hostile_free (hostile);
}

static void
vanish (Hostile *hostile, const char *name)
{
  ModelMailbox *mailbox = model_store_find (hostile->store, name);

  while (mailbox->messages->len > 0)
    model_mailbox_remove (mailbox, ((ModelMessage *)g_ptr_array_index (mailbox->messages, 0))->uid);
}

static void
test_hold_gone_everywhere (void)
{
  Hostile *hostile = many_in_inbox ();

  vanish (hostile, "INBOX");
  vanish (hostile, "Work");
  vanish (hostile, GMAIL_ALL);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_LEFT, "held");
  g_assert_cmpuint (hostile_count_here (hostile, "INBOX", NULL), ==, MANY);
  hostile_free (hostile);
}

/* C1.4: what the journal knows of mailboxes that sleep is no proof that the message still is in them. */
static void
test_hold_gone_everywhere_beside_sleeping (void)
{
  Hostile *hostile = many_in_inbox ();

  hostile->account.gmail = ACCOUNT_GMAIL_ALL_MAIL;
  vanish (hostile, "INBOX");
  vanish (hostile, "Work");
  vanish (hostile, GMAIL_ALL);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_LEFT, "held");
  g_assert_cmpuint (hostile_count_here (hostile, GMAIL_ALL, NULL), ==, MANY);
  hostile_free (hostile);
}

/* C3.1: all names of a file have the new text, and that is seen in one mailbox after the other. */
static void
test_hard_links_edited (void)
{
  static const char *const expected[] = {
    "a Trash", "a2 INBOX,Work,All", "b INBOX,All \\Answered \\Seen", "c Work,Home,All \\Seen", "e All \\Seen",
    NULL
  };
  Hostile *hostile = gmail_account_new (ACCOUNT_GMAIL_HARD_LINK);

  gmail_account_fill (hostile);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  assert_idle (hostile);
  gmail_change (hostile, "here edit INBOX a a2");
  gmail_change (hostile, "here letters INBOX b RS");
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  gmail_change (hostile, "here letters All e S");
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  gmail_change (hostile, "here letters Work c S");
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  gmail_assert (hostile, expected);
  assert_idle (hostile);
  hostile_free (hostile);
}

/* C1.2: while nothing is taken for deleted, a file under a new name may be the only one. */
static void
test_renamed_beside_no_file (void)
{
  static const char *const unchanged[] = { NULL };
  Hostile *hostile = gmail_account_new (ACCOUNT_GMAIL_COPY);
  g_autofree char *aside = hostile_path (hostile, "aside");
  g_autofree char *path = NULL;

  gmail_account_fill (hostile);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  path = hostile_file_here (hostile, GMAIL_ALL, "e");
  g_assert_cmpint (g_rename (path, aside), ==, 0);
  g_assert_cmpint (symlink (aside, path), ==, 0);
  gmail_change (hostile, "here save All a All");
  hostile_expect_sync (hostile, ENGINE_OUTCOME_LEFT, "no regular file");
  g_assert_cmpuint (hostile_count_attic (hostile), ==, 0);
  g_assert_cmpint (g_rename (aside, path), ==, 0);
  hostile_expect_sync (hostile, ENGINE_OUTCOME_EQUAL, NULL);
  gmail_assert (hostile, unchanged);
  hostile_free (hostile);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < n_gmail_rows; i++)
    {
      g_autofree char *path = g_strconcat ("/gmail/outcome/", gmail_rows[i].name, NULL);

      g_test_add_data_func (path, &gmail_rows[i], test_outcome);
    }
  g_test_add_func ("/gmail/first-sync/each-text-once", test_once);
  if (g_test_slow ())
    g_test_add_func ("/gmail/first-sync/each-text-once-of-many", test_once_of_many);
  g_test_add_func ("/gmail/files/copies", test_copies);
  g_test_add_func ("/gmail/files/hard-links", test_hard_links);
  g_test_add_func ("/gmail/all-mail/alone", test_all_mail);
  g_test_add_func ("/gmail/all-mail/later", test_all_mail_later);
  g_test_add_func ("/gmail/all-mail/not-gmail", test_not_gmail);
  g_test_add_func ("/gmail/all-mail/not-shown", test_no_all_mail);
  g_test_add_data_func ("/gmail/hold/archived-there", "there unlabel MARK INBOX", test_hold_nothing);
  g_test_add_data_func ("/gmail/hold/trashed-there", "there label MARK Trash", test_hold_nothing);
  g_test_add_data_func ("/gmail/hold/moved-to-trash-here", "here move INBOX MARK Trash", test_hold_nothing);
  g_test_add_data_func ("/gmail/hold/archived-here-by-move", "here move INBOX MARK All", test_hold_nothing);
  g_test_add_data_func ("/gmail/hold/deleted-here", "here delete INBOX MARK", test_hold);
  g_test_add_data_func ("/gmail/hold/deleted-in-all-mail-here", "here delete All MARK", test_hold);
  g_test_add_func ("/gmail/hold/gone-everywhere", test_hold_gone_everywhere);
  g_test_add_func ("/gmail/hold/gone-everywhere-beside-sleeping", test_hold_gone_everywhere_beside_sleeping);
  g_test_add_func ("/gmail/files/hard-links-edited", test_hard_links_edited);
  g_test_add_func ("/gmail/files/renamed-beside-no-file", test_renamed_beside_no_file);
  return g_test_run ();
}
