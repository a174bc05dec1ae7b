/* Makes reading go wrong: preloaded into the program under test, does one thing to one file at one moment.
 *
 * FAULT="ACTION NAME OFFSET": when the file whose last component is NAME is read at or beyond OFFSET (with OFFSET "open": when it is about to be
 * opened), ACTION happens, once: eio (every read from there on fails), truncate (to half of OFFSET), grow (by 100,000 bytes), unlink. FAULT_MARK names
 * a file that is made when it did, so that a test can tell that it happened.
 *
 * KILL_AT_REMOVAL=N: the process dies, as by SIGKILL, when it is about to remove the N-th file whose name has "duplicity-" in it.
 *
 * FAULT_KILL=N: the program is killed when it has made its N-th call that changes names, cuts a file or writes it to disk. Writing to disk is only
 * counted then: it takes time, and such a test cuts no power. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct Fault {
        char action[20], name[100], when[20];
        long offset;
        bool set, done;
} fault;

__attribute__((constructor)) static void read_settings(void) {
        const char *text = getenv("FAULT");
        if (!text || sscanf(text, "%19s %99s %19s", fault.action, fault.name, fault.when) != 3)
                return;
        fault.set = true;
        fault.offset = strcmp(fault.when, "open") == 0 ? -1 : atol(fault.when);
}

static long calls_left;

__attribute__((constructor)) static void read_kill(void) {
        const char *text = getenv("FAULT_KILL");
        calls_left = text ? atol(text) : 0;
        unsetenv("FAULT_KILL"); /* gpg's calls do not count */
}

/* Gives back what the call gave. */
static int count_call(int result) {
        if (calls_left && __atomic_sub_fetch(&calls_left, 1, __ATOMIC_SEQ_CST) == 0) {
                kill(getpid(), SIGKILL);
                pause(); /* nothing more happens */
        }
        return result;
}

static void mark(void) {
        const char *path = getenv("FAULT_MARK");
        int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_CREAT | O_WRONLY, 0644) : -1;
        if (fd >= 0)
                close(fd);
        fault.done = true;
}

static bool names_it(const char *path) {
        const char *slash = strrchr(path, '/');
        return strcmp(slash ? slash + 1 : path, fault.name) == 0;
}

/* Grows or shrinks the file behind FD by its name, as another program would. */
static void act_on(const char *path) {
        if (strcmp(fault.action, "truncate") == 0 && truncate(path, fault.offset / 2) < 0)
                perror("fault: truncate");
        if (strcmp(fault.action, "unlink") == 0 && unlink(path) < 0)
                perror("fault: unlink");
        if (strcmp(fault.action, "grow") == 0) {
                int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND);
                char more[100000];
                memset(more, 'g', sizeof more);
                if (fd < 0 || write(fd, more, sizeof more) < 0)
                        perror("fault: grow");
                close(fd);
        }
}

/* True when this read has to fail. OFFSET -1: at the file's position. */
static bool fails(int fd, long offset, size_t count) {
        if (!fault.set || fault.offset < 0)
                return false;
        char link[40], path[5000];
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(link, path, sizeof path - 1);
        if (length < 0)
                return false;
        path[length] = '\0';
        if (!names_it(path))
                return false;
        long position = offset >= 0 ? offset : (long)lseek(fd, 0, SEEK_CUR);
        if (position + (long)count <= fault.offset)
                return false;
        if (!fault.done) {
                mark();
                act_on(path);
        }
        return strcmp(fault.action, "eio") == 0 && position + (long)count > fault.offset;
}

static void before_open(int folder, const char *path) {
        if (!fault.set || fault.offset >= 0 || fault.done || !names_it(path))
                return;
        mark();
        if (strcmp(fault.action, "unlink") == 0)
                unlinkat(folder, path, 0);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t read(int fd, void *buffer, size_t count) {
        if (fails(fd, -1, count)) {
                errno = EIO;
                return -1;
        }
        return REAL(read)(fd, buffer, count);
}

ssize_t pread(int fd, void *buffer, size_t count, off_t offset) {
        if (fails(fd, offset, count)) {
                errno = EIO;
                return -1;
        }
        return REAL(pread)(fd, buffer, count, offset);
}

ssize_t pread64(int fd, void *buffer, size_t count, off64_t offset) {
        return pread(fd, buffer, count, offset);
}

ssize_t __read_chk(int fd, void *buffer, size_t count, size_t size) {
        if (count > size)
                abort();
        return read(fd, buffer, count);
}

ssize_t __pread_chk(int fd, void *buffer, size_t count, off_t offset, size_t size) {
        if (count > size)
                abort();
        return pread(fd, buffer, count, offset);
}

ssize_t __pread64_chk(int fd, void *buffer, size_t count, off64_t offset, size_t size) {
        return __pread_chk(fd, buffer, count, offset, size);
}

static int open_after_fault(int folder, const char *path, int flags, mode_t mode) {
        before_open(folder, path);
        return (int)syscall(SYS_openat, folder, path, flags, mode);
}

#define MODE(flags, mode)                                                                                              \
        do {                                                                                                           \
                if ((flags) & (O_CREAT | O_TMPFILE)) {                                                                 \
                        va_list rest;                                                                                  \
                        va_start(rest, flags);                                                                         \
                        mode = va_arg(rest, mode_t);                                                                   \
                        va_end(rest);                                                                                  \
                }                                                                                                      \
        } while (0)

int open(const char *path, int flags, ...) {
        mode_t mode = 0;
        MODE(flags, mode);
        return open_after_fault(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
        mode_t mode = 0;
        MODE(flags, mode);
        return open_after_fault(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...) {
        mode_t mode = 0;
        MODE(flags, mode);
        return open_after_fault(folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...) {
        mode_t mode = 0;
        MODE(flags, mode);
        return open_after_fault(folder, path, flags, mode);
}

int __open_2(const char *path, int flags) {
        return open_after_fault(AT_FDCWD, path, flags, 0);
}

int __open64_2(const char *path, int flags) {
        return open_after_fault(AT_FDCWD, path, flags, 0);
}

int __openat_2(int folder, const char *path, int flags) {
        return open_after_fault(folder, path, flags, 0);
}

int __openat64_2(int folder, const char *path, int flags) {
        return open_after_fault(folder, path, flags, 0);
}

/* ---- what is killed at a call ---- */

static void before_removal(const char *path) {
        static int count;
        const char *last = getenv("KILL_AT_REMOVAL");
        if (last && strstr(path, "duplicity-") && ++count == atoi(last))
                raise(SIGKILL);
}

int rename(const char *from, const char *to) {
        return count_call(REAL(rename)(from, to));
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
        return count_call(REAL(renameat)(from_folder, from, to_folder, to));
}

int unlink(const char *path) {
        before_removal(path);
        return count_call(REAL(unlink)(path));
}

int unlinkat(int folder, const char *path, int flags) {
        before_removal(path);
        return count_call(REAL(unlinkat)(folder, path, flags));
}

int ftruncate(int fd, off_t length) {
        return count_call(REAL(ftruncate)(fd, length));
}

int ftruncate64(int fd, off64_t length) {
        return count_call(REAL(ftruncate64)(fd, length));
}

int fsync(int fd) {
        return calls_left ? count_call(0) : REAL(fsync)(fd);
}

int fdatasync(int fd) {
        return calls_left ? count_call(0) : REAL(fdatasync)(fd);
}
