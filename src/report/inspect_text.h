/* InspectText: what the commands find that look into a repository, as text. Pure. FOR_PEOPLE: control characters in
 * paths are made visible. Lines have no newline. */
#ifndef REPORT_INSPECT_TEXT_H
#define REPORT_INSPECT_TEXT_H

#include "base/buffer.h"
#include "engine/changes.h"
#include "engine/check.h"
#include "engine/diff.h"
#include "engine/find.h"

/* One line of check, and the last one. */
void inspect_text_finding(const Finding *finding, Buffer *out);
void inspect_text_check(const CheckTotals *totals, Buffer *out);

/* The same of diff. */
void inspect_text_difference(const Difference *difference, bool for_people, Buffer *out);
void inspect_text_diff(const DiffTotals *totals, Buffer *out);

/* One line of find, and of list-current-files --long. */
void inspect_text_version(const FoundVersion *version, bool for_people, Buffer *out);
void inspect_text_long(const Recorded *recorded, bool numeric, bool for_people, Buffer *out);

/* Texts of collection-status, with their newlines: --file-changed; what stands in front of the rows of
 * --show-changes-in-set, a row, and what stands behind them. */
void inspect_text_history(const FileHistory *history, bool for_people, Buffer *out);
void inspect_text_changes(const SetChanges *changes, Buffer *out);
void inspect_text_change(const SetChanges *changes, FileChange change, const char *path, bool for_people, Buffer *out);
void inspect_text_changes_end(const SetChanges *changes, Buffer *out);

#endif
