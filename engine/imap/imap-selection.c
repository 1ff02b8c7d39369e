#include "imap-selection.h"

struct _ImapSelection
{
  ImapSelected selected;
  char *mailbox;
  gboolean examine;
  gboolean open;
  gboolean counted;
  char **flags;
  char **permanent_flags;
  char *mailbox_id;
};

/* What belongs to one mailbox goes; the name and EXAMINE stay. */
static void
selection_reset (ImapSelection *selection)
{
  g_clear_pointer (&selection->flags, g_strfreev);
  g_clear_pointer (&selection->permanent_flags, g_strfreev);
  g_clear_pointer (&selection->mailbox_id, g_free);
  selection->counted = FALSE;
  selection->selected = (ImapSelected){ .mailbox = selection->mailbox, .read_only = selection->examine };
}

ImapSelection *
imap_selection_new (const char *wire_name, gboolean examine)
{
  ImapSelection *selection = g_new0 (ImapSelection, 1);

  selection->mailbox = g_strdup (wire_name);
  selection->examine = examine;
  selection_reset (selection);
  return selection;
}

void
imap_selection_free (ImapSelection *selection)
{
  if (selection == NULL)
    return;
  selection_reset (selection);
  g_free (selection->mailbox);
  g_free (selection);
}

const ImapSelected *
imap_selection_get (const ImapSelection *selection)
{
  return &selection->selected;
}

gboolean
imap_selection_examines (const ImapSelection *selection)
{
  return selection->examine;
}

void
imap_selection_begin_again (ImapSelection *selection)
{
  selection->open = FALSE;
  selection_reset (selection);
}

gboolean
imap_selection_end_again (ImapSelection *selection, const ImapSelected *before)
{
  selection->selected.uidnext = before->uidnext;
  selection->selected.highestmodseq = before->highestmodseq;
  selection->selected.expunges = before->expunges + 1;
  return selection->selected.uidvalidity == before->uidvalidity;
}

gboolean
imap_selection_is_counted (const ImapSelection *selection)
{
  return selection->counted;
}

static void
take_flags (ImapSelection *selection, char ***strings)
{
  g_strfreev (selection->flags);
  selection->flags = g_steal_pointer (strings);
  selection->selected.flags = (const char *const *)selection->flags;
}

static void
take_permanent_flags (ImapSelection *selection, ImapCode *code)
{
  g_strfreev (selection->permanent_flags);
  selection->permanent_flags = g_steal_pointer (&code->strings);
  /* An empty list means that no flag sticks; no list at all, that all do. */
  if (selection->permanent_flags == NULL)
    selection->permanent_flags = g_new0 (char *, 1);
  selection->selected.permanent_flags = (const char *const *)selection->permanent_flags;
}

static gboolean
take_uidvalidity (ImapSelection *selection, guint64 number, GError **error)
{
  guint32 uidvalidity = number <= G_MAXUINT32 ? (guint32)number : 0;

  if (selection->open && uidvalidity != selection->selected.uidvalidity)
    {
      g_set_error (error, IMAP_ERROR, IMAP_ERROR_PROTOCOL,
                   "the server changed the UIDVALIDITY of the selected mailbox (%" G_GUINT32_FORMAT
                   ", now %" G_GUINT64_FORMAT ")",
                   selection->selected.uidvalidity, number);
      return FALSE;
    }
  selection->selected.uidvalidity = uidvalidity;
  return TRUE;
}

static void
take_opening_code (ImapSelection *selection, ImapCode *code)
{
  ImapSelected *selected = &selection->selected;

  if (code->type == IMAP_CODE_CLOSED)
    selection_reset (selection);
  else if (code->type == IMAP_CODE_UIDNEXT)
    selected->uidnext = code->number <= G_MAXUINT32 ? (guint32)code->number : 0;
  else if (code->type == IMAP_CODE_HIGHESTMODSEQ)
    selected->highestmodseq = code->number;
  else if (code->type == IMAP_CODE_NOMODSEQ)
    selected->highestmodseq = 0;
  else if (code->type == IMAP_CODE_MAILBOXID && code->text != NULL)
    {
      g_free (selection->mailbox_id);
      selection->mailbox_id = g_steal_pointer (&code->text);
      selected->mailbox_id = selection->mailbox_id;
    }
}

