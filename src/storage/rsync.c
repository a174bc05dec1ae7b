#include "storage/rsync.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "storage/complaint.h"
#include "storage/listed.h"
#include "storage/rsync_command.h"
#include "storage/ssh.h"
#include "storage/ssh_settings.h"
#include "sys/den.h"
#include "sys/file.h"
#include "sys/folder.h"
#include "sys/process.h"

/* --timeout is rsync's own, but its keep-alives can outwit it for ever; what syncs a file at the far side is silent. */
enum { PATIENCE = 10 }; /* times --timeout */

enum { COMPLAINT_CEILING = 16384, LONGEST_LINE = 8192, KIBIBYTE = 1024, FOLDER_MODE = 0700 };

/* Exit statuses of rsync. */
enum { STATUS_VANISHED = 24 };

typedef struct Rsync {
        Storage storage;
        Url *url;
        StorageOptions options;
        Arena *arena;
        RsyncPlace place;
        Den *den;
        bool can_sync; /* both ends know --fsync, as far as we know */
} Rsync;

/* One run of rsync: what is peculiar to it. */
typedef struct Run {
        const char *words[16]; /* up to a NULL */
        uint64_t limit;        /* bytes a second */
        bool writes;           /* to be on disk afterwards */
        Bytes input;
        int given_fd;
        ProcessSink *sink;
        void *context;
} Run;

/* ---- running it ---- */

/* What an exit status means when the words that come with it tell nothing. */
static ErrorKind kind_of(int status) {
        static const struct {
                int status;
                ErrorKind kind;
        } kinds[] = {
                { 1, ERROR_USER },       { 4, ERROR_USER },       { 5, ERROR_USER },        { 10, ERROR_TRANSIENT },
                { 12, ERROR_TRANSIENT }, { 20, ERROR_TRANSIENT }, { 30, ERROR_TRANSIENT },  { 35, ERROR_TRANSIENT },
                { 126, ERROR_USER },     { 127, ERROR_USER },     { 255, ERROR_TRANSIENT },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
                if (kinds[i].status == status)
                        return kinds[i].kind;
        return ERROR_SYSTEM;
}

static void collect_words(const Rsync *rsync, const Run *run, Arena *arena, TextList *words) {
        for (size_t i = 0; i < rsync->place.words.count; i++)
                text_list_add(words, rsync->place.words.items[i]);
        text_list_add(words, "--protect-args"); /* names need no quoting then */
        if (!run->sink)
                text_list_add(words, "--info=progress2"); /* it says something each second, as long as bytes move */
        if (run->writes && rsync->can_sync)
                text_list_add(words, "--fsync");
        if (run->limit)
                text_list_add(words, arena_print(arena, "--bwlimit=%llu",
                                                 (unsigned long long)MAX(run->limit / KIBIBYTE, (uint64_t)1)));
        for (size_t i = 0; run->words[i]; i++)
                text_list_add(words, run->words[i]);
        text_list_add(words, NULL);
}

static Error *run_once(const Rsync *rsync, const Run *run, ProcessResult *ret_result) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_VALUE(text_list_clear) TextList words = { .items = NULL };
        collect_words(rsync, run, arena, &words);
        const ProcessSpec spec = {
                .arguments = words.items,
                .environment = rsync->place.environment.items,
                .input = run->input,
                .given_fd = run->given_fd,
                .sink = run->sink,
                .context = run->context,
                .most = COMPLAINT_CEILING,
                .patience = PATIENCE * MAX(rsync->options.timeout, 1.0),
        };
        Error *error = process_run(&spec, ret_result);
        return error_kind(error) == ERROR_TRANSIENT ? error_context(error, "no answer, see --timeout") : error;
}

/* ssh shows no fingerprint of a key that it refuses: the same look at the host by our own means tells it, and the command
 * that accepts it. NULL when that look finds nothing wrong. */
static Error *explain_host(const Rsync *rsync) {
        AUTO(ssh_link_free) SshLink *link = NULL;
        Error *error = ssh_link_new(rsync->url, &rsync->options, &link);
        if (!error)
                error = ssh_link_check_host(link);
        if (!error || error_kind(error) == ERROR_DENIED || error_kind(error) == ERROR_CANCELLED)
                return error;
        error_free(error); /* what ssh said has to do */
        return NULL;
}

static Error *explain(const Rsync *rsync, const ProcessResult *result) {
        const char *words = buffer_text(&result->err);
        if (!rsync->place.is_daemon && strstr(words, "Host key verification failed"))
                TRY(explain_host(rsync));
        return error_context(complaint_error(words, kind_of(result->status)), "rsync ended with status %d",
                             result->status);
}

