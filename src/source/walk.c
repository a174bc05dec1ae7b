#include "source/walk.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/path.h"
#include "sys/file.h"
#include "sys/folder.h"
#include "sys/owner.h"

#define OPEN_LEVELS ((size_t)256) /* folders kept open, besides the root: the deepest ones */
#define LISTING_MEMORY ((size_t)4 * 1024 * 1024)
#define TRIES 3 /* for a path that changes its type while we look */
#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* A folder we are in. */
typedef struct Level {
        int fd; /* -1: closed because too many are open; opened again when we come back */
        dev_t device;
        ino_t inode;
        size_t path_length;
        Listing *listing;
} Level;

DEFINE_LIST(LevelList, level_list, Level)

struct Walk {
        char *root;
        Scratch *scratch;
        LevelList levels; /* from the root down to where we are */
        Buffer path;      /* of the item given last */
        bool has_first;   /* the root was examined, and is still to be given */

        Entry entry;
        Buffer target;
        Error *problem;
        WalkItem item;
};

/* What a look at a path showed. */
typedef enum Sight { SIGHT_ITEM, SIGHT_GONE, SIGHT_CHANGED } Sight;

/* ERRNO_VALUE without a path in front: whoever tells it names the path in his own way. */
static Error *bare_error(int errno_value) {
        AUTO(error_free) Error *told = error_from_errno(errno_value, "-");
        return error_new(error_kind(told), "%s", error_story(told) + strlen("-: "));
}

static Level *deepest(Walk *walk) {
        return walk->levels.count ? &walk->levels.items[walk->levels.count - 1] : NULL;
}

/* The descriptor and the name by which the item given last is reached, unless it is a folder that was entered. */
static int here(Walk *walk) {
        return walk->levels.count ? deepest(walk)->fd : AT_FDCWD;
}

static const char *name_here(const Walk *walk) {
        return walk->levels.count ? path_name(buffer_text(&walk->path)) : walk->root;
}

/* Sets the item to an entry with nothing but the path. */
static void set_bare_item(Walk *walk, WalkState state) {
        walk->entry = (Entry){ .path = buffer_text(&walk->path) };
        walk->item = (WalkItem){ .state = state, .entry = &walk->entry };
}

static void set_problem(Walk *walk, Error *problem) {
        error_free(walk->problem);
        walk->problem = problem;
        walk->item.state = WALK_UNREADABLE;
        walk->item.problem = error_story(problem);
}

/* Sets the item to the entry that STATUS describes; false when archives know no such type. */
static bool set_item(Walk *walk, const struct stat *status) {
        static const struct {
                mode_t format;
                EntryType type;
        } types[] = {
                { S_IFREG, ENTRY_FILE },  { S_IFDIR, ENTRY_FOLDER },      { S_IFLNK, ENTRY_LINK },
                { S_IFIFO, ENTRY_FIFO },  { S_IFCHR, ENTRY_CHAR_DEVICE }, { S_IFBLK, ENTRY_BLOCK_DEVICE },
        };
        size_t i = 0;
        set_bare_item(walk, WALK_ENTRY);
        while (i < ARRAY_LENGTH(types) && types[i].format != (status->st_mode & S_IFMT))
                i++;
        if (i == ARRAY_LENGTH(types))
                return false;
        Entry *entry = &walk->entry;
        bool is_device = S_ISCHR(status->st_mode) || S_ISBLK(status->st_mode);
        entry->type = types[i].type;
        entry->size = S_ISREG(status->st_mode) ? (uint64_t)status->st_size : 0;
        entry->modified = status->st_mtim.tv_sec;
        entry->modified_nanoseconds = (int32_t)status->st_mtim.tv_nsec;
        entry->mode = status->st_mode & 07777;
        entry->uid = status->st_uid;
        entry->gid = status->st_gid;
        entry->user = owner_user_name(status->st_uid);
        entry->group = owner_group_name(status->st_gid);
        entry->major = is_device ? major(status->st_rdev) : 0;
        entry->minor = is_device ? minor(status->st_rdev) : 0;
        walk->item.has_entry = true;
        return true;
}

/* Reads the link's target, however long. Returns an errno value. */
static int read_target(Walk *walk) {
        for (size_t size = PATH_MAX;; size *= 2) {
                buffer_truncate(&walk->target, 0);
                char *room = buffer_reserve(&walk->target, size);
                ssize_t length = readlinkat(here(walk), name_here(walk), room, size);
                if (length < 0)
                        return errno;
                if ((size_t)length < size) {
                        room[length] = '\0';
                        walk->target.length = (size_t)length;
                        return 0;
                }
        }
}

