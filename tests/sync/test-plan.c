#include "../../engine/sync/plan.h"

#include <string.h>

/* Messages are separated by ";", their fields by " ":
 *
 *   base    "name uid content flags not-kept"
 *   remote  "uid flags", new ones "uid flags content"
 *   local   "name flags", new and replaced ones "name flags content"
 *
 * Flags are "-" or Maildir letters and, after a comma, one keyword: "FS,todo". A content is a letter; "?" is
 * one that is not known (no identity, no digest), a small letter has no Message-ID. A local message whose
 * name is in the base and that has a content is a replaced one.
 *
 * Operations are written "KIND row/uid/name =flags !not-kept +add -remove ?", without what is empty.
 */
typedef struct
{
  const char *description;
  const char *base;
  const char *remote;
  const char *local;
  const char *options; /* some of "remote-incomplete local-incomplete offline expunge-marked begun any" and
                          "permanent=FLAGS"; else the server keeps all. begun: the expunging of UID 1 */
  const char *operations;
} PlanRow;

static const PlanRow plan_rows[] = {
  /* C3, the table: local unchanged. */
  { "unchanged, unchanged", "a 1 X S -", "1 S", "a S", "", "" },
  { "unchanged, flags changed", "a 1 X S -", "1 SF", "a S", "", "LOCAL_FLAGS 1/1/a =FS +F" },
  { "unchanged, deleted", "a 1 X S -", "", "a S", "", "REMOVE_LOCAL 1/1/a =S" },
  { "unchanged, new", "", "1 S X", "", "", "DOWNLOAD 0/1/- =S" },
  /* Local flags changed. */
  { "flags changed, unchanged", "a 1 X S -", "1 S", "a -", "", "REMOTE_FLAGS 1/1/a = -S" },
  { "flags changed, flags changed", "a 1 X S -", "1 FS", "a RS", "",
    "REMOTE_FLAGS 1/1/a =FRS +R;LOCAL_FLAGS 1/1/a =FRS +F" },
  { "flags changed alike", "a 1 X S -", "1 F", "a F", "", "BASE_FLAGS 1/1/a =F" },
  { "flags changed, deleted", "a 1 X S -", "", "a F", "", "REMOVE_LOCAL 1/1/a =S" },
  { "keywords like other flags", "a 1 X -,todo -", "1 -,todo", "a -,done", "",
    "REMOTE_FLAGS 1/1/a =,done +,done -,todo" },
  /* Local deleted. */
  { "deleted, unchanged", "a 1 X S -", "1 S", "", "", "DELETE_REMOTE 1/1/a =S" },
  { "deleted, flags changed", "a 1 X S -", "1 F", "", "", "DELETE_REMOTE 1/1/a =S" },
  { "deleted, deleted", "a 1 X S -", "", "", "", "FORGET 1/1/a =S" },
  /* Content replaced. */
  { "replaced, unchanged", "a 1 X D -", "1 D", "a D Y", "", "REPLACE 1/1/a =D" },
  { "replaced, flags changed", "a 1 X DS -", "1 DF", "a DSR Y", "",
    "REPLACE 1/1/a =DFR;LOCAL_FLAGS 1/1/a =DFR +F -S" },
  { "replaced, deleted", "a 1 X D -", "", "a D Y", "", "FORGET 1/1/a =D;UPLOAD 0/0/a =D" },
  { "replaced, deleted, and the new content is there already", "a 1 X S -", "2 S Y", "a S Y", "",
    "FORGET 1/1/a =S;PAIR 0/2/a =S" },
  /* New. */
  { "new, unchanged", "", "", "a S X", "", "UPLOAD 0/0/a =S" },
  { "new, new and equal", "", "1 FS X", "a RS X", "", "PAIR 0/1/a =S" },
  { "new, new and different", "", "1 - X", "a - Y", "", "DOWNLOAD 0/1/- =;UPLOAD 0/0/a =" },
  { "new, new and undecided", "", "1 - x", "a - x", "", "DOWNLOAD 0/1/- = ?;UPLOAD 0/0/a = ?" },
  { "new drafts are undecided", "", "1 D X", "a D X", "", "DOWNLOAD 0/1/- =D ?;UPLOAD 0/0/a =D ?" },
  { "new, without identities", "", "1 - ?", "a - ?", "", "DOWNLOAD 0/1/- =;UPLOAD 0/0/a =" },

  /* C1.2: absence needs a complete observation. */
  { "C1.2 remote incomplete: not deleted", "a 1 X S -", "", "a S", "remote-incomplete", "" },
  { "C1.2 remote incomplete: changes here go on", "a 1 X S -;b 2 Y - -", "", "b S", "remote-incomplete",
    "REMOTE_FLAGS 2/2/b =S +S;DELETE_REMOTE 1/1/a =S" },
  { "C1.2 local incomplete: not deleted", "a 1 X S -", "1 S", "", "local-incomplete", "" },
  { "C1.2 local incomplete: changes there go on", "a 1 X S -;b 2 Y - F", "2 S", "", "local-incomplete",
    "LOCAL_FLAGS 2/2/b =S !F +S;REMOVE_LOCAL 1/1/a =S" },
  { "C1.2 both incomplete: nothing", "a 1 X S -", "", "", "remote-incomplete local-incomplete", "" },

  /* C5: offline. */
  { "C5 offline: the server is as it was", "a 1 X S -", "", "a S", "offline", "" },
  { "C5 offline: what the observation holds is not looked at", "a 1 X S -", "1 F;2 - Z", "a S", "offline",
    "" },
  { "C5 offline: changes are planned", "a 1 X S -;b 2 Y - -;c 3 Z - -", "", "a F;c - W;d - V", "offline",
    "UPLOAD 0/0/d =;REPLACE 3/3/c =;REMOTE_FLAGS 1/1/a =F +F -S;DELETE_REMOTE 2/2/b =" },

  /* C3.4: flags that the server does not keep. */
  { "C3.4 set here, not kept", "a 1 X - -", "1 -", "a S", "permanent=F", "BASE_FLAGS 1/1/a = !S" },
  { "C3.4 not sent again", "a 1 X - S", "1 -", "a S", "permanent=F", "" },
  { "C3.4 not sent again though it seems to be kept now", "a 1 X - S", "1 -", "a S", "", "" },
  { "C3.4 with one that is kept", "a 1 X - -", "1 -", "a FS", "permanent=F", "REMOTE_FLAGS 1/1/a =F !S +F" },
  { "C3.4 not removed here", "a 1 X - S", "1 F", "a S", "permanent=F", "LOCAL_FLAGS 1/1/a =F !S +F" },
  { "C3.4 taken off here", "a 1 X - S", "1 -", "a -", "permanent=F", "BASE_FLAGS 1/1/a =" },
  { "C3.4 the server has it now", "a 1 X - S", "1 S", "a S", "permanent=F", "BASE_FLAGS 1/1/a =S" },
  { "C3.4 the server has it now, taken off here", "a 1 X - S", "1 S", "a -", "permanent=F",
    "LOCAL_FLAGS 1/1/a =S +S" },
  { "C3.4 set on both sides, kept or not", "a 1 X - -", "1 S", "a S", "permanent=F", "BASE_FLAGS 1/1/a =S" },
  { "C3.4 one that the server does not let go of stays there", "a 1 X S -", "1 S", "a -", "permanent=F", "" },
  { "C3.4 until it is gone there", "a 1 X S -", "1 -", "a -", "permanent=F", "BASE_FLAGS 1/1/a =" },
  { "C3.4 a keyword outside", "a 1 X - -", "1 -", "a -,todo", "permanent=F", "BASE_FLAGS 1/1/a = !,todo" },
  { "C3.4 a keyword inside, by any case", "a 1 X - -", "1 -", "a -,todo", "permanent=F,TODO",
    "REMOTE_FLAGS 1/1/a =,TODO +,TODO" },
  { "C3.4 any keyword, $Forwarded among them", "a 1 X - -", "1 -", "a PS,todo", "permanent=F any",
    "REMOTE_FLAGS 1/1/a =P,todo !S +P,todo" },
  { "C3.4 $Forwarded named", "a 1 X - -", "1 -", "a P", "permanent=P", "REMOTE_FLAGS 1/1/a =P +P" },
  { "C3.4 an upload sends what is kept", "", "", "a FS,todo X", "permanent=F", "UPLOAD 0/0/a =F !S,todo" },
  { "C3.4 so does a replacement, also of what only the server set", "a 1 X -,seal -", "1 T,seal",
    "a FS,seal Y", "permanent=F", "REPLACE 1/1/a =F !S,seal" },

  /* C3.2: expunge-marked. */
  { "C3.2 marked here", "a 1 X S -", "1 S", "a ST", "", "REMOTE_FLAGS 1/1/a =ST +T" },
  { "C3.2 marked here, to be expunged", "a 1 X S -", "1 F", "a ST", "expunge-marked",
    "EXPUNGE_MARKED 1/1/a =FT" },
  { "C3.2 marked there: a flag", "a 1 X S -", "1 ST", "a S", "expunge-marked", "LOCAL_FLAGS 1/1/a =ST +T" },
  { "C3.2 marked before: a flag", "a 1 X ST -", "1 ST", "a ST", "expunge-marked", "" },
  { "C3.2 marked on both sides: a flag", "a 1 X S -", "1 ST", "a ST", "expunge-marked",
    "BASE_FLAGS 1/1/a =ST" },
  { "C3.2 marked on both sides, its expunging begun", "a 1 X S -", "1 ST", "a ST", "expunge-marked begun",
    "EXPUNGE_MARKED 1/1/a =ST" },
  { "C3.2 a mark that the server does not keep", "a 1 X S -", "1 S", "a ST", "expunge-marked permanent=S",
    "BASE_FLAGS 1/1/a =S !T" },
  { "C3.2 marked and replaced: the content goes first", "a 1 X - -", "1 -", "a T Y", "expunge-marked",
    "REPLACE 1/1/a =T" },

  /* C2.4: a new name is no new message. */
  { "C2.4 renamed here", "a 1 X S -", "1 S", "b S X", "", "RELINK 1/1/b =S" },
  { "C2.4 renamed here, flags changed on both sides", "a 1 X S -", "1 FS", "b RS X", "",
    "RELINK 1/1/b =S;REMOTE_FLAGS 1/1/b =FRS +R;LOCAL_FLAGS 1/1/b =FRS +F" },
  { "C2.4 renamed here, other content: another message", "a 1 X S -", "1 S", "b S Y", "",
    "UPLOAD 0/0/b =S;DELETE_REMOTE 1/1/a =S" },
  { "C2.4 renamed here, digest not known", "a 1 ? - -", "1 -", "b - X", "",
    "UPLOAD 0/0/b =;DELETE_REMOTE 1/1/a =" },
  { "C2.4 renamed here, deleted there", "a 1 X - -", "", "b - X", "", "FORGET 1/1/a =;UPLOAD 0/0/b =" },
  { "C2.4 copied here: one more", "a 1 X - -", "1 -", "a -;b - X", "", "UPLOAD 0/0/b =" },
  { "C2.4 one of two alike is gone: relinked one to one", "a 1 X - -;b 2 X - -", "1 -;2 -", "c - X", "",
    "RELINK 1/1/c =;DELETE_REMOTE 2/2/b =" },
  { "C2.4 two renamed, one new", "a 1 X - -;b 2 X - -", "1 -;2 -", "c - X;d - X;e - X", "",
    "UPLOAD 0/0/e =;RELINK 1/1/c =;RELINK 2/2/d =" },
  { "C2.4 two renamed, digests in the other order than names", "a 1 Y - -;b 2 X - -", "1 -;2 -",
    "c - X;d - Y", "", "RELINK 1/1/d =;RELINK 2/2/c =" },
  { "C2.4 moved over the name of one that is gone there", "a 1 X - -;b 2 Y - -", "2 -", "a - Y", "",
    "FORGET 1/1/a =;RELINK 2/2/a =" },
  { "C2.4 a known one goes before a new one alike", "a 1 X - -", "1 -;2 - X", "b - X", "",
    "DOWNLOAD 0/2/- =;RELINK 1/1/b =" },
};

