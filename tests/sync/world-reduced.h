/* The same world without what engine/sync/plan-settled.h says a plan can do without. */
#pragma once

#include "../../engine/sync/plan.h"

/* Planned without any of the settled messages, and without every second of them, `input` must come to exactly
 * `operations`. */
void world_assert_reducible (const PlanInput *input, const GArray *operations);

gboolean plan_operation_equal (const PlanOperation *a, const PlanOperation *b);
