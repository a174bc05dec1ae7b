/* Ownership that the compiler keeps: destructors by attribute, hand-over by TAKE. */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stddef.h>

/* Declares a pointer variable that is released by RELEASE when it leaves its scope.
 * RELEASE must accept NULL and half-built objects, and must have been named in DEFINE_AUTO. */
#define AUTO(release) __attribute__((cleanup(release##_auto)))

/* Makes RELEASE, a function that takes a Type *, usable in AUTO(release). Stands in headers, below the prototype. */
#define DEFINE_AUTO(Type, release)                                                                                     \
        static inline void release##_auto(Type **thing) {                                                              \
                release(*thing);                                                                                       \
        }

/* The same for embedded values: AUTO_VALUE(buffer_clear) Buffer b; RELEASE takes a Type * and is run at scope end. */
#define AUTO_VALUE(release) __attribute__((cleanup(release)))

/* Evaluates to the pointer and sets the variable to NULL: ownership moves to the receiver. */
#define TAKE(pointer)                                                                                                  \
        ({                                                                                                             \
                __typeof__(pointer) *place_ = &(pointer);                                                              \
                __typeof__(pointer) value_ = *place_;                                                                  \
                *place_ = NULL;                                                                                        \
                value_;                                                                                                \
        })

/* The same for file descriptors, which are empty at -1. */
#define TAKE_FD(fd)                                                                                                    \
        ({                                                                                                             \
                int *place_ = &(fd);                                                                                   \
                int value_ = *place_;                                                                                  \
                *place_ = -1;                                                                                          \
                value_;                                                                                                \
        })

#endif