typedef struct
{
  MessageKeywordPool *pool;
  PlanInput input;
  GStringChunk *names;
  GPtrArray *identities;
} Fixture;

static MessageFlags
parse_flags (Fixture *fixture, const char *text)
{
  static const char letters[] = "DFPRST";
  MessageFlags flags = message_flags_none ();
  const char *comma = strchr (text, ',');

  for (const char *letter = text; *letter != '\0' && *letter != ','; letter++)
    if (*letter != '-')
      {
        g_assert_nonnull (strchr (letters, *letter));
        flags.system |= 1 << (strchr (letters, *letter) - letters);
      }
  if (comma != NULL)
    flags.keywords = message_keyword_pool_intern (fixture->pool, comma + 1);
  return flags;
}

static void
print_flags (GString *text, const char *sign, MessageFlags flags, gboolean even_none)
{
  static const char letters[] = "DFPRST";

  if (message_flags_is_empty (flags) && !even_none)
    return;
  g_string_append_printf (text, " %s", sign);
  for (guint i = 0; letters[i] != '\0'; i++)
    if ((flags.system & (1 << i)) != 0)
      g_string_append_c (text, letters[i]);
  if (flags.keywords[0] != '\0')
    g_string_append_printf (text, ",%s", flags.keywords);
}

static void
identity_free (gpointer identity)
{
  message_identity_clear (identity);
  g_free (identity);
}

