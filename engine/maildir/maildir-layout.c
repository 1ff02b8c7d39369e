/* Mailbox names to directories and back (contract C6.5, C6.6). Pure.
 *
 * A component is made NFC; then "%XX" stands for each octet that a path must not hold: "%" itself, control
 * characters (C1 too), a leading dot, in maildir++ every dot, and the first octet of cur, new and tmp. An
 * empty component is a lone "%". Since every "%" of a name is escaped, two endings are free: the lone "%",
 * and "%~" with the hash of the full name, which no unhashed name can hold.
 *
 * The way back is strict: a directory is a mailbox's only when that mailbox's directory is this very one.
 * So the map is injective by construction.
 */
#include "maildir.h"
#include "../message/text-safe.h"

#include <string.h>

#define LEVELS_MAX 100
#define NAME_BYTES_MAX 4000
#define COMPONENT_BYTES_MAX 255
#define HASH_MARK "%~"
#define HASH_DIGITS 16
#define EMPTY_COMPONENT "%"

static gboolean
is_maildir_word (const char *component)
{
  return g_ascii_strcasecmp (component, "cur") == 0 || g_ascii_strcasecmp (component, "new") == 0 ||
         g_ascii_strcasecmp (component, "tmp") == 0;
}

/* At `text` of the component beginning at `start`. U+0080 to U+009F are C2 80 to C2 9F. */
static gboolean
must_escape (AccountLayout layout, const char *start, const char *text)
{
  guchar octet = (guchar)*text;

  if (octet < 0x20 || octet == 0x7f || octet == '%')
    return TRUE;
  if (octet == '.')
    return text == start || layout == ACCOUNT_LAYOUT_MAILDIRPP;
  if (octet == 0xc2)
    return (guchar)text[1] < 0xa0;
  if (octet < 0xa0 && octet >= 0x80)
    return text > start && (guchar)text[-1] == 0xc2;
  return text == start && is_maildir_word (start);
}

/* (transfer full): the component, NFC and escaped. */
static char *
component_encode (AccountLayout layout, const char *component)
{
  g_autofree char *composed = g_utf8_normalize (component, -1, G_NORMALIZE_DEFAULT_COMPOSE);
  g_autoptr (GString) encoded = g_string_new (NULL);

  if (*composed == '\0')
    return g_strdup (EMPTY_COMPONENT);
  for (const char *next = composed; *next != '\0'; next++)
    if (must_escape (layout, composed, next))
      g_string_append_printf (encoded, "%%%02X", (guint)(guchar)*next);
    else
      g_string_append_c (encoded, *next);
  return g_string_free (g_steal_pointer (&encoded), FALSE);
}

/* (transfer full) (nullable): NULL for an escape that component_encode does not write. */
static char *
component_decode (const char *component)
{
  g_autoptr (GString) decoded = g_string_new (NULL);

  if (g_str_equal (component, EMPTY_COMPONENT))
    return g_strdup ("");
  for (const char *next = component; *next != '\0'; next++)
    if (*next != '%')
      g_string_append_c (decoded, *next);
    else if (g_ascii_isxdigit (next[1]) && g_ascii_isxdigit (next[2]))
      {
        g_string_append_c (decoded,
                           (char)(g_ascii_xdigit_value (next[1]) * 16 + g_ascii_xdigit_value (next[2])));
        next += 2;
      }
    else
      return NULL;
  if (strlen (decoded->str) != decoded->len)
    return NULL;
  return g_string_free (g_steal_pointer (&decoded), FALSE);
}

/* (transfer full): `encoded`, cut at a character's border where that is needed, and the hash of `name`, the
 * full name as it came: two names that are one in NFC have two hashes. */
static char *
hashed (const char *encoded, const char *name, gsize name_length)
{
  g_autofree char *hash = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *)name, name_length);
  gsize kept = MIN (strlen (encoded), COMPONENT_BYTES_MAX - strlen (HASH_MARK) - HASH_DIGITS);

  while (kept > 0 && ((guchar)encoded[kept] & 0xc0) == 0x80)
    kept--;
  for (gsize back = 1; back <= 2 && back <= kept; back++)
    if (encoded[kept] != '\0' && encoded[kept - back] == '%')
      kept -= back;
  return g_strdup_printf ("%.*s%s%.*s", (int)kept, encoded, HASH_MARK, HASH_DIGITS, hash);
}

