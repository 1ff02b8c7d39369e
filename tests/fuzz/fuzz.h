/* What libFuzzer calls, and fuzz-main.c in its place. Aborts when a promise is broken; returns 0. */
#pragma once

#include <glib.h>

int LLVMFuzzerTestOneInput (const guint8 *data, size_t size);
