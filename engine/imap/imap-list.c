/* LIST, extended where that is offered (RFC 9051 section 6.3.9). */
#include "imap-session-private.h"

struct _ImapListing
{
  GPtrArray *items;     /* ImapListItem */
  GHashTable *known;    /* name -> ImapListItem */
  GPtrArray *statuses;  /* (nullable) ImapMailboxStatus */
  ImapRequest *request; /* (nullable) of a listing that was begun in a flight */
  gboolean overflow;
};

static void
list_item_free (gpointer data)
{
  ImapListItem *item = data;

  g_strfreev (item->attributes);
  g_free (item->mailbox);
  g_free (item->raw);
  g_free (item->old_name);
  g_free (item);
}

/* What XLIST called things, and what implies another (RFC 9051 section 7.3.1). */
static const char *const aliases[][2] = {
  { "\\Junk", "\\Spam" },
  { "\\All", "\\AllMail" },
  { "\\Flagged", "\\Starred" },
  { "\\Noselect", "\\NonExistent" },
  { "\\Noinferiors", "\\HasNoInferiors" },
};

static gboolean
has_word (const ImapListItem *item, const char *word)
{
  for (gsize i = 0; item->attributes[i] != NULL; i++)
    if (g_ascii_strcasecmp (item->attributes[i], word) == 0)
      return TRUE;
  return FALSE;
}

gboolean
imap_list_item_has (const ImapListItem *item, const char *attribute)
{
  if (has_word (item, attribute))
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (aliases); i++)
    if (g_ascii_strcasecmp (attribute, aliases[i][0]) == 0 && has_word (item, aliases[i][1]))
      return TRUE;
  return FALSE;
}

static void
merge_attributes (ImapListItem *known, char **attributes)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  g_strv_builder_addv (builder, (const char **)known->attributes);
  for (gsize i = 0; attributes[i] != NULL; i++)
    if (!has_word (known, attributes[i]))
      g_strv_builder_add (builder, attributes[i]);
  g_strfreev (known->attributes);
  known->attributes = g_strv_builder_end (builder);
}

static ImapListing *
listing_new (gboolean with_status)
{
  ImapListing *listing = g_new0 (ImapListing, 1);

  listing->items = g_ptr_array_new_with_free_func (list_item_free);
  listing->known = g_hash_table_new (g_str_hash, g_str_equal);
  listing->statuses = with_status ? imap_status_array_new () : NULL;
  return listing;
}

void
imap_listing_free (ImapListing *listing)
{
  g_clear_pointer (&listing->items, g_ptr_array_unref);
  g_clear_pointer (&listing->statuses, g_ptr_array_unref);
  g_clear_pointer (&listing->request, imap_request_unref);
  g_hash_table_unref (listing->known);
  g_free (listing);
}

static void
listing_add (ImapListing *listing, ImapListItem *item)
{
  const char *name = item->mailbox != NULL ? item->mailbox : item->raw;
  ImapListItem *known = g_hash_table_lookup (listing->known, name);

  if (known != NULL)
    {
      merge_attributes (known, item->attributes);
      return;
    }
  known = g_new (ImapListItem, 1);
  *known = *item;
  *item = (ImapListItem){ 0 };
  g_ptr_array_add (listing->items, known);
  g_hash_table_insert (listing->known, (gpointer)name, known);
}

void
imap_listing_take (ImapListing *listing, ImapResponse *response)
{
  if (response->type == IMAP_RESPONSE_STATUS && listing->statuses != NULL)
    imap_status_collect (response, listing->statuses);
  else if (response->type == IMAP_RESPONSE_LIST && listing->items->len < IMAP_MAX_MAILBOXES)
    listing_add (listing, &response->list);
  else if (response->type == IMAP_RESPONSE_LIST)
    listing->overflow = TRUE;
}

static void
collect_listing (ImapResponse *response, gpointer user_data)
{
  imap_listing_take (user_data, response);
}