static gboolean
take_code (ImapSelection *selection, ImapCode *code, GError **error)
{
  if (code->type == IMAP_CODE_UIDVALIDITY)
    return take_uidvalidity (selection, code->number, error);
  if (code->type == IMAP_CODE_PERMANENTFLAGS)
    take_permanent_flags (selection, code);
  else if (code->type == IMAP_CODE_READ_ONLY)
    selection->selected.read_only = TRUE;
  else if (code->type == IMAP_CODE_READ_WRITE)
    selection->selected.read_only = selection->examine;
  else if (!selection->open)
    take_opening_code (selection, code);
  return TRUE;
}

static gboolean
take_exists (ImapSelection *selection, guint64 number, GError **error)
{
  if (number > G_MAXUINT32 || (selection->open && number < selection->selected.exists))
    {
      g_set_error (error, IMAP_ERROR, IMAP_ERROR_PROTOCOL,
                   "the server says that %" G_GUINT64_FORMAT
                   " messages exist where there were %" G_GUINT32_FORMAT " and none was expunged",
                   number, selection->selected.exists);
      return FALSE;
    }
  selection->selected.exists = (guint32)number;
  selection->counted = TRUE;
  return TRUE;
}

/* Before SELECT's EXISTS an EXPUNGE can only be the old mailbox's. */
static gboolean
take_expunged (ImapSelection *selection, guint64 count, GError **error)
{
  if (!selection->counted)
    return TRUE;
  if (count > selection->selected.exists)
    {
      g_set_error (error, IMAP_ERROR, IMAP_ERROR_PROTOCOL,
                   "the server expunged more messages than there were");
      return FALSE;
    }
  selection->selected.exists -= (guint32)count;
  selection->selected.expunges++;
  return TRUE;
}

static gboolean
take_expunge (ImapSelection *selection, guint64 sequence, GError **error)
{
  if (selection->counted && (sequence == 0 || sequence > selection->selected.exists))
    {
      g_set_error (error, IMAP_ERROR, IMAP_ERROR_PROTOCOL,
                   "the server expunged message number %" G_GUINT64_FORMAT " of %" G_GUINT32_FORMAT, sequence,
                   selection->selected.exists);
      return FALSE;
    }
  return take_expunged (selection, 1, error);
}

gboolean
imap_selection_take (ImapSelection *selection, ImapResponse *response, GError **error)
{
  switch (response->type)
    {
    case IMAP_RESPONSE_CONDITION:
      return take_code (selection, &response->code, error);
    case IMAP_RESPONSE_FLAGS:
      take_flags (selection, &response->strings);
      return TRUE;
    case IMAP_RESPONSE_EXISTS:
      return take_exists (selection, response->number, error);
    case IMAP_RESPONSE_EXPUNGE:
      return take_expunge (selection, response->number, error);
    case IMAP_RESPONSE_VANISHED:
      /* VANISHED (EARLIER) tells of messages that were never counted (RFC 7162 section 3.2.10). */
      if (response->earlier || response->set == NULL)
        return TRUE;
      return take_expunged (selection, imap_uid_set_count (response->set), error);
    case IMAP_RESPONSE_TAGGED:
    case IMAP_RESPONSE_CONTINUATION:
    case IMAP_RESPONSE_CAPABILITY:
    case IMAP_RESPONSE_ENABLED:
    case IMAP_RESPONSE_LIST:
    case IMAP_RESPONSE_STATUS:
    case IMAP_RESPONSE_SEARCH:
    case IMAP_RESPONSE_FETCH:
    case IMAP_RESPONSE_NAMESPACE:
    case IMAP_RESPONSE_OTHER:
      return TRUE;
    }
  return TRUE;
}

void
imap_selection_open (ImapSelection *selection, ImapResponse *response)
{
  /* Not open yet, so that no code of the answer can be out of place. */
  take_code (selection, &response->code, NULL);
  selection->open = TRUE;
}
