/* Scratch: private temporary files that vanish with the process, whatever ends it. */
#ifndef SYS_SCRATCH_H
#define SYS_SCRATCH_H

#include "base/error.h"

typedef struct Scratch Scratch;

/* Uses FOLDER (NULL: $TMPDIR's value must be given by the caller, else "/tmp") for temporary files. ERROR_SYSTEM with
 * exit code 34 when it is not a folder we can write to. */
CHECKED Error *scratch_open(const char *folder, Scratch **ret_scratch);

/* A new empty file, mode 0600, open for reading and writing, without a name (O_TMPFILE, or unlinked at once where the
 * file system has no such thing): nobody else can open it and it is gone when closed, SIGKILL included. */
CHECKED Error *scratch_file(Scratch *scratch, int *ret_fd);

/* The folder in use, for messages. */
const char *scratch_folder(const Scratch *scratch);

void scratch_close(Scratch *scratch);
DEFINE_AUTO(Scratch, scratch_close)

#endif
