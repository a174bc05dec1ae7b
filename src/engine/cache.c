#include "engine/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "codec/deflate.h"
#include "sys/atomic.h"
#include "sys/file.h"

/* What lies on the far side, as local names, sorted for searching. */
DEFINE_LIST(NameList, name_list, char *)

static void release_names(NameList *names) {
        for (size_t i = 0; i < names->count; i++)
                memory_free(names->items[i]);
        name_list_clear(names);
}

static int compare_names(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_local_name(NameList *names, const Session *session, const SetFile *file) {
        if (file)
                name_list_add(names, name_print_local(&file->parsed, &session->job->prefixes));
}

static void add_set(NameList *names, const Session *session, const BackupSet *set) {
        add_local_name(names, session, set->manifest);
        add_local_name(names, session, set->signature);
}

static void collect_local_names(const Session *session, NameList *names) {
        const Collection *collection = session->collection;
        for (size_t i = 0; i < collection->chain_count; i++)
                for (size_t j = 0; j < collection->chains[i].set_count; j++)
                        add_set(names, session, collection->chains[i].sets[j]);
        for (size_t i = 0; i < collection->orphan_count; i++)
                add_set(names, session, collection->orphans[i]);
        for (size_t i = 0; i < collection->stray_signature_count; i++)
                add_local_name(names, session, collection->stray_signatures[i]);
        if (names->count)
                qsort(names->items, names->count, sizeof names->items[0], compare_names);
}

/* True for names that are metadata of a repository but none of the sorted NAMES. */
static bool is_stranger(const Session *session, const NameList *names, const char *name) {
        FileName parsed;
        if (!name_parse(name, &session->job->prefixes, &session->job->times, &parsed) || parsed.partial ||
            (parsed.kind != FILE_MANIFEST && parsed.kind != FILE_SIGNATURE))
                return false;
        return !names->count || !bsearch(&name, names->items, names->count, sizeof names->items[0], compare_names);
}

Error *cache_drop_strangers(Session *session) {
        __attribute__((cleanup(release_names))) NameList names = { .items = NULL };
        collect_local_names(session, &names);
        DIR *folder = opendir(session->archive_folder);
        if (!folder)
                return error_from_errno(errno, "cannot read archive folder '%s'", session->archive_folder);
        for (const struct dirent *found; (found = readdir(folder));) {
                if (!is_stranger(session, &names, found->d_name))
                        continue;
                log_notice("Deleting local %s (not authoritative at backend).", found->d_name);
                (void)unlinkat(dirfd(folder), found->d_name,
                               0); /* one that stays is only ignored: the far side is asked first */
        }
        closedir(folder);
        return NULL;
}

/* Fetches FILE, decodes it and keeps it as LOCAL; gzipped when it is a signature archive. */
static Error *bring_here(Session *session, const SetFile *file, const char *local) {
        AUTO(reader_close) Reader *reader = NULL;
        AUTO(atomic_abandon) Atomic *atomic = NULL;
        AUTO(writer_abandon) Writer *writer = NULL;

        log_info("Copying %s to local cache.", file->name);
        TRY(session_read(session, file, &reader));
        TRY(atomic_open(session->archive_folder, local, 0600, &atomic));
        writer = stream_write_fd(atomic_fd(atomic), false, local);
        if (file->parsed.kind == FILE_SIGNATURE)
                writer = deflate_write_gzip(TAKE(writer));
        TRY_AS(reader_copy(reader, writer), "cannot copy '%s' to the archive folder '%s'", file->name,
               session->archive_folder);
        TRY(writer_finish(TAKE(writer)));
        return atomic_finish(TAKE(atomic));
}

/* Where the local copy of FILE lies. Caller frees. */
static char *copy_path(const Session *session, const SetFile *file) {
        AUTO_TEXT char *local = name_print_local(&file->parsed, &session->job->prefixes);
        return memory_print("%s/%s", session->archive_folder, local);
}

/* Opens the local copy of FILE at PATH, which is fetched first when it is not here. */
static Error *open_local_copy(Session *session, const SetFile *file, const char *path, int *ret_fd) {
        AUTO(error_free) Error *failure = file_open(path, O_RDONLY, 0, ret_fd);
        if (error_kind(failure) != ERROR_MISSING)
                return TAKE(failure);
        TRY(bring_here(session, file, path_name(path)));
        return file_open(path, O_RDONLY, 0, ret_fd);
}

Error *cache_open_signatures(Session *session, const BackupSet *set, Reader **ret_reader) {
        AUTO_TEXT char *path = copy_path(session, set->signature);
        int fd = -1;
        TRY(session_check_set(session, set));
        TRY(open_local_copy(session, set->signature, path, &fd));
        *ret_reader = deflate_read_gzip(stream_read_fd(fd, true, path), path);
        return NULL;
}

static Error *parse_manifest(Session *session, const SetFile *file, const char *path, Arena *arena,
                             Manifest *ret_manifest) {
        enum { PIECE = 64 * 1024 };
        AUTO_FD int fd = -1;
        AUTO_TEXT char *piece = memory_zeroed(PIECE);
        AUTO(manifest_parser_free) ManifestParser *parser = manifest_parser_new(arena, NULL, NULL);
        TRY(open_local_copy(session, file, path, &fd));
        for (size_t length = 1; length;) {
                TRY(file_read(fd, path, piece, PIECE, &length));
                TRY(manifest_parser_feed(parser, bytes_make(piece, length)));
        }
        return manifest_parser_finish(parser, ret_manifest);
}

Error *cache_read_manifest(Session *session, const BackupSet *set, Arena *arena, Manifest *ret_manifest) {
        const SetFile *file = set->manifest;
        AUTO_TEXT char *path = copy_path(session, file);
        TRY(session_check_set(session, set));
        AUTO(error_free) Error *failure = parse_manifest(session, file, path, arena, ret_manifest);
        if (error_kind(failure) != ERROR_CORRUPT)
                return TAKE(failure);
        /* the local copy may have suffered: the far side's word counts */
        log_info("fetching '%s' anew: %s", file->name, error_story(failure));
        (void)unlink(path); /* one that stays is read once more, and fails once more */
        error_free(failure);
        failure = parse_manifest(session, file, path, arena, ret_manifest);
        if (error_kind(failure) == ERROR_CORRUPT)
                (void)unlink(
                        path); /* no reason to keep a copy of what is damaged; failure costs the next run one fetch */
        return error_context(TAKE(failure), "cannot read the manifest '%s'", file->name);
}
