/* InspectJson: what the commands find that look into a repository, as JSON (docs/JSON.md). Pure. */
#ifndef REPORT_INSPECT_JSON_H
#define REPORT_INSPECT_JSON_H

#include "base/json.h"
#include "engine/changes.h"
#include "engine/check.h"
#include "engine/diff.h"
#include "engine/find.h"

/* Each adds one element of a list. */
void inspect_json_finding(Json *json, const Finding *finding);
void inspect_json_difference(Json *json, const Difference *difference);
void inspect_json_version(Json *json, const FoundVersion *version);
void inspect_json_file(Json *json, const Recorded *recorded);
void inspect_json_change(Json *json, FileChange change, const char *path);

/* Each adds the members that follow such a list. */
void inspect_json_check(Json *json, const CheckTotals *totals);
void inspect_json_diff(Json *json, const DiffTotals *totals);

/* Adds the members of collection-status --file-changed. */
void inspect_json_history(Json *json, const FileHistory *history);

#endif
