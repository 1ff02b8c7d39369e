/* What servers say, and what it means; what they must not say. */
#pragma once

#include <glib.h>

typedef struct
{
  const char *description; /* with the server or the report it comes from, where there is one */
  const char *input;
  const char *expected; /* as parser_run_take_text tells it; "malformed" stands for any complaint */
} ParserRow;

typedef struct
{
  const char *path; /* test path */
  const ParserRow *rows;
  gsize n_rows;
} ParserTable;

extern const ParserTable PARSER_VALID_TABLES[];
extern const gsize N_PARSER_VALID_TABLES;
extern const ParserTable PARSER_HOSTILE_TABLES[];
extern const gsize N_PARSER_HOSTILE_TABLES;
