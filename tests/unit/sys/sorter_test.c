#include "sys/sorter.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/memory.h"
#include "support/test.h"
#include "sys/file.h"

static unsigned count_open_files(void) {
        unsigned count = 0;
        DIR *stream = opendir("/proc/self/fd");
        while (readdir(stream))
                count++;
        closedir(stream);
        return count;
}

/* Adds 0..COUNT-1 as texts in a scattered order, and checks what comes back. STEP must be prime to COUNT. */
static void sort_numbers(Sorter *sorter, uint64_t count, uint64_t step) {
        char text[64];
        const char *given = NULL;
        for (uint64_t i = 0; i < count; i++) {
                snprintf(text, sizeof text, "%08llu", (unsigned long long)(i * step % count));
                assert_ok(sorter_add(sorter, text));
        }
        assert_ok(sorter_end(sorter));
        for (uint64_t i = 0; i < count; i++) {
                snprintf(text, sizeof text, "%08llu", (unsigned long long)i);
                assert_ok(sorter_next(sorter, &given));
                assert_string_equal(given, text);
        }
        assert_ok(sorter_next(sorter, &given));
        assert_null(given);
        assert_ok(sorter_next(sorter, &given));
        assert_null(given);
}

TEST(sorter_sorts_in_memory_on_disk_and_in_several_passes) {
        AUTO(scratch_close) Scratch *scratch = NULL;
        assert_ok(scratch_open(".", &scratch));
        static const size_t memories[] = { 1 << 20, 200000, 10000, 1000, 40, 0 }; /* up to one run for each text */
        for (size_t i = 0; i < ARRAY_LENGTH(memories); i++) {
                AUTO(sorter_free) Sorter *sorter = sorter_new(scratch, memories[i]);
                sort_numbers(sorter, 20000, 7919);
        }
}

TEST(sorter_merges_exactly_as_many_runs_as_it_can_and_one_more) {
        AUTO(scratch_close) Scratch *scratch = NULL;
        assert_ok(scratch_open(".", &scratch));
        for (uint64_t count = 1; count < 140; count++) {
                AUTO(sorter_free) Sorter *sorter = sorter_new(scratch, 0);
                sort_numbers(sorter, count, count - 1 ? count - 1 : 1);
        }
}

TEST(sorter_needs_one_file_at_most) {
        AUTO(scratch_close) Scratch *scratch = NULL;
        assert_ok(scratch_open(".", &scratch));
        unsigned before = count_open_files();
        AUTO(sorter_free) Sorter *small = sorter_new(scratch, 1 << 20);
        sort_numbers(small, 1000, 7);
        assert_int_equal(count_open_files(), before);
        AUTO(sorter_free) Sorter *big = sorter_new(scratch, 100);
        sort_numbers(big, 1000, 7);
        assert_int_equal(count_open_files(), before + 1);
}

TEST(sorter_gives_each_text_once) {
        static const size_t memories[] = { 1 << 20, 0 };
        static const char *const in[] = { "b", "", "a", "b", "a", "", "b", "c" };
        static const char *const out[] = { "", "a", "b", "c" };
        AUTO(scratch_close) Scratch *scratch = NULL;
        assert_ok(scratch_open(".", &scratch));
        for (size_t m = 0; m < ARRAY_LENGTH(memories); m++) {
                AUTO(sorter_free) Sorter *sorter = sorter_new(scratch, memories[m]);
                const char *text = NULL;
                for (size_t i = 0; i < ARRAY_LENGTH(in); i++)
                        assert_ok(sorter_add(sorter, in[i]));
                assert_ok(sorter_end(sorter));
                for (size_t i = 0; i < ARRAY_LENGTH(out); i++) {
                        assert_ok(sorter_next(sorter, &text));
                        assert_string_equal(text, out[i]);
                }
                assert_ok(sorter_next(sorter, &text));
                assert_null(text);
        }
}

TEST(sorter_takes_texts_longer_than_its_windows) {
        AUTO(scratch_close) Scratch *scratch = NULL;
        assert_ok(scratch_open(".", &scratch));
        AUTO(sorter_free) Sorter *sorter = sorter_new(scratch, 30000);
        const char *given = NULL;
        char text[5001] = "";
        memset(text, 'x', 5000);
        for (int i = 100; i-- > 0;) {
                text[0] = (char)('0' + i / 10);
                text[4999] = (char)('0' + i % 10);
                assert_ok(sorter_add(sorter, text));
        }
        assert_ok(sorter_end(sorter));
        for (int i = 0; i < 100; i++) {
                text[0] = (char)('0' + i / 10);
                text[4999] = (char)('0' + i % 10);
                assert_ok(sorter_next(sorter, &given));
                assert_string_equal(given, text);
        }
}

static Error *add_many(Sorter *sorter) {
        for (unsigned i = 0; i < 10000; i++) {
                char text[32];
                snprintf(text, sizeof text, "%u", i);
                TRY(sorter_add(sorter, text));
        }
        return sorter_end(sorter);
}

TEST(sorter_tells_a_full_disk_as_no_temporary_space) {
        AUTO(scratch_close) Scratch *scratch = NULL;
        assert_ok(scratch_open(".", &scratch));
        AUTO(sorter_free) Sorter *sorter = sorter_new(scratch, 1000);
        struct rlimit before, little = { .rlim_cur = 20000 };
        getrlimit(RLIMIT_FSIZE, &before);
        little.rlim_max = before.rlim_max;
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &little);
        Error *error = add_many(sorter);
        setrlimit(RLIMIT_FSIZE, &before);
        assert_non_null(error);
        assert_int_equal(error_exit_code(error), EXIT_CODE_NO_TEMP_SPACE);
        error_free(error);
}
