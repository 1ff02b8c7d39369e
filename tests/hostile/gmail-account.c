#include "gmail-account.h"

#include "hostile-steps.h"

#include <glib/gstdio.h>
#include <string.h>
#include <utime.h>

#define FIRST_DATE 1767225600 /* 2026-01-01 */

const char *const gmail_initial[] = {
  "a INBOX,Work,All",
  "b INBOX,All \\Seen",
  "c Work,Home,All",
  "d Drafts,All \\Draft",
  "e All \\Answered \\Seen",
  "f INBOX,Starred,All \\Flagged",
  "g Trash",
  "h Spam",
  NULL,
};

const char *
gmail_mailbox (const char *name)
{
  static const char *const names[][2] = {
    { "All", GMAIL_ALL },     { "Drafts", GMAIL_DRAFTS }, { "Important", GMAIL_IMPORTANT },
    { "Sent", GMAIL_SENT },   { "Spam", GMAIL_SPAM },     { "Starred", GMAIL_STARRED },
    { "Trash", GMAIL_TRASH },
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (name, names[i][0]))
      return names[i][1];
  return name;
}

static ModelMailbox *
find_mailbox (Hostile *hostile, const char *name)
{
  ModelMailbox *mailbox = model_store_find (hostile->store, gmail_mailbox (name));

  if (mailbox == NULL)
    g_error ("there is no mailbox %s", name);
  return mailbox;
}

Hostile *
gmail_account_new (AccountGmail gmail)
{
  Hostile *hostile = hostile_new (GMAIL_CAPABILITIES);

  hostile->account.gmail = gmail;
  /* Where the program looks for it, too. */
  g_free (hostile->account.state_dir);
  hostile->account.state_dir = g_build_filename (hostile->directory, "dovetail", hostile->account.name, NULL);
  model_gmail_set_up (hostile->store);
  model_store_add_mailbox (hostile->store, "Home", "\\HasNoChildren");
  model_store_add_mailbox (hostile->store, "Work", "\\HasNoChildren");
  return hostile;
}

/* (nullable, transfer none) */
static ModelMessage *
find_in (ModelMailbox *mailbox, const char *mark)
{
  for (guint i = 0; i < mailbox->messages->len; i++)
    {
      ModelMessage *message = g_ptr_array_index (mailbox->messages, i);
      g_autofree char *found = subject_of_body (message->body);

      if (g_str_equal (found, mark))
        return message;
    }
  return NULL;
}

/* The message as some mailbox has it, which *mailbox is. */
static ModelMessage *
find_anywhere (Hostile *hostile, const char *mark, ModelMailbox **mailbox)
{
  for (guint i = 0; i < hostile->store->mailboxes->len; i++)
    {
      ModelMessage *message;

      *mailbox = g_ptr_array_index (hostile->store->mailboxes, i);
      message = find_in (*mailbox, mark);
      if (message != NULL)
        return message;
    }
  g_error ("there is no message %s", mark);
}

/* `labels` with commas, `flags` with spaces; All is no label. */
static void
add_there (Hostile *hostile, const char *mark, const char *labels, const char *flags)
{
  g_auto (GStrv) names = g_strsplit (labels, ",", -1);
  g_autoptr (GBytes) body = hostile_body (mark, 300);
  g_autoptr (GPtrArray) wire = g_ptr_array_new ();
  g_autofree char *joined = NULL;

  for (guint i = 0; names[i] != NULL; i++)
    if (!g_str_equal (names[i], "All"))
      g_ptr_array_add (wire, (gpointer)gmail_mailbox (names[i]));
  g_ptr_array_add (wire, NULL);
  joined = g_strjoinv (";", (char **)wire->pdata);
  model_gmail_add (hostile->store, joined, body, flags, FIRST_DATE + 60 * (gint64)hostile->added++);
}

