/* Findings: what is wrong with a collection as far as its names tell, each with what mends it. Pure. */
#ifndef CATALOG_FINDINGS_H
#define CATALOG_FINDINGS_H

#include "catalog/retention.h"

typedef enum FindingKind {
        FINDING_MISSING_SIGNATURE, /* a set of a chain without its signature archive */
        FINDING_ORPHAN,
        FINDING_UNFINISHED,
        FINDING_DUPLICATE,
        FINDING_STRAY,
} FindingKind;

typedef struct Finding {
        FindingKind kind;
        const BackupSet *set; /* NULL for strays */
        const SetFile *file;  /* of duplicates and strays; else NULL */
        const char *text;     /* "its signature archive is missing: nothing can be added to its chain" */
        const char *remedy;   /* "make a full backup" */
} Finding;

DEFINE_LIST(FindingList, finding_list, Finding)

/* Adds all findings, in the order of the kinds; sets oldest first. CAN_CONTINUE is asked about unfinished sets (NULL:
 * none can be continued). Texts live as long as ARENA and the collection. */
void findings_collect(const Collection *collection, RetentionTest *can_continue, const void *context, Arena *arena,
                      FindingList *findings);

#endif
