#include "model-store.h"

#define FIRST_UIDVALIDITY 1000
#define ALL_FLAGS "\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*"

static void
message_free (gpointer data)
{
  ModelMessage *message = data;

  g_free (message->flags);
  g_bytes_unref (message->body);
  g_free (message);
}

static void
mailbox_free (gpointer data)
{
  ModelMailbox *mailbox = data;

  g_free (mailbox->name);
  g_free (mailbox->attributes);
  g_hash_table_unref (mailbox->by_id);
  g_ptr_array_unref (mailbox->messages);
  g_free (mailbox);
}

ModelStore *
model_store_new (void)
{
  ModelStore *store = g_new0 (ModelStore, 1);

  store->mailboxes = g_ptr_array_new_with_free_func (mailbox_free);
  return store;
}

void
model_store_free (ModelStore *store)
{
  g_ptr_array_unref (store->mailboxes);
  g_free (store);
}

ModelMailbox *
model_store_find (ModelStore *store, const char *name)
{
  for (guint i = 0; i < store->mailboxes->len; i++)
    {
      ModelMailbox *mailbox = g_ptr_array_index (store->mailboxes, i);

      if (g_str_equal (mailbox->name, name) ||
          (g_ascii_strcasecmp (name, "INBOX") == 0 && g_ascii_strcasecmp (mailbox->name, "INBOX") == 0))
        return mailbox;
    }
  return NULL;
}

ModelMailbox *
model_store_add_mailbox (ModelStore *store, const char *name, const char *attributes)
{
  ModelMailbox *mailbox = model_store_find (store, name);

  if (mailbox != NULL)
    return mailbox;
  mailbox = g_new0 (ModelMailbox, 1);
  mailbox->name = g_strdup (name);
  mailbox->attributes = g_strdup (attributes);
  mailbox->uidvalidity = FIRST_UIDVALIDITY + store->mailboxes->len;
  mailbox->uidnext = 1;
  mailbox->highestmodseq = 1;
  mailbox->messages = g_ptr_array_new_with_free_func (message_free);
  mailbox->by_id = g_hash_table_new (g_int64_hash, g_int64_equal);
  g_ptr_array_add (store->mailboxes, mailbox);
  return mailbox;
}

const char *
model_mailbox_permanent_flags (const ModelMailbox *mailbox)
{
  return mailbox->permanent_flags != NULL ? mailbox->permanent_flags : ALL_FLAGS;
}

gboolean
model_flags_have (const char *flags, const char *flag)
{
  g_auto (GStrv) words = g_strsplit (flags, " ", -1);

  for (guint i = 0; words[i] != NULL; i++)
    if (g_ascii_strcasecmp (words[i], flag) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
is_kept (const ModelMailbox *mailbox, const char *flag)
{
  const char *kept =
      mailbox->kept_flags != NULL ? mailbox->kept_flags : model_mailbox_permanent_flags (mailbox);

  return *flag != '\0' &&
         (model_flags_have (kept, flag) || (*flag != '\\' && model_flags_have (kept, "\\*")));
}

static char *
combine (const char *left, const char *right, gboolean wanted)
{
  g_auto (GStrv) words = g_strsplit (left, " ", -1);
  GString *result = g_string_new (NULL);

  for (guint i = 0; words[i] != NULL; i++)
    if (*words[i] != '\0' && model_flags_have (right, words[i]) == wanted)
      g_string_append_printf (result, "%s%s", result->len > 0 ? " " : "", words[i]);
  return g_string_free (result, FALSE);
}

static char *
kept_of (const ModelMailbox *mailbox, const char *flags)
{
  g_auto (GStrv) words = g_strsplit (flags, " ", -1);
  GString *result = g_string_new (NULL);

  for (guint i = 0; words[i] != NULL; i++)
    if (is_kept (mailbox, words[i]))
      g_string_append_printf (result, "%s%s", result->len > 0 ? " " : "", words[i]);
  return g_string_free (result, FALSE);
}

void
model_message_change_flags (ModelMailbox *mailbox, ModelMessage *message, char mode, const char *flags)
{
  g_autofree char *kept = kept_of (mailbox, flags);
  g_autofree char *rest = combine (message->flags, kept, FALSE);
  g_autofree char *old = g_steal_pointer (&message->flags);

  if (mode == '=')
    message->flags = g_steal_pointer (&kept);
  else if (mode == '-')
    message->flags = g_steal_pointer (&rest);
  else
    message->flags = g_strconcat (rest, *rest != '\0' && *kept != '\0' ? " " : "", kept, NULL);
  message->modseq = ++mailbox->highestmodseq;
}

ModelMessage *
model_mailbox_add (ModelMailbox *mailbox, GBytes *body, const char *flags, gint64 date)
{
  ModelMessage *message = g_new0 (ModelMessage, 1);

  message->uid = mailbox->uidnext++;
  message->modseq = ++mailbox->highestmodseq;
  message->date = date;
  message->body = g_bytes_ref (body);
  message->flags = kept_of (mailbox, flags);
  g_ptr_array_add (mailbox->messages, message);
  return message;
}

static gboolean
find_index (ModelMailbox *mailbox, guint32 uid, guint *index)
{
  guint first = 0, last = mailbox->messages->len;

  while (first < last)
    {
      guint middle = first + (last - first) / 2;
      const ModelMessage *message = g_ptr_array_index (mailbox->messages, middle);

      *index = middle;
      if (message->uid == uid)
        return TRUE;
      if (message->uid < uid)
        first = middle + 1;
      else
        last = middle;
    }
  return FALSE;
}

ModelMessage *
model_mailbox_find (ModelMailbox *mailbox, guint32 uid)
{
  guint index;

  return find_index (mailbox, uid, &index) ? g_ptr_array_index (mailbox->messages, index) : NULL;
}

void
model_mailbox_remove (ModelMailbox *mailbox, guint32 uid)
{
  guint index;

  if (!find_index (mailbox, uid, &index))
    return;
  g_hash_table_remove (mailbox->by_id, &((ModelMessage *)g_ptr_array_index (mailbox->messages, index))->id);
  g_ptr_array_remove_index (mailbox->messages, index);
  mailbox->highestmodseq++;
}

void
model_mailbox_identify (ModelMailbox *mailbox, ModelMessage *message, guint64 id)
{
  message->id = id;
  g_hash_table_insert (mailbox->by_id, &message->id, message);
}