/* (nullable): of the content named by a letter. */
static const MessageIdentity *
identity_of (Fixture *fixture, const char *content)
{
  MessageIdentity *identity;

  if (content == NULL || content[0] == '?')
    return NULL;
  identity = g_new0 (MessageIdentity, 1);
  identity->size = 100;
  memset (identity->full.bytes, content[0], sizeof identity->full.bytes);
  memset (identity->header.bytes, content[0], sizeof identity->header.bytes);
  identity->date = g_strdup ("date");
  identity->message_id = g_ascii_islower (content[0]) ? NULL : g_strdup (content);
  g_ptr_array_add (fixture->identities, identity);
  return identity;
}

static void
parse_base (Fixture *fixture, GArray *base, char **fields)
{
  const MessageIdentity *identity = identity_of (fixture, fields[2]);
  PlanBase row = { .row = base->len + 1,
                   .uid = g_ascii_strtoull (fields[1], NULL, 10),
                   .base = g_string_chunk_insert (fixture->names, fields[0]),
                   .flags = parse_flags (fixture, fields[3]),
                   .not_kept = parse_flags (fixture, fields[4]),
                   .has_digest = identity != NULL };

  if (identity != NULL)
    {
      row.digest = identity->full;
      row.size = identity->size;
    }
  g_array_append_val (base, row);
}

