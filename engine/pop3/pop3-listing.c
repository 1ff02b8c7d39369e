/* Invariants: session->messages is in order of numbers and holds none twice once LIST was answered; a UIDL
 * stays only if no other message has the same (contract C7.1: what is not unique is no identity). */
#include "pop3-session-private.h"

typedef struct
{
  Pop3Session *session;
  gboolean is_sorted;
  GByteArray *told; /* for each message: 1 when its UIDL line has come */
} Listing;

static gboolean
complain (Listing *listing, const char *complaint)
{
  listing->session->complaint = complaint;
  return FALSE;
}

static gboolean
take_scan_line (const guint8 *data, gsize length, gpointer user_data)
{
  Listing *listing = user_data;
  GArray *messages = listing->session->messages;
  Pop3Message message = { 0 };

  if (!pop3_parse_scan_listing ((const char *)data, length, &message.number, &message.size))
    return complain (listing, "LIST is to bring a message number and a size in each line");
  if (messages->len == POP3_MAX_MESSAGES)
    return complain (listing, "LIST brings more messages than anybody has");
  if (messages->len > 0 && g_array_index (messages, Pop3Message, messages->len - 1).number >= message.number)
    listing->is_sorted = FALSE;
  g_array_append_val (messages, message);
  return TRUE;
}

static int
compare_numbers (gconstpointer a, gconstpointer b)
{
  guint32 first = ((const Pop3Message *)a)->number, second = ((const Pop3Message *)b)->number;

  return first < second ? -1 : first > second;
}

/* A number that was listed twice may mean either message: both are one then, and retrieved as such. */
static void
sort_messages (GArray *messages)
{
  guint kept = 0;

  g_array_sort (messages, compare_numbers);
  for (guint i = 0; i < messages->len; i++)
    if (kept == 0 || g_array_index (messages, Pop3Message, kept - 1).number !=
                         g_array_index (messages, Pop3Message, i).number)
      g_array_index (messages, Pop3Message, kept++) = g_array_index (messages, Pop3Message, i);
  g_array_set_size (messages, kept);
}

static void
fill_zero (GByteArray *array, guint length)
{
  g_byte_array_set_size (array, length);
  for (guint i = 0; i < length; i++)
    array->data[i] = 0;
}

static void
scan_answered (const Pop3Response *answer, gpointer user_data)
{
  Listing *listing = user_data;

  if (!listing->is_sorted)
    sort_messages (listing->session->messages);
  fill_zero (listing->session->retrieved, listing->session->messages->len);
  fill_zero (listing->told, listing->session->messages->len);
}

gboolean
pop3_listing_find (const Pop3Session *session, guint32 number, guint *index)
{
  Pop3Message wanted = { .number = number };

  return g_array_binary_search (session->messages, &wanted, compare_numbers, index);
}

static gboolean
take_unique_id_line (const guint8 *data, gsize length, gpointer user_data)
{
  Listing *listing = user_data;
  g_autofree char *uidl = NULL;
  guint32 number;
  guint index;

  if (!pop3_parse_unique_id_listing ((const char *)data, length, &number, &uidl))
    return complain (listing, "UIDL is to bring a message number in each line");
  if (!pop3_listing_find (listing->session, number, &index))
    return TRUE;
  if (listing->told->data[index])
    return complain (listing, "UIDL names one message twice");
  listing->told->data[index] = 1;
  g_array_index (listing->session->messages, Pop3Message, index).uidl = g_steal_pointer (&uidl);
  return TRUE;
}

/* All messages that share one lose it: nobody can tell them apart by it. */
static void
drop_shared (GArray *messages)
{
  g_autoptr (GHashTable) first = g_hash_table_new (g_str_hash, g_str_equal); /* UIDL -> index + 1 */
  g_autoptr (GHashTable) shared = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < messages->len; i++)
    {
      const char *uidl = g_array_index (messages, Pop3Message, i).uidl;

      if (uidl != NULL && !g_hash_table_add (first, (char *)uidl))
        g_hash_table_add (shared, g_strdup (uidl));
    }
  for (guint i = 0; g_hash_table_size (shared) > 0 && i < messages->len; i++)
    {
      Pop3Message *message = &g_array_index (messages, Pop3Message, i);

      if (message->uidl != NULL && g_hash_table_contains (shared, message->uidl))
        g_clear_pointer ((char **)&message->uidl, g_free);
    }
}

static gboolean
judge_listing (Pop3Session *session, const Pop3Request *list, const Pop3Request *uidl, GError **error)
{
  const Pop3Response *scan = pop3_request_get_answer (list);
  const Pop3Response *unique_ids = pop3_request_get_answer (uidl);

  if (scan->status != POP3_STATUS_OK)
    {
      pop3_refusal_set_error (session, "LIST", scan, error);
      return FALSE;
    }
  /* Who says to have it and does not give it has trouble: taken for a server without, all would come anew. */
  if (unique_ids->status != POP3_STATUS_OK && pop3_session_has (session, POP3_CAPABILITY_UIDL))
    {
      pop3_refusal_set_error (session, "UIDL", unique_ids, error);
      return FALSE;
    }
  drop_shared (session->messages);
  return TRUE;
}

static Pop3Request *
listing_request (Listing *listing, const char *name, Pop3TakeFunc take, Pop3AnswerFunc done)
{
  Pop3Request *request = pop3_request_new (listing->session, name, NULL, POP3_SHAPE_LISTING);

  pop3_request_set_body (request, 0, take, listing);
  pop3_request_set_done (request, done, listing, NULL);
  return request;
}

/* A session that fails half-way forgets who takes its bodies before the listing goes. */
static gboolean
await_flight (Pop3Session *session, Pop3Request *capa, Pop3Request *list, Pop3Request *uidl, GError **error)
{
  if ((capa == NULL || pop3_request_await (capa, error)) && pop3_request_await (list, error) &&
      pop3_request_await (uidl, error))
    return TRUE;
  pop3_requests_detach (session);
  return FALSE;
}

gboolean
pop3_listing_ask (Pop3Session *session, GError **error)
{
  g_autoptr (GByteArray) told = g_byte_array_new ();
  Listing listing = { .session = session, .is_sorted = TRUE, .told = told };
  g_autoptr (Pop3Request) capa = session->capabilities->known ? pop3_capabilities_request (session) : NULL;
  g_autoptr (Pop3Request) list = listing_request (&listing, "LIST", take_scan_line, scan_answered);
  g_autoptr (Pop3Request) uidl = listing_request (&listing, "UIDL", take_unique_id_line, NULL);

  if (capa != NULL)
    pop3_request_send (capa);
  pop3_request_send (list);
  pop3_request_send (uidl);
  return await_flight (session, capa, list, uidl, error) && judge_listing (session, list, uidl, error);
}
