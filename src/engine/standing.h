/* Standing: how far a recording has come, as the checkpoints of its volumes keep it. */
#ifndef ENGINE_STANDING_H
#define ENGINE_STANDING_H

#include <sys/stat.h>

#include "engine/checkpoint.h"
#include "engine/compare.h"
#include "engine/summary.h"

/* A zeroed one is that of a recording that has not begun. */
typedef struct Standing {
        SummaryMark mark; /* the numbers as the change at work began */
        const char *at;   /* its path, the change's; NULL: nothing is at work any more */
        Buffer closed;    /* the last path, not beneath one before, that is no folder now */
        bool has_closed;
} Standing;

/* CHANGE is at work from now on; SUMMARY speaks of all before it. */
void standing_begin(Standing *standing, const Summary *summary, const Change *change);

/* Everything has been dealt with. */
void standing_end(Standing *standing);

/* Fills in the numbers, the path at work, and whether another run can begin with it. */
void standing_describe(const Standing *standing, const Summary *summary, Checkpoint *checkpoint);

/* Digest of all that is known of a file, an ENTRY with STATUS, besides its content. */
void standing_identify(const Entry *entry, const struct stat *status, uint8_t identity[DIGEST_SHA256_SIZE]);

void standing_clear(Standing *standing);

#endif