/* A far side that does not know --fsync says so before it does anything: then it has to do without. */
static Error *run(Rsync *rsync, const Run *run) {
        AUTO_VALUE(process_result_clear) ProcessResult result = { .status = 0 };
        TRY(run_once(rsync, run, &result));
        if (result.status && run->writes && rsync->can_sync && strstr(buffer_text(&result.err), "--fsync")) {
                rsync->can_sync = false;
                process_result_clear(&result);
                TRY(run_once(rsync, run, &result));
        }
        if (result.status == 0 || result.status == STATUS_VANISHED)
                return NULL;
        return explain(rsync, &result);
}

/* ---- paths ---- */

/* NAME in the folder, relative to the root. Caller frees. */
static char *path_of(const Rsync *rsync, const char *name) {
        const char *folder = rsync->place.folder;
        return memory_print("%s%s%s", folder, folder[0] ? "/" : "", name);
}

/* The remote folder's path rebuilt in the den, which is empty, and NAME in it: what stands behind the "./" is what
 * rsync makes over there, folders and all. Caller frees. */
static Error *build_path(const Rsync *rsync, const char *name, char **ret_path) {
        AUTO_TEXT char *folder = memory_print("%s/./%s", den_path(rsync->den), rsync->place.folder);
        TRY(folder_make_path(folder, FOLDER_MODE));
        *ret_path = memory_print("%s%s%s", folder, rsync->place.folder[0] ? "/" : "", name);
        return NULL;
}

/* ---- the calls ---- */

/* rsync reads through the link from the descriptor that it inherits; the other end writes to a hidden name and
 * renames. */
static Error *put(Rsync *rsync, const char *name, int fd) {
        char target[40];
        AUTO_TEXT char *path = NULL;
        TRY(build_path(rsync, name, &path));
        snprintf(target, sizeof target, "/proc/self/fd/%d", PROCESS_GIVEN_FD);
        if (symlink(target, path) < 0)
                return error_from_errno(errno, "cannot make '%s'", path);
        return run(rsync, &(Run){ .words = { "--relative", "--no-implied-dirs", "--copy-links", "--ignore-times",
                                             "--whole-file", "--", path, rsync->place.root },
                                  .limit = rsync->options.limit_upload,
                                  .writes = true,
                                  .given_fd = fd });
}

static Error *put_file(Storage *storage, const char *name, int fd) {
        Rsync *rsync = (Rsync *)storage;
        Error *error = put(rsync, name, fd);
        den_empty(rsync->den);
        return error_context(error, "cannot store '%s' at %s", name, rsync->place.text);
}

/* The name goes as a line of a list: it means nothing but itself there. */
static Error *get(Rsync *rsync, const char *name, int fd) {
        AUTO_FD int copy = -1;
        AUTO_TEXT char *path = path_of(rsync, name);
        AUTO_TEXT char *folder = memory_print("%s/", den_path(rsync->den));
        AUTO_TEXT char *local = memory_print("%s%s", folder, name);
        TRY(run(rsync, &(Run){ .words = { "--from0", "--files-from=-", "--no-relative", "--copy-links", "--whole-file",
                                          "--", rsync->place.root, folder },
                               .limit = rsync->options.limit_download,
                               .input = bytes_make(path, strlen(path) + 1) }));
        Error *error = file_open(local, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, &copy);
        if (error_kind(error) == ERROR_MISSING)
                error = error_context(error, "no regular file came");
        TRY(error);
        return file_copy(copy, name, fd, "the local copy");
}

static Error *get_file(Storage *storage, const char *name, int fd) {
        Rsync *rsync = (Rsync *)storage;
        TRY(file_truncate(fd, "the local copy"));
        Error *error = get(rsync, name, fd);
        den_empty(rsync->den);
        return error_context(error, "cannot fetch '%s' from %s", name, rsync->place.text);
}

typedef struct Listing {
        RemoteFileSink *sink;
        void *context;
        Buffer line; /* what has come of it */
} Listing;

/* LINE: mode, size, date, time and name; one blank stands in front of the name. Only regular files that are finished
 * are told. */
static Error *tell_line(const Listing *listing, Bytes line) {
        enum { SIZE_FIELD = 1, FIELDS = 4 };
        uint64_t size = 0;
        if (!bytes_start_with(line, "-"))
                return NULL;
        if (!listed_read_line(line, FIELDS, SIZE_FIELD, &size, &line))
                return error_new(ERROR_SYSTEM, "cannot understand the list that rsync prints");
        AUTO_TEXT char *name = rsync_command_read_name(line);
        if (!name[0] || name[0] == '.')
                return NULL;
        return listing->sink(listing->context, &(RemoteFile){ .name = name, .size = size });
}

static Error *take_listing(void *context, Bytes piece) {
        Listing *listing = context;
        while (piece.length) {
                Bytes rest;
                Bytes part = bytes_cut(piece, '\n', &rest);
                if (!buffer_add(&listing->line, part))
                        return error_new(ERROR_SYSTEM, "cannot understand the list that rsync prints");
                if (!rest.at)
                        return NULL;
                TRY(tell_line(listing, buffer_bytes(&listing->line)));
                buffer_truncate(&listing->line, 0);
                piece = rest;
        }
        return NULL;
}