static Sight look_at_link(Walk *walk, const struct stat *status) {
        int failure = read_target(walk);
        if (failure == ENOENT)
                return SIGHT_GONE;
        if (failure == EINVAL)
                return SIGHT_CHANGED;
        if (failure) {
                set_bare_item(walk, WALK_UNREADABLE);
                set_problem(walk, bare_error(failure));
                return SIGHT_ITEM;
        }
        (void)set_item(walk, status);
        walk->entry.target = buffer_text(&walk->target);
        return SIGHT_ITEM;
}

static void close_level(Level *level) {
        listing_close(level->listing);
        file_close(&level->fd);
}

/* Level NUMBER was opened: the one now too far up is closed. The root stays open: all others are reached from it. */
static void keep_within_limit(Walk *walk, size_t number) {
        if (number > OPEN_LEVELS)
                file_close(&walk->levels.items[number - OPEN_LEVELS].fd);
}

/* Reads the names in the folder behind FD and makes it the deepest level. STATUS is the folder's. */
static Error *enter(Walk *walk, int *fd, const struct stat *status) {
        Level level = {
                .fd = -1, .device = status->st_dev, .inode = status->st_ino, .path_length = walk->path.length
        };
        TRY(listing_open(*fd, buffer_text(&walk->path), walk->scratch, LISTING_MEMORY, &level.listing));
        level.fd = TAKE_FD(*fd);
        level_list_add(&walk->levels, level);
        keep_within_limit(walk, walk->levels.count - 1);
        return NULL;
}

/* What makes every further folder fail too is our problem, not the folder's. */
static bool is_ours(int errno_value) {
        return errno_value == EMFILE || errno_value == ENFILE;
}

static Error *open_failure(int errno_value) {
        Error *error = error_from_errno(errno_value, "cannot open a folder to read it");
        return error_with_code(error, EXIT_CODE_TOO_FEW_OPEN_FILES);
}

/* What it means that a folder, seen a moment ago, could not be opened for this reason. */
static Sight sight_of(int errno_value) {
        bool is_other = errno_value == ENOTDIR || errno_value == ELOOP;
        return errno_value == ENOENT ? SIGHT_GONE : is_other ? SIGHT_CHANGED : SIGHT_ITEM;
}

/* Enters the folder. What is told of it is what was opened, be it another one than STATUS described. */
static Error *look_at_folder(Walk *walk, struct stat *status, Sight *ret_sight) {
        AUTO_FD int fd = openat(here(walk), name_here(walk), FOLDER_FLAGS);
        int failure = fd < 0 || fstat(fd, status) < 0 ? errno : 0;
        if (is_ours(failure))
                return open_failure(failure);
        *ret_sight = sight_of(failure);
        if (*ret_sight != SIGHT_ITEM)
                return NULL;
        (void)set_item(walk, status); /* a folder's type is known */
        if (failure) {
                set_problem(walk, bare_error(failure));
                return NULL;
        }
        Error *error = enter(walk, &fd, status);
        if (error_exit_code(error) == EXIT_CODE_NO_TEMP_SPACE || is_ours(error_errno(error)))
                return error;
        if (error)
                set_problem(walk, bare_error(error_errno(error)));
        error_free(error);
        return NULL;
}

/* Makes what is at walk->path the item. */
static Error *look(Walk *walk, Sight *ret_sight) {
        struct stat status;
        *ret_sight = SIGHT_ITEM;
        if (fstatat(here(walk), name_here(walk), &status, AT_SYMLINK_NOFOLLOW) < 0) {
                set_bare_item(walk, WALK_UNREADABLE);
                if (errno == ENOENT)
                        *ret_sight = SIGHT_GONE;
                else
                        set_problem(walk, bare_error(errno));
        } else if (S_ISDIR(status.st_mode))
                return look_at_folder(walk, &status, ret_sight);
        else if (S_ISLNK(status.st_mode))
                *ret_sight = look_at_link(walk, &status);
        else if (S_ISSOCK(status.st_mode))
                set_bare_item(walk, WALK_SOCKET);
        else if (!set_item(walk, &status))
                set_problem(walk, error_new(ERROR_USER, "unknown type of file"));
        return NULL;
}

/* The same, once more when it changed while we looked. */
static Error *examine(Walk *walk, bool *ret_is_there) {
        Sight sight = SIGHT_CHANGED;
        for (int i = 0; i < TRIES && sight == SIGHT_CHANGED; i++)
                TRY(look(walk, &sight));
        if (sight == SIGHT_CHANGED) {
                set_bare_item(walk, WALK_UNREADABLE);
                set_problem(walk, error_new(ERROR_TRANSIENT, "changed while it was read"));
        }
        *ret_is_there = sight != SIGHT_GONE;
        return NULL;
}

Error *walk_open(const char *root, Scratch *scratch, Walk **ret_walk) {
        AUTO(walk_close) Walk *walk = memory_new(Walk);
        walk->root = memory_text(root);
        walk->scratch = scratch;
        struct stat status;
        if (lstat(root, &status) < 0)
                return error_with_code(error_from_errno(errno, "cannot read '%s'", root), EXIT_CODE_SOURCE_MISSING);
        TRY(examine(walk, &walk->has_first));
        if (!walk->has_first)
                return error_with_code(error_from_errno(ENOENT, "cannot read '%s'", root), EXIT_CODE_SOURCE_MISSING);
        *ret_walk = TAKE(walk);
        return NULL;
}

