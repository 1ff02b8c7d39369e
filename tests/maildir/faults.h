/* System calls that fail when a test wants them to. The program is linked with -Wl,--wrap for each of them
 * (faults_wrap in meson.build), so what is tested is the code as it is. For one thread. */
#pragma once

#include <glib.h>

/* The `skip`-th call from now (0: the next) of this name fails with that error; once. */
void faults_plan (const char *call, guint skip, int error_number);
/* Every call of this name fails so, until the next plan. */
void faults_plan_always (const char *call, int error_number);
/* Writes give away one octet at a time, and every other one is interrupted. */
void faults_plan_short_writes (void);
/* Ends the plan; TRUE when its fault has happened. */
gboolean faults_end (void);

/* Writes, syncs and renames from now on, one a line: "fsync DIRECTORY/NAME", with the last two components of
 * the path; a run of writes to one file is one line. */
void faults_trace_begin (void);
/* (transfer full) */
char *faults_trace_end (void);
