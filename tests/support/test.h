/* Tests: TEST(what_must_hold) { ... } registers itself; assertions are cmocka's, and show both values. */
#ifndef SUPPORT_TEST_H
#define SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/error.h"

/* Defines and registers one test. Each runs in an empty folder of its own, which is the current one. */
#define TEST(name)                                                                                                     \
        static void name(void **state);                                                                                \
        __attribute__((constructor)) static void register_##name(void) {                                               \
                test_register(#name, name);                                                                            \
        }                                                                                                              \
        static void name(UNUSED void **state)

void test_register(const char *name, CMUnitTestFunction function);

/* Fails with the error's story unless the call succeeds. */
#define assert_ok(call) test_assert_ok((call), #call, __FILE__, __LINE__)
void test_assert_ok(Error *error, const char *call, const char *file, int line);

/* Fails unless the call gives an error of KIND whose story contains TEXT ("" is anything). */
#define assert_error(call, kind, text) test_assert_error((call), (kind), (text), #call, __FILE__, __LINE__)
void test_assert_error(Error *error, ErrorKind kind, const char *text, const char *call, const char *file, int line);

/* Compares views, showing both. */
#define assert_bytes_equal(a, b) test_assert_bytes_equal((a), (b), __FILE__, __LINE__)
void test_assert_bytes_equal(Bytes a, Bytes b, const char *file, int line);

/* Writes and reads whole files (NUL-terminated; caller frees). */
void test_write_file(const char *path, Bytes content);
char *test_read_file(const char *path, size_t *ret_length);

/* COUNT bytes that no compressor can shrink, the same for the same SEED. Caller frees with memory_free. */
uint8_t *test_random_bytes(size_t count, uint64_t seed);

/* Path of a file of tests/data. Lives as long as the process. */
const char *test_data(const char *name);

#endif
