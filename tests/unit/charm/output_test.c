#include "charm/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "support/test.h"

TEST(short_output_needs_no_file) {
        AUTO_VALUE(output_clear) Output output = output_open("./f");
        output_line(&output, "one");
        output_add(&output, "two\n");
        assert_string_equal(output_text(&output), "one\ntwo\n");
        assert_false(output_has_file(&output));
        assert_int_equal(access("f", F_OK), -1);
}

TEST(long_output_is_whole_in_the_file_and_begins_in_the_result) {
        AUTO_VALUE(output_clear) Output output = output_open("./f");
        for (int i = 0; i < 3000; i++) {
                AUTO_TEXT char *line = memory_print("line %d", i);
                output_line(&output, line);
        }
        assert_true(output_has_file(&output));
        const char *text = output_text(&output);
        assert_true(strlen(text) > 16000 && strlen(text) < 16500);
        assert_memory_equal(text, "line 0\nline 1\n", 14);
        const char *end = strrchr(text, '[');
        assert_string_equal(end, "[cut: all of it is in ./f]\n");
        assert_int_equal(end[-1], '\n');                 /* whole lines only */
        assert_string_equal(output_text(&output), text); /* said once */
        size_t length;
        char *all = test_read_file("f", &length);
        assert_string_equal(all + length - 10, "line 2999\n");
        assert_int_equal(length, 10 * 7 + 90 * 8 + 900 * 9 + 2000 * 10);
        free(all);
        assert_ok(output_failure(&output));
}

TEST(one_long_text_begins_in_the_result_too) {
        AUTO_VALUE(output_clear) Output output = output_open("./f");
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        for (int i = 0; i < 3000; i++)
                (void)buffer_add_text(&text, "0123456\n");
        output_add(&output, buffer_text(&text));
        assert_true(strlen(output_text(&output)) > 16300);
        size_t length;
        char *all = test_read_file("f", &length);
        assert_int_equal(length, 24000);
        free(all);
}

TEST(a_file_that_cannot_be_written_is_told_and_memory_does_not_grow) {
        AUTO_VALUE(output_clear) Output output = output_open("./none/f");
        for (int i = 0; i < 100000; i++)
                output_line(&output, "0123456789");
        assert_true(output.text.length <= 16384);
        assert_error(output_failure(&output), ERROR_MISSING, "none/f");
}

TEST(only_the_newest_files_are_kept) {
        assert_int_equal(mkdir("o", 0755), 0);
        for (int i = 0; i < 60; i++) {
                AUTO_TEXT char *path = memory_print("o/%02d", i);
                test_write_file(path, bytes_of("x"));
        }
        AUTO_VALUE(output_clear) Output output = output_open("./o/99");
        for (int i = 0; i < 3000; i++)
                output_line(&output, "0123456789");
        assert_int_equal(access("o/09", F_OK), -1);
        assert_int_equal(access("o/10", F_OK), 0);
        assert_int_equal(access("o/99", F_OK), 0);
}
