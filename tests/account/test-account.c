#include "../../engine/account/account.h"

#include <string.h>

static const struct
{
  const char *description;
  const char *patterns; /* separated by ";" */
  const char *mailbox;
  gboolean wanted;
} rows[] = {
  { "everything", "*", "Work/2024", TRUE },
  { "the last match wins", "*;!Spam", "Spam", FALSE },
  { "the last match wins again", "*;!Spam*;Spam/Ham", "Spam/Ham", TRUE },
  { "an exclusion is of exactly that", "*;!Spam", "Spam/2024", TRUE },
  { "none matching excludes", "Work;Home", "Other", FALSE },
  { "only exclusions include nothing", "!Spam", "Work", FALSE },
  { "percent is one level", "%", "Work", TRUE },
  { "percent is not two levels", "%", "Work/2024", FALSE },
  { "percent for a level in the middle", "Work/%/done", "Work/a/done", TRUE },
  { "percent does not reach over a level", "Work/%/done", "Work/a/b/done", FALSE },
  { "star reaches over levels", "Work/*/done", "Work/a/b/done", TRUE },
  { "wildcards match nothing too", "W%o*rk", "Work", TRUE },
  { "percent is tried again", "%ab%b", "aababxb", TRUE },
  { "star is tried again after percent", "*a%b", "a/ab", TRUE },
  { "star, percent, end", "*/%", "a/b/c", TRUE },
  { "percent at the end stops at a level", "*a%", "a/b", FALSE },
  { "longer pattern", "Works", "Work", FALSE },
  { "longer mailbox", "Work", "Works", FALSE },
  { "case counts", "work", "Work", FALSE },
  { "but not of INBOX", "inbox", "INBOX", TRUE },
  { "nor with wildcards", "In%x", "INBOX", TRUE },
  { "nor excluding", "*;!Inbox", "INBOX", FALSE },
  { "nor above other mailboxes", "inbox/*", "INBOX/Sub", TRUE },
  { "below INBOX case counts", "INBOX/sub", "INBOX/Sub", FALSE },
  { "a longer name is no INBOX", "inboxes", "INBOXES", FALSE },
  { "UTF-8", "Entw%rfe", "Entwürfe", TRUE },
};

static void
test_wants_mailbox (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (GStrv) patterns = g_strsplit (rows[i].patterns, ";", -1);
      Account account = { .mailboxes = patterns };

      g_test_message ("%s", rows[i].description);
      g_assert_cmpint (account_wants_mailbox (&account, rows[i].mailbox), ==, rows[i].wanted);
    }
}

/* What the pattern means, said as simply as possible. */
static gboolean
matches_simply (const char *pattern, const char *mailbox)
{
  if (*pattern == '\0')
    return *mailbox == '\0';
  if (*pattern != '*' && *pattern != '%')
    return *pattern == *mailbox && matches_simply (pattern + 1, mailbox + 1);
  return matches_simply (pattern + 1, mailbox) ||
         (*mailbox != '\0' && (*pattern == '*' || *mailbox != '/') && matches_simply (pattern, mailbox + 1));
}

static void
random_text (const char *alphabet, char *text, int longest)
{
  int length = g_test_rand_int_range (0, longest);

  for (int i = 0; i < length; i++)
    text[i] = alphabet[g_test_rand_int_range (0, (int)strlen (alphabet))];
  text[length] = '\0';
}

static void
test_wants_mailbox_random (void)
{
  for (guint round = 0; round < 50000; round++)
    {
      char pattern[8], mailbox[10];
      char *patterns[] = { pattern, NULL };
      Account account = { .mailboxes = patterns };

      random_text ("ab/*%", pattern, sizeof pattern);
      random_text ("ab/", mailbox, sizeof mailbox);
      g_assert_cmpint (account_wants_mailbox (&account, mailbox), ==, matches_simply (pattern, mailbox));
    }
}

/* A pattern that makes naive matching take years. */
static void
test_wants_mailbox_hostile (void)
{
  char *patterns[] = { (char *)"*a*a*a*a*a*a*a*a%a%a%a%a%a%a%a%a*b", NULL };
  Account account = { .mailboxes = patterns };
  g_autofree char *mailbox = g_strnfill (1000, 'a');

  g_assert_false (account_wants_mailbox (&account, mailbox));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/account/wants-mailbox/C9/table", test_wants_mailbox);
  g_test_add_func ("/account/wants-mailbox/random", test_wants_mailbox_random);
  g_test_add_func ("/account/wants-mailbox/C8/hostile", test_wants_mailbox_hostile);
  return g_test_run ();
}
