#include "codec/block_table.h"

#include <endian.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"

enum {
        WEAK_SIZE = sizeof(uint32_t),
        MOST_PROBES = 64, /* of the index for one sum */
        FILTER_SHARE = 8, /* bits of the filter for each block */
};

struct BlockTable {
        size_t block_length, strong_length;
        Buffer sums;
        size_t count;

        /* places in both are the topmost bits of mixed weak sums */
        unsigned index_bits, filter_bits;
        uint32_t *index; /* block numbers from 1, 0: nothing; what finds its place taken is in the next free one */
        uint8_t *filter;
};

BlockTable *block_table_new(size_t block_length, size_t strong_length) {
        BlockTable *table = memory_new(BlockTable);
        table->block_length = block_length;
        table->strong_length = strong_length;
        return table;
}

void block_table_add(BlockTable *table, Bytes sums) {
        (void)buffer_add(&table->sums, sums); /* no ceiling */
}

static const uint8_t *sums_of(const BlockTable *table, size_t number) {
        return (const uint8_t *)table->sums.data + number * (WEAK_SIZE + table->strong_length);
}

static uint32_t weak_of(const BlockTable *table, size_t number) {
        uint32_t weak;
        memcpy(&weak, sums_of(table, number), sizeof weak);
        return be32toh(weak);
}

static const uint8_t *strong_of(const BlockTable *table, size_t number) {
        return sums_of(table, number) + WEAK_SIZE;
}

static bool has_strong(const BlockTable *table, size_t number, const uint8_t *strong) {
        return memcmp(strong_of(table, number), strong, table->strong_length) == 0;
}

/* Weak sums of texts differ in few bits. */
static inline uint32_t mix(uint32_t weak) {
        return weak * UINT32_C(2654435761);
}

static inline size_t top_bits(uint32_t mixed, unsigned bits) {
        return mixed >> (32 - bits);
}

/* Where NUMBER belongs in the index; the place is not free when an equal block is there already, or too many others. */
static uint32_t *place_of(const BlockTable *table, size_t number) {
        size_t mask = ((size_t)1 << table->index_bits) - 1;
        uint32_t weak = weak_of(table, number);
        size_t place = top_bits(mix(weak), table->index_bits);
        for (unsigned i = 1; table->index[place] && i < MOST_PROBES; i++) {
                size_t other = table->index[place] - 1;
                if (weak_of(table, other) == weak && has_strong(table, other, strong_of(table, number)))
                        break;
                place = (place + 1) & mask;
        }
        return &table->index[place];
}

static unsigned bits_for(size_t count) {
        unsigned bits = 1;
        while (((size_t)1 << bits) < count)
                bits++;
        return bits;
}

void block_table_index(BlockTable *table) {
        table->count = table->sums.length / (WEAK_SIZE + table->strong_length);
        table->index_bits = bits_for(2 * table->count);
        table->filter_bits = bits_for(FILTER_SHARE * MAX(table->count, (size_t)1));
        table->index = memory_new_array(uint32_t, (size_t)1 << table->index_bits);
        table->filter = memory_zeroed((size_t)1 << (table->filter_bits - 3));
        for (size_t i = 0; i < table->count; i++) {
                size_t bit = top_bits(mix(weak_of(table, i)), table->filter_bits);
                uint32_t *place = place_of(table, i);
                if (*place == 0)
                        *place = (uint32_t)i + 1;
                table->filter[bit / 8] |= (uint8_t)(1 << bit % 8);
        }
}

size_t block_table_length(const BlockTable *table) {
        return table->block_length;
}

size_t block_table_count(const BlockTable *table) {
        return table->count;
}

bool block_table_may_be(const BlockTable *table, size_t number, uint32_t weak) {
        return number < table->count && weak_of(table, number) == weak;
}

bool block_table_is(const BlockTable *table, size_t number, const uint8_t strong[MD4_SIZE]) {
        return number < table->count && has_strong(table, number, strong);
}

bool block_table_may_know(const BlockTable *table, uint32_t weak) {
        size_t bit = top_bits(mix(weak), table->filter_bits);
        return table->filter[bit / 8] >> bit % 8 & 1;
}

size_t block_table_find(const BlockTable *table, uint32_t weak, Bytes window) {
        size_t mask = ((size_t)1 << table->index_bits) - 1;
        size_t place = top_bits(mix(weak), table->index_bits);
        uint8_t strong[1][MD4_SIZE];
        bool has_sum = false;
        for (unsigned i = 0; table->index[place] && i < MOST_PROBES; i++, place = (place + 1) & mask) {
                size_t number = table->index[place] - 1;
                if (weak_of(table, number) != weak)
                        continue;
                if (!has_sum)
                        md4_sums(&window, 1, strong);
                has_sum = true;
                if (has_strong(table, number, strong[0]))
                        return number;
        }
        return BLOCK_NONE;
}

void block_table_free(BlockTable *table) {
        if (!table)
                return;
        buffer_clear(&table->sums);
        memory_free(table->index);
        memory_free(table->filter);
        memory_free(table);
}
