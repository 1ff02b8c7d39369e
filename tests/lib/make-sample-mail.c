/* Puts sample mail into a Maildir or onto a server (see sample-mail.h).
 *
 *   make-sample-mail [--count N] [--seed N] [--size BYTES] --maildir DIR
 *   make-sample-mail [--count N] [--seed N] [--size BYTES] --imap PORT --user USER --password PASSWORD
 *
 * With --mailbox NAME all messages go into that one, without keywords and mostly without \Draft. The Maildir
 * is nested (DIR/INBOX/cur, DIR/Work/2024/cur), with Dovecot's keyword files. The server is one of
 * tests/servers/, on loopback.
 */
#include "imap-client.h"
#include "sample-mail.h"

#include <glib/gstdio.h>
#include <string.h>
#include <utime.h>

/* A server takes so many messages in one command without growing much. */
#define BATCH_MESSAGES 2000
#define BATCH_BYTES (16 * 1024 * 1024)

typedef struct
{
  int count, seed, size, port;
  char *maildir, *mailbox, *user, *password;
} Options;

/* (transfer full): without keywords, and without \Draft but for the first hundred messages: a large mailbox
 * is no pile of drafts. */
static char *
plain_flags (const char *flags, guint index)
{
  g_auto (GStrv) names = g_strsplit (flags, " ", -1);
  g_autoptr (GString) kept = g_string_new (NULL);

  for (guint i = 0; names[i] != NULL; i++)
    if (*names[i] == '\\' && (index < 100 || !g_str_equal (names[i], "\\Draft")))
      g_string_append_printf (kept, "%s%s", kept->len > 0 ? " " : "", names[i]);
  return g_string_free (g_steal_pointer (&kept), FALSE);
}

static SampleMessage *
message_of (const Options *options, guint index)
{
  SampleMessage *message = sample_message_new ((guint32)options->seed, index, (gsize)options->size);

  if (options->mailbox != NULL)
    {
      g_autofree char *flags = g_steal_pointer (&message->flags);

      message->flags = plain_flags (flags, index);
    }
  return message;
}

static gboolean
is_in (const Options *options, guint index, const char *mailbox)
{
  return options->mailbox != NULL ||
         g_str_equal (sample_message_mailbox ((guint32)options->seed, index), mailbox);
}

/* Creates it unless it is there. */
static void
ensure_mailbox (ImapClient *client, const char *mailbox)
{
  g_auto (GStrv) present = imap_client_list (client);

  if (!g_strv_contains ((const char *const *)present, mailbox))
    imap_client_create (client, mailbox);
}

static void
upload_mailbox (ImapClient *client, const Options *options, const char *mailbox)
{
  guint messages = 0;
  gsize bytes = 0;

  for (guint i = 0; i < (guint)options->count; i++)
    {
      g_autoptr (SampleMessage) message = is_in (options, i, mailbox) ? message_of (options, i) : NULL;

      if (message == NULL)
        continue;
      if (messages == 0)
        imap_client_append_begin (client, mailbox);
      imap_client_append_add (client, message->flags, message->date, g_bytes_get_data (message->bytes, NULL),
                              g_bytes_get_size (message->bytes));
      messages++;
      bytes += g_bytes_get_size (message->bytes);
      if (messages >= BATCH_MESSAGES || bytes >= BATCH_BYTES)
        {
          imap_client_append_end (client);
          messages = 0;
          bytes = 0;
        }
    }
  if (messages > 0)
    imap_client_append_end (client);
}

static const char *const *
mailboxes_of (const Options *options, const char **one)
{
  if (options->mailbox == NULL)
    return sample_mailboxes;
  one[0] = options->mailbox;
  one[1] = NULL;
  return one;
}

static void
upload_all (const Options *options)
{
  const char *one[2];
  const char *const *mailboxes = mailboxes_of (options, one);
  g_autoptr (ImapClient) client = imap_client_new ((guint16)options->port, options->user, options->password);

  for (guint i = 0; mailboxes[i] != NULL; i++)
    {
      ensure_mailbox (client, mailboxes[i]);
      upload_mailbox (client, options, mailboxes[i]);
    }
}

static void
append_letter (GString *letters, char letter)
{
  if (strchr (letters->str, letter) == NULL)
    g_string_append_c (letters, letter);
}

/* The keyword's letter in this mailbox, the next free one if it has none yet. */
static char
keyword_letter (GPtrArray *keywords, const char *keyword)
{
  guint index;

  if (!g_ptr_array_find_with_equal_func (keywords, keyword, g_str_equal, &index))
    {
      index = keywords->len;
      g_ptr_array_add (keywords, g_strdup (keyword));
    }
  return (char)('a' + index);
}

static int
compare_letters (gconstpointer a, gconstpointer b)
{
  return *(const char *)a - *(const char *)b;
}

