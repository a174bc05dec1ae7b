/* Glob: one pattern of shell style against whole paths (FORMAT.md, "Selection").
 *
 * Compiled once and constant afterwards, so that threads may share it. Matching allocates nothing, and takes time
 * proportional to path and pattern at worst. */
#ifndef SOURCE_GLOB_H
#define SOURCE_GLOB_H

#include "base/bytes.h"
#include "base/error.h"

typedef struct Glob Glob;

typedef enum GlobSyntax {
        GLOB_PATTERN = 0,
        GLOB_LITERAL = 1, /* no character is special but a '/' at the end */
        GLOB_IGNORE_CASE = 2,
} GlobSyntax;

typedef enum GlobAnswer {
        GLOB_NOTHING,
        GLOB_LEADS,   /* no match, but there may be matches beneath the path */
        GLOB_MATCHES, /* the path, or a folder it lies in */
} GlobAnswer;

/* True when no character of PATTERN is special. */
bool glob_is_plain(Bytes pattern);

/* Refuses what no pattern may be: empty, or with '//'. ERROR_USER with exit code 15. */
CHECKED Error *glob_check(Bytes pattern);

/* Compiles PATTERN; SYNTAX is a sum of the above. The same errors, also for a range whose end comes before its start,
 * and for more than GLOB_LONGEST characters. */
#define GLOB_LONGEST 4000
CHECKED Error *glob_compile(Bytes pattern, unsigned syntax, Glob **ret_glob);

/* What PATH is to the pattern. A pattern that ends in '/' matches folders, and what lies in them. Callers who do not
 * care whether it leads anywhere leave WANTS_LEADS false: that is faster, and never answers GLOB_LEADS. */
GlobAnswer glob_match(const Glob *glob, Bytes path, bool is_folder, bool wants_leads);

void glob_free(Glob *glob);
DEFINE_AUTO(Glob, glob_free)

#endif
