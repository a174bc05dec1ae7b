#include "catalog/collection.h"

#include "support/test.h"

/* Times of names: T1 is the first of January 2026, T2 the second, and so on. */
#define T1 "20260101T000000Z"
#define T2 "20260102T000000Z"
#define T3 "20260103T000000Z"
#define T4 "20260104T000000Z"
#define T5 "20260105T000000Z"
#define FULL(time) "duplicity-full." time ".manifest", "duplicity-full." time ".vol1.difftar.gz"
#define INC(from, to) "duplicity-inc." from ".to." to ".manifest", "duplicity-inc." from ".to." to ".vol1.difftar.gz"

static const NamePrefixes none = { .all = NULL };
static const WhenContext times = { { 0 }, 0, 0 };

static const Collection *collect_list(Arena *arena, const char *const *names, size_t count) {
        AUTO(collection_builder_free) CollectionBuilder *builder = collection_builder_new(arena, &none, &times);
        for (size_t i = 0; i < count; i++)
                collection_builder_add(builder, names[i], 100 + i);
        return collection_builder_finish(builder);
}
#define collect(arena, ...)                                                                                            \
        collect_list(arena, (const char *const[]){ __VA_ARGS__ }, ARRAY_LENGTH(((const char *const[]){ __VA_ARGS__ })))

/* Day of January 2026 */
static int day(Moment moment) {
        return when_to_civil(moment).day;
}

static void assert_counts(const Collection *collection, size_t chains, size_t orphans, size_t incompletes,
                          size_t strays) {
        assert_int_equal(collection->chain_count, chains);
        assert_int_equal(collection->orphan_count, orphans);
        assert_int_equal(collection->incomplete_count, incompletes);
        assert_int_equal(collection->stray_signature_count, strays);
}

TEST(nothing_makes_an_empty_collection) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO(collection_builder_free) CollectionBuilder *builder = collection_builder_new(arena, &none, &times);
        const Collection *collection = collection_builder_finish(builder);
        assert_counts(collection, 0, 0, 0, 0);
        assert_null(collection_newest(collection));
}

TEST(names_of_others_and_partial_ones_are_ignored) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Collection *collection = collect(arena, "README", "duplicity-full." T1 ".manifest.part",
                                               "duplicity-full-signatures." T1 ".sigtar.part", "df.toxugy.m.p");
        assert_counts(collection, 0, 0, 0, 0);
}

TEST(a_full_set_has_all_its_files) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Collection *collection =
                collect(arena, "duplicity-full." T1 ".vol10.difftar.gpg", "duplicity-full." T1 ".manifest.gpg",
                        "duplicity-full." T1 ".vol2.difftar.gpg", "duplicity-full-signatures." T1 ".sigtar.gpg",
                        "duplicity-full." T1 ".vol1.difftar.gpg");
        assert_counts(collection, 1, 0, 0, 0);
        const BackupSet *set = collection->chains[0].sets[0];
        assert_true(set->full);
        assert_true(set->encrypted);
        assert_false(set->compressed);
        assert_int_equal(day(set->start), 1);
        assert_int_equal(day(set->end), 1);
        assert_string_equal(set->manifest->name, "duplicity-full." T1 ".manifest.gpg");
        assert_int_equal(set->manifest->size, 101);
        assert_string_equal(set->signature->name, "duplicity-full-signatures." T1 ".sigtar.gpg");
        assert_int_equal(set->volume_count, 3);
        assert_int_equal(set->volumes[0]->parsed.volume, 1);
        assert_int_equal(set->volumes[1]->parsed.volume, 2);
        assert_int_equal(set->volumes[2]->parsed.volume, 10);
        assert_int_equal(set->volumes[2]->size, 100);
        assert_int_equal(set->duplicate_count, 0);
}

