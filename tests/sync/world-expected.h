/* What must become of a world, said without operations: by counting copies and by a table for each flag. */
#pragma once

#include "world.h"

typedef struct
{
  gboolean is_known; /* FALSE: the rules leave a choice */
  gboolean is_there;
  guint8 remote, local, base, not_kept;
} ExpectedMessage;

typedef struct
{
  gint64 first_new_row;
  gboolean is_counted[WORLD_CONTENTS];
  guint8 copies[WORLD_CONTENTS];
  guint8 row_content[WORLD_MAX];
  ExpectedMessage rows[WORLD_MAX]; /* as World.rows */
  gint64 row_ids[WORLD_MAX];
  guint n_rows;
  ExpectedMessage fresh[WORLD_CONTENTS]; /* what was new on one side or both */
} Expected;

/* Of the whole world, what is hidden included. */
void expected_init (Expected *expected, const World *world, const WorldRules *rules);

/* That both sides and the base are equal and have each content as often as expected. */
void expected_assert_copies (const Expected *expected, const World *world);
void expected_assert_flags (const Expected *expected, const World *world);
