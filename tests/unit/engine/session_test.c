#include "engine/session.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/cache.h"
#include "engine/trial.h"
#include "sys/file.h"

TEST(session_makes_a_private_archive_folder_and_locks_it) {
        struct stat status;
        trial_begin();
        AUTO(session_close) Session *session = trial_session(100);
        assert_int_equal(stat(session->archive_folder, &status), 0);
        assert_int_equal(status.st_mode & 07777, 0700);
        /* MD5 of "memory://trial/folder" */
        assert_string_equal(session->archive_folder, "archive/9038d4114f48ff393cdf2812c59988a0");
        AUTO_TEXT char *lock = memory_print("%s/lockfile", session->archive_folder);
        assert_int_equal(access(lock, F_OK), 0);
        session_close(TAKE(session));
        assert_int_equal(access(lock, F_OK), -1);
}

TEST(session_that_only_looks_leaves_no_trace) {
        AUTO(session_close) Session *session = NULL;
        trial_begin();
        assert_ok(session_open(&trial_job, SESSION_LOOKS, &session));
        assert_int_equal(access("archive", F_OK), -1);
}

TEST(session_uses_the_name_it_was_given) {
        trial_begin();
        trial_job.name = "of my own";
        AUTO(session_close) Session *session = trial_session(100);
        assert_string_equal(session->archive_folder, "archive/of my own");
}

TEST(session_says_what_it_cannot_open) {
        Session *session = NULL;
        trial_begin();
        memory_storage_fail(MEMORY_LIST, 1, ERROR_DENIED);
        assert_error(session_open(&trial_job, SESSION_WORKS, &session), ERROR_DENIED,
                     "cannot list 'memory://trial/folder'");
        trial_job.archive_dir = "file/beneath";
        tree_file("file", "");
        Error *error = session_open(&trial_job, SESSION_WORKS, &session);
        assert_int_equal(error_exit_code(error), EXIT_CODE_BAD_ARCHIVE_DIR);
        error_free(error);
        trial_job.archive_dir = "archive";
        trial_job.temp_folder = "nowhere";
        error = session_open(&trial_job, SESSION_WORKS, &session);
        assert_int_equal(error_exit_code(error), EXIT_CODE_NO_TEMP_SPACE);
        error_free(error);
        assert_null(session);
}

/* Fetches the only volume there is, checked against its manifest. */
static Error *fetch(void) {
        Manifest manifest;
        AUTO_FD int fd = -1;
        AUTO(session_close) Session *session = trial_session(200);
        const BackupSet *set = trial_set(session, 0);
        assert_ok(cache_read_manifest(session, set, session->arena, &manifest));
        memory_storage_fail(MEMORY_CALLS, 0, ERROR_NONE);
        TRY(session_fetch(session, set->volumes[0], &manifest.volumes[0], &fd));
        AUTO_VALUE(buffer_clear) Buffer content = { .data = NULL };
        assert_ok(file_read_all(fd, "volume", &content));
        assert_bytes_equal(buffer_bytes(&content), memory_storage_content(set->volumes[0]->name));
        return NULL;
}

TEST(session_fetches_once_what_is_right) {
        trial_begin();
        tree_file("src/a", "a");
        trial_backup(100);
        assert_ok(fetch());
        assert_int_equal(memory_storage_count(MEMORY_GET), 1);
}

TEST(session_fetches_once_more_what_arrives_damaged) {
        trial_begin();
        tree_file("src/a", "a");
        trial_backup(100);
        memory_storage_garble_next_get();
        assert_ok(fetch());
        assert_int_equal(memory_storage_count(MEMORY_GET), 2);
        assert_non_null(strstr(trial_log(), "fetching it once more"));
}

TEST(session_believes_a_damage_that_it_has_seen_twice) {
        trial_begin();
        tree_file("src/a", "a");
        trial_backup(100);
        const char *name = memory_storage_find("vol1");
        memory_storage_alter(name, memory_storage_content(name).length - 1);
        Error *error = fetch();
        assert_int_equal(error_exit_code(error), EXIT_CODE_HASH_MISMATCH);
        assert_non_null(strstr(error_story(error), name));
        assert_error(error, ERROR_CORRUPT, "its hash is ");
        assert_int_equal(memory_storage_count(MEMORY_GET), 2);
}

