#include "sys/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "sys/file.h"

#define LONGEST_LINE 4096 /* the terminal itself cuts lines there */

/* Signals that might end us stay blocked, and are only looked at, until the echo is back; then they take effect. */
typedef struct Silence {
        int fd;
        int signal_fd;
        sigset_t mask_before;
        struct termios before;
} Silence;

static Error *fail(const char *doing) {
        return error_from_errno(errno, "cannot %s '/dev/tty'", doing);
}

static Error *silence(Silence *silence, int fd) {
        sigset_t deadly;
        sigemptyset(&deadly);
        sigaddset(&deadly, SIGINT);
        sigaddset(&deadly, SIGQUIT);
        sigaddset(&deadly, SIGTERM);
        sigaddset(&deadly, SIGHUP);
        *silence = (Silence){ .fd = fd };
        if (tcgetattr(fd, &silence->before) < 0)
                return fail("examine");
        silence->signal_fd = signalfd(-1, &deadly, SFD_CLOEXEC);
        if (silence->signal_fd < 0)
                return fail("wait for");
        pthread_sigmask(SIG_BLOCK, &deadly, &silence->mask_before);
        struct termios silent = silence->before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        silent.c_lflag |= ICANON | ISIG | ECHONL;
        (void)tcsetattr(fd, TCSAFLUSH, &silent); /* looked at next: it may do a part and report success */
        return NULL;
}

static void end_silence(Silence *silence) {
        (void)tcsetattr(silence->fd, TCSAFLUSH, &silence->before); /* fails when it went away: nobody misses it */
        file_close(&silence->signal_fd);
        pthread_sigmask(SIG_SETMASK, &silence->mask_before, NULL);
}

static bool is_silent(int fd) {
        struct termios now;
        return tcgetattr(fd, &now) == 0 && !(now.c_lflag & ECHO);
}

/* Waits for input; false when a signal came first. */
static bool wait_for_input(const Silence *silence) {
        struct pollfd waits[] = {
                { .fd = silence->fd, .events = POLLIN },
                { .fd = silence->signal_fd, .events = POLLIN },
        };
        while (poll(waits, ARRAY_LENGTH(waits), -1) < 0 && errno == EINTR)
                continue;
        return waits[1].revents == 0;
}

static Error *read_line(const Silence *silence, char line[LONGEST_LINE], size_t *ret_length) {
        size_t length = 0;
        while (length == 0 || line[length - 1] != '\n') {
                if (!wait_for_input(silence))
                        return error_new(ERROR_CANCELLED, "interrupted while asking on the terminal");
                ssize_t count = TEMP_FAILURE_RETRY(read(silence->fd, line + length, LONGEST_LINE - length));
                if (count < 0)
                        return fail("read");
                if (count == 0)
                        return error_new(ERROR_CANCELLED, "nothing was entered on the terminal");
                length += (size_t)count;
        }
        *ret_length = length - 1;
        return NULL;
}

static Error *ask_in_silence(const Silence *silence, const char *prompt, Secret **ret_secret) {
        char line[LONGEST_LINE];
        size_t length = 0;
        if (!is_silent(silence->fd))
                return error_new(ERROR_USER, "cannot ask on '/dev/tty': its echo cannot be turned off");
        TRY(file_write(silence->fd, "/dev/tty", bytes_of(prompt)));
        Error *error = read_line(silence, line, &length);
        if (!error)
                *ret_secret = secret_new(bytes_make(line, length));
        secret_wipe(line, sizeof line);
        return error;
}

Error *terminal_ask_secret(const char *prompt, Secret **ret_secret) {
        Silence quiet;
        AUTO_FD int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (fd < 0)
                return error_new(ERROR_USER, "cannot ask for a secret: there is no terminal");
        TRY(silence(&quiet, fd));
        Error *error = ask_in_silence(&quiet, prompt, ret_secret);
        end_silence(&quiet);
        return error;
}

unsigned terminal_columns(int fd) {
        struct winsize size;
        return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