/* (transfer full): INBOX in capitals, alone and as the first level (RFC 9051 section 5.1). */
static char *
fold_inbox (const char *mailbox)
{
  if (g_ascii_strncasecmp (mailbox, "INBOX", 5) == 0 && (mailbox[5] == '\0' || mailbox[5] == '/'))
    return g_strconcat ("INBOX", mailbox + 5, NULL);
  return g_strdup (mailbox);
}

static char *
directory_nested (const char *mailbox, char **components, gboolean hash)
{
  g_autoptr (GString) directory = g_string_new (NULL);
  gsize full_length = 0;

  for (char **component = components; *component != NULL; component++)
    {
      g_autofree char *encoded = component_encode (ACCOUNT_LAYOUT_NESTED, *component);

      full_length += strlen (*component) + (component > components);
      if (strlen (encoded) > COMPONENT_BYTES_MAX || (hash && component[1] == NULL))
        {
          char *shorter = hashed (encoded, mailbox, full_length);

          g_free (encoded);
          encoded = shorter;
        }
      g_string_append_printf (directory, "%s%s", component > components ? "/" : "", encoded);
    }
  return g_string_free (g_steal_pointer (&directory), FALSE);
}

static char *
directory_maildirpp (const char *mailbox, char **components, gboolean hash)
{
  g_autoptr (GString) directory = g_string_new (NULL);

  for (char **component = components; *component != NULL; component++)
    {
      g_autofree char *encoded = component_encode (ACCOUNT_LAYOUT_MAILDIRPP, *component);

      g_string_append_printf (directory, ".%s", encoded);
    }
  if (directory->len > COMPONENT_BYTES_MAX || hash)
    return hashed (directory->str, mailbox, strlen (mailbox));
  return g_string_free (g_steal_pointer (&directory), FALSE);
}

static gboolean
name_error (GError **error, const char *mailbox, const char *reason)
{
  g_autofree char *safe = text_make_safe (mailbox);

  g_set_error (error, MAILDIR_ERROR, MAILDIR_ERROR_NAME, "mailbox \"%s\" can't be a directory: %s", safe,
               reason);
  return FALSE;
}

static gboolean
name_check (const char *mailbox, GError **error)
{
  guint levels = 1;

  if (*mailbox == '\0')
    return name_error (error, mailbox, "it has no name");
  if (strlen (mailbox) > NAME_BYTES_MAX)
    return name_error (error, mailbox, "the name is longer than 4000 octets");
  if (!g_utf8_validate (mailbox, -1, NULL))
    return name_error (error, mailbox, "the name is not valid UTF-8");
  for (const char *slash = strchr (mailbox, '/'); slash != NULL; slash = strchr (slash + 1, '/'))
    levels++;
  if (levels > LEVELS_MAX)
    return name_error (error, mailbox, "it is deeper than 100 levels");
  return TRUE;
}

static char *
directory_build (AccountLayout layout, const char *name, gboolean hash, GError **error)
{
  g_autofree char *mailbox = NULL;
  g_autofree char *directory = NULL;
  g_auto (GStrv) components = NULL;

  if (!name_check (name, error))
    return NULL;
  mailbox = fold_inbox (name);
  if (g_str_equal (mailbox, "INBOX"))
    return g_strdup (layout == ACCOUNT_LAYOUT_NESTED ? "INBOX" : "");
  components = g_strsplit (mailbox, "/", -1);
  switch (layout)
    {
    case ACCOUNT_LAYOUT_NESTED:
      directory = directory_nested (mailbox, components, hash);
      break;
    case ACCOUNT_LAYOUT_MAILDIRPP:
      directory = directory_maildirpp (mailbox, components, hash);
      break;
    }
  /* Escapes and NFC make names longer, and the kernel takes paths up to 4095 octets. */
  if (strlen (directory) > NAME_BYTES_MAX)
    {
      name_error (error, mailbox, "its directory's name would be longer than 4000 octets");
      return NULL;
    }
  return g_steal_pointer (&directory);
}

