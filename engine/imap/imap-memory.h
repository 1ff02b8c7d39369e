/* What one run tells the next about its server, so that it need not wait for words it knows: the login is
 * sent before the greeting, and the first questions right behind the login's last word.
 *
 * A hint and no more: nothing in it is believed against what the server says, and where the server does not
 * take commands so early (some proxies drop them), the session is opened once more in the careful way, which
 * is remembered too. It holds no secret.
 */
#pragma once

#include <glib.h>

typedef struct
{
  char *where;      /* "host:port" */
  gboolean waits;   /* the server has to be waited for */
  gint64 plain;     /* when what the server compressed could not be read, in seconds since 1970; 0: it can */
  gboolean unbound; /* the server refuses logins that are bound to the TLS channel (-PLUS), and offers them */
  guint connections; /* that the server took when it was asked for more; 0: as many as were wanted */
  gint64 counted;    /* when, in seconds since 1970 */
  char **greeted;    /* capabilities before the login; may be empty */
  char **admitted;   /* and after it */
} ImapMemory;

/* (transfer full): nothing is known but where. */
ImapMemory *imap_memory_new (const char *where);
/* `words` (nullable): none. */
void imap_memory_set_greeted (ImapMemory *memory, char **words);
void imap_memory_set_admitted (ImapMemory *memory, char **words);

/* What this run has no reason to find out anew (nullable: nothing); how many connections the server takes is
 * tried again after a day, compression after a week: it may have been the network that broke off. */
void imap_memory_carry_on (ImapMemory *memory, const ImapMemory *before, gint64 now);

/* (transfer full) (nullable): NULL when `text` is NULL, malformed, or of another server. */
ImapMemory *imap_memory_parse (const char *text, const char *where);
/* (transfer full): for imap_memory_parse. */
char *imap_memory_format (const ImapMemory *memory);
void imap_memory_free (ImapMemory *memory);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ImapMemory, imap_memory_free)
