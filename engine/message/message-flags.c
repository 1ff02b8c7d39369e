/* Invariants of a pool: `sets` holds canonical strings only; `spellings` has one spelling for each name,
 * whatever its case; a set's names have the pool's spelling. So equal sets are one string, and one pointer.
 */
#include "message-flags.h"

#include <string.h>

/* Longer than any keyword in use; a server's line limit would be the only other bound. */
#define KEYWORD_MAX 255

struct _MessageKeywordPool
{
  GHashTable *sets;      /* canonical set, "" never among them */
  GHashTable *spellings; /* name, ASCII case aside */
};

static const char no_keywords[] = "";

static const struct
{
  const char *name;
  MessageFlag flag;
} imap_flags[] = {
  { "\\Draft", MESSAGE_FLAG_DRAFT },        { "\\Flagged", MESSAGE_FLAG_FLAGGED },
  { "$Forwarded", MESSAGE_FLAG_FORWARDED }, { "\\Answered", MESSAGE_FLAG_ANSWERED },
  { "\\Seen", MESSAGE_FLAG_SEEN },          { "\\Deleted", MESSAGE_FLAG_DELETED },
};

/* The bit that `name` stands for, or 0. */
static guint8
flag_from_imap (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (imap_flags); i++)
    if (g_ascii_strcasecmp (name, imap_flags[i].name) == 0)
      return (guint8)imap_flags[i].flag;
  return 0;
}

/* An ATOM-CHAR (RFC 9051 section 9). */
static gboolean
is_atom_char (char c)
{
  return c > 0x20 && c < 0x7f && strchr ("(){%*\"\\]", c) == NULL;
}

/* TRUE for what may stand in a set: an atom that is no system flag's name. */
static gboolean
is_keyword (const char *name)
{
  gsize length = 0;

  while (is_atom_char (name[length]))
    length++;
  return length > 0 && length <= KEYWORD_MAX && name[length] == '\0' && flag_from_imap (name) == 0;
}

static guint
name_hash (gconstpointer name)
{
  guint hash = 5381;

  for (const char *c = name; *c != '\0'; c++)
    hash = hash * 33 + (guchar)g_ascii_tolower (*c);
  return hash;
}

static gboolean
name_equal (gconstpointer a, gconstpointer b)
{
  return g_ascii_strcasecmp (a, b) == 0;
}

static int
name_compare (gconstpointer a, gconstpointer b)
{
  const char *const *left = a;
  const char *const *right = b;

  return g_ascii_strcasecmp (*left, *right);
}

MessageKeywordPool *
message_keyword_pool_new (void)
{
  MessageKeywordPool *pool = g_new0 (MessageKeywordPool, 1);

  pool->sets = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  pool->spellings = g_hash_table_new_full (name_hash, name_equal, g_free, NULL);
  return pool;
}

void
message_keyword_pool_free (MessageKeywordPool *pool)
{
  if (pool == NULL)
    return;
  g_hash_table_unref (pool->sets);
  g_hash_table_unref (pool->spellings);
  g_free (pool);
}

static const char *
pool_spelling (MessageKeywordPool *pool, const char *name)
{
  const char *known = g_hash_table_lookup (pool->spellings, name);

  if (known == NULL)
    {
      char *copy = g_strdup (name);

      g_hash_table_add (pool->spellings, copy);
      known = copy;
    }
  return known;
}

/* `canonical` must have the canonical form; the result is the pool's own copy. */
static const char *
pool_share (MessageKeywordPool *pool, const char *canonical)
{
  const char *shared;

  if (canonical[0] == '\0')
    return no_keywords;
  shared = g_hash_table_lookup (pool->sets, canonical);
  if (shared == NULL)
    {
      char *copy = g_strdup (canonical);

      g_hash_table_add (pool->sets, copy);
      shared = copy;
    }
  return shared;
}

static void
append_name (GString *set, const char *name, gsize length)
{
  if (set->len > 0)
    g_string_append_c (set, ' ');
  g_string_append_len (set, name, (gssize)length);
}

/* Sorts `names` (element-type: spellings of the pool) and makes a set of them. */
static const char *
pool_set_from_names (MessageKeywordPool *pool, GPtrArray *names)
{
  g_autoptr (GString) set = g_string_new (NULL);

  g_ptr_array_sort (names, name_compare);
  for (guint i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);

      if (i == 0 || name != g_ptr_array_index (names, i - 1))
        append_name (set, name, strlen (name));
    }
  return pool_share (pool, set->str);
}

const char *
message_keyword_pool_intern (MessageKeywordPool *pool, const char *names)
{
  g_autoptr (GPtrArray) kept = NULL;
  g_auto (GStrv) split = NULL;
  const char *known;

  if (names == NULL || names[0] == '\0')
    return no_keywords;
  known = g_hash_table_lookup (pool->sets, names);
  if (known != NULL)
    return known;

  kept = g_ptr_array_new ();
  split = g_strsplit (names, " ", -1);
  for (char **name = split; *name != NULL; name++)
    if (is_keyword (*name))
      g_ptr_array_add (kept, (gpointer)pool_spelling (pool, *name));
  return pool_set_from_names (pool, kept);
}

