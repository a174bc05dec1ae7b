#include "engine/signature_in.h"

#include "base/memory.h"
#include "base/path.h"
#include "engine/header.h"

struct SignatureIn {
        const char *name;
        size_t skipped;
        TarReader *tar;
        SignatureIndex *index;  /* NULL: there is none, and TAR stands at the path at work */
        const TarMember *at;    /* with an index: where TAR stands; NULL: it has not been asked for anything */
        Error *damage;          /* with an index: why TAR could not be read, and cannot be asked again */
        Arena *arena, *former; /* of the current path and the one before */
        SignatureMember member;
        uint8_t front[SIGNATURE_INDEX_FRONT]; /* the payload's beginning, once it has been looked at */
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

SignatureIn *signature_in_open_index(SignatureIndex *index, Reader *archive, const char *name) {
        SignatureIn *in = signature_in_open(archive, name, 0);
        in->index = index;
        return in;
}

static Error *parse_name(SignatureIn *in, const char *name) {
        Member member;
        TRY_AS(member_parse(name, MEMBER_IN_SIGNATURES, in->arena, &member), "signature archive '%s'", in->name);
        in->member.kind = member.kind;
        in->member.path = member.path;
        return NULL;
}

static Error *next_header(SignatureIn *in) {
        in->front_length = in->front_given = 0;
        if (!in->index)
                return tar_reader_next(in->tar, &in->member.header);
        Bytes front;
        TRY(signature_index_next(in->index, &in->member.header, &front));
        if (!in->member.header)
                return NULL;
        in->front_length = MIN(front.length, sizeof in->front);
        if (in->front_length)
                memcpy(in->front, front.at, in->front_length);
        return NULL;
}

Error *signature_in_next(SignatureIn *in, const SignatureMember **ret_member) {
        const char *before = in->member.path;
        Arena *swapped = in->former;
        in->former = in->arena;
        in->arena = swapped;
        arena_reset(in->arena);
        TRY(next_header(in));
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

/* An index has given it already. */
static Error *look_at_front(SignatureIn *in) {
        size_t length = 0;
        if (!in->index)
                TRY(tar_reader_fill(in->tar, in->front + in->front_length, sizeof in->front - in->front_length, &length));
        in->front_length += length;
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

/* The archive is of the same order as its index. */
static Error *go_to_payload(SignatureIn *in) {
        while (!in->at || strcmp(in->at->name, in->member.header->name) != 0) {
                TRY(tar_reader_next(in->tar, &in->at));
                if (!in->at)
                        return error_new(ERROR_CORRUPT, "the index of signature archive '%s' speaks of '%s', the archive does not "
                                         "(delete the index from the archive folder: it is made again)", in->name, in->member.header->name);
        }
        return NULL;
}

/* The index goes on when the archive behind it does not. */
static Error *read_behind_index(SignatureIn *in, void *buffer, size_t capacity, size_t *ret_length) {
        if (in->damage)
                return error_copy(in->damage);
        Error *error = go_to_payload(in);
        if (!error)
                error = tar_reader_read(in->tar, buffer, capacity, ret_length);
        in->damage = error_copy(error);
        return error;
}

const Error *signature_in_damage(const SignatureIn *in) {
        return in->damage;
}

Error *signature_in_read(SignatureIn *in, void *buffer, size_t capacity, size_t *ret_length) {
        if (in->index)
                return read_behind_index(in, buffer, capacity, ret_length);
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
        signature_index_close(in->index);
        error_free(in->damage);
        arena_free(in->arena);
        arena_free(in->former);
        memory_free(in);
}
