#include "engine/cache.h"

#include <unistd.h>

#include "engine/trial.h"

/* Whether a file whose name contains PART is in the archive folder. */
static bool is_cached(const char *part) {
        AUTO_TEXT char *folder = tree_text("archive");
        return strstr(folder, part);
}

static void begin(void) {
        trial_begin();
        trial_job.name = "trial";
        tree_file("src/a", "a");
        trial_backup(100);
        tree_file("src/b", "b");
        trial_backup(200);
}

TEST(cache_keeps_what_a_backup_made) {
        begin();
        assert_true(is_cached("/duplicity-full.19700101T000140Z.manifest 100600"));
        assert_true(is_cached("/duplicity-full-signatures.19700101T000140Z.sigtar.gz 100600"));
        assert_true(is_cached("/duplicity-inc.19700101T000140Z.to.19700101T000320Z.manifest 100600"));
        assert_true(is_cached("/duplicity-new-signatures.19700101T000140Z.to.19700101T000320Z.sigtar.gz 100600"));
        memory_storage_fail(MEMORY_CALLS, 0, ERROR_NONE);
        tree_file("src/c", "c");
        trial_backup(300);
        assert_int_equal(memory_storage_count(MEMORY_GET), 0);
}

TEST(cache_drops_metadata_that_the_far_side_does_not_have_and_nothing_else) {
        begin();
        tree_file("archive/trial/duplicity-full.19690101T000000Z.manifest", "");
        tree_file("archive/trial/duplicity-full-signatures.19690101T000000Z.sigtar.gz", "");
        tree_file("archive/trial/duplicity-new-signatures.19690101T000000Z.to.19690101T000001Z.sigtar.gz", "");
        tree_file("archive/trial/duplicity-full.19690101T000000Z.vol1.difftar.gz", "");
        tree_file("archive/trial/notes", "");
        AUTO(session_close) Session *session = trial_session(300);
        assert_ok(cache_drop_strangers(session));
        assert_false(is_cached("19690101T000000Z.manifest"));
        assert_false(is_cached("19690101T000000Z.sigtar"));
        assert_false(is_cached("19690101T000001Z"));
        assert_true(is_cached("vol1.difftar.gz"));
        assert_true(is_cached("/notes"));
        assert_true(is_cached("/duplicity-full.19700101T000140Z.manifest"));
        assert_true(is_cached("/duplicity-full-signatures.19700101T000140Z"));
        assert_true(is_cached("/duplicity-new-signatures.19700101T000140Z.to.19700101T000320Z"));
}

TEST(cache_drops_everything_when_the_far_side_is_empty) {
        begin();
        memory_storage_begin();
        AUTO(session_close) Session *session = trial_session(300);
        assert_ok(cache_drop_strangers(session));
        assert_false(is_cached("duplicity-"));
}

TEST(cache_fetches_what_is_missing_and_keeps_it) {
        begin();
        trial_drop_cache();
        memory_storage_fail(MEMORY_CALLS, 0, ERROR_NONE);
        tree_file("src/c", "c");
        trial_backup(300);
        assert_false(trial_summary.full);
        assert_int_equal(trial_summary.new_files, 2);          /* c, and the folder with its new time */
        assert_int_equal(memory_storage_count(MEMORY_GET), 4); /* two archives, two manifests */
        assert_true(is_cached("/duplicity-full-signatures.19700101T000140Z.sigtar.gz 100600"));
        AUTO_TEXT char *listing = trial_listing(300);
        assert_string_equal(listing, ". a b c");
        assert_int_equal(memory_storage_count(MEMORY_GET), 4);
}

TEST(cache_says_which_manifest_is_damaged) {
        begin();
        trial_drop_cache();
        AUTO_TEXT char *name = memory_text(memory_storage_find("full.19700101T000140Z.manifest"));
        AUTO_TEXT char *sound = memory_text((const char *)memory_storage_content(name).at);
        memory_storage_write(name, bytes_of("Volume one:\n"));
        Error *error = trial_try_restore(100, "r");
        assert_int_equal(error_exit_code(error), EXIT_CODE_MANIFEST_UNREADABLE);
        assert_non_null(strstr(error_story(error), name));
        assert_error(error, ERROR_CORRUPT, "bad manifest: line 1");
        memory_storage_write(name, bytes_of(sound)); /* the damaged one was not kept */
        trial_restore(100, "r");
        memory_storage_write(name, bytes_of(""));
        trial_drop_cache();
        assert_error(trial_try_restore(100, "s"), ERROR_CORRUPT, name);
}

TEST(cache_fetches_a_manifest_anew_whose_copy_is_damaged) {
        begin();
        tree_file("archive/trial/duplicity-full.19700101T000140Z.manifest", "Volume one:\n");
        trial_restore(100, "r");
        AUTO_TEXT char *healed = test_read_file("archive/trial/duplicity-full.19700101T000140Z.manifest", NULL);
        assert_non_null(strstr(healed, "Hash SHA1"));
}

TEST(cache_says_which_signature_archive_is_damaged) {
        begin();
        trial_drop_cache();
        const char *name = memory_storage_find("new-signatures");
        memory_storage_truncate(name, memory_storage_content(name).length / 2);
        assert_error(trial_try_backup(300), ERROR_CORRUPT, name);
        assert_false(is_cached("new-signatures")); /* half a copy must not be taken for one */
}

