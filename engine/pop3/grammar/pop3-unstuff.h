/* The octets of one message on the wire to those of the message (RFC 1939 section 3): finds the line of one
 * dot, and takes the dot off lines that were stuffed. Holds at most a line end and a dot. */
#pragma once

#include "pop3-parser.h"

/* How much of the end, CRLF "." CRLF, the last octets were. */
typedef enum
{
  POP3_UNSTUFF_TEXT,
  POP3_UNSTUFF_CR,
  POP3_UNSTUFF_LINE_START, /* behind a line end, or at the beginning */
  POP3_UNSTUFF_DOT,
  POP3_UNSTUFF_DOT_CR,
  POP3_UNSTUFF_END,
} Pop3UnstuffState;

typedef struct
{
  Pop3UnstuffState state;
  gboolean lf_ends;    /* a bare LF ends a line too */
  const char *held;    /* the line end that was eaten and not given on yet: "", LF or CRLF */
  guint64 listed_size; /* 0: not known */
  guint64 octets;      /* given on */
  Pop3TakeFunc take;   /* (nullable) */
  gpointer user_data;
} Pop3Unstuff;

void pop3_unstuff_begin (Pop3Unstuff *unstuff, const Pop3Expectation *expectation, gboolean lf_ends);

/* Eats up to the end of the message at most; then the state is END. FALSE: take refused. */
gboolean pop3_unstuff_eat (Pop3Unstuff *unstuff, const guint8 **data, gsize *length);
