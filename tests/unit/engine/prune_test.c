#include "engine/prune.h"

#include <sys/stat.h>
#include <unistd.h>

#include "engine/trial.h"
#include "sys/cancel.h"

/* What was told first and last. */
typedef struct Told {
        unsigned count;
        size_t planned, local;
        bool will_delete, is_done;
        uint64_t files, bytes;
} Told;

static Told told;

static void keep_report(UNUSED void *context, const PruneReport *report) {
        told.count++;
        told.planned = report->plan->removal_count;
        told.local = report->local_files->count;
        told.will_delete = report->will_delete;
        told.is_done = report->is_done;
        told.files = report->removed_files;
        told.bytes = report->removed_bytes;
}

static Error *prune(RetentionRule rule, bool force) {
        Job job = trial_job;
        job.retention = rule;
        job.force = force;
        job.times.now.seconds = 10000;
        told = (Told){ .count = 0 };
        return prune_run(&job, keep_report, NULL);
}

static const RetentionRule older_than_350 = { .kind = RETENTION_OLDER_THAN, .before = { 350 } };
static const RetentionRule all_but_one = { .kind = RETENTION_CHAINS, .chain_count = 1 };
static const RetentionRule incrementals_of_all_but_one = { .kind = RETENTION_INCREMENTALS, .chain_count = 1 };
static const RetentionRule last = { .kind = RETENTION_POLICY, .keep = { [RETENTION_LAST] = 1 } };
static const RetentionRule cleanup = { .kind = RETENTION_CLEANUP };

/* The tree as it was at each hundred seconds. */
static char *trees[8];

static void back_up(int64_t at, BackupKind kind) {
        char path[20];
        snprintf(path, sizeof path, "src/of-%d", (int)at);
        tree_random_file(path, 30000, (uint64_t)at);
        trial_job.kind = kind;
        trial_backup(at);
        memory_free(trees[at / 100]);
        trees[at / 100] = tree_text("src");
}

static void forget_trees(void) {
        for (size_t i = 0; i < ARRAY_LENGTH(trees); i++)
                memory_free(TAKE(trees[i]));
}

/* Chains of 100-200-300, 400-500, 600; the full sets have several volumes. */
static void begin(void) {
        static bool registered;
        if (!registered)
                atexit(forget_trees);
        registered = true;
        trial_begin();
        trial_job.name = "trial";
        trial_job.no_compression = true;
        trial_job.volume_size = 40000;
        tree_random_file("src/big", 50000, 7);
        back_up(100, BACKUP_FULL);
        back_up(200, BACKUP_INCREMENTAL);
        back_up(300, BACKUP_INCREMENTAL);
        back_up(400, BACKUP_FULL);
        back_up(500, BACKUP_INCREMENTAL);
        back_up(600, BACKUP_FULL);
        memory_storage_fail(MEMORY_CALLS, 0, ERROR_NONE);
}

/* Restores every set there is, and compares it; returns how many there are. None may have lost those before it. */
static size_t restore_all(void) {
        size_t count = 0;
        AUTO(session_close) Session *session = trial_session(10000);
        int64_t ends[8];
        assert_int_equal(session->collection->orphan_count, 0);
        for (size_t i = 0; i < session->collection->chain_count; i++)
                for (size_t j = 0; j < session->collection->chains[i].set_count; j++)
                        ends[count++] = session->collection->chains[i].sets[j]->end.seconds;
        session_close(TAKE(session));
        for (size_t i = 0; i < count; i++)
                trial_check(ends[i], trees[ends[i] / 100]);
        return count;
}

static size_t count_local(const char *part) {
        size_t count = 0;
        AUTO_TEXT char *folder = tree_text("archive/trial");
        for (const char *found = folder; (found = strstr(found, part)); found++)
                count++;
        return count;
}

TEST(prune_without_force_lists_only) {
        begin();
        size_t before = memory_storage_matches("");
        assert_ok(prune(all_but_one, false));
        assert_int_equal(told.count, 2);
        assert_true(told.planned > 10);
        assert_false(told.will_delete);
        assert_true(told.is_done);
        assert_int_equal(told.files, 0);
        trial_job.dry_run = true;
        assert_ok(prune(all_but_one, true));
        assert_false(told.will_delete);
        assert_int_equal(memory_storage_count(MEMORY_REMOVE), 0);
        assert_int_equal(memory_storage_count(MEMORY_GET), 0);
        assert_int_equal(memory_storage_matches(""), before);
        assert_int_equal(count_local("duplicity-"), 12);
}

