#include "storage/url.h"

#include <ctype.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/encode.h"
#include "base/memory.h"

#define EXAMPLES "for example 'file:///srv/backup' or 'sftp://user@host/folder'"

static const char separator[] = "://";

/* The old form s3:host/bucket has no slashes in front of the host. */
static bool is_short_form(const char *text, size_t length) {
        return length == 2 && strncasecmp(text, "s3", 2) == 0 && text[2] == ':' && text[3] != '\0' && text[3] != '/';
}

/* Number of bytes of the scheme, 0 when TEXT does not begin like a URL. */
static size_t scheme_length(const char *text) {
        size_t length = 0;
        if (!isalpha((unsigned char)text[0]))
                return 0;
        while (isalnum((unsigned char)text[length]) || (text[length] && strchr("+-.", text[length])))
                length++;
        bool is_right = strncmp(text + length, separator, strlen(separator)) == 0 || is_short_form(text, length);
        return is_right ? length : 0;
}

bool url_is_one(const char *text) {
        return scheme_length(text) > 0;
}

/* What follows "://", or the ':' of the short form; the whole of a text that has no such thing. */
static const char *after_scheme(const char *text) {
        size_t length = scheme_length(text);
        if (!length)
                return text;
        return text + length + (is_short_form(text, length) ? 1 : strlen(separator));
}

/* TEXT without what stands between the first ':' after the scheme and AT, the '@' that ends the user's part, if any. */
static char *hide_password(const char *text, const char *at) {
        const char *start = after_scheme(text);
        const char *colon = at ? memchr(start, ':', (size_t)(at - start)) : NULL;
        if (!colon)
                return memory_text(text);
        return memory_print("%.*s%s", (int)(colon - text), text, at);
}

/* A password with a raw '/' or '@' makes a text that means something else than its author thinks, so everything up to
 * the last '@' may be part of it. */
static Error *refuse(const char *text, const char *why) {
        const char *start = after_scheme(text), *at = strrchr(start, '@');
        bool may_be_raw = at && at != memchr(start, '@', strcspn(start, "/"));
        AUTO_TEXT char *printable = hide_password(text, at);
        return error_with_code(error_new(ERROR_USER, "cannot use the URL '%s': %s, " EXAMPLES "%s", printable, why,
                                         may_be_raw ? "; in user and password '/' is written %2F, '@' %40, ':' %3A, "
                                                      "'%' %25"
                                                    : ""),
                               EXIT_CODE_BAD_URL);
}

/* The '@' between user and host, NULL when there is none. */
static const char *user_end(const char *text) {
        const char *start = after_scheme(text);
        return memrchr(start, '@', strcspn(start, "/"));
}

/* Decodes into OUT; false when that gives a NUL, which C strings cannot hold. */
static bool decode(Bytes part, Buffer *out) {
        encode_from_percent(part, out);
        return !out->length || !memchr(out->data, '\0', out->length);
}

static bool decode_text(Bytes part, char **ret_text) {
        AUTO_VALUE(buffer_clear) Buffer out;
        buffer_init(&out, 0);
        if (!decode(part, &out))
                return false;
        *ret_text = buffer_detach(&out);
        return true;
}

static bool decode_secret(Bytes part, Secret **ret_secret) {
        Buffer out;
        buffer_init(&out, part.length); /* decoding only shrinks: the buffer never moves and leaves no copy behind */
        (void)buffer_reserve(&out, part.length);
        bool is_right = decode(part, &out);
        if (is_right)
                *ret_secret = secret_new(buffer_bytes(&out));
        secret_wipe(out.data, out.length);
        buffer_clear(&out);
        return is_right;
}

static Error *parse_user(const char *text, Bytes part, Url *url) {
        Bytes password;
        Bytes user = bytes_cut(part, ':', &password);
        if (!decode_text(user, &url->user) || (password.at && !decode_secret(password, &url->password)))
                return refuse(text, "'%00' stands for nothing");
        return NULL;
}

/* PORT is what follows the host, with its ':' if there is anything. */
static Error *parse_port(const char *text, Bytes port, Url *url) {
        uint64_t number;
        if (port.length == 0)
                return NULL;
        if (port.at[0] != ':' || !bytes_to_number(bytes_slice(port, 1, port.length), &number) || number < 1 ||
            number > 65535)
                return refuse(text, "the port must be a number from 1 to 65535");
        url->port = (unsigned)number;
        return NULL;
}