MessageFlags
message_flags_none (void)
{
  return (MessageFlags){ .system = 0, .keywords = no_keywords };
}

MessageFlags
message_flags_from_imap (MessageKeywordPool *pool, const char *const *names)
{
  g_autoptr (GPtrArray) keywords = NULL;
  MessageFlags flags = message_flags_none ();

  for (; names != NULL && *names != NULL; names++)
    {
      guint8 flag = flag_from_imap (*names);

      flags.system |= flag;
      if (flag != 0 || !is_keyword (*names))
        continue;
      if (keywords == NULL)
        keywords = g_ptr_array_new ();
      g_ptr_array_add (keywords, (gpointer)pool_spelling (pool, *names));
    }
  if (keywords != NULL)
    flags.keywords = pool_set_from_names (pool, keywords);
  return flags;
}

char *
message_flags_to_imap (MessageFlags flags)
{
  GString *names = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (imap_flags); i++)
    if ((flags.system & imap_flags[i].flag) != 0)
      append_name (names, imap_flags[i].name, strlen (imap_flags[i].name));
  if (flags.keywords[0] != '\0')
    append_name (names, flags.keywords, strlen (flags.keywords));
  return g_string_free (names, FALSE);
}

gboolean
message_flags_equal (MessageFlags a, MessageFlags b)
{
  return a.system == b.system && a.keywords == b.keywords;
}

gboolean
message_flags_is_empty (MessageFlags flags)
{
  return flags.system == 0 && flags.keywords[0] == '\0';
}

static gsize
name_length (const char *set)
{
  return strcspn (set, " ");
}

static const char *
next_name (const char *set)
{
  set += name_length (set);
  return *set == ' ' ? set + 1 : set;
}

/* Where the first names of two sorted sets stand to each other; a set at its end comes after all names. */
static int
compare_first_names (const char *a, const char *b)
{
  gsize a_length = name_length (a);
  gsize b_length = name_length (b);
  int order;

  if (a_length == 0 || b_length == 0)
    return a_length == b_length ? 0 : a_length == 0 ? 1 : -1;
  order = g_ascii_strncasecmp (a, b, MIN (a_length, b_length));
  return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

/* The names that are only in `a`, in both, only in `b`: each kind as asked. */
static const char *
combine_keywords (MessageKeywordPool *pool, const char *a, const char *b, gboolean only_a, gboolean both,
                  gboolean only_b)
{
  g_autoptr (GString) set = g_string_new (NULL);

  while (*a != '\0' || *b != '\0')
    {
      int order = compare_first_names (a, b);
      const char *name = order <= 0 ? a : b;

      if (order < 0 ? only_a : order > 0 ? only_b : both)
        append_name (set, name, name_length (name));
      if (order <= 0)
        a = next_name (a);
      if (order >= 0)
        b = next_name (b);
    }
  return pool_share (pool, set->str);
}

MessageFlags
message_flags_union (MessageKeywordPool *pool, MessageFlags a, MessageFlags b)
{
  MessageFlags flags = { .system = a.system | b.system, .keywords = a.keywords };

  if (a.keywords[0] == '\0')
    flags.keywords = b.keywords;
  else if (a.keywords != b.keywords && b.keywords[0] != '\0')
    flags.keywords = combine_keywords (pool, a.keywords, b.keywords, TRUE, TRUE, TRUE);
  return flags;
}

MessageFlags
message_flags_minus (MessageKeywordPool *pool, MessageFlags a, MessageFlags b)
{
  MessageFlags flags = { .system = a.system & (guint8)~b.system, .keywords = a.keywords };

  if (a.keywords == b.keywords)
    flags.keywords = no_keywords;
  else if (a.keywords[0] != '\0' && b.keywords[0] != '\0')
    flags.keywords = combine_keywords (pool, a.keywords, b.keywords, TRUE, FALSE, FALSE);
  return flags;
}

MessageFlags
message_flags_intersect (MessageKeywordPool *pool, MessageFlags a, MessageFlags b)
{
  MessageFlags flags = { .system = a.system & b.system, .keywords = a.keywords };

  if (a.keywords[0] == '\0' || b.keywords[0] == '\0')
    flags.keywords = no_keywords;
  else if (a.keywords != b.keywords)
    flags.keywords = combine_keywords (pool, a.keywords, b.keywords, FALSE, TRUE, FALSE);
  return flags;
}

MessageFlags
message_flags_merge (MessageKeywordPool *pool, MessageFlags base, MessageFlags remote, MessageFlags local)
{
  /* What both have stays; what only one has is new when the base lacks it, and removed by the other when it
   * has it. */
  MessageFlags agreed = message_flags_intersect (pool, remote, local);
  MessageFlags either = message_flags_union (pool, remote, local);

  return message_flags_union (pool, agreed, message_flags_minus (pool, either, base));
}

gboolean
message_keywords_contain (const char *keywords, const char *name)
{
  gsize length = strlen (name);

  for (const char *next = keywords; *next != '\0'; next = next_name (next))
    if (name_length (next) == length && g_ascii_strncasecmp (next, name, length) == 0)
      return TRUE;
  return FALSE;
}
