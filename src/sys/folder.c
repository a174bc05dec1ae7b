#include "sys/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/path.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/sorter.h"

static bool is_folder(const char *path) {
        struct stat status;
        return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static Error *make_parent(const char *path, unsigned mode) {
        size_t length = path_parent_length(path);
        if (length == 0)
                return NULL;
        AUTO_TEXT char *parent = memory_copy(path, length);
        return folder_make_path(parent, mode);
}

Error *folder_make_path(const char *path, unsigned mode) {
        if (is_folder(path))
                return NULL;
        TRY(make_parent(path, mode));
        if (mkdir(path, mode) < 0) {
                int failure = errno;
                if (failure != EEXIST || !is_folder(path)) /* somebody else may have made it meanwhile */
                        return error_from_errno(failure, "cannot make the folder '%s'", path);
        }
        return NULL;
}

/* Some file systems cannot sync folders and say EINVAL: their renames last as they are. */
Error *folder_sync(const char *path) {
        AUTO_FD int fd = -1;
        TRY(file_open(path, O_RDONLY | O_DIRECTORY, 0, &fd));
        if (fsync(fd) < 0 && errno != EINVAL)
                return error_from_errno(errno, "cannot write the folder '%s' to disk", path);
        return NULL;
}

/* What vanishes meanwhile need not be removed any more. */
static int remove_entry(const char *path, UNUSED const struct stat *facts, UNUSED int kind, struct FTW *place) {
        return place->level == 0 || remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

static bool remove_content(const char *path) {
        enum { OPEN_FOLDERS = 16 };
        return nftw(path, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT;
}

Error *folder_remove_content(const char *path) {
        return remove_content(path) ? NULL : error_from_errno(errno, "cannot empty the folder '%s'", path);
}

static bool remove_whole(const char *path) {
        return remove_content(path) && (rmdir(path) == 0 || errno == ENOENT);
}

Error *folder_remove(const char *path) {
        enum { ATTEMPTS = 100 };
        const double pause = 0.02;
        for (int left = ATTEMPTS; !remove_whole(path); left--) {
                if (errno != ENOTEMPTY || left == 1)
                        return error_from_errno(errno, "cannot remove the folder '%s'", path);
                clock_sleep(pause);
        }
        return NULL;
}

struct Listing {
        Sorter *sorter;
};

static void close_stream(DIR *stream) {
        if (stream)
                (void)closedir(stream); /* was only read */
}
DEFINE_AUTO(DIR, close_stream)

/* A stream of its own descriptor, at the start: closing it leaves FD open. */
static Error *open_stream(int fd, const char *name, DIR **ret_stream) {
        AUTO_FD int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        DIR *stream = copy < 0 ? NULL : fdopendir(copy);
        if (!stream)
                return error_from_errno(errno, "cannot list the folder '%s'", name);
        (void)TAKE_FD(copy); /* the stream's now */
        rewinddir(stream);
        *ret_stream = stream;
        return NULL;
}

static bool is_real_name(const char *name) {
        return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static Error *read_names(DIR *stream, const char *name, Sorter *sorter) {
        for (;;) {
                errno = 0; /* readdir's end and its failures look alike otherwise */
                const struct dirent *entry = readdir(stream);
                if (!entry && errno)
                        return error_from_errno(errno, "cannot list the folder '%s'", name);
                if (!entry)
                        return NULL;
                if (is_real_name(entry->d_name))
                        TRY(sorter_add(sorter, entry->d_name));
        }
}

Error *listing_open(int fd, const char *name, Scratch *scratch, size_t memory, Listing **ret_listing) {
        AUTO(listing_close) Listing *listing = memory_new(Listing);
        AUTO(close_stream) DIR *stream = NULL;
        listing->sorter = sorter_new(scratch, memory);
        TRY(open_stream(fd, name, &stream));
        TRY(read_names(stream, name, listing->sorter));
        TRY(sorter_end(listing->sorter));
        *ret_listing = TAKE(listing);
        return NULL;
}

Error *listing_next(Listing *listing, const char **ret_name) {
        return sorter_next(listing->sorter, ret_name);
}

void listing_close(Listing *listing) {
        if (!listing)
                return;
        sorter_free(listing->sorter);
        memory_free(listing);
}
