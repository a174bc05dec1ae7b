#include "cli/verbs.h"

#include <sys/stat.h>

#include "support/test.h"

/* Fails unless WORD is a name of the verb NAME. */
static void assert_is(const char *word, const char *name) {
        const Verb *verb = NULL;
        assert_ok(verb_find(word, &verb));
        assert_non_null(verb);
        assert_string_equal(verb->name, name);
}

TEST(verbs_have_the_names_of_every_version) {
        static const char *const names[][2] = {
                { "full", "full" },
                { "fb", "full" },
                { "incremental", "incremental" },
                { "incr", "incremental" },
                { "inc", "incremental" },
                { "ib", "incremental" },
                { "backup", "backup" },
                { "bu", "backup" },
                { "restore", "restore" },
                { "rb", "restore" },
                { "verify", "verify" },
                { "vb", "verify" },
                { "collection-status", "collection-status" },
                { "st", "collection-status" },
                { "list-current-files", "list-current-files" },
                { "ls", "list-current-files" },
                { "remove-older-than", "remove-older-than" },
                { "ro", "remove-older-than" },
                { "remove-all-but-n-full", "remove-all-but-n-full" },
                { "ra", "remove-all-but-n-full" },
                { "remove-all-inc-of-but-n-full", "remove-all-inc-of-but-n-full" },
                { "ri", "remove-all-inc-of-but-n-full" },
                { "remove-by-policy", "remove-by-policy" },
                { "cleanup", "cleanup" },
                { "cl", "cleanup" },
                { "diff", "diff" },
                { "find", "find" },
                { "check", "check" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
                assert_is(names[i][0], names[i][1]);
}

TEST(verbs_may_be_abbreviated) {
        static const char *const names[][2] = {
                { "fu", "full" },
                { "f", "full" },
                { "in", "incremental" },
                { "increm", "incremental" },
                { "collection", "collection-status" },
                { "rest", "restore" },
                { "ver", "verify" },
                { "list", "list-current-files" },
                { "remove-old", "remove-older-than" },
                { "remove-all-b", "remove-all-but-n-full" },
                { "remove-all-i", "remove-all-inc-of-but-n-full" },
                { "remove-by", "remove-by-policy" },
                { "clean", "cleanup" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
                assert_is(names[i][0], names[i][1]);
}

TEST(verbs_are_not_found_in_other_words) {
        static const char *const words[] = { "dif", "fin", "chec", "", "/srv", "file:///x", "fulll", "Full", "restored" };
        for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
                const Verb *verb = NULL;
                assert_ok(verb_find(words[i], &verb));
                assert_null(verb);
        }
}

/* Chooses and takes the arguments, as the parser does. */
static Error *choose(const char *const *words, size_t count, const Verb **ret_verb, Job *job) {
        AUTO_VALUE(text_list_clear) TextList list = { .items = NULL };
        size_t first;
        for (size_t i = 0; i < count; i++)
                text_list_add(&list, words[i]);
        *job = job_defaults();
        TRY(verb_choose(&list, ret_verb, &first));
        return verb_take_arguments(*ret_verb, list.items + first, list.count - first, job);
}

#define CHOOSE(verb, job, ...)                                                                                         \
        choose((const char *const[]){ __VA_ARGS__ }, ARRAY_LENGTH(((const char *const[]){ __VA_ARGS__ })), (verb),     \
               (job))

#define ASSERT_CHOSEN_AT(url_wanted, name_wanted, kind_wanted, folder_wanted, ...)      \
        do {                                                                            \
                const Verb *verb_ = NULL;                                               \
                AUTO_VALUE(job_clear) Job job_;                                         \
                assert_ok(CHOOSE(&verb_, &job_, __VA_ARGS__));                          \
                assert_string_equal(verb_->name, name_wanted);                          \
                assert_int_equal(job_.kind, kind_wanted);                               \
                assert_string_equal(job_.folder ? job_.folder : "none", folder_wanted); \
                assert_string_equal(job_.url->text, url_wanted);                        \
        } while (0)

#define ASSERT_CHOSEN(...) ASSERT_CHOSEN_AT("file:///repo", __VA_ARGS__)

#define ASSERT_REFUSED(text, ...) ASSERT_REFUSED_WITH(EXIT_CODE_COMMAND_LINE, text, __VA_ARGS__)

#define ASSERT_REFUSED_WITH(code, text, ...)                                                                           \
        do {                                                                                                           \
                const Verb *verb_ = NULL;                                                                              \
                AUTO_VALUE(job_clear) Job job_;                                                                        \
                Error *error_ = CHOOSE(&verb_, &job_, __VA_ARGS__);                                                    \
                assert_int_equal(error_exit_code(error_), code);                                                       \
                assert_error(error_, ERROR_USER, text);                                                                \
                assert_null(job_.url);                                                                                 \
        } while (0)

TEST(verbs_take_their_arguments) {
        ASSERT_CHOSEN("full", BACKUP_FULL, "/srv", "full", "/srv", "file:///repo");
        ASSERT_CHOSEN("incremental", BACKUP_INCREMENTAL, "/srv", "inc", "/srv", "file:///repo");
        ASSERT_CHOSEN("backup", BACKUP_AUTO, "/srv", "backup", "/srv", "file:///repo");
        ASSERT_CHOSEN("restore", BACKUP_AUTO, "/srv", "restore", "file:///repo", "/srv");
        ASSERT_CHOSEN("verify", BACKUP_AUTO, "/srv", "verify", "file:///repo", "/srv");
        ASSERT_CHOSEN("collection-status", BACKUP_AUTO, "none", "st", "file:///repo");
        ASSERT_CHOSEN("list-current-files", BACKUP_AUTO, "none", "ls", "file:///repo");
}

TEST(verbs_take_a_time_or_a_count_before_the_url) {
        const Verb *verb = NULL;
        AUTO_VALUE(job_clear) Job older, all, most;
        assert_ok(CHOOSE(&verb, &older, "remove-older-than", "2026-11-23T04:43:46Z", "file:///repo"));
        assert_int_equal(older.retention.before.seconds, 1795409026);
        assert_string_equal(older.url->text, "file:///repo");
        assert_null(older.folder);
        assert_ok(CHOOSE(&verb, &all, "ra", "3", "file:///repo"));
        assert_int_equal(all.retention.chain_count, 3);
        assert_ok(CHOOSE(&verb, &most, "ri", "99999999999", "file:///repo"));
        assert_int_equal(most.retention.chain_count, UINT32_MAX);
        ASSERT_CHOSEN("cleanup", BACKUP_AUTO, "none", "cleanup", "file:///repo");
        ASSERT_CHOSEN("remove-by-policy", BACKUP_AUTO, "none", "remove-by-policy", "file:///repo");
}

TEST(verbs_refuse_bad_times_and_counts) {
        ASSERT_REFUSED("remove-older-than: bad time '3d'", "remove-older-than", "3d", "file:///repo");
        ASSERT_REFUSED("the time is missing", "remove-older-than", "", "file:///repo");
        ASSERT_REFUSED("remove-all-but-n-full count must be > 0", "ra", "0", "file:///repo");
        ASSERT_REFUSED("not '-1'", "ra", "-1", "file:///repo");
        ASSERT_REFUSED("remove-all-inc-of-but-n-full count must be > 0", "ri", "two", "file:///repo");
        ASSERT_REFUSED("wrong order: write 'charm-duplicity remove-older-than TIME URL'", "ro", "file:///repo", "3D");
        ASSERT_REFUSED("write 'charm-duplicity remove-all-but-n-full COUNT URL'", "ra", "file:///repo", "3");
        ASSERT_REFUSED("too few arguments: write 'charm-duplicity remove-older-than TIME URL'", "ro", "file:///repo");
        ASSERT_REFUSED("the time is missing", "ro", "file:///a", "file:///b");
        ASSERT_REFUSED("too many arguments", "cleanup", "3", "file:///repo");
        ASSERT_REFUSED("ambiguous command 'remove-all'", "remove-all", "3", "file:///repo");
}

TEST(verbs_are_implied_by_the_order_of_folder_and_url) {
        ASSERT_CHOSEN("backup", BACKUP_AUTO, "/srv", "/srv", "file:///repo");
        ASSERT_CHOSEN("restore", BACKUP_AUTO, "/srv", "file:///repo", "/srv");
        ASSERT_CHOSEN("backup", BACKUP_AUTO, "folder", "folder", "file:///repo");
}

TEST(verbs_take_a_path_for_a_url_where_it_has_to_be_one) {
        ASSERT_CHOSEN_AT("/repo", "full", BACKUP_FULL, "/srv", "full", "/srv", "/repo");
        ASSERT_CHOSEN_AT("/repo", "restore", BACKUP_AUTO, "/srv", "restore", "/repo", "/srv");
        ASSERT_CHOSEN_AT("/repo", "collection-status", BACKUP_AUTO, "none", "collection-status", "/repo");
        ASSERT_REFUSED("the folder is missing", "full", "", "/repo");
}

TEST(verbs_refuse_the_wrong_order_and_show_the_right_one) {
        ASSERT_REFUSED("wrong order: write 'charm-duplicity restore URL FOLDER'", "restore", "/srv", "file:///repo");
        ASSERT_REFUSED("wrong order: write 'charm-duplicity verify URL FOLDER'", "verify", "/srv", "file:///repo");
        ASSERT_REFUSED("wrong order: write 'charm-duplicity full FOLDER URL'", "full", "file:///repo", "/srv");
        ASSERT_REFUSED("wrong order: write 'charm-duplicity incremental FOLDER URL'", "inc", "file:///repo", "/srv");
}

TEST(verbs_refuse_too_few_or_too_many_arguments) {
        ASSERT_REFUSED("too few arguments: write 'charm-duplicity full FOLDER URL'", "full", "/srv");
        ASSERT_REFUSED("too few arguments: write 'charm-duplicity collection-status URL'", "st");
        ASSERT_REFUSED("too many arguments", "st", "file:///repo", "/srv");
        ASSERT_REFUSED("too many arguments", "full", "/srv", "file:///repo", "more");
        ASSERT_REFUSED("the URL is missing", "full", "/srv", "repo");
        ASSERT_REFUSED_WITH(EXIT_CODE_BAD_URL, "the URL is missing", "st", "repo");
        ASSERT_REFUSED("the folder is missing", "full", "file:///srv", "file:///repo");
        ASSERT_REFUSED("the folder is missing", "restore", "file:///repo", "");
        ASSERT_REFUSED("the folder is missing", "file:///repo", "file:///other");
        ASSERT_REFUSED("only a URL", "file:///repo");
        ASSERT_REFUSED("only a URL", "file:///repo", "/a", "/b");
        ASSERT_REFUSED("only a folder: write", "/tmp");
}

TEST(verbs_that_search_take_a_pattern) {
        const Verb *verb = NULL;
        AUTO_VALUE(job_clear) Job job;
        assert_ok(CHOOSE(&verb, &job, "find", "**.txt", "file:///repo"));
        assert_string_equal(verb->name, "find");
        assert_string_equal(job.glob, "**.txt");
        assert_null(job.folder);
        ASSERT_REFUSED("too few arguments: write 'charm-duplicity find PATTERN URL'", "find", "file:///repo");
        ASSERT_REFUSED("pattern and URL stand in the wrong order", "find", "file:///repo", "x");
        ASSERT_REFUSED("the pattern is missing", "find", "", "file:///repo");
}

TEST(verbs_but_check_refuse_to_replay) {
        const Verb *verb;
        Job job = job_defaults();
        const char *const words[] = { "/srv", "file:///repo" };
        job.replay = true;
        assert_ok(verb_find("backup", &verb));
        assert_error(verb_take_arguments(verb, words, 2, &job), ERROR_USER, "'charm-duplicity full FOLDER URL'");
        assert_ok(verb_find("check", &verb));
        assert_ok(verb_take_arguments(verb, words + 1, 1, &job));
        job_clear(&job);
}

TEST(verbs_refuse_unknown_ones_and_name_the_nearest) {
        ASSERT_REFUSED("unknown command 'incremetal' (did you mean 'incremental'?)", "incremetal", "/srv",
                       "file:///repo");
        ASSERT_REFUSED("unknown command 'restor3' (did you mean 'restore'?)", "restor3", "file:///repo", "/srv");
        ASSERT_REFUSED("unknown command '/no/such'", "/no/such");
        ASSERT_REFUSED("unknown command '/no/such'", "/no/such", "/repo");
}

TEST(verbs_mistyped_before_a_url_are_no_folders_to_back_up) {
        ASSERT_REFUSED("did you mean 'collection-status'?", "colection-status", "file:///repo");
        assert_int_equal(mkdir("colection-status", 0700), 0);
        ASSERT_CHOSEN("backup", BACKUP_AUTO, "colection-status", "colection-status", "file:///repo");
}

TEST(verbs_show_no_password_of_a_mistyped_url) {
        const Verb *verb;
        AUTO_VALUE(job_clear) Job job;
        AUTO(error_free) Error *error = CHOOSE(&verb, &job, "sftp:/user:secret@host/x", "/srv");
        assert_non_null(error);
        assert_null(strstr(error_story(error), "secret"));
}

TEST(verbs_that_select_files) {
        static const struct {
                const char *name;
                bool selects;
        } rows[] = { { "full", true }, { "backup", true }, { "incremental", true }, { "verify", true },
                     { "restore", false }, { "list-current-files", false } };
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                const Verb *verb = NULL;
                assert_ok(verb_find(rows[i].name, &verb));
                assert_int_equal(verb_selects_files(verb), rows[i].selects);
        }
}