TEST(cache_says_what_could_not_be_fetched) {
        begin();
        trial_drop_cache();
        memory_storage_fail(MEMORY_GET, 1, ERROR_DENIED);
        assert_error(trial_try_restore(100, "r"), ERROR_DENIED,
                     "cannot fetch 'duplicity-full.19700101T000140Z.manifest'");
        trial_restore(100, "r");
}

static Session *open_reading(int64_t at) {
        static Job job;
        Session *session = NULL;
        job = trial_job;
        job.times.now.seconds = at;
        assert_ok(session_open(&job, SESSION_READS, &session));
        return session;
}

static void bring_in_step(Session *session, CacheNeed need) {
        const Chain *chain = collection_newest(session->collection);
        assert_ok(cache_sync(session, chain, chain->set_count, need));
}

TEST(cache_fetches_what_the_run_needs_or_everything) {
        begin();
        trial_job.kind = BACKUP_FULL;
        trial_backup(300);
        trial_drop_cache();
        AUTO(session_close) Session *session = open_reading(400);
        bring_in_step(session, CACHE_NEEDS_MANIFESTS);
        assert_true(is_cached("/duplicity-full.19700101T000500Z.manifest"));
        assert_false(is_cached("signatures"));
        assert_false(is_cached("19700101T000140Z"));
        bring_in_step(session, CACHE_NEEDS_SIGNATURES);
        assert_true(is_cached("/duplicity-full-signatures.19700101T000500Z.sigtar.gz"));
        assert_false(is_cached("19700101T000140Z"));
        session_close(TAKE(session));
        trial_job.sync_all = true;
        session = open_reading(400);
        bring_in_step(session, CACHE_NEEDS_MANIFESTS);
        assert_true(is_cached("/duplicity-full-signatures.19700101T000140Z.sigtar.gz"));
        assert_true(is_cached("/duplicity-inc.19700101T000140Z.to.19700101T000320Z.manifest"));
        assert_non_null(strstr(trial_log(), "Synchronizing remote metadata to local cache..."));
        bring_in_step(session, CACHE_NEEDS_MANIFESTS);
        assert_non_null(strstr(trial_log(), "Local and Remote metadata are synchronized, no sync needed."));
}

TEST(cache_stays_as_it_is_while_another_run_has_the_lock) {
        begin();
        trial_drop_cache();
        tree_folder("archive");
        tree_folder("archive/trial");
        tree_file("archive/trial/duplicity-full.19690101T000000Z.manifest", "");
        tree_folder("archive/trial/lockfile"); /* a process sees no lock of its own: the file is out of reach instead */
        AUTO_TEXT char *locked = tree_text("archive");
        AUTO(session_close) Session *session = open_reading(400);
        Manifest manifest;
        AUTO(reader_close) Reader *reader = NULL;
        char first[512];
        size_t length;
        bring_in_step(session, CACHE_NEEDS_MANIFESTS | CACHE_NEEDS_SIGNATURES);
        assert_ok(cache_read_manifest(session, trial_set(session, 0), session->arena, &manifest));
        assert_int_equal(manifest.volume_count, 1);
        assert_ok(cache_open_signatures(session, trial_set(session, 1), &reader));
        assert_ok(reader_read(reader, first, sizeof first, &length));
        assert_int_equal(length, sizeof first);
        assert_tree("archive", locked);
}

TEST(cache_holds_no_lock_when_a_reading_run_has_brought_it_in_step) {
        begin();
        trial_drop_cache();
        AUTO(session_close) Session *session = open_reading(400);
        bring_in_step(session, CACHE_NEEDS_MANIFESTS);
        assert_null(session->lock);
        assert_int_equal(access("archive/trial/lockfile", F_OK), -1);
}

TEST(cache_fetches_a_manifest_anew_that_speaks_of_too_few_volumes) {
        trial_begin();
        trial_job.name = "trial";
        trial_job.volume_size = 200000;
        tree_random_file("src/large", 500000, 1);
        AUTO_TEXT char *tree = tree_text("src");
        trial_backup(100);
        AUTO_TEXT char *path = memory_text("archive/trial/duplicity-full.19700101T000140Z.manifest");
        AUTO_TEXT char *whole = test_read_file(path, NULL);
        AUTO_TEXT char *cut = memory_copy(whole, (size_t)(strstr(whole, "Volume 2:") - whole));
        tree_file(path, cut);
        trial_check(100, tree);
        AUTO_TEXT char *healed = test_read_file(path, NULL);
        assert_string_equal(healed, whole);
}

TEST(cache_fetches_signatures_anew_whose_copy_is_damaged) {
        static const char path[] = "archive/trial/duplicity-full-signatures.19700101T000140Z.sigtar.gz";
        static const char *const wrong[] = { "", "no gzip", "\x1f\x8b\b" };
        begin();
        AUTO_TEXT char *tree = trial_listing(200);
        for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
                tree_file(path, wrong[i]);
                AUTO_TEXT char *listing = trial_listing(200);
                assert_string_equal(listing, tree);
        }
        memory_storage_fail(MEMORY_CALLS, 0, ERROR_NONE);
        AUTO_TEXT char *listing = trial_listing(200);
        assert_string_equal(listing, tree);
        assert_int_equal(memory_storage_count(MEMORY_GET), 0); /* the last one was kept */
}
