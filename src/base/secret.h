/* Secret: bytes that are wiped on release, kept out of swap where the system lets us, and that no print function
 * accepts. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/bytes.h"
#include "base/cleanup.h"

typedef struct Secret Secret;

/* Keeps a copy of BYTES. The original is not touched: wipe it with secret_wipe. */
Secret *secret_new(Bytes bytes);

/* A second owner's copy. NULL gives NULL. */
Secret *secret_copy(const Secret *secret);

/* The bytes, for handing to a library; NUL-terminated behind the view. NULL gives an empty view. */
Bytes secret_reveal(const Secret *secret);

/* True when both hold the same bytes; takes the same time wherever they differ. NULL equals only NULL. */
bool secret_equal(const Secret *a, const Secret *b);

/* Overwrites LENGTH bytes in a way no compiler removes. */
void secret_wipe(void *at, size_t length);

/* Wipes and releases. NULL is welcome. */
void secret_free(Secret *secret);
DEFINE_AUTO(Secret, secret_free)

#endif
