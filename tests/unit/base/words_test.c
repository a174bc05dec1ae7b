#include "base/words.h"

#include "base/buffer.h"
#include "support/test.h"

/* The words of TEXT, each in angle brackets. */
static void assert_words(const char *text, const char *wanted) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_VALUE(text_list_clear) TextList words = { .items = NULL };
        AUTO_VALUE(buffer_clear) Buffer seen = { .data = NULL };
        assert_ok(words_split(text, "--x", arena, &words));
        for (size_t i = 0; i < words.count; i++)
                buffer_print(&seen, "<%s>", words.items[i]);
        assert_string_equal(buffer_text(&seen), wanted);
}

TEST(words_are_split_at_blanks) {
        assert_words("", "");
        assert_words(" \t\n", "");
        assert_words("  -a\t--b=c  d\n", "<-a><--b=c><d>");
}

TEST(words_keep_what_is_quoted) {
        assert_words("-oIdentityFile='/my backup/id' \"two  words\" ''",
                     "<-oIdentityFile=/my backup/id><two  words><>");
        assert_words("a\\ b 'c\\d' \"e\\\"f\\g\"", "<a b><c\\d><e\"f\\g>");
}

TEST(words_demand_the_end_of_a_quote) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_VALUE(text_list_clear) TextList words = { .items = NULL };
        Error *error = words_split("-o 'x", "--ssh-options", arena, &words);
        assert_int_equal(error_exit_code(error), EXIT_CODE_COMMAND_LINE);
        assert_error(error, ERROR_USER, "--ssh-options '-o 'x'");
}