TEST(incrementals_join_the_chain_that_ends_where_they_start) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Collection *collection = collect(arena, INC(T2, T3), FULL(T1), INC(T1, T2), FULL(T4), INC(T4, T5),
                                               "duplicity-new-signatures." T1 ".to." T2 ".sigtar.gz");
        assert_counts(collection, 2, 0, 0, 0);
        const Chain *first = &collection->chains[0], *second = &collection->chains[1];
        assert_int_equal(first->set_count, 3);
        assert_int_equal(day(chain_start(first)), 1);
        assert_int_equal(day(chain_end(first)), 3);
        assert_non_null(first->sets[1]->signature);
        assert_null(first->sets[2]->signature);
        assert_true(first->sets[2]->compressed);
        assert_int_equal(second->set_count, 2);
        assert_int_equal(day(chain_last(second)->start), 4);
        assert_ptr_equal(collection_newest(collection), second);
}

TEST(chains_are_in_order_of_their_end) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Collection *collection = collect(arena, FULL(T1), FULL(T2), INC(T1, T5), INC(T2, T3), FULL(T4));
        assert_counts(collection, 3, 0, 0, 0);
        assert_int_equal(day(chain_start(&collection->chains[0])), 2);
        assert_int_equal(day(chain_start(&collection->chains[1])), 4);
        assert_int_equal(day(chain_start(&collection->chains[2])), 1);
}

TEST(the_later_of_two_incrementals_from_the_same_start_replaces_the_other) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Collection *collection = collect(arena, FULL(T1), INC(T1, T3), INC(T1, T2), INC(T3, T4));
        assert_counts(collection, 1, 1, 0, 0);
        const Chain *chain = &collection->chains[0];
        assert_int_equal(chain->set_count, 3);
        assert_int_equal(day(chain->sets[1]->end), 3);
        assert_int_equal(day(chain->sets[2]->end), 4);
        assert_int_equal(day(collection->orphans[0]->end), 2);
}

TEST(only_the_last_incremental_of_a_chain_is_replaced) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Collection *collection = collect(arena, FULL(T1), INC(T1, T2), INC(T2, T3), INC(T1, T4));
        assert_counts(collection, 1, 1, 0, 0);
        assert_int_equal(collection->chains[0].set_count, 3);
        assert_int_equal(day(collection->orphans[0]->end), 4);
}

TEST(incrementals_without_a_chain_are_orphans) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Collection *collection = collect(arena, INC(T1, T2), INC(T2, T3), FULL(T4));
        assert_counts(collection, 1, 2, 0, 0);
        assert_int_equal(day(collection->orphans[0]->end), 2);
        assert_int_equal(day(collection->orphans[1]->end), 3);
        assert_int_equal(collection->orphans[1]->volume_count, 1);
}

TEST(an_incremental_that_ends_before_it_starts_is_an_orphan) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Collection *collection = collect(arena, FULL(T3), INC(T3, T2));
        assert_counts(collection, 1, 1, 0, 0);
        assert_int_equal(collection->chains[0].set_count, 1);
}

TEST(an_incremental_of_no_length_joins_its_full_set) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Collection *collection = collect(arena, INC(T1, T1), FULL(T1), INC(T1, T2));
        assert_counts(collection, 1, 0, 0, 0);
        assert_int_equal(collection->chains[0].set_count, 3);
        assert_true(collection->chains[0].sets[0]->full);
        assert_int_equal(day(chain_end(&collection->chains[0])), 2);
}

TEST(sets_without_a_manifest_are_incomplete) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Collection *collection =
                collect(arena, FULL(T1), "duplicity-inc." T1 ".to." T2 ".vol1.difftar.gz",
                        "duplicity-inc." T1 ".to." T2 ".vol2.difftar.gz",
                        "duplicity-new-signatures." T1 ".to." T2 ".sigtar.gz", "duplicity-full." T3 ".vol1.difftar");
        assert_counts(collection, 1, 0, 2, 0);
        assert_int_equal(collection->chains[0].set_count, 1);
        assert_null(collection->incompletes[0]->manifest);
        assert_false(collection->incompletes[0]->full);
        assert_int_equal(collection->incompletes[0]->volume_count, 2);
        assert_non_null(collection->incompletes[0]->signature);
        assert_true(collection->incompletes[1]->full);
}

TEST(a_manifest_alone_makes_a_set_finished) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Collection *collection = collect(arena, "duplicity-full." T1 ".manifest.gpg");
        assert_counts(collection, 1, 0, 0, 0);
        assert_int_equal(collection->chains[0].sets[0]->volume_count, 0);
        assert_true(collection->chains[0].sets[0]->encrypted);
}

