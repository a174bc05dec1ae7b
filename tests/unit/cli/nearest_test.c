#include "cli/nearest.h"

#include "support/test.h"

static const char *nearest_of(const char *wanted) {
        static const char *const words[] = { "force", "full", "verify", "encrypt-key", "sign-key", "", "volsize" };
        Nearest nearest = nearest_begin(bytes_of(wanted));
        for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
                nearest_offer(&nearest, words[i]);
        return nearest.word ? nearest.word : "none";
}

TEST(nearest_word_is_found_among_many) {
        static const char *const pairs[][2] = {
                { "force", "force" },
                { "forc", "force" },
                { "forcee", "force" },
                { "farce", "force" },
                { "encypt-key", "encrypt-key" },
                { "vrifi", "none" },
                { "verfiy", "verify" },
                { "volumesize", "volsize" },
                { "x", "none" },
                { "", "none" },
                { "key", "none" },
                { "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq", "none" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(pairs); i++)
                assert_string_equal(nearest_of(pairs[i][0]), pairs[i][1]);
}
