#include "flag-search.h"

#include "../journal/journal-flags.h"

#include <string.h>

/* Fewer messages, or more keywords, are better fetched. */
#define LEAST_MESSAGES 1000
#define MOST_KEYWORDS 32

typedef struct
{
  MessageFlags flag; /* this one alone */
  char *key;         /* "FLAGGED", "KEYWORD todo" */
  gboolean inverted; /* found are those without it */
  ImapUidSet *found[FLAG_SEARCH_WINDOWS];
} Flag;

typedef struct
{
  guint32 first, last;
  guint unanswered;
  gboolean refused;
  ImapUidSet *there;
} Window;

struct _FlagSearch
{
  MailboxSync *mailbox;
  GArray *flags; /* of Flag */
  Window windows[FLAG_SEARCH_WINDOWS];
  guint n_sent, n_taken; /* windows */
};

static void
flag_clear (gpointer data)
{
  Flag *flag = data;

  g_free (flag->key);
  for (guint slot = 0; slot < FLAG_SEARCH_WINDOWS; slot++)
    imap_uid_set_free (flag->found[slot]);
}

void
flag_search_free (FlagSearch *search)
{
  if (search == NULL)
    return;
  g_array_unref (search->flags);
  for (guint slot = 0; slot < FLAG_SEARCH_WINDOWS; slot++)
    imap_uid_set_free (search->windows[slot].there);
  g_free (search);
}

static void
add_flag (FlagSearch *search, MessageFlags flags, const char *key, gboolean inverted)
{
  Flag flag = { .flag = flags, .key = g_strdup (key), .inverted = inverted };

  for (guint slot = 0; slot < FLAG_SEARCH_WINDOWS; slot++)
    flag.found[slot] = imap_uid_set_new ();
  g_array_append_val (search->flags, flag);
}

