/* Commands as they come, literals included. */
#pragma once

#include "fake-peer.h"
#include "model-private.h"

typedef struct
{
  char *tag;
  char *text;          /* without the tag; of a literal only "{LENGTH}" */
  GPtrArray *literals; /* of GBytes */
} ModelLine;

/* Asked at each literal: FALSE ends the reading, after which the line is not complete. */
typedef gboolean (*ModelLiteralFunc) (const ModelLine *line, gsize length, gboolean synchronizing,
                                      gpointer user_data);

/* (transfer full) (nullable): the client went away or `literal` ended it. */
ModelLine *model_line_read (FakePeer *peer, ModelLiteralFunc literal, gpointer user_data);
void model_line_free (ModelLine *line);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ModelLine, model_line_free)

/* (transfer full) */
ModelCommand *model_command_parse (const ModelLine *line);
void model_command_free (ModelCommand *command);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ModelCommand, model_command_free)
