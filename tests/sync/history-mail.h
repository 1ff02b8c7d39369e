/* Messages of a history: each can be told from every other by a token in its body, and two with one token are
 * the same bytes. */
#pragma once

#include <glib.h>

/* Flags as bits: the system flags, then keywords. */
#define HISTORY_N_FLAGS 9
#define HISTORY_FIRST_KEYWORD 6
#define HISTORY_ALL_FLAGS ((1u << HISTORY_N_FLAGS) - 1)
#define HISTORY_KEYWORDS (HISTORY_ALL_FLAGS & ~((1u << HISTORY_FIRST_KEYWORD) - 1))
#define HISTORY_DELETED (1u << 1)
#define HISTORY_DRAFT (1u << 2)

/* "\\Seen", "$Work"; a letter of file names, '\0' for keywords. */
const char *history_flag_name (guint flag);
char history_flag_letter (guint flag);

/* (transfer full): as in STORE, "\\Seen $Work". */
char *history_flags_to_string (guint flags);
/* A space-separated list; what is none of ours goes to `others` (nullable). */
guint history_flags_from_string (const char *list, GString *others);

/* Some flags for a new message, few of them. */
guint history_flags_random (guint32 bits);

/* (transfer full): with CRLF. */
GBytes *history_mail_new (const char *token, guint32 bits);
/* Its date: seconds since 1970, from 2024 on. */
gint64 history_mail_date (guint32 bits);

/* (transfer full): the token, "?" when there is none. */
char *history_mail_token (GBytes *bytes);
/* (transfer full): the same message with another token, as long as the old one allows. */
GBytes *history_mail_edit (GBytes *bytes, const char *token);
/* (transfer full): LF for CRLF, and bare LF made CRLF. */
GBytes *history_mail_to_lf (GBytes *bytes);
GBytes *history_mail_to_crlf (GBytes *bytes);