static void
parse_remote (Fixture *fixture, GArray *remote, char **fields)
{
  PlanRemote message = { .uid = g_ascii_strtoull (fields[0], NULL, 10),
                         .flags = parse_flags (fixture, fields[1]),
                         .size = 100,
                         .identity = identity_of (fixture, fields[2]) };

  g_array_append_val (remote, message);
}

static void
parse_local (Fixture *fixture, GArray *local, char **fields)
{
  PlanLocal message = { .base = g_string_chunk_insert (fixture->names, fields[0]),
                        .flags = parse_flags (fixture, fields[1]),
                        .identity = identity_of (fixture, fields[2]) };

  for (guint i = 0; i < fixture->input.base->len; i++)
    if (strcmp (g_array_index (fixture->input.base, PlanBase, i).base, fields[0]) == 0)
      message.replaced = message.identity != NULL;
  g_array_append_val (local, message);
}

static GArray *
parse_messages (Fixture *fixture, const char *text, gsize element_size,
                void (*parse) (Fixture *, GArray *, char **))
{
  GArray *messages = g_array_new (FALSE, FALSE, element_size);
  g_auto (GStrv) list = g_strsplit (text, ";", -1);

  for (char **message = list; *message != NULL; message++)
    {
      g_auto (GStrv) fields = g_strsplit (*message, " ", -1);

      parse (fixture, messages, fields);
    }
  return messages;
}

