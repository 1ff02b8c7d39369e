/* Lists of words, such as the options a command has, as they stand in different places. A list is one string,
 * the words sorted, each once, with a space between: so g_assert_cmpstr shows what differs. */
#pragma once

#include "../cli/cli-fixture.h"

/* (transfer full): what is matched in each line of `text` by the first group of `pattern`, which may match
 * several times in a line. */
char *words_matching (const char *text, const char *pattern);
/* (transfer full): words of either. */
char *words_join (const char *words, const char *more);
/* (transfer full): `words` without `word`. */
char *words_without (const char *words, const char *word);

/* (transfer full): "--config --help -h ...": those in the help of the command, or of the program where it is
 * "". */
char *help_options (const CliFixture *fixture, const char *command);
/* (transfer full) */
char *help_commands (const CliFixture *fixture);

/* (transfer full): a file of the source tree. */
char *source_text (const char *path);