/* What few messages have makes a short answer: most mail is read. */
static void
add_system_flags (FlagSearch *search)
{
  static const struct
  {
    MessageFlag flag;
    const char *key;
    gboolean inverted;
  } searches[] = {
    { MESSAGE_FLAG_SEEN, "UNSEEN", TRUE },        { MESSAGE_FLAG_FLAGGED, "FLAGGED", FALSE },
    { MESSAGE_FLAG_ANSWERED, "ANSWERED", FALSE }, { MESSAGE_FLAG_DELETED, "DELETED", FALSE },
    { MESSAGE_FLAG_DRAFT, "DRAFT", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (searches); i++)
    {
      MessageFlags flag = message_flags_none ();

      flag.system = (guint8)searches[i].flag;
      add_flag (search, flag, searches[i].key, searches[i].inverted);
    }
}

/* FALSE when there are too many, or one that can't be asked for. */
static gboolean
add_keywords (FlagSearch *search, const char *const *names)
{
  const guint n_system = search->flags->len;

  for (; *names != NULL; names++)
    {
      const char *const name[] = { *names, NULL };
      g_autofree char *key = g_strconcat ("KEYWORD ", *names, NULL);
      MessageFlags flag;

      if (**names == '\\')
        continue;
      flag = message_flags_from_imap (search->mailbox->account->pool, name);
      if (message_flags_is_empty (flag) || search->flags->len - n_system >= MOST_KEYWORDS)
        return FALSE;
      add_flag (search, flag, key, FALSE);
    }
  return TRUE;
}

typedef struct
{
  MessageKeywordPool *pool;
  MessageFlags all;
} KeywordsInUse;

static gboolean
note_keywords (guint8 system, const char *keywords, gpointer user_data)
{
  KeywordsInUse *in_use = user_data;
  const MessageFlags flags = { system, message_keyword_pool_intern (in_use->pool, keywords) };

  in_use->all = message_flags_union (in_use->pool, in_use->all, flags);
  return TRUE;
}

/* Servers name some that are well known, whether a message has them or not. */
static gboolean
is_own_keyword (const char *name)
{
  return *name != '\0' && *name != '$' && !g_str_has_suffix (name, "Junk");
}

/* TRUE when FLAGS can be relied on to name all keywords. */
static gboolean
are_all_named (const FlagSearch *search, const ImapSelected *selected, MessageFlags in_use)
{
  MessageKeywordPool *pool = search->mailbox->account->pool;
  const gboolean is_closed = !search->mailbox->account->dry_run && selected->permanent_flags != NULL &&
                             !g_strv_contains (selected->permanent_flags, "\\*");
  g_auto (GStrv) names = g_strsplit (in_use.keywords, " ", -1);
  gboolean has_own = FALSE;

  for (guint i = 0; names[i] != NULL; i++)
    has_own |= is_own_keyword (names[i]);
  return (is_closed || has_own) && message_flags_is_empty (message_flags_minus (
                                       pool, in_use, message_flags_from_imap (pool, selected->flags)));
}

gboolean
flag_search_is_possible (const MailboxSync *mailbox, guint messages)
{
  return messages >= LEAST_MESSAGES && imap_session_has (mailbox->account->session, IMAP_CAPABILITY_ESEARCH);
}

gboolean
flag_search_new (MailboxSync *mailbox, const ImapSelected *selected, FlagSearch **search, GError **error)
{
  AccountSync *account = mailbox->account;
  g_autoptr (FlagSearch) made = NULL;
  KeywordsInUse in_use = { account->pool, message_flags_none () };

  *search = NULL;
  if (!flag_search_is_possible (mailbox, selected->exists) || selected->flags == NULL)
    return TRUE;
  made = g_new0 (FlagSearch, 1);
  made->mailbox = mailbox;
  made->flags = g_array_new (FALSE, FALSE, sizeof (Flag));
  g_array_set_clear_func (made->flags, flag_clear);
  for (guint slot = 0; slot < FLAG_SEARCH_WINDOWS; slot++)
    made->windows[slot].there = imap_uid_set_new ();
  add_system_flags (made);
  if (!add_keywords (made, selected->flags))
    return TRUE;
  if (!journal_foreach_keywords (account->journal, mailbox->row->id, note_keywords, &in_use, error))
    return FALSE;
  if (are_all_named (made, selected, in_use.all))
    *search = g_steal_pointer (&made);
  return TRUE;
}

static void
note_answer (const ImapResult *result, gpointer user_data)
{
  Window *window = user_data;

  window->unanswered--;
  window->refused |= result->status != IMAP_STATUS_OK;
}

void
flag_search_send (FlagSearch *search, ImapBatch *batch, guint32 first, guint32 last)
{
  const guint slot = search->n_sent++ % FLAG_SEARCH_WINDOWS;
  Window *window = &search->windows[slot];
  g_autofree char *there = g_strdup_printf ("UID %u:%u", first, last);

  window->first = first;
  window->last = last;
  window->refused = FALSE;
  window->unanswered = search->flags->len + 1;
  imap_uid_set_clear (window->there);
  for (guint i = 0; i < search->flags->len; i++)
    {
      const Flag *flag = &g_array_index (search->flags, Flag, i);
      g_autofree char *criteria = g_strconcat (there, " ", flag->key, NULL);

      imap_uid_set_clear (flag->found[slot]);
      imap_batch_uid_search (batch, criteria, flag->found[slot], note_answer, window);
    }
  imap_batch_uid_search (batch, there, window->there, note_answer, window);
}

/* Sets are ranges: what they count is looked at before anything is made of their members. */
static gboolean
is_within (const ImapUidSet *set, guint32 first, guint32 last, guint64 most)
{
  const guint n_ranges = imap_uid_set_n_ranges (set);

  return imap_uid_set_count (set) <= most &&
         (n_ranges == 0 || (imap_uid_set_range (set, 0)->first >= first &&
                            imap_uid_set_range (set, n_ranges - 1)->last <= last));
}

static gboolean
has_all_of (const ImapUidSet *set, const ImapUidSet *part)
{
  for (guint i = 0; i < imap_uid_set_n_ranges (part); i++)
    for (guint64 uid = imap_uid_set_range (part, i)->first; uid <= imap_uid_set_range (part, i)->last; uid++)
      if (!imap_uid_set_contains (set, (guint32)uid))
        return FALSE;
  return TRUE;
}

static gboolean
do_fit (const FlagSearch *search, guint slot)
{
  const Window *window = &search->windows[slot];
  const guint64 exists = imap_session_get_selected (search->mailbox->account->session)->exists;
  const guint64 named = imap_uid_set_count (search->mailbox->there);

  if (window->refused || named > exists ||
      !is_within (window->there, window->first, window->last, exists - named))
    return FALSE;
  for (guint i = 0; i < search->flags->len; i++)
    {
      const ImapUidSet *found = g_array_index (search->flags, Flag, i).found[slot];

      if (!is_within (found, window->first, window->last, exists) || !has_all_of (window->there, found))
        return FALSE;
    }
  return TRUE;
}

static MessageFlags
flags_of (const FlagSearch *search, guint slot, guint32 uid)
{
  MessageFlags flags = message_flags_none ();

  for (guint i = 0; i < search->flags->len; i++)
    {
      const Flag *flag = &g_array_index (search->flags, Flag, i);

      if (imap_uid_set_contains (flag->found[slot], uid) != flag->inverted)
        flags = message_flags_union (search->mailbox->account->pool, flags, flag->flag);
    }
  return flags;
}

gboolean
flag_search_take (FlagSearch *search, ImapBatch *batch, gboolean *fits, GError **error)
{
  const guint slot = search->n_taken++ % FLAG_SEARCH_WINDOWS;
  const Window *window = &search->windows[slot];
  guint outstanding;

  while (window->unanswered > 0 && (outstanding = imap_batch_get_outstanding (batch)) > 0)
    if (!imap_batch_wait_at_most (batch, outstanding - 1, error))
      return FALSE;
  *fits = do_fit (search, slot);
  for (guint i = 0; *fits && i < imap_uid_set_n_ranges (window->there); i++)
    {
      const ImapUidRange *range = imap_uid_set_range (window->there, i);

      for (guint64 uid = range->first; uid <= range->last; uid++)
        {
          const PlanRemote remote = { .uid = (guint32)uid, .flags = flags_of (search, slot, (guint32)uid) };

          g_array_append_val (search->mailbox->remote, remote);
        }
    }
  return TRUE;
}
