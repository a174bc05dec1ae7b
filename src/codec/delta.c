#include "codec/delta.h"

#include <endian.h>
#include <librsync.h>
#include <pthread.h>

#include "base/memory.h"
#include "codec/delta_search.h"
#include "codec/rollsum.h"

enum {
        SMALL_BLOCK = 512,        /* block length of small files, and what larger ones are multiples of */
        SMALL_FILE = 1024000,     /* bytes */
        LARGEST_BLOCK = 16 << 20, /* we neither write nor take larger ones */
        STRONG_LENGTH = 8,
        WEAK_LENGTH = 4,
        HEADER_SIZE = 12,
        PIECE_SIZE = 65536,
        GROUP_SIZE = 131072, /* most bytes of blocks whose sums are made at once, unless it is one block */
        OUR_MAGIC = 0x72730136,
};

/* --- block lengths and facts --- */

static uint64_t count_blocks(uint64_t size, uint64_t block_length) {
        return size / block_length + (size % block_length > 0);
}

size_t delta_block_length(uint64_t size, size_t max_block) {
        uint64_t length = MAX(size / SMALL_FILE, 1) * SMALL_BLOCK;
        length = MIN(length, (uint64_t)MAX(max_block, (size_t)SMALL_BLOCK));
        if (count_blocks(size, length) > DELTA_MAX_BLOCKS)
                length = count_blocks(count_blocks(size, DELTA_MAX_BLOCKS), SMALL_BLOCK) * SMALL_BLOCK;
        return (size_t)MIN(length, (uint64_t)LARGEST_BLOCK);
}

/* Old librsync has no names for the last two. */
static const struct {
        uint32_t magic;
        uint32_t longest; /* of its strong sums */
} kinds[] = {
        { OUR_MAGIC, 16 },  /* MD4 */
        { 0x72730137, 32 }, /* BLAKE2 */
        { 0x72730146, 16 }, /* MD4, with Rabin-Karp's weak sum */
        { 0x72730147, 32 }, /* BLAKE2, the same */
};

static uint32_t longest_strong(uint32_t magic) {
        for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
                if (kinds[i].magic == magic)
                        return kinds[i].longest;
        return 0;
}

/* What the header alone says; block_count is left at 0. */
static Error *read_header(Bytes header, SignatureFacts *ret_facts) {
        uint32_t words[HEADER_SIZE / sizeof(uint32_t)];
        if (header.length < HEADER_SIZE)
                return error_new(ERROR_CORRUPT, "the signature is too short");
        memcpy(words, header.at, HEADER_SIZE);
        uint32_t longest = longest_strong(be32toh(words[0]));
        uint32_t block = be32toh(words[1]), strong = be32toh(words[2]);
        if (longest == 0)
                return error_new(ERROR_CORRUPT, "not a signature");
        if (block < 1 || block > LARGEST_BLOCK || strong < 1 || strong > longest)
                return error_new(ERROR_CORRUPT, "impossible lengths in a signature");
        *ret_facts = (SignatureFacts){ .block_length = block, .strong_length = strong };
        return NULL;
}

static Error *cut_off(void) {
        return error_new(ERROR_CORRUPT, "the signature is cut off");
}

Error *signature_read_facts(Bytes header, uint64_t payload_size, SignatureFacts *ret_facts) {
        SignatureFacts facts = { .block_count = 0 };
        TRY(read_header(header, &facts));
        uint64_t sum_length = WEAK_LENGTH + facts.strong_length;
        if (payload_size < HEADER_SIZE || (payload_size - HEADER_SIZE) % sum_length != 0)
                return cut_off();
        facts.block_count = (payload_size - HEADER_SIZE) / sum_length;
        *ret_facts = facts;
        return NULL;
}

bool signature_fits_size(const SignatureFacts *facts, uint64_t size) {
        return facts->block_count == count_blocks(size, facts->block_length);
}

