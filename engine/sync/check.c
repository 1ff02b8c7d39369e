/* `dovetail check`: one step after the other, each with what is wrong and what to do; nothing is changed on
 * either side, not even a marker or a lock is made. */
#include "../account/secret.h"
#include "../imap/imap-session.h"
#include "check-local.h"
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

/* (transfer full) (nullable) */
static ImapSession *
connect (const Job *job, Report *self, GError **error)
{
  const Account *account = job->account;
  char *password = secret_lookup_password (account, job->cancellable, error);
  ImapSession *session;

  if (password == NULL)
    return NULL;
  report (self, ENGINE_EVENT_RESULT, NULL, "password", "ok: password: there is one");
  session = imap_session_open (account, password, g_main_context_get_thread_default (), job->cancellable,
                               report_log, self, error);
  secret_free (password);
  if (session == NULL)
    return NULL;
  report (self, ENGINE_EVENT_RESULT, NULL, "connection", "ok: connection: %s:%u, %s%s", account->host,
          account->port, imap_session_get_tls_description (session),
          account->security == ACCOUNT_SECURITY_NONE ? "" : ", the certificate is trusted");
  report (self, ENGINE_EVENT_RESULT, NULL, "login", "ok: login: the server knows %s", account->user);
  return session;
}

/* Both sides are looked at, so that one run names all that is wrong; the local side's problem decides. */
EngineOutcome
job_check (const Job *job)
{
  Report self = job_report (job);
  g_autoptr (GError) error = NULL;
  g_autoptr (ImapSession) session = NULL;
  EngineOutcome local;

  tell_configuration (job->account, &self);
  local = check_local (job, &self);
  session = connect (job, &self, &error);
  if (session == NULL || !check_server (job, &self, session, &error))
    {
      EngineOutcome remote = report_error (&self, error);

      return local == ENGINE_OUTCOME_CONFIG ? local : remote;
    }
  imap_session_logout (session);
  if (local != ENGINE_OUTCOME_EQUAL)
    return local;
  return self.left > 0 ? ENGINE_OUTCOME_LEFT : ENGINE_OUTCOME_EQUAL;
}
