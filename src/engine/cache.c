#include "engine/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "codec/deflate.h"
#include "codec/tar.h"
#include "engine/index_file.h"
#include "sys/atomic.h"
#include "sys/file.h"

/* What the local copy of FILE is called. Caller frees. */
static char *copy_name(const Session *session, const SetFile *file) {
        return name_print_copy(file->name, &session->job->prefixes, &session->job->times);
}

/* Where the local copy of FILE lies. Caller frees. */
static char *copy_path(const Session *session, const SetFile *file) {
        AUTO_TEXT char *name = copy_name(session, file);
        return memory_print("%s/%s", session->archive_folder, name);
}

/* True when the archive folder may be changed, until end_changes. A run that only reads goes on without. */
static bool begin_changes(Session *session) {
        if (session->lock)
                return true;
        AUTO(error_free) Error *refused = lock_take(session->archive_folder, &session->lock);
        if (refused)
                log_info("leaving the archive folder as it is: %s", error_story(refused));
        return !refused;
}

static void end_changes(Session *session) {
        if (session->access != SESSION_WORKS)
                lock_release(TAKE(session->lock)); /* the rest may take hours, and changes nothing */
}

/* Fetches FILE and writes it to FD as local copies are: decoded, and gzipped when it is a signature archive. */
static Error *fetch_decoded(Session *session, const SetFile *file, int fd) {
        AUTO(reader_close) Reader *reader = NULL;
        AUTO(writer_abandon) Writer *writer = NULL;
        log_notice("Copying %s to local cache.", file->name);
        TRY(session_read(session, file, &reader));
        writer = stream_write_fd(fd, false, file->name);
        if (file->parsed.kind == FILE_SIGNATURE)
                writer = deflate_write_gzip(TAKE(writer));
        TRY_AS(reader_copy(reader, writer), "cannot copy '%s' to the archive folder '%s'", file->name,
               session->archive_folder);
        return writer_finish(TAKE(writer));
}

static Error *fetch_into_folder(Session *session, const SetFile *file, const char *path) {
        AUTO(atomic_abandon) Atomic *atomic = NULL;
        TRY(atomic_open(session->archive_folder, path_name(path), 0600, &atomic));
        TRY(fetch_decoded(session, file, atomic_fd(atomic)));
        return atomic_finish(TAKE(atomic));
}

static Error *fetch_aside(Session *session, const SetFile *file, const char *path, int *ret_fd) {
        AUTO_FD int fd = -1;
        TRY(scratch_file(session->scratch, &fd));
        TRY(fetch_decoded(session, file, fd));
        TRY(file_seek(fd, path, 0));
        *ret_fd = TAKE_FD(fd);
        return NULL;
}

/* Fetches FILE; *ret_fd is the copy: the one at PATH, or a scratch file where nothing may be changed. */
static Error *fetch_copy(Session *session, const SetFile *file, const char *path, int *ret_fd) {
        if (!begin_changes(session))
                return fetch_aside(session, file, path, ret_fd);
        Error *error = fetch_into_folder(session, file, path);
        end_changes(session);
        return error ? error : file_open(path, O_RDONLY, 0, ret_fd);
}

/* Opens the local copy of FILE at PATH, which is fetched first when it is not here; *ret_fresh says so. */
static Error *open_copy(Session *session, const SetFile *file, const char *path, int *ret_fd, bool *ret_fresh) {
        AUTO(error_free) Error *failure = file_open(path, O_RDONLY, 0, ret_fd);
        *ret_fresh = error_kind(failure) == ERROR_MISSING;
        return *ret_fresh ? fetch_copy(session, file, path, ret_fd) : TAKE(failure);
}

static void tell_damage(const SetFile *file, const char *damage) {
        log_info("fetching '%s' anew: %s", file->name, damage);
}

/* Reads a signature archive from beginning to end, which proves it, and goes back to its beginning: what is found out
 * later than here costs the whole run. */
