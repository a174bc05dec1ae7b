#include "base/secret.h"

#include "support/test.h"

TEST(a_secret_keeps_its_bytes) {
        char original[] = "pass\0word";
        AUTO(secret_free) Secret *secret = secret_new(bytes_make(original, 9));
        secret_wipe(original, sizeof original);
        assert_bytes_equal(secret_reveal(secret), bytes_make("pass\0word", 9));
        assert_int_equal(secret_reveal(secret).at[9], 0);
        assert_true(bytes_are_zero(bytes_make(original, sizeof original)));
}

TEST(a_copy_of_a_secret_lives_on) {
        Secret *secret = secret_new(bytes_of("abc"));
        AUTO(secret_free) Secret *copy = secret_copy(secret);
        secret_free(secret);
        assert_bytes_equal(secret_reveal(copy), bytes_of("abc"));
}

TEST(no_secret_is_an_empty_view) {
        assert_int_equal(secret_reveal(NULL).length, 0);
        assert_null(secret_copy(NULL));
        secret_free(NULL);
        AUTO(secret_free) Secret *empty = secret_new(bytes_make(NULL, 0));
        assert_int_equal(secret_reveal(empty).length, 0);
        assert_int_equal(secret_reveal(empty).at[0], 0);
}

TEST(secrets_are_equal_by_content) {
        AUTO(secret_free) Secret *abc = secret_new(bytes_of("abc"));
        AUTO(secret_free) Secret *same = secret_new(bytes_of("abc"));
        AUTO(secret_free) Secret *other = secret_new(bytes_of("abd"));
        AUTO(secret_free) Secret *longer = secret_new(bytes_of("abcd"));
        AUTO(secret_free) Secret *empty = secret_new(bytes_of(""));
        assert_true(secret_equal(abc, same));
        assert_false(secret_equal(abc, other));
        assert_false(secret_equal(abc, longer));
        assert_false(secret_equal(abc, empty));
        assert_false(secret_equal(abc, NULL));
        assert_false(secret_equal(NULL, empty));
        assert_true(secret_equal(NULL, NULL));
}
