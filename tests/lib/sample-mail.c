#include "sample-mail.h"

#include <string.h>

/* One message in the making. */
typedef struct
{
  GRand *random;
  guint index;
  gint64 date;
  gsize size;
  GString *out;
  const char *subject;
  gboolean no_message_id;
} Maker;

typedef struct
{
  const char *description;
  const char *mailbox; /* (nullable): any */
  const char *flags;   /* (nullable): any */
  void (*make) (Maker *maker);
} Kind;

const char *const sample_mailboxes[] = { "INBOX",  "Work", "Work/2024", "Archive", "Très spécial & été",
                                         "Drafts", "Sent", "Trash",     NULL };

static const char *const people[] = {
  "Ada Lovelace <ada@example.org>",           "Grace Hopper <grace@example.com>",
  "\"Turing, Alan\" <alan@example.net>",      "=?utf-8?Q?J=C3=B6rg_M=C3=BCller?= <joerg@example.org>",
  "Katherine Johnson <katherine@example.io>", "=?utf-8?B?5bGx55Sw5aSq6YOO?= <yamada@example.jp>"
};

static const char *const subjects[] = { "Lunch on Friday?",         "Minutes of the meeting",
                                        "Re: the summer house",     "Your invoice",
                                        "Photos from the lake",     "Draft of chapter two",
                                        "Build broken again",       "Tickets for the concert",
                                        "Re: Re: who has the key?", "Reading list" };

static const char *const sentences[] = { "The train leaves a quarter past nine, so let us meet at the clock.",
                                         "I have put the papers on your desk, together with the old plans.",
                                         "Nobody has touched the garden since the spring, and it shows.",
                                         "Could you look at the second figure once more before it goes out?",
                                         "We counted them twice, and there are still three too many.",
                                         "It rained all week; the roof held." };

static const char *
pick (Maker *maker, const char *const *strings, guint n)
{
  return strings[g_rand_int_range (maker->random, 0, (gint32)n)];
}

static void
add_date (Maker *maker)
{
  static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
  static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (maker->date);
  g_autofree char *clock = g_date_time_format (time, "%H:%M:%S");

  g_string_append_printf (maker->out, "Date: %s, %02d %s %d %s +0000\r\n",
                          days[g_date_time_get_day_of_week (time) - 1], g_date_time_get_day_of_month (time),
                          months[g_date_time_get_month (time) - 1], g_date_time_get_year (time), clock);
}

/* The header up to, and without, the fields that describe the content. */
static void
add_header (Maker *maker)
{
  g_string_append_printf (maker->out, "From: %s\r\nTo: Alice <alice@example.org>\r\n",
                          pick (maker, people, G_N_ELEMENTS (people)));
  g_string_append_printf (maker->out, "Subject: %s", maker->subject);
  if (strstr (maker->subject, "=?") == NULL)
    g_string_append_printf (maker->out, " (%u)", maker->index);
  g_string_append (maker->out, "\r\n");
  add_date (maker);
  if (!maker->no_message_id)
    g_string_append_printf (maker->out, "Message-ID: <%u.%08x@sample.example>\r\n", maker->index,
                            g_rand_int (maker->random));
}

static void
add_content_type (Maker *maker, const char *type, const char *encoding)
{
  g_string_append_printf (maker->out, "MIME-Version: 1.0\r\nContent-Type: %s\r\n", type);
  g_string_append_printf (maker->out, "Content-Transfer-Encoding: %s\r\n\r\n", encoding);
}

/* Lines up to a size that varies around the one asked for. */
static void
add_lines (Maker *maker)
{
  double factor = g_rand_double_range (maker->random, 0.1, 1.9);
  gsize end = maker->out->len + (gsize)(factor * (double)maker->size);

  do
    g_string_append_printf (maker->out, "%s\r\n", pick (maker, sentences, G_N_ELEMENTS (sentences)));
  while (maker->out->len < end);
}

