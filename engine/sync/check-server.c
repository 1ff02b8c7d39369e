#include "check-server.h"

#include "../maildir/maildir.h"
#include "../message/text-safe.h"
#include "mailbox-names.h"

static const struct
{
  ImapCapability capability;
  const char *name;
  const char *cost;
} capabilities[] = {
  { IMAP_CAPABILITY_UIDPLUS, "UIDPLUS", "uploads are looked for afterwards, and expunging takes more steps" },
  { IMAP_CAPABILITY_CONDSTORE, "CONDSTORE", "the flags of every message are read at each sync" },
  { IMAP_CAPABILITY_QRESYNC, "QRESYNC", "what was deleted is found by listing whole mailboxes" },
  { IMAP_CAPABILITY_MOVE, "MOVE", "messages are copied, then deleted" },
  { IMAP_CAPABILITY_LIST_STATUS, "LIST-STATUS", "each mailbox is asked for its state by itself" },
  { IMAP_CAPABILITY_SPECIAL_USE, "SPECIAL-USE",
    "no mailbox is known to be the trash: deleted messages are expunged" },
};

static void
tell_capabilities (Report *self, ImapSession *session)
{
  guint lacking = 0;

  for (guint i = 0; i < G_N_ELEMENTS (capabilities); i++)
    {
      const EngineField fields[] = { { .key = "capability", .string = capabilities[i].name } };

      if (imap_session_has (session, capabilities[i].capability))
        continue;
      lacking++;
      report_fields (self, ENGINE_EVENT_RESULT, NULL, "lacks", fields, G_N_ELEMENTS (fields),
                     "ok: the server lacks %s: %s", capabilities[i].name, capabilities[i].cost);
    }
  if (lacking == 0)
    report (self, ENGINE_EVENT_RESULT, NULL, "capabilities", "ok: the server can do all that helps");
}

static gboolean
check_name (const Job *job, Report *self, ImapSession *session, const ImapListItem *item, char **name)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = NULL;
  g_autofree char *safe = text_make_safe (item->raw);

  *name = mailbox_name_from_item (session, item);
  if (*name != NULL)
    directory = maildir_directory_for_mailbox (job->account->layout, *name, &error);
  if (directory != NULL)
    return TRUE;
  report_left (self, safe, "name", "%s; it is left on the server, rename it there to have it here",
               error != NULL ? error->message : "this name can't be a directory's");
  return FALSE;
}

static void
tell_use (Report *self, const ImapListItem *item, const char *name)
{
  const char *use = mailbox_item_special_use (item);

  if (use != NULL)
    report (self, ENGINE_EVENT_RESULT, name, "special-use", "ok: the server's %s", use);
}

static gboolean
has_trash (GPtrArray *items)
{
  for (guint i = 0; i < items->len; i++)
    if (imap_list_item_has (g_ptr_array_index (items, i), "\\Trash"))
      return TRUE;
  return FALSE;
}

static gboolean
is_asked_for (const Job *job, const char *name)
{
  return account_wants_mailbox (job->account, name) && job_wants_mailbox (job, name);
}

static void
tell_missing (const Job *job, Report *self, GHashTable *names)
{
  for (guint i = 0; job->only != NULL && job->only[i] != NULL; i++)
    if (!g_hash_table_contains (names, job->only[i]))
      {
        g_autofree char *safe = text_make_safe (job->only[i]);

        report_left (
            self, safe, "unknown-mailbox",
            "the server has no such mailbox, or mailboxes= leaves it out; `dovetail check %s` lists all",
            self->account);
      }
}

static gboolean
any_matches (const char *pattern, GHashTable *names)
{
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, names);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (account_pattern_matches (pattern, name))
      return TRUE;
  return FALSE;
}

/* A pattern that matches nothing is likely to be a slip; one that excludes may well be kept for later. */
static void
tell_idle_patterns (const Job *job, Report *self, GHashTable *all)
{
  for (char **pattern = job->account->mailboxes; *pattern != NULL; pattern++)
    {
      g_autofree char *safe = text_make_safe (*pattern);

      if (**pattern != '!' && !any_matches (*pattern, all))
        report_left (
            self, NULL, "pattern",
            "“%s” in mailboxes= matches no mailbox on the server: is it written right? `dovetail check "
            "-v %s` lists those left out, too",
            safe, self->account);
    }
}

static void
tell_mailboxes (const Job *job, Report *self, ImapSession *session, GPtrArray *items)
{
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) all = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint asleep = 0;

  for (guint i = 0; i < items->len; i++)
    {
      const ImapListItem *item = g_ptr_array_index (items, i);
      g_autofree char *name = NULL;

      if (!mailbox_item_is_selectable (item) || !check_name (job, self, session, item, &name))
        continue;
      g_hash_table_add (all, g_strdup (name));
      if (!is_asked_for (job, name))
        {
          asleep++;
          report (self, ENGINE_EVENT_INFO, name, "left-out", "left out");
          continue;
        }
      report (self, ENGINE_EVENT_INFO, name, "mailbox", "ok");
      tell_use (self, item, name);
      g_hash_table_add (names, g_steal_pointer (&name));
    }
  const EngineField fields[] = { { .key = "mailboxes", .number = g_hash_table_size (names) },
                                 { .key = "left_out", .number = asleep } };

  tell_missing (job, self, names);
  tell_idle_patterns (job, self, all);
  report_fields (self, ENGINE_EVENT_RESULT, NULL, "mailboxes", fields, G_N_ELEMENTS (fields),
                 "ok: %u mailbox%s to synchronize, %u left out", g_hash_table_size (names),
                 g_hash_table_size (names) == 1 ? "" : "es", asleep);
}

gboolean
check_server (const Job *job, Report *self, ImapSession *session, GError **error)
{
  g_autoptr (GPtrArray) items = NULL;

  tell_capabilities (self, session);
  items = imap_session_list (session, error);
  if (items == NULL)
    return FALSE;
  tell_mailboxes (job, self, session, items);
  if (job->account->delete_mode == ACCOUNT_DELETE_TRASH && !has_trash (items))
    report (self, ENGINE_EVENT_RESULT, NULL, "no-trash",
            "ok: no mailbox is marked \\Trash: what is deleted here is expunged on the server");
  return TRUE;
}
