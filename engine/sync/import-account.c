#include "import-account.h"

#include "import.h"
#include "job-journal.h"

#include "../account/secret.h"
#include "../message/text-safe.h"

#define REMEMBERED_SECONDS (366 * 24 * 60 * 60) /* what listings lack */
#define FACT_TOLD "pop3-digest-told"            /* that the digest is the identity */

static gboolean
connect (Import *import, GError **error)
{
  AccountSync *account = import->account;
  char *secret = secret_lookup_password (account->settings, account->cancellable, error);

  if (secret == NULL)
    return FALSE;
  import->session = pop3_session_open (account->settings, secret, account->context, account->cancellable,
                                       report_log, &account->report, error);
  secret_free (secret);
  return import->session != NULL;
}

/* Told once for each message: DELE and QUIT were answered with +OK, and here it is again. */
static void
tell_ignored (Import *import, guint count)
{
  g_autofree char *messages = words_count (count, "message");
  const EngineField fields[] = { { .key = "messages", .number = count } };

  if (count > 0)
    report_fields (&import->account->report, ENGINE_EVENT_WARNING, NULL, "delete-ignored", fields,
                   G_N_ELEMENTS (fields),
                   "the server still lists %s that it said it had deleted; look in its own settings for what "
                   "is to become of mail that was fetched by POP",
                   messages);
}

/* (nullable): UIDL and size are those of a message that was taken. */
static ImportRow *
find_known (Import *import, const Pop3Message *listed)
{
  ImportRow *row = listed->uidl != NULL ? import_memory_find_uidl (import->memory, listed->uidl) : NULL;

  if (row == NULL || row->stored.size != listed->size)
    return NULL;
  return import_memory_identify (import->memory, row, listed->uidl, listed->size);
}

static void
read_listing (Import *import)
{
  const GArray *listed = pop3_session_get_messages (import->session);
  guint ignored = 0;

  for (guint i = 0; i < listed->len; i++)
    {
      ImportMessage message = { .listed = &g_array_index (listed, Pop3Message, i) };

      message.row = find_known (import, message.listed);
      if (message.row != NULL && message.row->stored.deleted == JOURNAL_POP3_DELETED)
        {
          message.row->stored.deleted = JOURNAL_POP3_DELETED_KEPT;
          message.row->changed = TRUE;
          ignored++;
        }
      g_array_append_val (import->messages, message);
    }
  tell_ignored (import, ignored);
}

static guint
count_without_uidl (const Import *import)
{
  guint count = 0;

  for (guint i = 0; i < import->messages->len; i++)
    count += g_array_index (import->messages, ImportMessage, i).listed->uidl == NULL;
  return count;
}

/* Once with emphasis, later for those who want to know. */
static gboolean
tell_without_uidl (Import *import, GError **error)
{
  Journal *journal = import->account->journal;
  guint count = count_without_uidl (import);
  g_autofree char *messages = words_count (count, "message");
  g_autofree char *told = journal_get_fact (journal, FACT_TOLD, NULL);
  const EngineField fields[] = { { .key = "messages", .number = count } };

  if (count == 0)
    return TRUE;
  report_fields (&import->account->report, told == NULL ? ENGINE_EVENT_WARNING : ENGINE_EVENT_INFO, NULL,
                 "no-uidl", fields, G_N_ELEMENTS (fields),
                 "the server gives %s no unique id (UIDL): known again by content, for which each is read %s",
                 messages,
                 pop3_session_has (import->session, POP3_CAPABILITY_TOP) ? "or its header looked at each time"
                                                                         : "whole each time");
  if (told != NULL)
    return TRUE;
  return journal_begin (journal, error) &&
         journal_end (journal, journal_set_fact (journal, FACT_TOLD, "1", error), error);
}

/* A row that loses its UIDL makes room for the one that gets it. */
static gboolean
write_changed (Import *import, gboolean with_uidl, GError **error)
{
  const GPtrArray *rows = import_memory_get_rows (import->memory);

  for (guint i = 0; i < rows->len; i++)
    {
      ImportRow *row = g_ptr_array_index (rows, i);

      if (!row->changed || row->stored.id == 0 || (row->stored.uidl != NULL) != with_uidl)
        continue;
      if (!journal_update_pop3_message (import->account->journal, &row->stored, error))
        return FALSE;
      row->changed = FALSE;
    }
  return TRUE;
}

static gboolean
write_added (Import *import, GError **error)
{
  const GPtrArray *rows = import_memory_get_rows (import->memory);

  for (guint i = 0; i < rows->len; i++)
    {
      ImportRow *row = g_ptr_array_index (rows, i);

      if (row->stored.id != 0)
        continue;
      if (!journal_add_pop3_message (import->account->journal, &row->stored, error))
        return FALSE;
      row->changed = FALSE;
    }
  return TRUE;
}

gboolean
import_write_rows (Import *import, GError **error)
{
  return write_changed (import, FALSE, error) && write_changed (import, TRUE, error) &&
         write_added (import, error);
}