static Error *prove_signatures(int fd, const char *path) {
        enum { PIECE = 64 * 1024 };
        uint64_t total = 0;
        AUTO_TEXT char *piece = memory_zeroed(PIECE);
        AUTO(reader_close) Reader *reader = deflate_read_gzip(stream_read_fd(fd, false, path), path);
        for (size_t length = 1; length; total += length)
                TRY(reader_read(reader, piece, PIECE, &length));
        if (total == 0 || total % TAR_BLOCK)
                return error_new(ERROR_CORRUPT, "'%s' is no whole archive", path);
        return file_seek(fd, path, 0);
}

/* FAILURE is what was found out about the copy of FILE at PATH, open as *FD: a damaged one is fetched anew. */
static Error *replace_damaged(Session *session, const SetFile *file, const char *path, Error *failure, int *fd) {
        AUTO(error_free) Error *damage = failure;
        if (!damage || error_kind(damage) != ERROR_CORRUPT)
                return TAKE(damage);
        tell_damage(file, error_story(damage));
        file_close(fd);
        return fetch_copy(session, file, path, fd);
}

Error *cache_open_signatures(Session *session, const BackupSet *set, Reader **ret_reader) {
        const SetFile *file = set->signature;
        AUTO_TEXT char *path = copy_path(session, file);
        AUTO_FD int fd = -1;
        bool fresh;
        TRY(session_check_set(session, set));
        TRY(open_copy(session, file, path, &fd, &fresh));
        if (!fresh)
                TRY(replace_damaged(session, file, path, prove_signatures(fd, path), &fd));
        *ret_reader = deflate_read_gzip(stream_read_fd(TAKE_FD(fd), true, path), path);
        return NULL;
}

/* ---- indexes ---- */

/* A local signature archive, open as fd. */
typedef struct Copy {
        char *name, *path;
        int fd;
} Copy;

static void clear_copy(Copy *copy) {
        file_close(&copy->fd);
        memory_free(copy->name);
        memory_free(copy->path);
}

/* Reads the copy to its end, which proves it, and makes its index. */
static Error *make_index(const Session *session, const Copy *copy) {
        AUTO(reader_close) Reader *reader = deflate_read_gzip(stream_read_fd(copy->fd, false, copy->path), copy->path);
        return index_file_make(session->archive_folder, copy->name, copy->fd, reader);
}

/* As prove_signatures, and makes the index of a large archive where that can be done. */
static Error *prove_and_index(Session *session, const Copy *copy) {
        uint64_t size;
        TRY(file_size(copy->fd, copy->path, &size));
        if (!index_file_is_due(size) || !begin_changes(session))
                return prove_signatures(copy->fd, copy->path);
        AUTO(error_free) Error *failure = make_index(session, copy);
        end_changes(session);
        TRY(file_seek(copy->fd, copy->path, 0));
        if (!failure || error_kind(failure) == ERROR_CORRUPT)
                return TAKE(failure);
        log_info("no index is made of '%s': %s", copy->name, error_story(failure));
        return prove_signatures(copy->fd, copy->path);
}

/* Opens the index of FILE's copy, which is replaced when it is damaged. */
static Error *have_index(Session *session, const SetFile *file, Copy *copy, SignatureIndex **ret_index) {
        *ret_index = index_file_open(session->archive_folder, file->name, copy->name, copy->fd);
        if (*ret_index)
                return NULL;
        TRY(replace_damaged(session, file, copy->path, prove_and_index(session, copy), &copy->fd));
        *ret_index = index_file_open(session->archive_folder, file->name, copy->name, copy->fd);
        return NULL;
}

Error *cache_open_signature_members(Session *session, const BackupSet *set, SignatureIn **ret_in) {
        const SetFile *file = set->signature;
        AUTO_VALUE(clear_copy) Copy copy = { .name = copy_name(session, file), .path = copy_path(session, file), .fd = -1 };
        SignatureIndex *index = NULL;
        bool fresh;
        TRY(session_check_set(session, set));
        TRY(open_copy(session, file, copy.path, &copy.fd, &fresh));
        if (!fresh)
                TRY(have_index(session, file, &copy, &index));
        Reader *archive = deflate_read_gzip(stream_read_fd(TAKE_FD(copy.fd), true, copy.path), copy.path);
        *ret_in = index ? signature_in_open_index(index, archive, file->name) : signature_in_open(archive, file->name, 0);
        return NULL;
}

