#include "engine-selectors.h"
#include "engine.h"
#include "imap/grammar/imap-mailbox-name.h"
#include "message/text-safe.h"

#include <string.h>

void
engine_selection_free (EngineSelection *selection)
{
  g_strfreev (selection->mailboxes);
  g_free (selection);
}

/* The part behind the account's name, or NULL when `selector` names another account; "" for all of it. */
static const char *
match_account (const char *selector, const Account *account)
{
  gsize length = strlen (account->name);

  if (strncmp (selector, account->name, length) != 0)
    return NULL;
  if (selector[length] == '/')
    return selector + length + 1;
  return selector[length] == '\0' ? selector + length : NULL;
}

static gboolean
check_is_known (GPtrArray *accounts, const char *selector, GError **error)
{
  g_autoptr (GString) known = g_string_new (NULL);
  g_autofree char *safe = NULL;

  for (guint i = 0; i < accounts->len; i++)
    {
      const Account *account = g_ptr_array_index (accounts, i);

      if (match_account (selector, account) != NULL)
        return TRUE;
      g_string_append_printf (known, "%s%s", i > 0 ? ", " : "", account->name);
    }
  safe = text_make_safe (selector);
  g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_USAGE,
               "“%s” names no account; write ACCOUNT or ACCOUNT/MAILBOX, the accounts are: %s", safe,
               known->str);
  return FALSE;
}

static gboolean
check_all (GPtrArray *accounts, const char *const *selectors, GError **error)
{
  for (guint i = 0; selectors[i] != NULL; i++)
    {
      if (!g_utf8_validate (selectors[i], -1, NULL))
        {
          g_autofree char *safe = text_make_safe (selectors[i]);

          g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_USAGE, "“%s” is not UTF-8; write the name in UTF-8",
                       safe);
          return FALSE;
        }
      if (!check_is_known (accounts, selectors[i], error))
        return FALSE;
    }
  return TRUE;
}

/* What the selectors say of one account, or NULL when they don't name it. */
static EngineSelection *
select_account (const Account *account, const char *const *selectors)
{
  g_autoptr (GPtrArray) mailboxes = g_ptr_array_new_with_free_func (g_free);
  gboolean whole = selectors == NULL || selectors[0] == NULL;
  EngineSelection *selection;

  for (guint i = 0; !whole && selectors[i] != NULL; i++)
    {
      const char *rest = match_account (selectors[i], account);
      g_autofree char *mailbox = rest != NULL ? imap_mailbox_name_fold_inbox (rest, '/') : NULL;

      whole = rest != NULL && *rest == '\0';
      if (mailbox != NULL && !g_ptr_array_find_with_equal_func (mailboxes, mailbox, g_str_equal, NULL))
        g_ptr_array_add (mailboxes, g_steal_pointer (&mailbox));
    }
  if (!whole && mailboxes->len == 0)
    return NULL;
  selection = g_new0 (EngineSelection, 1);
  selection->account = account;
  g_ptr_array_add (mailboxes, NULL);
  if (!whole)
    selection->mailboxes = (char **)g_ptr_array_steal (mailboxes, NULL);
  return selection;
}

GPtrArray *
engine_select (GPtrArray *accounts, const char *const *selectors, GError **error)
{
  g_autoptr (GPtrArray) selections = g_ptr_array_new_with_free_func ((GDestroyNotify)engine_selection_free);

  if (selectors != NULL && !check_all (accounts, selectors, error))
    return NULL;
  for (guint i = 0; i < accounts->len; i++)
    {
      EngineSelection *selection = select_account (g_ptr_array_index (accounts, i), selectors);

      if (selection != NULL)
        g_ptr_array_add (selections, selection);
    }
  return g_steal_pointer (&selections);
}
