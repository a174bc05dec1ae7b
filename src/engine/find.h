/* Find: all versions of the paths that match a pattern, from signature archives alone. */
#ifndef ENGINE_FIND_H
#define ENGINE_FIND_H

#include "engine/job.h"
#include "engine/signature_in.h"
#include "engine/summary.h"

typedef enum VersionKind {
        VERSION_ADDED,   /* it was not there before */
        VERSION_CHANGED, /* the set has another version of it */
        VERSION_DELETED, /* it is not there any more */
} VersionKind;

/* What happened to a path in one set. Valid while it is told. */
typedef struct FoundVersion {
        const char *path; /* "" is the root */
        VersionKind kind;
        Moment when;      /* the set's end */
        EntryType type;   /* of a deleted one: what it was */
        SizeRange size;   /* the same */
        int64_t modified; /* the same */
} FoundVersion;

typedef void FindSink(void *context, const FoundVersion *version);

/* Tells every version in every chain of each path that matches job->glob, or lies beneath one that does: by paths in archive order, of one path the
 * oldest first. A full set has a version only of what differs from the chain before it. Signature archives that are
 * missing or damaged are counted and told in SUMMARY. A pattern that makes no sense: ERROR_USER, exit code 15. No path
 * matches: ERROR_MISSING, exit code 19; no backup at all: 20. */
CHECKED Error *find_run(const Job *job, Summary *summary, FindSink *sink, void *context);

/* The name of a kind: "added", "changed", "deleted". */
const char *version_kind_name(VersionKind kind);

#endif
