#include "sys/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "support/test.h"
#include "sys/cancel.h"
#include "sys/file.h"

/* A child that asks on a terminal whose other end is ours. It ends with 0 when it got "geheim", else with the error's kind. */
typedef struct Asker {
        pid_t pid;
        int master;
} Asker;

static int ask(void) {
        Secret *secret = NULL;
        AUTO(error_free) Error *error = terminal_ask_secret("Passphrase: ", &secret);
        int result = error ? (int)error_kind(error) : bytes_equal_text(secret_reveal(secret), "geheim") ? 0 : 100;
        secret_free(secret);
        return error_kind(error) == ERROR_CANCELLED && cancel_requested() ? 101 : result;
}

static Asker start_asker(bool with_cancel) {
        int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
        char slave[64];
        assert_int_equal(ptsname_r(master, slave, sizeof slave), 0);
        pid_t pid = fork();
        if (pid == 0) {
                setsid();
                signal(SIGINT, SIG_DFL);
                if (open(slave, O_RDWR) < 0) /* becomes the controlling one */
                        _exit(99);
                if (with_cancel)
                        cancel_install();
                _exit(ask());
        }
        return (Asker){ .pid = pid, .master = master };
}

static bool echoes(const Asker *asker) {
        struct termios now;
        assert_int_equal(tcgetattr(asker->master, &now), 0);
        return now.c_lflag & ECHO;
}

/* By the time the prompt is there the echo must be off. */
static void expect_prompt(const Asker *asker) {
        char prompt[12];
        size_t length;
        assert_ok(file_read(asker->master, "terminal", prompt, sizeof prompt, &length));
        assert_memory_equal(prompt, "Passphrase: ", 12);
        assert_false(echoes(asker));
}

static int end_asker(Asker *asker) {
        int status = -1;
        assert_int_equal(waitpid(asker->pid, &status, 0), asker->pid);
        return status;
}

TEST(terminal_reads_a_line_without_echo) {
        Asker asker = start_asker(false);
        char shown[16];
        expect_prompt(&asker);
        assert_ok(file_write(asker.master, "terminal", bytes_of("geheim\n")));
        ssize_t count = read(asker.master, shown, sizeof shown);
        assert_bytes_equal(bytes_make(shown, (size_t)count), bytes_of("\r\n")); /* nothing of the secret */
        assert_int_equal(end_asker(&asker), 0);
        assert_true(echoes(&asker));
        file_close(&asker.master);
}

TEST(terminal_end_of_input_cancels) {
        Asker asker = start_asker(false);
        expect_prompt(&asker);
        assert_ok(file_write(asker.master, "terminal", bytes_of("\x04")));
        int status = end_asker(&asker);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), ERROR_CANCELLED);
        assert_true(echoes(&asker));
        file_close(&asker.master);
}

TEST(terminal_interrupt_sets_the_flag_and_restores_the_echo) {
        Asker asker = start_asker(true);
        expect_prompt(&asker);
        assert_ok(file_write(asker.master, "terminal", bytes_of("geh\x03")));
        int status = end_asker(&asker);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 101);
        assert_true(echoes(&asker));
        file_close(&asker.master);
}

TEST(terminal_is_restored_before_a_signal_kills) {
        Asker asker = start_asker(false);
        expect_prompt(&asker);
        assert_int_equal(kill(asker.pid, SIGTERM), 0);
        int status = end_asker(&asker);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGTERM);
        assert_true(echoes(&asker));
        file_close(&asker.master);
}

TEST(terminal_must_be_there) {
        pid_t pid = fork();
        if (pid == 0) {
                setsid();
                _exit(ask());
        }
        int status = -1;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), ERROR_USER);
}

TEST(terminal_columns_are_those_of_the_window) {
        AUTO_FD int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        struct winsize size = { .ws_row = 5, .ws_col = 77 };
        AUTO_FD int file = -1;
        assert_true(master >= 0 && ioctl(master, TIOCSWINSZ, &size) == 0);
        assert_int_equal(terminal_columns(master), 77);
        assert_ok(file_open("f", O_RDWR | O_CREAT, 0600, &file));
        assert_int_equal(terminal_columns(file), 0);
}
