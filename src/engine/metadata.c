#include "engine/metadata.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "engine/header.h"
#include "sys/file.h"

Metadata metadata_of(const Entry *entry, bool numeric_owner, bool may_chown) {
        Entry mapped = *entry;
        if (!numeric_owner)
                header_map_owner(&mapped);
        return (Metadata){
                .uid = mapped.uid,
                .gid = mapped.gid,
                .mode = mapped.mode,
                .times = { { .tv_nsec = UTIME_OMIT },
                           { .tv_sec = entry->modified, .tv_nsec = MAX(entry->modified_nanoseconds, 0) } },
                .may_chown = may_chown,
        };
}

/* Asking costs less than setting what is set already. */
static bool is_owned(const Metadata *metadata, int fd) {
        struct stat status;
        return fstat(fd, &status) == 0 && status.st_uid == metadata->uid && status.st_gid == metadata->gid;
}

/* True when the file has the wanted owner in the end. */
static bool set_owner(const Metadata *metadata, int fd) {
        if (is_owned(metadata, fd))
                return true;
        return metadata->may_chown && fchown(fd, metadata->uid, metadata->gid) == 0;
}

/* Owner before mode, since a new owner loses the set-id bits; times last. Set-id bits of another owner's file would
 * give away this one's rights. */
Error *metadata_set(const Metadata *metadata, int fd) {
        Error *error = NULL;
        errno = 0;
        bool has_owner = set_owner(metadata, fd);
        if (!has_owner && metadata->may_chown)
                error = error_from_errno(errno, "cannot set its owner");
        if (fchmod(fd, has_owner ? metadata->mode : metadata->mode & ~(mode_t)(S_ISUID | S_ISGID)) < 0 && !error)
                error = error_from_errno(errno, "cannot set its mode");
        if (futimens(fd, metadata->times) < 0 && !error)
                error = error_from_errno(errno, "cannot set its time");
        return error;
}

/* chmod that follows no link and opens no device: fchmodat's flag for that is too new to rely on. */
static int chmod_by_name(int parent, const char *name, mode_t mode) {
        char path[64];
        AUTO_FD int fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return -1;
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        return chmod(path, mode);
}

Error *metadata_set_by_name(const Metadata *metadata, int parent, const char *name, bool is_link) {
        Error *error = NULL;
        if (metadata->may_chown && fchownat(parent, name, metadata->uid, metadata->gid, AT_SYMLINK_NOFOLLOW) < 0)
                error = error_from_errno(errno, "cannot set its owner");
        if (!is_link && chmod_by_name(parent, name, metadata->mode) < 0 && !error)
                error = error_from_errno(errno, "cannot set its mode");
        if (utimensat(parent, name, metadata->times, AT_SYMLINK_NOFOLLOW) < 0 && !error)
                error = error_from_errno(errno, "cannot set its time");
        return error;
}
