#include "engine/previous.h"

#include "engine/cache.h"
#include "engine/forge.h"
#include "engine/trial.h"

/* "path@when:modified" of each, "+" before those with a signature. Caller frees. */
static char *tell(Session *session, size_t set_count) {
        AUTO(previous_close) Previous *previous = NULL;
        Buffer text = { .data = NULL };
        buffer_init(&text, 0);
        assert_ok(previous_open(session, collection_newest(session->collection), set_count, &previous));
        for (;;) {
                const Recorded *recorded;
                assert_ok(previous_next(previous, &recorded));
                if (!recorded)
                        return buffer_detach(&text);
                buffer_print(&text, "%s%s%s@%jd:%jd", text.length ? " " : "", recorded->has_signature ? "+" : "",
                             recorded->entry.path, (intmax_t)recorded->when.seconds,
                             (intmax_t)recorded->entry.modified);
        }
}

static void assert_recorded(size_t set_count, const char *expected) {
        AUTO(session_close) Session *session = trial_session(100000);
        AUTO_TEXT char *text = tell(session, set_count);
        assert_string_equal(text, expected);
}

TEST(previous_of_no_sets_is_empty) {
        trial_begin();
        assert_recorded(0, "");
}

TEST(previous_lets_the_newest_of_each_path_win) {
        trial_begin();
        forge_begin(100, 100);
        forge_signature_file("snapshot/", 1);
        forge_signature_file("snapshot/a", 1);
        forge_signature_file("snapshot/a/b", 1);
        forge_signature_file("snapshot/a-b", 1);
        forge_signature_file("snapshot/c", 1);
        forge_finish();
        forge_begin(100, 200);
        forge_signature_file("snapshot/a", 2);
        forge_signature_file("deleted/a/b", 2);
        forge_signature_file("snapshot/d", 2);
        forge_finish();
        forge_begin(200, 300);
        forge_signature_file("snapshot/a/b", 3);
        forge_signature_file("deleted/c", 3);
        forge_signature_file("deleted/never there", 3);
        forge_finish();
        assert_recorded(1, "@100:1 a@100:1 a/b@100:1 a-b@100:1 c@100:1");
        assert_recorded(2, "@100:1 a@200:2 a-b@100:1 c@100:1 d@200:2");
        assert_recorded(3, "@100:1 a@200:2 a/b@300:3 a-b@100:1 d@200:2");
}

TEST(previous_knows_size_and_nanoseconds_where_they_were_recorded) {
        static const char damaged[] = "this is no signature";
        AUTO(previous_close) Previous *previous = NULL;
        const Recorded *recorded;
        trial_begin();
        forge_begin(100, 100);
        TarMember header = {
                .type = TAR_FILE, .name = "signature/a", .has_record = true, .content_size = 123456, .nanoseconds = 78
        };
        forge_signature(&header, bytes_make(damaged, sizeof damaged));
        forge_signature_file("signature/b", 1); /* too short for a signature */
        forge_finish();
        AUTO(session_close) Session *session = trial_session(200);
        assert_ok(previous_open(session, collection_newest(session->collection), 1, &previous));
        assert_ok(previous_next(previous, &recorded));
        assert_int_equal(recorded->entry.size, 123456);
        assert_int_equal(recorded->entry.modified_nanoseconds, 78);
        assert_false(recorded->has_signature); /* a damaged one is as good as none */
        assert_ok(previous_next(previous, &recorded));
        assert_true(recorded->entry.size == ENTRY_SIZE_UNKNOWN);
        assert_int_equal(recorded->entry.modified_nanoseconds, -1);
        assert_false(recorded->has_signature);
        assert_ok(previous_next(previous, &recorded));
        assert_null(recorded);
}

TEST(previous_loads_the_signature_of_the_path_it_stands_at) {
        AUTO(previous_close) Previous *previous = NULL;
        AUTO(signature_free) Signature *signature = NULL;
        AUTO(delta_maker_close) DeltaMaker *maker = NULL;
        AUTO_VALUE(buffer_clear) Buffer delta = { .data = NULL };
        const Recorded *recorded;
        trial_begin();
        tree_random_file("src/a", 100000, 1);
        tree_random_file("src/b", 100000, 2);
        trial_backup(100);
        AUTO(session_close) Session *session = trial_session(200);
        assert_ok(previous_open(session, collection_newest(session->collection), 1, &previous));
        do
                assert_ok(previous_next(previous, &recorded));
        while (strcmp(recorded->entry.path, "b") != 0);
        assert_true(recorded->has_signature);
        assert_int_equal(recorded->signature.block_length, 512);
        assert_true(signature_fits_size(&recorded->signature, 100000));
        assert_ok(previous_load_signature(previous, &signature));
        AUTO_TEXT char *content = (char *)test_random_bytes(100000, 2);
        AUTO(writer_abandon) Writer *out = stream_write_buffer(&delta);
        assert_ok(delta_maker_open(signature, &maker));
        assert_ok(delta_maker_add(maker, bytes_make(content, 100000), out));
        assert_ok(delta_maker_finish(maker, out));
        assert_true(delta.length < 1000); /* the content is b's, so there is nothing to say */
        assert_ok(previous_next(previous, &recorded));
        assert_null(recorded);
}

