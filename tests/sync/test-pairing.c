#include "../../engine/sync/pairing.h"

#include <string.h>

/* A message is written "Message-ID Date size header flags": "-" stands for none, "?" for a header digest that
 * is not known, flags are "D" (\Draft), "S", "F" or "-". Messages are separated by ";". */
typedef struct
{
  const char *description;
  const char *remote;
  const char *local;
  const char *pairs;     /* "0-0 1-1": remote index, local index */
  const char *undecided; /* "0,01": the indexes on each side */
} PairingRow;

static const PairingRow pairing_rows[] = {
  { "nothing at all", "", "", "", "," },
  { "only there", "a d 1 h -", "", "", "," },
  { "only here", "", "a d 1 h -", "", "," },
  { "equal", "a d 1 ? -", "a d 1 h -", "0-0", "," },
  { "one on each side: a header that a server rewrote does not matter", "a d 1 g -", "a d 1 h -", "0-0",
    "," },
  { "another Message-ID", "a d 1 h -", "b d 1 h -", "", "," },
  { "another Date", "a d 1 h -", "a e 1 h -", "", "," },
  { "Message-ID compares with case", "a d 1 h -", "A d 1 h -", "", "," },
  { "another size: the full digest decides", "a d 1 ? -", "a d 2 h -", "", "0,0" },
  { "another size and another header: different", "a d 1 g -", "a d 2 h -", "", "," },
  { "another size and the same header: the full digest decides", "a d 1 h -", "a d 2 h -", "", "0,0" },
  { "no Message-ID", "- d 1 ? -", "- d 1 h -", "", "0,0" },
  { "no Date", "a - 1 ? -", "a - 1 h -", "", "0,0" },
  { "no Message-ID and no Date", "- - 1 ? -", "- - 1 h -", "", "0,0" },
  { "no Message-ID, other sizes: no digest could be equal", "- d 1 ? -", "- d 2 h -", "", "," },
  { "no Message-ID, other Dates", "- d 1 ? -", "- e 1 h -", "", "," },
  { "no Message-ID there, one here", "- d 1 ? -", "a d 1 h -", "", "," },
  { "no Message-ID, other headers", "- d 1 g -", "- d 1 h -", "", "," },
  { "a draft there", "a d 1 h D", "a d 1 h -", "", "0,0" },
  { "a draft here", "a d 1 h -", "a d 1 h D", "", "0,0" },
  { "a draft on both sides", "a d 1 ? D", "a d 1 h D", "", "0,0" },
  { "drafts with other headers", "a d 1 g D", "a d 1 h D", "", "," },
  { "several: header digests tell them apart", "a d 1 g -;a d 1 h -", "a d 1 h -;a d 1 g -", "0-1 1-0", "," },
  { "several, and one has no partner", "a d 1 g -;a d 1 h -", "a d 1 h -;a d 1 i -", "1-0", "," },
  { "real duplicates keep their count", "a d 1 h -;a d 1 h -;a d 1 h -", "a d 1 h -;a d 1 h -", "0-0 1-1",
    "," },
  { "real duplicates of other flags", "a d 1 h S;a d 1 h -", "a d 1 h -;a d 1 h S", "0-1 1-0", "," },
  { "flags choose, but do not part", "a d 1 h S;a d 1 h -", "a d 1 h S;a d 1 h F", "0-0 1-1", "," },
  { "more here than there", "a d 1 h -", "a d 1 h -;a d 1 h -;a d 1 h -", "0-0", "," },
  { "several without header digests", "a d 1 ? -;a d 1 ? -", "a d 1 g -;a d 1 h -", "", "01,01" },
  { "several there, one here", "a d 1 ? -;a d 1 ? -", "a d 1 h -", "", "01,0" },
  { "one there, several here", "a d 1 ? -", "a d 1 g -;a d 1 h -", "", "0,01" },
  { "a header digest known for some", "a d 1 h -;a d 1 ? -", "a d 1 g -;a d 1 h -", "0-1", "1,0" },
  { "what a header decided needs no partner any more", "a d 1 h -;a d 1 ? -", "a d 1 h -", "0-0", "," },
  { "a size that fits goes before one that does not", "a d 1 ? -;a d 2 ? -", "a d 2 h -;a d 3 i -", "1-0",
    "0,1" },
  { "sizes each unique on both sides", "a d 1 ? -;a d 2 ? -", "a d 2 h -;a d 1 g -", "0-1 1-0", "," },
  { "a draft beside its sent copy counts as one of several", "a d 1 h D;a d 1 h -", "a d 1 h -", "1-0", "," },
  { "a draft left over waits for what is left over", "a d 1 h D;a d 1 h -", "a d 1 h -;a d 1 h D", "1-0",
    "0,1" },
  { "unlike messages side by side", "a d 1 ? -;b d 2 ? -;- - 3 ? -", "c d 4 h -;b d 2 h -;a d 1 h -",
    "0-2 1-1", "," },
};