void signature_size_range(const SignatureFacts *facts, uint64_t *ret_least, uint64_t *ret_most) {
        uint64_t most;
        if (__builtin_mul_overflow(facts->block_count, facts->block_length, &most))
                most = UINT64_MAX;
        *ret_least = facts->block_count ? most - facts->block_length + 1 : 0;
        *ret_most = most;
}

/* --- librsync's jobs --- */

/* The library writes to the terminal unless told otherwise. */
static void silence_library(void) {
        rs_trace_to(NULL);
}

static void prepare_library(void) {
        static pthread_once_t once = PTHREAD_ONCE_INIT;
        (void)pthread_once(&once, silence_library); /* cannot fail with a once that is initialised so */
}

static Error *job_error(rs_result result) {
        bool is_input = result == RS_INPUT_ENDED || result == RS_BAD_MAGIC || result == RS_CORRUPT;
        return error_new(is_input ? ERROR_CORRUPT : ERROR_SYSTEM, "librsync failed: %s", rs_strerror(result));
}

/* Feeds CONTENT to JOB, and what it makes of it to OUT. With LAST the job has to come to its end. */
static Error *run_job(rs_job_t *job, Bytes content, bool last, Writer *out) {
        char made[16384];
        rs_result result;
        rs_buffers_t buffers = { .next_in = (char *)content.at, .avail_in = content.length, .eof_in = last };
        do {
                buffers.next_out = made;
                buffers.avail_out = sizeof made;
                result = rs_job_iter(job, &buffers);
                if (result != RS_DONE && result != RS_BLOCKED)
                        return job_error(result);
                TRY(writer_write(out, bytes_make(made, sizeof made - buffers.avail_out)));
        } while (result == RS_BLOCKED && (buffers.avail_in > 0 || buffers.avail_out == 0));
        return last && result != RS_DONE ? job_error(RS_INPUT_ENDED) : NULL;
}

static void free_job(rs_job_t *job) {
        if (job)
                (void)rs_job_free(job); /* tells only that it was freed */
}

/* --- signatures --- */

struct SignatureMaker {
        size_t block_length;
        size_t group; /* blocks whose sums are made at once */
        bool has_begun;
        size_t filled;   /* of BLOCKS, which has room for a group */
        uint8_t *blocks; /* NULL until it is needed */
};

Error *signature_maker_open(size_t block_length, SignatureMaker **ret_maker) {
        SignatureMaker *maker = memory_new(SignatureMaker);
        maker->block_length = block_length;
        maker->group = MAX(MIN((size_t)MD4_TEXTS, GROUP_SIZE / block_length), (size_t)1);
        *ret_maker = maker;
        return NULL;
}

static Error *append(Buffer *out, Bytes bytes) {
        return buffer_add(out, bytes)
                       ? NULL
                       : error_new(ERROR_CORRUPT, "the signature has more than %zu bytes", out->ceiling);
}

static Error *begin_signature(SignatureMaker *maker, Buffer *out) {
        const uint32_t words[] = { htobe32(OUR_MAGIC), htobe32((uint32_t)maker->block_length), htobe32(STRONG_LENGTH) };
        if (maker->has_begun)
                return NULL;
        maker->has_begun = true;
        return append(out, bytes_make(words, sizeof words));
}

/* The sums of at most a group of blocks, of which the last may be a short one. */
static Error *add_sums(const SignatureMaker *maker, Bytes blocks, Buffer *out) {
        Bytes texts[MD4_TEXTS] = { { .length = 0 } };
        uint8_t strong[MD4_TEXTS][MD4_SIZE], sums[MD4_TEXTS * (WEAK_LENGTH + STRONG_LENGTH)], *at = sums;
        size_t count = 0;
        for (; blocks.length; blocks = bytes_slice(blocks, maker->block_length, blocks.length))
                texts[count++] = bytes_slice(blocks, 0, maker->block_length);
        md4_sums(texts, count, strong);
        for (size_t i = 0; i < count; i++) {
                uint32_t weak = htobe32(rollsum_value(rollsum_of(texts[i])));
                memcpy(at, &weak, WEAK_LENGTH);
                memcpy(at + WEAK_LENGTH, strong[i], STRONG_LENGTH);
                at += WEAK_LENGTH + STRONG_LENGTH;
        }
        return append(out, bytes_make(sums, (size_t)(at - sums)));
}

