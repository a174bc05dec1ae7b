#include "engine/check.h"

#include <unistd.h>

#include "engine/forge.h"
#include "engine/trial.h"
#include "sys/cancel.h"

static CheckTotals totals;
static Buffer findings; /* "kind kind ", or with their texts */
static bool with_texts;

static void note(UNUSED void *context, const Finding *finding) {
        assert_true(strlen(finding->remedy) > 10);
        if (with_texts)
                buffer_print(&findings, "%s: %s\n", finding->name, finding->what);
        else
                buffer_print(&findings, "%s ", finding->name);
}

static Error *try_check(int64_t at) {
        Job job = trial_job;
        job.times.now.seconds = at;
        totals = (CheckTotals){ .chains = 0 };
        buffer_clear(&findings);
        return check_run(&job, &totals, note, NULL);
}

/* What a check finds: the kinds, each with a blank behind it. */
static const char *found(void) {
        with_texts = false;
        assert_ok(try_check(10000));
        return buffer_text(&findings);
}

static const char *found_texts(void) {
        with_texts = true;
        assert_ok(try_check(10000));
        return buffer_text(&findings);
}

/* Full and two incrementals, the full one of several volumes. */
static void make_chain(void) {
        if (access("src", F_OK) == 0) /* not the first time in this test */
                tree_remove("src");
        trial_begin();
        trial_drop_cache();
        trial_job.volume_size = 70000;
        tree_random_file("src/a", 300000, 1);
        tree_file("src/b", "b");
        trial_backup(100);
        tree_file("src/b", "changed");
        trial_backup(200);
        tree_file("src/c", "c");
        trial_backup(300);
        buffer_clear(&findings);
}

TEST(check_finds_nothing_in_what_is_sound) {
        make_chain();
        assert_string_equal(found(), "");
        assert_int_equal(totals.chains, 1);
        assert_int_equal(totals.sets, 3);
        assert_int_equal(totals.volumes, memory_storage_matches("difftar"));
        assert_int_equal(totals.proven_volumes, totals.volumes);
        assert_true(totals.proven_bytes > 300000);
        assert_int_equal(totals.errors + totals.warnings, 0);
        trial_drop_cache();
        assert_string_equal(found(), "");
        trial_job.replay = true;
        assert_string_equal(found(), "");
        assert_int_equal(totals.replayed_files, 4);
        assert_int_equal(totals.proven_volumes, totals.volumes);
}

TEST(check_changes_nothing) {
        make_chain();
        AUTO_TEXT char *archive = tree_text("archive");
        memory_storage_fail(MEMORY_CALLS, 0, ERROR_NONE);
        assert_string_equal(found(), "");
        assert_int_equal(memory_storage_count(MEMORY_PUT) + memory_storage_count(MEMORY_REMOVE), 0);
        AUTO_TEXT char *after = tree_text("archive");
        assert_string_equal(after, archive);
}

TEST(check_finds_every_kind_of_damage) {
        static const struct {
                const char *kinds, *lose, *alter;
        } cases[] = {
                { "volume-missing ", "full.19700101T000140Z.vol2.", NULL },
                { "volume-damaged ", NULL, "full.19700101T000140Z.vol2." },
                { "signatures-missing ", "full-signatures", NULL },
                { "signatures-unreadable ", NULL, "full-signatures" },
                { "orphan unfinished ", "Z.to.19700101T000320Z.manifest", NULL },
                { "unfinished ", "Z.to.19700101T000500Z.manifest", NULL },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                make_chain();
                if (cases[i].lose)
                        memory_storage_lose(memory_storage_find(cases[i].lose));
                if (cases[i].alter)
                        memory_storage_alter(memory_storage_find(cases[i].alter), 300);
                trial_drop_cache();
                assert_string_equal(found(), cases[i].kinds);
        }
}

