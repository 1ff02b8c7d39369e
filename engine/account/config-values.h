/* What the values of many keys have in common: numbers, words, paths, and how a wrong one is refused. */
#pragma once

#include <glib.h>

/* Always FALSE; sets CONFIG_ERROR_INVALID: “VALUE” PROBLEM; write ADVICE. */
gboolean config_value_refuse (GError **error, const char *value, const char *problem, const char *advice);

gboolean config_value_number (const char *value, guint min, guint max, guint *number);

/* *index is that of `value` in `words` (NULL-terminated), ASCII case aside. */
gboolean config_value_word (const char *value, const char *const *words, guint *index, GError **error);

/* Replaces *path by (transfer full) `value`, absolute, "~/" made the home directory, no slash at its end. */
gboolean config_value_path (const char *value, char **path, GError **error);

gboolean config_value_has_control (const char *value);

/* How many octets must be put in, taken out, changed or swapped with their neighbour to make `name` of `word`
 * (Damerau and Levenshtein); a missing end of the word counts as one, however long. G_MAXUINT: too long to
 * compare. */
guint config_value_distance (const char *name, const char *word);