TEST(session_checks_md5_and_accepts_but_notes_no_hash_at_all) {
        AUTO_FD int fd = -1;
        trial_begin();
        memory_storage_write("x", bytes_of("abc"));
        AUTO(session_close) Session *session = trial_session(100);
        SetFile file = { .name = "x" };
        Volume volume = { .number = 1, .hash_kind = MANIFEST_HASH_MD5 };
        digest_once(DIGEST_MD5, bytes_of("abc"), volume.hash);
        assert_ok(session_fetch(session, &file, &volume, &fd));
        file_close(&fd);
        volume.hash[15] ^= 1;
        assert_error(session_fetch(session, &file, &volume, &fd), ERROR_CORRUPT, "damaged");
        volume.hash_kind = MANIFEST_HASH_NONE;
        assert_ok(session_fetch(session, &file, &volume, &fd));
        assert_non_null(strstr(trial_log(), "no hash for 'x'"));
}

TEST(session_fetch_names_what_is_not_there) {
        int fd = -1;
        trial_begin();
        AUTO(session_close) Session *session = trial_session(100);
        assert_error(session_fetch(session, &(SetFile){ .name = "x" }, NULL, &fd), ERROR_MISSING,
                     "cannot fetch 'x'");
        assert_int_equal(fd, -1);
}

TEST(session_calls_sets_by_kind_and_time) {
        trial_begin();
        trial_backup(100);
        trial_backup(200);
        AUTO(session_close) Session *session = trial_session(300);
        assert_string_equal(session_set_text(trial_set(session, 0)).text, "full set of 1970-01-01T00:01:40Z");
        assert_string_equal(session_set_text(trial_set(session, 1)).text, "incremental set of 1970-01-01T00:03:20Z");
}

/* ---- passphrases; no gpg is run ---- */

typedef struct Asked {
        unsigned count;
        PassphrasePurpose purpose;
} Asked;

static Error *answer_nothing(void *context, PassphrasePurpose purpose, Secret **ret_secret) {
        Asked *asked = context;
        asked->count++;
        asked->purpose = purpose;
        *ret_secret = NULL;
        return NULL;
}

TEST(session_says_how_to_give_a_passphrase_when_nobody_can_be_asked) {
        Asked asked = { .count = 0 };
        trial_begin();
        trial_job.no_encryption = false;
        trial_job.ask_passphrase = answer_nothing;
        trial_job.ask_context = &asked;
        Error *error = trial_try_backup(100);
        assert_int_equal(error_exit_code(error), EXIT_CODE_GPG);
        assert_error(error, ERROR_USER, "set PASSPHRASE");
        assert_int_equal(asked.count, 1);
        assert_int_equal(asked.purpose, PASSPHRASE_TO_ENCRYPT);
        assert_int_equal(memory_storage_matches(""), 0);
}

TEST(session_refuses_an_empty_passphrase) {
        AUTO(secret_free) Secret *empty = secret_new(bytes_of(""));
        trial_begin();
        trial_job.no_encryption = false;
        trial_job.passphrase = empty;
        assert_error(trial_try_backup(100), ERROR_USER, "is empty");
}

TEST(session_says_who_has_the_archive_folder_and_what_else_may_be_done) {
        Session *session = NULL;
        trial_begin();
        trial_job.name = "mine";
        tree_folder("archive");
        tree_folder("archive/mine");
        tree_folder("archive/mine/lockfile"); /* nobody can open this for writing, root included */
        Error *error = session_open(&trial_job, SESSION_WORKS, &session);
        assert_int_equal(error_exit_code(error), EXIT_CODE_BAD_ARCHIVE_DIR);
        assert_non_null(strstr(error_story(error), "cannot use the archive folder 'archive/mine'"));
        assert_non_null(strstr(error_story(error), "--archive-dir"));
        error_free(error);
        assert_ok(session_open(&trial_job, SESSION_READS, &session));
        assert_null(session->lock);
        session_close(session);
}
