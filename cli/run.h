/* Runs one request to its end: the main loop, the signals, the exit status. */
#pragma once

#include "command.h"
#include "output.h"

/* The first SIGINT or SIGTERM ends the accounts at their next safe point, the second the program. Returns the
 * exit status. */
int run_request (const Options *options, const EngineRequest *request, Output *output);
