/* Pace: holds a transfer down to so many bytes a second. */
#ifndef STORAGE_PACE_H
#define STORAGE_PACE_H

#include <stddef.h>
#include <stdint.h>

typedef struct Pace {
        uint64_t rate; /* bytes a second, 0: as fast as may be */
        double due;    /* when the next byte may be moved, by clock_monotonic */
} Pace;

/* Notes that COUNT bytes were moved, and sleeps until they should have been. */
void pace_note(Pace *pace, size_t count);

#endif
