#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"

/* Programs that use gpg must let it be called through them; weak, so that the others need not link it. */
__attribute__((weak)) void openpgp_become_gpg(char **argv);
__attribute__((weak)) void ssh_askpass_become(int argc); /* likewise those that use ssh */

static struct CMUnitTest tests[2000];
static size_t test_count;
static char scratch_root[PATH_MAX];
static char data_root[PATH_MAX];

static void remove_tree(const char *path) {
        pid_t pid = fork();
        if (pid == 0) {
                execlp("rm", "rm", "-rf", "--", path, (char *)NULL);
                _exit(127);
        }
        (void)waitpid(pid, NULL, 0); /* a leftover folder is all that can come of it */
}

static int enter_folder(void **state) {
        (void)state;
        char folder[] = "/tmp/charm-duplicity-test-XXXXXX";
        if (!mkdtemp(folder) || chdir(folder) < 0 || !getcwd(scratch_root, sizeof scratch_root))
                return -1;
        return 0;
}

static int leave_folder(void **state) {
        (void)state;
        if (chdir("/") < 0)
                return -1;
        remove_tree(scratch_root);
        return 0;
}

void test_register(const char *name, CMUnitTestFunction function) {
        if (test_count == ARRAY_LENGTH(tests))
                abort();
        tests[test_count++] = (struct CMUnitTest){ name, function, enter_folder, leave_folder, NULL };
}

void test_assert_ok(Error *error, const char *call, const char *file, int line) {
        if (!error)
                return;
        print_error("%s failed: %s\n", call, error_story(error));
        error_free(error);
        _fail(file, line);
}

void test_assert_error(Error *error, ErrorKind kind, const char *text, const char *call, const char *file, int line) {
        bool right = error && error_kind(error) == kind && strstr(error_story(error), text);
        if (!right)
                print_error("%s: wanted an error of kind %d with '%s', got kind %d: %s\n", call, kind, text,
                            error_kind(error), error_story(error));
        error_free(error);
        if (!right)
                _fail(file, line);
}

void test_assert_bytes_equal(Bytes a, Bytes b, const char *file, int line) {
        if (bytes_equal(a, b))
                return;
        size_t same = 0;
        while (same < a.length && same < b.length && a.at[same] == b.at[same])
                same++;
        print_error("bytes differ at %zu (lengths %zu and %zu)\n'%.*s'\n'%.*s'\n", same, a.length, b.length,
                    (int)MIN(a.length, (size_t)300), (const char *)a.at, (int)MIN(b.length, (size_t)300),
                    (const char *)b.at);
        _fail(file, line);
}

void test_write_file(const char *path, Bytes content) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(content.at, 1, content.length, file), content.length);
        assert_int_equal(fclose(file), 0);
}

char *test_read_file(const char *path, size_t *ret_length) {
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        assert_int_equal(fseek(file, 0, SEEK_END), 0);
        size_t length = (size_t)ftell(file);
        rewind(file);
        char *content = memory_zeroed(length + 1);
        assert_int_equal(fread(content, 1, length, file), length);
        assert_int_equal(fclose(file), 0);
        if (ret_length)
                *ret_length = length;
        return content;
}

uint8_t *test_random_bytes(size_t count, uint64_t seed) {
        uint8_t *bytes = memory_zeroed(count);
        uint64_t x = seed * 0x9E3779B97F4A7C15u + 1;
        for (size_t i = 0; i < count; i++) {
                x ^= x << 13;
                x ^= x >> 7;
                x ^= x << 17;
                bytes[i] = (uint8_t)(x >> 32);
        }
        return bytes;
}

const char *test_data(const char *name) {
        static char paths[8][PATH_MAX + 256];
        static unsigned next;
        char *path = paths[next++ % ARRAY_LENGTH(paths)];
        snprintf(path, sizeof paths[0], "%s/tests/data/%s", data_root, name);
        return path;
}

/* Runs all tests, or those whose names contain the first argument. */
int main(int argc, char **argv) {
        if (openpgp_become_gpg)
                openpgp_become_gpg(argv);
        if (ssh_askpass_become)
                ssh_askpass_become(argc);
        if (!getcwd(data_root, sizeof data_root))
                return 1;
        if (argc > 1)
                cmocka_set_test_filter(memory_print("*%s*", argv[1]));
        return _cmocka_run_group_tests(argv[0], tests, test_count, NULL, NULL);
}
