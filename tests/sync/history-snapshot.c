#include "history-snapshot.h"
#include "history-mail.h"

#include <string.h>

static void
copy_free (HistoryCopy *copy)
{
  g_free (copy->mailbox);
  g_free (copy->token);
  g_free (copy->digest);
  g_free (copy->others);
  g_free (copy->id);
  g_free (copy->place);
  g_free (copy);
}

HistorySnapshot *
history_snapshot_new (void)
{
  HistorySnapshot *snapshot = g_new0 (HistorySnapshot, 1);

  snapshot->mailboxes = g_ptr_array_new_with_free_func (g_free);
  snapshot->copies = g_ptr_array_new_with_free_func ((GDestroyNotify)copy_free);
  return snapshot;
}

void
history_snapshot_free (HistorySnapshot *snapshot)
{
  g_ptr_array_unref (snapshot->mailboxes);
  g_ptr_array_unref (snapshot->copies);
  g_free (snapshot);
}

void
history_snapshot_add_mailbox (HistorySnapshot *snapshot, const char *name)
{
  g_ptr_array_add (snapshot->mailboxes, g_strdup (name));
}

void
history_snapshot_add (HistorySnapshot *snapshot, const char *mailbox, GBytes *bytes, guint flags,
                      const char *others, gint64 date, char *id, char *place)
{
  HistoryCopy *copy = g_new0 (HistoryCopy, 1);
  g_autoptr (GBytes) crlf = history_mail_to_crlf (bytes);

  copy->mailbox = g_strdup (mailbox);
  copy->token = history_mail_token (bytes);
  copy->digest = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, crlf);
  copy->flags = flags;
  copy->others = g_strdup (others);
  copy->date = date;
  copy->id = id;
  copy->place = place;
  g_ptr_array_add (snapshot->copies, copy);
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

static int
compare_copies (gconstpointer a, gconstpointer b)
{
  const HistoryCopy *left = *(HistoryCopy *const *)a;
  const HistoryCopy *right = *(HistoryCopy *const *)b;
  int order = strcmp (left->mailbox, right->mailbox);

  if (order == 0)
    order = strcmp (left->token, right->token);
  if (order == 0)
    order = strcmp (left->digest, right->digest);
  if (order == 0 && left->flags != right->flags)
    order = left->flags < right->flags ? -1 : 1;
  if (order == 0 && left->date != right->date)
    order = left->date < right->date ? -1 : 1;
  return order != 0 ? order : strcmp (left->place, right->place);
}

void
history_snapshot_sort (HistorySnapshot *snapshot)
{
  g_ptr_array_sort (snapshot->mailboxes, compare_strings);
  g_ptr_array_sort (snapshot->copies, compare_copies);
}

char *
history_snapshot_describe (const HistorySnapshot *snapshot, gboolean places)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < snapshot->mailboxes->len; i++)
    g_string_append_printf (
        text, "%s%s", i > 0 ? ", " : "mailboxes: ", (const char *)g_ptr_array_index (snapshot->mailboxes, i));
  for (guint i = 0; i < snapshot->copies->len; i++)
    {
      const HistoryCopy *copy = g_ptr_array_index (snapshot->copies, i);
      g_autofree char *flags = history_flags_to_string (copy->flags);

      g_string_append_printf (text, "\n%s %s (%s%s) %" G_GINT64_FORMAT " %.8s%s%s", copy->mailbox,
                              copy->token, flags, copy->others, copy->date, copy->digest, places ? " " : "",
                              places ? copy->place : "");
    }
  return g_strdup (text->str);
}