void cache_distrust_signatures(Session *session, const BackupSet *set, const char *damage) {
        AUTO_TEXT char *copy = copy_name(session, set->signature);
        log_warning("the copy of '%s' in the archive folder '%s' is damaged (the next run fetches it again): %s",
                    set->signature->name, session->archive_folder, damage);
        if (!begin_changes(session))
                return;
        index_file_remove(session->archive_folder, copy); /* one that stays hides the damage once more */
        end_changes(session);
}

/* ---- manifests ---- */

static Error *feed_manifest(int fd, const char *path, ManifestParser *parser) {
        enum { PIECE = 64 * 1024 };
        AUTO_TEXT char *piece = memory_zeroed(PIECE);
        for (size_t length = 1; length;) {
                TRY(file_read(fd, path, piece, PIECE, &length));
                TRY(manifest_parser_feed(parser, bytes_make(piece, length)));
        }
        return NULL;
}

static Error *parse_manifest(int fd, const char *path, Arena *arena, Manifest *ret_manifest) {
        AUTO(manifest_parser_free) ManifestParser *parser = manifest_parser_new(arena, NULL, NULL);
        TRY(feed_manifest(fd, path, parser));
        return manifest_parser_finish(parser, ret_manifest);
}

/* A copy that was cut between two volumes reads well: only the count tells. */
static Error *parse_copy(const BackupSet *set, int fd, const char *path, Arena *arena, Manifest *ret_manifest) {
        TRY(parse_manifest(fd, path, arena, ret_manifest));
        if (ret_manifest->volume_count == set->volume_count)
                return NULL;
        return error_new(ERROR_CORRUPT, "its copy speaks of %zu volumes, and there are %zu", ret_manifest->volume_count,
                         set->volume_count);
}

static Error *read_fetched_manifest(Session *session, const SetFile *file, const char *path, int fd, Arena *arena,
                                    Manifest *ret_manifest) {
        Error *failure = parse_manifest(fd, path, arena, ret_manifest);
        if (error_kind(failure) == ERROR_CORRUPT && begin_changes(session)) {
                (void)unlink(path); /* there is no reason to keep it; one that stays costs the next run one fetch */
                end_changes(session);
        }
        return error_context(failure, "cannot read the manifest '%s'", file->name);
}

/* *ret_fd is the copy that was read. */
static Error *open_manifest(Session *session, const BackupSet *set, Arena *arena, Manifest *ret_manifest,
                            int *ret_fd) {
        const SetFile *file = set->manifest;
        AUTO_TEXT char *path = copy_path(session, file);
        AUTO_FD int fd = -1;
        bool fresh;
        TRY(session_check_set(session, set));
        TRY(open_copy(session, file, path, &fd, &fresh));
        if (!fresh) {
                AUTO(error_free) Error *damage = parse_copy(set, fd, path, arena, ret_manifest);
                if (error_kind(damage) != ERROR_CORRUPT) {
                        *ret_fd = TAKE_FD(fd);
                        return TAKE(damage);
                }
                tell_damage(file, error_story(damage));
                file_close(&fd);
                TRY(fetch_copy(session, file, path, &fd));
        }
        TRY(read_fetched_manifest(session, file, path, fd, arena, ret_manifest));
        *ret_fd = TAKE_FD(fd);
        return NULL;
}

Error *cache_read_manifest(Session *session, const BackupSet *set, Arena *arena, Manifest *ret_manifest) {
        AUTO_FD int fd = -1;
        return open_manifest(session, set, arena, ret_manifest, &fd);
}

Error *cache_read_file_list(Session *session, const BackupSet *set, ManifestFileSink *sink, void *context) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO(manifest_parser_free) ManifestParser *parser = manifest_parser_new(arena, sink, context);
        AUTO_FD int fd = -1;
        Manifest manifest;
        TRY(open_manifest(session, set, arena, &manifest, &fd)); /* nothing is told before all of it is sound */
        TRY(file_seek(fd, set->manifest->name, 0));
        return feed_manifest(fd, set->manifest->name, parser);
}