TEST(check_goes_on_after_a_finding) {
        make_chain();
        memory_storage_alter(memory_storage_find("full.19700101T000140Z.vol1."), 300);
        memory_storage_lose(memory_storage_find("full.19700101T000140Z.vol2."));
        memory_storage_truncate(memory_storage_find("full.19700101T000140Z.vol3."), 0);
        memory_storage_write("duplicity-full.19700101T000140Z.vol4.difftar.gz.bak", bytes_of("x"));
        memory_storage_write("duplicity-full.19700101T000140Z.vol99.difftar.gz", bytes_of("x"));
        memory_storage_lose(memory_storage_find("new-signatures.19700101T000140Z"));
        memory_storage_truncate(memory_storage_find("Z.to.19700101T000500Z.manifest"), 5);
        trial_drop_cache();
        assert_string_equal(found(), "signatures-missing duplicate volume-missing volume-size volume-unlisted "
                                     "manifest-unreadable volume-damaged ");
        assert_int_equal(totals.errors, 5);
        assert_int_equal(totals.warnings, 2);
}

TEST(check_names_what_it_finds) {
        make_chain();
        memory_storage_alter(memory_storage_find("full.19700101T000140Z.vol1."), 300);
        memory_storage_lose(memory_storage_find("full.19700101T000140Z.vol2."));
        const char *texts = found_texts();
        assert_non_null(strstr(texts, "volume-missing: volume 2 of the full set of 1970-01-01T00:01:40Z is missing\n"));
        assert_non_null(strstr(texts, "volume-damaged: full set of 1970-01-01T00:01:40Z: volume "
                                      "'duplicity-full.19700101T000140Z.vol1.difftar.gz' is damaged: its hash is "));
}

TEST(check_compares_local_copies) {
        make_chain();
        trial_job.name = "trial";
        trial_drop_cache();
        AUTO_TEXT char *manifest = memory_text("archive/trial/duplicity-full.19700101T000140Z.manifest");
        assert_string_equal(found(), "");
        session_close(trial_session(400)); /* makes the archive folder */
        test_write_file(manifest, bytes_of("Hostname other\n"));
        test_write_file("archive/trial/duplicity-full-signatures.19700101T000140Z.sigtar.gz", bytes_of("no gzip"));
        test_write_file("archive/trial/duplicity-full.20000101T000000Z.manifest", bytes_of("x"));
        test_write_file("archive/trial/unknown", bytes_of("x"));
        assert_string_equal(found(), "copy-alone copy-differs copy-differs ");
        assert_int_equal(totals.warnings, 3);
        size_t length;
        AUTO_TEXT char *kept = test_read_file("archive/trial/duplicity-full.20000101T000000Z.manifest", &length);
        assert_string_equal(kept, "x");
}

TEST(check_finds_senseless_signatures) {
        trial_begin();
        forge_begin(100, 100);
        forge_folder("snapshot/./");
        forge_file("snapshot/a", bytes_of("a"));
        forge_signature(&(TarMember){ .type = TAR_FOLDER, .name = "snapshot/" }, bytes_of(""));
        forge_signature_file("signature/a", 1);
        forge_finish();
        assert_string_equal(found(), "signatures-senseless ");
}

TEST(check_finds_signatures_out_of_order) {
        trial_begin();
        forge_begin(100, 100);
        forge_folder("snapshot/./");
        forge_signature_file("snapshot/b", 1);
        forge_signature_file("snapshot/a", 1);
        forge_finish();
        assert_string_equal(found(), "signatures-unreadable ");
}