static void
fixture_init (Fixture *fixture, const PlanRow *row)
{
  const char *permanent = strstr (row->options, "permanent=");

  fixture->pool = message_keyword_pool_new ();
  fixture->names = g_string_chunk_new (64);
  fixture->identities = g_ptr_array_new_with_free_func (identity_free);
  fixture->input = (PlanInput){
    .remote_complete = strstr (row->options, "remote-incomplete") == NULL,
    .local_complete = strstr (row->options, "local-incomplete") == NULL,
    .offline = strstr (row->options, "offline") != NULL,
    .permanent = { MESSAGE_FLAGS_ALL_SYSTEM, "" },
    .permanent_any = permanent == NULL || strstr (row->options, "any") != NULL,
    .expunge_marked = strstr (row->options, "expunge-marked") != NULL,
    .expunging = g_hash_table_new (NULL, NULL),
    .pool = fixture->pool,
  };
  if (strstr (row->options, "begun") != NULL)
    g_hash_table_add (fixture->input.expunging, GUINT_TO_POINTER (1));
  if (permanent != NULL)
    {
      g_auto (GStrv) words = g_strsplit (permanent + strlen ("permanent="), " ", 2);

      fixture->input.permanent = parse_flags (fixture, words[0]);
    }
  fixture->input.base = parse_messages (fixture, row->base, sizeof (PlanBase), parse_base);
  fixture->input.remote = parse_messages (fixture, row->remote, sizeof (PlanRemote), parse_remote);
  fixture->input.local = parse_messages (fixture, row->local, sizeof (PlanLocal), parse_local);
}

static void
fixture_clear (Fixture *fixture)
{
  g_array_unref ((GArray *)fixture->input.base);
  g_array_unref ((GArray *)fixture->input.remote);
  g_array_unref ((GArray *)fixture->input.local);
  g_hash_table_unref (fixture->input.expunging);
  g_ptr_array_unref (fixture->identities);
  g_string_chunk_free (fixture->names);
  message_keyword_pool_free (fixture->pool);
}

static const char *
kind_name (PlanKind kind)
{
  switch (kind)
    {
    case PLAN_FORGET:
      return "FORGET";
    case PLAN_DOWNLOAD:
      return "DOWNLOAD";
    case PLAN_UPLOAD:
      return "UPLOAD";
    case PLAN_REPLACE:
      return "REPLACE";
    case PLAN_PAIR:
      return "PAIR";
    case PLAN_RELINK:
      return "RELINK";
    case PLAN_REMOTE_FLAGS:
      return "REMOTE_FLAGS";
    case PLAN_LOCAL_FLAGS:
      return "LOCAL_FLAGS";
    case PLAN_BASE_FLAGS:
      return "BASE_FLAGS";
    case PLAN_DELETE_REMOTE:
      return "DELETE_REMOTE";
    case PLAN_REMOVE_LOCAL:
      return "REMOVE_LOCAL";
    case PLAN_EXPUNGE_MARKED:
      return "EXPUNGE_MARKED";
    case PLAN_MOVE:
      return "MOVE";
    case PLAN_FOLLOW:
      return "FOLLOW";
    case PLAN_COPY:
      return "COPY";
    case PLAN_CLONE:
      return "CLONE";
    case PLAN_REMOVE_SECOND:
      return "REMOVE_SECOND";
    }
  g_assert_not_reached ();
}

static char *
operations_to_string (const GArray *operations)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < operations->len; i++)
    {
      const PlanOperation *operation = &g_array_index (operations, PlanOperation, i);

      g_string_append_printf (text, "%s%s %" G_GINT64_FORMAT "/%u/%s", i > 0 ? ";" : "",
                              kind_name (operation->kind), operation->row, operation->uid,
                              operation->base != NULL ? operation->base : "-");
      print_flags (text, "=", operation->flags, TRUE);
      print_flags (text, "!", operation->not_kept, FALSE);
      print_flags (text, "+", operation->add, FALSE);
      print_flags (text, "-", operation->remove, FALSE);
      if (operation->undecided)
        g_string_append (text, " ?");
    }
  return g_string_free (text, FALSE);
}

static void
test_plan (gconstpointer data)
{
  const PlanRow *row = data;
  g_autoptr (GArray) operations = NULL;
  g_autofree char *found = NULL;
  Fixture fixture;

  fixture_init (&fixture, row);
  operations = plan_mailbox (&fixture.input);
  found = operations_to_string (operations);
  g_assert_cmpstr (found, ==, row->operations);
  fixture_clear (&fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (plan_rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/plan/C3/%s", plan_rows[i].description);

      g_test_add_data_func (path, &plan_rows[i], test_plan);
    }
  return g_test_run ();
}
