/* Which new local file is a known message under a new base name (contract C2.4: size and full digest decide,
 * never a name). Pure, one to one, deterministic. */
#pragma once

#include "plan.h"

typedef struct
{
  guint row;   /* index into the rows given */
  guint local; /* index into the files given */
} Relink;

/* rows: of PlanBase, gone here and still there. locals: of PlanLocal, new here. Rows without a digest and
 * files without an identity take no part. Of several alike the first row goes with the first file.
 * (transfer full) (element-type Relink), sorted by row. */
GArray *relink_messages (const GPtrArray *rows, const GPtrArray *locals);
