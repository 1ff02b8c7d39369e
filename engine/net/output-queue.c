#include "output-queue.h"

/* Either octets of which the first `done` were gathered, or a source. */
typedef struct
{
  GByteArray *octets; /* (nullable) */
  gsize done;
  NetSourceFunc source;
  gpointer user_data;
  GDestroyNotify notify;
} Item;

struct _NetOutputQueue
{
  GQueue items;
  guint8 piece[NET_OUTPUT_PIECE]; /* gathered: piece[start..end) is to be sent next */
  gsize start, end;
  gsize waiting; /* octets in items, plus one for each source */
};

NetOutputQueue *
net_output_queue_new (void)
{
  NetOutputQueue *queue = g_new0 (NetOutputQueue, 1);

  g_queue_init (&queue->items);
  return queue;
}

static void
item_free (Item *item)
{
  if (item->octets != NULL)
    g_byte_array_unref (item->octets);
  if (item->notify != NULL)
    item->notify (item->user_data);
  g_free (item);
}

void
net_output_queue_clear (NetOutputQueue *queue)
{
  Item *item;

  /* A notify may look at the queue, so it is always in order. */
  while ((item = g_queue_pop_head (&queue->items)) != NULL)
    item_free (item);
  queue->start = queue->end = queue->waiting = 0;
}

void
net_output_queue_free (NetOutputQueue *queue)
{
  net_output_queue_clear (queue);
  g_free (queue);
}

void
net_output_queue_add (NetOutputQueue *queue, const char *data, gsize length)
{
  Item *last = g_queue_peek_tail (&queue->items);

  if (length == 0)
    return;
  if (last == NULL || last->octets == NULL)
    {
      last = g_new0 (Item, 1);
      last->octets = g_byte_array_new ();
      g_queue_push_tail (&queue->items, last);
    }
  g_byte_array_append (last->octets, (const guint8 *)data, length);
  queue->waiting += length;
}

void
net_output_queue_add_source (NetOutputQueue *queue, NetSourceFunc source, gpointer user_data,
                             GDestroyNotify notify)
{
  Item *item = g_new0 (Item, 1);

  item->source = source;
  item->user_data = user_data;
  item->notify = notify;
  g_queue_push_tail (&queue->items, item);
  queue->waiting++;
}

gsize
net_output_queue_get_length (NetOutputQueue *queue)
{
  return queue->waiting + queue->end - queue->start;
}

static void
end_item (NetOutputQueue *queue)
{
  item_free (g_queue_pop_head (&queue->items));
}

static void
gather_octets (NetOutputQueue *queue, Item *item)
{
  gsize length = MIN (item->octets->len - item->done, sizeof queue->piece - queue->end);

  memcpy (queue->piece + queue->end, item->octets->data + item->done, length);
  queue->end += length;
  queue->waiting -= length;
  item->done += length;
  if (item->done == item->octets->len)
    end_item (queue);
}

static gboolean
gather_source (NetOutputQueue *queue, Item *item, GError **error)
{
  gsize room = sizeof queue->piece - queue->end;
  gsize length = 0;

  if (!item->source (queue->piece + queue->end, room, &length, item->user_data, error))
    return FALSE;
  g_assert (length <= room);
  queue->end += length;
  if (length == 0)
    {
      queue->waiting--;
      end_item (queue);
    }
  return TRUE;
}

gboolean
net_output_queue_peek (NetOutputQueue *queue, const guint8 **data, gsize *length, GError **error)
{
  Item *item;

  if (queue->start == queue->end)
    {
      queue->start = queue->end = 0;
      while (queue->end < sizeof queue->piece && (item = g_queue_peek_head (&queue->items)) != NULL)
        if (item->octets != NULL)
          gather_octets (queue, item);
        else if (!gather_source (queue, item, error))
          return FALSE;
    }
  *data = queue->piece + queue->start;
  *length = queue->end - queue->start;
  return TRUE;
}

void
net_output_queue_take (NetOutputQueue *queue, gsize length)
{
  g_assert (length <= queue->end - queue->start);
  queue->start += length;
}
