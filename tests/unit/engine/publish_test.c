#include "engine/publish.h"

#include "engine/cache.h"
#include "engine/trial.h"

/* Three volumes: two of them full. */
static void make_tree(void) {
        tree_random_file("src/a", 150000, 1);
        tree_random_file("src/b", 150000, 2);
        tree_file("src/c", "c");
}

static void begin(void) {
        trial_begin();
        trial_job.volume_size = 160000;
        trial_job.name = "trial";
}

TEST(publish_stores_volumes_then_signatures_and_the_manifest_last) {
        begin();
        make_tree();
        trial_backup(100);
        assert_string_equal(memory_storage_puts(), "duplicity-full.19700101T000140Z.vol1.difftar.gz "
                                                   "duplicity-full.19700101T000140Z.vol2.difftar.gz "
                                                   "duplicity-full-signatures.19700101T000140Z.sigtar.gz "
                                                   "duplicity-full.19700101T000140Z.manifest");
        assert_int_equal(trial_summary.volume_count, 2);
}

TEST(publish_uses_the_prefixes) {
        begin();
        tree_file("src/c", "c");
        trial_job.prefixes = (NamePrefixes){ .all = "p-", .volume = "v-", .manifest = "m-", .signature = "s-" };
        trial_backup(100);
        assert_string_equal(memory_storage_puts(), "p-v-duplicity-full.19700101T000140Z.vol1.difftar.gz "
                                                   "p-s-duplicity-full-signatures.19700101T000140Z.sigtar.gz "
                                                   "p-m-duplicity-full.19700101T000140Z.manifest");
        AUTO_TEXT char *tree = tree_text("src");
        trial_check(100, tree);
}

TEST(publish_leaves_the_gz_out_of_names_without_compression) {
        begin();
        tree_file("src/c", "c");
        trial_job.no_compression = true;
        trial_backup(100);
        assert_string_equal(memory_storage_puts(), "duplicity-full.19700101T000140Z.vol1.difftar "
                                                   "duplicity-full-signatures.19700101T000140Z.sigtar "
                                                   "duplicity-full.19700101T000140Z.manifest");
        AUTO_TEXT char *tree = tree_text("src");
        trial_drop_cache();
        trial_check(100, tree);
}

TEST(publish_writes_a_manifest_that_says_what_there_is) {
        static const char *const expected[] = {
                "Localdir src\n",
                "Volume 1:\n",
                "    StartingPath   .  \n",
                "    EndingPath     a  \n",
                "    Hash SHA1 ",
                "Volume 2:\n",
                "Filelist 3\n",
                "    new      a\n",
                "    new      b\n",
                "    new      c\n",
        };
        begin();
        make_tree();
        trial_backup(100);
        Bytes manifest = memory_storage_content(memory_storage_find("manifest"));
        const char *place = (const char *)manifest.at;
        for (size_t i = 0; i < ARRAY_LENGTH(expected); i++) {
                place = strstr(place, expected[i]);
                if (!place)
                        fail_msg("no '%s' at its place in\n%s", expected[i], (const char *)manifest.at);
        }
        trial_job.no_files_changed = true;
        trial_job.kind = BACKUP_FULL;
        trial_backup(200);
        manifest = memory_storage_content(memory_storage_find("000320Z.manifest"));
        assert_non_null(strstr((const char *)manifest.at, "Filelist 0\n"));
}

TEST(publish_without_manifest_leaves_no_set_and_the_next_run_works) {
        begin();
        make_tree();
        AUTO_TEXT char *first = tree_text("src");
        trial_backup(100);
        tree_random_file("src/a", 140000, 3);
        tree_random_file("src/d", 150000, 4);
        AUTO_TEXT char *second = tree_text("src");
        memory_storage_fail(MEMORY_CALLS, 0, ERROR_NONE);
        memory_storage_keep();
        trial_backup(200);
        unsigned puts = memory_storage_count(MEMORY_PUT);
        assert_int_equal(puts, 4); /* two volumes, signatures, manifest */
        for (unsigned n = 1; n <= puts; n++) {
                memory_storage_go_back();
                trial_drop_cache();
                memory_storage_fail(MEMORY_PUT, n, ERROR_DENIED);
                Error *error = trial_try_backup(200);
                assert_int_equal(error_kind(error), ERROR_DENIED);
                const char *part =
                        n < 3    ? "cannot store 'duplicity-inc.19700101T000140Z.to.19700101T000320Z.vol"
                        : n == 3 ? "cannot store "
                                   "'duplicity-new-signatures.19700101T000140Z.to.19700101T000320Z.sigtar.gz'"
                                 : "cannot store 'duplicity-inc.19700101T000140Z.to.19700101T000320Z.manifest'";
                assert_null(strstr(strstr(error_story(error), "cannot store") + 1, "cannot store")); /* said once */
                assert_error(error, ERROR_DENIED, part);
                assert_int_equal(memory_storage_matches("manifest"), 1);
                memory_storage_fail(MEMORY_PUT, 0, ERROR_NONE);
                AUTO_TEXT char *archive = tree_text("archive");
                assert_null(strstr(archive, "000320Z")); /* nothing of it may be taken for a copy */
                trial_check(100, first);
                trial_backup(300);
                assert_false(trial_summary.full);
                trial_check(300, second);
                if (n > 1)
                        trial_check(250, second); /* a set of which the beginning is there is continued */
                trial_check(199, first);
        }
}

TEST(publish_tries_transient_failures_again) {
        begin();
        make_tree();
        AUTO_TEXT char *tree = tree_text("src");
        trial_job.storage.retries = 1;
        for (unsigned n = 1; n <= 4; n++) {
                memory_storage_begin();
                trial_drop_cache();
                memory_storage_fail(MEMORY_PUT, n, ERROR_TRANSIENT);
                trial_backup(100);
                assert_int_equal(memory_storage_count(MEMORY_PUT), 5);
                trial_check(100, tree);
        }
}
