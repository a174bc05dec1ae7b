#include "codec/md4.h"

#include <endian.h>
#include <string.h>

#include "base/attribute.h"
#include "codec/lanes.h"

enum {
        BLOCK = 64,
        WORDS = 16,
        LENGTH_AT = BLOCK - 8, /* of the text's length in bits, in its last block */
};

typedef uint32_t Lanes __attribute__((vector_size(MD4_TEXTS * sizeof(uint32_t))));

/* One text: a run of blocks in the text itself, then its one or two last blocks, then nothing that counts. */
typedef struct Text {
        const uint8_t *at; /* the next block */
        size_t stride;     /* from one block to the next */
        size_t blocks;     /* of the run that are still to come */
        size_t ends;       /* blocks in END that come after it */
        uint8_t *sum;      /* where its sum goes; NULL once it is there */
        uint8_t end[2 * BLOCK];
} Text;

typedef struct State {
        Lanes a, b, c, d;
} State;

static void make_idle(Text *text) {
        *text = (Text){ .blocks = SIZE_MAX };
        text->at = text->end;
}

static void begin_text(Text *text, Bytes content, uint8_t *sum) {
        size_t rest = content.length % BLOCK;
        uint64_t bits = htole64((uint64_t)content.length * 8);
        *text = (Text){
                .at = content.at,
                .stride = BLOCK,
                .blocks = content.length / BLOCK,
                .ends = rest < LENGTH_AT ? 1 : 2,
                .sum = sum,
        };
        if (rest)
                memcpy(text->end, content.at + content.length - rest, rest);
        text->end[rest] = 0x80;
        memcpy(text->end + (text->ends - 1) * BLOCK + LENGTH_AT, &bits, sizeof bits);
}

INLINE uint32_t load_word(const uint8_t *at) {
        uint32_t word;
        memcpy(&word, at, sizeof word);
        return le32toh(word);
}

/* Word NUMBER of the next block of each text. */
INLINE void load_lanes(const Text *texts, size_t number, Lanes *word) {
        size_t at = number * sizeof(uint32_t);
        *word = (Lanes){ load_word(texts[0].at + at), load_word(texts[1].at + at), load_word(texts[2].at + at),
                         load_word(texts[3].at + at), load_word(texts[4].at + at), load_word(texts[5].at + at),
                         load_word(texts[6].at + at), load_word(texts[7].at + at) };
}

/* RFC 1320 section 3.4: the functions of the three rounds, and one step of each. */
#define CHOOSE(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define MAJORITY(x, y, z) (((x) & (y)) | ((z) & ((x) | (y))))
#define PARITY(x, y, z) ((x) ^ (y) ^ (z))
#define TURN(x, count) ((x) << (count) | (x) >> (32 - (count)))
#define STEP(function, a, b, c, d, word, count)                                                                        \
        do {                                                                                                           \
                (a) += function(b, c, d) + (word);                                                                     \
                (a) = TURN(a, count);                                                                                  \
        } while (0)
#define FOUR_STEPS(function, add, one, two, three, four, c1, c2, c3, c4)                                               \
        STEP(function, a, b, c, d, words[one] + (add), c1);                                                            \
        STEP(function, d, a, b, c, words[two] + (add), c2);                                                            \
        STEP(function, c, d, a, b, words[three] + (add), c3);                                                          \
        STEP(function, b, c, d, a, words[four] + (add), c4)

INLINE void add_block(State *state, const Text *texts) {
        Lanes words[WORDS], a = state->a, b = state->b, c = state->c, d = state->d;
        for (size_t i = 0; i < WORDS; i++)
                load_lanes(texts, i, &words[i]);
        for (size_t i = 0; i < WORDS; i += 4) {
                FOUR_STEPS(CHOOSE, 0, i, i + 1, i + 2, i + 3, 3, 7, 11, 19);
        }
        for (size_t i = 0; i < 4; i++) {
                FOUR_STEPS(MAJORITY, 0x5a827999U, i, i + 4, i + 8, i + 12, 3, 5, 9, 13);
        }
        for (size_t n = 0; n < 4; n++) {
                size_t i = (n & 1) << 1 | n >> 1;
                FOUR_STEPS(PARITY, 0x6ed9eba1U, i, i + 8, i + 4, i + 12, 3, 9, 11, 15);
        }
        state->a += a;
        state->b += b;
        state->c += c;
        state->d += d;
}

static void store_sum(const State *state, size_t lane, uint8_t *sum) {
        uint32_t words[] = { htole32(state->a[lane]), htole32(state->b[lane]), htole32(state->c[lane]),
                             htole32(state->d[lane]) };
        memcpy(sum, words, MD4_SIZE);
}

/* Goes on with what comes after the run that has ended. */
static void end_run(Text *text, const State *state, size_t lane) {
        if (text->ends) {
                text->at = text->end;
                text->blocks = text->ends;
                text->ends = 0;
                return;
        }
        store_sum(state, lane, text->sum);
        make_idle(text);
}

/* As many blocks as every text has in its run. */
static size_t common_run(const Text *texts) {
        size_t run = SIZE_MAX;
        for (size_t i = 0; i < MD4_TEXTS; i++)
                run = MIN(run, texts[i].blocks);
        return run;
}

INLINE void sum_texts(Text *texts) {
        static const Lanes zero;
        State state = { zero + 0x67452301U, zero + 0xefcdab89U, zero + 0x98badcfeU, zero + 0x10325476U };
        for (size_t run; (run = common_run(texts)) < SIZE_MAX;) {
                for (size_t i = 0; i < run; i++) {
                        add_block(&state, texts);
                        for (size_t j = 0; j < MD4_TEXTS; j++)
                                texts[j].at += texts[j].stride;
                }
                for (size_t i = 0; i < MD4_TEXTS; i++) {
                        texts[i].blocks -= texts[i].sum ? run : 0;
                        if (texts[i].blocks == 0)
                                end_run(&texts[i], &state, i);
                }
        }
}

static void sum_anywhere(Text *texts) {
        sum_texts(texts);
}

/* The same code for wider registers, where there are any. */
WITH_WIDE_REGISTERS static void sum_widely(Text *texts) {
        sum_texts(texts);
}

void md4_sums(const Bytes *texts, size_t count, uint8_t (*sums)[MD4_SIZE]) {
        Text state[MD4_TEXTS];
        for (size_t i = 0; i < MD4_TEXTS; i++)
                if (i < count)
                        begin_text(&state[i], texts[i], sums[i]);
                else
                        make_idle(&state[i]);
        if (has_wide_registers())
                sum_widely(state);
        else
                sum_anywhere(state);
}
