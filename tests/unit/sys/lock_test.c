#include "sys/lock.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "support/test.h"
#include "sys/file.h"

/* A process that holds a lock as stock does it until its pipe is closed or it is killed. */
typedef struct Holder {
        pid_t pid;
        int pipe;
} Holder;

static void hold(int ready, int until) {
        char byte = 0;
        int fd = open("lockfile", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0 || lockf(fd, F_TLOCK, 0) < 0)
                _exit(1);
        (void)!write(ready, "r", 1);
        (void)!read(until, &byte, 1);
        _exit(0);
}

static Holder start_holder(void) {
        int ready[2], until[2];
        char byte = 0;
        assert_int_equal(pipe(ready), 0);
        assert_int_equal(pipe(until), 0);
        pid_t pid = fork();
        if (pid == 0) {
                file_close(&until[1]);
                hold(ready[1], until[0]);
        }
        file_close(&ready[1]);
        file_close(&until[0]);
        assert_int_equal(read(ready[0], &byte, 1), 1);
        file_close(&ready[0]);
        return (Holder){ .pid = pid, .pipe = until[1] };
}

static void end_holder(Holder *holder) {
        int status = -1;
        file_close(&holder->pipe);
        assert_int_equal(waitpid(holder->pid, &status, 0), holder->pid);
        assert_int_equal(status, 0);
}

TEST(lock_is_held_while_another_process_has_it) {
        assert_false(lock_is_held("."));
        Holder holder = start_holder();
        assert_true(lock_is_held("."));
        end_holder(&holder);
        assert_false(lock_is_held("."));
        assert_false(lock_is_held("missing"));
}

/* Takes and releases the lock in another process; 0 when that works. */
static int take_elsewhere(void) {
        int status = -1;
        pid_t pid = fork();
        if (pid == 0) {
                Lock *lock = NULL;
                AUTO(error_free) Error *error = lock_take(".", &lock);
                lock_release(lock);
                _exit(error ? (int)error_exit_code(error) : 0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(lock_keeps_other_processes_out_until_released) {
        Lock *lock = NULL;
        assert_ok(lock_take(".", &lock));
        assert_int_equal(access("lockfile", F_OK), 0);
        assert_int_equal(take_elsewhere(), EXIT_CODE_USER_ERROR);
        assert_int_equal(access("lockfile", F_OK), 0);
        lock_release(lock);
        lock_release(NULL);
        assert_int_not_equal(access("lockfile", F_OK), 0);
        assert_int_equal(take_elsewhere(), 0);
}

/* Takes a share in another process, which ends; 0 when that works. */
static int share_elsewhere(void) {
        int status = -1;
        pid_t pid = fork();
        if (pid == 0) {
                Lock *lock = NULL;
                AUTO(error_free) Error *error = lock_share(".", &lock);
                lock_release(lock);
                _exit(error ? (int)error_exit_code(error) : 0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(shares_keep_out_who_wants_all_of_it_and_not_each_other) {
        Lock *lock = NULL;
        pid_t holder = 0;
        assert_ok(lock_share(".", &lock));
        assert_int_equal(share_elsewhere(), 0);
        assert_int_equal(access("lockfile", F_OK), 0); /* the other one has left it to us */
        assert_int_equal(take_elsewhere(), EXIT_CODE_USER_ERROR);
        lock_release(lock);
        assert_int_not_equal(access("lockfile", F_OK), 0);
        assert_false(lock_find_holder(".", &holder));
        assert_int_equal(take_elsewhere(), 0);

        Holder other = start_holder();
        assert_int_equal(share_elsewhere(), EXIT_CODE_USER_ERROR);
        assert_true(lock_find_holder(".", &holder));
        assert_int_equal(holder, other.pid);
        end_holder(&other);
        assert_int_equal(share_elsewhere(), 0);
}

TEST(lock_names_file_and_holder) {
        Lock *lock = NULL;
        Holder holder = start_holder();
        AUTO_TEXT char *story = memory_print("cannot lock './lockfile': process %d holds it", (int)holder.pid);
        assert_error(lock_take(".", &lock), ERROR_USER, story);
        assert_null(lock);
        end_holder(&holder);
        assert_ok(lock_take(".", &lock)); /* the file was left behind, its holder is gone */
        lock_release(lock);
}

TEST(lock_needs_its_folder) {
        Lock *lock = NULL;
        assert_error(lock_take("gone", &lock), ERROR_MISSING, "cannot open 'gone'");
        assert_int_equal(symlink("elsewhere", "lockfile"), 0);
        assert_error(lock_take(".", &lock), ERROR_SYSTEM, "cannot open './lockfile'");
        assert_int_not_equal(access("elsewhere", F_OK), 0);
}

/* Takes the lock over and over; counts a fault when another one is within. */
static int contend(void) {
        for (int i = 0; i < 2000; i++) {
                Lock *lock = NULL;
                error_free(lock_take(".", &lock));
                if (!lock)
                        continue;
                if (mkdir("within", 0700) < 0 || rmdir("within") < 0)
                        return 1;
                lock_release(lock);
        }
        return 0;
}

TEST(lock_is_never_held_twice_though_its_file_comes_and_goes) {
        pid_t pids[4];
        for (size_t i = 0; i < ARRAY_LENGTH(pids); i++) {
                pids[i] = fork();
                if (pids[i] == 0)
                        _exit(contend());
        }
        for (size_t i = 0; i < ARRAY_LENGTH(pids); i++) {
                int status = -1;
                assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
                assert_int_equal(status, 0);
        }
}