TEST(missing_volumes_leave_a_gap) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Collection *collection =
                collect(arena, "duplicity-full." T1 ".vol3.difftar.gz", "duplicity-full." T1 ".vol1.difftar.gz",
                        "duplicity-full." T1 ".manifest");
        const BackupSet *set = collection->chains[0].sets[0];
        assert_int_equal(set->volume_count, 2);
        assert_int_equal(set->volumes[0]->parsed.volume, 1);
        assert_int_equal(set->volumes[1]->parsed.volume, 3);
}

TEST(of_duplicates_the_exact_name_counts) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Collection *collection =
                collect(arena, "duplicity-full." T1 ".vol1.difftar.bak", "duplicity-full." T1 ".vol1.difftar.gz",
                        "duplicity-full." T1 ".manifest.bak", "duplicity-full." T1 ".manifest",
                        "duplicity-full-signatures." T1 ".sigtar.a", "duplicity-full-signatures." T1 ".sigtar.gz");
        assert_counts(collection, 1, 0, 0, 0);
        const BackupSet *set = collection->chains[0].sets[0];
        assert_int_equal(set->volume_count, 1);
        assert_string_equal(set->volumes[0]->name, "duplicity-full." T1 ".vol1.difftar.gz");
        assert_string_equal(set->manifest->name, "duplicity-full." T1 ".manifest");
        assert_string_equal(set->signature->name, "duplicity-full-signatures." T1 ".sigtar.gz");
        assert_int_equal(set->duplicate_count, 3);
        assert_string_equal(set->duplicates[0]->name, "duplicity-full." T1 ".vol1.difftar.bak");
        assert_string_equal(set->duplicates[1]->name, "duplicity-full." T1 ".manifest.bak");
        assert_string_equal(set->duplicates[2]->name, "duplicity-full-signatures." T1 ".sigtar.a");
}

TEST(of_exact_duplicates_the_one_of_the_sets_form_counts) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Collection *collection =
                collect(arena, "duplicity-full." T1 ".vol1.difftar.gz", "duplicity-full." T1 ".vol1.difftar.gpg",
                        "duplicity-full." T1 ".vol1.difftar.gz.tmp", "duplicity-full." T1 ".vol2.difftar.gz",
                        "duplicity-full." T1 ".manifest");
        const BackupSet *set = collection->chains[0].sets[0];
        assert_string_equal(set->volumes[0]->name, "duplicity-full." T1 ".vol1.difftar.gz");
        assert_int_equal(set->duplicate_count, 2);
        assert_string_equal(set->duplicates[0]->name, "duplicity-full." T1 ".vol1.difftar.gpg");
        assert_false(set->encrypted);
}

TEST(encrypted_files_are_not_replaced_by_plain_ones) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Collection *collection =
                collect(arena, "duplicity-full." T1 ".vol1.difftar", "duplicity-full." T1 ".vol1.difftar.gpg",
                        "duplicity-full." T1 ".manifest", "duplicity-full." T1 ".manifest.gpg");
        const BackupSet *set = collection->chains[0].sets[0];
        assert_string_equal(set->volumes[0]->name, "duplicity-full." T1 ".vol1.difftar.gpg");
        assert_string_equal(set->manifest->name, "duplicity-full." T1 ".manifest.gpg");
        assert_int_equal(set->duplicate_count, 2);
        assert_false(set->mixed);
}

TEST(a_stranger_of_another_form_does_not_replace_a_volume) {
        static const char *const strangers[] = { "duplicity-full." T1 ".vol1.difftar.gpg",
                                                 "duplicity-full." T1 ".vol1.difftar",
                                                 "duplicity-full." T1 ".manifest.gpg" };
        for (size_t i = 0; i < ARRAY_LENGTH(strangers); i++) {
                AUTO(arena_free) Arena *arena = arena_new();
                const Collection *collection =
                        collect(arena, "duplicity-full." T1 ".vol1.difftar.gz", "duplicity-full." T1 ".vol2.difftar.gz",
                                "duplicity-full." T1 ".manifest", strangers[i]);
                const BackupSet *set = collection->chains[0].sets[0];
                assert_string_equal(set->volumes[0]->name, "duplicity-full." T1 ".vol1.difftar.gz");
                assert_string_equal(set->manifest->name, "duplicity-full." T1 ".manifest");
                assert_int_equal(set->duplicate_count, 1);
                assert_string_equal(set->duplicates[0]->name, strangers[i]);
                assert_false(set->mixed);
        }
}

