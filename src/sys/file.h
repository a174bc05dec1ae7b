/* Whole reads and writes on descriptors: EINTR and short counts are dealt with here, once. NAME is for messages only.
 */
#ifndef SYS_FILE_H
#define SYS_FILE_H

#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"

/* Closes a descriptor unless it is -1, and sets it to -1. For AUTO_FD int fd = -1; */
void file_close(int *fd);
#define AUTO_FD __attribute__((cleanup(file_close)))

/* open(2) with O_CLOEXEC; errors name PATH. */
CHECKED Error *file_open(const char *path, int flags, mode_t mode, int *ret_fd);

/* Reads up to CAPACITY bytes, fewer only at the end of the file: *ret_length 0 is the end. */
CHECKED Error *file_read(int fd, const char *name, void *buffer, size_t capacity, size_t *ret_length);

/* The same at OFFSET, without moving the file's position. */
CHECKED Error *file_read_at(int fd, const char *name, void *buffer, size_t capacity, uint64_t offset,
                            size_t *ret_length);

/* Writes all of BYTES. */
CHECKED Error *file_write(int fd, const char *name, Bytes bytes);

/* The same at OFFSET, without moving the file's position. */
CHECKED Error *file_write_at(int fd, const char *name, Bytes bytes, uint64_t offset);

/* Appends the rest of the file to OUT; ERROR_CORRUPT when OUT's ceiling is passed. */
CHECKED Error *file_read_all(int fd, const char *name, Buffer *out);

/* Copies everything from FROM's start to TO's current position, inside the kernel where it can. */
CHECKED Error *file_copy(int from, const char *from_name, int to, const char *to_name);

/* Size in bytes of an open regular file. */
CHECKED Error *file_size(int fd, const char *name, uint64_t *ret_size);

/* Empties the file and sets its position to the start. */
CHECKED Error *file_truncate(int fd, const char *name);

/* Sets the position to OFFSET from the start. */
CHECKED Error *file_seek(int fd, const char *name, uint64_t offset);

/* Waits until content and size are on disk. */
CHECKED Error *file_sync(int fd, const char *name);

/* Raises the soft limit of open files to the hard one. Failure is of no consequence here: open tells. */
void file_raise_limit(void);

#endif
