#include "storage/listed.h"

#include "base/buffer.h"
#include "support/test.h"

static Error *note(void *context, const RemoteFile *file) {
        buffer_print(context, "%s=%ju ", file->name, (uintmax_t)file->size);
        return strcmp(file->name, "stop") == 0 ? error_new(ERROR_USER, "enough") : NULL;
}

TEST(listed_tells_of_the_files_of_a_folder_only) {
        static const char *const keys[] = { "a/b/one", "a/b/", "a/b/.hidden", "a/b/c/two", "a/three", "a/bfour" };
        AUTO_VALUE(buffer_clear) Buffer told;
        buffer_init(&told, 0);
        for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
                assert_ok(listed_tell_object("a/b/", keys[i], bytes_of("12"), note, &told));
        assert_ok(listed_tell_object("", "five", bytes_of("0"), note, &told));
        assert_string_equal(buffer_text(&told), "one=12 five=0 ");
}

TEST(listed_refuses_sizes_that_are_none_and_passes_on_what_the_sink_says) {
        AUTO_VALUE(buffer_clear) Buffer told;
        buffer_init(&told, 0);
        assert_error(listed_tell_object("", "one", bytes_of("12x"), note, &told), ERROR_CORRUPT, "no size for 'one'");
        assert_error(listed_tell_object("", "one", bytes_of(""), note, &told), ERROR_CORRUPT, "no size for 'one'");
        assert_error(listed_tell_object("", "stop", bytes_of("1"), note, &told), ERROR_USER, "enough");
}

static void assert_line(const char *line, const char *name, uint64_t size) {
        uint64_t found = 0;
        Bytes rest;
        assert_true(listed_read_line(bytes_of(line), 4, 1, &found, &rest));
        assert_int_equal(found, size);
        assert_bytes_equal(rest, bytes_of(name));
}

TEST(listed_takes_lines_apart) {
        assert_line("-rw------- 12 2026/11/23 04:43:46 name", "name", 12);
        assert_line("-rw-------          12 2026/11/23 04:43:46  two  blanks ", " two  blanks ", 12);
        assert_line("x 0 y z ", "", 0);
}

TEST(listed_refuses_lines_of_another_form) {
        static const char *const bad[] = { "", "-rw-------", "-rw------- 12 2026/11/23", "-rw------- 12 a b",
                                           "-rw------- many 2026/11/23 04:43:46 name" };
        for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
                uint64_t size;
                Bytes name;
                assert_false(listed_read_line(bytes_of(bad[i]), 4, 1, &size, &name));
        }
}
