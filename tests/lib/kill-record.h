/* What kill-preload.c tells the test, in a file that both map: it survives the kill. */
#pragma once

#include <stdint.h>

typedef struct
{
  uint64_t calls;      /* counted so far */
  char last_call[256]; /* the one at which the process was killed; empty if it was not */
} KillRecord;
