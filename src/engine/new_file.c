#include "engine/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "base/memory.h"
#include "sys/file.h"

static int create(int parent, const char *name) {
        return openat(parent, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static void create_beside(NewFile *file) {
        size_t fits = MIN(strlen(file->name), (size_t)NAME_MAX - 32);
        file->temporary = memory_print(".%.*s.restored-%ld", (int)fits, file->name, (long)getpid());
        (void)unlinkat(file->parent, file->temporary, 0); /* of a former process with our pid */
        file->fd = create(file->parent, file->temporary);
}

static void forget(NewFile *file) {
        file_close(&file->fd);
        memory_free(TAKE(file->name));
        memory_free(TAKE(file->temporary));
}

Error *new_file_create(int parent, const char *name, bool force, NewFile *ret_file) {
        NewFile file = { .fd = create(parent, name), .parent = parent, .name = memory_text(name) };
        if (file.fd < 0 && errno == EEXIST && force)
                create_beside(&file);
        if (file.fd < 0) {
                Error *error = error_from_errno(errno, "cannot create it");
                forget(&file);
                return error;
        }
        *ret_file = file;
        return NULL;
}

/* Gives the whole file its final name. A folder makes room for it when it is empty. */
static Error *rename_into_place(const NewFile *file) {
        struct stat status;
        if (!file->temporary)
                return NULL;
        if (fstatat(file->parent, file->name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode) &&
            unlinkat(file->parent, file->name, AT_REMOVEDIR) < 0)
                return error_from_errno(errno, "cannot replace what is there");
        if (renameat(file->parent, file->temporary, file->parent, file->name) < 0)
                return error_from_errno(errno, "cannot rename it into place");
        return NULL;
}

Error *new_file_finish(NewFile *file, const Metadata *metadata) {
        AUTO(error_free) Error *failure = metadata_set(metadata, file->fd);
        Error *unplaced = rename_into_place(file);
        if (unplaced) {
                new_file_drop(file);
                return unplaced;
        }
        forget(file); /* the content is there, whatever its owner, mode and time */
        return TAKE(failure);
}

void new_file_drop(NewFile *file) {
        if (file->fd >= 0)
                (void)unlinkat(file->parent, file->temporary ? file->temporary : file->name, 0);
        forget(file);
}