TEST(sets_of_encrypted_and_plain_files_are_mixed) {
        AUTO(arena_free) Arena *arena = arena_new();
        assert_true(collect(arena, "duplicity-full." T1 ".vol1.difftar.gpg", "duplicity-full." T1 ".manifest")
                            ->chains[0].sets[0]->mixed);
        assert_true(collect(arena, "duplicity-full." T1 ".vol1.difftar.gpg", "duplicity-full." T1 ".vol2.difftar",
                            "duplicity-full." T1 ".manifest.gpg")->chains[0].sets[0]->mixed);
        assert_false(collect(arena, "duplicity-full." T1 ".vol1.difftar.gz", "duplicity-full." T1 ".manifest")
                             ->chains[0].sets[0]->mixed);
}

TEST(an_inexact_name_counts_when_it_is_the_only_one) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Collection *collection =
                collect(arena, "duplicity-full." T1 ".vol1.difftar.gz.bak", "duplicity-full." T1 ".manifest");
        assert_string_equal(collection->chains[0].sets[0]->volumes[0]->name,
                            "duplicity-full." T1 ".vol1.difftar.gz.bak");
}

TEST(a_name_listed_twice_is_one_file) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Collection *collection = collect(arena, FULL(T1), FULL(T1));
        assert_counts(collection, 1, 0, 0, 0);
        assert_int_equal(collection->chains[0].sets[0]->duplicate_count, 0);
        assert_int_equal(collection->chains[0].sets[0]->volume_count, 1);
}

TEST(signatures_without_a_set_are_strays) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Collection *collection = collect(arena, FULL(T1), "duplicity-full-signatures." T2 ".sigtar.gz",
                                               "duplicity-new-signatures." T1 ".to." T3 ".sigtar.gz",
                                               "duplicity-new-signatures." T1 ".to." T3 ".sigtar.gz.bak");
        assert_counts(collection, 1, 0, 0, 3);
        assert_null(collection->chains[0].sets[0]->signature);
        assert_string_equal(collection->stray_signatures[0]->name, "duplicity-full-signatures." T2 ".sigtar.gz");
        assert_string_equal(collection->stray_signatures[2]->name,
                            "duplicity-new-signatures." T1 ".to." T3 ".sigtar.gz.bak");
}

TEST(a_full_and_an_incremental_that_end_at_once_are_two_sets) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Collection *collection = collect(arena, FULL(T1), INC(T1, T3), FULL(T3), INC(T3, T4));
        assert_counts(collection, 2, 0, 0, 0);
        /* both chains end at T3: the incremental joins the older one */
        assert_int_equal(collection->chains[0].set_count, 1);
        assert_int_equal(day(chain_start(&collection->chains[0])), 3);
        assert_int_equal(collection->chains[1].set_count, 3);
}

TEST(chains_may_mix_styles_of_names) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Collection *collection =
                collect(arena, "df.toxugy.m", "df.toxugy.1.dt.z", "dfs.toxugy.st.z",
                        "duplicity-inc.20261123T044346Z.to.20261124T044346Z.manifest",
                        "duplicity-inc.20261123T044346Z.to.20261124T044346Z.vol1.difftar.gz",
                        "duplicity-inc.2026-11-23T23:43:46-05:00.to.2026-11-25T04:43:46Z.manifest");
        assert_counts(collection, 1, 0, 0, 0);
        const Chain *chain = &collection->chains[0];
        assert_int_equal(chain->set_count, 3);
        assert_int_equal(chain->sets[0]->volume_count, 1);
        assert_true(chain->sets[0]->compressed);
        assert_non_null(chain->sets[0]->signature);
        assert_int_equal(day(chain_end(chain)), 25);
}

