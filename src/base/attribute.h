/* Short names for compiler attributes and compile-time arithmetic. */
#ifndef BASE_ATTRIBUTE_H
#define BASE_ATTRIBUTE_H

#define CHECKED __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((__format__(__printf__, text, first)))
#define NORETURN __attribute__((noreturn))
#define UNUSED __attribute__((unused))

/* Number of elements of an array (not of a pointer: that does not compile). */
#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]) + MUST_BE_ARRAY_(array))
#define MUST_BE_ARRAY_(array)                                                                                          \
        (0 * sizeof(struct {                                                                                           \
                 int is_array_ : 1 - 2 * __builtin_types_compatible_p(__typeof__(array), __typeof__(&(array)[0]));     \
         }))

/* Arguments are evaluated twice: no side effects in them. */
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#endif
