#include "sync-proof.h"

#include "sync-view.h"

#include <stdio.h>
#include <string.h>

/* The most failures that one row reports: the first ones tell enough. */
#define MAX_FAILURES 5

static void
add_difference (GString *text, const char *name_a, GStrv a, const char *name_b, GStrv b)
{
  g_autofree char *difference = sync_view_compare (name_a, a, name_b, b);

  if (difference != NULL)
    g_string_append (text, difference);
}

char *
sync_proof_compare (SyncCase *sync, const char *const *expected, const char *const *expected_local,
                    guint attic)
{
  g_auto (GStrv) there = sync_view_sort (expected);
  g_auto (GStrv) here = sync_view_sort (expected_local != NULL ? expected_local : expected);
  g_auto (GStrv) remote = sync_view_remote (sync);
  g_auto (GStrv) local = sync_view_local (sync);
  guint kept = sync_view_count_attic (sync);
  g_autoptr (GString) text = g_string_new (NULL);

  add_difference (text, "expected", there, "on the server", remote);
  add_difference (text, "expected", here, "here", local);
  if (kept != attic)
    g_string_append_printf (text, "  %u messages in the attic, expected %u\n", kept, attic);
  return g_strdup (text->str);
}

/* Says what went wrong and counts it. `when` tells row, step and call. */
static gboolean
report (const char *when, const char *problem)
{
  if (*problem == '\0')
    return TRUE;
  g_test_message ("%s:\n%s", when, problem);
  return FALSE;
}

/* (transfer full): what a run says of its end that the row does not; "" when all is as it should be. */
static char *
check_end (int status, const char *says, const SyncRun *run)
{
  gboolean said =
      says != NULL ? g_regex_match_simple (says, run->errors, G_REGEX_DOTALL, 0) : *run->errors == '\0';

  if (run->status == status && said)
    return g_strdup ("");
  return g_strdup_printf ("  exit status %d\n  %s  %s\n", run->status, run->output, run->errors);
}

/* What a run without work may say: it looks at mailboxes and flags, and neither changes nor fetches mail. */
static gboolean
is_idle_command (const char *command)
{
  static const char *const allowed[] = { "CAPABILITY", "ENABLE ",     "EXAMINE ",  "ID ",     "LIST ",
                                         "LOGOUT",     "NOOP",        "NAMESPACE", "SELECT ", "STATUS ",
                                         "UNSELECT",   "UID SEARCH ", "UID FETCH " };

  for (guint i = 0; i < G_N_ELEMENTS (allowed); i++)
    if (g_str_has_prefix (command, allowed[i]))
      return strstr (command, "BODY") == NULL;
  return FALSE;
}

/* Message data on the wire. Headers may be looked at. */
static gboolean
moves_mail (const char *command)
{
  return g_str_has_prefix (command, "APPEND") || strstr (command, "BODY.PEEK[]") != NULL;
}

/* (transfer full): commands that there was no need for; "" when there are none. */
static char *
check_commands (SyncCase *sync, gboolean idle)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_auto (GStrv) commands = sync_case_take_commands (sync);

  g_assert_cmpuint (g_strv_length (commands), >, 1);
  for (guint i = 0; commands[i] != NULL; i++)
    if (idle ? !is_idle_command (commands[i]) : moves_mail (commands[i]))
      g_string_append_printf (text, "  sent without need: %s\n", commands[i]);
  return g_strdup (text->str);
}

static SyncRun
run_logged (SyncCase *sync, gboolean logged)
{
  if (logged)
    sync_case_log_commands (sync);
  return sync_case_run (sync);
}

/* (transfer full): what a run says or does that has nothing to do; "" when all stays as it is. With `logged`
 * it looks at what was sent, too. */
static char *
check_idle (const SyncProof *proof, SyncCase *sync, gboolean logged)
{
  const char *idle = proof->status == 0 ? ": there was nothing to do" : ": there was nothing else to do";
  g_auto (GStrv) before = sync_view_everything (sync);
  g_auto (SyncRun) run = run_logged (sync, logged);
  g_autofree char *commands = logged ? check_commands (sync, TRUE) : g_strdup ("");
  g_auto (GStrv) after = sync_view_everything (sync);
  g_autofree char *end = check_end (proof->status, proof->status != 0 ? proof->says : NULL, &run);
  g_autoptr (GString) text = g_string_new (end);

  if (*end == '\0' && strstr (run.output, idle) == NULL)
    g_string_append_printf (text, "  a run without work said: %s\n", run.output);
  g_string_append (text, commands);
  add_difference (text, "before a run without work", before, "after it", after);
  return g_strdup (text->str);
}

/* (transfer full) */
static char *
check_tmp (SyncCase *sync)
{
  g_auto (GStrv) tmp = sync_view_tmp (sync);
  g_autofree char *names = g_strjoinv ("\n  ", tmp);

  return tmp[0] != NULL ? g_strdup_printf ("  left in tmp/: %s\n", names) : g_strdup ("");
}