/* Of messages that were on both sides before, what pair_messages leaves undecided may be decided. */
static const PairingRow known_rows[] = {
  { "one on each side, rewritten by the server", "a d 1 g -", "a d 2 h -", "0-0", "," },
  { "a size that fits goes first, and the other has two neighbours", "a d 2 g -", "a d 1 h -;a d 2 h -",
    "0-1", "," },
  { "two there: none is the only one", "a d 1 ? -;a d 2 ? -", "a d 3 h -", "", "01,0" },
  { "two here: none is the only one", "a d 1 ? -", "a d 2 h -;a d 3 i -", "", "0,01" },
  { "a Message-ID alone is nobody's name", "a - 1 ? -", "a - 2 h -", "", "," },
  { "another Date", "a d 1 ? -", "a e 2 h -", "", "," },
  { "a draft here", "a d 1 ? -", "a d 2 h D", "", "0,0" },
  { "a draft there", "a d 1 ? D", "a d 2 h -", "", "0,0" },
  { "equal, as among new ones", "a d 1 ? -;b d 1 ? -", "b d 1 h -;a d 1 g -", "0-1 1-0", "," },
};

static char *
field (const char *text)
{
  return strcmp (text, "-") == 0 ? NULL : g_strdup (text);
}

static guint8
flag_of (char letter)
{
  return letter == 'D'   ? MESSAGE_FLAG_DRAFT
         : letter == 'S' ? MESSAGE_FLAG_SEEN
         : letter == 'F' ? MESSAGE_FLAG_FLAGGED
                         : 0;
}

static void
parse_message (const char *text, PlanRemote *remote, PlanLocal *local, MessageIdentity *identity)
{
  g_auto (GStrv) fields = g_strsplit (text, " ", 5);

  g_assert_cmpuint (g_strv_length (fields), ==, 5);
  identity->message_id = field (fields[0]);
  identity->date = field (fields[1]);
  identity->size = g_ascii_strtoull (fields[2], NULL, 10);
  memset (identity->header.bytes, fields[3][0], sizeof identity->header.bytes);
  remote->flags = local->flags = message_flags_none ();
  remote->flags.system = local->flags.system = flag_of (fields[4][0]);
  remote->size = identity->size;
  remote->has_header_digest = fields[3][0] != '?';
  remote->identity = local->identity = identity;
}

typedef struct
{
  GPtrArray *remote; /* of PlanRemote */
  GPtrArray *local;  /* of PlanLocal */
  GPtrArray *identities;
} Side;

static void
identity_free (gpointer identity)
{
  message_identity_clear (identity);
  g_free (identity);
}

static void
side_parse (Side *side, const char *text)
{
  g_auto (GStrv) messages = g_strsplit (text, ";", -1);

  side->remote = g_ptr_array_new_with_free_func (g_free);
  side->local = g_ptr_array_new_with_free_func (g_free);
  side->identities = g_ptr_array_new_with_free_func (identity_free);
  for (char **message = messages; *message != NULL; message++)
    {
      g_ptr_array_add (side->remote, g_new0 (PlanRemote, 1));
      g_ptr_array_add (side->local, g_new0 (PlanLocal, 1));
      g_ptr_array_add (side->identities, g_new0 (MessageIdentity, 1));
      parse_message (*message, side->remote->pdata[side->remote->len - 1],
                     side->local->pdata[side->local->len - 1],
                     side->identities->pdata[side->identities->len - 1]);
    }
}

