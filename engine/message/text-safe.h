/* Text from outside, made safe for a terminal and a log (contract C8). */
#pragma once

#include <glib.h>

/* (transfer full): valid UTF-8 on one line, at most 200 characters ("..." marks a cut): C0, DEL, C1 (also as
 * UTF-8), invalid UTF-8, bidirectional controls and line separators become "\xNN" or "\u{NNNN}". `text`
 * (nullable): "". */
char *
text_make_safe (const char *text);
char *
text_make_safe_len (const char *text, gsize length);
