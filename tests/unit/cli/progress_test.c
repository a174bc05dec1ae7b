#include "cli/progress.h"

#include "support/test.h"

static const char *print(const Progress *progress, double seconds, unsigned columns) {
        static char copy[400];
        AUTO_VALUE(buffer_clear) Buffer out;
        buffer_init(&out, 0);
        progress_print(progress, seconds, columns, &out);
        assert_true(out.length < sizeof copy);
        memcpy(copy, buffer_text(&out), out.length + 1);
        return copy;
}

TEST(progress_tells_what_is_known) {
        Progress progress = { .doing = "backing up", .files = 1, .bytes = 10 << 20 };
        assert_string_equal(print(&progress, 0.5, 0), "backing up: 10.0 MB, 1 file");
        assert_string_equal(print(&progress, 10, 0), "backing up: 10.0 MB, 1 file, 1.00 MB/s");
        progress.path = "etc/passwd";
        progress.files = 2;
        assert_string_equal(print(&progress, 10, 0), "backing up: 10.0 MB, 2 files, 1.00 MB/s, etc/passwd");
        progress.total_bytes = 100 << 20;
        assert_string_equal(print(&progress, 10, 0),
                            "backing up: 10.0 MB of 100 MB, 2 files, 1.00 MB/s, 0:01:30 left, etc/passwd");
        progress.total_bytes = progress.bytes;
        assert_string_equal(print(&progress, 10, 0), "backing up: 10.0 MB of 10.0 MB, 2 files, 1.00 MB/s, etc/passwd");
        progress.path = "";
        assert_string_equal(print(&progress, 10, 0), "backing up: 10.0 MB of 10.0 MB, 2 files, 1.00 MB/s");
}

TEST(progress_survives_a_standstill) {
        const Progress progress = { .doing = "restoring", .total_bytes = UINT64_MAX };
        assert_string_equal(print(&progress, 1e9, 0), "restoring: 0 bytes of 16777216 TB, 0 files, 0 bytes/s");
}

TEST(progress_shortens_the_path_in_front) {
        const Progress progress = { .doing = "backing up", .files = 2, .path = "0123456789/0123456789" };
        assert_string_equal(print(&progress, 0, 80), "backing up: 0 bytes, 2 files, 0123456789/0123456789");
        assert_string_equal(print(&progress, 0, 51), "backing up: 0 bytes, 2 files, 0123456789/0123456789");
        assert_string_equal(print(&progress, 0, 50), "backing up: 0 bytes, 2 files, ...456789/0123456789");
        assert_string_equal(print(&progress, 0, 42), "backing up: 0 bytes, 2 files, ...123456789");
        assert_string_equal(print(&progress, 0, 41), "backing up: 0 bytes, 2 files");
        assert_string_equal(print(&progress, 0, 10), "backing up");
}

TEST(progress_counts_characters_and_hides_control_bytes) {
        Progress progress = { .doing = "backing up",
                              .files = 2,
                              .path = "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4"
                                      "\xc3\xb6\xc3\xbc" };
        assert_string_equal(print(&progress, 0, 42), "backing up: 0 bytes, 2 files, "
                                                     "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6"
                                                     "\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc");
        progress.path =
                "x\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc";
        assert_string_equal(print(&progress, 0, 42),
                            "backing up: 0 bytes, 2 files, "
                            "...\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc");
        progress.path = "a\nb\x1b[2J";
        assert_string_equal(print(&progress, 0, 0), "backing up: 0 bytes, 2 files, a\\x0ab\\x1b[2J");
}

TEST(progress_tells_programs_its_numbers) {
        static const struct {
                Progress progress;
                double seconds;
                const char *text;
        } cases[] = {
                { { .bytes = 50, .total_bytes = 200, .stored_bytes = 30 }, 10, "30 10 25 30 3 0" },
                { { .bytes = 200, .total_bytes = 200, .stored_bytes = 80 }, 8, "80 8 100 0 10 0" },
                { { .bytes = 300, .total_bytes = 200 }, 8, "0 8 100 0 0 0" },
                { { .bytes = 50 }, 10, "0 10 0 0 0 0" },
                { { .total_bytes = 50 }, 10, "0 10 0 0 0 1" },
                { { .total_bytes = 50 }, 0, "0 0 0 0 0 0" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
                progress_print_numbers(&cases[i].progress, cases[i].seconds, &text);
                assert_string_equal(buffer_text(&text), cases[i].text);
        }
}