TEST(prune_removes_chains_and_their_local_copies) {
        begin();
        assert_int_equal(memory_storage_matches("19700101T000140Z"), 8);
        assert_ok(prune(older_than_350, true));
        assert_true(told.is_done);
        assert_int_equal(told.files, told.planned);
        assert_int_equal(memory_storage_count(MEMORY_REMOVE), told.planned);
        assert_int_equal(memory_storage_count(MEMORY_GET), 0);
        assert_int_equal(memory_storage_matches("19700101T000140Z"), 0); /* 100 */
        assert_int_equal(memory_storage_matches("19700101T000500Z"), 0); /* 300 */
        assert_int_equal(count_local("duplicity-"), 6);
        assert_int_equal(count_local("19700101T000140Z"), 0);
        assert_int_equal(restore_all(), 3);
        assert_non_null(strstr(trial_log(), "Deleting complete backup chain Thu Jan  1 00:05:00 1970"));
        assert_ok(prune(older_than_350, true));
        assert_int_equal(told.planned, 0);
}

TEST(prune_counts_bytes) {
        begin();
        uint64_t bytes = memory_storage_content(memory_storage_find("full.19700101T000140Z.vol1")).length;
        assert_ok(prune(older_than_350, true));
        assert_true(told.bytes > bytes + 3 * 30000);
}

TEST(prune_keeps_full_sets_when_only_incrementals_go) {
        begin();
        assert_ok(prune(incrementals_of_all_but_one, true));
        assert_int_equal(memory_storage_matches("duplicity-inc"), 0);
        assert_int_equal(memory_storage_matches("new-signatures"), 0);
        assert_int_equal(count_local("duplicity-full."), 3);
        assert_int_equal(count_local("duplicity-inc"), 0);
        assert_int_equal(restore_all(), 3);
}

/* Breaks RULE off before each of its removals: what is left can be restored, and the same command, with cleanup behind
 * it, gets to where it would have got undisturbed. */
static void break_off_everywhere(RetentionRule rule, size_t sets_kept) {
        begin();
        memory_storage_keep();
        assert_ok(prune(rule, true));
        const size_t removals = told.planned, files_kept = memory_storage_matches("");
        assert_true(removals > 3);
        for (size_t n = 1; n <= removals; n++) {
                memory_storage_go_back();
                memory_storage_fail(MEMORY_REMOVE, (unsigned)n, ERROR_TRANSIENT);
                assert_error(prune(rule, true), ERROR_TRANSIENT, "the same command goes on from here");
                assert_false(told.is_done);
                memory_storage_fail(MEMORY_CALLS, 0, ERROR_NONE);
                if (n % 3 == 0) /* another host, or a lost cache */
                        trial_drop_cache();
                assert_true(restore_all() >= sets_kept);
                assert_ok(prune(rule, true));
                assert_ok(prune(cleanup, true));
                assert_int_equal(memory_storage_matches(""), files_kept);
                assert_int_equal(restore_all(), sets_kept);
        }
        back_up(700, BACKUP_AUTO);
        assert_false(trial_summary.full);
}

TEST(prune_by_age_may_be_broken_off_anywhere) {
        break_off_everywhere(older_than_350, 3);
}

TEST(prune_by_number_may_be_broken_off_anywhere) {
        break_off_everywhere(all_but_one, 1);
}

TEST(prune_of_incrementals_may_be_broken_off_anywhere) {
        break_off_everywhere(incrementals_of_all_but_one, 3);
}

TEST(prune_by_policy_may_be_broken_off_anywhere) {
        break_off_everywhere(last, 1);
}

TEST(prune_stops_when_asked_to) {
        begin();
        size_t before = memory_storage_matches("");
        cancel_request();
        assert_error(prune(all_but_one, true), ERROR_CANCELLED, "interrupted");
        cancel_clear();
        assert_int_equal(memory_storage_matches(""), before);
}

TEST(prune_refuses_rules_that_spare_nothing) {
        begin();
        assert_error(prune((RetentionRule){ .kind = RETENTION_POLICY }, true), ERROR_USER, "what to keep");
        assert_error(prune((RetentionRule){ .kind = RETENTION_CHAINS }, true), ERROR_USER, "greater than 0");
        assert_int_equal(memory_storage_count(MEMORY_CALLS), 0);
        assert_int_equal(told.count, 0);
}

