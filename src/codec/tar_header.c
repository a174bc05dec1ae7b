#include "codec/tar_header.h"

#include <endian.h>
#include <stddef.h>

enum { RECORD_MARKER = 0xC1, MAX_NANOSECONDS = 999999999 };

static const char posix_magic[6] = "ustar";

/* --- printing --- */

/* Bytes of the character that REST begins with; a byte that belongs to none counts as one. */
static size_t character_length(Bytes rest) {
        uint8_t lead = rest.at[0];
        size_t length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        Bytes character = bytes_slice(rest, 0, length);
        return character.length == length && bytes_are_utf8(character) ? length : 1;
}

/* As much of TEXT as the field holds, each character beyond ASCII as '?'. */
static void print_text(char *field, size_t size, const char *text) {
        Bytes rest = bytes_of(text);
        for (size_t i = 0; i < size && rest.length; i++) {
                bool is_ascii = rest.at[0] < 0x80;
                field[i] = is_ascii ? (char)rest.at[0] : '?';
                rest = bytes_slice(rest, is_ascii ? 1 : character_length(rest), rest.length);
        }
}

/* Octal digits and a NUL; 0 when they would not fit. */
static void print_number(char *field, size_t size, uint64_t number) {
        uint64_t left = number >> 3 * (size - 1) ? 0 : number;
        for (size_t i = size - 1; i-- > 0; left >>= 3)
                field[i] = (char)('0' + (left & 7));
}

static void print_record(const TarMember *member, TarBlock *block) {
        uint64_t size = htobe64(member->content_size);
        uint32_t nanoseconds = htobe32(member->nanoseconds);
        block->marker = RECORD_MARKER;
        memcpy(block->content_size, (const uint8_t *)&size + 1, sizeof block->content_size);
        memcpy(block->nanoseconds, &nanoseconds, sizeof nanoseconds);
}

/* Sum of the block's bytes, with blanks in place of the checksum itself. */
static uint32_t unsigned_sum(const TarBlock *block) {
        const uint8_t *bytes = (const uint8_t *)block;
        uint32_t sum = ' ' * sizeof block->checksum;
        for (size_t i = 0; i < TAR_BLOCK; i++)
                sum += bytes[i];
        for (size_t i = 0; i < sizeof block->checksum; i++)
                sum -= (uint8_t)block->checksum[i];
        return sum;
}

#define FIELD(field) (field), sizeof(field)

void tar_header_print(const TarMember *member, TarBlock *block) {
        memset(block, 0, sizeof *block);
        print_text(FIELD(block->name), member->name);
        print_number(FIELD(block->mode), member->mode & 07777);
        print_number(FIELD(block->uid), member->uid);
        print_number(FIELD(block->gid), member->gid);
        print_number(FIELD(block->size), member->size);
        print_number(FIELD(block->modified), (uint64_t)member->modified);
        block->type = (char)member->type;
        print_text(FIELD(block->target), member->target);
        memcpy(block->magic, posix_magic, sizeof block->magic);
        memset(block->version, '0', sizeof block->version);
        print_text(FIELD(block->user), member->user);
        print_text(FIELD(block->group), member->group);
        if (member->type == TAR_CHAR_DEVICE || member->type == TAR_BLOCK_DEVICE) {
                print_number(FIELD(block->major), member->major);
                print_number(FIELD(block->minor), member->minor);
        }
        if (member->type == TAR_FILE && member->has_record)
                print_record(member, block);
        print_number(block->checksum, sizeof block->checksum - 1, unsigned_sum(block));
        block->checksum[sizeof block->checksum - 1] = ' ';
}

/* --- reading --- */

static bool parse_octal(Bytes field, int64_t *ret_number) {
        Bytes rest;
        Bytes digits = bytes_trim(bytes_cut(field, 0, &rest));
        int64_t number = 0;
        for (size_t i = 0; i < digits.length; i++) {
                if (digits.at[i] < '0' || digits.at[i] > '7')
                        return false;
                number = number << 3 | (digits.at[i] - '0');
        }
        *ret_number = number;
        return true;
}

