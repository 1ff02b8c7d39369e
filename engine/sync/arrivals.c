#include "arrivals.h"

#include "known-arrivals.h"
#include "subject.h"
#include "tell.h"

#include <string.h>

#define GROUP_MESSAGES 1000
#define GROUP_OCTETS (16 * 1024 * 1024)

struct _Arrivals
{
  MailboxSync *mailbox;
  KnownArrivals *known;
  MaildirSyncer *syncer;
  GPtrArray *coming;
  guint64 octets; /* of the coming ones */
  gboolean is_sealed;
  GPtrArray *sealed; /* may be empty when it is only about names */
  GPtrArray *published;
};

void
arrival_free (Arrival *arrival)
{
  message_identity_clear (&arrival->delivered.identity);
  g_free (arrival->base);
  g_free (arrival);
}

static GPtrArray *
group_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)arrival_free);
}

Arrivals *
arrivals_new (MailboxSync *mailbox)
{
  Arrivals *self = g_new0 (Arrivals, 1);

  self->mailbox = mailbox;
  self->known = known_arrivals_new (mailbox);
  self->syncer = maildir_box_syncer_new (mailbox->box);
  self->coming = group_new ();
  self->sealed = group_new ();
  self->published = group_new ();
  return self;
}

static void
discard_unstaged (Arrivals *self, const GPtrArray *group)
{
  for (guint i = 0; i < group->len; i++)
    {
      const Arrival *arrival = g_ptr_array_index (group, i);

      if (arrival->row == 0)
        maildir_box_remove_tmp (self->mailbox->box, arrival->base, NULL);
    }
}

void
arrivals_free (Arrivals *self)
{
  discard_unstaged (self, self->coming);
  discard_unstaged (self, self->sealed);
  maildir_syncer_free (self->syncer);
  known_arrivals_free (self->known);
  g_ptr_array_unref (self->coming);
  g_ptr_array_unref (self->sealed);
  g_ptr_array_unref (self->published);
  g_free (self);
}

gboolean
arrivals_add (Arrivals *self, MaildirDelivery *delivery, Arrival *arrival, GError **error)
{
  if (!maildir_delivery_finish_later (delivery, self->syncer, arrival->internal_date, &arrival->delivered,
                                      error))
    {
      arrival_free (arrival);
      return FALSE;
    }
  g_ptr_array_add (self->coming, arrival);
  self->octets += arrival->delivered.file_size;
  return TRUE;
}

static void
swap_groups (GPtrArray **a, GPtrArray **b)
{
  GPtrArray *group = *a;

  *a = *b;
  *b = group;
}

/* What has come, and the names of what was published, go to the disk. */
static gboolean
seal (Arrivals *self, GError **error)
{
  MaildirBox *box = self->mailbox->box;

  if (!known_arrivals_take (self->known, self->coming, error) ||
      (self->coming->len > 0 && !maildir_box_sync_tmp_later (box, self->syncer, error)) ||
      (self->published->len > 0 && !maildir_box_sync_later (box, self->syncer, error)))
    return FALSE;
  maildir_syncer_seal (self->syncer);
  self->is_sealed = TRUE;
  swap_groups (&self->coming, &self->sealed);
  self->octets = 0;
  return TRUE;
}

static gboolean
assign_letters (MailboxSync *mailbox, const GPtrArray *group, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < group->len; i++)
    {
      const Arrival *arrival = g_ptr_array_index (group, i);

      if (*arrival->flags.keywords != '\0')
        g_string_append_printf (names, "%s ", arrival->flags.keywords);
    }
  if (!mailbox_sync_assign_letters (mailbox, names->str, error))
    return FALSE;
  for (guint i = 0; i < group->len; i++)
    {
      Arrival *arrival = g_ptr_array_index (group, i);

      arrival->letters = mailbox_sync_letters (mailbox, arrival->flags.keywords);
    }
  return TRUE;
}

