#include "codec/tar_extras.h"

#include <inttypes.h>
#include <stddef.h>

#include "base/encode.h"

#define MODIFIED_KEY "CHARMDUPLICITY.mtime"
#define SHA256_KEY "CHARMDUPLICITY.sha256"
#define INCOMPLETE_KEY "CHARMDUPLICITY.incomplete"

/* --- printing --- */

static const struct {
        const char *key;
        size_t field_size; /* of the header block */
} texts[TAR_TEXTS] = {
        [TAR_TEXT_NAME] = { "path", 100 },
        [TAR_TEXT_TARGET] = { "linkpath", 100 },
        [TAR_TEXT_USER] = { "uname", 32 },
        [TAR_TEXT_GROUP] = { "gname", 32 },
};

/* The length of a record counts its own digits. */
static void add_record(const char *key, Bytes value, Buffer *out) {
        char front[64];
        size_t rest = strlen(" =\n") + strlen(key) + value.length, digits = 0, length;
        do {
                length = rest + digits;
                digits = (size_t)snprintf(NULL, 0, "%zu", length);
        } while (length != rest + digits);
        int front_length = snprintf(front, sizeof front, "%zu %s=", length, key);
        buffer_add(out, bytes_make(front, (size_t)front_length));
        buffer_add(out, value);
        buffer_add_byte(out, '\n');
}

static void add_number(const char *key, int64_t value, Buffer *out) {
        char text[24];
        (void)snprintf(text, sizeof text, "%" PRId64, value); /* always fits */
        add_record(key, bytes_of(text), out);
}

static bool is_ascii(Bytes text) {
        uint8_t seen = 0;
        for (size_t i = 0; i < text.length; i++)
                seen |= text.at[i];
        return seen < 0x80;
}

static void add_texts(const TarMember *member, Buffer *out) {
        const char *const values[TAR_TEXTS] = { member->name, member->target, member->user, member->group };
        bool needed[TAR_TEXTS], is_utf8 = true;
        for (size_t i = 0; i < TAR_TEXTS; i++) {
                Bytes value = bytes_of(values[i]);
                bool plain = is_ascii(value);
                needed[i] = !plain || value.length > texts[i].field_size;
                is_utf8 = is_utf8 && (plain || bytes_are_utf8(value));
        }
        if (!is_utf8)
                add_record("hdrcharset", bytes_of("BINARY"), out);
        for (size_t i = 0; i < TAR_TEXTS; i++)
                if (needed[i])
                        add_record(texts[i].key, bytes_of(values[i]), out);
}

static void add_ours(const TarMember *member, Buffer *out) {
        char hex[2 * DIGEST_SHA256_SIZE + 1];
        if (member->modified < 0) /* stock breaks off at a negative "mtime" */
                add_number(MODIFIED_KEY, member->modified, out);
        if (member->has_sha256) {
                encode_hex(bytes_make(member->sha256, DIGEST_SHA256_SIZE), hex);
                add_record(SHA256_KEY, bytes_of(hex), out);
        }
        if (member->is_incomplete)
                add_record(INCOMPLETE_KEY, bytes_of("1"), out);
}

void tar_extras_print(const TarMember *member, Buffer *out) {
        add_texts(member, out);
        if (member->uid > TAR_MAX_SHORT_NUMBER)
                add_number("uid", member->uid, out);
        if (member->gid > TAR_MAX_SHORT_NUMBER)
                add_number("gid", member->gid, out);
        if (member->size > TAR_MAX_LONG_NUMBER)
                add_number("size", (int64_t)member->size, out);
        if (member->modified > (int64_t)TAR_MAX_LONG_NUMBER)
                add_number("mtime", member->modified, out);
        add_ours(member, out);
}

/* --- reading --- */

void tar_extras_reset(TarExtras *extras) {
        Buffer text = extras->text;
        buffer_truncate(&text, 0);
        text.ceiling = 2 * TAR_MAX_EXTRAS; /* several blocks may belong to one member */
        buffer_add_byte(&text, 0);
        *extras = (TarExtras){ .text = text };
}

void tar_extras_clear(TarExtras *extras) {
        buffer_clear(&extras->text);
}

void *tar_extras_reserve(TarExtras *extras, size_t size) {
        return buffer_reserve(&extras->text, size + 1);
}

const char *tar_extras_text(const TarExtras *extras, TarText which) {
        return extras->texts[which] ? extras->text.data + extras->texts[which] : NULL;
}

/* What a pax key means: reads VALUE to where INDEX says; false when it is no such value. Values lie in extras->text and
 * end in NUL there. */
typedef bool TakeValue(TarExtras *extras, size_t index, Bytes value);

static bool take_text(TarExtras *extras, size_t index, Bytes value) {
        if (value.length > TAR_MAX_NAME || (value.length && memchr(value.at, 0, value.length)))
                return false;
        extras->texts[index] = (size_t)((const char *)value.at - extras->text.data);
        return true;
}

static void set_number(TarExtras *extras, size_t index, int64_t number) {
        extras->numbers[index] = number;
        extras->has_number[index] = true;
}

