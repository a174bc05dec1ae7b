/* Signatures, deltas and patches in librsync's formats (FORMAT.md, "Signature archives"). delta.c is the only file
 * that sees librsync, which searches by signatures of kinds that we do not write. */
#ifndef CODEC_DELTA_H
#define CODEC_DELTA_H

#include "codec/stream.h"

/* Block length of the signature for a file of SIZE bytes, as duplicity chooses it: 512 below 1,024,000 bytes, else
 * floor(size / 1,024,000) * 512, at most MAX_BLOCK (--max-blocksize, at least 512); beyond DELTA_MAX_BLOCKS blocks it
 * grows further, up to 16 MiB, so that memory stays bounded. */
size_t delta_block_length(uint64_t size, size_t max_block);

enum { DELTA_MAX_BLOCKS = 524288 };

/* Makes the signature of what is fed to it. MD4, 8-byte strong sums: byte for byte what stock duplicity writes. */
typedef struct SignatureMaker SignatureMaker;
CHECKED Error *signature_maker_open(size_t block_length, SignatureMaker **ret_maker);

/* Adds content; finished parts of the signature are appended to OUT. */
CHECKED Error *signature_maker_add(SignatureMaker *maker, Bytes content, Buffer *out);

/* Appends the rest to OUT; the maker can only be closed afterwards. */
CHECKED Error *signature_maker_finish(SignatureMaker *maker, Buffer *out);
void signature_maker_close(SignatureMaker *maker);
DEFINE_AUTO(SignatureMaker, signature_maker_close)

/* What a signature says about the file it was made of. */
typedef struct SignatureFacts {
        size_t block_length;
        size_t strong_length;
        uint64_t block_count;
} SignatureFacts;

/* Reads the 12-byte header, with PAYLOAD_SIZE the size of the whole signature. Any of the four magics, strong length
 * 1..32 (MD4: 16), block length 1..16 MiB and a whole number of blocks; otherwise ERROR_CORRUPT. */
CHECKED Error *signature_read_facts(Bytes header, uint64_t payload_size, SignatureFacts *ret_facts);

/* True when a file of SIZE bytes can have had a signature with these FACTS. */
bool signature_fits_size(const SignatureFacts *facts, uint64_t size);

/* The least and the most bytes such a file can have. */
void signature_size_range(const SignatureFacts *facts, uint64_t *ret_least, uint64_t *ret_most);

/* A signature loaded for making deltas against. Memory: about 40 bytes a block. */
typedef struct Signature Signature;

/* Loads a whole signature. Damage: ERROR_CORRUPT. More than DELTA_MAX_BLOCKS * 2 blocks: ERROR_USER (the caller
 * stores the file whole), and so is a kind that this librsync is too old for. */
CHECKED Error *signature_load(Reader *reader, Signature **ret_signature);
void signature_free(Signature *signature);
DEFINE_AUTO(Signature, signature_free)

/* Makes the delta that turns the signature's file into what is fed to it. SIGNATURE must outlive the maker. */
typedef struct DeltaMaker DeltaMaker;
CHECKED Error *delta_maker_open(const Signature *signature, DeltaMaker **ret_maker);
CHECKED Error *delta_maker_add(DeltaMaker *maker, Bytes content, Writer *out);
CHECKED Error *delta_maker_finish(DeltaMaker *maker, Writer *out);
void delta_maker_close(DeltaMaker *maker);
DEFINE_AUTO(DeltaMaker, delta_maker_close)

/* Applies DELTA to the content of BASE (read with pread; any position) and writes the new content to OUT; finishes
 * neither. A delta that is damaged, truncated, or reaches beyond BASE's end is ERROR_CORRUPT. */
CHECKED Error *delta_apply(int base, Reader *delta, Writer *out);

#endif
