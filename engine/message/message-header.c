#include "message-header.h"

#include <openssl/evp.h>
#include <string.h>

/* One unfolded field, without trailing white space. */
typedef struct
{
  const char *text;
  gsize length;
} HeaderField;

static gboolean
is_wsp (char c)
{
  return c == ' ' || c == '\t';
}

static gboolean
is_space (char c)
{
  return is_wsp (c) || c == '\r' || c == '\n';
}

/* Unfolds (RFC 5322 section 2.2.3) the field at *next into `unfolded`, and moves *next behind it. */
static void
unfold_field (const char **next, const char *end, GByteArray *unfolded)
{
  do
    {
      const char *lf = memchr (*next, '\n', (gsize)(end - *next));
      const char *after = lf != NULL ? lf + 1 : end;
      gsize length = (gsize)(after - *next);

      if (lf != NULL)
        length -= lf > *next && lf[-1] == '\r' ? 2 : 1;
      g_byte_array_append (unfolded, (const guint8 *)*next, (guint)length);
      *next = after;
    }
  while (*next < end && is_wsp (**next));
}

/* (transfer full): the fields, pointing into `unfolded`, which is filled here and must not change afterwards.
 */
static GArray *
split_fields (const GByteArray *header, GByteArray *unfolded)
{
  GArray *fields = g_array_new (FALSE, FALSE, sizeof (HeaderField));
  const char *next = (const char *)header->data;
  const char *end = next + header->len;

  /* Unfolding only shortens, so the pointers into it stay. */
  g_byte_array_set_size (unfolded, header->len);
  g_byte_array_set_size (unfolded, 0);
  while (next < end)
    {
      HeaderField field = { .text = (const char *)unfolded->data + unfolded->len };
      guint before = unfolded->len;

      unfold_field (&next, end, unfolded);
      field.length = unfolded->len - before;
      while (field.length > 0 && is_space (field.text[field.length - 1]))
        field.length--;
      if (field.length > 0)
        g_array_append_val (fields, field);
    }
  return fields;
}

/* (transfer full) (nullable): the value of the field when its name is `name` and it is not empty. */
static char *
field_value (const HeaderField *field, const char *name)
{
  gsize skip = strlen (name);
  g_autofree char *value = NULL;

  if (field->length <= skip || g_ascii_strncasecmp (field->text, name, skip) != 0)
    return NULL;
  while (skip < field->length && is_wsp (field->text[skip]))
    skip++;
  if (skip == field->length || field->text[skip] != ':')
    return NULL;
  skip++;
  value = g_strstrip (g_strndup (field->text + skip, field->length - skip));
  return *value != '\0' ? g_steal_pointer (&value) : NULL;
}

static char *
first_value (const GArray *fields, const char *name)
{
  for (guint i = 0; i < fields->len; i++)
    {
      char *value = field_value (&g_array_index (fields, HeaderField, i), name);

      if (value != NULL)
        return value;
    }
  return NULL;
}

static int
field_compare (gconstpointer a, gconstpointer b)
{
  const HeaderField *left = a;
  const HeaderField *right = b;
  int order = memcmp (left->text, right->text, MIN (left->length, right->length));

  return order != 0 ? order : (left->length > right->length) - (left->length < right->length);
}

/* Sorted, each field ended by the LF that no unfolded field holds: other fields make another text. */
static void
digest_fields (GArray *fields, guint expected, MessageDigest *digest)
{
  g_autoptr (GByteArray) text = g_byte_array_sized_new (expected);

  g_array_sort (fields, field_compare);
  for (guint i = 0; i < fields->len; i++)
    {
      const HeaderField *field = &g_array_index (fields, HeaderField, i);

      g_byte_array_append (text, (const guint8 *)field->text, (guint)field->length);
      g_byte_array_append (text, (const guint8 *)"\n", 1);
    }
  if (EVP_Digest (text->data, text->len, digest->bytes, NULL, EVP_sha256 (), NULL) != 1)
    g_error ("OpenSSL offers no SHA-256");
}

void
message_header_read (const GByteArray *header, MessageIdentity *identity)
{
  g_autoptr (GByteArray) unfolded = g_byte_array_new ();
  g_autoptr (GArray) fields = split_fields (header, unfolded);

  identity->message_id = first_value (fields, "Message-ID");
  identity->date = first_value (fields, "Date");
  identity->subject = first_value (fields, "Subject");
  digest_fields (fields, header->len, &identity->header);
}