/* TRUE when the row tells something new. A row without UIDL is missed only when all messages without one were
 * identified. */
static gboolean
note_unlisted (const Import *import, ImportRow *row)
{
  gboolean is_missed = !row->listed && (row->stored.uidl != NULL || import->n_unretrieved == 0);

  if (is_missed && row->stored.unlisted == 0)
    {
      row->stored.unlisted = import->now;
      row->changed = TRUE;
    }
  return row->changed ||
         (row->stored.unlisted > 0 && row->stored.unlisted < import->now - REMEMBERED_SECONDS);
}

/* What this listing lacks is remembered for a year. A run without news writes nothing. */
static gboolean
note_listing (Import *import, GError **error)
{
  Journal *journal = import->account->journal;
  const GPtrArray *rows = import_memory_get_rows (import->memory);
  gboolean is_news = FALSE;

  for (guint i = 0; i < rows->len; i++)
    is_news = note_unlisted (import, g_ptr_array_index (rows, i)) || is_news;
  if (!is_news)
    return TRUE;
  return journal_begin (journal, error) &&
         journal_end (journal,
                      import_write_rows (import, error) &&
                          journal_forget_pop3_messages (journal, import->now - REMEMBERED_SECONDS, error),
                      error);
}

static void
explain_kind (Import *import, const char *name, guint count, guint64 octets, const char *what)
{
  g_autofree char *messages = words_count (count, "message");
  g_autofree char *size = words_size (octets);
  const EngineField fields[] = { { .key = "count", .number = count },
                                 { .key = "octets", .number = (gint64)octets } };

  if (count > 0)
    report_fields (&import->account->report, ENGINE_EVENT_RESULT, import->target.mailbox, name, fields,
                   G_N_ELEMENTS (fields), "%s (%s) would be %s", messages, size, what);
}

/* `sync --dry-run`. */
static void
explain (Import *import)
{
  g_autofree char *where =
      g_strdup_printf ("downloaded, and delivered into %s unless held there already", import->target.label);
  guint n_new = 0, n_deleted = 0;
  guint64 new_octets = 0, deleted_octets = 0;

  for (guint i = 0; i < import->messages->len; i++)
    {
      const ImportMessage *message = &g_array_index (import->messages, ImportMessage, i);
      gboolean is_new = message->row == NULL;
      gboolean goes = is_new ? import->account->settings->leave == ACCOUNT_LEAVE_NOT
                             : import_wants_deleted (import, message->row);

      n_new += is_new;
      new_octets += is_new ? message->listed->size : 0;
      n_deleted += goes;
      deleted_octets += goes ? message->listed->size : 0;
    }
  explain_kind (import, "plan", n_new, new_octets, where);
  explain_kind (import, "plan", n_deleted, deleted_octets, "deleted on the server: leave-on-server says so");
  if (n_new + n_deleted == 0)
    report (&import->account->report, ENGINE_EVENT_RESULT, NULL, "plan",
            "nothing would be done: there is nothing new on the server");
}

static gboolean
take_over (Import *import, GError **error)
{
  import->memory = import_memory_load (import->account->journal, error);
  if (import->memory == NULL)
    return FALSE;
  read_listing (import);
  if (!tell_without_uidl (import, error) || !import_read_headers (import, error))
    return FALSE;
  if (!import->account->dry_run)
    return import_retrieve (import, error) && note_listing (import, error) &&
           import_delete_and_quit (import, error);
  explain (import);
  pop3_session_quit (import->session, NULL);
  return TRUE;
}

/* ACCOUNT/MAILBOX on the command line. */
static gboolean
is_asked_for (AccountSync *account)
{
  const char *mailbox = account->settings->deliver_to;

  for (guint i = 0; account->only != NULL && account->only[i] != NULL; i++)
    if (!g_str_equal (account->only[i], mailbox))
      {
        g_autofree char *safe = text_make_safe (account->only[i]);

        report_left (&account->report, safe, "unknown-mailbox",
                     "this account delivers into another mailbox; run `dovetail sync %s`",
                     account->report.account);
      }
  return account->only == NULL || g_strv_contains (account->only, mailbox);
}

gboolean
account_sync_import (AccountSync *account, GError **error)
{
  Import import = { .account = account, .now = g_get_real_time () / G_USEC_PER_SEC };
  gboolean done;

  if (!is_asked_for (account))
    return TRUE;
  import.messages = g_array_new (FALSE, FALSE, sizeof (ImportMessage));
  done = import_target_open (&import.target, account, error) &&
         (account->dry_run || import_target_recover (&import.target, account, error)) &&
         connect (&import, error) && take_over (&import, error);
  g_clear_pointer (&import.session, pop3_session_free);
  g_clear_pointer (&import.held, import_held_free);
  g_clear_pointer (&import.memory, import_memory_free);
  g_clear_pointer (&import.syncer, maildir_syncer_free);
  g_array_unref (import.messages);
  import_target_clear (&import.target);
  return done;
}
