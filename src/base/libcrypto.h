/* What is expected of libcrypto. */
#ifndef BASE_LIBCRYPTO_H
#define BASE_LIBCRYPTO_H

#include <stdbool.h>

/* Ends the program, saying that libcrypto does not provide WHAT ("AES"), unless WORKED. Algorithms that fail mean a
 * broken or restricted libcrypto, and no caller could go on without them. */
void libcrypto_must(bool worked, const char *what);

#endif