static bool take_number(TarExtras *extras, size_t index, Bytes value) {
        uint64_t number;
        if (!bytes_to_number(value, &number) || number > INT64_MAX)
                return false;
        set_number(extras, index, (int64_t)number);
        return true;
}

/* True for digits or nothing; *HAS_VALUE says whether they amount to more than zero. */
static bool read_fraction(Bytes digits, bool *has_value) {
        *has_value = false;
        for (size_t i = 0; i < digits.length; i++) {
                if (digits.at[i] < '0' || digits.at[i] > '9')
                        return false;
                *has_value |= digits.at[i] != '0';
        }
        return true;
}

/* Seconds with sign and fraction; what we keep are the whole seconds at or before it, as the kernel does. */
static bool take_time(TarExtras *extras, size_t index, Bytes value) {
        bool is_negative = bytes_start_with(value, "-"), has_fraction;
        uint64_t magnitude;
        Bytes fraction, whole = bytes_cut(bytes_slice(value, is_negative, value.length), '.', &fraction);
        if (!bytes_to_number(whole, &magnitude) || !read_fraction(fraction, &has_fraction))
                return false;
        bool is_next = is_negative && has_fraction;
        if (magnitude > (uint64_t)INT64_MAX + is_negative - is_next)
                return false;
        magnitude += is_next;
        set_number(extras, index, (int64_t)(is_negative ? -magnitude : magnitude));
        return true;
}

static bool take_sha256(TarExtras *extras, UNUSED size_t index, Bytes value) {
        extras->has_sha256 = encode_from_hex(value, extras->sha256, sizeof extras->sha256);
        return extras->has_sha256;
}

static bool take_incomplete(TarExtras *extras, UNUSED size_t index, Bytes value) {
        extras->is_incomplete = bytes_equal_text(value, "1");
        return true;
}

/* hdrcharset is not among them: names are bytes to us, whatever they are encoded in. */
static const struct {
        const char *key;
        TakeValue *take;
        size_t index;
} keys[] = {
        { "path", take_text, TAR_TEXT_NAME },
        { "linkpath", take_text, TAR_TEXT_TARGET },
        { "uname", take_text, TAR_TEXT_USER },
        { "gname", take_text, TAR_TEXT_GROUP },
        { "uid", take_number, TAR_NUMBER_UID },
        { "gid", take_number, TAR_NUMBER_GID },
        { "size", take_number, TAR_NUMBER_SIZE },
        { "mtime", take_time, TAR_NUMBER_MODIFIED },
        { MODIFIED_KEY, take_time, TAR_NUMBER_MODIFIED },
        { SHA256_KEY, take_sha256, 0 },
        { INCOMPLETE_KEY, take_incomplete, 0 },
};

static Error *take_value(TarExtras *extras, Bytes key, Bytes value) {
        for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
                if (bytes_equal_text(key, keys[i].key) && !keys[i].take(extras, keys[i].index, value))
                        return error_new(ERROR_CORRUPT, "bad value of the pax record '%s'", keys[i].key);
        return NULL;
}

/* Splits "LENGTH KEY=VALUE\n", the first record of RECORDS. */
static bool split_record(Bytes records, size_t *length, Bytes *key, Bytes *value) {
        enum { MOST_DIGITS = 20 };
        Bytes rest;
        uint64_t claimed;
        Bytes digits = bytes_cut(bytes_slice(records, 0, MOST_DIGITS), ' ', &rest);
        if (!rest.at || !bytes_to_number(digits, &claimed) || claimed > records.length || claimed < digits.length + 2)
                return false;
        *length = (size_t)claimed;
        rest = bytes_slice(records, digits.length + 1, *length - digits.length - 1);
        if (rest.at[rest.length - 1] != '\n')
                return false;
        rest.length--;
        *key = bytes_cut(rest, '=', value);
        return key->length > 0 && value->at;
}

/* Makes the block of SIZE bytes behind the text a part of it, with a NUL of its own; returns its offset. */
static size_t append_block(TarExtras *extras, size_t size) {
        size_t start = extras->text.length;
        extras->text.length += size;
        buffer_add_byte(&extras->text, 0);
        return start;
}

Error *tar_extras_add_pax(TarExtras *extras, size_t size) {
        size_t start = append_block(extras, size), end = start + size;
        while (start < end) {
                size_t length;
                Bytes key, value;
                if (!split_record(bytes_slice(buffer_bytes(&extras->text), start, end - start), &length, &key, &value))
                        return error_new(ERROR_CORRUPT, "bad pax record");
                start += length;
                extras->text.data[start - 1] = '\0'; /* in place of the newline: texts are used where they lie */
                TRY(take_value(extras, key, value));
        }
        return NULL;
}

Error *tar_extras_add_text(TarExtras *extras, TarText which, size_t size) {
        size_t start = append_block(extras, size);
        if (!take_text(extras, which, bytes_of(extras->text.data + start)))
                return error_new(ERROR_CORRUPT, "a name longer than %d bytes", TAR_MAX_NAME);
        return NULL;
}