static void
add_base64 (Maker *maker, gsize length)
{
  g_autofree guchar *data = g_malloc (length);
  g_autofree char *text = NULL;

  for (gsize i = 0; i < length; i++)
    data[i] = (guchar)g_rand_int (maker->random);
  text = g_base64_encode (data, length);
  for (gsize i = 0, all = strlen (text); i < all; i += 76)
    g_string_append_printf (maker->out, "%.76s\r\n", text + i);
}

static void
make_plain (Maker *maker)
{
  add_header (maker);
  add_content_type (maker, "text/plain; charset=us-ascii", "7bit");
  add_lines (maker);
}

static void
make_html (Maker *maker)
{
  add_header (maker);
  add_content_type (maker, "text/html; charset=utf-8", "8bit");
  g_string_append (maker->out, "<!DOCTYPE html>\r\n<html><body><h1>Grüße</h1>\r\n<p>\r\n");
  add_lines (maker);
  g_string_append (maker->out, "</p></body></html>\r\n");
}

static void
make_attachment (Maker *maker)
{
  add_header (maker);
  add_content_type (maker, "multipart/mixed;\r\n\tboundary=\"=_frontier_=\"", "7bit");
  g_string_append (maker->out,
                   "This is a message in several parts.\r\n--=_frontier_=\r\n"
                   "Content-Type: text/plain; charset=utf-8\r\n\r\nAttached, see below – Ada\r\n"
                   "--=_frontier_=\r\nContent-Type: application/octet-stream\r\n"
                   "Content-Disposition: attachment;\r\n filename*=utf-8''p%C3%A9rim%C3%A8tre.bin\r\n"
                   "Content-Transfer-Encoding: base64\r\n\r\n");
  add_base64 (maker, 300 + maker->size);
  g_string_append (maker->out, "--=_frontier_=--\r\n");
}

static void
make_forward (Maker *maker)
{
  add_header (maker);
  add_content_type (maker, "multipart/digest; boundary=inner", "7bit");
  g_string_append (maker->out, "--inner\r\n\r\nFrom: Nested <nested@example.org>\r\nSubject: inside\r\n"
                               "Message-ID: <inside@sample.example>\r\n\r\n");
  add_lines (maker);
  g_string_append (maker->out, "--inner--\r\n");
}

static void
make_encoded_header (Maker *maker)
{
  maker->subject = "=?utf-8?Q?Caf=C3=A9?=\r\n =?utf-8?B?IGFtIE1pdHR3b2NoLCBpbiBkZXIgS8O8Y2hl?=";
  add_header (maker);
  add_content_type (maker, "text/plain; charset=utf-8", "8bit");
  g_string_append (maker->out, "Wir sehen uns im Café – 山田さんも. 🚲\r\n");
  add_lines (maker);
}

static void
make_latin1 (Maker *maker)
{
  add_header (maker);
  add_content_type (maker, "text/plain; charset=iso-8859-1", "8bit");
  g_string_append (maker->out, "d\351j\340 vu, na\357ve, \377\376\r\n");
  add_lines (maker);
}

static void
make_long_lines (Maker *maker)
{
  add_header (maker);
  add_content_type (maker, "text/plain; charset=us-ascii", "7bit");
  for (guint i = 0; i < 200; i++)
    g_string_append_printf (maker->out, "%s ", pick (maker, sentences, G_N_ELEMENTS (sentences)));
  g_string_append (maker->out, "\r\n");
  add_lines (maker);
}

static void
make_odd_lines (Maker *maker)
{
  add_header (maker);
  g_string_append (maker->out, "X-Empty:\r\nX-Folded: one\r\n\ttwo\r\n  three\r\n\r\n.\r\n..\r\n.dots\r\n"
                               "From here on\r\n>From there\r\n\r\n\r\n{5}\r\n* 1 FETCH (FLAGS ())\r\n");
  add_lines (maker);
}

static void
make_empty (Maker *maker)
{
  add_header (maker);
  g_string_append (maker->out, "\r\n");
}

