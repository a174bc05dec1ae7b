#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)32 * 1024)
#define KERNEL_PIECE ((size_t)1 << 30)

void file_close(int *fd) {
        if (*fd < 0)
                return;
        (void)close(*fd); /* what has to last was synced before, nothing else can be done here */
        *fd = -1;
}

Error *file_open(const char *path, int flags, mode_t mode, int *ret_fd) {
        int fd = (int)TEMP_FAILURE_RETRY(open(path, flags | O_CLOEXEC, mode));
        if (fd < 0)
                return error_from_errno(errno, "cannot open '%s'", path);
        *ret_fd = fd;
        return NULL;
}

/* Where to read: at the file's own position, or at an offset of ours. */
typedef struct Place {
        int fd;
        bool has_offset;
        uint64_t offset;
} Place;

static ssize_t read_some(const Place *place, size_t done, uint8_t *buffer, size_t count) {
        if (place->has_offset)
                return TEMP_FAILURE_RETRY(pread(place->fd, buffer, count, (off_t)(place->offset + done)));
        return TEMP_FAILURE_RETRY(read(place->fd, buffer, count));
}

static Error *fill(Place place, const char *name, uint8_t *buffer, size_t capacity, size_t *ret_length) {
        size_t done = 0;
        while (done < capacity) {
                ssize_t count = read_some(&place, done, buffer + done, capacity - done);
                if (count < 0)
                        return error_from_errno(errno, "cannot read '%s'", name);
                if (count == 0)
                        break;
                done += (size_t)count;
        }
        *ret_length = done;
        return NULL;
}

Error *file_read(int fd, const char *name, void *buffer, size_t capacity, size_t *ret_length) {
        return fill((Place){ .fd = fd }, name, buffer, capacity, ret_length);
}

Error *file_read_at(int fd, const char *name, void *buffer, size_t capacity, uint64_t offset, size_t *ret_length) {
        Place place = { .fd = fd, .has_offset = true, .offset = offset };
        return fill(place, name, buffer, capacity, ret_length);
}

Error *file_write(int fd, const char *name, Bytes bytes) {
        size_t done = 0;
        while (done < bytes.length) {
                ssize_t count = TEMP_FAILURE_RETRY(write(fd, bytes.at + done, bytes.length - done));
                if (count < 0)
                        return error_from_errno(errno, "cannot write '%s'", name);
                done += (size_t)count;
        }
        return NULL;
}

Error *file_write_at(int fd, const char *name, Bytes bytes, uint64_t offset) {
        size_t done = 0;
        while (done < bytes.length) {
                ssize_t count = TEMP_FAILURE_RETRY(
                        pwrite(fd, bytes.at + done, bytes.length - done, (off_t)(offset + done)));
                if (count < 0)
                        return error_from_errno(errno, "cannot write '%s'", name);
                done += (size_t)count;
        }
        return NULL;
}

Error *file_read_all(int fd, const char *name, Buffer *out) {
        uint8_t piece[PIECE];
        size_t count;
        do {
                TRY(file_read(fd, name, piece, sizeof piece, &count));
                if (!buffer_add(out, bytes_make(piece, count)))
                        return error_new(ERROR_CORRUPT, "'%s' is larger than %zu bytes", name, out->ceiling);
        } while (count == sizeof piece);
        return NULL;
}

/* Returns how far it came. Why it came no further does not matter: the plain copy goes on from there and will see. */
static uint64_t copy_in_kernel(int from, int to) {
        loff_t offset = 0;
        while (copy_file_range(from, &offset, to, NULL, KERNEL_PIECE, 0) > 0)
                continue;
        return (uint64_t)offset;
}

Error *file_copy(int from, const char *from_name, int to, const char *to_name) {
        uint8_t piece[PIECE];
        size_t count;
        uint64_t offset = copy_in_kernel(from, to);
        do {
                TRY(file_read_at(from, from_name, piece, sizeof piece, offset, &count));
                TRY(file_write(to, to_name, bytes_make(piece, count)));
                offset += count;
        } while (count == sizeof piece);
        return NULL;
}

Error *file_size(int fd, const char *name, uint64_t *ret_size) {
        struct stat status;
        if (fstat(fd, &status) < 0)
                return error_from_errno(errno, "cannot examine '%s'", name);
        if (!S_ISREG(status.st_mode))
                return error_new(ERROR_USER, "cannot tell the size of '%s': it is not a regular file", name);
        *ret_size = (uint64_t)status.st_size;
        return NULL;
}

Error *file_truncate(int fd, const char *name) {
        struct stat status;
        /* ext4 writes a file that was emptied out to disk when it is closed, even if there was nothing to empty */
        bool is_empty = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0;
        if (!is_empty && TEMP_FAILURE_RETRY(ftruncate(fd, 0)) < 0)
                return error_from_errno(errno, "cannot empty '%s'", name);
        return file_seek(fd, name, 0);
}

Error *file_seek(int fd, const char *name, uint64_t offset) {
        if (lseek(fd, (off_t)offset, SEEK_SET) < 0)
                return error_from_errno(errno, "cannot seek in '%s'", name);
        return NULL;
}

Error *file_sync(int fd, const char *name) {
        if (TEMP_FAILURE_RETRY(fdatasync(fd)) < 0)
                return error_from_errno(errno, "cannot write '%s' to disk", name);
        return NULL;
}

void file_raise_limit(void) {
        struct rlimit limit;
        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
                return;
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit); /* open tells when it was not enough */
}
