#include "base/libcrypto.h"

#include <stdio.h>
#include <unistd.h>

void libcrypto_must(bool worked, const char *what) {
        if (worked)
                return;
        dprintf(STDERR_FILENO, "charm-duplicity: libcrypto does not provide %s\n", what);
        _exit(1); /* no handlers: other threads may be at work */
}
