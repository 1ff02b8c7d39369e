#include "maildir-name.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define FILE_NAME_MAX 255
#define HOST_MAX 64

/* In the order of the letters, which is ASCII's. */
static const struct
{
  char letter;
  guint8 flag;
} flag_letters[] = {
  { 'D', MESSAGE_FLAG_DRAFT },    { 'F', MESSAGE_FLAG_FLAGGED }, { 'P', MESSAGE_FLAG_FORWARDED },
  { 'R', MESSAGE_FLAG_ANSWERED }, { 'S', MESSAGE_FLAG_SEEN },    { 'T', MESSAGE_FLAG_DELETED },
};

void
maildir_name_clear (MaildirName *name)
{
  g_clear_pointer (&name->base, g_free);
  g_clear_pointer (&name->other, g_free);
}

gsize
maildir_name_base_length (const char *file_name, char separator)
{
  const char info[] = { separator, '2', ',', '\0' };
  const char *found = g_strrstr (file_name, info);

  return found != NULL && found > file_name ? (gsize)(found - file_name) : strlen (file_name);
}

static guint8
flag_of_letter (char letter)
{
  for (gsize i = 0; i < G_N_ELEMENTS (flag_letters); i++)
    if (flag_letters[i].letter == letter)
      return flag_letters[i].flag;
  return 0;
}

void
maildir_name_read_letters (const char *info, guint8 *system, guint32 *letters, GString *other)
{
  *system = 0;
  *letters = 0;
  for (const char *next = info; *next != '\0'; next++)
    {
      guint8 flag = flag_of_letter (*next);

      if (*next == ',')
        {
          if (other != NULL)
            g_string_append (other, next);
          return;
        }
      if (g_ascii_islower (*next))
        *letters |= 1u << (*next - 'a');
      else if (flag != 0)
        *system |= flag;
      else if (other != NULL)
        g_string_append_c (other, *next);
    }
}

/* Letters taken out from between may have joined what then reads as another info part. */
static void
remove_info_mark (GString *other, char separator)
{
  const char info[] = { separator, '2', ',', '\0' };
  const char *found;

  while ((found = strstr (other->str, info)) != NULL)
    g_string_erase (other, found - other->str, 1);
}

gboolean
maildir_name_parse (const char *file_name, char separator, MaildirName *name)
{
  gsize length = strlen (file_name);
  gsize base_length = maildir_name_base_length (file_name, separator);
  g_autoptr (GString) other = NULL;

  if (length == 0 || length > FILE_NAME_MAX || *file_name == '.' || strchr (file_name, '/') != NULL)
    return FALSE;
  other = g_string_new (NULL);
  maildir_name_read_letters (file_name + MIN (base_length + 3, length), &name->system, &name->letters, other);
  remove_info_mark (other, separator);
  name->base = g_strndup (file_name, base_length);
  name->other = g_string_free (g_steal_pointer (&other), FALSE);
  return TRUE;
}

char *
maildir_name_format (const char *base, char separator, guint8 system, guint32 letters, const char *other)
{
  GString *name = g_string_new (base);

  g_string_append_printf (name, "%c2,", separator);
  for (gsize i = 0; i < G_N_ELEMENTS (flag_letters); i++)
    if ((system & flag_letters[i].flag) != 0)
      g_string_append_c (name, flag_letters[i].letter);
  for (guint letter = 0; letter < 26; letter++)
    if ((letters & (1u << letter)) != 0)
      g_string_append_c (name, (char)('a' + letter));
  g_string_append (name, other);
  return g_string_free (name, FALSE);
}

/* No slash, no info separator, nothing a shell or another client stumbles over. */
static char *
safe_host_name (void)
{
  char *host = g_strndup (g_get_host_name (), HOST_MAX);

  for (char *next = host; *next != '\0'; next++)
    if (!g_ascii_isalnum (*next) && *next != '.' && *next != '_')
      *next = '_';
  return host;
}

/* The kernel's, since GLib's generator repeats itself in a forked child. */
static guint64
random_bits (void)
{
  guint64 bits;

  while (getrandom (&bits, sizeof bits, 0) != sizeof bits)
    if (errno != EINTR)
      return ((guint64)g_random_int () << 32) | g_random_int ();
  return bits;
}

char *
maildir_name_generate (gint64 now_microseconds)
{
  /* The one thing here that has to be shared by all threads of the process. */
  static guint counter;
  g_autofree char *host = safe_host_name ();

  return g_strdup_printf ("%" G_GINT64_FORMAT ".M%06uP%dQ%uR%016" G_GINT64_MODIFIER "x.%s",
                          now_microseconds / G_USEC_PER_SEC, (guint)(now_microseconds % G_USEC_PER_SEC),
                          (int)getpid (), (guint)g_atomic_int_add (&counter, 1), random_bits (), host);
}
