#include "engine/chunk_out.h"

#include "codec/deflate.h"
#include "engine/header.h"

struct ChunkOut {
        Writer writer; /* first: the Writer is the ChunkOut */
        VolumeOut *volumes;
        MemberKind kind;
        const Entry *entry;
        uint64_t length; /* of the payload so far */
        CheckpointCut written;  /* of it; an identity is not kept */
        CheckpointCut expected; /* no chunks: nothing is */
        Buffer payload, name;
};

static Error *write_payload(Writer *writer, Bytes bytes) {
        return chunk_out_add((ChunkOut *)writer, bytes);
}

ChunkOut *chunk_out_new(VolumeOut *volumes) {
        ChunkOut *out = memory_new(ChunkOut);
        out->writer.write = write_payload;
        out->volumes = volumes;
        return out;
}

void chunk_out_begin(ChunkOut *out, MemberKind kind, const Entry *entry) {
        out->kind = kind;
        out->entry = entry;
        out->written = (CheckpointCut){ .kind = kind };
        out->length = 0;
        buffer_truncate(&out->payload, 0);
}

void chunk_out_describe(const ChunkOut *out, CheckpointCut *cut) {
        *cut = out->written;
}

void chunk_out_expect(ChunkOut *out, const CheckpointCut *cut) {
        out->expected = *cut;
}

bool chunk_out_is_expecting(const ChunkOut *out) {
        return out->expected.chunks > 0;
}

/* A chunk of PAYLOAD has been written, or was dropped because it is stored already. */
static void count_chunk(ChunkOut *out, Bytes payload) {
        out->written.chunks++;
        out->written.payload_crc = deflate_crc((uint32_t)out->written.payload_crc, payload);
        buffer_truncate(&out->payload, 0);
}

static Error *drop_expected(ChunkOut *out, Bytes payload, const ChunkEnd *end) {
        const CheckpointCut *written = &out->written, *expected = &out->expected;
        bool is_right = !end && written->kind == expected->kind;
        if (is_right)
                count_chunk(out, payload);
        if (is_right && written->chunks < expected->chunks)
                return NULL;
        if (!is_right || written->payload_crc != expected->payload_crc)
                return error_new(ERROR_CORRUPT, "the first chunks of '%s' are not those that are stored",
                                 out->entry->path);
        out->expected.chunks = 0;
        return NULL;
}

/* END is NULL for a chunk that others follow. */
static Error *write_member(ChunkOut *out, Bytes payload, const ChunkEnd *end) {
        Entry whole = *out->entry;
        if (end)
                whole.size = end->content_size;
        TarMember header = end ? header_with_record(&whole) : header_of_entry(&whole);
        header.size = payload.length;
        if (end && end->sha256) {
                header.has_sha256 = true;
                memcpy(header.sha256, end->sha256, sizeof header.sha256);
        }
        header.is_incomplete = end && end->is_incomplete;
        bool single = end && chunk_out_is_unwritten(out);
        int64_t number = single ? 0 : (int64_t)out->written.chunks + 1;
        Member member = { .kind = out->kind, .path = whole.path, .chunk = number };
        buffer_truncate(&out->name, 0);
        member_print(&member, MEMBER_IN_VOLUME, false, &out->name);
        header.name = buffer_text(&out->name);
        Position position = { .path = whole.path, .block = end ? -1 : number };
        TRY(volume_out_add(out->volumes, &header, payload, position));
        count_chunk(out, payload);
        return NULL;
}

static Error *pass_member(ChunkOut *out, Bytes payload, const ChunkEnd *end) {
        return chunk_out_is_expecting(out) ? drop_expected(out, payload, end) : write_member(out, payload, end);
}

/* Gathers what makes no chunk yet; a whole chunk is passed on as it is. *PAYLOAD becomes what is left. */
static Error *take_part(ChunkOut *out, Bytes *payload) {
        Bytes part = bytes_slice(*payload, 0, CHUNK_OUT_SIZE - out->payload.length);
        *payload = bytes_slice(*payload, part.length, payload->length);
        if (part.length == CHUNK_OUT_SIZE)
                return pass_member(out, part, NULL);
        (void)buffer_add(&out->payload, part); /* no ceiling */
        return out->payload.length == CHUNK_OUT_SIZE ? pass_member(out, buffer_bytes(&out->payload), NULL) : NULL;
}

Error *chunk_out_add(ChunkOut *out, Bytes payload) {
        out->length += payload.length;
        while (payload.length)
                TRY(take_part(out, &payload));
        return NULL;
}

Writer *chunk_out_writer(ChunkOut *out) {
        return &out->writer;
}

bool chunk_out_is_unwritten(const ChunkOut *out) {
        return out->written.chunks == 0;
}

Error *chunk_out_finish(ChunkOut *out, const ChunkEnd *end) {
        return pass_member(out, buffer_bytes(&out->payload), end);
}

uint64_t chunk_out_payload_length(const ChunkOut *out) {
        return out->length;
}

void chunk_out_free(ChunkOut *out) {
        if (!out)
                return;
        buffer_clear(&out->payload);
        buffer_clear(&out->name);
        memory_free(out);
}
