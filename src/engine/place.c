#include "engine/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/list.h"
#include "base/log.h"
#include "base/path.h"
#include "engine/header.h"
#include "sys/file.h"
#include "sys/folder.h"

enum { OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

/* A folder on the way to the path at work. */
typedef struct Level {
        int fd;
        char *path;   /* relative to the target */
        Entry *entry; /* metadata to be set when it is left; NULL: none was given */
        Arena *arena; /* of entry; NULL with it */
        bool is_kept; /* it was there before, and gets the mode and time back that it had: */
        struct stat kept;
} Level;

DEFINE_LIST(LevelList, level_list, Level)

struct Place {
        PlaceOptions options;
        char *target;
        LevelList levels; /* levels[0] is the target; empty while there is none */
        bool may_chown;
        bool has_bare_root; /* the root entry is no folder: levels[0] is what holds it, and nothing else may go there */

        /* the file at work */
        int fd;
        char *path, *temporary; /* temporary: the name it has until it is finished, when that is another */
        int parent;             /* not owned */
};

static Error *is_empty(const char *target, int fd, bool *ret_empty) {
        AUTO(listing_close) Listing *listing = NULL;
        const char *first;
        TRY(listing_open(fd, target, NULL, SIZE_MAX, &listing));
        TRY(listing_next(listing, &first));
        *ret_empty = !first;
        return NULL;
}

static Error *check_target(const char *target) {
        struct stat status;
        bool empty = false;
        if (lstat(target, &status) < 0 && errno == ENOENT)
                return NULL;
        AUTO_FD int fd = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0)
                TRY(is_empty(target, fd, &empty));
        if (empty)
                return NULL;
        return error_with_code(error_new(ERROR_USER,
                                         "'%s' is there already and not an empty folder (choose another place, or say "
                                         "--force to restore over it)",
                                         target),
                               EXIT_CODE_RESTORE_TARGET_EXISTS);
}

Error *place_open(const PlaceOptions *options, Place **ret_place) {
        AUTO(place_close) Place *place = memory_new(Place);
        place->options = *options;
        AUTO_TEXT char *clean = path_clean(options->target); /* a trailing slash would hide the last name */
        place->target = memory_text(clean[0] ? clean : ".");
        place->may_chown = !options->no_ownership && geteuid() == 0;
        place->fd = -1;
        if (!options->force)
                TRY(check_target(place->target));
        *ret_place = TAKE(place);
        return NULL;
}

/* ---- metadata ---- */

static void wanted_owner(const Place *place, const Entry *entry, uid_t *uid, gid_t *gid) {
        Entry mapped = *entry;
        if (!place->options.numeric_owner)
                header_map_owner(&mapped);
        *uid = mapped.uid;
        *gid = mapped.gid;
}

static void wanted_times(const Entry *entry, struct timespec times[2]) {
        times[0] = (struct timespec){ .tv_nsec = UTIME_OMIT };
        times[1] = (struct timespec){ .tv_sec = entry->modified, .tv_nsec = MAX(entry->modified_nanoseconds, 0) };
}

/* Asking costs less than setting what is set already. */
static bool is_owned_by(int fd, uid_t uid, gid_t gid) {
        struct stat status;
        return fstat(fd, &status) == 0 && status.st_uid == uid && status.st_gid == gid;
}

/* True when the file has the wanted owner in the end. */
static bool set_owner(const Place *place, int fd, uid_t uid, gid_t gid) {
        if (is_owned_by(fd, uid, gid))
                return true;
        return place->may_chown && fchown(fd, uid, gid) == 0;
}

/* Owner before mode, since a new owner loses the set-id bits; times last. All three are tried, the first failure is
 * told. Set-id bits of another owner's file would give away this one's rights. */
