#include "sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "sys/file.h"

#define LOCK_NAME "lockfile"

struct Lock {
        int folder_fd;
        int fd;
        char *path; /* for messages */
        short type; /* F_WRLCK; F_RDLCK for a share */
        bool is_held;
};

static struct flock whole_file(short type) {
        return (struct flock){ .l_type = type, .l_whence = SEEK_SET };
}

/* Who stands in the way of a lock of TYPE. False also when the holder let go meanwhile: the caller tries again. */
static bool find_holder(int fd, short type, pid_t *ret_pid) {
        struct flock lock = whole_file(type);
        if (fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
                return false;
        *ret_pid = lock.l_pid;
        return true;
}

/* PID is not positive for a holder on another machine, or in another pid namespace. */
static Error *tell_holder(const Lock *lock, pid_t pid) {
        Error *error =
                pid > 0 ? error_new(ERROR_USER, "cannot lock '%s': process %d holds it, wait for its end", lock->path,
                                    (int)pid)
                        : error_new(ERROR_USER, "cannot lock '%s': another run holds it, wait for its end", lock->path);
        return error_with_code(error, EXIT_CODE_USER_ERROR);
}

/* The holder removes the file on release: who had opened it before that locks a file that nobody else will ever see. */
static bool is_still_in_place(const Lock *lock) {
        struct stat opened, named;
        return fstat(lock->fd, &opened) == 0 &&
               fstatat(lock->folder_fd, LOCK_NAME, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
               opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/* One attempt; is_held stays false when the file or its holder vanished under it. */
static Error *try_to_take(Lock *lock) {
        struct flock wanted = whole_file(lock->type);
        pid_t holder;
        file_close(&lock->fd);
        lock->fd = openat(lock->folder_fd, LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (lock->fd < 0)
                return error_from_errno(errno, "cannot open '%s'", lock->path);
        if (fcntl(lock->fd, F_SETLK, &wanted) == 0)
                lock->is_held = is_still_in_place(lock);
        else if (errno != EAGAIN && errno != EACCES)
                return error_from_errno(errno, "cannot lock '%s'", lock->path);
        else if (find_holder(lock->fd, lock->type, &holder))
                return tell_holder(lock, holder);
        return NULL;
}

static Error *take(const char *folder, short type, Lock **ret_lock) {
        AUTO(lock_release) Lock *lock = memory_new(Lock);
        lock->type = type;
        lock->folder_fd = -1;
        lock->fd = -1;
        lock->path = memory_print("%s/" LOCK_NAME, folder);
        TRY(file_open(folder, O_PATH | O_DIRECTORY, 0, &lock->folder_fd));
        while (!lock->is_held)
                TRY(try_to_take(lock));
        *ret_lock = TAKE(lock);
        return NULL;
}

Error *lock_take(const char *folder, Lock **ret_lock) {
        return take(folder, F_WRLCK, ret_lock);
}

Error *lock_share(const char *folder, Lock **ret_lock) {
        return take(folder, F_RDLCK, ret_lock);
}

/* Who stands in the way of a lock of TYPE on FOLDER's file. */
static bool find_holder_of(const char *folder, short type, pid_t *ret_pid) {
        AUTO_TEXT char *path = memory_print("%s/" LOCK_NAME, folder);
        AUTO_FD int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        return fd >= 0 && find_holder(fd, type, ret_pid);
}

bool lock_is_held(const char *folder) {
        pid_t holder;
        return find_holder_of(folder, F_RDLCK, &holder);
}

bool lock_find_holder(const char *folder, pid_t *ret_pid) {
        return find_holder_of(folder, F_WRLCK, ret_pid);
}

/* Another's share stays only with its file in place: whoever cannot have it alone leaves it there. */
static bool is_the_last(const Lock *lock) {
        struct flock alone = whole_file(F_WRLCK);
        return lock->type == F_WRLCK || fcntl(lock->fd, F_SETLK, &alone) == 0;
}

void lock_release(Lock *lock) {
        if (!lock)
                return;
        if (lock->is_held && is_the_last(lock))
                (void)unlinkat(lock->folder_fd, LOCK_NAME, 0); /* a file that stays does no harm: nobody holds it */
        file_close(&lock->fd);
        file_close(&lock->folder_fd);
        memory_free(lock->path);
        memory_free(lock);
}