static Error *list_files(Storage *storage, RemoteFileSink *sink, void *context) {
        Rsync *rsync = (Rsync *)storage;
        AUTO_TEXT char *folder = memory_print("%s/", rsync->place.folder[0] ? rsync->place.folder : ".");
        Listing listing = { .sink = sink, .context = context };
        buffer_init(&listing.line, LONGEST_LINE);
        Error *error = run(rsync, &(Run){ .words = { "--list-only", "--dirs", "--8-bit-output", "--no-human-readable",
                                                     "--from0", "--files-from=-", "--no-relative", "--",
                                                     rsync->place.root, den_path(rsync->den) },
                                          .input = bytes_make(folder, strlen(folder) + 1),
                                          .sink = take_listing,
                                          .context = &listing });
        buffer_clear(&listing.line);
        if (error_kind(error) == ERROR_MISSING) {
                error_free(error);
                return NULL;
        }
        return error_context(error, "cannot list the folder at %s", rsync->place.text);
}

/* An empty folder is mirrored, with everything but the file NAME protected: what a filter excludes stays, and the first
 * one that matches counts. */
static Error *remove_name(Rsync *rsync, const char *name) {
        AUTO_TEXT char *path = path_of(rsync, name), *others = path_of(rsync, ""), *empty = NULL;
        AUTO_VALUE(buffer_clear) Buffer file = { .data = NULL };
        AUTO_VALUE(buffer_clear) Buffer folder = { .data = NULL };
        AUTO_VALUE(buffer_clear) Buffer rest = { .data = NULL };
        buffer_add_text(&folder, "--exclude=");
        rsync_command_add_pattern(path, &folder);
        buffer_add_byte(&folder, '/');
        buffer_add_text(&file, "--include=");
        rsync_command_add_pattern(path, &file);
        buffer_add_text(&rest, "--exclude=");
        rsync_command_add_others(others, &rest);
        TRY(build_path(rsync, "", &empty));
        return run(rsync, &(Run){ .words = { "--dirs", "--relative", "--no-implied-dirs", "--existing", "--delete",
                                             buffer_text(&folder), buffer_text(&file), buffer_text(&rest), "--", empty,
                                             rsync->place.root } });
}

static Error *remove_file(Storage *storage, const char *name) {
        Rsync *rsync = (Rsync *)storage;
        Error *error = remove_name(rsync, name);
        den_empty(rsync->den);
        return error_context(error, "cannot remove '%s' at %s", name, rsync->place.text);
}

/* ---- open and close ---- */

/* --fsync came with 3.2.4. */
static Error *look_at_version(Rsync *rsync) {
        static const char *const arguments[] = { "rsync", "--version", NULL };
        AUTO_VALUE(process_result_clear) ProcessResult result = { .status = 0 };
        unsigned part[3] = { 0 };
        Error *error = process_run(
                &(ProcessSpec){ .arguments = arguments, .most = COMPLAINT_CEILING, .timeout = rsync->options.timeout },
                &result);
        if (error_kind(error) == ERROR_MISSING) {
                error_free(error);
                return error_new(ERROR_USER, "cannot find the program 'rsync', which rsync:// needs: install the "
                                             "package rsync");
        }
        TRY(error);
        (void)sscanf(buffer_text(&result.out), "rsync version %u.%u.%u", &part[0], &part[1], &part[2]);
        rsync->can_sync = part[0] * 10000 + part[1] * 100 + part[2] >= 30204;
        return NULL;
}

static void close_rsync(Storage *storage) {
        Rsync *rsync = (Rsync *)storage;
        den_close(rsync->den);
        rsync_command_clear(&rsync->place);
        arena_free(rsync->arena);
        url_free(rsync->url);
        memory_free(rsync);
}

static Error *prepare(Rsync *rsync, const Url *url) {
        TRY(url_parse(url->text, &rsync->url));
        TRY(rsync_command_place(url, &rsync->options, rsync->arena, &rsync->place));
        if (!rsync->place.is_daemon)
                TRY(ssh_settings_check_known_hosts(rsync->options.ssh_known_hosts));
        TRY(look_at_version(rsync));
        return den_open(rsync->options.temp_folder, &rsync->den);
}

static Error *open_rsync(const Url *url, const StorageOptions *options, Storage **ret_storage) {
        Rsync *rsync = memory_new(Rsync);
        rsync->storage.class = &rsync_storage_class;
        rsync->options = *options;
        rsync->arena = arena_new();
        Error *error = prepare(rsync, url);
        if (error)
                close_rsync(&rsync->storage);
        else
                *ret_storage = &rsync->storage;
        return error;
}

const StorageClass rsync_storage_class = {
        .scheme = "rsync",
        .is_distant = true,
        .atomic_put = true,
        .open = open_rsync,
        .put = put_file,
        .get = get_file,
        .list = list_files,
        .remove = remove_file,
        .close = close_rsync,
};
