#include "check-maildrop.h"

#include "../pop3/pop3-session.h"

static const struct
{
  Pop3Capability capability;
  const char *name;
  const char *cost;
} capabilities[] = {
  { POP3_CAPABILITY_UIDL, "UIDL", "messages are known again by their content" },
  { POP3_CAPABILITY_TOP, "TOP", "without a UIDL a message is read whole to know it again" },
  { POP3_CAPABILITY_PIPELINING, "PIPELINING", "each message waits for the answer to the one before" },
};

/* A server need not announce what it can do (RFC 2449): that there are UIDLs shows in the listing. */
static gboolean
has_all_uidls (const GArray *messages)
{
  for (guint i = 0; i < messages->len; i++)
    if (g_array_index (messages, Pop3Message, i).uidl == NULL)
      return FALSE;
  return messages->len > 0;
}

static gboolean
can (Pop3Session *session, Pop3Capability capability)
{
  return pop3_session_has (session, capability) ||
         (capability == POP3_CAPABILITY_UIDL && has_all_uidls (pop3_session_get_messages (session)));
}

static void
tell_capabilities (Report *self, Pop3Session *session)
{
  for (guint i = 0; i < G_N_ELEMENTS (capabilities); i++)
    {
      const EngineField fields[] = { { .key = "capability", .string = capabilities[i].name } };

      if (!can (session, capabilities[i].capability))
        report_fields (self, ENGINE_EVENT_RESULT, NULL, "lacks", fields, G_N_ELEMENTS (fields),
                       "ok: the server lacks %s: %s", capabilities[i].name, capabilities[i].cost);
    }
}

static void
tell_messages (Report *self, Pop3Session *session)
{
  const GArray *messages = pop3_session_get_messages (session);
  g_autofree char *count = words_count (messages->len, "message");
  g_autofree char *size = NULL;
  guint64 octets = 0;
  guint without = 0;

  for (guint i = 0; i < messages->len; i++)
    {
      octets += g_array_index (messages, Pop3Message, i).size;
      without += g_array_index (messages, Pop3Message, i).uidl == NULL;
    }
  size = words_size (octets);
  const EngineField fields[] = { { .key = "messages", .number = messages->len },
                                 { .key = "octets", .number = (gint64)octets },
                                 { .key = "without_uidl", .number = without } };

  report_fields (self, ENGINE_EVENT_RESULT, NULL, "messages", fields, G_N_ELEMENTS (fields),
                 "ok: %s on the server, %s", count, size);
  if (without > 0)
    report (
        self, ENGINE_EVENT_RESULT, NULL, "no-uidl",
        "ok: %u of them without a unique id (UIDL), or with one that others have too: these are known again "
        "by their content",
        without);
}

gboolean
check_maildrop (const Job *job, Report *self, const char *secret, GError **error)
{
  const Account *account = job->account;
  g_autoptr (Pop3Session) session = pop3_session_open (account, secret, g_main_context_get_thread_default (),
                                                       job->cancellable, report_log, self, error);

  if (session == NULL)
    return FALSE;
  report (self, ENGINE_EVENT_RESULT, NULL, "connection", "ok: connection: %s:%u, %s%s", account->host,
          account->port, pop3_session_get_tls_description (session),
          account->security == ACCOUNT_SECURITY_NONE ? "" : ", the certificate is trusted");
  report (self, ENGINE_EVENT_RESULT, NULL, "login", "ok: login: the server knows %s", account->user);
  tell_messages (self, session);
  tell_capabilities (self, session);
  pop3_session_quit (session, NULL);
  return TRUE;
}
