#include "model-gmail.h"

#define FIRST_ID G_GUINT64_CONSTANT (1278455344230334865)

static gboolean
is (const ModelMailbox *mailbox, const char *attribute)
{
  return model_flags_have (mailbox->attributes, attribute);
}

/* What lies here is nowhere else. */
static gboolean
is_apart (const ModelMailbox *mailbox)
{
  return is (mailbox, "\\Trash") || is (mailbox, "\\Junk");
}

/* (nullable, transfer none) */
static ModelMailbox *
find_marked (ModelStore *store, const char *attribute)
{
  for (guint i = 0; i < store->mailboxes->len; i++)
    if (is (g_ptr_array_index (store->mailboxes, i), attribute))
      return g_ptr_array_index (store->mailboxes, i);
  return NULL;
}

void
model_gmail_set_up (ModelStore *store)
{
  store->is_gmail = TRUE;
  model_store_add_mailbox (store, "INBOX", "\\HasNoChildren");
  model_store_add_mailbox (store, "[Gmail]", "\\HasChildren \\Noselect");
  model_store_add_mailbox (store, GMAIL_ALL, "\\All \\HasNoChildren");
  model_store_add_mailbox (store, GMAIL_DRAFTS, "\\Drafts \\HasNoChildren");
  model_store_add_mailbox (store, GMAIL_IMPORTANT, "\\HasNoChildren \\Important");
  model_store_add_mailbox (store, GMAIL_SENT, "\\HasNoChildren \\Sent");
  model_store_add_mailbox (store, GMAIL_SPAM, "\\HasNoChildren \\Junk");
  model_store_add_mailbox (store, GMAIL_STARRED, "\\Flagged \\HasNoChildren");
  model_store_add_mailbox (store, GMAIL_TRASH, "\\HasNoChildren \\Trash");
}

ModelMessage *
model_gmail_find (ModelMailbox *mailbox, guint64 id)
{
  return g_hash_table_lookup (mailbox->by_id, &id);
}

/* The message as another mailbox has it, which gets its flags but for \Deleted. */
static void
take_flags (ModelMailbox *mailbox, ModelMessage *message, const ModelMessage *from)
{
  gboolean deleted = model_flags_have (message->flags, "\\Deleted");

  model_message_change_flags (mailbox, message, '=', from->flags);
  model_message_change_flags (mailbox, message, deleted ? '+' : '-', "\\Deleted");
}

static ModelMessage *
show (ModelMailbox *mailbox, const ModelMessage *message)
{
  ModelMessage *shown = model_gmail_find (mailbox, message->id);

  if (shown != NULL)
    return shown;
  shown = model_mailbox_add (mailbox, message->body, message->flags, message->date);
  model_mailbox_identify (mailbox, shown, message->id);
  model_message_change_flags (mailbox, shown, '-', "\\Deleted");
  return shown;
}

static void
hide (ModelMailbox *mailbox, guint64 id)
{
  const ModelMessage *shown = model_gmail_find (mailbox, id);

  if (shown != NULL)
    model_mailbox_remove (mailbox, shown->uid);
}

/* \Flagged and [Gmail]/Starred are one. */
static void
star (ModelStore *store, const ModelMessage *message)
{
  ModelMailbox *starred = find_marked (store, "\\Flagged");

  if (model_flags_have (message->flags, "\\Flagged"))
    show (starred, message);
  else
    hide (starred, message->id);
}

void
model_gmail_spread_flags (ModelStore *store, ModelMailbox *mailbox, ModelMessage *message)
{
  for (guint i = 0; i < store->mailboxes->len; i++)
    {
      ModelMailbox *other = g_ptr_array_index (store->mailboxes, i);
      ModelMessage *shown = other != mailbox ? model_gmail_find (other, message->id) : NULL;

      if (shown != NULL)
        take_flags (other, shown, message);
    }
  if (!is_apart (mailbox))
    star (store, message);
}

static void
change_everywhere (ModelStore *store, ModelMailbox *mailbox, ModelMessage *message, char mode,
                   const char *flag)
{
  model_message_change_flags (mailbox, message, mode, flag);
  model_gmail_spread_flags (store, mailbox, message);
}

static void
hide_everywhere_but (ModelStore *store, const ModelMailbox *mailbox, guint64 id)
{
  for (guint i = 0; i < store->mailboxes->len; i++)
    if (g_ptr_array_index (store->mailboxes, i) != mailbox)
      hide (g_ptr_array_index (store->mailboxes, i), id);
}