/* Keeps what does not make a group; *CONTENT becomes what is left. */
static Error *fill_group(SignatureMaker *maker, Bytes *content, Buffer *out) {
        size_t group_length = maker->group * maker->block_length;
        if (!maker->blocks)
                maker->blocks = memory_resize(NULL, group_length);
        Bytes part = bytes_slice(*content, 0, group_length - maker->filled);
        memcpy(maker->blocks + maker->filled, part.at, part.length);
        maker->filled += part.length;
        *content = bytes_slice(*content, part.length, content->length);
        if (maker->filled < group_length)
                return NULL;
        maker->filled = 0;
        return add_sums(maker, bytes_make(maker->blocks, group_length), out);
}

Error *signature_maker_add(SignatureMaker *maker, Bytes content, Buffer *out) {
        size_t group_length = maker->group * maker->block_length;
        TRY(begin_signature(maker, out));
        while (content.length) {
                if (maker->filled || content.length < group_length) {
                        TRY(fill_group(maker, &content, out));
                        continue;
                }
                TRY(add_sums(maker, bytes_slice(content, 0, group_length), out));
                content = bytes_slice(content, group_length, content.length);
        }
        return NULL;
}

Error *signature_maker_finish(SignatureMaker *maker, Buffer *out) {
        TRY(begin_signature(maker, out));
        return maker->filled ? add_sums(maker, bytes_make(maker->blocks, maker->filled), out) : NULL;
}

void signature_maker_close(SignatureMaker *maker) {
        if (!maker)
                return;
        memory_free(maker->blocks);
        memory_free(maker);
}

/* Signatures of the kind that is written here are searched by our own code, which is many times as fast; the others by
 * the library. */
struct Signature {
        BlockTable *blocks;   /* NULL: of another kind */
        rs_signature_t *sums; /* of such a kind */
};

void signature_free(Signature *signature) {
        if (!signature)
                return;
        block_table_free(signature->blocks);
        if (signature->sums)
                rs_free_sumset(signature->sums);
        memory_free(signature);
}

/* A signature being loaded. */
typedef struct Loader {
        Signature *signature;
        rs_job_t *job; /* of another kind */
        SignatureFacts facts;
        uint64_t size; /* read so far */
} Loader;

static void clear_loader(Loader *loader) {
        free_job(loader->job);
}

/* The first piece holds the whole header, or the signature is too short. */
static Error *begin_loading(Loader *loader, Bytes piece) {
        uint32_t magic;
        TRY(read_header(piece, &loader->facts));
        memcpy(&magic, piece.at, sizeof magic);
        if (be32toh(magic) == OUR_MAGIC)
                loader->signature->blocks = block_table_new(loader->facts.block_length, loader->facts.strong_length);
        else
                loader->job = rs_loadsig_begin(&loader->signature->sums);
        return NULL;
}

/* Checks what PIECE, the next one, makes known. */
static Error *check_piece(Loader *loader, Bytes piece, bool last) {
        loader->size += piece.length;
        uint64_t sums = loader->size - HEADER_SIZE, sum_length = WEAK_LENGTH + loader->facts.strong_length;
        if (sums / sum_length > 2 * DELTA_MAX_BLOCKS)
                return error_new(ERROR_USER, "the signature has more than %d blocks", 2 * DELTA_MAX_BLOCKS);
        return last && sums % sum_length ? cut_off() : NULL;
}

/* A job that loads a signature makes no output. */
static Error *load_foreign_piece(Loader *loader, Bytes piece, bool last) {
        rs_buffers_t buffers = { .next_in = (char *)piece.at, .avail_in = piece.length, .eof_in = last };
        rs_result result = rs_job_iter(loader->job, &buffers);
        if (result == RS_BAD_MAGIC) /* it was checked: a kind younger than this librsync */
                return error_new(ERROR_USER, "this librsync is too old for the signature");
        if (result != (last ? RS_DONE : RS_BLOCKED))
                return job_error(result);
        return NULL;
}

