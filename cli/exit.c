#include "exit.h"

int
exit_status_for_error (const GError *error)
{
  if (g_error_matches (error, ENGINE_ERROR, ENGINE_ERROR_CONFIG) ||
      g_error_matches (error, ENGINE_ERROR, ENGINE_ERROR_NO_CONFIG))
    return ENGINE_OUTCOME_CONFIG;
  return EXIT_STATUS_USAGE;
}
