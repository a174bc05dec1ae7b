#include "engine/prove.h"

#include <unistd.h>

#include "engine/cache.h"
#include "engine/trial.h"

enum { VOLUMES = 40 };

/* The numbers that a sample of PERCENT at AT has of VOLUMES volumes: "3 17 ". Caller frees. */
static char *sample(unsigned percent, int64_t at) {
        static char names[VOLUMES][16];
        static SetFile files[VOLUMES];
        Proof proofs[VOLUMES];
        Buffer text = { .data = NULL };
        buffer_init(&text, 0);
        for (size_t i = 0; i < VOLUMES; i++) {
                snprintf(names[i], sizeof names[i], "vol%zu", i);
                files[i] = (SetFile){ .name = names[i] };
                proofs[i] = (Proof){ .file = &files[i] };
        }
        size_t count = prove_choose(proofs, VOLUMES, percent, (Moment){ at });
        for (size_t i = 0; i < count; i++)
                buffer_print(&text, "%s ", proofs[i].file->name + 3);
        return buffer_detach(&text);
}

static size_t count_of(const char *text) {
        size_t count = 0;
        for (; *text; text++)
                count += *text == ' ';
        return count;
}

TEST(prove_chooses_by_lot_and_in_order) {
        size_t total = 0;
        for (int64_t at = 1; at <= 50; at++) {
                AUTO_TEXT char *text = sample(25, at);
                long before = -1;
                for (const char *rest = text; *rest; rest = strchr(rest, ' ') + 1) {
                        assert_true(strtol(rest, NULL, 10) > before);
                        before = strtol(rest, NULL, 10);
                }
                total += count_of(text);
        }
        assert_true(total > 400 && total < 600); /* 500 of 2000 are expected */
}

TEST(prove_chooses_the_same_at_the_same_time_only) {
        AUTO_TEXT char *first = sample(50, 1);
        AUTO_TEXT char *again = sample(50, 1);
        AUTO_TEXT char *later = sample(50, 2);
        assert_string_equal(first, again);
        assert_string_not_equal(first, later);
}

TEST(prove_chooses_at_least_one_and_at_most_all) {
        bool seen[VOLUMES] = { false };
        size_t others = 0;
        for (int64_t at = 1; at <= 30; at++) {
                AUTO_TEXT char *least = sample(0, at);
                AUTO_TEXT char *all = sample(100, at);
                assert_int_equal(count_of(least), 1);
                assert_int_equal(count_of(all), VOLUMES);
                seen[strtol(least, NULL, 10)] = true;
        }
        for (size_t i = 0; i < VOLUMES; i++)
                others += seen[i];
        assert_true(others > 10); /* not always the same one */
        assert_int_equal(prove_choose(NULL, 0, 50, (Moment){ 1 }), 0);
}

/* A list of all volumes of the only set, as the manifest has them. */
static void list_volumes(Session *session, ProofList *list) {
        Manifest manifest;
        const BackupSet *set = trial_set(session, 0);
        assert_ok(cache_read_manifest(session, set, session->arena, &manifest));
        for (size_t i = 0; i < manifest.volume_count; i++)
                proof_list_add(list, (Proof){ .set = set, .file = set->volumes[i], .volume = manifest.volumes[i] });
}

static Error *note(void *context, Proof *proof) {
        Buffer *text = context;
        buffer_print(text, "%ju%s ", (uintmax_t)proof->volume.number, proof->failure ? "!" : "");
        return NULL;
}

static Error *refuse(void *context, Proof *proof) {
        unsigned *count = context;
        *count += 1;
        return proof->volume.number == 2 ? error_new(ERROR_SYSTEM, "enough") : NULL;
}

static void make_volumes(void) {
        if (access("src", F_OK) == 0) /* not the first time in this test */
                tree_remove("src");
        trial_begin();
        trial_drop_cache();
        trial_job.volume_size = 70000;
        tree_random_file("src/a", 600000, 1);
        trial_backup(100);
        assert_true(memory_storage_matches("difftar") > 8);
}

TEST(prove_tells_every_volume_in_order_whatever_is_wrong) {
        for (unsigned concurrency = 1; concurrency <= 4; concurrency++) {
                AUTO_VALUE(prove_clear) ProofList list = { .items = NULL };
                AUTO_VALUE(buffer_clear) Buffer text;
                buffer_init(&text, 0);
                make_volumes();
                memory_storage_alter(memory_storage_find("vol3."), 1000);
                memory_storage_lose(memory_storage_find("vol5."));
                memory_storage_truncate(memory_storage_find("vol6."), 100);
                trial_job.concurrency = concurrency;
                AUTO(session_close) Session *session = trial_session(200);
                Manifest manifest;
                const BackupSet *set = trial_set(session, 0);
                assert_ok(cache_read_manifest(session, set, session->arena, &manifest));
                SetFile lost = *set->volumes[0];
                lost.name = "duplicity-full.19700101T000140Z.vol5.difftar.gz";
                for (size_t i = 0; i < 8; i++) {
                        const SetFile *file = i < 4 ? set->volumes[i] : i == 4 ? &lost : set->volumes[i - 1];
                        proof_list_add(&list, (Proof){ .set = set, .file = file, .volume = manifest.volumes[i] });
                }
                assert_ok(prove_all(session, &list, note, &text));
                assert_string_equal(buffer_text(&text), "1 2 3! 4 5! 6! 7 8 ");
                assert_int_equal(error_exit_code(list.items[2].failure), EXIT_CODE_HASH_MISMATCH);
                assert_int_equal(error_kind(list.items[4].failure), ERROR_MISSING);
        }
}

TEST(prove_ends_when_its_listener_says_so) {
        AUTO_VALUE(prove_clear) ProofList list = { .items = NULL };
        unsigned count = 0;
        make_volumes();
        trial_job.concurrency = 3;
        AUTO(session_close) Session *session = trial_session(200);
        list_volumes(session, &list);
        memory_storage_fail(MEMORY_CALLS, 0, ERROR_NONE);
        assert_error(prove_all(session, &list, refuse, &count), ERROR_SYSTEM, "enough");
        assert_int_equal(count, 2);
        assert_true(memory_storage_count(MEMORY_GET) <= 8); /* not all of them */
}

TEST(prove_of_nothing_opens_nothing) {
        ProofList list = { .items = NULL };
        make_volumes();
        AUTO(session_close) Session *session = trial_session(200);
        memory_storage_fail(MEMORY_CALLS, 0, ERROR_NONE);
        assert_ok(prove_all(session, &list, note, NULL));
        assert_int_equal(memory_storage_count(MEMORY_CALLS), 0);
}

static uint64_t done, expected;

static void listen(UNUSED void *context, const Progress *progress) {
        assert_string_equal(progress->doing, "checking");
        assert_true(progress->bytes > done);
        done = progress->bytes;
        expected = progress->total_bytes;
}

TEST(prove_tells_how_far_it_is) {
        AUTO_VALUE(prove_clear) ProofList list = { .items = NULL };
        AUTO_VALUE(buffer_clear) Buffer text;
        buffer_init(&text, 0);
        make_volumes();
        trial_job.progress = listen;
        done = 0;
        AUTO(session_close) Session *session = trial_session(200);
        list_volumes(session, &list);
        assert_ok(prove_all(session, &list, note, &text));
        assert_true(done > 600000);
        assert_int_equal(done, expected);
}
