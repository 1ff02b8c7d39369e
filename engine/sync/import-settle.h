/* A group of retrieved messages becomes durable (contract C2.1, C7). */
#pragma once

#include "import.h"

/* A message whose file is complete and synced in tmp/. */
typedef struct
{
  ImportMessage *message;
  char *base;
  MaildirDelivered delivered;
  ImportRow *row;  /* from the decision on */
  gboolean is_new; /* to be delivered; else its file goes again */
} ImportArrival;

/* (transfer full): takes base and delivered over. */
ImportArrival *import_arrival_new (ImportMessage *message, char *base, const MaildirDelivered *delivered);
void import_arrival_free (gpointer arrival);

/* In the order in which they came: decides on each, stages, publishes, records as present. Settled ones are
 * taken from the array, and their messages have rows. */
gboolean import_settle (Import *import, GPtrArray *arrivals, GError **error);
