#include "cli/options.h"

#include "support/test.h"

TEST(options_have_help_and_names_of_their_own) {
        size_t count;
        const Option *options = option_table(&count);
        bool letters[256] = { false };
        for (size_t i = 0; i < count; i++) {
                assert_true(options[i].help[0]);
                assert_true(options[i].kind == OPTION_SELECTION ||
                            (options[i].argument != NULL) == (options[i].kind != OPTION_FLAG));
                assert_false(options[i].letter && letters[(unsigned char)options[i].letter]);
                letters[(unsigned char)options[i].letter] = true;
                for (size_t k = 0; k < ARRAY_LENGTH(options[i].names) && options[i].names[k]; k++) {
                        const Option *found = NULL;
                        assert_ok(option_find(bytes_of(options[i].names[k]), &found));
                        assert_ptr_equal(found, &options[i]);
                }
        }
}

/* What the messages hold up as right has to be. */
TEST(options_accept_their_own_examples) {
        size_t count;
        const Option *options = option_table(&count);
        for (size_t i = 0; i < count; i++) {
                CommandLine command = { .arena = arena_new(), .job = job_defaults() };
                command.job.times.now.seconds = 1700000000;
                const OptionSetting setting = { &options[i], options[i].names[0], options[i].example, "else" };
                assert_ok(option_apply(&setting, &command));
                command_line_clear(&command);
        }
}
