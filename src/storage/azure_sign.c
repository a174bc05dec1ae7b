#include "storage/azure_sign.h"

#include <ctype.h>
#include <strings.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/encode.h"

static int compare_texts(const void *a, const void *b) {
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_sorted(TextList *lines, Buffer *out) {
        if (lines->count > 1)
                qsort(lines->items, lines->count, sizeof *lines->items, compare_texts);
        for (size_t i = 0; i < lines->count; i++)
                buffer_add_text(out, lines->items[i]);
}

/* "name:value" with NAME in lower case. */
static char *pair(Arena *arena, const char *before, Bytes name, const char *value, const char *after) {
        char *lower = arena_bytes(arena, name);
        for (char *at = lower; *at; at++)
                *at = (char)tolower((unsigned char)*at);
        return arena_print(arena, "%s%s:%s%s", before, lower, value, after);
}

static Bytes value_of(const TextList *headers, const char *name) {
        for (size_t i = 0; i < headers->count; i++) {
                Bytes value, found = bytes_cut(bytes_of(headers->items[i]), ':', &value);
                if (found.length == strlen(name) && strncasecmp((const char *)found.at, name, found.length) == 0)
                        return bytes_trim(value);
        }
        return bytes_make(NULL, 0);
}

/* Content-Encoding, -Language, -Length, -MD5 and -Type, Date, four conditions, Range: most of them we never send. */
static void add_standard_headers(const AzureMessage *message, Buffer *out) {
        buffer_print(out, "%s\n\n\n", message->method);
        if (message->length)
                buffer_print(out, "%llu", (unsigned long long)message->length);
        buffer_add_byte(out, '\n');
        buffer_add(out, value_of(message->headers, "content-md5"));
        buffer_add_text(out, "\n\n\n\n\n\n\n\n");
}

static void add_service_headers(const TextList *headers, Arena *arena, Buffer *out) {
        AUTO_VALUE(text_list_clear) TextList lines = { .items = NULL };
        for (size_t i = 0; i < headers->count; i++) {
                Bytes value, name = bytes_cut(bytes_of(headers->items[i]), ':', &value);
                if (name.length > 5 && strncasecmp((const char *)name.at, "x-ms-", 5) == 0)
                        text_list_add(&lines, pair(arena, "", name, arena_bytes(arena, bytes_trim(value)), "\n"));
        }
        add_sorted(&lines, out);
}

static const char *decode(Arena *arena, Bytes text) {
        AUTO_VALUE(buffer_clear) Buffer out;
        buffer_init(&out, 0);
        encode_from_percent(text, &out);
        return arena_bytes(arena, buffer_bytes(&out));
}

static void add_resource(const char *account, const AzureMessage *message, Arena *arena, Buffer *out) {
        AUTO_VALUE(text_list_clear) TextList lines = { .items = NULL };
        buffer_print(out, "/%s%s", account, message->path);
        for (Bytes rest = bytes_of(message->query); rest.length;) {
                Bytes value, name = bytes_cut(bytes_cut(rest, '&', &rest), '=', &value);
                text_list_add(&lines, pair(arena, "\n", name, decode(arena, value), ""));
        }
        add_sorted(&lines, out);
}

void azure_sign(const char *account, Bytes key, const AzureMessage *message, Buffer *out) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_VALUE(buffer_clear) Buffer text;
        uint8_t signature[DIGEST_SHA256_SIZE];
        buffer_init(&text, 0);
        add_standard_headers(message, &text);
        add_service_headers(message->headers, arena, &text);
        add_resource(account, message, arena, &text);
        digest_hmac(DIGEST_SHA256, key, buffer_bytes(&text), signature);
        buffer_print(out, "SharedKey %s:", account);
        encode_base64(bytes_make(signature, sizeof signature), out);
}
