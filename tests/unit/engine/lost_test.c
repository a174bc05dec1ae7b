#include "engine/lost.h"

#include <errno.h>

#include "engine/cache.h"
#include "engine/forge.h"
#include "engine/trial.h"

/* A set whose signature archive speaks of a, b (gone), c (a folder), c/d and e. */
static Session *begin(void) {
        trial_begin();
        forge_begin(100, 100);
        forge_file("snapshot/a", bytes_of("a"));
        forge_signature_file("signature/a", 1000);
        forge_signature_file("deleted/b", 0);
        forge_signature(&(TarMember){ .type = TAR_FOLDER, .name = "snapshot/c/", .mode = 0750 }, bytes_of(""));
        forge_signature_file("signature/c/d", 2000);
        forge_signature_file("signature/e", 3000);
        forge_finish();
        Session *session = trial_session(1000);
        session->losses = &trial_summary;
        return session;
}

static Volume volume_of(uint64_t number, const char *first, const char *last) {
        return (Volume){ .number = number, .first = { first, -1 }, .last = { last, -1 } };
}

static void lose(Lost *lost, const Volume *volume) {
        AUTO(error_free) Error *cause = error_new(ERROR_MISSING, "it is not there");
        lost_add(lost, volume, cause);
}

/* The paths between AFTER and UNTIL, "-" behind those that are gone. Caller frees. */
static char *tell(Lost *lost, const char *after, const char *until) {
        Buffer text = { .data = NULL };
        AUTO_TEXT char *former = memory_text(after);
        const LostPath *path;
        buffer_init(&text, 0);
        for (;;) {
                assert_ok(lost_next(lost, former, until, &path));
                if (!path)
                        return buffer_detach(&text);
                buffer_print(&text, "%s%s%s", text.length ? " " : "", path->path, path->is_deleted ? "-" : "");
                memory_free(former);
                former = memory_text(path->path);
        }
}

static void assert_told(Lost *lost, const char *after, const char *until, const char *expected) {
        AUTO_TEXT char *text = tell(lost, after, until);
        assert_string_equal(text, expected);
}

TEST(lost_is_nothing_at_first) {
        AUTO(session_close) Session *session = begin();
        AUTO(lost_free) Lost *lost = lost_new(session, trial_set(session, 0));
        assert_told(lost, NULL, NULL, "");
        assert_null(lost_reason(lost));
        assert_int_equal(trial_summary.problem_count, 0);
}

TEST(lost_tells_what_the_volumes_held) {
        AUTO(session_close) Session *session = begin();
        const Volume first = volume_of(1, "a", "c"), second = volume_of(2, "c/d", "c/d"), third = volume_of(3, "e", "e");
        AUTO(lost_free) Lost *lost = lost_new(session, trial_set(session, 0));
        lose(lost, &first);
        lose(lost, &second);
        lose(lost, &third);
        assert_told(lost, NULL, NULL, "a b- c c/d e");
        assert_told(lost, "e", NULL, "");
        assert_int_equal(trial_summary.problem_count, 3);
        assert_string_equal(trial_summary.problems.items[1],
                            "volume 2 of the full set of 1970-01-01T00:01:40Z is lost: it is not there");
        assert_string_equal(lost_reason(lost), "volume 3 of the full set of 1970-01-01T00:01:40Z is lost");
}

TEST(lost_tells_headers_and_which_volume_it_was) {
        AUTO(session_close) Session *session = begin();
        const Volume first = volume_of(1, "c", "c"), second = volume_of(2, "c/d", "e");
        const LostPath *path;
        AUTO(lost_free) Lost *lost = lost_new(session, trial_set(session, 0));
        lose(lost, &first);
        lose(lost, &second);
        assert_ok(lost_next(lost, NULL, NULL, &path));
        assert_int_equal(path->header->type, TAR_FOLDER);
        assert_int_equal(path->header->mode, 0750);
        assert_non_null(strstr(path->reason, "volume 1 "));
        assert_ok(lost_next(lost, "c", NULL, &path));
        assert_int_equal(path->header->type, TAR_FILE);
        assert_int_equal(path->header->modified, 2000);
        assert_non_null(strstr(path->reason, "volume 2 "));
}

TEST(lost_keeps_between_what_was_read) {
        AUTO(session_close) Session *session = begin();
        const Volume first = volume_of(1, "a", "c"), second = volume_of(3, "e", "e");
        AUTO(lost_free) Lost *lost = lost_new(session, trial_set(session, 0));
        lose(lost, &first);
        assert_told(lost, "a", "c", "b-"); /* a was begun before the volume, and c goes on behind it */
        assert_told(lost, "c", "c/d", "");
        lose(lost, &second);
        assert_told(lost, "c/d", NULL, "e");
}

TEST(lost_without_the_manifest_is_all_that_is_not_read) {
        AUTO(session_close) Session *session = begin();
        AUTO(error_free) Error *cause = error_new(ERROR_CORRUPT, "bad manifest");
        AUTO(lost_free) Lost *lost = lost_new(session, trial_set(session, 0));
        lost_add_manifest(lost, cause);
        assert_told(lost, NULL, "b", "a");
        assert_told(lost, "b", "c/d", "c");
        assert_told(lost, "c/d", NULL, "e");
        assert_int_equal(trial_summary.problem_count, 1);
}

TEST(lost_signatures_leave_it_open_and_that_is_told_once) {
        for (int damage = 0; damage < 2; damage++) {
                AUTO(session_close) Session *session = begin();
                const char *name = memory_storage_find("sigtar");
                const Volume first = volume_of(1, "a", "e");
                if (damage)
                        memory_storage_truncate(name, 700);
                else
                        memory_storage_lose(name);
                session_close(TAKE(session));
                session = trial_session(1000);
                session->losses = &trial_summary;
                AUTO(lost_free) Lost *lost = lost_new(session, trial_set(session, 0));
                lose(lost, &first);
                memory_free(tell(lost, NULL, NULL));
                memory_free(tell(lost, "a", NULL));
                assert_int_equal(trial_summary.problem_count, 2);
                assert_non_null(strstr(trial_summary.problems.items[1],
                                       "which files of the full set of 1970-01-01T00:01:40Z are lost"));
                tree_remove("src");
                trial_drop_cache();
        }
}

TEST(lost_is_not_said_by_a_machine_in_trouble) {
        static const struct {
                ErrorKind kind;
                bool lost;
        } kinds[] = { { ERROR_MISSING, true },    { ERROR_DENIED, true },    { ERROR_CORRUPT, true },
                      { ERROR_TRANSIENT, false }, { ERROR_SYSTEM, false },   { ERROR_CANCELLED, false },
                      { ERROR_USER, false } };
        for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
                AUTO(error_free) Error *error = error_new(kinds[i].kind, "no");
                assert_int_equal(lost_is_said_by(error), kinds[i].lost);
        }
        AUTO(error_free) Error *block = error_from_errno(EIO, "cannot read");
        AUTO(error_free) Error *full = error_from_errno(ENOSPC, "cannot write");
        assert_true(lost_is_said_by(block));
        assert_false(lost_is_said_by(full));
        assert_false(lost_is_said_by(NULL));
}
