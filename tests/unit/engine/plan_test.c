#include "engine/plan.h"

#include <unistd.h>

#include "engine/forge.h"
#include "engine/trial.h"
#include "sys/clock.h"

static Error *plan_at(int64_t at, Plan *plan) {
        Session *session = trial_session(at);
        Error *error = plan_backup(session, plan);
        session_close(session);
        return error;
}

static void expect_code(Error *error, ExitCode code, const char *text) {
        assert_int_equal(error_exit_code(error), code);
        assert_non_null(strstr(error_story(error), text));
        error_free(error);
}

/* A session opened by trial_session knows no folder but "src"; the archive folder is made by it. */
TEST(plan_is_full_where_there_is_nothing) {
        Plan plan;
        trial_begin();
        assert_ok(plan_at(100, &plan));
        assert_true(plan.full);
        assert_null(plan.base);
        assert_int_equal(plan.time.seconds, 100);
        assert_int_equal(plan.start.seconds, 100);
        assert_non_null(strstr(trial_log(), "No signatures found, switching to full backup."));
}

TEST(plan_continues_the_newest_chain) {
        Plan plan;
        trial_begin();
        trial_backup(100);
        trial_backup(200);
        AUTO(session_close) Session *session = trial_session(300);
        assert_ok(plan_backup(session, &plan));
        assert_false(plan.full);
        assert_ptr_equal(plan.base, collection_newest(session->collection));
        assert_int_equal(plan.start.seconds, 200);
        assert_int_equal(plan.time.seconds, 300);
}

TEST(plan_is_full_when_told_so) {
        Plan plan;
        trial_begin();
        trial_backup(100);
        trial_job.kind = BACKUP_FULL;
        assert_ok(plan_at(200, &plan));
        assert_true(plan.full);
        assert_null(plan.base);
}

TEST(plan_refuses_an_incremental_of_nothing) {
        Plan plan;
        trial_begin();
        trial_job.kind = BACKUP_INCREMENTAL;
        expect_code(plan_at(100, &plan), EXIT_CODE_INC_WITHOUT_SIGNATURES, "no full backup");
}

TEST(plan_does_not_continue_a_chain_without_signatures) {
        Plan plan;
        trial_begin();
        trial_backup(100);
        memory_storage_lose(memory_storage_find("full-signatures"));
        assert_ok(plan_at(200, &plan));
        assert_true(plan.full);
        assert_non_null(strstr(trial_log(), "signature archive of the full set of 1970"));
        trial_job.kind = BACKUP_INCREMENTAL;
        expect_code(plan_at(200, &plan), EXIT_CODE_INC_WITHOUT_SIGNATURES, "signatures to continue");
}

TEST(plan_makes_a_full_set_when_the_last_one_is_too_old) {
        Plan plan;
        trial_begin();
        trial_backup(100);
        trial_backup(200);
        trial_job.has_full_before = true;
        trial_job.full_before.seconds = 100; /* as old as allowed */
        assert_ok(plan_at(300, &plan));
        assert_false(plan.full);
        trial_job.full_before.seconds = 101; /* the age of the full set counts, not that of the incremental */
        assert_ok(plan_at(300, &plan));
        assert_true(plan.full);
        assert_non_null(strstr(trial_log(), "too old, forcing full backup"));
}

TEST(plan_refuses_a_clock_behind_the_last_set) {
        Plan plan;
        trial_begin();
        trial_backup(300);
        expect_code(plan_at(200, &plan), EXIT_CODE_USER_ERROR, "set the clock right");
        trial_job.kind = BACKUP_FULL;
        expect_code(plan_at(200, &plan), EXIT_CODE_USER_ERROR, "there is a backup of 1970-01-01T00:05:00Z already");
}

TEST(plan_takes_no_moment_of_an_unfinished_set_and_is_not_stopped_by_it) {
        Plan plan;
        trial_begin();
        trial_backup(300);
        memory_storage_lose(memory_storage_find("full.19700101T000500Z.manifest"));
        assert_ok(plan_at(200, &plan)); /* a leftover of a wrong clock */
        assert_ok(plan_at(300, &plan)); /* its volumes must not become part of the new set */
        assert_true(plan.full);
        assert_true(plan.time.seconds > 300);
}

TEST(plan_waits_for_the_next_second) {
        Plan plan;
        trial_begin();
        trial_backup(300);
        assert_ok(plan_at(300, &plan)); /* the real clock is further by decades */
        assert_true(plan.time.seconds > 300);
}

TEST(plan_refuses_another_source_unless_allowed) {
        Plan plan;
        trial_begin();
        forge_begin(100, 100);
        forge_finish();
        expect_code(plan_at(200, &plan), EXIT_CODE_HOST_MISMATCH, "of host 'host'");
        trial_job.allow_source_mismatch = true;
        assert_ok(plan_at(200, &plan));
        assert_false(plan.full);
}

TEST(plan_refuses_another_folder_unless_allowed) {
        trial_begin();
        trial_backup(100);
        tree_folder("other");
        Job job = trial_job;
        job.times.now.seconds = 200;
        job.folder = "other";
        expect_code(backup_run(&job, &trial_summary), EXIT_CODE_SOURCE_MISMATCH, "of 'src', not of 'other'");
        job.folder = "./src//";
        assert_ok(backup_run(&job, &trial_summary));
        assert_false(trial_summary.full);
        job.times.now.seconds = 300;
        job.folder = "other";
        job.kind = BACKUP_FULL; /* begins anew: there is nothing to differ from */
        assert_ok(backup_run(&job, &trial_summary));
}

TEST(plan_source_is_the_path_as_typed_without_needless_parts) {
        static const char *const cases[][2] = {
                { "/srv//x/", "/srv/x" }, { "./a/./b/", "a/b" }, { ".", "." }, { "/", "/" }, { "a/../b", "a/../b" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO_TEXT char *source = plan_source(cases[i][0]);
                assert_string_equal(source, cases[i][1]);
        }
        AUTO_TEXT char *host = plan_host();
        assert_true(host[0]);
}