/* RFC 5258, 5819 and 6154: what LIST may return besides; (transfer full) "" for none */
static char *
return_options (const ImapSession *session, gboolean with_status)
{
  gboolean extended = imap_session_has (session, IMAP_CAPABILITY_LIST_EXTENDED);
  gboolean uses = extended && imap_session_has (session, IMAP_CAPABILITY_SPECIAL_USE);
  gboolean status = with_status && extended && imap_session_has (session, IMAP_CAPABILITY_LIST_STATUS);

  if (!uses && !status)
    return g_strdup ("");
  return g_strdup_printf (" RETURN (%s%s%s%s)", uses ? "SPECIAL-USE" : "", uses && status ? " " : "",
                          status ? "STATUS " : "", status ? imap_status_items (session) : "");
}

/* (transfer full) */
static ImapCommand *
list_command (const char *options)
{
  ImapCommand *command = imap_command_new ("LIST \"\" \"*\"");

  imap_command_raw (command, options);
  return command;
}

ImapListing *
imap_listing_begin (ImapSession *session)
{
  ImapListing *listing = listing_new (imap_session_has (session, IMAP_CAPABILITY_CONDSTORE));
  g_autofree char *options = return_options (session, listing->statuses != NULL);

  listing->request = imap_request_new (session, "LIST", list_command (options));
  imap_request_send (listing->request);
  return listing;
}

gboolean
imap_listing_await (ImapListing *listing, GError **error)
{
  return imap_request_await (listing->request, error);
}

/* (transfer full) (nullable): what was begun at the login, if the server answered it. */
static ImapListing *
take_begun (ImapSession *session)
{
  ImapListing *listing = g_steal_pointer (&session->listing);

  if (listing == NULL || imap_request_get_answer (listing->request)->status == IMAP_STATUS_OK)
    return listing;
  imap_listing_free (listing);
  return NULL;
}

static gboolean
run_list (ImapSession *session, ImapListing *listing, const char *options, GError **error)
{
  return imap_alone_run (session, "LIST", NULL, list_command (options), collect_listing, listing, error);
}

/* A server that refuses what it offered gets the plain question. */
static gboolean
list_mailboxes (ImapSession *session, ImapListing *listing, GError **error)
{
  g_autofree char *options = return_options (session, listing->statuses != NULL);
  g_autoptr (GError) refused = NULL;

  if (*options == '\0')
    return run_list (session, listing, "", error);
  if (run_list (session, listing, options, &refused))
    return TRUE;
  if (!g_error_matches (refused, IMAP_ERROR, IMAP_ERROR_REFUSED))
    {
      g_propagate_error (error, g_steal_pointer (&refused));
      return FALSE;
    }
  return run_list (session, listing, "", error);
}

/* (transfer full) (nullable) */
static ImapListing *
list_all (ImapSession *session, gboolean with_status, GError **error)
{
  g_autoptr (ImapListing) listing = take_begun (session);

  if (!imap_alone_begin (session, G_STRFUNC, error))
    return NULL;
  if (listing == NULL)
    {
      listing = listing_new (with_status);
      if (!list_mailboxes (session, listing, error))
        return NULL;
    }
  if (!listing->overflow)
    return g_steal_pointer (&listing);
  imap_session_set_error (session, error, IMAP_ERROR, IMAP_ERROR_PROTOCOL,
                          "the server lists more than %d mailboxes", IMAP_MAX_MAILBOXES);
  return NULL;
}

GPtrArray *
imap_session_list (ImapSession *session, GError **error)
{
  g_autoptr (ImapListing) listing = list_all (session, FALSE, error);

  return listing != NULL ? g_steal_pointer (&listing->items) : NULL;
}

GPtrArray *
imap_session_list_with_status (ImapSession *session, GPtrArray **statuses, GError **error)
{
  g_autoptr (ImapListing) listing = list_all (session, TRUE, error);

  if (listing == NULL)
    return NULL;
  if (listing->statuses == NULL)
    listing->statuses = imap_status_array_new ();
  if (listing->statuses->len == 0 && !imap_status_ask_all (session, listing->items, listing->statuses, error))
    return NULL;
  *statuses = g_steal_pointer (&listing->statuses);
  return g_steal_pointer (&listing->items);
}
