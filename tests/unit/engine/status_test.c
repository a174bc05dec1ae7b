#include <sys/wait.h>
#include <unistd.h>

#include "engine/trial.h"
#include "sys/file.h"
#include "sys/lock.h"

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

/* Another process takes the lock of the archive folder, and ends when the pipe is closed. */
static pid_t hold_lock(int *ret_pipe) {
        int ready[2], until[2];
        char byte = 0;
        assert_int_equal(pipe(ready) | pipe(until), 0);
        pid_t pid = fork();
        if (pid == 0) {
                Lock *lock = NULL;
                file_close(&until[1]);
                error_free(lock_take("archive/trial", &lock));
                (void)!write(ready[1], "r", 1);
                (void)!read(until[0], &byte, 1);
                _exit(0);
        }
        file_close(&until[0]);
        assert_int_equal(read(ready[0], &byte, 1), 1);
        file_close(&ready[0]);
        file_close(&ready[1]);
        *ret_pipe = until[1];
        return pid;
}

static void keep_remedy(void *context, const Status *status) {
        const char **remedy = context;
        *remedy = NULL;
        for (size_t i = 0; i < status->flaws.count; i++)
                if (status->flaws.items[i].kind == FLAW_UNFINISHED)
                        *remedy = status->flaws.items[i].remedy;
}

TEST(status_calls_nothing_a_leftover_while_another_run_is_at_work) {
        const char *remedy;
        int until, status = -1;
        trial_begin();
        trial_job.name = "trial";
        trial_backup(100);
        memory_storage_lose(memory_storage_find("manifest"));
        pid_t holder = hold_lock(&until);
        assert_ok(status_run(&trial_job, keep_remedy, &remedy));
        assert_string_equal(remedy, "another run is at work, wait for its end");
        file_close(&until);
        assert_int_equal(waitpid(holder, &status, 0), holder);
        assert_ok(status_run(&trial_job, keep_remedy, &remedy));
        assert_string_equal(remedy, "remove it with 'cleanup --force'");
}
