#include "engine/ship.h"

#include "engine/cache.h"
#include "engine/trial.h"
#include "sys/file.h"

static const Plan plan = { .full = true, .start = { 100 }, .time = { 100 } };

/* Everything of VOLUME, decoded. */
static void read_volume(Session *session, uint64_t number, Buffer *out) {
        const BackupSet *set = trial_set(session, 0);
        AUTO(reader_close) Reader *reader = NULL;
        assert_true(number <= set->volume_count);
        assert_ok(session_read(session, set->volumes[number - 1], &reader));
        assert_ok(reader_read_all(reader, out));
}

/* Ships VOLUMES volumes of SIZE bytes, in odd pieces, with as much to the signatures, and reads all back. */
static void ship_and_check(size_t volumes, size_t size) {
        uint64_t count, stored;
        Ship *ship;
        AUTO(session_close) Session *session = trial_session(100);
        assert_ok(ship_open(session, &plan, NULL, NULL, &ship));
        for (size_t number = 0; number < volumes; number++) {
                AUTO_TEXT char *content = (char *)test_random_bytes(size, number);
                size_t piece = size / 7 + 1;
                for (size_t at = 0; at < size; at += piece) {
                        Bytes bytes = bytes_slice(bytes_make(content, size), at, piece);
                        assert_ok(ship_add_to_volume(ship, bytes));
                        assert_ok(ship_add_to_signatures(ship, bytes));
                }
                assert_ok(ship_end_volume(ship, (Position){ "a", 1 }, (Position){ "b", -1 }));
        }
        assert_ok(ship_list_file(ship, FILE_CHANGE_NEW, "a"));
        assert_ok(ship_finish(ship, &count, &stored));
        assert_int_equal(count, volumes);
        session_close(TAKE(session));

        session = trial_session(200);
        AUTO_VALUE(buffer_clear) Buffer signatures = { .data = NULL };
        AUTO(reader_close) Reader *reader = NULL;
        assert_ok(session_read(session, trial_set(session, 0)->signature, &reader));
        assert_ok(reader_read_all(reader, &signatures));
        assert_int_equal(signatures.length, volumes * size);
        uint64_t sum = 0;
        for (size_t number = 0; number < volumes; number++) {
                AUTO_VALUE(buffer_clear) Buffer volume = { .data = NULL };
                AUTO_TEXT char *content = (char *)test_random_bytes(size, number);
                read_volume(session, number + 1, &volume);
                assert_bytes_equal(buffer_bytes(&volume), bytes_make(content, size));
                assert_bytes_equal(bytes_slice(buffer_bytes(&signatures), number * size, size),
                                   bytes_make(content, size));
                sum += trial_set(session, 0)->volumes[number]->size;
        }
        assert_int_equal(stored, sum);
}

TEST(ship_brings_everything_whatever_the_size) {
        static const size_t sizes[] = { 0, 1, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 1000000 };
        for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
                trial_begin();
                ship_and_check(3, sizes[i]);
                tree_remove("src");
                trial_drop_cache();
        }
}

TEST(ship_brings_everything_uncompressed) {
        trial_begin();
        trial_job.no_compression = true;
        ship_and_check(3, 700000);
}

TEST(ship_brings_many_volumes_by_several_uploaders_in_order) {
        trial_begin();
        trial_job.concurrency = 4;
        trial_job.threads = 3;
        ship_and_check(40, 5000);
        AUTO(session_close) Session *session = trial_session(200);
        Manifest manifest;
        assert_ok(cache_read_manifest(session, trial_set(session, 0), session->arena, &manifest));
        assert_int_equal(manifest.volume_count, 40);
        for (size_t i = 0; i < 40; i++) {
                uint8_t hash[DIGEST_SHA1_SIZE];
                const Volume *volume = &manifest.volumes[i];
                digest_once(DIGEST_SHA1, memory_storage_content(trial_set(session, 0)->volumes[i]->name), hash);
                assert_int_equal(volume->number, i + 1);
                assert_memory_equal(volume->hash, hash, sizeof hash);
                assert_string_equal(volume->first.path, "a");
                assert_int_equal(volume->first.block, 1);
                assert_string_equal(volume->last.path, "b");
        }
}

