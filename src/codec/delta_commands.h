/* Commands of a delta, one by one (FORMAT.md, "Signature archives"): internal to delta_*.c. */
#ifndef CODEC_DELTA_COMMANDS_H
#define CODEC_DELTA_COMMANDS_H

#include "codec/stream.h"

/* What is done with them. */
typedef struct DeltaSink {
        Error *(*literal)(void *context, Bytes bytes); /* a part of one at a time */
        Error *(*copy)(void *context, uint64_t from, uint64_t length);
        void *context;
        uint64_t source_size; /* of what the delta is for, at most INT64_MAX, which is right when it is unknown */
} DeltaSink;

/* Reads DELTA to its end. Damage, or a copy of what lies beyond source_size: ERROR_CORRUPT. */
CHECKED Error *delta_commands_read(Reader *delta, const DeltaSink *sink);

#endif
