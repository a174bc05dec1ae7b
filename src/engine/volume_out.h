/* VolumeOut: tar members into volumes; says when one is full and what each holds. */
#ifndef ENGINE_VOLUME_OUT_H
#define ENGINE_VOLUME_OUT_H

#include "codec/tar.h"
#include "engine/ship.h"

typedef struct VolumeOut VolumeOut;

enum { VOLUME_OUT_SMALL = 8 }; /* a small volume is such a part of others */

typedef struct VolumeOutOptions {
        uint64_t volume_size; /* most plain bytes of a volume; one member always fits */
        bool begins_small;    /* the set's first volume is a small one: it is under way sooner */
        bool has_volumes;     /* the set has some already */
} VolumeOutOptions;

/* SHIP stays the caller's and must outlive it. */
VolumeOut *volume_out_new(Ship *ship, const VolumeOutOptions *options);

/* Adds one member with its PAYLOAD. POSITION is its path, with the number of the chunk unless that is the last of its
 * path or the only one. */
CHECKED Error *volume_out_add(VolumeOut *out, const TarMember *member, Bytes payload, Position position);

/* Ends the last volume; a set without any change gets one that holds nothing. */
CHECKED Error *volume_out_finish(VolumeOut *out);

/* Number of volumes that have been ended. */
uint64_t volume_out_count(const VolumeOut *out);

void volume_out_free(VolumeOut *out);
DEFINE_AUTO(VolumeOut, volume_out_free)

#endif
