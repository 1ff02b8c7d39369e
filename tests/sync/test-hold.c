#include "../../engine/sync/hold.h"

#define MAILBOXES_MAX 4

typedef struct
{
  const char *description;
  HoldLimit limit;
  HoldMailbox mailboxes[MAILBOXES_MAX]; /* `held` is what is expected; ends at one without messages and
                                           deletions */
} HoldRow;

#define USUAL                                                                                                \
  {                                                                                                          \
    TRUE, 10, 50                                                                                             \
  }

static const HoldRow hold_rows[] = {
  { "nothing is deleted", USUAL, { { .messages = 100 } } },
  { "many, but not more than half", USUAL, { { .messages = 100, .deletions = 50 } } },
  { "many and more than half", USUAL, { { .messages = 100, .deletions = 51, .held = TRUE } } },
  { "all of a small mailbox: ten are not more than ten", USUAL, { { .messages = 10, .deletions = 10 } } },
  { "all of a mailbox of eleven", USUAL, { { .messages = 11, .deletions = 11, .held = TRUE } } },
  { "eleven of twenty-two are not more than half", USUAL, { { .messages = 22, .deletions = 11 } } },
  { "eleven of twenty-one are", USUAL, { { .messages = 21, .deletions = 11, .held = TRUE } } },
  { "slowly within a day: those let through count on both sides of the share",
    USUAL,
    { { .messages = 10, .deletions = 1, .recent = 10, .held = TRUE } } },
  { "slowly, still half", USUAL, { { .messages = 12, .deletions = 1, .recent = 10 } } },
  { "what was let through is not held when nothing follows",
    USUAL,
    { { .messages = 5, .deletions = 0, .recent = 100 } } },
  { "off", { FALSE, 10, 50 }, { { .messages = 100, .deletions = 100 } } },
  { "percent 0: the count alone", { TRUE, 10, 0 }, { { .messages = 1000, .deletions = 11, .held = TRUE } } },
  { "percent 0, the count not passed", { TRUE, 10, 0 }, { { .messages = 1000, .deletions = 10 } } },
  { "percent 100: nothing is more than all", { TRUE, 10, 100 }, { { .messages = 100, .deletions = 100 } } },
  { "count 0: the share alone", { TRUE, 0, 50 }, { { .messages = 1, .deletions = 1, .held = TRUE } } },
  { "exempt mailboxes are never held", USUAL, { { .messages = 100, .deletions = 100, .exempt = TRUE } } },
  { "one mailbox over its half holds only itself",
    USUAL,
    { { .messages = 20, .deletions = 20, .held = TRUE }, { .messages = 1000, .deletions = 1 } } },
  { "the account over its half holds all that delete",
    USUAL,
    { { .messages = 10, .deletions = 8, .held = TRUE },
      { .messages = 10, .deletions = 8, .held = TRUE },
      { .messages = 5 } } },
  { "exempt mailboxes do not make the account's half",
    USUAL,
    { { .messages = 30, .deletions = 30, .exempt = TRUE }, { .messages = 20, .deletions = 5 } } },
  { "nor do they thin it out",
    USUAL,
    { { .messages = 1000, .exempt = TRUE },
      { .messages = 10, .deletions = 9, .held = TRUE },
      { .messages = 10, .deletions = 9, .held = TRUE } } },
  { "a deleted mailbox does not count against its own half",
    USUAL,
    { { .messages = 100, .deletions = 100, .whole = TRUE }, { .messages = 1000 } } },
  { "but against the account's",
    USUAL,
    { { .messages = 100, .deletions = 100, .whole = TRUE, .held = TRUE },
      { .messages = 90, .deletions = 1, .held = TRUE } } },
  { "an empty deleted mailbox is not held",
    USUAL,
    { { .messages = 100, .deletions = 100, .held = TRUE }, { .whole = TRUE } } },
  { "numbers near the end of their type",
    USUAL,
    { { .messages = G_MAXUINT, .deletions = G_MAXUINT, .recent = G_MAXUINT, .held = TRUE } } },
};

static void
test_decide (gconstpointer data)
{
  const HoldRow *row = data;
  HoldMailbox mailboxes[MAILBOXES_MAX];

  for (guint i = 0; i < MAILBOXES_MAX; i++)
    {
      mailboxes[i] = row->mailboxes[i];
      mailboxes[i].held = !mailboxes[i].held;
    }
  hold_decide (&row->limit, mailboxes, MAILBOXES_MAX);
  for (guint i = 0; i < MAILBOXES_MAX; i++)
    g_assert_cmpint (mailboxes[i].held, ==, row->mailboxes[i].held);
}

static void
test_no_mailboxes (void)
{
  HoldLimit limit = USUAL;

  hold_decide (&limit, NULL, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (hold_rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/hold/C1.4/%s", hold_rows[i].description);

      g_test_add_data_func (path, &hold_rows[i], test_decide);
    }
  g_test_add_func ("/hold/no-mailboxes", test_no_mailboxes);
  return g_test_run ();
}