/* GNU's form for what octal cannot say: the top bit, then a big-endian number in two's complement. */
static bool parse_base_256(Bytes field, int64_t *ret_number) {
        uint8_t digits[12];
        uint64_t low;
        memcpy(digits, field.at, field.length);
        bool is_negative = digits[0] & 0x40;
        if (!is_negative)
                digits[0] &= 0x7F;
        for (size_t i = 0; i + sizeof low < field.length; i++)
                if (digits[i] != (is_negative ? 0xFF : 0))
                        return false;
        memcpy(&low, digits + field.length - sizeof low, sizeof low);
        int64_t number = (int64_t)be64toh(low);
        *ret_number = number;
        return (number < 0) == is_negative;
}

static bool parse_number(Bytes field, int64_t *ret_number) {
        return field.at[0] & 0x80 ? parse_base_256(field, ret_number) : parse_octal(field, ret_number);
}

#define NUMBER(field, least, most)                                                                                     \
        { #field, offsetof(TarBlock, field), sizeof((TarBlock *)0)->field, (least), (most) }

static const struct {
        const char *what;
        size_t offset, size;
        int64_t least, most;
} numbers[TAR_NUMBERS] = {
        [TAR_NUMBER_UID] = NUMBER(uid, 0, UINT32_MAX),
        [TAR_NUMBER_GID] = NUMBER(gid, 0, UINT32_MAX),
        [TAR_NUMBER_SIZE] = NUMBER(size, 0, INT64_MAX),
        [TAR_NUMBER_MODIFIED] = NUMBER(modified, INT64_MIN, INT64_MAX),
        [TAR_NUMBER_MODE] = NUMBER(mode, 0, UINT32_MAX),
        [TAR_NUMBER_MAJOR] = NUMBER(major, 0, UINT32_MAX),
        [TAR_NUMBER_MINOR] = NUMBER(minor, 0, UINT32_MAX),
};

static Error *parse_field(const TarBlock *block, TarNumber which, int64_t *ret_number) {
        Bytes field = bytes_make((const uint8_t *)block + numbers[which].offset, numbers[which].size);
        if (!parse_number(field, ret_number))
                return error_new(ERROR_CORRUPT, "bad number in the field '%s'", numbers[which].what);
        return NULL;
}

static Error *parse_numbers(const TarBlock *block, const TarExtras *extras, int64_t values[TAR_NUMBERS]) {
        for (TarNumber i = 0; i < TAR_NUMBERS; i++) {
                TRY(parse_field(block, i, &values[i]));
                if (extras->has_number[i])
                        values[i] = extras->numbers[i];
                if (values[i] < numbers[i].least || values[i] > numbers[i].most)
                        return error_new(ERROR_CORRUPT, "the number in the field '%s' is out of range",
                                         numbers[i].what);
        }
        return NULL;
}

static uint32_t signed_sum(const TarBlock *block) {
        const int8_t *bytes = (const int8_t *)block;
        int32_t sum = ' ' * (int32_t)sizeof block->checksum;
        for (size_t i = 0; i < TAR_BLOCK; i++)
                if (i < offsetof(TarBlock, checksum) || i >= offsetof(TarBlock, type))
                        sum += bytes[i];
        return (uint32_t)sum;
}

/* Some old systems summed signed bytes. */
Error *tar_header_check(const TarBlock *block) {
        int64_t wanted = 0;
        bool is_number = parse_number(bytes_make(FIELD(block->checksum)), &wanted);
        if (is_number && (wanted == unsigned_sum(block) || wanted == signed_sum(block)))
                return NULL;
        return error_new(ERROR_CORRUPT, "not a tar header (wrong checksum)");
}

Error *tar_header_size(const TarBlock *block, uint64_t *ret_size) {
        int64_t size = 0;
        TRY(parse_field(block, TAR_NUMBER_SIZE, &size));
        if (size < 0)
                return error_new(ERROR_CORRUPT, "the number in the field 'size' is out of range");
        *ret_size = (uint64_t)size;
        return NULL;
}

/* Copies a field that may lack its NUL to ROOM, which is a byte longer. */
static size_t copy_field(const char *field, size_t size, char *room) {
        size_t length = strnlen(field, size);
        memcpy(room, field, length);
        room[length] = '\0';
        return length;
}

static bool is_posix(const TarBlock *block) {
        return memcmp(block->magic, posix_magic, sizeof posix_magic) == 0;
}

/* GNU tar keeps other things in the prefix field, and marks its headers by another magic. */
static const char *parse_name(const TarBlock *block, const char *given, char *room) {
        if (given)
                return given;
        size_t length = 0;
        if (is_posix(block) && block->prefix[0]) {
                length = copy_field(FIELD(block->prefix), room);
                room[length++] = '/';
        }
        copy_field(FIELD(block->name), room + length);
        return room;
}

static const char *parse_text(const char *field, size_t size, const char *given, char *room) {
        if (given)
                return given;
        copy_field(field, size, room);
        return room;
}

/* An empty owner is an unknown one. */
static const char *parse_owner(const char field[32], const char *given, char *room) {
        const char *owner = parse_text(field, sizeof((TarBlock *)0)->user, given, room);
        return owner[0] ? owner : NULL;
}

static void parse_texts(const TarBlock *block, const TarExtras *extras, TarTexts *texts, TarMember *member) {
        const char *target = tar_extras_text(extras, TAR_TEXT_TARGET);
        member->name = parse_name(block, tar_extras_text(extras, TAR_TEXT_NAME), texts->name);
        member->target = parse_text(FIELD(block->target), target, texts->target);
        member->user = parse_owner(block->user, tar_extras_text(extras, TAR_TEXT_USER), texts->user);
        member->group = parse_owner(block->group, tar_extras_text(extras, TAR_TEXT_GROUP), texts->group);
}

/* Before POSIX files had type NUL, and folders were files with a '/' at the end. */
static Error *parse_type(char type, const char *name, TarType *ret_type) {
        static const char known[] = { TAR_FILE, TAR_LINK, TAR_CHAR_DEVICE, TAR_BLOCK_DEVICE, TAR_FOLDER, TAR_FIFO };
        if (type == '\0')
                type = bytes_end_with(bytes_of(name), "/") ? TAR_FOLDER : TAR_FILE;
        if (!memchr(known, type, sizeof known))
                return error_new(ERROR_CORRUPT, "entries of type 0x%02x do not belong here", (uint8_t)type);
        *ret_type = (TarType)type;
        return NULL;
}

static void parse_record(const TarBlock *block, TarMember *member) {
        uint64_t size = 0;
        uint32_t nanoseconds;
        memcpy((uint8_t *)&size + 1, block->content_size, sizeof block->content_size);
        memcpy(&nanoseconds, block->nanoseconds, sizeof nanoseconds);
        nanoseconds = be32toh(nanoseconds);
        if (block->marker != RECORD_MARKER || !is_posix(block) || nanoseconds > MAX_NANOSECONDS)
                return;
        member->has_record = true;
        member->content_size = be64toh(size);
        member->nanoseconds = nanoseconds;
}

Error *tar_header_parse(const TarBlock *block, const TarExtras *extras, TarTexts *texts, TarMember *ret_member) {
        TarMember member = { .has_sha256 = extras->has_sha256, .is_incomplete = extras->is_incomplete };
        int64_t values[TAR_NUMBERS];
        TRY(parse_numbers(block, extras, values));
        parse_texts(block, extras, texts, &member);
        TRY(parse_type(block->type, member.name, &member.type));
        member.mode = (uint32_t)values[TAR_NUMBER_MODE] & 07777;
        member.uid = (uint32_t)values[TAR_NUMBER_UID];
        member.gid = (uint32_t)values[TAR_NUMBER_GID];
        member.modified = values[TAR_NUMBER_MODIFIED];
        member.major = (uint32_t)values[TAR_NUMBER_MAJOR];
        member.minor = (uint32_t)values[TAR_NUMBER_MINOR];
        memcpy(member.sha256, extras->sha256, sizeof member.sha256);
        if (member.type != TAR_LINK)
                member.target = NULL;
        if (member.type == TAR_FILE) { /* for all others the field means nothing, and nothing follows */
                member.size = (uint64_t)values[TAR_NUMBER_SIZE];
                parse_record(block, &member);
        }
        *ret_member = member;
        return NULL;
}
