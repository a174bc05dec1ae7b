#include "charm/target.h"

#include <strings.h>

#include "base/attribute.h"
#include "base/encode.h"
#include "base/secret.h"
#include "storage/url.h"

/* What remote_backup_url may begin with, and the scheme that this means. */
typedef struct Spelling {
        const char *backend, *typed, *scheme;
} Spelling;

static const Spelling spellings[] = {
        { "s3", "s3", "s3" },
        { "s3", "boto3+s3", "boto3+s3" },
        { "s3", "s3+http", "s3+http" },
        { "ssh", "ssh", "sftp" },
        { "ssh", "sftp", "sftp" },
        { "scp", "scp", "scp" },
        { "sftp", "sftp", "sftp" },
        { "sftp", "ssh", "sftp" },
        { "ftp", "ftp", "ftp" },
        { "ftp", "ftps", "ftps" },
        { "rsync", "rsync", "rsync" },
        { "file", "file", "file" },
        { "azure", "azure", "azure" },
        { "webdav", "webdavs", "webdavs" },
        { "webdav", "https", "webdavs" },
        { "webdav", "webdav", "webdav" },
        { "webdav", "http", "webdav" },
};

/* Splits remote_backup_url. */
static Error *split(const CharmConfig *config, const char **ret_scheme, const char **ret_rest) {
        const char *url = config->remote_backup_url;
        const char *end = strstr(url, "://");
        size_t length = end ? (size_t)(end - url) : 0;
        *ret_scheme = config_backend(config)->scheme;
        *ret_rest = url;
        if (!end)
                return NULL;
        for (size_t i = 0; i < ARRAY_LENGTH(spellings); i++) {
                const Spelling *spelling = &spellings[i];
                if (strcasecmp(config->backend, spelling->backend) != 0 || strlen(spelling->typed) != length ||
                    strncasecmp(url, spelling->typed, length) != 0)
                        continue;
                *ret_scheme = spelling->scheme;
                *ret_rest = end + strlen("://");
                return NULL;
        }
        return error_new(ERROR_USER,
                         "\"remote_backup_url\" begins with \"%.*s://\", but \"backend\" is \"%s\": make "
                         "them agree",
                         (int)length, url, config->backend);
}

/* "user:password@", as far as they are set. */
static Error *print_login(const CharmConfig *config, const char *rest, Buffer *out) {
        if (!config->remote_user[0] && !config->remote_password[0])
                return NULL;
        if (memchr(rest, '@', strcspn(rest, "/")))
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

/* People write a module as rsync does, host::module; in URLs it is host::/module. */
static void print_path(const char *scheme, Bytes path, Buffer *out) {
        const uint8_t *module = strcmp(scheme, "rsync") == 0 ? memmem(path.at, path.length, "::", 2) : NULL;
        size_t front = module ? (size_t)(module - path.at) + 2 : path.length;
        (void)buffer_add(out, bytes_slice(path, 0, front));
        if (front < path.length && path.at[front] != '/')
                (void)buffer_add_text(out, "/");
        (void)buffer_add(out, bytes_slice(path, front, SIZE_MAX));
}

/* A bucket alone, with a dot in its name, would be taken for a host once the unit's folder stands behind it. */
static const char *without_host(const char *scheme, Bytes path) {
        return strcmp(scheme, "s3") == 0 && !memchr(path.at, '/', path.length) && !memchr(path.at, ':', path.length)
                       ? "/"
                       : "";
}

static bool takes_login(const char *scheme) {
        static const char *const without[] = { "s3", "boto3+s3", "s3+http", "file", "azure" };
        for (size_t i = 0; i < ARRAY_LENGTH(without); i++)
                if (strcmp(scheme, without[i]) == 0)
                        return false;
        return true;
}

Error *target_url(const CharmConfig *config, const char *dashed, Arena *arena, const char **ret_url) {
        AUTO_VALUE(buffer_clear) Buffer url = { .data = NULL };
        const char *scheme, *rest;
        TRY(split(config, &scheme, &rest));
        Bytes path = bytes_of(rest);
        while (path.length > 1 && bytes_end_with(path, "/"))
                path.length--;
        if (strcmp(scheme, "file") == 0 && !bytes_start_with(path, "/"))
                return error_new(ERROR_USER, "\"remote_backup_url\" has to be a folder from the root for backend "
                                             "\"file\", like /mnt/backup");
        (void)buffer_print(&url, "%s://", scheme);
        if (takes_login(scheme))
                TRY(print_login(config, rest, &url));
        (void)buffer_add_text(&url, without_host(scheme, path));
        print_path(scheme, path, &url);
        (void)buffer_print(&url, "%s%s", bytes_end_with(path, "/") ? "" : "/", dashed);
        AUTO(url_free) Url *parsed = NULL;
        TRY_AS(url_parse(buffer_text(&url), &parsed), "\"remote_backup_url\"");
        *ret_url = arena_text(arena, buffer_text(&url));
        secret_wipe(url.data, url.length);
        return NULL;
}
