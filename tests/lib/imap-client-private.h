/* One untagged line of a server, and mailbox names as they travel. */
#pragma once

#include "imap-client.h"

/* A line whose literals are kept apart: `text` holds their "{LENGTH}" only, so that nothing in a message can
 * be taken for the protocol. */
typedef struct
{
  GString *text;
  GPtrArray *literals; /* (element-type GBytes) */
} ImapClientLine;

/* Sends, and reads to the tagged answer. (transfer container, element-type ImapClientLine): the untagged
 * lines; the tagged one goes to `tagged` (transfer full). */
GPtrArray *
imap_client_exchange (ImapClient *client, const char *command, char **tagged);
/* Reads one line with its literals. (transfer full) */
ImapClientLine *
imap_client_read_line (ImapClient *client);
void
imap_client_line_free (ImapClientLine *line);
void
imap_client_select (ImapClient *client, const char *how, const char *mailbox);

/* (transfer full): imap_client_encode_name backwards, without the quotes. */
char *
imap_client_decode_name (const char *encoded);
