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
#include "source/judge.h"
#include "sys/file.h"
#include "sys/folder.h"
#include "sys/owner.h"

#define OPEN_LEVELS ((size_t)256) /* folders kept open, besides the root: the deepest ones */
#define LISTING_MEMORY ((size_t)4 * 1024 * 1024)
#define TRIES 3 /* for a path that changes its type while we look */
#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

/* A folder we are in. */
typedef struct Level {
        int fd; /* -1: closed because too many are open; opened again when we come back */
        struct stat status;
        size_t path_length;
        bool is_pending; /* to be given when something in it is */
        Listing *listing;
} Level;

DEFINE_LIST(LevelList, level_list, Level)

struct Walk {
        char *root;
        WalkOptions options;
        Judge *judge;
        Scratch *scratch;
        LevelList levels; /* from the root down to where we are */
        Buffer path;      /* of the item given last */
        bool has_item;    /* item is still to be given: the root, or what lies in folders that have to go first */
        size_t pending;   /* such folders */

        Entry entry;
        Buffer target;
        Error *problem;
        WalkItem item;

        Entry folder;     /* one that goes first */
        Buffer folder_path;
        WalkItem folder_item;
};

/* What a look at a path showed. */
typedef enum Sight {
        SIGHT_ITEM,
        SIGHT_NOTHING, /* gone, not selected, or entered but not to be given yet */
        SIGHT_CHANGED,
} Sight;

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

/* Fills in what STATUS describes; false when archives know no such type. */
static bool fill_entry(Entry *entry, const struct stat *status) {
        static const struct {
                mode_t format;
                EntryType type;
        } types[] = {
                { S_IFREG, ENTRY_FILE },  { S_IFDIR, ENTRY_FOLDER },      { S_IFLNK, ENTRY_LINK },
                { S_IFIFO, ENTRY_FIFO },  { S_IFCHR, ENTRY_CHAR_DEVICE }, { S_IFBLK, ENTRY_BLOCK_DEVICE },
        };
        size_t i = 0;
        while (i < ARRAY_LENGTH(types) && types[i].format != (status->st_mode & S_IFMT))
                i++;
        if (i == ARRAY_LENGTH(types))
                return false;
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
        return true;
}