static Error *set_metadata_by_fd(const Place *place, int fd, const Entry *entry) {
        struct timespec times[2];
        uid_t uid;
        gid_t gid;
        Error *error = NULL;
        wanted_owner(place, entry, &uid, &gid);
        wanted_times(entry, times);
        errno = 0;
        bool is_owned = set_owner(place, fd, uid, gid);
        if (!is_owned && place->may_chown)
                error = error_from_errno(errno, "cannot set its owner");
        if (fchmod(fd, is_owned ? entry->mode : entry->mode & ~(uint32_t)(S_ISUID | S_ISGID)) < 0 && !error)
                error = error_from_errno(errno, "cannot set its mode");
        if (futimens(fd, times) < 0 && !error)
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

/* For what cannot be opened without consequences: links, fifos, devices. */
static Error *set_metadata_by_name(const Place *place, int parent, const char *name, const Entry *entry) {
        struct timespec times[2];
        uid_t uid;
        gid_t gid;
        wanted_owner(place, entry, &uid, &gid);
        wanted_times(entry, times);
        Error *error = NULL;
        if (place->may_chown && fchownat(parent, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
                error = error_from_errno(errno, "cannot set its owner");
        if (entry->type != ENTRY_LINK && chmod_by_name(parent, name, entry->mode) < 0 && !error)
                error = error_from_errno(errno, "cannot set its mode");
        if (utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW) < 0 && !error)
                error = error_from_errno(errno, "cannot set its time");
        return error;
}

/* ---- folders ---- */

static void free_level(Level *level) {
        file_close(&level->fd);
        memory_free(level->path);
        arena_free(level->arena);
}

static Error *give_back_metadata(const Level *level) {
        const struct timespec times[2] = { level->kept.st_atim, level->kept.st_mtim };
        if (fchmod(level->fd, level->kept.st_mode & 07777) < 0)
                return error_from_errno(errno, "cannot set its mode");
        if (futimens(level->fd, times) < 0)
                return error_from_errno(errno, "cannot set its time");
        return NULL;
}

static Error *leave_level(Place *place) {
        Level level = place->levels.items[--place->levels.count];
        Error *error = NULL;
        if (level.entry)
                error = set_metadata_by_fd(place, level.fd, level.entry);
        else if (level.is_kept)
                error = give_back_metadata(&level);
        if (error) {
                AUTO_TEXT char *shown = path_printable(level.path);
                error = error_context(error, "folder '%s/%s'", place->target, shown);
        }
        free_level(&level);
        return error;
}

static void enter_level(Place *place, int fd, const char *path, const Entry *entry) {
        Level level = { .fd = fd, .path = memory_text(path) };
        if (entry) {
                level.arena = arena_new();
                level.entry = entry_copy(entry, level.arena);
        }
        level_list_add(&place->levels, level);
}

/* The level just entered was there before: restored folders that something is renamed into, mostly, which have their
 * mode and time already. */
static void keep_metadata(Place *place) {
        Level *level = &place->levels.items[place->levels.count - 1];
        level->is_kept = fstat(level->fd, &level->kept) == 0;
        if (level->is_kept && (level->kept.st_mode & S_IRWXU) != S_IRWXU)
                (void)fchmod(level->fd, level->kept.st_mode | S_IRWXU); /* what needs it fails, and tells */
}

/* A failure there is another path's, and does not concern the one at work. */
static void tell_problem(const Place *place, Error *failure) {
        AUTO(error_free) Error *told = failure;
        if (told)
                place->options.problem(place->options.problem_context, error_story(told));
}

/* Leaves the folders that PATH does not lie in. */
static void leave_up_to(Place *place, const char *path) {
        while (place->levels.count > 1 && !path_is_within(path, place->levels.items[place->levels.count - 1].path))
                tell_problem(place, leave_level(place));
}

/* Makes the folder NAME in PARENT, or takes the one that is there: *ret_found. Something else that is there is never
 * followed or removed here. */
static Error *make_folder(int parent, const char *name, int *ret_fd, bool *ret_found) {
        *ret_found = mkdirat(parent, name, 0700) < 0;
        if (*ret_found && errno != EEXIST)
                return error_from_errno(errno, "cannot make the folder '%s'", name);
        int fd = openat(parent, name, OPEN_FOLDER);
        if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
                return error_new(ERROR_CORRUPT, "'%s', which should be its folder, is none", name);
        if (fd < 0)
                return error_from_errno(errno, "cannot open the folder '%s'", name);
        *ret_fd = fd;
        return NULL;
}

static Error *make_target(Place *place, const Entry *entry) {
        TRY(folder_make_path(place->target, 0777));
        int fd = open(place->target,
                      O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* the user named it: a link here is the user's will */
        if (fd < 0)
                return error_from_errno(errno, "cannot open '%s'", place->target);
        enter_level(place, fd, "", entry);
        return NULL;
}

/* Goes to the folder that holds PATH; folders on the way that no entry has brought are made with mode 0700. */
static Error *go_to_parent(Place *place, const char *path, int *ret_parent) {
        if (!path_is_safe(path))
                return error_new(ERROR_CORRUPT, "the path leads out of the target");
        if (place->has_bare_root)
                return error_new(ERROR_CORRUPT, "it cannot lie beneath a root that is no folder");
        if (place->levels.count == 0)
                TRY(make_target(place, NULL));
        leave_up_to(place, path);
        const Level *level = &place->levels.items[place->levels.count - 1];
        size_t done = strlen(level->path);
        for (const char *slash; (slash = strchr(path + done + (done > 0), '/'));) {
                AUTO_TEXT char *parent_path = memory_copy(path, (size_t)(slash - path));
                int fd;
                bool found;
                TRY(make_folder(level->fd, path_name(parent_path), &fd, &found));
                enter_level(place, fd, parent_path, NULL);
                if (found)
                        keep_metadata(place);
                level = &place->levels.items[place->levels.count - 1];
                done = (size_t)(slash - path);
        }
        *ret_parent = level->fd;
        return NULL;
}

/* ---- the root, when it is no folder: its name in the folder that holds the target ---- */

static Error *open_target_parent(Place *place) {
        AUTO_TEXT char *parent = memory_copy(place->target, path_parent_length(place->target));
        const char *folder = strchr(place->target, '/') ? parent[0] ? parent : "/" : ".";
        TRY(folder_make_path(folder, 0777));
        int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return error_from_errno(errno, "cannot open '%s'", folder);
        place->has_bare_root = true;
        enter_level(place, fd, "", NULL);
        return NULL;
}

/* Where an entry that is no folder goes: the open folder and the name in it. */
static Error *locate(Place *place, const char *path, int *ret_parent, const char **ret_name) {
        if (path[0]) {
                TRY(go_to_parent(place, path, ret_parent));
                *ret_name = path_name(path);
                return NULL;
        }
        struct stat status;
        if (stat(place->target, &status) == 0 && S_ISDIR(status.st_mode) && rmdir(place->target) < 0)
                return error_from_errno(errno, "cannot replace the folder '%s'", place->target);
        TRY(open_target_parent(place));
        *ret_parent = place->levels.items[0].fd;
        *ret_name = path_name(place->target);
        return NULL;
}

/* ---- entries ---- */

/* With force a folder of the backup takes the place of whatever else lies there. */
static Error *remove_unlike_folder(const Place *place, int parent, const char *name) {
        struct stat status;
        if (!place->options.force || fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0 || S_ISDIR(status.st_mode))
                return NULL;
        if (unlinkat(parent, name, 0) < 0)
                return error_from_errno(errno, "cannot replace what is there");
        return NULL;
}

static Error *place_folder(Place *place, const Entry *entry) {
        int parent, fd;
        bool found;
        if (entry->path[0] == '\0')
                return place->levels.count ? NULL : make_target(place, entry);
        TRY(go_to_parent(place, entry->path, &parent));
        TRY(remove_unlike_folder(place, parent, path_name(entry->path)));
        TRY(make_folder(parent, path_name(entry->path), &fd, &found));
        enter_level(place, fd, entry->path, entry);
        return NULL;
}

static int make_object(int parent, const char *name, const Entry *entry) {
        switch (entry->type) {
        case ENTRY_LINK:
                return symlinkat(entry->target, parent, name);
        case ENTRY_FIFO:
                return mkfifoat(parent, name, 0600);
        case ENTRY_CHAR_DEVICE:
                return mknodat(parent, name, S_IFCHR | 0600, makedev(entry->major, entry->minor));
        case ENTRY_BLOCK_DEVICE:
                return mknodat(parent, name, S_IFBLK | 0600, makedev(entry->major, entry->minor));
        case ENTRY_FILE:
        case ENTRY_FOLDER:
                break;
        }
        abort(); /* these two have functions of their own */
}

/* Makes room for NAME where something lies that the backup replaces. */
static Error *remove_former(const Place *place, int parent, const char *name) {
        if (!place->options.force)
                return NULL;
        if (unlinkat(parent, name, 0) < 0 && errno != ENOENT &&
            (errno != EISDIR || unlinkat(parent, name, AT_REMOVEDIR) < 0))
                return error_from_errno(errno, "cannot replace what is there");
        return NULL;
}

Error *place_object(Place *place, const Entry *entry) {
        int parent = -1;
        const char *name = NULL;
        if (entry->type == ENTRY_FOLDER)
                return place_folder(place, entry);
        TRY(locate(place, entry->path, &parent, &name));
        TRY(remove_former(place, parent, name));
        if (make_object(parent, name, entry) < 0)
                return error_from_errno(errno, "cannot make the %s", entry_type_name(entry->type));
        return set_metadata_by_name(place, parent, name, entry);
}

/* What is there already is replaced when the new file is whole, not before. */
static Error *create_beside(Place *place, const char *name) {
        size_t fits = MIN(strlen(name), (size_t)NAME_MAX - 32);
        place->temporary = memory_print(".%.*s.restored-%ld", (int)fits, name, (long)getpid());
        (void)unlinkat(place->parent, place->temporary, 0); /* of a former process with our pid */
        place->fd = openat(place->parent, place->temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        return place->fd < 0 ? error_from_errno(errno, "cannot create it") : NULL;
}

Error *place_begin_file(Place *place, const char *path, int *ret_fd) {
        const char *name = NULL;
        place_drop_file(place);
        TRY(locate(place, path, &place->parent, &name));
        place->path = memory_text(path);
        place->fd = openat(place->parent, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (place->fd < 0 && errno == EEXIST && place->options.force)
                TRY(create_beside(place, name));
        if (place->fd < 0)
                return error_from_errno(errno, "cannot create it");
        *ret_fd = place->fd;
        return NULL;
}

static const char *final_name(const Place *place) {
        return path_name(place->path[0] ? place->path : place->target);
}

static void forget_file(Place *place) {
        file_close(&place->fd);
        memory_free(TAKE(place->path));
        memory_free(TAKE(place->temporary));
}

/* Gives the whole file its final name. */
static Error *rename_into_place(Place *place) {
        struct stat status;
        const char *name = final_name(place);
        if (!place->temporary)
                return NULL;
        if (fstatat(place->parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode))
                TRY(remove_former(place, place->parent, name));
        if (renameat(place->parent, place->temporary, place->parent, name) < 0)
                return error_from_errno(errno, "cannot rename it into place");
        return NULL;
}

Error *place_finish_file(Place *place, const Entry *entry) {
        Error *failure = set_metadata_by_fd(place, place->fd, entry);
        Error *unplaced = rename_into_place(place);
        if (unplaced) {
                error_free(failure);
                return unplaced;
        }
        forget_file(place); /* the content is there, whatever its owner, mode and time */
        return failure;
}

void place_drop_file(Place *place) {
        if (place->fd >= 0) /* the half-written file must not be taken for a restored one */
                (void)unlinkat(place->parent, place->temporary ? place->temporary : final_name(place), 0);
        forget_file(place);
}

void place_finish(Place *place) {
        while (place->levels.count)
                tell_problem(place, leave_level(place));
}

void place_close(Place *place) {
        if (!place)
                return;
        place_drop_file(place);
        for (size_t i = 0; i < place->levels.count; i++)
                free_level(&place->levels.items[i]);
        level_list_clear(&place->levels);
        memory_free(place->target);
        memory_free(place);
}
