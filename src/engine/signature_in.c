#include "engine/signature_in.h"

#include "base/memory.h"
#include "base/path.h"
#include "engine/header.h"

enum { SIGNATURE_HEADER_SIZE = 12 };

struct SignatureIn {
        const char *name;
        size_t skipped;
        TarReader *tar;
        Arena *arena, *former; /* of the current path and the one before */
        SignatureMember member;
        uint8_t front[SIGNATURE_HEADER_SIZE]; /* the payload's beginning, once it has been looked at */
        size_t front_length, front_given;
};

SignatureIn *signature_in_open(Reader *reader, const char *name, size_t skipped) {
        SignatureIn *in = memory_new(SignatureIn);
        in->name = name;
        in->skipped = skipped;
        in->arena = arena_new();
        in->former = arena_new();
        in->tar = tar_reader_open(reader, name);
        return in;
}

static Error *parse_name(SignatureIn *in, const char *name) {
        Member member;
        TRY_AS(member_parse(name, MEMBER_IN_SIGNATURES, in->arena, &member), "signature archive '%s'", in->name);
        in->member.kind = member.kind;
        in->member.path = member.path;
        return NULL;
}

Error *signature_in_next(SignatureIn *in, const SignatureMember **ret_member) {
        const char *before = in->member.path;
        Arena *swapped = in->former;
        in->former = in->arena;
        in->arena = swapped;
        arena_reset(in->arena);
        in->front_length = in->front_given = 0;

        TRY(tar_reader_next(in->tar, &in->member.header));
        *ret_member = NULL;
        if (!in->member.header)
                return NULL;
        TRY(parse_name(in, in->member.header->name + in->skipped));
        if (before && path_compare(before, in->member.path) >= 0) {
                AUTO_TEXT char *shown = path_printable(in->member.path);
                return error_new(ERROR_CORRUPT, "signature archive '%s' is out of order at '%s' (make a full backup)",
                                 in->name, shown);
        }
        *ret_member = &in->member;
        return NULL;
}

static Error *look_at_front(SignatureIn *in) {
        while (in->front_length < SIGNATURE_HEADER_SIZE) {
                size_t length;
                TRY(tar_reader_read(in->tar, in->front + in->front_length, SIGNATURE_HEADER_SIZE - in->front_length,
                                    &length));
                if (length == 0)
                        break;
                in->front_length += length;
        }
        return NULL;
}

static SizeRange size_of(const Recorded *recorded) {
        if (recorded->entry.type != ENTRY_FILE)
                return (SizeRange){ 0, 0 };
        if (recorded->entry.size != ENTRY_SIZE_UNKNOWN)
                return (SizeRange){ recorded->entry.size, recorded->entry.size };
        SizeRange range = { 0, ENTRY_SIZE_UNKNOWN };
        if (recorded->has_signature)
                signature_size_range(&recorded->signature, &range.least, &range.most);
        return range;
}

Error *signature_in_describe(SignatureIn *in, Recorded *ret_recorded) {
        Recorded recorded = { .entry = header_to_entry(in->member.header, in->member.path) };
        if (in->member.kind == MEMBER_SIGNATURE) {
                TRY(look_at_front(in));
                AUTO(error_free) Error *damage = signature_read_facts(bytes_make(in->front, in->front_length),
                                                                      in->member.header->size, &recorded.signature);
                recorded.has_signature = !damage; /* a damaged one costs a whole copy of the file, no more */
        }
        recorded.size = size_of(&recorded);
        *ret_recorded = recorded;
        return NULL;
}

Error *signature_in_read(SignatureIn *in, void *buffer, size_t capacity, size_t *ret_length) {
        if (in->front_given == in->front_length)
                return tar_reader_read(in->tar, buffer, capacity, ret_length);
        *ret_length = MIN(capacity, in->front_length - in->front_given);
        memcpy(buffer, in->front + in->front_given, *ret_length);
        in->front_given += *ret_length;
        return NULL;
}

/* The payload as a stream. */
typedef struct PayloadReader {
        Reader reader;
        SignatureIn *in;
} PayloadReader;

static Error *read_payload(Reader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        return signature_in_read(((PayloadReader *)reader)->in, buffer, capacity, ret_length);
}

Error *signature_in_load(SignatureIn *in, Signature **ret_signature) {
        PayloadReader payload = { .reader = { .read = read_payload }, .in = in };
        return signature_load(&payload.reader, ret_signature);
}

Error *signature_in_digest(SignatureIn *in, uint8_t ret_sha256[DIGEST_SHA256_SIZE]) {
        AUTO(digest_free) Digest *digest = digest_new(DIGEST_SHA256);
        for (;;) {
                char piece[16 * 1024];
                size_t length;
                TRY(signature_in_read(in, piece, sizeof piece, &length));
                if (length == 0)
                        break;
                digest_add(digest, bytes_make(piece, length));
        }
        digest_finish(digest, ret_sha256);
        return NULL;
}

void signature_in_close(SignatureIn *in) {
        if (!in)
                return;
        tar_reader_close(in->tar);
        arena_free(in->arena);
        arena_free(in->former);
        memory_free(in);
}
