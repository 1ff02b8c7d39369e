/* `dovetail check`: one step after the other, each with what is wrong and what to do; nothing is changed on
 * either side, not even a marker or a lock is made. */
#include "../account/secret.h"
#include "../imap/imap-session.h"
#include "check-local.h"
#include "check-maildrop.h"
#include "check-server.h"
#include "outcome.h"

static const char *
security_word (AccountSecurity security)
{
  switch (security)
    {
    case ACCOUNT_SECURITY_TLS:
      return "TLS from the first byte";
    case ACCOUNT_SECURITY_STARTTLS:
      return "STARTTLS";
    case ACCOUNT_SECURITY_NONE:
      return "no TLS, loopback only";
    }
  g_assert_not_reached ();
}

static void
tell_configuration (const Account *account, Report *self)
{
  report (self, ENGINE_EVENT_RESULT, NULL, "configuration",
          "ok: configuration: %s at %s:%u, %s, Maildir %s (%s)", account->user, account->host, account->port,
          security_word (account->security), account->maildir,
          account->layout == ACCOUNT_LAYOUT_NESTED ? "nested" : "maildir++");
}

static gboolean
check_imap (const Job *job, Report *self, const char *secret, GError **error)
{
  const Account *account = job->account;
  const ImapOpening opening = {
    .account = account,
    .secret = secret,
    .context = g_main_context_get_thread_default (),
    .cancellable = job->cancellable,
    .log = report_log,
    .log_data = self,
  };
  g_autoptr (ImapSession) session = imap_session_open (&opening, error);

  if (session == NULL)
    return FALSE;
  report (self, ENGINE_EVENT_RESULT, NULL, "connection", "ok: connection: %s:%u, %s%s", account->host,
          account->port, imap_session_get_tls_description (session),
          account->security == ACCOUNT_SECURITY_NONE ? "" : ", the certificate is trusted");
  report (self, ENGINE_EVENT_RESULT, NULL, "login", "ok: login: the server knows %s", account->user);
  if (!check_server (job, self, session, error))
    return FALSE;
  imap_session_logout (session);
  return TRUE;
}

static gboolean
check_remote (const Job *job, Report *self, GError **error)
{
  char *secret = secret_lookup_password (job->account, job->cancellable, error);
  gboolean done = FALSE;

  if (secret == NULL)
    return FALSE;
  report (self, ENGINE_EVENT_RESULT, NULL, "password", "ok: %s: there is one",
          job->account->token_command != NULL ? "token" : "password");
  switch (job->account->protocol)
    {
    case ACCOUNT_PROTOCOL_IMAP:
      done = check_imap (job, self, secret, error);
      break;
    case ACCOUNT_PROTOCOL_POP3:
      done = check_maildrop (job, self, secret, error);
      break;
    }
  secret_free (secret);
  return done;
}

/* Both sides are looked at, so that one run names all that is wrong; the local side's problem decides. */
EngineOutcome
job_check (const Job *job)
{
  Report self = job_report (job);
  g_autoptr (GError) error = NULL;
  EngineOutcome local;

  tell_configuration (job->account, &self);
  local = check_local (job, &self);
  if (!check_remote (job, &self, &error))
    {
      EngineOutcome remote = report_error (&self, error);

      return local == ENGINE_OUTCOME_CONFIG ? local : remote;
    }
  if (local != ENGINE_OUTCOME_EQUAL)
    return local;
  return self.left > 0 ? ENGINE_OUTCOME_LEFT : ENGINE_OUTCOME_EQUAL;
}
