#include "engine/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/list.h"
#include "base/path.h"
#include "codec/sparse.h"
#include "engine/new_file.h"
#include "sys/file.h"
#include "sys/folder.h"
#include "sys/workers.h"

enum {
        OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
        MOST_DEEDS = 64, /* under way; each may hold PLACE_SMALL bytes, or a folder open */
};

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

/* Something that is done behind the caller's back: a small file that a worker writes, or a folder that is left when
 * all that was begun before is done. */
typedef struct Deed {
        bool is_leaving;
        Level level; /* that is left */

        int parent;  /* of the file: a folder that is left later */
        bool force;
        char *path;
        const char *name; /* within path, or the target's */
        Metadata metadata;
        Buffer content;
        Error *error; /* of the worker */
} Deed;

struct Place {
        PlaceOptions options;
        char *target;
        LevelList levels; /* levels[0] is the target; empty while there is none */
        bool may_chown;
        bool has_bare_root; /* the root entry is no folder: levels[0] is what holds it, and nothing else may go there */

        NewFile file; /* at work */

        Workers *workers; /* NULL: small files are written on the spot */
        size_t under_way; /* deeds */
};

static Error *is_empty(const char *target, int fd, bool *ret_empty) {
        AUTO(listing_close) Listing *listing = NULL;
        const char *first;
        TRY(listing_open(fd, target, NULL, SIZE_MAX, &listing));
        TRY(listing_next(listing, &first));
        *ret_empty = !first;
        return NULL;
}

