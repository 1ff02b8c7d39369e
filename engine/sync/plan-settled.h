/* Which messages a plan can do without, so that memory and work follow what changed. Pure.
 *
 * A row of the base is settled when both sides are seen to hold it as the base says: the server with its
 * flags, here its file with its flags and those that are not kept there, of the size and time that its
 * content had when it was last read. A settled row may be left out of all three lists of a PlanInput,
 * together with its message on the server and its file here, and the plan stays the same:
 *
 * - by itself a settled row plans nothing: no flag differs, what is not kept stays so, a mark that
 *   expunge-marked would act on is in the base already;
 * - it can't meet others: new messages are compared with new files, files with rows that are gone here, and
 *   it is none of these;
 * - it must be left out on all sides: its message alone would look new on the server, its file new here;
 * - how many messages there are, for holds, is counted in the journal, and how many the server has is its
 *   EXISTS; whether the two agree is checked before anything is left out.
 *
 * Rows whose row, message or file can't be told to be so (in doubt, of keywords that no letter here stands
 * for, not there) are not settled. tests/sync/test-plan-settled.c plans worlds both ways.
 */
#pragma once

#include "plan.h"

/* The server's side of the row. */
gboolean plan_is_settled_there (const PlanBase *row, MessageFlags remote);
/* This side of it. */
gboolean plan_is_settled_here (MessageKeywordPool *pool, const PlanBase *row, const PlanLocal *local);
