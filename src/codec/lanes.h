/* For code over vector types that is compiled twice: for any processor of the architecture, and for those with wider
 * registers, which are asked for when the program runs. What both do is an INLINE function. */
#ifndef CODEC_LANES_H
#define CODEC_LANES_H

#include <stdbool.h>

#define INLINE static inline __attribute__((always_inline))

/* Marks a function that is called only where has_wide_registers. */
#ifdef __x86_64__
#define WITH_WIDE_REGISTERS __attribute__((target("avx2")))
#else
#define WITH_WIDE_REGISTERS
#endif

/* True when this processor has AVX2; false on other architectures, whose own vectors are used anyway. */
static inline bool has_wide_registers(void) {
#ifdef __x86_64__
        return __builtin_cpu_supports("avx2");
#else
        return false;
#endif
}

#endif
