#include "storage/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "sys/atomic.h"
#include "sys/file.h"
#include "sys/folder.h"

/* Backups hold what their files' permissions protect. */
#define FOLDER_MODE 0700
#define FILE_MODE 0600

typedef struct FileStorage {
        Storage storage;
        char *folder;
} FileStorage;

static const char *folder_of(const Storage *storage) {
        return ((const FileStorage *)storage)->folder;
}

static Error *file_storage_open(const Url *url, UNUSED const StorageOptions *options, Storage **ret_storage) {
        if (url->path[0] == '\0')
                return error_with_code(error_new(ERROR_USER, "the URL '%s' names no folder, "
                                                 "for example 'file:///srv/backup'", url->text), EXIT_CODE_BAD_URL);
        FileStorage *file = memory_new(FileStorage);
        file->storage.class = &file_storage_class;
        file->folder = memory_text(url->path);
        atomic_sweep(file->folder);
        *ret_storage = &file->storage;
        return NULL;
}

/* Copies FD into UNFINISHED and sees to it that all of it got there. */
static Error *copy_in(Atomic *unfinished, const char *name, int fd) {
        uint64_t wanted, stored;
        int target = atomic_fd(unfinished);
        TRY(file_copy(fd, "the local file", target, name));
        TRY(file_size(fd, "the local file", &wanted));
        TRY(file_size(target, name, &stored));
        if (stored == wanted)
                return NULL;
        return error_with_code(error_new(ERROR_SYSTEM, "%llu of %llu bytes were stored", (unsigned long long)stored,
                                         (unsigned long long)wanted), EXIT_CODE_WRONG_UPLOAD_SIZE);
}

static Error *create_file(Storage *storage, const char *name, Atomic **ret_atomic) {
        const char *folder = folder_of(storage);
        TRY_AS(folder_make_path(folder, FOLDER_MODE), "cannot store '%s'", name);
        TRY_AS(atomic_open(folder, name, FILE_MODE, ret_atomic), "cannot store '%s'", name);
        return NULL;
}

static Error *put_file(Storage *storage, const char *name, int fd) {
        AUTO(atomic_abandon) Atomic *unfinished = NULL;
        TRY(create_file(storage, name, &unfinished));
        TRY_AS(copy_in(unfinished, name, fd), "cannot store '%s' in '%s'", name, folder_of(storage));
        TRY_AS(atomic_finish(TAKE(unfinished)), "cannot store '%s'", name);
        return NULL;
}

/* Never waits: a fifo or a device of that name is refused. */
static Error *open_stored(Storage *storage, const char *name, int *ret_fd) {
        AUTO_FD int fd = -1;
        AUTO_TEXT char *path = memory_print("%s/%s", folder_of(storage), name);
        struct stat status;
        TRY(file_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd));
        if (fstat(fd, &status) < 0)
                return error_from_errno(errno, "cannot examine '%s'", path);
        if (!S_ISREG(status.st_mode))
                return error_new(ERROR_MISSING, "cannot open '%s': it is not a regular file", path);
        *ret_fd = TAKE_FD(fd);
        return NULL;
}

static Error *get_file(Storage *storage, const char *name, int fd) {
        AUTO_FD int source = -1;
        TRY(file_truncate(fd, "the local copy"));
        TRY(open_stored(storage, name, &source));
        return file_copy(source, name, fd, "the local copy");
}

/* Tells SINK of NAME when it is a finished regular file; one that vanished meanwhile is none. */
static Error *tell_file(DIR *folder, const char *name, RemoteFileSink *sink, void *context) {
        struct stat status;
        if (name[0] == '.')
                return NULL;
        if (fstatat(dirfd(folder), name, &status, 0) < 0)
                return errno == ENOENT ? NULL : error_from_errno(errno, "cannot examine '%s'", name);
        if (!S_ISREG(status.st_mode))
                return NULL;
        return sink(context, &(RemoteFile){ .name = name, .size = (uint64_t)status.st_size });
}

static Error *tell_files(DIR *folder, RemoteFileSink *sink, void *context) {
        for (;;) {
                errno = 0;
                const struct dirent *found = readdir(folder);
                if (!found)
                        return errno ? error_from_errno(errno, "the listing broke off") : NULL;
                TRY(tell_file(folder, found->d_name, sink, context));
        }
}

static Error *list_files(Storage *storage, RemoteFileSink *sink, void *context) {
        const char *name = folder_of(storage);
        DIR *folder = opendir(name);
        if (!folder)
                return errno == ENOENT ? NULL : error_from_errno(errno, "cannot list '%s'", name);
        Error *error = tell_files(folder, sink, context);
        closedir(folder);
        return error_context(error, "cannot list '%s'", name);
}

static Error *remove_file(Storage *storage, const char *name) {
        AUTO_TEXT char *path = memory_print("%s/%s", folder_of(storage), name);
        if (unlink(path) < 0 && errno != ENOENT)
                return error_from_errno(errno, "cannot remove '%s'", path);
        return NULL;
}

static void close_folder(Storage *storage) {
        memory_free(((FileStorage *)storage)->folder);
        memory_free(storage);
}

const StorageClass file_storage_class = {
        .scheme = "file",
        .atomic_put = true,
        .open = file_storage_open,
        .put = put_file,
        .get = get_file,
        .open_local = open_stored,
        .create_local = create_file,
        .list = list_files,
        .remove = remove_file,
        .close = close_folder,
};
