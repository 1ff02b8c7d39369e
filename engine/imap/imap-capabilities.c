#include "imap-session-private.h"

#include <string.h>

/* RFC 9051 appendix E: what IMAP4rev2 has folded in. RETURN (SPECIAL-USE) is not among it. */
#define REV2_IMPLIES                                                                                         \
  (IMAP_CAPABILITY_LITERAL_MINUS | IMAP_CAPABILITY_UIDPLUS | IMAP_CAPABILITY_ESEARCH |                       \
   IMAP_CAPABILITY_LIST_EXTENDED | IMAP_CAPABILITY_LIST_STATUS | IMAP_CAPABILITY_UNSELECT |                  \
   IMAP_CAPABILITY_ENABLE | IMAP_CAPABILITY_MOVE | IMAP_CAPABILITY_NAMESPACE | IMAP_CAPABILITY_SASL_IR)

static const struct
{
  const char *word;
  guint bits;
} known[] = {
  { "LITERAL+", IMAP_CAPABILITY_LITERAL_PLUS },
  { "LITERAL-", IMAP_CAPABILITY_LITERAL_MINUS },
  { "UIDPLUS", IMAP_CAPABILITY_UIDPLUS },
  { "ESEARCH", IMAP_CAPABILITY_ESEARCH },
  { "LIST-EXTENDED", IMAP_CAPABILITY_LIST_EXTENDED },
  { "LIST-STATUS", IMAP_CAPABILITY_LIST_STATUS },
  { "SPECIAL-USE", IMAP_CAPABILITY_SPECIAL_USE },
  { "UNSELECT", IMAP_CAPABILITY_UNSELECT },
  { "ENABLE", IMAP_CAPABILITY_ENABLE },
  { "CONDSTORE", IMAP_CAPABILITY_CONDSTORE },
  { "QRESYNC", IMAP_CAPABILITY_QRESYNC | IMAP_CAPABILITY_CONDSTORE }, /* RFC 7162 section 3.2.1 */
  { "MOVE", IMAP_CAPABILITY_MOVE },
  { "NAMESPACE", IMAP_CAPABILITY_NAMESPACE },
  { "ID", IMAP_CAPABILITY_ID },
  { "SASL-IR", IMAP_CAPABILITY_SASL_IR },
  { "STARTTLS", IMAP_CAPABILITY_STARTTLS },
  { "LOGINDISABLED", IMAP_CAPABILITY_LOGINDISABLED },
  { "UTF8=ACCEPT", IMAP_CAPABILITY_UTF8_ACCEPT },
  { "UTF8=ONLY", IMAP_CAPABILITY_UTF8_ACCEPT }, /* RFC 6855 section 6 */
  { "OBJECTID", IMAP_CAPABILITY_OBJECTID },
  { "IMAP4REV2", IMAP_CAPABILITY_REV2 | REV2_IMPLIES },
  { "XLIST", IMAP_CAPABILITY_XLIST },
  { "MULTIAPPEND", IMAP_CAPABILITY_MULTIAPPEND },
  { "COMPRESS=DEFLATE", IMAP_CAPABILITY_COMPRESS_DEFLATE },
  { "X-GM-EXT-1", IMAP_CAPABILITY_X_GM_EXT_1 },
};

static guint
word_bits (const char *word)
{
  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_ascii_strcasecmp (word, known[i].word) == 0)
      return known[i].bits;
  return 0;
}

void
imap_capabilities_forget (ImapSession *session)
{
  g_clear_pointer (&session->capability_words, g_strfreev);
  session->capabilities = 0;
}

void
imap_capabilities_set (ImapSession *session, const char *const *words)
{
  imap_capabilities_forget (session);
  session->capability_words = g_strdupv ((char **)words);
  for (gsize i = 0; words != NULL && words[i] != NULL; i++)
    session->capabilities |= word_bits (words[i]);
}

gboolean
imap_capabilities_ask (ImapSession *session, GError **error)
{
  imap_capabilities_forget (session);
  if (!imap_alone_run (session, "CAPABILITY", NULL, imap_command_new ("CAPABILITY"), NULL, NULL, error))
    return FALSE;
  if (session->capability_words != NULL)
    return TRUE;
  imap_session_set_error (session, error, IMAP_ERROR, IMAP_ERROR_PROTOCOL,
                          "the server does not say what it is capable of");
  return FALSE;
}

gboolean
imap_capabilities_contain (const char *const *words, const char *word)
{
  for (; words != NULL && *words != NULL; words++)
    if (g_ascii_strcasecmp (*words, word) == 0)
      return TRUE;
  return FALSE;
}

gboolean
imap_session_has (const ImapSession *session, ImapCapability capability)
{
  return (session->capabilities & capability) != 0;
}

gboolean
imap_session_tells_vanished (const ImapSession *session)
{
  return session->tells_vanished;
}

GStrv
imap_capabilities_mechanisms (const ImapSession *session)
{
  g_autoptr (GStrvBuilder) mechanisms = g_strv_builder_new ();

  for (gsize i = 0; session->capability_words != NULL && session->capability_words[i] != NULL; i++)
    if (g_ascii_strncasecmp (session->capability_words[i], "AUTH=", strlen ("AUTH=")) == 0)
      {
        g_autofree char *mechanism = g_ascii_strup (session->capability_words[i] + strlen ("AUTH="), -1);

        g_strv_builder_add (mechanisms, mechanism);
      }
  return g_strv_builder_end (mechanisms);
}

ImapLiteralMode
imap_capabilities_literal_mode (const ImapSession *session)
{
  if (imap_session_has (session, IMAP_CAPABILITY_LITERAL_PLUS))
    return IMAP_LITERAL_PLUS;
  if (imap_session_has (session, IMAP_CAPABILITY_LITERAL_MINUS))
    return IMAP_LITERAL_MINUS;
  return IMAP_LITERAL_SYNC;
}
