#include "mailbox-names.h"

#include "../imap/grammar/imap-mailbox-name.h"

#include <string.h>

char *
mailbox_name_from_item (ImapSession *session, const ImapListItem *item)
{
  const char *prefix = imap_session_get_prefix (session);
  const char *name = item->mailbox;
  g_autofree char *folded = NULL;

  if (name == NULL || *name == '\0')
    return NULL;
  if (*prefix != '\0' && g_str_has_prefix (name, prefix) && name[strlen (prefix)] != '\0')
    name += strlen (prefix);
  if (name != item->mailbox && g_ascii_strcasecmp (name, "INBOX") == 0)
    return NULL;
  if (item->delimiter != '/' && strchr (name, '/') != NULL)
    return NULL;
  folded = g_strdup (name);
  if (item->delimiter != '\0')
    g_strdelimit (folded, (char[]){ item->delimiter, '\0' }, '/');
  return g_steal_pointer (&folded);
}

gboolean
mailbox_item_is_selectable (const ImapListItem *item)
{
  return !imap_list_item_has (item, "\\Noselect") && !imap_list_item_has (item, "\\NonExistent");
}

const char *
mailbox_item_special_use (const ImapListItem *item)
{
  static const char *const uses[] = { "\\Trash",   "\\Junk", "\\Drafts", "\\Sent",
                                      "\\Archive", "\\All",  "\\Flagged" };

  for (guint i = 0; i < G_N_ELEMENTS (uses); i++)
    if (imap_list_item_has (item, uses[i]))
      return uses[i];
  return NULL;
}

char *
mailbox_name_to_wire (ImapSession *session, const char *name)
{
  char delimiter = imap_session_get_delimiter (session);
  gboolean inbox = g_str_equal (name, "INBOX");
  g_autofree char *full = NULL;

  if (strchr (name, '/') != NULL && delimiter == '\0')
    return NULL;
  if (delimiter != '/' && delimiter != '\0' && strchr (name, delimiter) != NULL)
    return NULL;
  full = g_strconcat (inbox ? "" : imap_session_get_prefix (session), name, NULL);
  if (delimiter != '\0' && !inbox)
    for (char *c = full + strlen (full) - strlen (name); *c != '\0'; c++)
      *c = *c == '/' ? delimiter : *c;
  return imap_session_encode_name (session, full);
}

char *
mailbox_directory_decode (const char *directory)
{
  g_autofree char *decoded = imap_mailbox_name_decode (directory);
  g_autofree char *encoded = decoded != NULL ? imap_mailbox_name_encode (decoded) : NULL;

  return g_strcmp0 (encoded, directory) == 0 && !g_str_equal (decoded, directory) ? g_steal_pointer (&decoded)
                                                                                  : NULL;
}

char *
mailbox_name_of_directory (Maildir *maildir, AccountLayout layout, const char *directory)
{
  g_autofree char *decoded = NULL;
  const char *meant = directory;
  char *name;

  if (maildir_directory_is_hashed (directory))
    return maildir_read_full_name (maildir, directory, NULL);
  decoded = mailbox_directory_decode (directory);
  if (decoded != NULL)
    meant = decoded;
  name = maildir_mailbox_for_directory (layout, meant);
  return name != NULL ? name : maildir_mailbox_for_foreign_directory (layout, meant);
}
