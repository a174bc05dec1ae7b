#include "catalog/choose.h"

#include "support/test.h"

/* A chain of a full set at the first time and incrementals that end at the others; 0 ends the list. */
typedef struct Times {
        int64_t at[5];
} Times;

static Collection *make_collection(Arena *arena, const Times *chains, size_t count) {
        Collection *collection = arena_make(arena, Collection);
        Chain *made = arena_zeroed(arena, count * sizeof(Chain));
        for (size_t i = 0; i < count; i++) {
                const BackupSet **sets = arena_zeroed(arena, 5 * sizeof *sets);
                size_t length = 0;
                for (; chains[i].at[length]; length++) {
                        BackupSet *set = arena_make(arena, BackupSet);
                        set->full = length == 0;
                        set->end.seconds = chains[i].at[length];
                        set->start.seconds = chains[i].at[length ? length - 1 : 0];
                        sets[length] = set;
                }
                made[i] = (Chain){ length, sets };
        }
        collection->chains = made;
        collection->chain_count = count;
        return collection;
}

static void assert_choice(const Collection *collection, int64_t moment, size_t chain, size_t sets) {
        Choice choice;
        assert_ok(choose_sets(collection, (Moment){ moment }, &choice));
        assert_int_equal(choice.chain - collection->chains, chain);
        assert_int_equal(choice.set_count, sets);
}

TEST(sets_up_to_the_moment_are_chosen) {
        static const Times chains[] = { { { 10, 20, 30 } }, { { 40, 50 } } };
        AUTO(arena_free) Arena *arena = arena_new();
        const Collection *collection = make_collection(arena, chains, 2);
        assert_choice(collection, 10, 0, 1);
        assert_choice(collection, 19, 0, 1);
        assert_choice(collection, 20, 0, 2);
        assert_choice(collection, 29, 0, 2);
        assert_choice(collection, 30, 0, 3);
        assert_choice(collection, 40, 1, 1);
        assert_choice(collection, 50, 1, 2);
}

TEST(between_chains_the_one_before_is_chosen) {
        static const Times chains[] = { { { 10, 20 } }, { { 40 } }, { { 60 } } };
        AUTO(arena_free) Arena *arena = arena_new();
        const Collection *collection = make_collection(arena, chains, 3);
        assert_choice(collection, 39, 0, 2);
        assert_choice(collection, 59, 1, 1);
        assert_choice(collection, 1000, 2, 1);
}

TEST(before_all_chains_the_full_set_of_the_earliest_is_chosen) {
        static const Times chains[] = { { { 10, 20 } }, { { 40, 50 } } };
        AUTO(arena_free) Arena *arena = arena_new();
        assert_choice(make_collection(arena, chains, 2), 9, 0, 1);
}

TEST(of_overlapping_chains_the_one_that_started_last_is_chosen) {
        static const Times chains[] = { { { 30, 40 } }, { { 10, 50 } } };
        AUTO(arena_free) Arena *arena = arena_new();
        const Collection *collection = make_collection(arena, chains, 2);
        assert_choice(collection, 35, 0, 1);
        assert_choice(collection, 20, 1, 1);
        assert_choice(collection, 45, 1, 1);
}

TEST(without_chains_there_is_nothing_to_choose) {
        Collection empty = { .chain_count = 0 };
        Choice choice;
        AUTO(error_free) Error *error = choose_sets(&empty, (Moment){ 5 }, &choice);
        assert_int_equal(error_kind(error), ERROR_MISSING);
        assert_int_equal(error_exit_code(error), EXIT_CODE_NOTHING_RESTORED);
}
