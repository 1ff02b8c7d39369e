/* The flags of one message, in the form all sides share.
 *
 * A flag is one of six bits that a Maildir names with a capital letter (D F P R S T) or a keyword, a name.
 * IMAP's \Draft \Flagged $Forwarded \Answered \Seen \Deleted are the bits; every other IMAP keyword (RFC 9051
 * section 2.3.2) keeps its name. \Recent is nobody's flag and never appears here.
 *
 * Keywords compare without regard to ASCII case. A set of them is one canonical string: sorted, each once,
 * separated by one space, "" for none. Canonical strings live in a MessageKeywordPool and are shared; two
 * sets from one pool are equal exactly when the pointers are.
 */
#pragma once

#include <glib.h>

typedef enum
{
  MESSAGE_FLAG_DRAFT = 1 << 0,     /* D */
  MESSAGE_FLAG_FLAGGED = 1 << 1,   /* F */
  MESSAGE_FLAG_FORWARDED = 1 << 2, /* P, the keyword $Forwarded */
  MESSAGE_FLAG_ANSWERED = 1 << 3,  /* R */
  MESSAGE_FLAG_SEEN = 1 << 4,      /* S */
  MESSAGE_FLAG_DELETED = 1 << 5,   /* T */
} MessageFlag;

#define MESSAGE_FLAGS_ALL_SYSTEM 0x3fu

typedef struct _MessageKeywordPool MessageKeywordPool;

typedef struct
{
  guint8 system;        /* MessageFlag bits */
  const char *keywords; /* canonical set, never NULL; owned by the pool */
} MessageFlags;

/* (transfer full). A pool, and all sets from it, belong to one thread. */
MessageKeywordPool *
message_keyword_pool_new (void);
void
message_keyword_pool_free (MessageKeywordPool *pool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MessageKeywordPool, message_keyword_pool_free)

/* The canonical form of the space-separated `names` (nullable); the spelling seen first by the pool wins. */
const char *
message_keyword_pool_intern (MessageKeywordPool *pool, const char *names);

/* No flags at all; valid with every pool. */
MessageFlags
message_flags_none (void);

/* From IMAP's flag names ("\\Seen", "$Forwarded", "todo"), NULL-terminated; unknown backslash flags are left
 * out. */
MessageFlags
message_flags_from_imap (MessageKeywordPool *pool, const char *const *names);

/* (transfer full): "\\Seen todo", IMAP's flag names without parentheses; "" for none. */
char *
message_flags_to_imap (MessageFlags flags);

gboolean
message_flags_equal (MessageFlags a, MessageFlags b);
gboolean
message_flags_is_empty (MessageFlags flags);
MessageFlags
message_flags_union (MessageKeywordPool *pool, MessageFlags a, MessageFlags b);
MessageFlags
message_flags_minus (MessageKeywordPool *pool, MessageFlags a, MessageFlags b);
MessageFlags
message_flags_intersect (MessageKeywordPool *pool, MessageFlags a, MessageFlags b);

/* Three-way, flag by flag: a side that differs from the base has changed it; no bit can conflict. */
MessageFlags
message_flags_merge (MessageKeywordPool *pool, MessageFlags base, MessageFlags remote, MessageFlags local);

/* TRUE when the canonical set `keywords` holds `name`, ASCII case aside. */
gboolean
message_keywords_contain (const char *keywords, const char *name);