/* (transfer full): what stands behind ":2," in the file's name. */
static char *
flag_letters (const char *flags, GPtrArray *keywords)
{
  static const struct
  {
    const char *flag;
    char letter;
  } letters[] = {
    { "\\Draft", 'D' }, { "\\Flagged", 'F' }, { "$Forwarded", 'P' }, { "\\Answered", 'R' }, { "\\Seen", 'S' },
  };
  g_auto (GStrv) names = g_strsplit (flags, " ", -1);
  GString *out = g_string_new (NULL);

  for (guint i = 0; names[i] != NULL; i++)
    {
      char letter = '\0';

      for (guint j = 0; j < G_N_ELEMENTS (letters); j++)
        if (g_str_equal (letters[j].flag, names[i]))
          letter = letters[j].letter;
      if (*names[i] != '\0')
        append_letter (out, letter != '\0' ? letter : keyword_letter (keywords, names[i]));
    }
  qsort (out->str, out->len, 1, compare_letters);
  return g_string_free (out, FALSE);
}

/* (transfer full): the bytes with LF for CRLF, as a Maildir has them. */
static GString *
with_bare_line_ends (GBytes *bytes)
{
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);
  GString *out = g_string_sized_new (length);

  for (gsize i = 0; i < length; i++)
    if (data[i] != '\r' || i + 1 == length || data[i + 1] != '\n')
      g_string_append_c (out, data[i]);
  return out;
}

static void
write_file (const char *directory, const char *name, const char *data, gsize length, gint64 date)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);
  g_autoptr (GError) error = NULL;
  struct utimbuf times = { .actime = (time_t)date, .modtime = (time_t)date };

  if (!g_file_set_contents_full (path, data, (gssize)length, G_FILE_SET_CONTENTS_NONE, 0600, &error))
    g_error ("%s", error->message);
  if (date != 0)
    g_utime (path, &times);
}

static void
write_keywords (const char *directory, GPtrArray *keywords)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < keywords->len; i++)
    g_string_append_printf (text, "%u %s\n", i, (char *)g_ptr_array_index (keywords, i));
  if (keywords->len > 0)
    write_file (directory, "dovecot-keywords", text->str, text->len, 0);
}

static void
write_mailbox (const Options *options, const char *mailbox)
{
  static const char *const parts[] = { "cur", "new", "tmp" };
  g_autofree char *directory = g_build_filename (options->maildir, mailbox, NULL);
  g_autofree char *current = g_build_filename (directory, "cur", NULL);
  g_autoptr (GPtrArray) keywords = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autofree char *part = g_build_filename (directory, parts[i], NULL);

      if (g_mkdir_with_parents (part, 0700) < 0)
        g_error ("%s: %s", part, g_strerror (errno));
    }
  for (guint i = 0; i < (guint)options->count; i++)
    {
      g_autoptr (SampleMessage) message = is_in (options, i, mailbox) ? message_of (options, i) : NULL;

      if (message != NULL)
        {
          g_autofree char *letters = flag_letters (message->flags, keywords);
          g_autofree char *name = g_strdup_printf ("%" G_GINT64_FORMAT ".M%uS%d.sample:2,%s", message->date,
                                                   i, options->seed, letters);
          g_autoptr (GString) text = with_bare_line_ends (message->bytes);

          write_file (current, name, text->str, text->len, message->date);
        }
    }
  write_keywords (directory, keywords);
}

static void
write_all (const Options *options)
{
  const char *one[2];
  const char *const *mailboxes = mailboxes_of (options, one);

  for (guint i = 0; mailboxes[i] != NULL; i++)
    write_mailbox (options, mailboxes[i]);
}

int
main (int argc, char **argv)
{
  Options options = { .count = 300, .seed = 1 };
  const GOptionEntry entries[] = {
    { "count", 0, 0, G_OPTION_ARG_INT, &options.count, "How many messages (300)", "N" },
    { "seed", 0, 0, G_OPTION_ARG_INT, &options.seed, "The same seed gives the same mail (1)", "N" },
    { "size", 0, 0, G_OPTION_ARG_INT, &options.size, "What to fill texts up to on average", "BYTES" },
    { "maildir", 0, 0, G_OPTION_ARG_FILENAME, &options.maildir, "Write into this Maildir", "DIR" },
    { "imap", 0, 0, G_OPTION_ARG_INT, &options.port, "Upload to this port of 127.0.0.1", "PORT" },
    { "mailbox", 0, 0, G_OPTION_ARG_STRING, &options.mailbox, "Put all into this mailbox", "NAME" },
    { "user", 0, 0, G_OPTION_ARG_STRING, &options.user, "Who logs in", "USER" },
    { "password", 0, 0, G_OPTION_ARG_STRING, &options.password, "The test account's password", "PASSWORD" },
    { NULL },
  };
  g_autoptr (GOptionContext) context =
      g_option_context_new ("- puts sample mail into a Maildir or onto a server");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 64;
    }
  if ((options.maildir == NULL) == (options.port == 0) || (options.port != 0 && options.user == NULL))
    {
      g_printerr ("either --maildir or --imap with --user and --password is needed\n");
      return 64;
    }
  if (options.port != 0)
    upload_all (&options);
  else
    write_all (&options);
  g_free (options.maildir);
  g_free (options.mailbox);
  g_free (options.user);
  g_free (options.password);
  return 0;
}
