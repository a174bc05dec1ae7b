#include "charm/target.h"

#include <strings.h>

#include "base/attribute.h"
#include "base/encode.h"
#include "base/secret.h"
#include "storage/s3_place.h"
#include "storage/url.h"

/* What remote_backup_url may begin with, and what the URL begins with then. Longer ones stand before those that they
 * begin with. */
typedef struct Spelling {
        const char *backend, *typed, *start;
} Spelling;

static const Spelling spellings[] = {
        { "s3", "s3://", "s3://" },
        { "s3", "boto3+s3://", "boto3+s3://" },
        { "s3", "s3+http://", "s3+http://" },
        { "s3", "s3:", "s3:" }, /* a host follows always */
        { "ssh", "ssh://", "sftp://" },
        { "ssh", "sftp://", "sftp://" },
        { "scp", "scp://", "scp://" },
        { "sftp", "sftp://", "sftp://" },
        { "sftp", "ssh://", "sftp://" },
        { "ftp", "ftp://", "ftp://" },
        { "ftp", "ftps://", "ftps://" },
        { "rsync", "rsync://", "rsync://" },
        { "file", "file://", "file://" },
        { "azure", "azure://", "azure://" },
        { "webdav", "webdavs://", "webdavs://" },
        { "webdav", "https://", "webdavs://" },
        { "webdav", "webdav://", "webdav://" },
        { "webdav", "http://", "webdav://" },
};

/* remote_backup_url, taken apart. */
typedef struct Target {
        const char *backend;
        const char *start; /* of the URL: "sftp://" */
        Bytes place;       /* what follows it, without slashes at its end */
} Target;

static Bytes without_slashes(const char *place) {
        Bytes bytes = bytes_of(place);
        while (bytes.length > 1 && bytes_end_with(bytes, "/"))
                bytes.length--;
        return bytes;
}

/* "s3:9000/bucket" names a host called s3. */
static bool is_host_and_port(const char *typed, const char *url) {
        const char *port = url + strlen(typed);
        size_t digits = strspn(port, "0123456789");
        return bytes_equal_text(bytes_of(typed), "s3:") && digits && (port[digits] == '/' || port[digits] == '\0');
}

static bool is_spelled(const Spelling *spelling, const char *backend, const char *url) {
        return strcasecmp(backend, spelling->backend) == 0 &&
               strncasecmp(url, spelling->typed, strlen(spelling->typed)) == 0 &&
               !is_host_and_port(spelling->typed, url);
}

static Error *take_apart(const CharmConfig *config, Arena *arena, Target *ret_target) {
        const Backend *backend = config_backend(config);
        const char *url = config->remote_backup_url, *end = strstr(url, "://");
        for (size_t i = 0; i < ARRAY_LENGTH(spellings); i++) {
                if (!is_spelled(&spellings[i], backend->name, url))
                        continue;
                *ret_target = (Target){ backend->name, spellings[i].start,
                                        without_slashes(url + strlen(spellings[i].typed)) };
                return NULL;
        }
        if (end)
                return error_new(ERROR_USER,
                                 "\"remote_backup_url\" begins with \"%.*s://\", but \"backend\" is \"%s\": make "
                                 "them agree",
                                 (int)(end - url), url, config->backend);
        *ret_target = (Target){ backend->name, arena_print(arena, "%s://", backend->scheme), without_slashes(url) };
        return NULL;
}

/* "user:password@", as far as they are set. */
static Error *print_login(const CharmConfig *config, Bytes place, Buffer *out) {
        Bytes host = bytes_cut(place, '/', &place);
        if (!config->remote_user[0] && !config->remote_password[0])
                return NULL;
        if (host.length && memchr(host.at, '@', host.length))
                return error_new(ERROR_USER, "\"remote_backup_url\" names a user, and so does \"remote_user\" or "
                                             "\"remote_password\": remove it from the URL");
        encode_percent(bytes_of(config->remote_user), "", out);
        if (config->remote_password[0]) {
                (void)buffer_add_text(out, ":");
                encode_percent(bytes_of(config->remote_password), "", out);
        }
        (void)buffer_add_text(out, "@");
        return NULL;
}

/* Where "::" stands behind the host, and an rsync daemon's module is named behind that; NULL: nowhere. Addresses in
 * brackets may hold the same. */
static const char *module_mark(const char *place) {
        const char *end = place + strcspn(place, "/");
        const char *bracket = memrchr(place, ']', (size_t)(end - place));
        const char *from = bracket ? bracket : place;
        return memmem(from, (size_t)(end - from), "::", 2);
}

