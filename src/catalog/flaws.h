/* Flaws: what is wrong with a collection as far as its names tell, each with what mends it. Pure. */
#ifndef CATALOG_FLAWS_H
#define CATALOG_FLAWS_H

#include "catalog/retention.h"

typedef enum FlawKind {
        FLAW_MISSING_SIGNATURE, /* a set of a chain without its signature archive */
        FLAW_ORPHAN,
        FLAW_UNFINISHED,
        FLAW_DUPLICATE,
        FLAW_STRAY,
} FlawKind;

typedef struct Flaw {
        FlawKind kind;
        const BackupSet *set; /* NULL for strays */
        const SetFile *file;  /* of duplicates and strays; else NULL */
        const char *text;     /* "its signature archive is missing: its chain can be restored, but ..." */
        const char *remedy;   /* "begin a new chain with 'full'" */
} Flaw;

DEFINE_LIST(FlawList, flaw_list, Flaw)

/* Adds all flaws, in the order of the kinds; sets oldest first. CAN_CONTINUE is asked about unfinished sets (NULL:
 * none can be continued). Texts live as long as ARENA and the collection. */
void flaws_collect(const Collection *collection, RetentionTest *can_continue, const void *context, Arena *arena,
                   FlawList *flaws);

#endif
