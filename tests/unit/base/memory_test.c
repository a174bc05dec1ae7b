#include "base/memory.h"

#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

TEST(memory_is_zeroed) {
        uint8_t *block = memory_zeroed(1000);
        assert_true(bytes_are_zero(bytes_make(block, 1000)));
        memory_free(block);
        int *numbers = memory_new_array(int, 10);
        assert_int_equal(numbers[9], 0);
        memory_free(numbers);
}

TEST(memory_of_no_size_is_still_memory) {
        void *block = memory_zeroed(0);
        assert_non_null(block);
        block = memory_resize(block, 0);
        assert_non_null(block);
        memory_free(block);
        memory_free(NULL);
}

TEST(memory_keeps_its_content_when_resized) {
        char *block = memory_text("abc");
        block = memory_resize(block, 100000);
        assert_string_equal(block, "abc");
        memory_free(block);
}

TEST(copies_end_in_a_nul) {
        char *copy = memory_copy("abcdef", 3);
        assert_string_equal(copy, "abc");
        memory_free(copy);
        copy = memory_copy(NULL, 0);
        assert_string_equal(copy, "");
        memory_free(copy);
        assert_null(memory_text(NULL));
        AUTO_TEXT char *printed = memory_print("%d-%s", 5, "x");
        assert_string_equal(printed, "5-x");
}

/* Exit status of a child that runs ACTION. */
static int status_of(void (*action)(void)) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                (void)!freopen("/dev/null", "w", stderr);
                action();
                _exit(0);
        }
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

static void multiply_in_range(void) {
        if (memory_size(SIZE_MAX / 8, 8) != SIZE_MAX / 8 * 8 || memory_size(SIZE_MAX, 0) != 0)
                _exit(2);
}

static void multiply_out_of_range(void) {
        (void)memory_size(SIZE_MAX / 8 + 1, 8);
}

TEST(sizes_that_overflow_end_the_program) {
        assert_int_equal(status_of(multiply_in_range), 0);
        assert_int_equal(status_of(multiply_out_of_range), 1);
}
