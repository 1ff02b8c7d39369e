/* A print: one number for all that a directory shows of a message: its base name, its flags, size and mtime
 * of its file. Equal prints mean an unchanged file; what is found so is not looked at again. No proof against
 * somebody who wants two files to have one print: whoever can write into a Maildir needs none. */
#pragma once

#include <glib.h>

/* Never that of a file: whoever has it is always looked at. */
#define MESSAGE_PRINT_NONE 0

/* `keywords` is a canonical set; its spelling does not matter. */
guint64 message_print (const char *base, guint8 system, const char *keywords, guint64 size, gint64 mtime_ns);
