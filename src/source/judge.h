/* Judge: asks the rules of a Selection about each path of a tree. One for each thread; they may share the Selection. */
#ifndef SOURCE_JUDGE_H
#define SOURCE_JUDGE_H

#include <sys/stat.h>

#include "source/selection.h"

typedef enum Verdict {
        VERDICT_EXCLUDE, /* a folder of this is not to be entered */
        VERDICT_INCLUDE,
        VERDICT_SCAN, /* a folder that is included when something in it is; anything else is not */
} Verdict;

/* A path in question; never the root, which is always included. */
typedef struct Candidate {
        const char *path;          /* relative to the root */
        const struct stat *status; /* NULL: could not be had */
        int parent;                /* descriptor of the folder it lies in */
        const char *name;          /* in there */
} Candidate;

typedef struct Judge Judge;

/* SELECTION NULL includes everything. ROOT_DEVICE is the file system of the root. */
Judge *judge_new(const Selection *selection, dev_t root_device);

/* ERROR_USER with exit code 15 for a regular expression that does not come to an end. */
CHECKED Error *judge_path(Judge *judge, const Candidate *candidate, Verdict *ret_verdict);

void judge_free(Judge *judge);
DEFINE_AUTO(Judge, judge_free)

#endif
