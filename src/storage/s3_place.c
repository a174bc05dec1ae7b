#include "storage/s3_place.h"

#include "base/bytes.h"
#include "base/encode.h"
#include "base/memory.h"

#define EXAMPLES "for example 's3://s3.example.com/bucket/folder' or 'boto3+s3://bucket/folder'"

static Error *refuse(const Url *url, const char *why) {
        AUTO_TEXT char *printable = url_printable(url);
        return error_with_code(error_new(ERROR_USER, "cannot use the URL '%s': %s, " EXAMPLES, printable, why),
                               EXIT_CODE_BAD_URL);
}

static bool is_address(const char *host) {
        return strchr(host, ':') || host[strspn(host, "0123456789.")] == '\0';
}

static bool names_bucket(const char *path) {
        return path[strspn(path, "/")] != '\0';
}

static bool begins_with_host(const Url *url, const StorageOptions *options) {
        if (!url->host || options->s3_endpoint_url || strcmp(url->scheme, "boto3+s3") == 0)
                return false;
        if (!strstr(url->text, "://") || url->port || is_address(url->host) || strcmp(url->host, "localhost") == 0)
                return true;
        return strchr(url->host, '.') && names_bucket(url->path);
}

/* The part of *PATH up to the next '/', which is skipped with those around it. Caller frees. */
static char *take_part(const char **path) {
        const char *start = *path + strspn(*path, "/");
        size_t length = strcspn(start, "/");
        *path = start + length + strspn(start + length, "/");
        return memory_copy(start, length);
}

static char *folder_of(const char *path) {
        AUTO_VALUE(buffer_clear) Buffer folder;
        buffer_init(&folder, 0);
        while (names_bucket(path)) {
                AUTO_TEXT char *part = take_part(&path);
                buffer_print(&folder, "%s/", part);
        }
        return buffer_detach(&folder);
}

/* AWS's own host names are s3.amazonaws.com, s3.REGION.amazonaws.com and s3-REGION.amazonaws.com. */
static bool is_aws(const char *host, char **ret_region) {
        Bytes name = bytes_of(host);
        if (!bytes_start_with(name, "s3") || !bytes_end_with(name, ".amazonaws.com"))
                return false;
        Bytes middle = bytes_slice(name, 2, name.length - strlen("s3.amazonaws.com"));
        if (middle.length == 0)
                return true;
        if ((middle.at[0] != '.' && middle.at[0] != '-') || memchr(middle.at + 1, '.', middle.length - 1))
                return false;
        *ret_region = memory_copy(middle.at + 1, middle.length - 1);
        return true;
}

static Error *take_endpoint(const StorageOptions *options, S3Place *place) {
        AUTO(url_free) Url *endpoint = NULL;
        Error *error = url_parse(options->s3_endpoint_url, &endpoint);
        bool is_http = !error && strcmp(endpoint->scheme, "http") == 0;
        bool is_right = !error && endpoint->host && !endpoint->user && !names_bucket(endpoint->path) &&
                        (is_http || strcmp(endpoint->scheme, "https") == 0);
        error_free(error); /* it speaks of other kinds of URLs */
        if (!is_right)
                return error_with_code(
                        error_new(ERROR_USER, "option '--s3-endpoint-url' needs scheme and host only, for example "
                                              "'--s3-endpoint-url https://s3.example.com'"),
                        EXIT_CODE_COMMAND_LINE);
        place->scheme = is_http ? "http" : "https";
        place->authority = url_authority(endpoint->host, endpoint->port);
        return NULL;
}

static Error *find_host(const Url *url, const StorageOptions *options, bool has_host, S3Place *place) {
        place->scheme = options->s3_unencrypted ? "http" : "https";
        if (options->s3_endpoint_url)
                return take_endpoint(options, place);
        if (!has_host)
                return NULL;
        if (strcmp(url->scheme, "s3+http") == 0)
                place->scheme = "http";
        if (url->port || !is_aws(url->host, &place->region))
                place->authority = url_authority(url->host, url->port);
        return NULL;
}

/* A bucket that can be a part of a host name, and of one that AWS's certificates are good for. */
static bool is_label(const char *bucket) {
        size_t length = strlen(bucket);
        return length >= 3 && length <= 63 && bucket[strspn(bucket, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0' &&
               bucket[0] != '-' && bucket[length - 1] != '-';
}

static Error *choose_style(const Url *url, const StorageOptions *options, S3Place *place) {
        static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
        bool may_be_virtual = place->bucket[strspn(place->bucket, letters)] == '\0';
        const char *style = options->s3_uri_style;
        bool is_wanted = style && strcmp(style, "virtual") == 0;
        if (is_wanted && !may_be_virtual)
                return refuse(url, "this bucket cannot be a part of a host name");
        place->is_virtual = is_wanted || (!style && !place->authority && is_label(place->bucket));
        return NULL;
}

Error *s3_place_find(const Url *url, const StorageOptions *options, S3Place **ret_place) {
        AUTO(s3_place_free) S3Place *place = memory_new(S3Place);
        bool has_host = begins_with_host(url, options);
        const char *path = url->path;
        TRY(find_host(url, options, has_host, place));
        if (url->host && !has_host && url->port)
                return refuse(url, "a bucket has no port");
        place->bucket = url->host && !has_host ? memory_text(url->host) : take_part(&path);
        if (!place->bucket[0])
                return refuse(url, "it names no bucket");
        place->folder = folder_of(path);
        TRY(choose_style(url, options, place));
        *ret_place = TAKE(place);
        return NULL;
}

char *s3_place_host(const S3Place *place, const char *region) {
        const char *country = strncmp(region, "cn-", 3) == 0 ? ".cn" : "";
        AUTO_TEXT char *aws = memory_print("s3.%s.amazonaws.com%s", region, country);
        const char *authority = place->authority ? place->authority : aws;
        return place->is_virtual ? memory_print("%s.%s", place->bucket, authority) : memory_text(authority);
}

char *s3_place_path(const S3Place *place, const char *key) {
        AUTO_VALUE(buffer_clear) Buffer path;
        buffer_init(&path, 0);
        buffer_add_byte(&path, '/');
        if (!place->is_virtual)
                encode_percent(bytes_of(place->bucket), "", &path);
        if (key && !place->is_virtual)
                buffer_add_byte(&path, '/');
        encode_percent(bytes_of(key), "/", &path);
        return buffer_detach(&path);
}

void s3_place_free(S3Place *place) {
        if (!place)
                return;
        memory_free(place->authority);
        memory_free(place->bucket);
        memory_free(place->folder);
        memory_free(place->region);
        memory_free(place);
}
