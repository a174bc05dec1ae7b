#include "storage/s3_sign.h"

#include <ctype.h>

#include "base/digest.h"
#include "base/encode.h"
#include "base/memory.h"
#include "base/secret.h"

#define ALGORITHM "AWS4-HMAC-SHA256"

enum { HEX_SIZE = 2 * DIGEST_SHA256_SIZE + 1 };

typedef uint8_t Hash[DIGEST_SHA256_SIZE];

static int compare_bytes(const void *a, const void *b) {
        const Bytes *x = a, *y = b;
        size_t common = MIN(x->length, y->length);
        int order = common ? memcmp(x->at, y->at, common) : 0;
        return order ? order : (x->length > y->length) - (x->length < y->length);
}

DEFINE_LIST(BytesList, bytes_list, Bytes)

/* By name, then by value. Not as one text: '=' sorts above '-', '.', '%' and digits, which names may have. */
static int compare_parameters(const void *a, const void *b) {
        Bytes x_value, y_value;
        Bytes x = bytes_cut(*(const Bytes *)a, '=', &x_value), y = bytes_cut(*(const Bytes *)b, '=', &y_value);
        int order = compare_bytes(&x, &y);
        return order ? order : compare_bytes(&x_value, &y_value);
}

static void sort(BytesList *list, int (*compare)(const void *, const void *)) {
        if (list->count > 1)
                qsort(list->items, list->count, sizeof *list->items, compare);
}

static void add_query(const char *query, Buffer *out) {
        AUTO_VALUE(bytes_list_clear) BytesList parameters = { .items = NULL };
        Bytes rest = bytes_of(query);
        while (rest.length)
                bytes_list_add(&parameters, bytes_cut(rest, '&', &rest));
        sort(&parameters, compare_parameters);
        for (size_t i = 0; i < parameters.count; i++) {
                Bytes parameter = parameters.items[i];
                if (i)
                        buffer_add_byte(out, '&');
                buffer_add(out, parameter);
                if (!parameter.length || !memchr(parameter.at, '=', parameter.length))
                        buffer_add_byte(out, '=');
        }
}

static void add_lower(Bytes name, Buffer *out) {
        for (size_t i = 0; i < name.length; i++)
                buffer_add_byte(out, (uint8_t)tolower(name.at[i]));
}

/* Trimmed, runs of blanks as one. */
static void add_value(Bytes value, Buffer *out) {
        value = bytes_trim(value);
        for (size_t i = 0; i < value.length; i++)
                if (!byte_is_blank(value.at[i]) || !byte_is_blank(value.at[i - 1]))
                        buffer_add_byte(out, byte_is_blank(value.at[i]) ? ' ' : value.at[i]);
}

/* Each header as "name:value\n", sorted by name; the names alone, joined by ';'. */
static void add_headers(const TextList *headers, Buffer *lines, Buffer *names) {
        AUTO_VALUE(bytes_list_clear) BytesList sorted = { .items = NULL };
        AUTO_VALUE(buffer_clear) Buffer text;
        buffer_init(&text, 0);
        for (size_t i = 0; i < headers->count; i++) {
                Bytes value, name = bytes_cut(bytes_of(headers->items[i]), ':', &value);
                add_lower(name, &text);
                buffer_add_byte(&text, ':');
                add_value(value, &text);
                buffer_add_byte(&text, '\n');
        }
        for (Bytes rest = buffer_bytes(&text); rest.length;)
                bytes_list_add(&sorted, bytes_cut(rest, '\n', &rest));
        sort(&sorted, compare_bytes);
        for (size_t i = 0; i < sorted.count; i++) {
                Bytes value;
                buffer_add(lines, sorted.items[i]);
                buffer_add_byte(lines, '\n');
                if (i)
                        buffer_add_byte(names, ';');
                buffer_add(names, bytes_cut(sorted.items[i], ':', &value));
        }
}

static void hash_hex(Bytes bytes, char hex[HEX_SIZE]) {
        Hash hash;
        digest_once(DIGEST_SHA256, bytes, hash);
        encode_hex(bytes_make(hash, sizeof hash), hex);
}

static void canonical_hash(const S3Message *message, Buffer *names, char hex[HEX_SIZE]) {
        AUTO_VALUE(buffer_clear) Buffer text;
        buffer_init(&text, 0);
        buffer_print(&text, "%s\n%s\n", message->method, message->path);
        add_query(message->query, &text);
        buffer_add_byte(&text, '\n');
        add_headers(message->headers, &text, names);
        buffer_print(&text, "\n%s\n%s", buffer_text(names), message->payload);
        hash_hex(buffer_bytes(&text), hex);
}

static void sign_text(const S3Signer *signer, const char *day, Bytes text, char hex[HEX_SIZE]) {
        const char *const steps[] = { day, signer->region, signer->service, "aws4_request" };
        Buffer seed;
        Hash key, next;
        buffer_init(&seed, 0);
        (void)buffer_reserve(&seed, signer->secret_key.length + 4); /* no move leaves a copy behind */
        buffer_add_text(&seed, "AWS4");
        buffer_add(&seed, signer->secret_key);
        Bytes current = buffer_bytes(&seed);
        for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
                digest_hmac(DIGEST_SHA256, current, bytes_of(steps[i]), next);
                memcpy(key, next, sizeof key);
                current = bytes_make(key, sizeof key);
        }
        digest_hmac(DIGEST_SHA256, current, text, next);
        encode_hex(bytes_make(next, sizeof next), hex);
        secret_wipe(seed.data, seed.length);
        secret_wipe(key, sizeof key);
        buffer_clear(&seed);
}

void s3_sign(const S3Signer *signer, const S3Message *message, Buffer *out) {
        AUTO_VALUE(buffer_clear) Buffer names, text;
        char moment[17], day[9], hash[HEX_SIZE], signature[HEX_SIZE];
        buffer_init(&names, 0);
        buffer_init(&text, 0);
        when_print_compact(signer->now, moment);
        snprintf(day, sizeof day, "%.8s", moment);
        canonical_hash(message, &names, hash);
        AUTO_TEXT char *scope = memory_print("%s/%s/%s/aws4_request", day, signer->region, signer->service);
        buffer_print(&text, ALGORITHM "\n%s\n%s\n%s", moment, scope, hash);
        sign_text(signer, day, buffer_bytes(&text), signature);
        buffer_print(out, ALGORITHM " Credential=%s/%s, SignedHeaders=%s, Signature=%s", signer->access_key, scope,
                     buffer_text(&names), signature);
}
