#include "sys/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/memory.h"
#include "sys/file.h"

struct Scratch {
        char *folder;
};

/* Whatever the reason is, what it means is the same: no room for temporary files. */
static Error *refuse(const Scratch *scratch, int errno_value) {
        const char *folder = scratch->folder;
        AUTO(error_free) Error *cause = error_from_errno(
                errno_value, "cannot make a temporary file in '%s' (--tempdir or TMPDIR names another folder)", folder);
        return error_with_code(error_new(ERROR_SYSTEM, "%s", error_story(cause)), EXIT_CODE_NO_TEMP_SPACE);
}

/* For file systems without O_TMPFILE. */
static int open_and_unlink(const Scratch *scratch) {
        AUTO_TEXT char *path = memory_print("%s/charm-duplicity-XXXXXX", scratch->folder);
        int fd = mkostemp(path, O_CLOEXEC);
        if (fd >= 0 && unlink(path) < 0)
                file_close(&fd);
        return fd;
}

Error *scratch_file(Scratch *scratch, int *ret_fd) {
        /* O_EXCL: it can never be linked to a name */
        int fd = open(scratch->folder, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
        if (fd < 0)
                fd = open_and_unlink(scratch);
        if (fd < 0)
                return refuse(scratch, errno);
        *ret_fd = fd;
        return NULL;
}

Error *scratch_open(const char *folder, Scratch **ret_scratch) {
        AUTO(scratch_close) Scratch *scratch = memory_new(Scratch);
        scratch->folder = memory_text(folder ? folder : "/tmp");
        AUTO_FD int trial = -1;
        TRY(scratch_file(scratch, &trial));
        *ret_scratch = TAKE(scratch);
        return NULL;
}

const char *scratch_folder(const Scratch *scratch) {
        return scratch->folder;
}

void scratch_close(Scratch *scratch) {
        if (!scratch)
                return;
        memory_free(scratch->folder);
        memory_free(scratch);
}
