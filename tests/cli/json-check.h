/* Is it JSON? The whole grammar of RFC 8259, and nothing beside it. */
#pragma once

#include <glib.h>

gboolean json_is_object (const char *text);
/* Each line of `text` is one object; at least one. */
void json_assert_lines (const char *text);
