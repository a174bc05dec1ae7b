/* Removal: what the removing commands are about to do or did, as text and as JSON (FORMAT.md, "Removal"). Pure. */
#ifndef REPORT_REMOVAL_H
#define REPORT_REMOVAL_H

#include "base/buffer.h"
#include "base/json.h"
#include "engine/prune.h"

/* Appends what is about to happen, in stock's words where it has any. */
void removal_print(const PruneReport *report, Buffer *out);

/* Adds what happened, or would have, to the object at work: "deleted" (false: listed only); "sets", of each set or
 * single "file" its "type", "start", "time", whether it is "removed", and the "reason"; "files" of the far side with
 * "name" and "bytes"; "local_files"; and how many "removed_files" and "removed_bytes" there really were. */
void removal_print_json(const PruneReport *report, Json *json);

#endif