static Error *load_piece(Loader *loader, Bytes piece, bool last) {
        bool first = loader->size == 0;
        if (first)
                TRY(begin_loading(loader, piece));
        TRY(check_piece(loader, piece, last));
        if (!loader->signature->blocks)
                return load_foreign_piece(loader, piece, last);
        block_table_add(loader->signature->blocks, bytes_slice(piece, first ? HEADER_SIZE : 0, piece.length));
        return NULL;
}

static Error *load_all(Loader *loader, Reader *reader) {
        AUTO_TEXT char *buffer = memory_resize(NULL, PIECE_SIZE);
        size_t length = PIECE_SIZE;
        while (length == PIECE_SIZE) { /* a shorter piece is the last one */
                TRY(reader_read(reader, buffer, PIECE_SIZE, &length));
                TRY(load_piece(loader, bytes_make(buffer, length), length < PIECE_SIZE));
        }
        return NULL;
}

Error *signature_load(Reader *reader, Signature **ret_signature) {
        AUTO(signature_free) Signature *signature = memory_new(Signature);
        AUTO_VALUE(clear_loader) Loader loader = { .signature = signature };
        prepare_library();
        TRY(load_all(&loader, reader));
        rs_result result = RS_DONE;
        if (signature->blocks)
                block_table_index(signature->blocks);
        else
                result = rs_build_hash_table(signature->sums);
        if (result != RS_DONE)
                return job_error(result);
        *ret_signature = TAKE(signature);
        return NULL;
}

/* --- deltas --- */

/* The library copies what it is given anyway, as much as it is given, and makes a literal of it as it comes when there
 * is nothing to compare with: pieces of one size bound its memory and make the delta independent of the caller's. */
struct DeltaMaker {
        DeltaSearch *search; /* NULL: the library searches */
        rs_job_t *job;
        size_t filled;
        uint8_t *piece; /* of PIECE_SIZE */
};

Error *delta_maker_open(const Signature *signature, DeltaMaker **ret_maker) {
        AUTO(delta_maker_close) DeltaMaker *maker = memory_new(DeltaMaker);
        if (signature->blocks) {
                maker->search = delta_search_new(signature->blocks);
        } else {
                maker->piece = memory_resize(NULL, PIECE_SIZE);
                maker->job = rs_delta_begin(signature->sums);
                if (!maker->job)
                        return job_error(RS_MEM_ERROR);
        }
        *ret_maker = TAKE(maker);
        return NULL;
}

static Error *add_to_library(DeltaMaker *maker, Bytes content, Writer *out) {
        while (content.length > 0) {
                Bytes part = bytes_slice(content, 0, PIECE_SIZE - maker->filled);
                memcpy(maker->piece + maker->filled, part.at, part.length);
                maker->filled += part.length;
                content = bytes_slice(content, part.length, content.length);
                if (maker->filled == PIECE_SIZE) {
                        TRY(run_job(maker->job, bytes_make(maker->piece, PIECE_SIZE), false, out));
                        maker->filled = 0;
                }
        }
        return NULL;
}

Error *delta_maker_add(DeltaMaker *maker, Bytes content, Writer *out) {
        return maker->search ? delta_search_add(maker->search, content, out) : add_to_library(maker, content, out);
}

Error *delta_maker_finish(DeltaMaker *maker, Writer *out) {
        return maker->search ? delta_search_finish(maker->search, out)
                             : run_job(maker->job, bytes_make(maker->piece, maker->filled), true, out);
}

void delta_maker_close(DeltaMaker *maker) {
        if (!maker)
                return;
        delta_search_free(maker->search);
        free_job(maker->job);
        memory_free(maker->piece);
        memory_free(maker);
}
