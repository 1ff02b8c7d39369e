#include "imap-response.h"

ImapResponse *
imap_response_new (ImapResponseType type)
{
  ImapResponse *response = g_new0 (ImapResponse, 1);

  response->type = type;
  return response;
}

static void
clear_code (ImapCode *code)
{
  g_free (code->name);
  g_strfreev (code->strings);
  g_free (code->text);
  imap_uid_set_free (code->set);
  g_clear_pointer (&code->source, g_array_unref);
  g_clear_pointer (&code->target, g_array_unref);
}

static void
clear_list_item (ImapListItem *item)
{
  g_strfreev (item->attributes);
  g_free (item->mailbox);
  g_free (item->raw);
  g_free (item->old_name);
}

static void
clear_fetch (ImapFetch *fetch)
{
  g_free (fetch->email_id);
  g_strfreev (fetch->flags);
  g_clear_pointer (&fetch->header, g_bytes_unref);
}

void
imap_response_free (ImapResponse *response)
{
  if (response == NULL)
    return;
  g_free (response->tag);
  clear_code (&response->code);
  g_free (response->text);
  g_strfreev (response->strings);
  imap_uid_set_free (response->set);
  clear_list_item (&response->list);
  g_free (response->mailbox_status.mailbox);
  g_free (response->mailbox_status.raw);
  clear_fetch (&response->fetch);
  g_free (response->prefix);
  g_free (response);
}
