#include "subscription.h"

#include "mailbox-names.h"

#define FACT "subscribe"

gboolean
account_sync_intend_subscription (AccountSync *account, const char *wire_name, GError **error)
{
  return journal_begin (account->journal, error) &&
         journal_end (account->journal, journal_set_fact (account->journal, FACT, wire_name, error), error);
}

gboolean
account_sync_end_subscription (AccountSync *account, GError **error)
{
  return journal_set_fact (account->journal, FACT, NULL, error);
}

static gboolean
is_listed (const GPtrArray *items, const char *wire_name)
{
  for (guint i = 0; i < items->len; i++)
    {
      const ImapListItem *item = g_ptr_array_index (items, i);

      if (g_str_equal (item->raw, wire_name) && mailbox_item_is_selectable (item))
        return TRUE;
    }
  return FALSE;
}

gboolean
account_sync_finish_subscription (AccountSync *account, const GPtrArray *items, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *wire_name = journal_get_fact (account->journal, FACT, &local_error);

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (wire_name == NULL || account->dry_run)
    return TRUE;
  if (is_listed (items, wire_name) && !imap_session_subscribe (account->session, wire_name, error))
    return FALSE;
  return journal_begin (account->journal, error) &&
         journal_end (account->journal, account_sync_end_subscription (account, error), error);
}