static bool host_is_right(Bytes host) {
        for (size_t i = 0; i < host.length; i++)
                if (!isgraph(host.at[i]) || strchr("\\\"'<>[]?#", host.at[i]))
                        return false;
        return true;
}

/* PART is host[:port], or [IPv6 literal][:port]. */
static Error *parse_host(const char *text, Bytes part, Url *url) {
        bool is_literal = bytes_start_with(part, "[");
        const uint8_t *end = part.length ? memchr(part.at, is_literal ? ']' : ':', part.length) : NULL;
        if (is_literal && !end)
                return refuse(text, "']' is missing behind the address");
        size_t length = end ? (size_t)(end - part.at) : part.length;
        Bytes host = is_literal ? bytes_slice(part, 1, length - 1) : bytes_slice(part, 0, length);
        if (!host_is_right(host))
                return refuse(text, "the host name holds a character that no host name has");
        TRY(parse_port(text, bytes_slice(part, is_literal ? length + 1 : length, part.length), url));
        if (host.length)
                url->host = memory_copy(host.at, host.length);
        else if (url->user || url->port || is_literal)
                return refuse(text, "the host is missing");
        return NULL;
}

/* The "::" that an rsync daemon's module follows, host::module or host::/module, NULL when there is none. An address in
 * brackets may hold the same. */
static const char *module_start(const char *scheme, const char *start, const char *end) {
        const char *bracket = memrchr(start, ']', (size_t)(end - start));
        const char *from = bracket ? bracket : start;
        return strcmp(scheme, "rsync") == 0 ? memmem(from, (size_t)(end - from), "::", 2) : NULL;
}

/* An rsync module keeps its "::" in the path. */
static Error *parse_authority(const char *text, Url *url, const char **ret_path) {
        const char *start = after_scheme(text);
        const char *end = start + strcspn(start, "/");
        const char *at = user_end(text);
        if (at) {
                TRY(parse_user(text, bytes_make(start, (size_t)(at - start)), url));
                start = at + 1;
        }
        const char *module = module_start(url->scheme, start, end);
        if (module)
                end = module;
        TRY(parse_host(text, bytes_make(start, (size_t)(end - start)), url));
        *ret_path = end;
        return NULL;
}

/* A path is as it is: nothing in it is encoded. */
static Url *parse_path(const char *path) {
        Url *url = memory_new(Url);
        url->text = memory_text(path);
        url->scheme = memory_text("file");
        url->path = memory_text(path);
        return url;
}

Error *url_parse(const char *text, Url **ret_url) {
        if (text[0] == '/') {
                *ret_url = parse_path(text);
                return NULL;
        }
        AUTO(url_free) Url *url = memory_new(Url);
        size_t length = scheme_length(text);
        if (!length)
                return refuse(text, "it does not begin with a scheme");
        url->text = memory_text(text);
        url->scheme = memory_copy(text, length);
        for (size_t i = 0; i < length; i++)
                url->scheme[i] = (char)tolower((unsigned char)url->scheme[i]);

        const char *path = after_scheme(text);
        if (strcmp(url->scheme, "file") != 0) /* a file URL has no host: file://a/b is the folder a/b */
                TRY(parse_authority(text, url, &path));
        if (!decode_text(bytes_of(path), &url->path))
                return refuse(text, "'%00' stands for nothing");
        *ret_url = TAKE(url);
        return NULL;
}

char *url_printable(const Url *url) {
        return hide_password(url->text, url->password ? user_end(url->text) : NULL);
}

char *url_authority(const char *host, unsigned port) {
        bool is_literal = strchr(host, ':');
        const char *open = is_literal ? "[" : "", *close = is_literal ? "]" : "";
        return port ? memory_print("%s%s%s:%u", open, host, close, port) : memory_print("%s%s%s", open, host, close);
}

void url_free(Url *url) {
        if (!url)
                return;
        if (url->text)
                secret_wipe(url->text, strlen(url->text));
        memory_free(url->text);
        memory_free(url->scheme);
        memory_free(url->user);
        secret_free(url->password);
        memory_free(url->host);
        memory_free(url->path);
        memory_free(url);
}
