/* What happens to an account at Gmail, and what has to come of it (C3.5, C4, C6; README, "Gmail"). */
#pragma once

#include "gmail-account.h"

#define GMAIL_MAX_LINES 8

typedef struct
{
  const char *name; /* a test's path: what happens */
  AccountGmail gmail;
  gboolean auto_expunge;
  const char *changes[GMAIL_MAX_LINES];  /* when both sides are equal */
  const char *expected[GMAIL_MAX_LINES]; /* of gmail_expect */
  guint bodies, appends;                 /* at most so many texts come, and go */
  guint attic;                           /* so many files get there */
  gboolean is_swept;                     /* killed at every step, too */
} GmailRow;

extern const GmailRow gmail_rows[];
extern const guint n_gmail_rows;

/* (transfer full): the account of the row, both sides equal. */
Hostile *gmail_row_prepare (const GmailRow *row);
/* Makes the row's changes. */
void gmail_row_change (const GmailRow *row, Hostile *hostile);
/* All is as the row says, and a further sync changes nothing. */
void gmail_row_check (const GmailRow *row, Hostile *hostile);