void
gmail_account_fill (Hostile *hostile)
{
  for (guint i = 0; gmail_initial[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (gmail_initial[i], " ", 3);

      add_there (hostile, parts[0], parts[1], parts[2] != NULL ? parts[2] : "");
    }
}

static void
change_there (Hostile *hostile, GStrv words)
{
  const char *verb = words[1], *mark = words[2];
  ModelMailbox *mailbox;
  ModelMessage *message;

  if (g_str_equal (verb, "add"))
    {
      g_autofree char *flags = g_strjoinv (" ", words + 4);

      add_there (hostile, words[2], words[3], flags);
      return;
    }
  message = find_anywhere (hostile, mark, &mailbox);
  if (g_str_equal (verb, "label"))
    model_gmail_label (hostile->store, find_mailbox (hostile, words[3]), message);
  else if (g_str_equal (verb, "unlabel"))
    model_gmail_unlabel (hostile->store, find_mailbox (hostile, words[3]),
                         find_in (find_mailbox (hostile, words[3]), mark)->uid);
  else if (g_str_equal (verb, "flags"))
    {
      model_message_change_flags (mailbox, message, *words[3], words[3] + 1);
      model_gmail_spread_flags (hostile->store, mailbox, message);
    }
  else
    g_error ("what is “%s”?", verb);
}

/* `name` (nullable): the same as before. */
static void
put_here (Hostile *hostile, const char *old, const char *to, const char *name, gboolean moves)
{
  g_autofree char *file = g_path_get_basename (old);
  g_autofree char *path =
      g_build_filename (hostile->account.maildir, to, "cur", name != NULL ? name : file, NULL);
  g_autofree char *content = NULL;
  g_autoptr (GDateTime) date = NULL;
  GStatBuf info;
  gsize length;

  if (moves)
    {
      g_assert_cmpint (g_rename (old, path), ==, 0);
      return;
    }
  g_assert_cmpint (g_stat (old, &info), ==, 0);
  g_assert_true (g_file_get_contents (old, &content, &length, NULL));
  g_assert_true (g_file_set_contents (path, content, length, NULL));
  g_assert_cmpint (g_utime (path, &(struct utimbuf){ info.st_mtime, info.st_mtime }), ==, 0);
}

/* One that no file has, with the letters that it had. (transfer full) */
static char *
other_name (Hostile *hostile, const char *path, const char *mark)
{
  const char *info = strrchr (path, ':');

  return g_strdup_printf ("%s.%u.example%s", mark, hostile->added++, info != NULL ? info : ":2,");
}

static void
change_here (Hostile *hostile, GStrv words)
{
  const char *verb = words[1], *mailbox = gmail_mailbox (words[2]), *mark = words[3];
  const char *last = words[4] != NULL ? words[4] : "";
  g_autofree char *path = NULL;
  g_autofree char *name = NULL;

  if (g_str_equal (verb, "add"))
    {
      hostile_add_here (hostile, mailbox, mark, last);
      return;
    }
  path = hostile_file_here (hostile, mailbox, mark);
  name = other_name (hostile, path, mark);
  if (g_str_equal (verb, "delete"))
    g_assert_cmpint (g_unlink (path), ==, 0);
  else if (g_str_equal (verb, "move"))
    put_here (hostile, path, gmail_mailbox (last), NULL, TRUE);
  else if (g_str_equal (verb, "save"))
    put_here (hostile, path, gmail_mailbox (last), name, TRUE);
  else if (g_str_equal (verb, "copy"))
    put_here (hostile, path, gmail_mailbox (last), name, FALSE);
  else if (g_str_equal (verb, "letters"))
    hostile_flag_here (hostile, mailbox, mark, last);
  else if (g_str_equal (verb, "edit"))
    hostile_overwrite (path, last, 400);
  else
    g_error ("what is “%s”?", verb);
}

void
gmail_change (Hostile *hostile, const char *change)
{
  g_auto (GStrv) words = g_strsplit (change, " ", -1);

  if (g_str_equal (words[0], "there"))
    change_there (hostile, words);
  else
    change_here (hostile, words);
}

static gboolean
is_named (const char *const *lines, const char *line)
{
  gsize length = strcspn (line, " ");

  for (; *lines != NULL; lines++)
    if (strncmp (*lines, line, length) == 0 && ((*lines)[length] == ' ' || (*lines)[length] == '\0'))
      return TRUE;
  return FALSE;
}

/* (transfer container): one line for each mark. */
static GPtrArray *
all_lines (const char *const *lines)
{
  GPtrArray *all = g_ptr_array_new ();

  for (guint i = 0; lines[i] != NULL; i++)
    g_ptr_array_add (all, (gpointer)lines[i]);
  for (guint i = 0; gmail_initial[i] != NULL; i++)
    if (!is_named (lines, gmail_initial[i]))
      g_ptr_array_add (all, (gpointer)gmail_initial[i]);
  return all;
}

void
gmail_expect (Hostile *hostile, const char *const *lines)
{
  g_autoptr (GPtrArray) all = all_lines (lines);

  g_hash_table_remove_all (hostile->expected);
  for (guint i = 0; i < all->len; i++)
    {
      g_auto (GStrv) parts = g_strsplit (g_ptr_array_index (all, i), " ", 3);
      g_auto (GStrv) mailboxes = g_strsplit (parts[1] != NULL ? parts[1] : "", ",", -1);

      for (guint j = 0; mailboxes[j] != NULL; j++)
        hostile_expect (hostile, gmail_mailbox (mailboxes[j]), parts[0], 1);
    }
}

static void
assert_flags (Hostile *hostile, const char *line)
{
  g_auto (GStrv) parts = g_strsplit (line, " ", 3);
  g_auto (GStrv) mailboxes = g_strsplit (parts[1] != NULL ? parts[1] : "", ",", -1);
  g_autofree char *expected = sorted_words (parts[1] != NULL && parts[2] != NULL ? parts[2] : "");

  for (guint i = 0; mailboxes[i] != NULL; i++)
    {
      g_autofree char *flags = sorted_words (find_in (find_mailbox (hostile, mailboxes[i]), parts[0])->flags);

      if (!g_str_equal (flags, expected))
        g_error ("%s: %s has the flags “%s”, not “%s”", mailboxes[i], parts[0], flags, expected);
    }
}

void
gmail_assert (Hostile *hostile, const char *const *lines)
{
  g_autoptr (GPtrArray) all = all_lines (lines);

  gmail_expect (hostile, lines);
  hostile_assert_equal (hostile, FALSE);
  for (guint i = 0; i < all->len; i++)
    assert_flags (hostile, g_ptr_array_index (all, i));
}
