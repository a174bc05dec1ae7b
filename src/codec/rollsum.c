#include "codec/rollsum.h"

#include <string.h>

#include "codec/lanes.h"

enum { STEP = 16 }; /* bytes at a time: as many numbers of 16 bits as the widest registers hold */

typedef uint8_t ByteLanes __attribute__((vector_size(STEP)));
typedef uint16_t Lanes __attribute__((vector_size(STEP * sizeof(uint16_t))));

INLINE uint16_t add_lanes(const Lanes *lanes) {
        uint16_t sum = 0;
        for (size_t i = 0; i < STEP; i++)
                sum = (uint16_t)(sum + (*lanes)[i]);
        return sum;
}

/* The sums of the whole steps at the front, without the offset: a byte counts as often as there are bytes from it to
 * the end. */
INLINE Rollsum sum_steps(const uint8_t *at, size_t count) {
        static const Lanes weights = { 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 };
        Lanes sum = { 0 }, before = { 0 }, weighted = { 0 };
        for (size_t i = 0; i < count; i++) {
                ByteLanes bytes;
                memcpy(&bytes, at + i * STEP, STEP);
                Lanes wide = __builtin_convertvector(bytes, Lanes);
                before += sum;
                sum += wide;
                weighted += wide * weights;
        }
        return (Rollsum){ add_lanes(&sum), (uint16_t)(STEP * add_lanes(&before) + add_lanes(&weighted)) };
}

static Rollsum sum_anywhere(const uint8_t *at, size_t count) {
        return sum_steps(at, count);
}

/* The same code for wider registers, where there are any. */
WITH_WIDE_REGISTERS static Rollsum sum_widely(const uint8_t *at, size_t count) {
        return sum_steps(at, count);
}

Rollsum rollsum_of(Bytes window) {
        size_t length = window.length, steps = length / STEP;
        Rollsum rollsum = (has_wide_registers() ? sum_widely : sum_anywhere)(window.at, steps);
        for (size_t i = steps * STEP; i < length; i++) {
                rollsum.sum = (uint16_t)(rollsum.sum + window.at[i]);
                rollsum.sums = (uint16_t)(rollsum.sums + rollsum.sum);
        }
        size_t triangle = length % 2 ? (length + 1) / 2 * length : length / 2 * (length + 1);
        rollsum.sum = (uint16_t)(rollsum.sum + ROLLSUM_OFFSET * length);
        rollsum.sums = (uint16_t)(rollsum.sums + ROLLSUM_OFFSET * triangle);
        return rollsum;
}
