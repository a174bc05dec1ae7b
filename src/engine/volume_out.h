/* VolumeOut: tar members into volumes; says when one is full and what each holds. */
#ifndef ENGINE_VOLUME_OUT_H
#define ENGINE_VOLUME_OUT_H

#include "codec/tar.h"
#include "engine/ship.h"

typedef struct VolumeOut VolumeOut;

/* Volumes are closed before they exceed VOLUME_SIZE plain bytes; one member always fits. SHIP stays the caller's and
 * must outlive it. HAS_VOLUMES: the set has some already. */
VolumeOut *volume_out_new(Ship *ship, uint64_t volume_size, bool has_volumes);

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
