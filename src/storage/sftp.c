#include "storage/sftp.h"

#include <sys/stat.h>

#include "base/arena.h"
#include "base/list.h"
#include "base/memory.h"
#include "storage/content.h"
#include "storage/sftp_client.h"
#include "storage/unfinished.h"
#include "sys/file.h"

typedef struct Sftp {
        Storage storage;
        StorageClass class; /* that of the scheme */
        SshLink *link;
        SftpClient *client; /* NULL: not connected */
        char *folder;
        char mark[UNFINISHED_MARK_SIZE];
        UnfinishedLeftovers leftovers;
} Sftp;

char *sftp_storage_folder(const Url *url) {
        const char *path = url->path;
        if (path[0] == '/')
                path++;
        return memory_text(path[0] ? path : ".");
}

/* ---- connection ---- */

static void disconnect(Sftp *sftp) {
        sftp_client_free(TAKE(sftp->client));
        ssh_link_drop(sftp->link);
}

/* A connection that broke while nobody used it is made anew without a word. */
static Error *connect_if_needed(Sftp *sftp) {
        if (sftp->client && ssh_link_is_up(sftp->link))
                return NULL;
        disconnect(sftp);
        TRY(ssh_link_connect(sftp->link));
        TRY(sftp_client_open(sftp->link, &sftp->client));
        if (sftp->client)
                return NULL;
        return error_new(ERROR_USER, "%s offers no SFTP: try 'scp://' instead", ssh_link_place(sftp->link));
}

/* True when nothing more can be said over the connection. */
static bool is_lost(const Error *error) {
        return error_kind(error) == ERROR_TRANSIENT || error_kind(error) == ERROR_CANCELLED;
}

/* After a failure that leaves replies on their way, or none to be hoped for, the next call connects anew. Returns
 * ERROR. */
static Error *settle(Sftp *sftp, Error *error) {
        if (is_lost(error) || (sftp->client && !sftp_client_is_in_step(sftp->client)))
                disconnect(sftp);
        return error;
}

static char *path_of(const Sftp *sftp, const char *name) {
        bool is_root = strcmp(sftp->folder, "/") == 0;
        return memory_print("%s/%s", is_root ? "" : sftp->folder, name);
}

/* ---- put ---- */

/* What stands at PATH as S_IF...; 0 when that is nothing, or cannot be told. */
static mode_t kind_of(Sftp *sftp, const char *path) {
        SftpAttributes attributes;
        AUTO(error_free) Error *error = sftp_client_stat(sftp->client, path, &attributes);
        return !error && attributes.has_mode ? attributes.mode & S_IFMT : 0;
}

/* One that is there already is as good. */
static Error *make_one_folder(Sftp *sftp, const char *path) {
        Error *error = sftp_client_make_folder(sftp->client, path);
        if (!error || !sftp_client_is_in_step(sftp->client))
                return error;
        mode_t kind = kind_of(sftp, path);
        if (!kind)
                return error;
        error_free(error);
        return kind == S_IFDIR ? NULL : error_new(ERROR_USER, "a file stands there: correct the URL");
}

/* The folder and what is missing above it. */
static Error *make_folder(Sftp *sftp) {
        AUTO_TEXT char *path = memory_text(sftp->folder);
        for (char *end = path;; end++) {
                end += strspn(end, "/");
                end += strcspn(end, "/");
                char kept = *end;
                *end = '\0';
                TRY_AS(make_one_folder(sftp, path), "cannot make the folder '%s'", path);
                *end = kept;
                if (!kept || strspn(end, "/") == strlen(end))
                        return NULL;
        }
}

static Error *create_unfinished(Sftp *sftp, const char *path, SftpHandle *handle) {
        return sftp_client_open_file(sftp->client, path, SFTP_FLAG_WRITE | SFTP_FLAG_CREATE | SFTP_FLAG_EXCLUSIVE,
                                     handle);
}

/* Creates the file anew: what a broken connection left under this name may still be written to by the server. */
static Error *begin_unfinished(Sftp *sftp, const char *path, SftpHandle *handle) {
        Error *error = create_unfinished(sftp, path, handle);
        if (error_kind(error) == ERROR_MISSING) {
                error_free(error);
                TRY(make_folder(sftp));
                return create_unfinished(sftp, path, handle);
        }
        if (error_kind(error) != ERROR_SYSTEM)
                return error;
        Error *unremoved = sftp_client_remove(sftp->client, path);
        if (unremoved && !is_lost(unremoved)) { /* nothing was in the way */
                error_free(unremoved);
                return error;
        }
        error_free(error);
        return unremoved ? unremoved : create_unfinished(sftp, path, handle);
}

static Error *check_size(Sftp *sftp, const SftpHandle *handle, uint64_t wanted) {
        SftpAttributes attributes;
        TRY(sftp_client_stat_open(sftp->client, handle, &attributes));
        return attributes.has_size ? content_compare_size(attributes.size, wanted) : NULL;
}