static void
side_clear (Side *side)
{
  g_ptr_array_unref (side->remote);
  g_ptr_array_unref (side->local);
  g_ptr_array_unref (side->identities);
}

static char *
pairs_to_string (const GArray *pairs)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < pairs->len; i++)
    {
      const Pair *pair = &g_array_index (pairs, Pair, i);
      g_string_append_printf (text, "%s%u-%u", i > 0 ? " " : "", pair->remote, pair->local);
    }
  return g_string_free (text, FALSE);
}

static char *
undecided_to_string (const gboolean *remote, guint n_remote, const gboolean *local, guint n_local)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < n_remote; i++)
    if (remote[i])
      g_string_append_printf (text, "%u", i);
  g_string_append_c (text, ',');
  for (guint i = 0; i < n_local; i++)
    if (local[i])
      g_string_append_printf (text, "%u", i);
  return g_string_free (text, FALSE);
}

typedef GArray *(*PairFunc) (const GPtrArray *, const GPtrArray *, gboolean *, gboolean *);

static void
assert_row (const PairingRow *row, PairFunc pair)
{
  Side remote, local;

  side_parse (&remote, row->remote);
  side_parse (&local, row->local);
  {
    g_autofree gboolean *undecided_remote = g_new0 (gboolean, remote.remote->len);
    g_autofree gboolean *undecided_local = g_new0 (gboolean, local.local->len);
    g_autoptr (GArray) pairs = pair (remote.remote, local.local, undecided_remote, undecided_local);
    g_autofree char *found = pairs_to_string (pairs);
    g_autofree char *undecided =
        undecided_to_string (undecided_remote, remote.remote->len, undecided_local, local.local->len);

    g_assert_cmpstr (found, ==, row->pairs);
    g_assert_cmpstr (undecided, ==, row->undecided);
  }
  side_clear (&remote);
  side_clear (&local);
}

static void
test_pairing (gconstpointer data)
{
  assert_row (data, pair_messages);
}

static void
test_known (gconstpointer data)
{
  assert_row (data, pair_known_messages);
}

/* A sender may make any number of messages alike; comparing each with each would never end. */
static void
test_many_alike (void)
{
  enum
  {
    MANY = 50000
  };
  MessageIdentity identity = { .size = 1, .message_id = (char *)"a", .date = (char *)"d" };
  g_autofree PlanRemote *messages = g_new0 (PlanRemote, MANY);
  g_autofree PlanLocal *files = g_new0 (PlanLocal, MANY);
  g_autofree gboolean *undecided_remote = g_new0 (gboolean, MANY);
  g_autofree gboolean *undecided_local = g_new0 (gboolean, MANY);
  g_autoptr (GPtrArray) remote = g_ptr_array_new ();
  g_autoptr (GPtrArray) local = g_ptr_array_new ();
  g_autoptr (GArray) pairs = NULL;

  for (guint i = 0; i < MANY; i++)
    {
      messages[i] = (PlanRemote){ .uid = i + 1,
                                  .flags = message_flags_none (),
                                  .size = 1 + i % 2,
                                  .identity = &identity,
                                  .has_header_digest = i % 4 != 0 };
      files[i] = (PlanLocal){ .flags = message_flags_none (), .identity = &identity };
      g_ptr_array_add (remote, &messages[i]);
      g_ptr_array_add (local, &files[i]);
    }
  pairs = pair_messages (remote, local, undecided_remote, undecided_local);
  g_assert_cmpuint (pairs->len, ==, MANY / 4);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (pairing_rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/pairing/C2.2/%s", pairing_rows[i].description);

      g_test_add_data_func (path, &pairing_rows[i], test_pairing);
    }
  for (guint i = 0; i < G_N_ELEMENTS (known_rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/pairing/C2.3/%s", known_rows[i].description);

      g_test_add_data_func (path, &known_rows[i], test_known);
    }
  g_test_add_func ("/pairing/many-alike", test_many_alike);
  return g_test_run ();
}