TEST(prune_of_an_empty_place_does_nothing) {
        trial_begin();
        assert_ok(prune(all_but_one, true));
        assert_ok(prune(cleanup, true));
        assert_int_equal(told.planned, 0);
        assert_int_equal(told.local, 0);
}

/* ---- cleanup ---- */

static void add_remote(const char *name) {
        memory_storage_write(name, bytes_of("x"));
}

static void add_local(const char *name) {
        AUTO_TEXT char *path = memory_print("archive/trial/%s", name);
        tree_file(path, "x");
}

TEST(cleanup_of_a_sound_repository_finds_nothing) {
        begin();
        assert_ok(prune(cleanup, true));
        assert_int_equal(told.planned, 0);
        assert_int_equal(told.local, 0);
        assert_int_equal(count_local("duplicity-"), 12);
}

TEST(cleanup_takes_what_no_chain_needs_here_and_there) {
        begin();
        size_t before = memory_storage_matches("");
        add_remote("duplicity-full.19700101T010000Z.vol1.difftar.gz"); /* unfinished, with its signatures */
        add_remote("duplicity-full-signatures.19700101T010000Z.sigtar.gz");
        add_remote("duplicity-inc.19700101T010000Z.to.19700101T010001Z.manifest"); /* an orphan */
        add_remote("duplicity-new-signatures.19700101T010002Z.to.19700101T010003Z.sigtar.gz"); /* a stray */
        add_remote("duplicity-full.19700101T010004Z.jsonstat");
        add_remote("notes");
        add_local("duplicity-full-signatures.19700101T010000Z.sigtar.gz"); /* goes with its set */
        add_local("duplicity-full.19700101T010000Z.manifest.part");
        add_local("duplicity-full.19700101T010005Z.manifest");
        add_local("duplicity-full-signatures.19700101T010006Z.sigtar.part");
        add_local("duplicity-full.19700101T010006Z.vol1.difftar.gz"); /* nobody keeps volumes there: not ours */
        add_local("notes");

        assert_ok(prune(cleanup, false));
        assert_int_equal(told.planned, 5);
        assert_int_equal(told.local, 3);
        assert_int_equal(memory_storage_matches(""), before + 6);
        assert_int_equal(count_local("duplicity-"), 17);

        assert_ok(prune(cleanup, true));
        assert_int_equal(told.files, 5);
        assert_int_equal(memory_storage_matches(""), before + 1);
        assert_int_equal(memory_storage_matches("notes"), 1);
        assert_int_equal(count_local("duplicity-"), 13);
        assert_int_equal(count_local("notes"), 1);
        assert_int_equal(restore_all(), 6);
}

TEST(cleanup_takes_copies_and_names_doubtful_ones) {
        begin();
        AUTO_TEXT char *name = memory_text(memory_storage_find("full.19700101T000140Z.vol1"));
        AUTO_TEXT char *copy = memory_print("%s.bak", name);
        AUTO_TEXT char *rival = memory_print("%s.gz", name);
        size_t before = memory_storage_matches("");
        add_remote(copy);
        add_remote(rival);
        assert_int_equal(restore_all(), 6); /* they do not disturb */
        AUTO_TEXT char *warning = memory_print("'%s': claims to be the same file as '%s', which is used", copy, name);
        assert_non_null(strstr(trial_log(), warning));
        assert_ok(prune(cleanup, true));
        assert_int_equal(told.planned, 1);
        assert_int_equal(memory_storage_matches(".bak"), 0);
        assert_int_equal(memory_storage_matches(""), before + 1);
        assert_int_equal(count_local("19700101T000140Z"), 4); /* its set stays */
        assert_int_equal(restore_all(), 6);
}

TEST(prune_takes_statistics_with_their_set) {
        begin();
        add_remote("duplicity-full.19700101T000140Z.jsonstat.gz");
        add_remote("duplicity-full.19700101T001000Z.jsonstat");
        add_local("duplicity-full.19700101T000140Z.jsonstat");
        assert_ok(prune(all_but_one, true));
        assert_int_equal(memory_storage_matches("jsonstat"), 1);
        assert_int_equal(count_local("jsonstat"), 0);
        assert_ok(prune(cleanup, true));
        assert_int_equal(memory_storage_matches("19700101T001000Z.jsonstat"), 1);
}