TEST(prefixes_are_those_of_the_builder) {
        static const NamePrefixes prefixes = { .all = "host-", .manifest = "m." };
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO(collection_builder_free) CollectionBuilder *builder = collection_builder_new(arena, &prefixes, &times);
        collection_builder_add(builder, "host-m.duplicity-full." T1 ".manifest", 1);
        collection_builder_add(builder, "host-duplicity-full." T1 ".vol1.difftar.gz", 1);
        collection_builder_add(builder, "duplicity-full." T2 ".manifest", 1);
        const Collection *collection = collection_builder_finish(builder);
        assert_counts(collection, 1, 0, 0, 0);
        assert_int_equal(collection->chains[0].sets[0]->volume_count, 1);
}

TEST(statistics_belong_to_their_set_or_are_strays) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Collection *collection =
                collect(arena, FULL(T1), "duplicity-full." T1 ".jsonstat", "duplicity-inc." T1 ".to." T2 ".jsonstat.gz",
                        "duplicity-new-signatures." T1 ".to." T2 ".sigtar.gz", "duplicity-full." T3 ".jsonstat");
        assert_counts(collection, 1, 0, 0, 1);
        assert_string_equal(collection->chains[0].sets[0]->statistics->name, "duplicity-full." T1 ".jsonstat");
        assert_int_equal(collection->stray_statistics_count, 2);
        assert_string_equal(collection->stray_statistics[0]->name, "duplicity-inc." T1 ".to." T2 ".jsonstat.gz");
        assert_string_equal(collection->stray_statistics[1]->name, "duplicity-full." T3 ".jsonstat");
}

TEST(duplicates_know_their_rivals) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Collection *collection =
                collect(arena, FULL(T1), "duplicity-full." T1 ".manifest.old", "duplicity-full." T1 ".vol2.difftar.gz",
                        "duplicity-full." T1 ".vol2.difftar.gz.bak", "duplicity-full." T1 ".jsonstat",
                        "duplicity-full." T1 ".jsonstat.old", "duplicity-full-signatures." T1 ".sigtar.gz",
                        "duplicity-full-signatures." T1 ".sigtar.gz.old");
        const BackupSet *set = collection->chains[0].sets[0];
        assert_int_equal(set->duplicate_count, 4);
        assert_ptr_equal(backup_set_rival(set, set->duplicates[0]), set->volumes[1]);
        assert_ptr_equal(backup_set_rival(set, set->duplicates[1]), set->manifest);
        assert_ptr_equal(backup_set_rival(set, set->duplicates[2]), set->signature);
        assert_ptr_equal(backup_set_rival(set, set->duplicates[3]), set->statistics);
}

/* Whether the second of two files that claim one volume can be spared. */
static bool can_spare(const char *name, uint64_t size, const char *duplicate, uint64_t duplicate_size) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO(collection_builder_free) CollectionBuilder *builder = collection_builder_new(arena, &none, &times);
        collection_builder_add(builder, "duplicity-full." T1 ".manifest", 1);
        collection_builder_add(builder, name, size);
        collection_builder_add(builder, duplicate, duplicate_size);
        const BackupSet *set = collection_builder_finish(builder)->chains[0].sets[0];
        assert_int_equal(set->duplicate_count, 1);
        assert_string_equal(set->duplicates[0]->name, duplicate);
        return backup_set_can_spare(set, set->duplicates[0]);
}

TEST(duplicates_can_be_spared_when_their_rival_is_surely_the_right_one) {
#define VOLUME "duplicity-full." T1 ".vol1.difftar"
        assert_true(can_spare(VOLUME ".gz", 100, VOLUME ".gz.bak", 100));
        assert_true(can_spare(VOLUME ".gz", 100, VOLUME ".gz.tmp", 40));
        assert_false(can_spare(VOLUME ".gz", 40, VOLUME ".gz.bak", 100)); /* a broken upload, and a copy of the whole? */
        assert_false(can_spare(VOLUME ".gpg", 100, VOLUME ".gz", 100));
        assert_false(can_spare(VOLUME ".gz.bak", 100, VOLUME ".gz.old", 100));
#undef VOLUME
}