/* Opens level NUMBER again, from the level above it. False when another folder, or none, is there now. */
static Error *open_again(Walk *walk, size_t number, bool *ret_is_same) {
        Level *level = &walk->levels.items[number];
        const Level *above = level - 1;
        const char *start = buffer_text(&walk->path) + above->path_length + (above->path_length > 0);
        AUTO_TEXT char *name = memory_copy(start, (size_t)(buffer_text(&walk->path) + level->path_length - start));
        struct stat status;
        AUTO_FD int fd = openat(above->fd, name, FOLDER_FLAGS);
        if (fd < 0 && is_ours(errno))
                return open_failure(errno);
        *ret_is_same = fd >= 0 && fstat(fd, &status) == 0 && status.st_dev == level->device &&
                       status.st_ino == level->inode;
        if (*ret_is_same) {
                level->fd = TAKE_FD(fd);
                keep_within_limit(walk, number);
        }
        return NULL;
}

/* Makes sure that the deepest level is open. Goes down from the root, not up by "..": that leads astray when a folder
 * was moved, and every level further up would be lost too. Refills the whole stock of open levels: seldom needed. */
static Error *come_back(Walk *walk, bool *ret_is_same) {
        *ret_is_same = true;
        for (size_t i = 1; deepest(walk)->fd < 0 && *ret_is_same; i++)
                if (walk->levels.items[i].fd < 0)
                        TRY(open_again(walk, i, ret_is_same));
        return NULL;
}

/* Gives up what is left of the deepest level: the item says so. */
static void lose_level(Walk *walk) {
        set_bare_item(walk, WALK_UNREADABLE);
        set_problem(walk, error_new(ERROR_TRANSIENT, "moved while it was read"));
        close_level(deepest(walk));
        walk->levels.count--;
}

static void set_path(Walk *walk, const char *name) {
        if (walk->path.length)
                (void)buffer_add_byte(&walk->path, '/'); /* no ceiling, cannot fail */
        (void)buffer_add_text(&walk->path, name);
}

/* One step: the next name of the deepest level, or up. */
static Error *step(Walk *walk, bool *ret_has_item) {
        Level *level = deepest(walk);
        const char *name;
        bool is_same;
        buffer_truncate(&walk->path, level->path_length);
        TRY(listing_next(level->listing, &name));
        if (!name) {
                close_level(level);
                walk->levels.count--;
                return NULL;
        }
        TRY(come_back(walk, &is_same));
        if (!is_same) {
                lose_level(walk);
                *ret_has_item = true;
                return NULL;
        }
        set_path(walk, name);
        return examine(walk, ret_has_item);
}

Error *walk_next(Walk *walk, const WalkItem **ret_item) {
        bool has_item = walk->has_first;
        walk->has_first = false;
        while (!has_item && walk->levels.count)
                TRY(step(walk, &has_item));
        *ret_item = has_item ? &walk->item : NULL;
        return NULL;
}

/* Without touching the access time where we may: only the file's owner and root may. */
static int open_quietly(Walk *walk) {
        int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
        int fd = openat(here(walk), name_here(walk), flags | O_NOATIME);
        return fd < 0 && errno == EPERM ? openat(here(walk), name_here(walk), flags) : fd;
}

Error *walk_open_file(Walk *walk, int *ret_fd) {
        assert(walk->item.has_entry && walk->entry.type == ENTRY_FILE);
        struct stat status;
        AUTO_FD int fd = open_quietly(walk);
        bool is_other = fd < 0 && (errno == ELOOP || errno == ENXIO);
        if (fd < 0 && !is_other)
                return bare_error(errno);
        if (fd >= 0 && fstat(fd, &status) < 0)
                return bare_error(errno);
        if (is_other || !S_ISREG(status.st_mode))
                return error_new(ERROR_MISSING, "it is no longer a file");
        *ret_fd = TAKE_FD(fd);
        return NULL;
}

char *walk_full_path(const Walk *walk, const char *path) {
        size_t length = strlen(walk->root);
        bool needs_slash = *path && length && walk->root[length - 1] != '/';
        return memory_print("%s%s%s", walk->root, needs_slash ? "/" : "", path);
}

void walk_close(Walk *walk) {
        if (!walk)
                return;
        for (size_t i = 0; i < walk->levels.count; i++)
                close_level(&walk->levels.items[i]);
        level_list_clear(&walk->levels);
        error_free(walk->problem);
        buffer_clear(&walk->target);
        buffer_clear(&walk->path);
        memory_free(walk->root);
        memory_free(walk);
}