static void
make_unfinished (Maker *maker)
{
  make_plain (maker);
  g_string_append (maker->out, "no line end behind this");
}

static void
make_without_id (Maker *maker)
{
  maker->no_message_id = TRUE;
  make_plain (maker);
}

/* Once among all: two megabytes. */
static void
make_large (Maker *maker)
{
  add_header (maker);
  add_content_type (maker, "application/octet-stream", "base64");
  add_base64 (maker, 1500 * 1024);
}

static const Kind kinds[] = {
  { "plain text", NULL, NULL, make_plain },
  { "HTML", NULL, NULL, make_html },
  { "an attachment", NULL, NULL, make_attachment },
  { "the one before again, byte for byte", NULL, NULL, NULL },
  { "words in headers encoded", "Très spécial & été", "\\Seen", make_encoded_header },
  { "8-bit text that is not UTF-8", NULL, NULL, make_latin1 },
  { "very long lines", NULL, NULL, make_long_lines },
  { "dots, From lines, what looks like IMAP", NULL, NULL, make_odd_lines },
  { "nothing but a header", NULL, NULL, make_empty },
  { "no line end at the end", NULL, NULL, make_unfinished },
  { "no Message-ID", NULL, NULL, make_without_id },
  { "a draft", "Drafts", "\\Draft \\Seen", make_without_id },
  { "a sent answer", "Sent", "\\Seen \\Answered", make_plain },
  { "a forwarded digest", NULL, "\\Seen $Forwarded", make_forward },
  { "keywords", "Work", "\\Flagged $Work todo", make_plain },
  { "in the trash", "Trash", "\\Seen", make_html },
};

/* The large one comes early, so that a few hundred have it. */
static const Kind large = { "two megabytes", "INBOX", "", make_large };
#define LARGE_INDEX 52

static const char *const any_flags[] = { "", "", "\\Seen", "\\Seen", "\\Seen \\Answered", "\\Flagged" };
static const char *const any_mailbox[] = { "INBOX", "INBOX",     "INBOX",   "Archive",
                                           "Work",  "Work/2024", "Archive", "Très spécial & été" };

static const Kind *
kind_of (guint index)
{
  return index == LARGE_INDEX ? &large : &kinds[index % G_N_ELEMENTS (kinds)];
}

/* A duplicate is the message before it in everything. */
static guint
origin_of (guint index)
{
  return kind_of (index)->make == NULL ? index - 1 : index;
}

const char *
sample_message_mailbox (guint32 seed, guint index)
{
  guint origin = origin_of (index);
  const Kind *kind = kind_of (origin);

  return kind->mailbox != NULL ? kind->mailbox
                               : any_mailbox[(origin * 7 + origin / 16 + seed) % G_N_ELEMENTS (any_mailbox)];
}

SampleMessage *
sample_message_new (guint32 seed, guint index, gsize size)
{
  SampleMessage *message = g_new0 (SampleMessage, 1);
  guint origin = origin_of (index);
  const Kind *kind = kind_of (origin);
  const guint32 seeds[] = { seed, origin };
  g_autoptr (GRand) random = g_rand_new_with_seed_array (seeds, G_N_ELEMENTS (seeds));
  Maker maker = { .random = random, .index = origin, .size = size, .out = g_string_new (NULL) };

  maker.subject = pick (&maker, subjects, G_N_ELEMENTS (subjects));
  /* From January 2024 on, a little over half an hour apart. */
  maker.date = 1704103200 + (gint64)origin * 2003;
  kind->make (&maker);

  message->mailbox = sample_message_mailbox (seed, index);
  message->flags =
      g_strdup (kind->flags != NULL ? kind->flags : pick (&maker, any_flags, G_N_ELEMENTS (any_flags)));
  message->date = maker.date;
  message->bytes = g_string_free_to_bytes (maker.out);
  return message;
}

void
sample_message_free (SampleMessage *message)
{
  g_free (message->flags);
  g_bytes_unref (message->bytes);
  g_free (message);
}
