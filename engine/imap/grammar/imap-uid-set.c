#include "imap-uid-set.h"

#include <string.h>

#define MAX_RANGES 1000000

/* Invariant: ranges ascend, and between two of them at least one UID is missing. */
struct _ImapUidSet
{
  GArray *ranges; /* of ImapUidRange */
};

ImapUidSet *
imap_uid_set_new (void)
{
  ImapUidSet *set = g_new0 (ImapUidSet, 1);

  set->ranges = g_array_new (FALSE, FALSE, sizeof (ImapUidRange));
  return set;
}

void
imap_uid_set_free (ImapUidSet *set)
{
  if (set == NULL)
    return;
  g_array_unref (set->ranges);
  g_free (set);
}

static ImapUidRange *
range_at (const ImapUidSet *set, guint index)
{
  return &g_array_index (set->ranges, ImapUidRange, index);
}

static guint64
range_size (const ImapUidRange *range)
{
  return (guint64)range->last - range->first + 1;
}

/* The first range that ends at or behind `uid`; the number of ranges when there is none. */
static guint
find_range (const ImapUidSet *set, guint64 uid)
{
  guint low = 0;
  guint high = set->ranges->len;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (range_at (set, middle)->last < uid)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

void
imap_uid_set_add (ImapUidSet *set, guint32 uid)
{
  imap_uid_set_add_range (set, uid, uid);
}

/* Replaces the ranges from `begin` up to, but without, `end` by the one range that covers them and `range`.
 */
static void
replace_ranges (ImapUidSet *set, guint begin, guint end, ImapUidRange range)
{
  range.first = MIN (range.first, range_at (set, begin)->first);
  range.last = MAX (range.last, range_at (set, end - 1)->last);
  *range_at (set, begin) = range;
  if (end - begin > 1)
    g_array_remove_range (set->ranges, begin + 1, end - begin - 1);
}

/* Adjacent ranges merge, so a range that ends just before `first` is touched too. */
void
imap_uid_set_add_range (ImapUidSet *set, guint32 first, guint32 last)
{
  ImapUidRange range = { MIN (first, last), MAX (first, last) };
  guint begin, end;

  g_return_if_fail (range.first >= 1);

  if (set->ranges->len == 0 || (guint64)range_at (set, set->ranges->len - 1)->last + 1 < range.first)
    {
      g_array_append_val (set->ranges, range);
      return;
    }
  begin = find_range (set, range.first - 1);
  end = find_range (set, (guint64)range.last + 1);
  if (end < set->ranges->len && range_at (set, end)->first <= (guint64)range.last + 1)
    end++;
  if (begin == end)
    g_array_insert_val (set->ranges, begin, range);
  else
    replace_ranges (set, begin, end, range);
}

static gint
compare_ranges (gconstpointer a, gconstpointer b)
{
  const ImapUidRange *left = a;
  const ImapUidRange *right = b;

  return (left->first > right->first) - (left->first < right->first);
}

/* Restores the invariant of the struct after ranges were appended in any order. */
static void
normalize (GArray *ranges)
{
  guint kept = 0;

  g_array_sort (ranges, compare_ranges);
  for (guint i = 1; i < ranges->len; i++)
    {
      ImapUidRange *tail = &g_array_index (ranges, ImapUidRange, kept);
      ImapUidRange next = g_array_index (ranges, ImapUidRange, i);

      if (next.first <= (guint64)tail->last + 1)
        tail->last = MAX (tail->last, next.last);
      else
        g_array_index (ranges, ImapUidRange, ++kept) = next;
    }
  if (ranges->len > 0)
    g_array_set_size (ranges, kept + 1);
}

void
imap_uid_set_add_ranges (ImapUidSet *set, const ImapUidRange *ranges, guint n_ranges)
{
  gboolean sorted = TRUE;

  for (guint i = 0; i < n_ranges; i++)
    {
      ImapUidRange range = { MIN (ranges[i].first, ranges[i].last), MAX (ranges[i].first, ranges[i].last) };
      guint last = set->ranges->len;

      g_return_if_fail (range.first >= 1);
      if (sorted && last > 0 && range.first == (guint64)range_at (set, last - 1)->last + 1)
        {
          range_at (set, last - 1)->last = range.last;
          continue;
        }
      sorted = sorted && (last == 0 || range.first > range_at (set, last - 1)->last);
      g_array_append_val (set->ranges, range);
    }
  if (!sorted)
    normalize (set->ranges);
}

void
imap_uid_set_clear (ImapUidSet *set)
{
  g_array_set_size (set->ranges, 0);
}

gboolean
imap_uid_set_is_empty (const ImapUidSet *set)
{
  return set->ranges->len == 0;
}

gboolean
imap_uid_set_contains (const ImapUidSet *set, guint32 uid)
{
  guint index = find_range (set, uid);

  return index < set->ranges->len && range_at (set, index)->first <= uid;
}

guint64
imap_uid_set_count (const ImapUidSet *set)
{
  guint64 count = 0;

  for (guint i = 0; i < set->ranges->len; i++)
    count += range_size (range_at (set, i));
  return count;
}

guint
imap_uid_set_n_ranges (const ImapUidSet *set)
{
  return set->ranges->len;
}

const ImapUidRange *
imap_uid_set_range (const ImapUidSet *set, guint index)
{
  g_return_val_if_fail (index < set->ranges->len, NULL);
  return range_at (set, index);
}

/* nz-number: no leading zero, 1 to 2^32 - 1. */
static gboolean
parse_uid (const char **text, const char *end, guint32 *uid)
{
  const char *start = *text;
  guint64 value = 0;

  while (*text < end && g_ascii_isdigit (**text))
    {
      value = value * 10 + (guint64)(**text - '0');
      if (value > G_MAXUINT32)
        return FALSE;
      (*text)++;
    }
  *uid = (guint32)value;
  return *text > start && *start != '0';
}

static gboolean
parse_range (const char **text, const char *end, ImapUidRange *range)
{
  guint32 first, last;

  if (!parse_uid (text, end, &first))
    return FALSE;
  last = first;
  if (*text < end && **text == ':')
    {
      (*text)++;
      if (!parse_uid (text, end, &last))
        return FALSE;
    }
  range->first = MIN (first, last);
  range->last = MAX (first, last);
  return TRUE;
}

typedef gboolean (*RangeFunc) (const ImapUidRange *range, gpointer user_data);

/* Calls `take` for each range as written; FALSE as soon as the text or `take` is wrong. */
static gboolean
parse_ranges (const char *text, gsize length, RangeFunc take, gpointer user_data)
{
  const char *end = text + length;
  ImapUidRange range;

  for (;;)
    {
      if (!parse_range (&text, end, &range) || !take (&range, user_data))
        return FALSE;
      if (text == end)
        return TRUE;
      if (*text++ != ',')
        return FALSE;
    }
}

static gboolean
collect_range (const ImapUidRange *range, gpointer user_data)
{
  GArray *ranges = user_data;

  if (ranges->len >= MAX_RANGES)
    return FALSE;
  g_array_append_vals (ranges, range, 1);
  return TRUE;
}

ImapUidSet *
imap_uid_set_parse (const char *text, gsize length)
{
  g_autoptr (ImapUidSet) set = imap_uid_set_new ();

  if (!parse_ranges (text, length, collect_range, set->ranges))
    return NULL;
  normalize (set->ranges);
  return g_steal_pointer (&set);
}

#define RANGE_TEXT_SIZE sizeof ("4294967295:4294967295")

static gsize
format_range (const ImapUidRange *range, char buffer[RANGE_TEXT_SIZE])
{
  if (range->first == range->last)
    return (gsize)g_snprintf (buffer, RANGE_TEXT_SIZE, "%u", range->first);
  return (gsize)g_snprintf (buffer, RANGE_TEXT_SIZE, "%u:%u", range->first, range->last);
}

char *
imap_uid_set_to_string (const ImapUidSet *set)
{
  GString *text = g_string_new (NULL);
  char buffer[RANGE_TEXT_SIZE];

  for (guint i = 0; i < set->ranges->len; i++)
    {
      gsize length = format_range (range_at (set, i), buffer);

      if (i > 0)
        g_string_append_c (text, ',');
      g_string_append_len (text, buffer, (gssize)length);
    }
  return g_string_free (text, FALSE);
}

ImapUidSet *
imap_uid_set_take (ImapUidSet *set, guint max_uids, gsize max_length)
{
  ImapUidSet *taken = imap_uid_set_new ();
  char buffer[RANGE_TEXT_SIZE];
  gsize length = 0;
  guint whole = 0;

  for (; whole < set->ranges->len && max_uids > 0; whole++)
    {
      ImapUidRange *range = range_at (set, whole);
      ImapUidRange part = *range;

      if (range_size (range) > max_uids)
        part.last = part.first + (max_uids - 1);
      length += format_range (&part, buffer) + (whole > 0);
      if (length > max_length)
        break;
      g_array_append_val (taken->ranges, part);
      max_uids -= (guint)range_size (&part);
      if (part.last < range->last)
        {
          range->first = part.last + 1;
          break;
        }
    }
  if (whole > 0)
    g_array_remove_range (set->ranges, 0, whole);
  return taken;
}

typedef struct
{
  GArray *uids;
  guint max;
} UidList;

static gboolean
collect_uids (const ImapUidRange *range, gpointer user_data)
{
  UidList *list = user_data;

  if (range_size (range) > list->max - list->uids->len)
    return FALSE;
  for (guint64 uid = range->first; uid <= range->last; uid++)
    {
      guint32 value = (guint32)uid;

      g_array_append_val (list->uids, value);
    }
  return TRUE;
}

GArray *
imap_uid_list_parse (const char *text, gsize length, guint max)
{
  g_autoptr (GArray) uids = g_array_new (FALSE, FALSE, sizeof (guint32));
  UidList list = { uids, max };

  if (!parse_ranges (text, length, collect_uids, &list))
    return NULL;
  return g_steal_pointer (&uids);
}