/* FD is -1 for what is no folder. */
static Error *check_empty(const char *target, int fd) {
        bool empty = false;
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

static bool has_way_back(const char *path) {
        AUTO_TEXT char *framed = memory_print("/%s/", path);
        return strstr(framed, "/../");
}

/* Behind a '..' nobody knows what is there until the folders in front of it are. */
static Error *check_target(const char *target) {
        struct stat status;
        if (lstat(target, &status) < 0 && errno == ENOENT) {
                AUTO_TEXT char *parent = memory_copy(target, path_parent_length(target));
                return !has_way_back(target) || stat(parent, &status) == 0
                               ? NULL
                               : error_new(ERROR_USER,
                                           "'%s' goes back from a folder that is not there (write the path without "
                                           "'..')",
                                           target);
        }
        AUTO_FD int fd = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return check_empty(target, fd);
}

/* ---- metadata ---- */

static Metadata wanted_metadata(const Place *place, const Entry *entry) {
        return metadata_of(entry, place->options.numeric_owner, place->may_chown);
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

static Error *leave_level(const Place *place, Level *level) {
        Error *error = NULL;
        if (level->entry) {
                Metadata metadata = wanted_metadata(place, level->entry);
                error = metadata_set(&metadata, level->fd);
        } else if (level->is_kept) {
                error = give_back_metadata(level);
        }
        if (error) {
                AUTO_TEXT char *shown = path_printable(level->path);
                error = error_context(error, "folder '%s/%s'", place->target, shown);
        }
        free_level(level);
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
                place->options.problem(place->options.context, error_story(told));
}

/* ---- deeds ---- */

static void free_deed(void *item) {
        Deed *deed = item;
        if (deed->is_leaving)
                free_level(&deed->level);
        memory_free(deed->path);
        buffer_clear(&deed->content);
        error_free(deed->error);
        memory_free(deed);
}

static Error *write_small_file(const Deed *deed) {
        AUTO_VALUE(new_file_drop) NewFile file = NEW_FILE_NONE;
        TRY(new_file_create(deed->parent, deed->name, deed->force, &file));
        AUTO(writer_abandon) Writer *out = sparse_write_fd(file.fd, "restored file");
        TRY(writer_write(out, buffer_bytes(&deed->content)));
        TRY(writer_finish(TAKE(out)));
        return new_file_finish(&file, &deed->metadata);
}

static void do_deed(UNUSED void *state, void *item) {
        Deed *deed = item;
        if (!deed->is_leaving)
                deed->error = write_small_file(deed);
}

/* What was begun before it is done: nobody works in a folder any more that is left. */
static void settle(Place *place, Deed *deed) {
        if (deed->is_leaving)
                tell_problem(place, leave_level(place, &deed->level));
        else
                place->options.placed(place->options.context, deed->path, deed->content.length, TAKE(deed->error));
        deed->is_leaving = false;
        free_deed(deed);
}

/* Settles deeds in their order, until at most ALLOWED are under way. */
static void settle_down_to(Place *place, size_t allowed) {
        while (place->under_way > allowed) {
                settle(place, workers_collect(place->workers));
                place->under_way--;
        }
}

static void begin_deed(Place *place, Deed deed) {
        Deed *item = memory_new(Deed);
        *item = deed;
        if (!place->workers) {
                do_deed(NULL, item);
                settle(place, item);
                return;
        }
        settle_down_to(place, MOST_DEEDS - 1);
        (void)workers_submit(place->workers, item); /* refused only by a pool that was stopped */
        place->under_way++;
}

static Error *open_workers(Place *place) {
        WorkersOptions options = {
                .threads = place->options.threads, .capacity = MOST_DEEDS, .work = do_deed, .context = place
        };
        return options.threads ? workers_open(&options, &place->workers) : NULL;
}

Error *place_open(const PlaceOptions *options, Place **ret_place) {
        AUTO(place_close) Place *place = memory_new(Place);
        place->options = *options;
        AUTO_TEXT char *clean = path_clean(options->target); /* a trailing slash would hide the last name */
        place->target = memory_text(clean[0] ? clean : ".");
        place->may_chown = !options->no_ownership && geteuid() == 0;
        place->file = (NewFile)NEW_FILE_NONE;
        if (!options->force)
                TRY(check_target(place->target));
        TRY(open_workers(place));
        *ret_place = TAKE(place);
        return NULL;
}

static void leave_last_level(Place *place) {
        begin_deed(place, (Deed){ .is_leaving = true, .level = place->levels.items[--place->levels.count] });
}

/* Leaves the folders that PATH does not lie in. */
static void leave_up_to(Place *place, const char *path) {
        while (place->levels.count > 1 && !path_is_within(path, place->levels.items[place->levels.count - 1].path))
                leave_last_level(place);
}

/* ---- the way to a path ---- */

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
        AUTO_FD int fd = open(place->target, O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* a link is the user's will */
        if (fd < 0)
                return error_from_errno(errno, "cannot open '%s'", place->target);
        if (!place->options.force) /* once more: somebody else may have filled it meanwhile */
                TRY(check_empty(place->target, fd));
        enter_level(place, TAKE_FD(fd), "", entry);
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
                settle_down_to(place, 0); /* it may have been left, or be a file, by something under way */
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
        Metadata metadata = wanted_metadata(place, entry);
        return metadata_set_by_name(&metadata, parent, name, entry->type == ENTRY_LINK);
}

Error *place_begin_file(Place *place, const char *path, int *ret_fd) {
        int parent;
        const char *name = NULL;
        place_drop_file(place);
        TRY(locate(place, path, &parent, &name));
        TRY(new_file_create(parent, name, place->options.force, &place->file));
        *ret_fd = place->file.fd;
        return NULL;
}

Error *place_finish_file(Place *place, const Entry *entry) {
        Metadata metadata = wanted_metadata(place, entry);
        return new_file_finish(&place->file, &metadata);
}

void place_drop_file(Place *place) {
        new_file_drop(&place->file);
}

Error *place_small_file(Place *place, const Entry *entry, Buffer *content) {
        Deed deed = { .force = place->options.force, .metadata = wanted_metadata(place, entry) };
        const char *name = NULL;
        TRY(locate(place, entry->path, &deed.parent, &name));
        deed.path = memory_text(entry->path);
        deed.name = entry->path[0] ? path_name(deed.path) : name;
        deed.content = *content;
        *content = (Buffer){ .data = NULL };
        begin_deed(place, deed);
        return NULL;
}

void place_finish(Place *place) {
        while (place->levels.count)
                leave_last_level(place);
        settle_down_to(place, 0);
}

void place_close(Place *place) {
        if (!place)
                return;
        place_drop_file(place);
        workers_close(place->workers, free_deed);
        for (size_t i = 0; i < place->levels.count; i++)
                free_level(&place->levels.items[i]);
        level_list_clear(&place->levels);
        memory_free(place->target);
        memory_free(place);
}
