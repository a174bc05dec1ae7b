#include <unistd.h>

#include "engine/trial.h"

/* What was shown, kept beyond its session. */
typedef struct Shown {
        size_t chains, sets, incompletes;
        bool is_continuable;
        char folder[100];
} Shown;

static void keep(void *context, const Status *status) {
        Shown *shown = context;
        const Chain *newest = collection_newest(status->collection);
        shown->chains = status->collection->chain_count;
        shown->sets = newest ? newest->set_count : 0;
        shown->incompletes = status->collection->incomplete_count;
        shown->is_continuable = status->is_continuable;
        assert_true(snprintf(shown->folder, sizeof shown->folder, "%s", status->archive_folder) <
                    (int)sizeof shown->folder);
}

static Shown look(void) {
        Shown shown = { .chains = 99 };
        assert_ok(status_run(&trial_job, keep, &shown));
        return shown;
}

TEST(status_shows_what_there_is) {
        trial_begin();
        trial_job.name = "trial";
        trial_backup(100);
        trial_backup(200);
        trial_job.kind = BACKUP_FULL;
        trial_backup(300);
        memory_storage_lose(memory_storage_find("full.19700101T000500Z.manifest"));
        Shown shown = look();
        assert_int_equal(shown.chains, 1);
        assert_int_equal(shown.sets, 2);
        assert_int_equal(shown.incompletes, 1);
        assert_true(shown.is_continuable);
        assert_string_equal(shown.folder, "archive/trial");
        memory_storage_lose(memory_storage_find("new-signatures"));
        assert_false(look().is_continuable);
}

TEST(status_of_an_empty_place_leaves_no_trace) {
        trial_begin();
        Shown shown = look();
        assert_int_equal(shown.chains, 0);
        assert_false(shown.is_continuable);
        assert_int_equal(access("archive", F_OK), -1);
}
