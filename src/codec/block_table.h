/* BlockTable: the sums of an old file's blocks, found by their weak sum. Internal to delta*.c. */
#ifndef CODEC_BLOCK_TABLE_H
#define CODEC_BLOCK_TABLE_H

#include "base/bytes.h"
#include "base/cleanup.h"
#include "codec/md4.h"

typedef struct BlockTable BlockTable;

#define BLOCK_NONE SIZE_MAX

/* For strong sums of STRONG_LENGTH bytes, at most MD4_SIZE: the beginnings of MD4 sums. */
BlockTable *block_table_new(size_t block_length, size_t strong_length);

/* Adds sums as they stand in a signature: of each block the weak sum, big-endian, and the strong one. Whole blocks
 * only. */
void block_table_add(BlockTable *table, Bytes sums);

/* To be called when all have been added, before anything is looked for. Memory: about 30 bytes a block. */
void block_table_index(BlockTable *table);

size_t block_table_length(const BlockTable *table); /* of a block */
size_t block_table_count(const BlockTable *table);

/* True when there is a block NUMBER and it has this weak sum, or this strong one. */
bool block_table_may_be(const BlockTable *table, size_t number, uint32_t weak);
bool block_table_is(const BlockTable *table, size_t number, const uint8_t strong[MD4_SIZE]);

/* True for the weak sum of every block, and for few others. */
bool block_table_may_know(const BlockTable *table, uint32_t weak);

/* The first block with the sums of WINDOW, of which WEAK is the weak one; BLOCK_NONE when there is none. Where very many
 * blocks share weak sums, which does not happen by chance, some are not found. */
size_t block_table_find(const BlockTable *table, uint32_t weak, Bytes window);

void block_table_free(BlockTable *table);

#endif
