#include "engine/checkpoint.h"

#include "base/encode.h"
#include "base/memory.h"
#include "codec/deflate.h"

const char checkpoint_first_line[] = "charm-duplicity unfinished backup 1";

enum { CRC_DIGITS = 8 };

/* ---- fields ---- */

typedef enum FieldKind {
        FIELD_NUMBERS, /* COUNT numbers of 64 bits; signed ones are kept as their two's complement */
        FIELD_TEXTS,   /* COUNT times a char *, which may be NULL */
        FIELD_BYTES,   /* COUNT bytes */
} FieldKind;

typedef struct Field {
        FieldKind kind;
        size_t offset, count;
} Field;

static const Field checkpoint_fields[] = {
        { FIELD_NUMBERS, offsetof(Checkpoint, volume.number), 1 },
        { FIELD_NUMBERS, offsetof(Checkpoint, size), 1 },
        { FIELD_BYTES, offsetof(Checkpoint, volume.hash), DIGEST_SHA1_SIZE },
        { FIELD_TEXTS, offsetof(Checkpoint, volume.first.path), 1 },
        { FIELD_NUMBERS, offsetof(Checkpoint, volume.first.block), 1 },
        { FIELD_TEXTS, offsetof(Checkpoint, volume.last.path), 1 },
        { FIELD_NUMBERS, offsetof(Checkpoint, volume.last.block), 1 },
        { FIELD_NUMBERS, offsetof(Checkpoint, signatures.length), 1 },
        { FIELD_NUMBERS, offsetof(Checkpoint, signatures.crc), 1 },
        { FIELD_NUMBERS, offsetof(Checkpoint, signature_bytes), 1 },
        { FIELD_NUMBERS, offsetof(Checkpoint, signature_crc), 1 },
        { FIELD_NUMBERS, offsetof(Checkpoint, list.length), 1 },
        { FIELD_NUMBERS, offsetof(Checkpoint, list.crc), 1 },
        { FIELD_NUMBERS, offsetof(Checkpoint, list_count), 1 },
        { FIELD_NUMBERS, offsetof(Checkpoint, mark.numbers), SUMMARY_NUMBERS },
        { FIELD_TEXTS, offsetof(Checkpoint, next), 1 },
        { FIELD_NUMBERS, offsetof(Checkpoint, is_firm), 1 },
        { FIELD_NUMBERS, offsetof(Checkpoint, cut.chunks), 1 },
        { FIELD_NUMBERS, offsetof(Checkpoint, cut.kind), 1 },
        { FIELD_NUMBERS, offsetof(Checkpoint, cut.payload_crc), 1 },
        { FIELD_BYTES, offsetof(Checkpoint, cut.identity), DIGEST_SHA256_SIZE },
};

static const Field head_fields[] = {
        { FIELD_NUMBERS, offsetof(CheckpointHead, is_full), 1 },
        { FIELD_NUMBERS, offsetof(CheckpointHead, start), 1 },
        { FIELD_NUMBERS, offsetof(CheckpointHead, time), 1 },
        { FIELD_TEXTS, offsetof(CheckpointHead, demands), CHECKPOINT_DEMANDS },
};

static const Field token_fields[] = { { FIELD_TEXTS, 0, 1 } }; /* of a char * */

static void print_text(const char *text, Buffer *out) {
        (void)buffer_add_text(out, text ? " =" : " -"); /* no ceiling, here and below */
        encode_percent(bytes_of(text), "/", out);
}

static void print_field(const Field *field, const uint8_t *thing, Buffer *out) {
        const uint8_t *at = thing + field->offset;
        char hex[2 * DIGEST_MAX_SIZE + 1];
        switch (field->kind) {
        case FIELD_NUMBERS:
                for (size_t i = 0; i < field->count; i++)
                        (void)buffer_print(out, " %ju", (uintmax_t)((const uint64_t *)(const void *)at)[i]);
                return;
        case FIELD_TEXTS:
                for (size_t i = 0; i < field->count; i++)
                        print_text(((const char *const *)(const void *)at)[i], out);
                return;
        case FIELD_BYTES:
                encode_hex(bytes_make(at, field->count), hex);
                (void)buffer_print(out, " %s", hex);
                return;
        }
}

static bool parse_text(Bytes word, char **ret_text) {
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        if (bytes_equal_text(word, "-"))
                return true;
        if (!bytes_start_with(word, "="))
                return false;
        (void)buffer_add_text(&text, ""); /* an empty text is a text, too */
        encode_from_percent(bytes_slice(word, 1, word.length), &text);
        *ret_text = memory_copy(buffer_text(&text), text.length);
        return true;
}

static bool parse_field(const Field *field, Bytes *fields, uint8_t *thing) {
        uint8_t *at = thing + field->offset;
        if (field->kind == FIELD_BYTES)
                return encode_from_hex(bytes_cut(*fields, ' ', fields), at, field->count);
        for (size_t i = 0; i < field->count; i++) {
                Bytes word = bytes_cut(*fields, ' ', fields);
                bool is_right = field->kind == FIELD_NUMBERS ? bytes_to_number(word, &((uint64_t *)(void *)at)[i])
                                                             : parse_text(word, &((char **)(void *)at)[i]);
                if (!is_right)
                        return false;
        }
        return true;
}

