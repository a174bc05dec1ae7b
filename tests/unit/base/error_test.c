#include "base/error.h"

#include <errno.h>

#include "support/test.h"

TEST(an_error_has_a_kind_and_a_story) {
        AUTO(error_free) Error *error = error_new(ERROR_CORRUPT, "bad thing '%s': %d", "x", 7);
        assert_int_equal(error_kind(error), ERROR_CORRUPT);
        assert_string_equal(error_story(error), "bad thing 'x': 7");
        assert_int_equal(error_errno(error), 0);
}

TEST(no_error_is_success) {
        assert_int_equal(error_kind(NULL), ERROR_NONE);
        assert_string_equal(error_story(NULL), "");
        assert_int_equal(error_errno(NULL), 0);
        assert_int_equal(error_exit_code(NULL), EXIT_CODE_OK);
        assert_null(error_context(NULL, "x"));
        assert_null(error_with_code(NULL, EXIT_CODE_GPG));
        assert_null(error_copy(NULL));
        error_free(NULL);
}

TEST(errno_values_have_kinds_and_lower_case_texts) {
        static const struct {
                int value;
                ErrorKind kind;
        } values[] = {
                { ENOENT, ERROR_MISSING },   { ENOTDIR, ERROR_MISSING },     { EACCES, ERROR_DENIED },
                { EPERM, ERROR_DENIED },     { EROFS, ERROR_DENIED },        { EINTR, ERROR_TRANSIENT },
                { EAGAIN, ERROR_TRANSIENT }, { ETIMEDOUT, ERROR_TRANSIENT }, { ECONNRESET, ERROR_TRANSIENT },
                { ENOSPC, ERROR_SYSTEM },    { EIO, ERROR_SYSTEM },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(values); i++) {
                AUTO(error_free) Error *error = error_from_errno(values[i].value, "cannot open '%s'", "x");
                assert_int_equal(error_kind(error), values[i].kind);
                assert_int_equal(error_errno(error), values[i].value);
        }
        AUTO(error_free) Error *error = error_from_errno(ENOENT, "cannot open '%s'", "x");
        assert_string_equal(error_story(error), "cannot open 'x': no such file or directory");
}

TEST(context_goes_in_front_and_keeps_the_rest) {
        Error *cause = error_with_code(error_from_errno(EACCES, "cannot open 'x'"), EXIT_CODE_BAD_ARCHIVE_DIR);
        AUTO(error_free) Error *error = error_context(error_context(cause, "cannot read '%s'", "y"), "backup");
        assert_string_equal(error_story(error), "backup: cannot read 'y': cannot open 'x': permission denied");
        assert_int_equal(error_kind(error), ERROR_DENIED);
        assert_int_equal(error_errno(error), EACCES);
        assert_int_equal(error_exit_code(error), EXIT_CODE_BAD_ARCHIVE_DIR);
}

TEST(the_first_exit_code_stays) {
        AUTO(error_free) Error *error = error_with_code(error_new(ERROR_USER, "x"), EXIT_CODE_BAD_URL);
        error = error_with_code(error, EXIT_CODE_GPG);
        assert_int_equal(error_exit_code(error), EXIT_CODE_BAD_URL);
}

TEST(kinds_have_exit_codes) {
        static const struct {
                ErrorKind kind;
                ExitCode code;
        } codes[] = {
                { ERROR_USER, EXIT_CODE_USER_ERROR },        { ERROR_MISSING, EXIT_CODE_BACKEND_MISSING },
                { ERROR_DENIED, EXIT_CODE_BACKEND_DENIED },  { ERROR_TRANSIENT, EXIT_CODE_BACKEND },
                { ERROR_CORRUPT, EXIT_CODE_INTERNAL },       { ERROR_SYSTEM, EXIT_CODE_BACKEND },
                { ERROR_CANCELLED, EXIT_CODE_NO_MANIFESTS },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(codes); i++) {
                AUTO(error_free) Error *error = error_new(codes[i].kind, "x");
                assert_int_equal(error_exit_code(error), codes[i].code);
        }
        AUTO(error_free) Error *full = error_from_errno(ENOSPC, "x");
        assert_int_equal(error_exit_code(full), EXIT_CODE_BACKEND_NO_SPACE);
}

TEST(a_pause_is_kept) {
        AUTO(error_free) Error *error = error_with_pause(error_new(ERROR_TRANSIENT, "busy"), 2.5);
        assert_true(error_pause(error_context(error, "outer")) == 2.5);
        AUTO(error_free) Error *plain = error_new(ERROR_TRANSIENT, "busy");
        assert_true(error_pause(plain) == 0);
        assert_true(error_pause(NULL) == 0);
        assert_null(error_with_pause(NULL, 1));
}

TEST(a_copy_is_equal_and_independent) {
        Error *error = error_with_code(error_from_errno(ENOENT, "x"), EXIT_CODE_GPG);
        error = error_with_pause(error, 7);
        AUTO(error_free) Error *copy = error_copy(error);
        error_free(error);
        assert_string_equal(error_story(copy), "x: no such file or directory");
        assert_int_equal(error_kind(copy), ERROR_MISSING);
        assert_int_equal(error_errno(copy), ENOENT);
        assert_int_equal(error_exit_code(copy), EXIT_CODE_GPG);
        assert_true(error_pause(copy) == 7);
}

static Error *fail_with(bool with_context) {
        if (with_context)
                TRY_AS(error_new(ERROR_USER, "inner"), "outer %d", 1);
        TRY(NULL);
        TRY(error_new(ERROR_SYSTEM, "plain"));
        return NULL;
}

TEST(try_passes_errors_on) {
        assert_error(fail_with(true), ERROR_USER, "outer 1: inner");
        assert_error(fail_with(false), ERROR_SYSTEM, "plain");
}

TEST(the_first_error_wins) {
        assert_ok(error_first(NULL, NULL));
        assert_error(error_first(error_new(ERROR_USER, "first"), NULL), ERROR_USER, "first");
        assert_error(error_first(NULL, error_new(ERROR_USER, "later")), ERROR_USER, "later");
        assert_error(error_first(error_new(ERROR_USER, "first"), error_new(ERROR_SYSTEM, "later")), ERROR_USER,
                     "first");
}
