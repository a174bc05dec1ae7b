/* Finding: what a check may find, how bad that is, and what to do about it. */
#ifndef ENGINE_FINDING_H
#define ENGINE_FINDING_H

typedef enum FindingKind {
        FINDING_VOLUME_MISSING,
        FINDING_VOLUME_SIZE,
        FINDING_VOLUME_DAMAGED,
        FINDING_VOLUME_WITHOUT_HASH,
        FINDING_VOLUME_UNLISTED,
        FINDING_MANIFEST_UNREADABLE,
        FINDING_SIGNATURES_MISSING,
        FINDING_SIGNATURES_UNREADABLE,
        FINDING_SIGNATURES_SENSELESS,
        FINDING_SET_MIXED,
        FINDING_DUPLICATE,
        FINDING_ORPHAN,
        FINDING_UNFINISHED,
        FINDING_STRAY,
        FINDING_CHAINS_OVERLAP,
        FINDING_CHAIN_UNREADABLE,
        FINDING_CONTENT_DAMAGED,
        FINDING_COPY_DIFFERS,
        FINDING_COPY_ALONE,
} FindingKind;

typedef enum Severity {
        SEVERITY_WARNING, /* all that the sets hold can be restored */
        SEVERITY_ERROR,   /* something cannot */
} Severity;

typedef struct Finding {
        FindingKind kind;
        const char *name; /* of the kind, for programs: "volume-missing" */
        Severity severity;
        const char *what; /* the caller's */
        const char *remedy;
} Finding;

/* WHAT has been found. The remedy of flaws of the collection (catalog/flaws.h) is the caller's to fill in. */
Finding finding_make(FindingKind kind, const char *what);

/* "warning" or "error". */
const char *finding_severity_name(Severity severity);

#endif
