#include "doubles.h"

/* The header of a message takes some 1 to 4 KB, and a mailbox may have to be opened for it. */
#define WORTH_NAMING_OCTETS (16 * 1024)

static int
compare_stamps (gconstpointer a, gconstpointer b)
{
  const PlanRemote *left = arrived_message (*(Arrived *const *)a);
  const PlanRemote *right = arrived_message (*(Arrived *const *)b);

  if (left->remote_size != right->remote_size)
    return left->remote_size < right->remote_size ? -1 : 1;
  if (left->internal_date != right->internal_date)
    return left->internal_date < right->internal_date ? -1 : 1;
  return g_strcmp0 (left->email_id, right->email_id);
}

static gboolean
is_alike (const GPtrArray *sorted, guint a, guint b)
{
  return b < sorted->len && compare_stamps (&sorted->pdata[a], &sorted->pdata[b]) == 0;
}

/* Those with an id that came before under the same one. Adds to `unnamed` those without an id that may be one
 * message. The sort is stable: the first is the first. */
static void
find_by_id (GPtrArray *sorted, GPtrArray *doubles, GPtrArray *unnamed)
{
  for (guint first = 0, i; first < sorted->len; first = i)
    {
      const PlanRemote *remote = arrived_message (g_ptr_array_index (sorted, first));
      const gboolean has_id = remote->email_id != NULL;
      const gboolean is_large = remote->remote_size >= WORTH_NAMING_OCTETS;

      for (i = first + 1; is_alike (sorted, first, i); i++)
        if (has_id)
          g_ptr_array_add (doubles, g_ptr_array_index (sorted, i));
      for (guint j = first; !has_id && is_large && i - first > 1 && j < i; j++)
        if (!alike_is_draft (arrived_message (g_ptr_array_index (sorted, j))->flags))
          g_ptr_array_add (unnamed, g_ptr_array_index (sorted, j));
    }
}

static void
find_by_name (const GPtrArray *named, GPtrArray *doubles)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < named->len; i++)
    {
      char *key = alike_remote_header_key (arrived_message (g_ptr_array_index (named, i)));

      if (key != NULL && !g_hash_table_add (seen, key))
        g_ptr_array_add (doubles, g_ptr_array_index (named, i));
    }
}

gboolean
account_sync_find_doubles (AccountSync *account, const GPtrArray *arrived, GPtrArray *doubles, GError **error)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_copy ((GPtrArray *)arrived, NULL, NULL);
  g_autoptr (GPtrArray) unnamed = g_ptr_array_new ();

  g_ptr_array_sort (sorted, compare_stamps);
  find_by_id (sorted, doubles, unnamed);
  if (!account_sync_fetch_names (account, unnamed, TRUE, error))
    return FALSE;
  find_by_name (unnamed, doubles);
  return TRUE;
}
