/* A set of UIDs (RFC 9051 section 9, sequence-set without "*"): sorted ranges, merged as they are added.
 * Distinct from sequence numbers, which never leave the parser. */
#pragma once

#include <glib.h>

typedef struct
{
  guint32 first;
  guint32 last; /* >= first >= 1 */
} ImapUidRange;

typedef struct _ImapUidSet ImapUidSet;

ImapUidSet *imap_uid_set_new (void);
void imap_uid_set_free (ImapUidSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ImapUidSet, imap_uid_set_free)

void imap_uid_set_add (ImapUidSet *set, guint32 uid); /* cheap when ascending */
void imap_uid_set_add_range (ImapUidSet *set, guint32 first, guint32 last);
/* Many at once and in any order: one sort instead of a search each. */
void imap_uid_set_add_ranges (ImapUidSet *set, const ImapUidRange *ranges, guint n_ranges);
void imap_uid_set_clear (ImapUidSet *set);

gboolean imap_uid_set_is_empty (const ImapUidSet *set);
gboolean imap_uid_set_contains (const ImapUidSet *set, guint32 uid);
guint64 imap_uid_set_count (const ImapUidSet *set);
guint imap_uid_set_n_ranges (const ImapUidSet *set);
const ImapUidRange *imap_uid_set_range (const ImapUidSet *set, guint index);

/* "1:4,7,9:12". Without "*"; a reversed range is turned round. NULL unless all of `text` is a set of
 * nz-numbers; at most 1,000,000 ranges. Returns (transfer full) (nullable). */
ImapUidSet *imap_uid_set_parse (const char *text, gsize length);
/* (transfer full); "" for the empty set. */
char *imap_uid_set_to_string (const ImapUidSet *set);

/* Takes the lowest UIDs out of `set`, at most `max_uids` of them and `max_length` octets of text, into a new
 * set (transfer full); empty when `set` is, or when the limits hold not even one. For commands that must stay
 * short (2000 UIDs, 7000 octets). */
ImapUidSet *imap_uid_set_take (ImapUidSet *set, guint max_uids, gsize max_length);

/* UIDs in the order written, duplicates and order kept, for COPYUID and APPENDUID (RFC 4315; within a range
 * they ascend: "4:2" is "2:4" there). Returns
 * (transfer full) (nullable) a GArray of guint32, at most `max` long; NULL on malformed text. */
GArray *imap_uid_list_parse (const char *text, gsize length, guint max);
