#include "queue-words.h"

#include "moves.h"
#include "subject.h"

#include <stdio.h>
#include <string.h>

const char *
queue_kind_word (JournalOperationKind kind)
{
  switch (kind)
    {
    case JOURNAL_OPERATION_CREATE:
      return "create";
    case JOURNAL_OPERATION_UPLOAD:
      return "upload";
    case JOURNAL_OPERATION_REPLACE:
      return "replace";
    case JOURNAL_OPERATION_FLAGS:
      return "flags";
    case JOURNAL_OPERATION_DELETE:
      return "delete";
    case JOURNAL_OPERATION_RENAME:
      return "rename";
    case JOURNAL_OPERATION_DELETE_MAILBOX:
      return "delete-mailbox";
    case JOURNAL_OPERATION_MOVE:
      return "move";
    case JOURNAL_OPERATION_COPY:
      return "copy";
    }
  g_assert_not_reached ();
}

char *
words_queued (JournalOperationKind kind, guint count)
{
  switch (kind)
    {
    case JOURNAL_OPERATION_CREATE:
      return g_strdup_printf ("%u mailbox%s to create", count, count == 1 ? "" : "es");
    case JOURNAL_OPERATION_UPLOAD:
      return g_strdup_printf ("%u message%s to upload", count, count == 1 ? "" : "s");
    case JOURNAL_OPERATION_REPLACE:
      return g_strdup_printf ("%u changed message%s to upload", count, count == 1 ? "" : "s");
    case JOURNAL_OPERATION_FLAGS:
      return g_strdup_printf ("%u change%s of flags", count, count == 1 ? "" : "s");
    case JOURNAL_OPERATION_DELETE:
      return g_strdup_printf ("%u message%s to delete", count, count == 1 ? "" : "s");
    case JOURNAL_OPERATION_RENAME:
      return g_strdup_printf ("%u mailbox%s to rename", count, count == 1 ? "" : "es");
    case JOURNAL_OPERATION_DELETE_MAILBOX:
      return g_strdup_printf ("%u mailbox%s to delete", count, count == 1 ? "" : "es");
    case JOURNAL_OPERATION_MOVE:
      return g_strdup_printf ("%u message%s to move", count, count == 1 ? "" : "s");
    case JOURNAL_OPERATION_COPY:
      return g_strdup_printf ("%u message%s to copy", count, count == 1 ? "" : "s");
    }
  g_assert_not_reached ();
}

/* (transfer full): a message without a Subject is known by its file. */
static char *
name_file (const JournalOperation *operation)
{
  g_autofree char *subject = words_subject (operation->subject);
  const char *file = strchr (operation->key, ' ');

  if (*operation->subject != '\0' || file == NULL)
    return g_steal_pointer (&subject);
  return g_strdup_printf ("%s, file %s", subject, file + 1);
}

/* (nullable): the name of the mailbox that it is moved to. */
static const char *
find_target (const JournalOperation *operation, const GPtrArray *mailboxes)
{
  gint64 id = 0;

  if (sscanf (operation->detail, MOVE_DETAIL, &id) != 1)
    return NULL;
  for (guint i = 0; i < mailboxes->len; i++)
    {
      const JournalMailbox *mailbox = g_ptr_array_index (mailboxes, i);

      if (mailbox->id == id)
        return mailbox->name;
    }
  return NULL;
}

char *
words_operation (const JournalOperation *operation, const GPtrArray *mailboxes)
{
  g_autofree char *message = name_file (operation);
  const char *target;

  switch (operation->kind)
    {
    case JOURNAL_OPERATION_CREATE:
      return g_strdup ("creation of this mailbox");
    case JOURNAL_OPERATION_UPLOAD:
      return g_strdup_printf ("upload of %s", message);
    case JOURNAL_OPERATION_REPLACE:
      return g_strdup_printf ("upload of %s, which was changed", message);
    case JOURNAL_OPERATION_FLAGS:
      return g_strdup_printf ("flags of %s", operation->subject);
    case JOURNAL_OPERATION_DELETE:
      return g_strdup_printf ("deletion of %s", operation->subject);
    case JOURNAL_OPERATION_RENAME:
      return g_strdup_printf ("renaming of this mailbox to %s", operation->subject);
    case JOURNAL_OPERATION_DELETE_MAILBOX:
      return g_strdup ("deletion of this mailbox");
    case JOURNAL_OPERATION_MOVE:
      target = find_target (operation, mailboxes);
      return g_strdup_printf ("move of %s%s%s", message, target != NULL ? " to " : "",
                              target != NULL ? target : "");
    case JOURNAL_OPERATION_COPY:
      return g_strdup_printf ("copy of %s", message);
    }
  g_assert_not_reached ();
}