static gboolean
stage (MailboxSync *mailbox, Arrival *arrival, GError **error)
{
  JournalMessage row = {
    .mailbox = mailbox->row->id,
    .uid = arrival->operation->uid,
    .state = JOURNAL_MESSAGE_STAGED,
    .base = arrival->base,
    .system = arrival->flags.system,
    .keywords = arrival->flags.keywords,
    .not_kept_keywords = "",
    .size = arrival->delivered.identity.size,
    .remote_size = arrival->remote_size,
    .file_size = arrival->delivered.file_size,
    .mtime_ns = arrival->delivered.mtime_ns,
    .has_digest = TRUE,
    .internal_date = arrival->internal_date,
    .email_id = mailbox_sync_find_remote (mailbox, arrival->operation->uid)->email_id,
  };

  memcpy (row.digest, arrival->delivered.identity.full.bytes, sizeof row.digest);
  if (!journal_add_message (mailbox->account->journal, &row, error))
    return FALSE;
  arrival->row = row.id;
  return TRUE;
}

static gboolean
publish (MailboxSync *mailbox, Arrival *arrival, GError **error)
{
  return maildir_box_publish (mailbox->box, arrival->base, arrival->flags.system, arrival->letters, error);
}

typedef gboolean (*ArrivalStep) (MailboxSync *mailbox, Arrival *arrival, GError **error);

static gboolean
for_each (Arrivals *self, GPtrArray *group, ArrivalStep step, GError **error)
{
  for (guint i = 0; i < group->len; i++)
    if (!step (self->mailbox, g_ptr_array_index (group, i), error))
      return FALSE;
  return TRUE;
}

static gboolean
mark_present (Arrivals *self, GError **error)
{
  MailboxSync *mailbox = self->mailbox;
  GPtrArray *group = self->published;

  return group->len == 0 ||
         journal_set_messages_present (
             mailbox->account->journal, mailbox->row->id, ((Arrival *)g_ptr_array_index (group, 0))->row,
             ((Arrival *)g_ptr_array_index (group, group->len - 1))->row, group->len, error);
}

static gboolean
commit (Arrivals *self, GError **error)
{
  Journal *journal = self->mailbox->account->journal;

  return journal_begin (journal, error) &&
         journal_end (journal, mark_present (self, error) && for_each (self, self->sealed, stage, error),
                      error);
}

static void
tell_present (Arrivals *self)
{
  Tally *tally = &self->mailbox->account->tally;

  for (guint i = 0; i < self->published->len; i++)
    {
      const Arrival *arrival = g_ptr_array_index (self->published, i);

      *(arrival->operation->kind == PLAN_CLONE ? &tally->cloned : &tally->downloaded) += 1;
    }
  for (guint i = 0; mailbox_sync_is_heard (self->mailbox) && i < self->published->len; i++)
    {
      const Arrival *arrival = g_ptr_array_index (self->published, i);
      g_autofree char *subject = subject_decode (arrival->delivered.identity.subject);

      mailbox_sync_tell (self->mailbox, arrival->operation, 0, subject);
    }
}

/* Waits for the disk; what it had to do is done then, and the next group may be sealed. */
static gboolean
settle (Arrivals *self, GError **error)
{
  self->is_sealed = FALSE;
  if (!maildir_box_wait_synced (self->mailbox->box, self->syncer, error) ||
      !assign_letters (self->mailbox, self->sealed, error) || !commit (self, error))
    return FALSE;
  tell_present (self);
  g_ptr_array_set_size (self->published, 0);
  swap_groups (&self->sealed, &self->published);
  return for_each (self, self->published, publish, error);
}

gboolean
arrivals_go_on (Arrivals *self, GError **error)
{
  gboolean is_full = self->coming->len >= GROUP_MESSAGES || self->octets >= GROUP_OCTETS;

  if (self->is_sealed && (is_full || !maildir_syncer_is_busy (self->syncer)) && !settle (self, error))
    return FALSE;
  return !is_full || seal (self, error);
}

gboolean
arrivals_finish (Arrivals *self, GError **error)
{
  while (self->is_sealed || self->coming->len > 0 || self->published->len > 0)
    if (!(self->is_sealed ? settle (self, error) : seal (self, error)))
      return FALSE;
  return TRUE;
}