TEST(previous_refuses_paths_out_of_order) {
        AUTO(previous_close) Previous *previous = NULL;
        const Recorded *recorded;
        trial_begin();
        forge_begin(100, 100);
        forge_signature_file("snapshot/b", 1);
        forge_signature_file("snapshot/a", 1);
        forge_finish();
        AUTO(session_close) Session *session = trial_session(200);
        assert_ok(previous_open(session, collection_newest(session->collection), 1, &previous));
        assert_ok(previous_next(previous, &recorded));
        assert_error(previous_next(previous, &recorded), ERROR_CORRUPT, "out of order at 'a'");
}

TEST(previous_refuses_the_same_path_twice) {
        AUTO(previous_close) Previous *previous = NULL;
        const Recorded *recorded;
        trial_begin();
        forge_begin(100, 100);
        forge_signature_file("snapshot/a", 1);
        forge_signature_file("signature/a", 1);
        forge_finish();
        AUTO(session_close) Session *session = trial_session(200);
        assert_ok(previous_open(session, collection_newest(session->collection), 1, &previous));
        assert_ok(previous_next(previous, &recorded));
        assert_error(previous_next(previous, &recorded), ERROR_CORRUPT, "out of order");
}

TEST(previous_names_the_set_whose_signatures_are_missing) {
        trial_begin();
        trial_backup(100);
        trial_backup(200);
        memory_storage_lose(memory_storage_find("new-signatures"));
        Error *error = listing_run(
                &(Job){ .url = trial_job.url, .archive_dir = "archive", .temp_folder = ".", .times.now.seconds = 300,
                        .concurrency = 1 },
                NULL, NULL);
        assert_int_equal(error_exit_code(error), EXIT_CODE_NO_SIGNATURES);
        assert_error(error, ERROR_MISSING, "incremental set of 1970-01-01T00:03:20Z");
}

/* ---- long chains ---- */

enum { LONG_CHAIN = 60, PATHS = 40 };

/* What set NUMBER says of path P: 0 nothing, 1 deleted, 2 an entry. */
static unsigned draw(size_t number, size_t p) {
        uint64_t x = (number * 1000003 + p * 7919 + 17) * UINT64_C(0x9E3779B97F4A7C15);
        unsigned lot = (unsigned)(x >> 40) % 16;
        return number == 0 ? lot < 12 ? 2 : 0 : lot < 2 ? 2 : lot == 2 ? 1 : 0;
}

static void forge_chain(void) {
        for (size_t number = 0; number < LONG_CHAIN; number++) {
                forge_begin(number == 0 ? 100 : (int64_t)(number * 100), (int64_t)(number + 1) * 100);
                for (size_t p = 0; p < PATHS; p++) {
                        static const char *const kinds[] = { NULL, "deleted", "snapshot" };
                        unsigned lot = draw(number, p);
                        AUTO_TEXT char *name = memory_print("%s/p%02zu", lot ? kinds[lot] : "", p);
                        if (lot)
                                forge_signature_file(name, (int64_t)number + 1);
                }
                forge_finish();
        }
}

/* What a reader of the first SET_COUNT sets must see. */
static char *model(size_t set_count) {
        Buffer text = { .data = NULL };
        buffer_init(&text, 0);
        for (size_t p = 0; p < PATHS; p++) {
                size_t number = set_count;
                while (number > 0 && draw(number - 1, p) == 0)
                        number--;
                if (number > 0 && draw(number - 1, p) == 2)
                        buffer_print(&text, "%sp%02zu@%zu:%zu", text.length ? " " : "", p, number * 100, number);
        }
        return buffer_detach(&text);
}

TEST(previous_sees_the_same_however_many_sets_are_folded) {
        static const size_t counts[] = { 1, 23, 24, 25, 26, 47, 48, 59, 60 };
        trial_begin();
        forge_chain();
        AUTO(session_close) Session *session = trial_session(100000);
        for (size_t i = 0; i < ARRAY_LENGTH(counts); i++) {
                AUTO_TEXT char *expected = model(counts[i]);
                AUTO_TEXT char *text = tell(session, counts[i]);
                assert_true(strlen(expected) > 100);
                assert_string_equal(text, expected);
        }
}

TEST(previous_folds_real_archives_with_their_signatures) {
        trial_begin();
        for (int i = 0; i < 30; i++) {
                AUTO_TEXT char *own = memory_print("src/%02d", i);
                tree_random_file(own, 3000, (uint64_t)i);
                tree_random_file("src/each", 4000, (uint64_t)i);
                trial_backup(100 * (i + 1));
        }
        AUTO(session_close) Session *session = trial_session(100000);
        AUTO_TEXT char *text = tell(session, 30);
        assert_non_null(strstr(text, " +05@600:15"));
        assert_non_null(strstr(text, " +28@2900:15"));
        assert_non_null(strstr(text, " +each@3000:15"));
        session_close(TAKE(session));
        tree_random_file("src/05", 3001, 5); /* one byte more: a delta against the folded signature */
        trial_backup(5000);
        assert_int_equal(trial_summary.changed_files, 1);
        assert_true(trial_summary.delta_bytes < 1500);
        AUTO_TEXT char *tree = tree_text("src");
        trial_check(5000, tree);
}
