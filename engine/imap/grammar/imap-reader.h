/* A cursor over one collected response: the tokens of RFC 9051 section 9. Internal to the grammar.
 *
 * A function takes its token and returns TRUE, or notes what it expected and where, and returns FALSE; only
 * imap_reader_take and imap_reader_word merely try. Line ends are not in the text. A literal stands in it as
 * a mark: an octet 0, which no line may hold, its kind, its size, its octets; so nothing a server writes can
 * pass for one.
 */
#pragma once

#include <glib.h>

#define IMAP_MAX_DEPTH 32

typedef enum
{
  IMAP_MARK_LITERAL,
  IMAP_MARK_BODY, /* the octets went to the body sink */
} ImapMark;

typedef struct
{
  const guint8 *data;
  gsize length;
  gsize offset;
  guint depth;
  gboolean utf8;        /* mailbox names are UTF-8 */
  const char *expected; /* (nullable) static: the first complaint ... */
  gsize complaint;      /* ... and where it is */
} ImapReader;

/* Octets of the text itself, valid as long as it is. */
typedef struct
{
  const char *data;
  gsize length;
} ImapToken;

/* Reads one element of a list. */
typedef gboolean (*ImapReadFunc) (ImapReader *reader, gpointer user_data);

/* Appends a mark; a literal's octets must follow it. */
void imap_reader_append_mark (GByteArray *text, ImapMark mark, gsize size);

gboolean imap_reader_fail (ImapReader *reader, const char *expected);

/* TRUE when the next octet is `c`; then it is taken. */
gboolean imap_reader_take (ImapReader *reader, char c);
/* TRUE when the next atom is `word`, ASCII case aside; then it is taken. */
gboolean imap_reader_word (ImapReader *reader, const char *word);
gboolean imap_reader_peek (const ImapReader *reader, char c);
/* TRUE when nothing but spaces is left. */
gboolean imap_reader_at_end (const ImapReader *reader);

gboolean imap_reader_expect (ImapReader *reader, char c, const char *expected);
gboolean imap_reader_space (ImapReader *reader); /* one or more: servers send too many */
gboolean imap_reader_close (ImapReader *reader); /* ")", and stray spaces before it */
gboolean imap_reader_end (ImapReader *reader);

/* ATOM-CHARs and, since servers write them, backslash, "%", "*" and 8-bit. */
gboolean imap_reader_atom (ImapReader *reader, ImapToken *token);
/* The same and "]": flags, unquoted mailbox names. */
gboolean imap_reader_long_atom (ImapReader *reader, ImapToken *token);
gboolean imap_token_is (const ImapToken *token, const char *word);
char *imap_token_dup (const ImapToken *token);

/* Digits from min to max; without leading zero where min is 1 (nz-number). */
gboolean imap_reader_number (ImapReader *reader, guint64 min, guint64 max, guint64 *number);
gboolean imap_reader_number32 (ImapReader *reader, guint32 min, guint32 *number);

/* nstring: NIL gives NULL. No octet 0. (transfer full) */
gboolean imap_reader_nstring (ImapReader *reader, char **string);
gboolean imap_reader_astring (ImapReader *reader, char **string);
/* nstring of message content, which may hold octets 0; NIL gives no octets. (transfer full) */
gboolean imap_reader_content (ImapReader *reader, GBytes **content);
/* Takes the mark of a body that went to the sink; merely tries. */
gboolean imap_reader_take_body (ImapReader *reader);

/* "(" elements ")". The reader stands on each element in turn. */
gboolean imap_reader_list (ImapReader *reader, ImapReadFunc read, gpointer user_data);
/* A list of flags or other words. (transfer full) */
gboolean imap_reader_words (ImapReader *reader, char ***words);

/* One value of unknown form: atom, string, literal or a list of such. */
gboolean imap_reader_skip_value (ImapReader *reader);
/* All that is left; parentheses, quotes and literals must be whole. */
gboolean imap_reader_skip_rest (ImapReader *reader);