char *
maildir_directory_for_mailbox (AccountLayout layout, const char *mailbox, GError **error)
{
  return directory_build (layout, mailbox, FALSE, error);
}

char *
maildir_directory_hashed (AccountLayout layout, const char *mailbox, GError **error)
{
  return directory_build (layout, mailbox, TRUE, error);
}

gboolean
maildir_directory_is_hashed (const char *directory)
{
  return strstr (directory, HASH_MARK) != NULL;
}

/* The components' names joined by "/", or NULL. */
static char *
decode_components (char **components)
{
  g_autoptr (GString) mailbox = g_string_new (NULL);

  for (char **component = components; *component != NULL; component++)
    {
      g_autofree char *decoded = component_decode (*component);

      if (decoded == NULL)
        return NULL;
      g_string_append_printf (mailbox, "%s%s", component > components ? "/" : "", decoded);
    }
  return g_string_free (g_steal_pointer (&mailbox), FALSE);
}

char *
maildir_mailbox_for_directory (AccountLayout layout, const char *directory)
{
  g_autofree char *mailbox = NULL;
  g_autofree char *canonical = NULL;
  g_auto (GStrv) components = NULL;

  if (*directory == '\0')
    return layout == ACCOUNT_LAYOUT_MAILDIRPP ? g_strdup ("INBOX") : NULL;
  if (layout == ACCOUNT_LAYOUT_MAILDIRPP)
    components = *directory == '.' ? g_strsplit (directory + 1, ".", -1) : NULL;
  else
    components = g_strsplit (directory, "/", -1);
  mailbox = components != NULL ? decode_components (components) : NULL;
  if (mailbox == NULL)
    return NULL;
  canonical = directory_build (layout, mailbox, FALSE, NULL);
  if (canonical == NULL || !g_str_equal (canonical, directory))
    return NULL;
  return g_steal_pointer (&mailbox);
}

/* A component as a person may have written it: what is no escape of ours stands for itself. */
static char *
component_read (const char *component)
{
  g_autofree char *composed = g_utf8_normalize (component, -1, G_NORMALIZE_DEFAULT_COMPOSE);
  char *decoded = component_decode (composed);

  return decoded != NULL ? decoded : g_steal_pointer (&composed);
}

char *
maildir_mailbox_for_foreign_directory (AccountLayout layout, const char *directory)
{
  g_autoptr (GString) mailbox = g_string_new (NULL);
  g_autofree char *folded = NULL;
  g_auto (GStrv) components = NULL;

  if (!g_utf8_validate (directory, -1, NULL) || maildir_directory_is_hashed (directory))
    return NULL;
  if (layout == ACCOUNT_LAYOUT_MAILDIRPP)
    components = *directory == '.' ? g_strsplit (directory + 1, ".", -1) : NULL;
  else
    components = g_strsplit (directory, "/", -1);
  for (char **component = components; component != NULL && *component != NULL; component++)
    {
      g_autofree char *read = component_read (*component);

      if (*read == '\0' || strchr (read, '/') != NULL)
        return NULL;
      g_string_append_printf (mailbox, "%s%s", component > components ? "/" : "", read);
    }
  folded = fold_inbox (mailbox->str);
  return name_check (folded, NULL) ? g_steal_pointer (&folded) : NULL;
}

gboolean
maildir_is_directory_of (AccountLayout layout, const char *directory, const char *mailbox)
{
  g_autofree char *plain = maildir_directory_for_mailbox (layout, mailbox, NULL);
  g_autofree char *hashed = maildir_directory_hashed (layout, mailbox, NULL);

  return g_strcmp0 (plain, directory) == 0 || g_strcmp0 (hashed, directory) == 0;
}

char *
maildir_directory_fold (const char *directory)
{
  g_autofree char *composed = NULL;
  g_autofree char *folded = NULL;

  /* g_utf8_normalize reads beyond the end of what is not UTF-8. */
  if (!g_utf8_validate (directory, -1, NULL))
    return g_ascii_strdown (directory, -1);
  composed = g_utf8_normalize (directory, -1, G_NORMALIZE_DEFAULT_COMPOSE);
  folded = g_utf8_casefold (composed, -1);
  return g_utf8_normalize (folded, -1, G_NORMALIZE_DEFAULT_COMPOSE);
}
