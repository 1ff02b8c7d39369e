/* What is on the server and what is in the Maildir, each read by code that shares nothing with the engine, in
 * a form that can be compared. */
#pragma once

#include "accept-account.h"

/* One line a message, sorted: mailbox, subject, date, flags and keywords by their IMAP names, and the SHA-256
 * of its bytes with CRLF at each line's end. Mailboxes without messages have a line of their own. (transfer
 * full, element-type utf8) */
GPtrArray *accept_remote_side (const AcceptAccount *account);
GPtrArray *accept_local_side (const AcceptAccount *account);

/* Both sides hold the same; `messages` of them. */
void accept_assert_equal (const AcceptAccount *account, guint messages);

/* The same of any two sides. What only one has goes to the test's log. */
void accept_assert_same_side (GPtrArray *left, GPtrArray *right);
/* How many messages are on a side; in one mailbox. */
guint accept_count (GPtrArray *side);
guint accept_count_in (GPtrArray *side, const char *mailbox);

typedef struct
{
  char *mailbox, *path;
  char *flags; /* IMAP names, sorted, a space between */
  gint64 date;
} AcceptFile;

/* (transfer container, element-type AcceptFile): the messages of a mailbox, by name of their files. */
GPtrArray *accept_local_files (const AcceptAccount *account, const char *mailbox);
/* The only file of the account whose message has this Subject; ends the test if there is none or more. The
 * path is (transfer full). */
char *accept_find_file (const AcceptAccount *account, const char *mailbox, const char *subject);

/* Puts a message into cur/ of a mailbox (made if need be) as a client does, under a name with `letters`
 * ("S"); `date` 0: now. The bytes stay as they are. (transfer full): the path. */
char *accept_deliver (const AcceptAccount *account, const char *mailbox, const char *letters, gint64 date,
                      gconstpointer data, gsize length);
/* The same with a short message of this Subject. */
char *accept_deliver_subject (const AcceptAccount *account, const char *mailbox, const char *letters,
                              const char *subject);
/* A short message with CRLF and this Subject, Date and Message-ID. (transfer full) */
char *accept_message_text (const char *subject);
/* Renames a message's file to have these letters. */
void accept_set_letters (const char *path, const char *letters);