/* Servers say no more than "failure" of a disk that is full, or cannot be written to. */
static Error *explain(Sftp *sftp, Error *error, uint64_t size) {
        SftpSpace space;
        if (error_kind(error) != ERROR_SYSTEM || !sftp_client_tell_space(sftp->client, sftp->folder, &space))
                return error;
        if (space.is_read_only) {
                error_free(error);
                return error_new(ERROR_DENIED, "the file system of '%s' is read-only", sftp->folder);
        }
        if (space.bytes > size && space.files)
                return error;
        return error_with_code(error_context(error, "no space is left in '%s'", sftp->folder),
                               EXIT_CODE_BACKEND_NO_SPACE);
}

/* Closes HANDLE in any case in which there is somebody to tell. */
static Error *fill_file(Sftp *sftp, const SftpHandle *handle, int fd, uint64_t size) {
        Error *error = sftp_client_write_all(sftp->client, handle, fd, size);
        if (!error)
                error = check_size(sftp, handle, size);
        if (!error)
                error = sftp_client_sync(sftp->client, handle);
        if (!sftp_client_is_in_step(sftp->client))
                return error;
        Error *unclosed = sftp_client_close_file(sftp->client, handle);
        error_free(error ? unclosed : NULL); /* the first failure is the one to tell */
        return error ? error : unclosed;
}

static void remove_quietly(Sftp *sftp, const char *path) {
        if (sftp_client_is_in_step(sftp->client))
                error_free(sftp_client_remove(sftp->client, path)); /* a leftover is swept a day later */
}

/* Fails as a whole: what is there of NAME stays. */
static Error *store(Sftp *sftp, const char *name, int fd) {
        uint64_t size;
        SftpHandle handle;
        AUTO_TEXT char *hidden = unfinished_name(name, sftp->mark);
        AUTO_TEXT char *unfinished = path_of(sftp, hidden);
        AUTO_TEXT char *path = path_of(sftp, name);
        TRY(file_size(fd, "the local file", &size));
        TRY(explain(sftp, begin_unfinished(sftp, unfinished, &handle), size));
        Error *error = explain(sftp, fill_file(sftp, &handle, fd, size), size);
        if (!error)
                error = sftp_client_rename(sftp->client, unfinished, path);
        if (error)
                remove_quietly(sftp, unfinished);
        return error;
}

static void sweep(Sftp *sftp) {
        for (size_t i = 0; i < sftp->leftovers.names.count && sftp_client_is_in_step(sftp->client); i++) {
                AUTO_TEXT char *path = path_of(sftp, sftp->leftovers.names.items[i]);
                remove_quietly(sftp, path);
        }
        unfinished_clear(&sftp->leftovers);
}

static Error *put(Sftp *sftp, const char *name, int fd) {
        TRY(connect_if_needed(sftp));
        sweep(sftp);
        return store(sftp, name, fd);
}

static Error *put_file(Storage *storage, const char *name, int fd) {
        Sftp *sftp = (Sftp *)storage;
        return error_context(settle(sftp, put(sftp, name, fd)), "cannot store '%s' in '%s' of %s", name, sftp->folder,
                             ssh_link_place(sftp->link));
}

/* ---- the others ---- */

static Error *get(Sftp *sftp, const char *name, int fd) {
        SftpHandle handle;
        uint64_t size;
        AUTO_TEXT char *path = path_of(sftp, name);
        TRY(connect_if_needed(sftp));
        TRY(sftp_client_open_file(sftp->client, path, SFTP_FLAG_READ, &handle));
        Error *error = sftp_client_read_all(sftp->client, &handle, fd, &size);
        if (!sftp_client_is_in_step(sftp->client))
                return error;
        Error *unclosed = sftp_client_close_file(sftp->client, &handle);
        error_free(unclosed); /* what was read is whole */
        return error;
}

static Error *get_file(Storage *storage, const char *name, int fd) {
        Sftp *sftp = (Sftp *)storage;
        TRY(file_truncate(fd, "the local copy"));
        return error_context(settle(sftp, get(sftp, name, fd)), "cannot fetch '%s' from '%s' of %s", name, sftp->folder,
                             ssh_link_place(sftp->link));
}

typedef struct Listing {
        Sftp *sftp;
        RemoteFileSink *sink;
        void *context;
        Arena *arena;
        TextList links; /* names whose target has to be asked for */
} Listing;

/* A server that says nothing of an entry's kind has files only. */
static bool has_kind(const SftpAttributes *attributes, mode_t kind) {
        return attributes->has_mode ? (attributes->mode & S_IFMT) == kind : kind == S_IFREG;
}

static void note_unfinished(Sftp *sftp, const char *name, const SftpAttributes *attributes) {
        if (attributes->has_time && has_kind(attributes, S_IFREG))
                unfinished_note(&sftp->leftovers, name, attributes->modified);
}