/* `shown` came into `mailbox`: what that means for all others. */
static void
arrive (ModelStore *store, ModelMailbox *mailbox, ModelMessage *shown)
{
  if (is_apart (mailbox))
    {
      hide_everywhere_but (store, mailbox, shown->id);
      return;
    }
  hide (find_marked (store, "\\Trash"), shown->id);
  hide (find_marked (store, "\\Junk"), shown->id);
  show (find_marked (store, "\\All"), shown);
  if (is (mailbox, "\\Drafts"))
    change_everywhere (store, mailbox, shown, '+', "\\Draft");
  else if (is (mailbox, "\\Flagged"))
    change_everywhere (store, mailbox, shown, '+', "\\Flagged");
  else
    star (store, shown);
}

ModelMessage *
model_gmail_label (ModelStore *store, ModelMailbox *mailbox, const ModelMessage *message)
{
  ModelMessage *shown = show (mailbox, message);

  arrive (store, mailbox, shown);
  return shown;
}

void
model_gmail_unlabel (ModelStore *store, ModelMailbox *mailbox, guint32 uid)
{
  ModelMessage *message = model_mailbox_find (mailbox, uid);

  if (message == NULL)
    return;
  if (is (mailbox, "\\All"))
    {
      model_message_change_flags (mailbox, message, '-', "\\Deleted");
      return;
    }
  if (is (mailbox, "\\Drafts"))
    change_everywhere (store, mailbox, message, '-', "\\Draft");
  if (is (mailbox, "\\Flagged"))
    change_everywhere (store, mailbox, message, '-', "\\Flagged");
  model_mailbox_remove (mailbox, uid);
}

/* (nullable, transfer none) */
static const ModelMessage *
find_body (ModelMailbox *mailbox, GBytes *body)
{
  for (guint i = 0; i < mailbox->messages->len; i++)
    {
      const ModelMessage *message = g_ptr_array_index (mailbox->messages, i);

      if (g_bytes_equal (message->body, body))
        return message;
    }
  return NULL;
}

ModelMessage *
model_gmail_append (ModelStore *store, ModelMailbox *mailbox, GBytes *body, const char *flags, gint64 date)
{
  const ModelMessage *known = is_apart (mailbox) ? NULL : find_body (find_marked (store, "\\All"), body);
  ModelMessage *message;

  if (known == NULL)
    {
      message = model_mailbox_add (mailbox, body, flags, date);
      model_mailbox_identify (mailbox, message, FIRST_ID + store->n_ids++);
    }
  else
    message = show (mailbox, known);
  arrive (store, mailbox, message);
  if (known != NULL && *flags != '\0')
    change_everywhere (store, mailbox, message, '+', flags);
  return message;
}

ModelMessage *
model_gmail_add (ModelStore *store, const char *labels, GBytes *body, const char *flags, gint64 date)
{
  g_auto (GStrv) names = g_strsplit (labels, ";", -1);
  const char *first = names[0] != NULL ? names[0] : GMAIL_ALL;
  ModelMailbox *mailbox = model_store_add_mailbox (store, first, "\\HasNoChildren");
  ModelMessage *message = model_mailbox_add (mailbox, body, flags, date);

  model_mailbox_identify (mailbox, message, FIRST_ID + store->n_ids++);
  arrive (store, mailbox, message);
  if (is_apart (mailbox))
    return message;
  for (guint i = 1; names[0] != NULL && names[i] != NULL; i++)
    model_gmail_label (store, model_store_add_mailbox (store, names[i], "\\HasNoChildren"), message);
  return model_gmail_find (find_marked (store, "\\All"), message->id);
}

char *
model_gmail_labels (ModelStore *store, const ModelMailbox *mailbox, const ModelMessage *message)
{
  GString *labels = g_string_new (NULL);

  for (guint i = 0; i < store->mailboxes->len; i++)
    {
      ModelMailbox *other = g_ptr_array_index (store->mailboxes, i);

      if (other != mailbox && !is (other, "\\All") && model_gmail_find (other, message->id) != NULL)
        g_string_append_printf (labels, "%s\"%s\"", labels->len > 0 ? " " : "", other->name);
    }
  return g_string_free (labels, FALSE);
}
