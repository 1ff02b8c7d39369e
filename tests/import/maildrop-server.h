/* A POP3 server for tests with one maildrop: a model that behaves, and misbehaves as it is told.
 *
 * Its settings may be changed between sessions. What it holds is octets with CRLF; they go to the wire as RFC
 * 1939 tells: a dot before each line that begins with one, and a line end where the last line has none.
 */
#pragma once

#include <gio/gio.h>

typedef struct
{
  char *uidl;
  GBytes *bytes;
  gboolean hidden;  /* from listings */
  gboolean refused; /* RETR is answered with -ERR */
  gboolean gone;    /* deleted by DELE and QUIT */
} MaildropMessage;

typedef struct
{
  gboolean without_uidl, without_top, without_pipelining;
  guint cut_retr;       /* the connection ends within the text of the n-th RETR of a session; 0: none */
  gboolean cut_quit;    /* QUIT deletes and is not answered */
  gboolean lose_quit;   /* the connection ends before QUIT has any effect */
  gboolean ignore_dele; /* +OK to DELE and QUIT, and nothing goes */
  gboolean refuse_dele, refuse_quit;
  const char *login_answer; /* (nullable) instead of +OK */
} MaildropFaults;

/* On the server's thread, before DELE is answered. */
typedef void (*MaildropDeleteFunc) (const MaildropMessage *message, gpointer user_data);

typedef struct
{
  MaildropFaults faults;
  GPtrArray *messages;         /* of MaildropMessage */
  MaildropDeleteFunc deleting; /* (nullable) */
  gpointer deleting_data;

  GMutex mutex;
  GString *log; /* commands, a line each */
  struct _FakeServer *server;
} Maildrop;

Maildrop *maildrop_new (void);
void maildrop_free (Maildrop *maildrop);
guint16 maildrop_get_port (Maildrop *maildrop);

/* `uidl` (nullable): none that is an identity. */
MaildropMessage *maildrop_add (Maildrop *maildrop, const char *uidl, const char *text);

/* Since the last call of maildrop_clear_log. */
guint maildrop_count (Maildrop *maildrop, const char *command);
void maildrop_clear_log (Maildrop *maildrop);
/* Messages that are not gone. */
guint maildrop_count_left (Maildrop *maildrop);