/* Returns the error of the first call that has one. */
static Error *ship_much(Ship *ship) {
        AUTO_TEXT char *content = (char *)test_random_bytes(300000, 1);
        for (size_t i = 0; i < 50; i++) {
                TRY(ship_add_to_volume(ship, bytes_make(content, 300000)));
                TRY(ship_add_to_signatures(ship, bytes_make(content, 1000)));
                TRY(ship_end_volume(ship, (Position){ "a", -1 }, (Position){ "a", -1 }));
        }
        return NULL;
}

TEST(ship_stops_soon_after_a_failed_upload_and_says_which) {
        for (unsigned concurrency = 1; concurrency < 4; concurrency += 2) {
                trial_begin();
                trial_job.concurrency = concurrency;
                AUTO(session_close) Session *session = trial_session(100);
                AUTO(ship_abandon) Ship *ship = NULL;
                assert_ok(ship_open(session, &plan, NULL, NULL, &ship));
                memory_storage_fail(MEMORY_PUT, 2, ERROR_DENIED);
                assert_error(ship_much(ship), ERROR_DENIED, "cannot store 'duplicity-full.19700101T000140Z.vol");
                assert_true(memory_storage_count(MEMORY_PUT) < 20);
                tree_remove("src");
        }
}

TEST(ship_stops_when_no_further_connection_can_be_had) {
        trial_begin();
        trial_job.concurrency = 2;
        AUTO(session_close) Session *session = trial_session(100);
        AUTO(ship_abandon) Ship *ship = NULL;
        assert_ok(ship_open(session, &plan, NULL, NULL, &ship));
        memory_storage_slow_down(0.05); /* the second volume does not wait for the first one */
        memory_storage_fail(MEMORY_OPEN, 1, ERROR_DENIED);
        assert_error(ship_much(ship), ERROR_DENIED, "vol2");
}

TEST(ship_needs_no_connection_beside_the_session_s_for_one_volume_at_a_time) {
        uint64_t count, stored;
        trial_begin();
        trial_job.concurrency = 1;
        AUTO(session_close) Session *session = trial_session(100);
        Ship *ship = NULL;
        assert_ok(ship_open(session, &plan, NULL, NULL, &ship));
        memory_storage_fail(MEMORY_CALLS, 0, ERROR_NONE);
        assert_ok(ship_much(ship));
        assert_ok(ship_finish(ship, &count, &stored));
        assert_int_equal(count, 50);
        assert_int_equal(memory_storage_count(MEMORY_OPEN), 0);
}

TEST(ship_tells_the_last_upload_s_failure_at_the_end) {
        Ship *ship = NULL;
        uint64_t count, stored;
        trial_begin();
        AUTO(session_close) Session *session = trial_session(100);
        assert_ok(ship_open(session, &plan, NULL, NULL, &ship));
        memory_storage_fail(MEMORY_PUT, 1, ERROR_DENIED);
        assert_ok(ship_add_to_volume(ship, bytes_of("x")));
        assert_ok(ship_end_volume(ship, (Position){ "a", -1 }, (Position){ "a", -1 }));
        assert_error(ship_finish(ship, &count, &stored), ERROR_DENIED, "vol1");
        assert_int_equal(memory_storage_matches(""), 0);
}

TEST(ship_can_be_abandoned_at_any_time) {
        for (unsigned stage = 0; stage < 4; stage++) {
                Ship *ship = NULL;
                trial_begin();
                AUTO(session_close) Session *session = trial_session(100);
                AUTO_TEXT char *content = (char *)test_random_bytes(2000000, 1);
                assert_ok(ship_open(session, &plan, NULL, NULL, &ship));
                if (stage > 0)
                        assert_ok(ship_add_to_volume(ship, bytes_make(content, stage == 1 ? 10 : 2000000)));
                if (stage > 2)
                        assert_ok(ship_end_volume(ship, (Position){ "a", -1 }, (Position){ "a", -1 }));
                ship_abandon(ship);
                assert_int_equal(memory_storage_matches("manifest"), 0);
                assert_int_equal(memory_storage_matches("signatures"), 0);
                tree_remove("src");
        }
}