/* ---- lines ---- */

static void print_line(CheckpointLine kind, const Field *fields, size_t count, const void *thing, Buffer *out) {
        AUTO_VALUE(buffer_clear) Buffer line = { .data = NULL };
        (void)buffer_add_byte(&line, (uint8_t)kind);
        for (size_t i = 0; i < count; i++)
                print_field(&fields[i], thing, &line);
        (void)buffer_print(out, "%0*x %s\n", CRC_DIGITS, deflate_crc(0, buffer_bytes(&line)), buffer_text(&line));
}

bool checkpoint_read_line(Bytes line, CheckpointLine *ret_kind, Bytes *ret_fields) {
        static const char kinds[] = { CHECKPOINT_LINE_HEAD, CHECKPOINT_LINE_TOKEN, CHECKPOINT_LINE_VOLUME,
                                      CHECKPOINT_LINE_WHOLE };
        uint8_t found[CRC_DIGITS / 2];
        Bytes rest;
        if (!encode_from_hex(bytes_cut(line, ' ', &rest), found, sizeof found) || rest.length == 0)
                return false;
        uint32_t crc = deflate_crc(0, rest);
        const uint8_t wanted[] = { (uint8_t)(crc >> 24), (uint8_t)(crc >> 16), (uint8_t)(crc >> 8), (uint8_t)crc };
        if (memcmp(found, wanted, sizeof wanted) != 0 || !memchr(kinds, rest.at[0], sizeof kinds))
                return false;
        *ret_kind = (CheckpointLine)rest.at[0];
        *ret_fields = bytes_slice(rest, 2, rest.length);
        return true;
}

static bool parse_fields(Bytes text, const Field *fields, size_t count, void *thing) {
        for (size_t i = 0; i < count; i++)
                if (!parse_field(&fields[i], &text, thing))
                        return false;
        return text.length == 0;
}

void checkpoint_print(const Checkpoint *checkpoint, Buffer *out) {
        print_line(CHECKPOINT_LINE_VOLUME, checkpoint_fields, ARRAY_LENGTH(checkpoint_fields), checkpoint, out);
}

void checkpoint_print_head(const CheckpointHead *head, Buffer *out) {
        print_line(CHECKPOINT_LINE_HEAD, head_fields, ARRAY_LENGTH(head_fields), head, out);
}

void checkpoint_print_token(const char *token, Buffer *out) {
        print_line(CHECKPOINT_LINE_TOKEN, token_fields, ARRAY_LENGTH(token_fields), &token, out);
}

void checkpoint_print_whole(Buffer *out) {
        print_line(CHECKPOINT_LINE_WHOLE, NULL, 0, NULL, out);
}

bool checkpoint_parse(Bytes fields, Checkpoint **ret_checkpoint) {
        AUTO(checkpoint_free) Checkpoint *checkpoint = memory_new(Checkpoint);
        if (!parse_fields(fields, checkpoint_fields, ARRAY_LENGTH(checkpoint_fields), checkpoint) ||
            !checkpoint->volume.first.path || !checkpoint->volume.last.path)
                return false;
        checkpoint->volume.hash_kind = MANIFEST_HASH_SHA1;
        *ret_checkpoint = TAKE(checkpoint);
        return true;
}

bool checkpoint_parse_head(Bytes fields, CheckpointHead *ret_head) {
        CheckpointHead head = { .is_full = 0 };
        bool is_right = parse_fields(fields, head_fields, ARRAY_LENGTH(head_fields), &head);
        if (is_right)
                *ret_head = head;
        else
                checkpoint_clear_head(&head);
        return is_right;
}

bool checkpoint_parse_token(Bytes fields, char **ret_token) {
        AUTO_TEXT char *token = NULL;
        if (!parse_fields(fields, token_fields, ARRAY_LENGTH(token_fields), &token) || !token)
                return false;
        *ret_token = TAKE(token);
        return true;
}

/* ---- life ---- */

Checkpoint *checkpoint_new(Position first, Position last) {
        Checkpoint *checkpoint = memory_new(Checkpoint);
        checkpoint->volume = (Volume){
                .first = { .path = memory_text(first.path), .block = first.block },
                .last = { .path = memory_text(last.path), .block = last.block },
                .hash_kind = MANIFEST_HASH_SHA1,
        };
        return checkpoint;
}

void checkpoint_clear_volume(Volume *volume) {
        memory_free((void *)(uintptr_t)volume->first.path);
        memory_free((void *)(uintptr_t)volume->last.path);
        volume->first.path = volume->last.path = NULL;
}

void checkpoint_free(Checkpoint *checkpoint) {
        if (!checkpoint)
                return;
        checkpoint_clear_volume(&checkpoint->volume);
        memory_free(checkpoint->next);
        memory_free(checkpoint);
}

void checkpoint_clear_head(CheckpointHead *head) {
        for (size_t i = 0; i < CHECKPOINT_DEMANDS; i++)
                memory_free(TAKE(head->demands[i]));
}