static Error *tell_entry(void *context, const char *name, const SftpAttributes *attributes) {
        Listing *listing = context;
        if (name[0] == '.')
                note_unfinished(listing->sftp, name, attributes);
        else if (has_kind(attributes, S_IFLNK))
                text_list_add(&listing->links, arena_text(listing->arena, name));
        else if (has_kind(attributes, S_IFREG))
                return listing->sink(listing->context, &(RemoteFile){ .name = name, .size = attributes->size });
        return NULL;
}

/* A link counts as what it leads to; one that leads nowhere is nothing. */
static Error *tell_links(Listing *listing) {
        for (size_t i = 0; i < listing->links.count; i++) {
                SftpAttributes attributes;
                const char *name = listing->links.items[i];
                AUTO_TEXT char *path = path_of(listing->sftp, name);
                Error *error = sftp_client_stat(listing->sftp->client, path, &attributes);
                if (is_lost(error))
                        return error;
                if (!error && attributes.has_mode && S_ISREG(attributes.mode))
                        TRY(listing->sink(listing->context, &(RemoteFile){ .name = name, .size = attributes.size }));
                error_free(error);
        }
        return NULL;
}

static Error *list(Sftp *sftp, Listing *listing) {
        TRY(connect_if_needed(sftp));
        unfinished_clear(&sftp->leftovers);
        Error *error = sftp_client_list(sftp->client, sftp->folder, tell_entry, listing);
        if (error_kind(error) == ERROR_MISSING) {
                error_free(error);
                return NULL;
        }
        TRY(error);
        return tell_links(listing);
}

static Error *list_files(Storage *storage, RemoteFileSink *sink, void *context) {
        Sftp *sftp = (Sftp *)storage;
        AUTO(arena_free) Arena *arena = arena_new();
        Listing listing = { .sftp = sftp, .sink = sink, .context = context, .arena = arena };
        Error *error = settle(sftp, list(sftp, &listing));
        text_list_clear(&listing.links);
        return error_context(error, "cannot list '%s' of %s", sftp->folder, ssh_link_place(sftp->link));
}

static Error *remove_name(Sftp *sftp, const char *name) {
        AUTO_TEXT char *path = path_of(sftp, name);
        TRY(connect_if_needed(sftp));
        Error *error = sftp_client_remove(sftp->client, path);
        if (error_kind(error) != ERROR_MISSING)
                return error;
        error_free(error);
        return NULL;
}

static Error *remove_file(Storage *storage, const char *name) {
        Sftp *sftp = (Sftp *)storage;
        return error_context(settle(sftp, remove_name(sftp, name)), "cannot remove '%s' from '%s' of %s", name,
                             sftp->folder, ssh_link_place(sftp->link));
}

static void close_sftp(Storage *storage) {
        Sftp *sftp = (Sftp *)storage;
        sftp_client_free(sftp->client);
        ssh_link_free(sftp->link);
        unfinished_clear(&sftp->leftovers);
        memory_free(sftp->folder);
        memory_free(sftp);
}

/* The mark differs from one storage to the next, and stays while one tries again. */
static Sftp *make_storage(const Url *url, const StorageClass *class) {
        Sftp *sftp = memory_new(Sftp);
        sftp->class = *class;
        sftp->storage.class = &sftp->class;
        sftp->folder = sftp_storage_folder(url);
        unfinished_mark(sftp->mark);
        return sftp;
}

Error *sftp_storage_open_over(SshLink *link, const Url *url, const StorageClass *class, Storage **ret_storage) {
        SftpClient *client = NULL;
        TRY(sftp_client_open(link, &client));
        if (!client) {
                *ret_storage = NULL;
                return NULL;
        }
        Sftp *sftp = make_storage(url, &sftp_storage_class);
        sftp->class.scheme = class->scheme;
        sftp->link = link;
        sftp->client = client;
        *ret_storage = &sftp->storage;
        return NULL;
}

static Error *open_sftp(const Url *url, const StorageOptions *options, Storage **ret_storage) {
        Sftp *sftp = make_storage(url, strcmp(url->scheme, "ssh") == 0 ? &sftp_ssh_storage_class : &sftp_storage_class);
        Error *error = ssh_link_new(url, options, &sftp->link);
        if (!error)
                error = connect_if_needed(sftp);
        if (error)
                close_sftp(&sftp->storage);
        else
                *ret_storage = &sftp->storage;
        return error;
}

#define SFTP_FUNCTIONS                                                                                          \
        .atomic_put = true, .is_distant = true, .open = open_sftp, .put = put_file, .get = get_file,            \
        .list = list_files, .remove = remove_file, .close = close_sftp

const StorageClass sftp_storage_class = { .scheme = "sftp", SFTP_FUNCTIONS };
const StorageClass sftp_ssh_storage_class = { .scheme = "ssh", SFTP_FUNCTIONS };
