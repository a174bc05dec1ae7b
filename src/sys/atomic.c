#include "sys/atomic.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "sys/file.h"
#include "sys/folder.h"

#define MARK ".part-"
#define RANDOM_LENGTH ((size_t)6)
#define TRIES 100
#define ABANDONED_AFTER (24 * 60 * 60) /* seconds */

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";

struct Atomic {
        int folder_fd;
        int fd;
        char *folder, *name;
        char *path; /* of both, for messages */
        char *part; /* NULL: does not exist, or not any more */
};

/* How much of NAME fits into the unfinished file's name; no character is cut in two. */
static int fitting_length(const char *name) {
        size_t length = strlen(name);
        size_t room = NAME_MAX - strlen("." MARK) - RANDOM_LENGTH;
        if (length <= room)
                return (int)length;
        while (room > 0 && ((unsigned char)name[room] & 0xC0) == 0x80)
                room--;
        return (int)room;
}

static char *invent_part_name(const char *name) {
        uint8_t random[RANDOM_LENGTH];
        char tail[RANDOM_LENGTH + 1] = "";
        if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
                abort(); /* Linux gives up to 256 bytes whole, always */
        for (size_t i = 0; i < RANDOM_LENGTH; i++)
                tail[i] = alphabet[random[i] % (sizeof alphabet - 1)];
        return memory_print(".%.*s" MARK "%s", fitting_length(name), name, tail);
}

static bool is_part_name(const char *name) {
        size_t length = strlen(name);
        size_t end = strlen(MARK) + RANDOM_LENGTH;
        if (name[0] != '.' || length <= end)
                return false;
        const char *mark = name + length - end;
        return bytes_start_with(bytes_of(mark), MARK) && strspn(mark + strlen(MARK), alphabet) == RANDOM_LENGTH;
}

/* A lock that belongs to the open file, not to the process, as fcntl(2)'s older ones do. */
static bool lock_open_file(int fd, short type) {
        struct flock lock = { .l_type = type, .l_whence = SEEK_SET };
        return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

static Error *create_part(Atomic *atomic, mode_t mode) {
        for (int i = 0; i < TRIES && atomic->fd < 0; i++) {
                memory_free(TAKE(atomic->part));
                AUTO_TEXT char *part = invent_part_name(atomic->name);
                atomic->fd = openat(atomic->folder_fd, part, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
                if (atomic->fd >= 0)
                        atomic->part = TAKE(part);
                else if (errno != EEXIST)
                        break;
        }
        if (atomic->fd < 0)
                return error_from_errno(errno, "cannot create '%s'", atomic->path);
        (void)lock_open_file(atomic->fd, F_WRLCK); /* where there are no locks, being young has to protect the file */
        return NULL;
}

Error *atomic_open(const char *folder, const char *name, mode_t mode, Atomic **ret_atomic) {
        AUTO(atomic_abandon) Atomic *atomic = memory_new(Atomic);
        atomic->folder_fd = -1;
        atomic->fd = -1;
        atomic->folder = memory_text(folder);
        atomic->path = memory_print("%s/%s", folder, name);
        atomic->name = memory_text(name);
        TRY(file_open(folder, O_RDONLY | O_DIRECTORY, 0, &atomic->folder_fd));
        TRY(create_part(atomic, mode));
        *ret_atomic = TAKE(atomic);
        return NULL;
}

int atomic_fd(const Atomic *atomic) {
        return atomic->fd;
}

Error *atomic_finish(Atomic *atomic) {
        AUTO(atomic_abandon) Atomic *ours = atomic;
        TRY(file_sync(ours->fd, ours->path));
        if (renameat(ours->folder_fd, ours->part, ours->folder_fd, ours->name) < 0)
                return error_from_errno(errno, "cannot put '%s' in place", ours->path);
        memory_free(TAKE(ours->part));
        return folder_sync(ours->folder);
}

void atomic_abandon(Atomic *atomic) {
        if (!atomic)
                return;
        if (atomic->part)
                (void)unlinkat(atomic->folder_fd, atomic->part, 0); /* atomic_sweep tries again */
        file_close(&atomic->fd);
        file_close(&atomic->folder_fd);
        memory_free(atomic->part);
        memory_free(atomic->name);
        memory_free(atomic->path);
        memory_free(atomic->folder);
        memory_free(atomic);
}

/* Real time, not clock_now: a run for another day must not take young files for old ones. */
static bool is_abandoned(int fd) {
        struct stat status;
        return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && time(NULL) - status.st_mtime > ABANDONED_AFTER &&
               lock_open_file(fd, F_RDLCK);
}

static void sweep_name(int folder_fd, const char *name) {
        if (!is_part_name(name))
                return;
        AUTO_FD int fd = openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0 && is_abandoned(fd))
                (void)unlinkat(folder_fd, name, 0); /* the next run tries again */
}

void atomic_sweep(const char *folder) {
        DIR *stream = opendir(folder);
        if (!stream)
                return;
        for (struct dirent *entry = readdir(stream); entry; entry = readdir(stream))
                sweep_name(dirfd(stream), entry->d_name);
        (void)closedir(stream); /* was only read */
}
