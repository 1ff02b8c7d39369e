/* The proofs that every row of a table of syncs has to give, whatever the table is about:
 *
 *   outcome   the run ends as the row says, both sides hold what it says, and a second run changes nothing
 *   sweep     the same after a kill at any step and at most two further runs
 */
#pragma once

#include "sync-case.h"

typedef struct
{
  const char *name;
  gconstpointer row; /* what the functions below get */
  /* (transfer full): a case on which one run is due. */
  SyncCase *(*prepare) (gconstpointer row);
  /* (transfer full): what is not as the row says, a line each; "" when all is. */
  char *(*check) (SyncCase *sync, gconstpointer row);
  int status;          /* that run's exit status, and of each after it */
  const char *says;    /* (nullable): a regular expression in what it says on stderr, and all later ones too
                          where something is left; NULL: nothing at all */
  gboolean is_dovecot; /* whose mail can be put back, and which keeps the commands it got */
  gboolean moves_no_mail; /* no message is sent or fetched; told on Dovecot only */
  gboolean halves;        /* kill in the midst of each write too */
} SyncProof;

/* Both mark the test as failed and say why. */
void sync_proof_outcome (const SyncProof *proof);
void sync_proof_sweep (const SyncProof *proof);

/* (transfer full): how both sides and the attic differ from these lines (sync-view.h); "" when not.
 * `expected_local` (nullable): the same as `expected`. */
char *sync_proof_compare (SyncCase *sync, const char *const *expected, const char *const *expected_local,
                          guint attic);

/* (transfer full) (nullable): another dovetail to sweep with: thousands of runs under a sanitizer take too
 * long. */
const char *sync_proof_sweep_program (void);

/* "K/N" (nullable): whether the `index`-th test is in that part. */
gboolean sync_proof_is_in_part (const char *part, guint index);