TEST(check_finds_stray_signatures_and_overlaps) {
        make_chain();
        trial_job.kind = BACKUP_FULL;
        trial_backup(400);
        AUTO_TEXT char *name = memory_text(memory_storage_find("full.19700101T000640Z.manifest"));
        AUTO_TEXT char *first = memory_text(memory_storage_find("full.19700101T000640Z.vol1."));
        for (size_t i = 2; i <= 5; i++) {
                AUTO_TEXT char *volume = memory_print("full.19700101T000640Z.vol%zu.", i);
                if (memory_storage_matches(volume))
                        memory_storage_lose(memory_storage_find(volume));
        }
        memory_storage_lose(name);
        memory_storage_lose(first);
        assert_non_null(strstr(found(), "stray "));
        forge_begin(250, 250);
        forge_folder("snapshot/./");
        forge_signature(&(TarMember){ .type = TAR_FOLDER, .name = "snapshot/" }, bytes_of(""));
        forge_finish();
        assert_non_null(strstr(found(), "chains-overlap "));
}

TEST(check_replays_to_find_what_hashes_do_not_show) {
        trial_begin();
        forge_begin(100, 100);
        forge_folder("snapshot/./");
        forge_file("snapshot/a", bytes_of("content"));
        forge_file("multivol_snapshot/b/2", bytes_of("the second chunk"));
        forge_file("snapshot/c", bytes_of("content"));
        forge_signature_file("snapshot/a", 1);
        forge_finish();
        assert_string_equal(found(), "");
        trial_job.replay = true;
        const char *texts = found_texts();
        assert_string_equal(texts, "content-damaged: 'b': its content in the full set of 1970-01-01T00:01:40Z: "
                                   "chunk 1 is missing\n");
        assert_int_equal(totals.replayed_files, 4);
}

TEST(check_hashes_what_it_could_not_replay) {
        make_chain();
        trial_job.replay = true;
        memory_storage_alter(memory_storage_find("full.19700101T000140Z.vol1."), 300);
        memory_storage_alter(memory_storage_find("full.19700101T000140Z.vol3."), 300);
        assert_string_equal(found(), "chain-unreadable volume-damaged volume-damaged ");
}

TEST(check_fetches_a_sample_only) {
        make_chain();
        trial_job.sample_percent = 1;
        memory_storage_fail(MEMORY_CALLS, 0, ERROR_NONE);
        assert_string_equal(found(), "");
        assert_int_equal(totals.proven_volumes, 3);
        size_t volumes = 0;
        for (const char *at = memory_storage_gets(); (at = strstr(at, "difftar")); at++)
                volumes++;
        assert_int_equal(volumes, 3);
        trial_job.replay = true;
        Error *error = try_check(10000);
        assert_int_equal(error_exit_code(error), EXIT_CODE_COMMAND_LINE);
        assert_error(error, ERROR_USER, "'--full' and '--sample'");
}

TEST(check_ends_when_the_storage_does) {
        make_chain();
        memory_storage_fail(MEMORY_GET, 2, ERROR_TRANSIENT);
        assert_error(try_check(10000), ERROR_TRANSIENT, "");
        memory_storage_fail(MEMORY_GET, 1, ERROR_SYSTEM);
        assert_error(try_check(10000), ERROR_SYSTEM, "");
        memory_storage_fail(MEMORY_GET, 8, ERROR_TRANSIENT); /* a volume */
        assert_error(try_check(10000), ERROR_TRANSIENT, "");
}

TEST(check_can_be_interrupted) {
        make_chain();
        cancel_request();
        Error *error = try_check(10000);
        cancel_clear();
        assert_error(error, ERROR_CANCELLED, "");
}

TEST(check_of_nothing_is_an_error_but_leftovers_are_told) {
        trial_begin();
        Error *error = try_check(100);
        assert_int_equal(error_exit_code(error), EXIT_CODE_NOTHING_RESTORED);
        error_free(error);
        memory_storage_write("duplicity-full.19700101T000140Z.vol1.difftar.gz", bytes_of("x"));
        with_texts = false;
        error = try_check(100);
        assert_int_equal(error_exit_code(error), EXIT_CODE_NOTHING_RESTORED);
        error_free(error);
        assert_string_equal(buffer_text(&findings), "unfinished ");
        buffer_clear(&findings);
}
