#include "pop3-session-private.h"

#include <string.h>

/* Nobody has so many; what is beyond is passed over. */
#define MAX_LINES 1000

static const struct
{
  const char *word;
  guint bit;
} known[] = {
  { "STLS", POP3_CAPABILITY_STLS },
  { "USER", POP3_CAPABILITY_USER },
  { "TOP", POP3_CAPABILITY_TOP },
  { "UIDL", POP3_CAPABILITY_UIDL },
  { "PIPELINING", POP3_CAPABILITY_PIPELINING },
  { "RESP-CODES", POP3_CAPABILITY_RESP_CODES },
  { "AUTH-RESP-CODE", POP3_CAPABILITY_AUTH_RESP_CODE },
  { "UTF8", POP3_CAPABILITY_UTF8 },
};

Pop3Capabilities *
pop3_capabilities_new (void)
{
  Pop3Capabilities *capabilities = g_new0 (Pop3Capabilities, 1);

  capabilities->mechanisms = g_ptr_array_new_with_free_func (g_free);
  return capabilities;
}

void
pop3_capabilities_free (Pop3Capabilities *capabilities)
{
  g_ptr_array_unref (capabilities->mechanisms);
  g_free (capabilities);
}

static void
add_words (Pop3Capabilities *capabilities, char **words)
{
  for (gsize i = 0; words[0] != NULL && i < G_N_ELEMENTS (known); i++)
    if (g_ascii_strcasecmp (words[0], known[i].word) == 0)
      capabilities->bits |= known[i].bit;
  if (words[0] == NULL || g_ascii_strcasecmp (words[0], "SASL") != 0)
    return;
  for (gsize i = 1; words[i] != NULL; i++)
    if (*words[i] != '\0')
      g_ptr_array_add (capabilities->mechanisms, g_ascii_strup (words[i], -1));
}

static gboolean
take_line (const guint8 *data, gsize length, gpointer user_data)
{
  Pop3Capabilities *capabilities = user_data;
  g_autofree char *line = g_strndup ((const char *)data, length);
  g_auto (GStrv) words = g_strsplit (g_strstrip (line), " ", -1);

  if (capabilities->lines++ < MAX_LINES)
    add_words (capabilities, words);
  return TRUE;
}

/* The request owns what was collected; the session takes it when the listing is whole. */
typedef struct
{
  Pop3Session *session;
  Pop3Capabilities *collected;
} Asking;

static void
answered (const Pop3Response *answer, gpointer user_data)
{
  Asking *asking = user_data;

  if (answer->status != POP3_STATUS_OK)
    return;
  pop3_capabilities_free (asking->session->capabilities);
  asking->session->capabilities = g_steal_pointer (&asking->collected);
  asking->session->capabilities->known = TRUE;
}

static void
asking_free (gpointer data)
{
  Asking *asking = data;

  g_clear_pointer (&asking->collected, pop3_capabilities_free);
  g_free (asking);
}

Pop3Request *
pop3_capabilities_request (Pop3Session *session)
{
  Pop3Request *request = pop3_request_new (session, "CAPA", NULL, POP3_SHAPE_LISTING);
  Asking *asking = g_new0 (Asking, 1);

  asking->session = session;
  asking->collected = pop3_capabilities_new ();
  pop3_request_set_body (request, 0, take_line, asking->collected);
  pop3_request_set_done (request, answered, asking, asking_free);
  return request;
}
