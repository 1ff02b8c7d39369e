#include "relink.h"

#include <string.h>

typedef struct
{
  const MessageDigest *digest;
  guint64 size;
  guint index;
} Content;

static int
compare_contents (const Content *a, const Content *b)
{
  int order = memcmp (a->digest, b->digest, sizeof *a->digest);

  if (order != 0)
    return order;
  return (a->size > b->size) - (a->size < b->size);
}

static int
compare_for_sort (gconstpointer a, gconstpointer b)
{
  const Content *first = a, *second = b;
  int order = compare_contents (first, second);

  if (order != 0)
    return order;
  return (first->index > second->index) - (first->index < second->index);
}

static GArray *
contents_of_rows (const GPtrArray *rows)
{
  GArray *contents = g_array_new (FALSE, FALSE, sizeof (Content));

  for (guint i = 0; i < rows->len; i++)
    {
      const PlanBase *row = g_ptr_array_index (rows, i);
      Content content = { &row->digest, row->size, i };

      if (row->has_digest)
        g_array_append_val (contents, content);
    }
  g_array_sort (contents, compare_for_sort);
  return contents;
}

static GArray *
contents_of_locals (const GPtrArray *locals)
{
  GArray *contents = g_array_new (FALSE, FALSE, sizeof (Content));

  for (guint i = 0; i < locals->len; i++)
    {
      const PlanLocal *local = g_ptr_array_index (locals, i);

      if (local->identity != NULL)
        {
          Content content = { &local->identity->full, local->identity->size, i };
          g_array_append_val (contents, content);
        }
    }
  g_array_sort (contents, compare_for_sort);
  return contents;
}

static int
compare_relinks (gconstpointer a, gconstpointer b)
{
  const Relink *first = a, *second = b;

  return (first->row > second->row) - (first->row < second->row);
}

GArray *
relink_messages (const GPtrArray *rows, const GPtrArray *locals)
{
  GArray *relinks = g_array_new (FALSE, FALSE, sizeof (Relink));
  g_autoptr (GArray) known = contents_of_rows (rows);
  g_autoptr (GArray) found = contents_of_locals (locals);

  for (guint i = 0, j = 0; i < known->len && j < found->len;)
    {
      const Content *row = &g_array_index (known, Content, i);
      const Content *local = &g_array_index (found, Content, j);
      int order = compare_contents (row, local);

      if (order == 0)
        {
          Relink relink = { row->index, local->index };
          g_array_append_val (relinks, relink);
        }
      i += order <= 0;
      j += order >= 0;
    }
  g_array_sort (relinks, compare_relinks);
  return relinks;
}