void
sync_proof_outcome (const SyncProof *proof)
{
  gboolean logged = proof->is_dovecot && proof->moves_no_mail;
  g_autoptr (SyncCase) sync = proof->prepare (proof->row);
  g_auto (SyncRun) run = run_logged (sync, logged);
  g_autofree char *end = check_end (proof->status, proof->says, &run);
  g_autofree char *commands = logged ? check_commands (sync, FALSE) : g_strdup ("");
  g_autofree char *outcome = proof->check (sync, proof->row);
  g_autofree char *second = check_idle (proof, sync, proof->is_dovecot);
  g_autofree char *tmp = check_tmp (sync);
  gboolean good = report ("the run", end);

  good = report ("the run's commands", commands) && good;
  good = report ("the outcome", outcome) && good;
  good = report ("the second run", second) && good;
  good = report ("afterwards", tmp) && good;
  if (good)
    return;
  g_test_message ("the first run said:\n%s%s", run.output, run.errors);
  g_test_fail ();
}

/* At most two runs to the end. (transfer full): what the last one said, "" when it ended as it should. */
static char *
recover (const SyncProof *proof, SyncCase *sync)
{
  g_autofree char *said = g_strdup ("");

  for (guint i = 0; i < 2; i++)
    {
      g_auto (SyncRun) run = sync_case_run (sync);

      if (run.status == proof->status)
        return g_strdup ("");
      g_free (said);
      said = g_strdup_printf ("  a run after the kill: exit status %d\n  %s  %s\n", run.status, run.output,
                              run.errors);
    }
  return g_steal_pointer (&said);
}

/* Kills at that step and looks what becomes of it: TRUE when all is as it should be. `killed` (transfer full)
 * says at which call, NULL: there is no such step. */
static gboolean
survives (const SyncProof *proof, SyncCase *sync, guint step, gboolean half, char **killed)
{
  g_autofree char *when = NULL;
  g_autofree char *recovered = NULL;
  g_autofree char *outcome = NULL;
  g_autofree char *later = NULL;
  gboolean good;

  sync_case_run_killed (sync, step, half, killed);
  sync_case_wait_quiet (sync);
  when = g_strdup_printf ("%s, killed %s step %u (%s)", proof->name, half ? "within" : "after", step,
                          *killed != NULL ? *killed : "it had ended before");
  recovered = recover (proof, sync);
  outcome = proof->check (sync, proof->row);
  later = check_idle (proof, sync, FALSE);
  good = report (when, recovered);
  good = report (when, outcome) && good;
  return report (when, later) && good;
}

/* The same from the same start: brought back where the server's files can be, else made anew. */
static gboolean
survives_from_start (const SyncProof *proof, SyncCase *saved, guint step, gboolean half, char **killed)
{
  g_autoptr (SyncCase) fresh = NULL;

  if (proof->is_dovecot)
    sync_case_restore (saved);
  else
    fresh = proof->prepare (proof->row);
  return survives (proof, fresh != NULL ? fresh : saved, step, half, killed);
}

/* After that step and, where it is asked for and the step writes, within it. Returns how often it went wrong.
 */
static guint
sweep_step (const SyncProof *proof, SyncCase *saved, guint step, gboolean *ended)
{
  g_autofree char *killed = NULL;
  g_autofree char *killed_within = NULL;
  guint failures = survives_from_start (proof, saved, step, FALSE, &killed) ? 0 : 1;

  *ended = killed == NULL;
  if (proof->halves && kill_sweep_can_halve (killed))
    failures += survives_from_start (proof, saved, step, TRUE, &killed_within) ? 0 : 1;
  return failures;
}

void
sync_proof_sweep (const SyncProof *proof)
{
  g_autoptr (SyncCase) sync = proof->prepare (proof->row);
  gboolean ended = FALSE;
  guint step, failures = 0;

  if (proof->is_dovecot)
    sync_case_save (sync);
  for (step = 1; !ended && failures < MAX_FAILURES; step++)
    failures += sweep_step (proof, sync, step, &ended);
  g_test_message ("%u steps, %u failed", step - 2, failures);
  /* Every run sends and writes something: one that nobody killed was not swept. */
  if (failures > 0 || step <= 2)
    g_test_fail ();
}

const char *
sync_proof_sweep_program (void)
{
  return g_getenv ("DOVETAIL_SWEEP_PROGRAM");
}

gboolean
sync_proof_is_in_part (const char *part, guint index)
{
  guint k = 1, n = 1;

  if (part != NULL && (sscanf (part, "%u/%u", &k, &n) != 2 || n == 0))
    g_error ("--part takes K/N");
  return index % n == k - 1;
}
