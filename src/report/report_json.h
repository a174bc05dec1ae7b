/* Reports as members of the JSON document (docs/JSON.md), beside report.h. Pure. */
#ifndef REPORT_REPORT_JSON_H
#define REPORT_REPORT_JSON_H

#include "base/json.h"
#include "engine/engine.h"

/* Begins the document: the outermost object and who speaks. COMMAND may be NULL: the command line was wrong. */
void report_json_begin(Json *json, const char *command);

/* Ends it with what went wrong and the exit code. ERROR may be NULL. */
void report_json_end(Json *json, const Summary *summary, const Error *error, int exit_code);

/* The members of each command. */
void report_json_backup(Json *json, const Summary *summary, bool dry_run);
void report_json_restore(Json *json, const Summary *summary, bool dry_run);
void report_json_verify(Json *json, const Summary *summary);
void report_json_status(Json *json, const Status *status);

/* One element of the lists "differences" and "files". */
void report_json_difference(Json *json, const char *path, const char *text);
void report_json_file(Json *json, const Entry *entry);

#endif