/* Sets the item to the entry that STATUS describes; false when archives know no such type. */
static bool set_item(Walk *walk, const struct stat *status) {
        set_bare_item(walk, WALK_ENTRY);
        walk->item.has_entry = fill_entry(&walk->entry, status);
        return walk->item.has_entry;
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
                return SIGHT_NOTHING;
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

static bool is_same_folder(const struct stat *a, const struct stat *b) {
        return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static int folder_flags(const Walk *walk) {
        return FOLDER_FLAGS | (walk->options.follows_links ? 0 : O_NOFOLLOW);
}

/* Reads the names in the folder behind FD and makes it the deepest level. STATUS is the folder's. */
static Error *enter(Walk *walk, int *fd, const struct stat *status) {
        Level level = { .fd = -1, .status = *status, .path_length = walk->path.length };
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
        return errno_value == ENOENT ? SIGHT_NOTHING : is_other ? SIGHT_CHANGED : SIGHT_ITEM;
}

/* A folder we are in was reached again, by a link here or further up. The link is kept as what it is. */
static Sight look_at_loop(Walk *walk) {
        struct stat status;
        if (fstatat(here(walk), name_here(walk), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode))
                return look_at_link(walk, &status);
        set_problem(walk, error_new(ERROR_USER, "it lies in itself, because a link leads back to it"));
        return SIGHT_ITEM;
}

static bool is_entered(const Walk *walk, const struct stat *status) {
        for (size_t i = 0; i < walk->levels.count; i++)
                if (is_same_folder(&walk->levels.items[i].status, status))
                        return true;
        return false;
}

/* Enters the folder. What is told of it is what was opened, be it another one than STATUS described. */
static Error *look_at_folder(Walk *walk, struct stat *status, Sight *ret_sight) {
        AUTO_FD int fd = openat(here(walk), name_here(walk), folder_flags(walk));
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
        if (walk->options.follows_links && is_entered(walk, status)) {
                *ret_sight = look_at_loop(walk);
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

/* Enters a folder that is given only when something in it is. One that cannot be read may hold something: that is
 * told, though not the folder itself. */
static Error *scan_folder(Walk *walk, struct stat *status, Sight *ret_sight) {
        TRY(look_at_folder(walk, status, ret_sight));
        if (*ret_sight != SIGHT_ITEM)
                return NULL;
        if (walk->item.state == WALK_UNREADABLE) {
                walk->item.has_entry = false;
                walk->entry = (Entry){ .path = buffer_text(&walk->path) };
                return NULL;
        }
        *ret_sight = SIGHT_NOTHING;
        if (walk->entry.type == ENTRY_FOLDER) {
                deepest(walk)->is_pending = true;
                walk->pending++;
        }
        return NULL;
}

/* STATUS NULL: unknown. The root is always included. */
static Error *judge(Walk *walk, const struct stat *status, Verdict *ret_verdict) {
        *ret_verdict = VERDICT_INCLUDE;
        if (walk->levels.count == 0)
                return NULL;
        const Candidate candidate = {
                .path = buffer_text(&walk->path), .status = status, .parent = here(walk), .name = name_here(walk)
        };
        return judge_path(walk->judge, &candidate, ret_verdict);
}

/* What cannot even be asked for its type. */
static Error *look_at_unknown(Walk *walk, int failure, Sight *ret_sight) {
        Verdict verdict;
        bool leads_nowhere = walk->options.follows_links && (failure == ELOOP || failure == ENOTDIR);
        TRY(judge(walk, NULL, &verdict));
        *ret_sight = verdict == VERDICT_EXCLUDE || failure == ENOENT || leads_nowhere ? SIGHT_NOTHING : SIGHT_ITEM;
        set_bare_item(walk, WALK_UNREADABLE);
        if (*ret_sight == SIGHT_ITEM)
                set_problem(walk, bare_error(failure));
        return NULL;
}

static int follow_flag(const Walk *walk) {
        return walk->options.follows_links ? 0 : AT_SYMLINK_NOFOLLOW;
}

/* Makes what is at walk->path the item, if it is selected. */
static Error *look(Walk *walk, Sight *ret_sight) {
        struct stat status;
        Verdict verdict;
        if (fstatat(here(walk), name_here(walk), &status, follow_flag(walk)) < 0)
                return look_at_unknown(walk, errno, ret_sight);
        TRY(judge(walk, &status, &verdict));
        *ret_sight = verdict == VERDICT_INCLUDE ? SIGHT_ITEM : SIGHT_NOTHING;
        if (verdict == VERDICT_SCAN && S_ISDIR(status.st_mode))
                return scan_folder(walk, &status, ret_sight);
        if (verdict != VERDICT_INCLUDE)
                return NULL;
        if (S_ISDIR(status.st_mode))
                return look_at_folder(walk, &status, ret_sight);
        if (S_ISLNK(status.st_mode))
                *ret_sight = look_at_link(walk, &status);
        else if (S_ISSOCK(status.st_mode))
                set_bare_item(walk, WALK_SOCKET);
        else if (!set_item(walk, &status))
                set_problem(walk, error_new(ERROR_USER, "unknown type of file"));
        return NULL;
}

/* The same, once more when it changed while we looked. */
static Error *examine(Walk *walk, bool *ret_has_item) {
        Sight sight = SIGHT_CHANGED;
        for (int i = 0; i < TRIES && sight == SIGHT_CHANGED; i++)
                TRY(look(walk, &sight));
        if (sight == SIGHT_CHANGED) {
                set_bare_item(walk, WALK_UNREADABLE);
                set_problem(walk, error_new(ERROR_TRANSIENT, "changed while it was read"));
        }
        *ret_has_item = sight != SIGHT_NOTHING;
        return NULL;
}

static Error *missing_root(const char *root, int errno_value) {
        return error_with_code(error_from_errno(errno_value, "cannot read '%s'", root), EXIT_CODE_SOURCE_MISSING);
}

Error *walk_open(const char *root, const WalkOptions *options, Scratch *scratch, Walk **ret_walk) {
        AUTO(walk_close) Walk *walk = memory_new(Walk);
        struct stat status;
        walk->root = memory_text(root);
        walk->scratch = scratch;
        if (options)
                walk->options = *options;
        if (fstatat(AT_FDCWD, root, &status, follow_flag(walk)) < 0)
                return missing_root(root, errno);
        walk->judge = judge_new(walk->options.selection, status.st_dev);
        TRY(examine(walk, &walk->has_item));
        if (!walk->has_item)
                return missing_root(root, ENOENT);
        *ret_walk = TAKE(walk);
        return NULL;
}

const WalkOptions *walk_options(const Walk *walk) {
        return &walk->options;
}

/* Opens level NUMBER again, from the level above it. False when another folder, or none, is there now. */
static Error *open_again(Walk *walk, size_t number, bool *ret_is_same) {
        Level *level = &walk->levels.items[number];
        const Level *above = level - 1;
        const char *start = buffer_text(&walk->path) + above->path_length + (above->path_length > 0);
        AUTO_TEXT char *name = memory_copy(start, (size_t)(buffer_text(&walk->path) + level->path_length - start));
        struct stat status;
        AUTO_FD int fd = openat(above->fd, name, folder_flags(walk));
        if (fd < 0 && is_ours(errno))
                return open_failure(errno);
        *ret_is_same = fd >= 0 && fstat(fd, &status) == 0 && is_same_folder(&status, &level->status);
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

static void leave(Walk *walk) {
        walk->pending -= deepest(walk)->is_pending;
        close_level(deepest(walk));
        walk->levels.count--;
}

/* Gives up what is left of the deepest level: the item says so. */
static void lose_level(Walk *walk) {
        set_bare_item(walk, WALK_UNREADABLE);
        set_problem(walk, error_new(ERROR_TRANSIENT, "moved while it was read"));
        leave(walk);
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
                leave(walk);
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

/* The uppermost of the folders that go before the item. */
static const WalkItem *take_pending(Walk *walk) {
        Level *level = walk->levels.items;
        while (!level->is_pending)
                level++;
        level->is_pending = false;
        walk->pending--;
        buffer_truncate(&walk->folder_path, 0);
        (void)buffer_add(&walk->folder_path, bytes_make(buffer_text(&walk->path), level->path_length));
        (void)fill_entry(&walk->folder, &level->status); /* a folder's type is known */
        walk->folder.path = buffer_text(&walk->folder_path);
        walk->folder_item = (WalkItem){ .state = WALK_ENTRY, .entry = &walk->folder, .has_entry = true };
        return &walk->folder_item;
}

Error *walk_next(Walk *walk, const WalkItem **ret_item) {
        bool has_item = walk->has_item;
        while (!has_item && walk->levels.count)
                TRY(step(walk, &has_item));
        walk->has_item = has_item && walk->pending;
        *ret_item = walk->has_item ? take_pending(walk) : has_item ? &walk->item : NULL;
        return NULL;
}

/* Without touching the access time where we may: only the file's owner and root may. */
static int open_quietly(Walk *walk) {
        int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (walk->options.follows_links ? 0 : O_NOFOLLOW);
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
        judge_free(walk->judge);
        buffer_clear(&walk->folder_path);
        buffer_clear(&walk->target);
        buffer_clear(&walk->path);
        memory_free(walk->root);
        memory_free(walk);
}
