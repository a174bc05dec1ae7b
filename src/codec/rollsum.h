/* Rollsum: librsync's weak sum of a window of bytes, which moves along a text at a few steps per byte. */
#ifndef CODEC_ROLLSUM_H
#define CODEC_ROLLSUM_H

#include "base/bytes.h"

/* Both parts count modulo 65536: the sum of all bytes, each plus ROLLSUM_OFFSET; and the sum of all sums so far. */
typedef struct Rollsum {
        uint16_t sum, sums;
} Rollsum;

enum { ROLLSUM_OFFSET = 31 };

/* That of a whole window. */
Rollsum rollsum_of(Bytes window);

/* Moves a window of LENGTH bytes on by one: OUT leaves it, IN enters it. */
static inline void rollsum_move(Rollsum *rollsum, size_t length, uint8_t out, uint8_t in) {
        rollsum->sum = (uint16_t)(rollsum->sum + in - out);
        rollsum->sums = (uint16_t)(rollsum->sums + rollsum->sum - length * (size_t)(out + ROLLSUM_OFFSET));
}

/* Takes the first byte, OUT, away from a window of LENGTH bytes. */
static inline void rollsum_shrink(Rollsum *rollsum, size_t length, uint8_t out) {
        rollsum->sum = (uint16_t)(rollsum->sum - (out + ROLLSUM_OFFSET));
        rollsum->sums = (uint16_t)(rollsum->sums - length * (size_t)(out + ROLLSUM_OFFSET));
}

/* As it stands in signatures. */
static inline uint32_t rollsum_value(Rollsum rollsum) {
        return (uint32_t)rollsum.sums << 16 | rollsum.sum;
}

#endif
