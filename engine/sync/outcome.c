#include "outcome.h"
#include "../account/secret.h"
#include "../imap/imap-session.h"
#include "../journal/journal.h"
#include "../maildir/maildir.h"
#include "../net/connection.h"
#include "../net/sasl.h"
#include "../pop3/pop3-session.h"

static EngineOutcome
net_outcome (NetError code)
{
  switch (code)
    {
    case NET_ERROR_CERTIFICATE:
      return ENGINE_OUTCOME_AUTHENTICATION;
    case NET_ERROR_INSECURE:
      return ENGINE_OUTCOME_CONFIG;
    case NET_ERROR_PROTOCOL:
    case NET_ERROR_TLS:
      return ENGINE_OUTCOME_REFUSED;
    case NET_ERROR_OFFLINE:
    case NET_ERROR_TIMEOUT:
    case NET_ERROR_CLOSED:
    case NET_ERROR_CANCELLED:
      return ENGINE_OUTCOME_OFFLINE;
    }
  g_assert_not_reached ();
}

static EngineOutcome
imap_outcome (ImapError code)
{
  switch (code)
    {
    case IMAP_ERROR_AUTHENTICATION:
      return ENGINE_OUTCOME_AUTHENTICATION;
    case IMAP_ERROR_BYE:
      return ENGINE_OUTCOME_OFFLINE;
    case IMAP_ERROR_PROTOCOL:
    case IMAP_ERROR_INSECURE:
    case IMAP_ERROR_REFUSED:
      return ENGINE_OUTCOME_REFUSED;
    }
  g_assert_not_reached ();
}

static EngineOutcome
pop3_outcome (Pop3Error code)
{
  switch (code)
    {
    case POP3_ERROR_AUTHENTICATION:
      return ENGINE_OUTCOME_AUTHENTICATION;
    case POP3_ERROR_LATER:
      return ENGINE_OUTCOME_OFFLINE;
    case POP3_ERROR_PROTOCOL:
    case POP3_ERROR_INSECURE:
    case POP3_ERROR_REFUSED:
      return ENGINE_OUTCOME_REFUSED;
    }
  g_assert_not_reached ();
}

static gboolean
is_about_configuration (const GError *error)
{
  return g_error_matches (error, MAILDIR_ERROR, MAILDIR_ERROR_NO_ROOT) ||
         g_error_matches (error, MAILDIR_ERROR, MAILDIR_ERROR_NO_MARKER) ||
         g_error_matches (error, JOURNAL_ERROR, JOURNAL_ERROR_NEWER);
}

static gboolean
is_cancelled (const GError *error)
{
  return g_error_matches (error, NET_ERROR, NET_ERROR_CANCELLED) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

EngineOutcome
outcome_for_error (const GError *error)
{
  if (is_cancelled (error))
    return ENGINE_OUTCOME_OFFLINE;
  if (error->domain == NET_ERROR)
    return net_outcome (error->code);
  if (error->domain == IMAP_ERROR)
    return imap_outcome (error->code);
  if (error->domain == POP3_ERROR)
    return pop3_outcome (error->code);
  if (error->domain == SASL_ERROR || error->domain == SECRET_ERROR)
    return ENGINE_OUTCOME_AUTHENTICATION;
  return is_about_configuration (error) ? ENGINE_OUTCOME_CONFIG : ENGINE_OUTCOME_OFFLINE;
}

static const char *
outcome_word (EngineOutcome outcome)
{
  switch (outcome)
    {
    case ENGINE_OUTCOME_EQUAL:
    case ENGINE_OUTCOME_LEFT:
      return "left";
    case ENGINE_OUTCOME_REFUSED:
      return "server-refused";
    case ENGINE_OUTCOME_OFFLINE:
      return "offline";
    case ENGINE_OUTCOME_AUTHENTICATION:
      return "not-authenticated";
    case ENGINE_OUTCOME_CONFIG:
      return "configuration";
    }
  g_assert_not_reached ();
}

EngineOutcome
report_error (Report *self, const GError *error)
{
  EngineOutcome outcome = outcome_for_error (error);

  if (is_cancelled (error))
    report (self, ENGINE_EVENT_ERROR, NULL, "interrupted", "interrupted; what was done is kept, run again");
  else if (g_error_matches (error, NET_ERROR, NET_ERROR_CERTIFICATE))
    report (self, ENGINE_EVENT_ERROR, NULL, "not-trusted", "%s", error->message);
  else
    report (self, ENGINE_EVENT_ERROR, NULL, outcome_word (outcome), "%s", error->message);
  return outcome;
}
