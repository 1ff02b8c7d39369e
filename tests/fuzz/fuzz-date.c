/* A date that parses is the same after it was written and read, if its year is one that can be written. */
#include "fuzz.h"
#include "imap/grammar/imap-date.h"

#include <string.h>

#define FIRST_SECOND G_GINT64_CONSTANT (-62135596800)
#define LAST_SECOND G_GINT64_CONSTANT (253402300799)

static void
check_round_trip (gint64 seconds)
{
  char buffer[IMAP_DATE_SIZE];
  gint64 back;

  imap_date_format (seconds, buffer);
  g_assert_true (imap_date_parse (buffer, strlen (buffer), &back));
  g_assert_cmpint (back, ==, CLAMP (seconds, FIRST_SECOND, LAST_SECOND));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  gint64 seconds;

  if (imap_date_parse ((const char *)data, size, &seconds))
    check_round_trip (seconds);
  if (size >= sizeof (seconds))
    {
      memcpy (&seconds, data, sizeof (seconds));
      check_round_trip (seconds);
      check_round_trip (seconds % LAST_SECOND);
    }
  return 0;
}