bool target_is_rsync_daemon(const CharmConfig *config) {
        const char *start = strstr(config->remote_backup_url, "://");
        return strcasecmp(config->backend, "rsync") == 0 &&
               module_mark(start ? start + strlen("://") : config->remote_backup_url);
}

/* People write a module as rsync does, host::module; in URLs it is host::/module. */
static void print_place(const CharmConfig *config, Bytes place, Buffer *out) {
        const char *mark = target_is_rsync_daemon(config) ? module_mark((const char *)place.at) : NULL;
        size_t front = mark ? (size_t)(mark - (const char *)place.at) + 2 : place.length;
        (void)buffer_add(out, bytes_slice(place, 0, front));
        if (front < place.length && place.at[front] != '/')
                (void)buffer_add_text(out, "/");
        (void)buffer_add(out, bytes_slice(place, front, SIZE_MAX));
}

/* A bucket alone, with a dot in its name, would be taken for a host once the unit's folder stands behind it. */
static const char *without_host(const Target *target) {
        bool may_begin_with_host = strcmp(target->start, "s3://") == 0 || strcmp(target->start, "s3+http://") == 0;
        bool is_alone = target->place.length && !memchr(target->place.at, '/', target->place.length) &&
                        !memchr(target->place.at, ':', target->place.length);
        return may_begin_with_host && is_alone ? "/" : "";
}

static bool takes_login(const char *backend) {
        static const char *const without[] = { "s3", "file", "azure" };
        for (size_t i = 0; i < ARRAY_LENGTH(without); i++)
                if (strcmp(backend, without[i]) == 0)
                        return false;
        return true;
}

/* What a folder for the unit can be put behind. */
static bool is_place(const Target *target, const Url *url) {
        AUTO(s3_place_free) S3Place *bucket = NULL;
        if (strcmp(target->backend, "file") == 0)
                return bytes_start_with(target->place, "/");
        if (strcmp(target->backend, "azure") == 0 && target->place.length == 0)
                return true; /* the unit's folder is a container then */
        if (strcmp(target->backend, "s3") != 0)
                return url->host;
        const StorageOptions nothing = { .home = NULL };
        AUTO(error_free) Error *error = s3_place_find(url, &nothing, &bucket);
        return !error;
}

/* What the URL parser says speaks of other kinds of URLs too, and shows the whole of this one. */
static Error *refuse(const CharmConfig *config) {
        static const struct {
                const char *backend, *wanted;
        } forms[] = {
                { "s3", "bucket/folder on AWS, or s3.example.com:9000/bucket/folder" },
                { "ftp", "ftp.example.com:21/folder" },
                { "rsync", "backup.example.com/folder or backup.example.com::module/folder" },
                { "file", "/mnt/backup, a folder from the root" },
                { "azure", "container" },
                { "webdav", "dav.example.com:443/folder" },
        };
        const char *wanted = "backup.example.com:22/folder";
        for (size_t i = 0; i < ARRAY_LENGTH(forms); i++)
                if (strcasecmp(config->backend, forms[i].backend) == 0)
                        wanted = forms[i].wanted;
        return error_new(ERROR_USER, "Invalid \"remote_backup_url\" for backend \"%s\": it has to be like %s",
                         config_backend(config)->name, wanted);
}

/* The URL of the place alone, which is checked before the unit's folder stands behind it. */
static Error *print_url(const CharmConfig *config, const Target *target, Buffer *out) {
        (void)buffer_add_text(out, target->start);
        if (takes_login(target->backend))
                TRY(print_login(config, target->place, out));
        (void)buffer_add_text(out, without_host(target));
        print_place(config, target->place, out);
        AUTO(url_free) Url *url = NULL;
        AUTO(error_free) Error *error = url_parse(buffer_text(out), &url);
        return error || !is_place(target, url) ? refuse(config) : NULL;
}

Error *target_url(const CharmConfig *config, const char *dashed, Arena *arena, const char **ret_url) {
        Buffer text = { .data = NULL };
        Target target = { .backend = NULL };
        TRY(take_apart(config, arena, &target));
        Error *error = print_url(config, &target, &text);
        bool needs_slash = target.place.length && !bytes_end_with(target.place, "/");
        (void)buffer_print(&text, "%s%s", needs_slash ? "/" : "", dashed);
        if (!error)
                *ret_url = arena_text(arena, buffer_text(&text));
        secret_wipe(text.data, text.length);
        buffer_clear(&text);
        return error;
}
