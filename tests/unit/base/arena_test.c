#include "base/arena.h"

#include <stdalign.h>

#include "base/memory.h"
#include "support/test.h"

TEST(pieces_are_zeroed_aligned_and_apart) {
        AUTO(arena_free) Arena *arena = arena_new();
        uint8_t *pieces[300];
        for (size_t i = 0; i < ARRAY_LENGTH(pieces); i++) {
                pieces[i] = arena_zeroed(arena, i + 1);
                assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
                assert_true(bytes_are_zero(bytes_make(pieces[i], i + 1)));
                memset(pieces[i], (int)i, i + 1);
        }
        for (size_t i = 0; i < ARRAY_LENGTH(pieces); i++)
                for (size_t k = 0; k <= i; k++)
                        assert_int_equal(pieces[i][k], (uint8_t)i);
}

TEST(big_pieces_get_blocks_of_their_own) {
        AUTO(arena_free) Arena *arena = arena_new();
        char *small = arena_text(arena, "small");
        uint8_t *big = arena_zeroed(arena, 5000000);
        memset(big, 1, 5000000);
        assert_string_equal(small, "small");
        assert_true(arena_used(arena) >= 5000006);
}

TEST(texts_are_copied) {
        AUTO(arena_free) Arena *arena = arena_new();
        char original[] = "abc";
        char *copy = arena_text(arena, original);
        original[0] = 'x';
        assert_string_equal(copy, "abc");
        assert_null(arena_text(arena, NULL));
        const int numbers[] = { 1, 2, 3 };
        const int *copied = arena_copy(arena, numbers, sizeof numbers);
        assert_memory_equal(copied, numbers, sizeof numbers);
        assert_int_equal((uintptr_t)copied % alignof(max_align_t), 0);
        assert_non_null(arena_copy(arena, NULL, 0));
        assert_string_equal(arena_bytes(arena, bytes_make("abcdef", 2)), "ab");
        assert_string_equal(arena_bytes(arena, bytes_make(NULL, 0)), "");
        assert_string_equal(arena_print(arena, "%s=%d", "x", 3), "x=3");
}

TEST(a_reset_arena_gives_zeroed_memory_again) {
        AUTO(arena_free) Arena *arena = arena_new();
        arena_reset(arena);
        for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 100; i++) {
                        uint8_t *piece = arena_zeroed(arena, 1000);
                        assert_true(bytes_are_zero(bytes_make(piece, 1000)));
                        memset(piece, 0xFF, 1000);
                }
                assert_true(arena_used(arena) >= 100000);
                arena_reset(arena);
                assert_int_equal(arena_used(arena), 0);
        }
}

TEST(objects_are_made_by_type) {
        AUTO(arena_free) Arena *arena = arena_new();
        struct Pair {
                int a;
                void *b;
        } *pair = arena_make(arena, struct Pair);
        assert_int_equal(pair->a, 0);
        assert_null(pair->b);
        arena_free(NULL);
}