Error *cache_open_copy(Session *session, const SetFile *file, Reader **ret_reader) {
        AUTO_TEXT char *path = copy_path(session, file);
        int fd = -1;
        AUTO(error_free) Error *failure = file_open(path, O_RDONLY, 0, &fd);
        *ret_reader = NULL;
        if (failure)
                return error_kind(failure) == ERROR_MISSING ? NULL : TAKE(failure);
        *ret_reader = stream_read_fd(fd, true, path);
        if (file->parsed.kind == FILE_SIGNATURE)
                *ret_reader = deflate_read_gzip(*ret_reader, path);
        return NULL;
}

/* ---- in step with the far side ---- */

/* Local names; owned. */
DEFINE_LIST(NameList, name_list, char *)
/* Files of the far side. */
DEFINE_LIST(FileList, file_list, const SetFile *)

static void release_names(NameList *names) {
        for (size_t i = 0; i < names->count; i++)
                memory_free(names->items[i]);
        name_list_clear(names);
}

static int compare_names(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_file(FileList *files, const SetFile *file) {
        if (file)
                file_list_add(files, file);
}

static void add_set(FileList *files, const BackupSet *set, CacheNeed need) {
        if (need & CACHE_NEEDS_MANIFESTS)
                add_file(files, set->manifest);
        if (need & CACHE_NEEDS_SIGNATURES)
                add_file(files, set->signature);
}

/* All metadata of the far side. */
static void list_everything(const Session *session, FileList *files) {
        const Collection *collection = session->collection;
        const CacheNeed all = CACHE_NEEDS_MANIFESTS | CACHE_NEEDS_SIGNATURES;
        for (size_t i = 0; i < collection->chain_count; i++)
                for (size_t j = 0; j < collection->chains[i].set_count; j++)
                        add_set(files, collection->chains[i].sets[j], all);
        for (size_t i = 0; i < collection->orphan_count; i++)
                add_set(files, collection->orphans[i], all);
        for (size_t i = 0; i < collection->incomplete_count; i++)
                add_set(files, collection->incompletes[i], all);
        for (size_t i = 0; i < collection->stray_signature_count; i++)
                add_file(files, collection->stray_signatures[i]);
}

/* What those files are called here, sorted for searching. */
static void list_copies(const Session *session, NameList *names) {
        FileList files = { .items = NULL };
        list_everything(session, &files);
        for (size_t i = 0; i < files.count; i++)
                name_list_add(names, copy_name(session, files.items[i]));
        if (names->count)
                qsort(names->items, names->count, sizeof names->items[0], compare_names);
        file_list_clear(&files);
}

/* True for names that are metadata of a repository but none of the sorted NAMES. */
static bool is_stranger(const Session *session, const NameList *names, const char *name) {
        FileName parsed;
        if (!name_parse(name, &session->job->prefixes, &session->job->times, &parsed) || parsed.partial ||
            (parsed.kind != FILE_MANIFEST && parsed.kind != FILE_SIGNATURE))
                return false;
        return !names->count || !bsearch(&name, names->items, names->count, sizeof names->items[0], compare_names);
}

/* The names in the archive folder that IS_WANTED says. */
static Error *find_names(const Session *session, const NameList *names,
                         bool (*is_wanted)(const Session *session, const NameList *names, const char *name),
                         NameList *found_names) {
        DIR *folder = opendir(session->archive_folder);
        if (!folder)
                return error_from_errno(errno, "cannot read archive folder '%s'", session->archive_folder);
        for (const struct dirent *found; (found = readdir(folder));)
                if (is_wanted(session, names, found->d_name))
                        name_list_add(found_names, memory_text(found->d_name));
        closedir(folder);
        return NULL;
}

#define NOT_THERE "not authoritative at backend"

static Error *find_strangers(const Session *session, NameList *strangers) {
        __attribute__((cleanup(release_names))) NameList names = { .items = NULL };
        list_copies(session, &names);
        return find_names(session, &names, is_stranger, strangers);
}

/* True for indexes of such strangers. */
static bool is_idle_index(const Session *session, const NameList *names, const char *name) {
        AUTO_TEXT char *copy = index_file_copy(name);
        return copy && is_stranger(session, names, copy);
}

/* They are nobody's business; one that stays takes some room, and is met again. */
static void drop_idle_indexes(const Session *session) {
        __attribute__((cleanup(release_names))) NameList names = { .items = NULL }, idle = { .items = NULL };
        list_copies(session, &names);
        error_free(find_names(session, &names, is_idle_index, &idle));
        for (size_t i = 0; i < idle.count; i++) {
                AUTO_TEXT char *path = memory_print("%s/%s", session->archive_folder, idle.items[i]);
                (void)unlink(path);
        }
}

Error *cache_tell_strangers(const Session *session, CacheStrangerSink *sink, void *context) {
        __attribute__((cleanup(release_names))) NameList strangers = { .items = NULL };
        TRY(find_strangers(session, &strangers));
        for (size_t i = 0; i < strangers.count; i++)
                sink(context, strangers.items[i]);
        return NULL;
}

static void drop(const Session *session, const NameList *names, const char *reason) {
        for (size_t i = 0; i < names->count; i++) {
                AUTO_TEXT char *path = memory_print("%s/%s", session->archive_folder, names->items[i]);
                log_notice("Deleting local %s (%s).", names->items[i], reason);
                (void)unlink(path); /* one that stays is only ignored: the far side is asked first */
        }
}

Error *cache_drop_strangers(Session *session) {
        __attribute__((cleanup(release_names))) NameList strangers = { .items = NULL };
        if (!begin_changes(session))
                return NULL;
        Error *error = find_strangers(session, &strangers);
        drop(session, &strangers, NOT_THERE);
        drop_idle_indexes(session);
        end_changes(session);
        return error;
}

static bool is_partial(const Session *session, UNUSED const NameList *names, const char *name) {
        FileName parsed;
        return name_parse(name, &session->job->prefixes, &session->job->times, &parsed) && parsed.partial;
}

Error *cache_drop_partials(const Session *session) {
        __attribute__((cleanup(release_names))) NameList partials = { .items = NULL };
        Error *error = find_names(session, NULL, is_partial, &partials);
        drop(session, &partials, "of an unfinished backup, which this one replaces");
        return error;
}

/* Leaves of FILES those that have no copy here. */
static void keep_missing(const Session *session, FileList *files) {
        size_t kept = 0;
        for (size_t i = 0; i < files->count; i++) {
                AUTO_TEXT char *path = copy_path(session, files->items[i]);
                if (access(path, F_OK) != 0)
                        files->items[kept++] = files->items[i];
        }
        files->count = kept;
}

/* Where losses are allowed, who reads a damaged one is told. */
static Error *fetch_all(Session *session, const FileList *files) {
        for (size_t i = 0; i < files->count; i++) {
                AUTO_TEXT char *path = copy_path(session, files->items[i]);
                AUTO(error_free) Error *failure = fetch_into_folder(session, files->items[i], path);
                if (failure && (!session->losses || error_kind(failure) != ERROR_CORRUPT))
                        return TAKE(failure);
        }
        return NULL;
}

static Error *bring_in_step(Session *session, FileList *wanted) {
        __attribute__((cleanup(release_names))) NameList strangers = { .items = NULL };
        TRY(find_strangers(session, &strangers));
        drop_idle_indexes(session);
        keep_missing(session, wanted);
        if (strangers.count + wanted->count == 0) {
                log_notice("Local and Remote metadata are synchronized, no sync needed.");
                return NULL;
        }
        log_notice("Synchronizing remote metadata to local cache...");
        drop(session, &strangers, NOT_THERE);
        return fetch_all(session, wanted);
}

Error *cache_sync(Session *session, const Chain *chain, size_t set_count, CacheNeed need) {
        AUTO_VALUE(file_list_clear) FileList wanted = { .items = NULL };
        if (!begin_changes(session))
                return NULL;
        if (session->job->sync_all)
                list_everything(session, &wanted);
        else
                for (size_t i = 0; i < set_count; i++)
                        add_set(&wanted, chain->sets[i], need);
        Error *error = bring_in_step(session, &wanted);
        end_changes(session);
        return error;
}
