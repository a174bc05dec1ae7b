#include "sys/den.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "sys/file.h"

#define BEGINNING "charm-duplicity-den-"

enum { DEPTH = 32, YOUNG_SECONDS = 3600 };

struct Den {
        char *path;
        int fd; /* holds the lock that says that somebody lives here */
};

static int remove_entry(const char *path, UNUSED const struct stat *status, UNUSED int kind, struct FTW *place) {
        if (place->level > 0)
                (void)remove(path); /* what stays is cleared away later */
        return 0;
}

static void remove_tree(const char *path) {
        (void)nftw(path, remove_entry, DEPTH, FTW_DEPTH | FTW_PHYS);
        (void)rmdir(path);
}

/* Folders cannot be opened for writing: who lives in one holds a lock for reading. */
static struct flock whole_folder(short type) {
        return (struct flock){ .l_type = type, .l_whence = SEEK_SET };
}

static bool is_locked(int fd) {
        struct flock wanted = whole_folder(F_WRLCK);
        return fcntl(fd, F_OFD_GETLK, &wanted) < 0 || wanted.l_type != F_UNLCK;
}

/* True when the folder's process is gone. One that is being made is not locked yet, but young. */
static bool is_deserted(int parent, const char *name) {
        struct stat status;
        AUTO_FD int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return fd >= 0 && fstat(fd, &status) == 0 && status.st_uid == geteuid() &&
               status.st_mtime + YOUNG_SECONDS < time(NULL) && !is_locked(fd);
}

static void sweep(const char *folder) {
        DIR *names = opendir(folder);
        for (const struct dirent *one; names && (one = readdir(names));) {
                if (!bytes_start_with(bytes_of(one->d_name), BEGINNING) || !is_deserted(dirfd(names), one->d_name))
                        continue;
                AUTO_TEXT char *path = memory_print("%s/%s", folder, one->d_name);
                remove_tree(path);
        }
        if (names)
                closedir(names);
}

static Error *make(const char *folder, Den *den) {
        den->path = memory_print("%s/" BEGINNING "XXXXXX", folder);
        if (!mkdtemp(den->path)) {
                int number = errno;
                memory_free(TAKE(den->path));
                return error_from_errno(number, "cannot make a folder in '%s', see --tempdir", folder);
        }
        TRY(file_open(den->path, O_RDONLY | O_DIRECTORY, 0, &den->fd));
        struct flock lock = whole_folder(F_RDLCK);
        (void)fcntl(den->fd, F_OFD_SETLK, &lock); /* where there are no locks, none is thought deserted */
        return NULL;
}

Error *den_open(const char *folder, Den **ret_den) {
        AUTO(den_close) Den *den = memory_new(Den);
        den->fd = -1;
        folder = folder ? folder : "/tmp";
        sweep(folder);
        AUTO(error_free) Error *error = make(folder, den);
        if (error)
                return error_with_code(error_new(ERROR_SYSTEM, "%s", error_story(error)), EXIT_CODE_NO_TEMP_SPACE);
        *ret_den = TAKE(den);
        return NULL;
}

const char *den_path(const Den *den) {
        return den->path;
}

void den_empty(Den *den) {
        (void)nftw(den->path, remove_entry, DEPTH, FTW_DEPTH | FTW_PHYS);
}

void den_close(Den *den) {
        if (!den)
                return;
        if (den->path)
                remove_tree(den->path);
        file_close(&den->fd);
        memory_free(den->path);
        memory_free(den);
}
