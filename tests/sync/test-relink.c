#include "../../engine/sync/relink.h"

#include <string.h>

#define MESSAGES_MAX 3

typedef struct
{
  char digest; /* 0: none */
  guint64 size;
} Content;

static const struct
{
  const char *description;
  Content rows[MESSAGES_MAX];
  Content locals[MESSAGES_MAX];
  const char *relinks; /* "row-local" */
} relink_rows[] = {
  { "same digest and size", { { 'a', 1 } }, { { 'a', 1 } }, "0-0" },
  { "same digest, other size", { { 'a', 1 } }, { { 'a', 2 } }, "" },
  { "other digest", { { 'a', 1 } }, { { 'b', 1 } }, "" },
  { "a row without a digest is like nothing", { { 0, 1 } }, { { 0, 1 } }, "" },
  { "one to one", { { 'a', 1 }, { 'a', 1 } }, { { 'a', 1 } }, "0-0" },
  { "in order, whatever the digests' order",
    { { 'b', 1 }, { 'a', 1 }, { 'a', 1 } },
    { { 'a', 1 }, { 'b', 1 }, { 'a', 1 } },
    "0-1 1-0 2-2" },
};

static void
test_relink (gconstpointer data)
{
  gsize index = GPOINTER_TO_SIZE (data);
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) locals = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) found = g_string_new (NULL);
  g_autoptr (GArray) relinks = NULL;
  MessageIdentity identities[MESSAGES_MAX] = { 0 };

  for (guint i = 0; i < MESSAGES_MAX; i++)
    {
      const Content *row = &relink_rows[index].rows[i];
      const Content *local = &relink_rows[index].locals[i];
      PlanBase base = { .has_digest = row->digest != 0, .size = row->size };
      PlanLocal file = { .identity = local->size != 0 ? &identities[i] : NULL };

      memset (base.digest.bytes, row->digest, sizeof base.digest.bytes);
      memset (identities[i].full.bytes, local->digest, sizeof identities[i].full.bytes);
      identities[i].size = local->size;
      g_ptr_array_add (rows, g_memdup2 (&base, sizeof base));
      g_ptr_array_add (locals, g_memdup2 (&file, sizeof file));
    }
  relinks = relink_messages (rows, locals);
  for (guint i = 0; i < relinks->len; i++)
    {
      const Relink *relink = &g_array_index (relinks, Relink, i);
      g_string_append_printf (found, "%s%u-%u", i > 0 ? " " : "", relink->row, relink->local);
    }
  g_assert_cmpstr (found->str, ==, relink_rows[index].relinks);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (relink_rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/relink/C2.4/%s", relink_rows[i].description);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_relink);
    }
  return g_test_run ();
}
