#include "sys/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/list.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/file.h"

#ifndef SYS_close_range
#define SYS_close_range 436 /* on all architectures of Debian's and Ubuntu's; older headers lack it */
#endif

enum {
        PAUSE = 100,   /* milliseconds between two looks at the clock and at whether we have been asked to stop */
        GRACE = 20,    /* such pauses between SIGTERM and SIGKILL */
        PIECE = 65536,
        CANNOT_EXEC = 127,
        CLOSE_ON_EXEC = 1 << 2, /* CLOSE_RANGE_CLOEXEC, which older headers lack */
};

typedef struct Run {
        const ProcessSpec *spec;
        ProcessResult *result;
        pid_t pid;           /* 0: none, or waited for */
        int in, out, err;    /* our ends of its pipes */
        int failure;         /* reads the errno of an exec that failed */
        size_t given;        /* of the input */
        double deadline;     /* 0: none */
        double heard;        /* when it said something last, by clock_monotonic */
} Run;

static void close_run(Run *run) {
        file_close(&run->in);
        file_close(&run->out);
        file_close(&run->err);
        file_close(&run->failure);
        if (run->pid <= 0)
                return;
        (void)kill(run->pid, SIGKILL);
        while (waitpid(run->pid, NULL, 0) < 0 && errno == EINTR) {
        }
}

/* Ours, with what SPEC wants replaced; the list is the caller's, its texts are not. */
static void make_environment(const ProcessSpec *spec, TextList *list) {
        for (char **ours = environ; *ours; ours++) {
                bool is_replaced = false;
                size_t length = strcspn(*ours, "=") + 1;
                for (size_t i = 0; spec->environment && spec->environment[i]; i++)
                        is_replaced |= strncmp(*ours, spec->environment[i], length) == 0;
                if (!is_replaced)
                        text_list_add(list, *ours);
        }
        for (size_t i = 0; spec->environment && spec->environment[i]; i++)
                text_list_add(list, spec->environment[i]);
        text_list_add(list, NULL);
}

/* Ours are all closed by exec; those we were born with need not be. Old kernels have no such call. */
static void close_strangers(void) {
        (void)syscall(SYS_close_range, 3U, ~0U, CLOSE_ON_EXEC);
}

/* Between fork and exec: only what is safe there when we have threads. */
NORETURN static void become(const ProcessSpec *spec, char **environment, const int *standard, int failure,
                            pid_t parent) {
        sigset_t none;
        (void)sigemptyset(&none);
        for (int number = 1; number < NSIG; number++)
                (void)signal(number, SIG_DFL); /* fails for SIGKILL and SIGSTOP, which cannot be ignored either */
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        close_strangers();
        bool is_ready = getppid() == parent; /* it may have died before prctl */
        for (int fd = 0; is_ready && fd < 3; fd++)
                is_ready = dup2(standard[fd], fd) >= 0;
        if (is_ready && spec->given_fd)
                is_ready = dup2(spec->given_fd, PROCESS_GIVEN_FD) >= 0 && fcntl(PROCESS_GIVEN_FD, F_SETFD, 0) == 0;
        if (is_ready && (!spec->folder || chdir(spec->folder) == 0))
                (void)execvpe(spec->arguments[0], (char *const *)(uintptr_t)spec->arguments, environment);
        int number = errno;
        ssize_t written = write(failure, &number, sizeof number);
        (void)written; /* nobody is left to be told */
        _exit(CANNOT_EXEC);
}

/* Makes both ends of the four pipes; THEIRS are the child's. Numbers below 3 would be lost in dup2. */
static Error *open_pipes(Run *run, int *theirs) {
        int *const ours[] = { &run->in, &run->out, &run->err, &run->failure };
        for (size_t i = 0; i < ARRAY_LENGTH(ours); i++) {
                int ends[2];
                if (pipe2(ends, O_CLOEXEC) < 0)
                        return error_from_errno(errno, "cannot run '%s'", run->spec->arguments[0]);
                bool is_input = i == 0;
                *ours[i] = ends[is_input];
                theirs[i] = fcntl(ends[!is_input], F_DUPFD_CLOEXEC, 10);
                (void)close(ends[!is_input]);
                if (theirs[i] < 0)
                        return error_from_errno(errno, "cannot run '%s'", run->spec->arguments[0]);
        }
        (void)fcntl(run->in, F_SETFL, O_NONBLOCK); /* pipes take every flag */
        return NULL;
}

static void close_all(int *fds) {
        for (size_t i = 0; i < 4; i++)
                file_close(&fds[i]);
}

static Error *start(Run *run) {
        AUTO_VALUE(text_list_clear) TextList environment = { .items = NULL };
        int theirs[4] = { -1, -1, -1, -1 };
        Error *error = open_pipes(run, theirs);
        if (error) {
                close_all(theirs);
                return error;
        }
        make_environment(run->spec, &environment);
        pid_t parent = getpid();
        run->pid = fork();
        if (run->pid == 0)
                become(run->spec, (char **)(uintptr_t)environment.items, theirs, theirs[3], parent);
        int number = errno;
        close_all(theirs);
        if (run->pid > 0)
                return NULL;
        run->pid = 0;
        return error_from_errno(number, "cannot run '%s'", run->spec->arguments[0]);
}

/* Waits for exec, which closes the pipe. */
static Error *check_start(Run *run) {
        int number = 0;
        size_t length;
        TRY(file_read(run->failure, run->spec->arguments[0], &number, sizeof number, &length));
        return length ? error_from_errno(number, "cannot run '%s'", run->spec->arguments[0]) : NULL;
}

static void give_input(Run *run) {
        Bytes rest = bytes_slice(run->spec->input, run->given, SIZE_MAX);
        ssize_t written = rest.length ? write(run->in, rest.at, rest.length) : 0;
        if (written > 0)
                run->given += (size_t)written;
        bool may_go_on = written > 0 || (written < 0 && (errno == EAGAIN || errno == EINTR));
        if (!may_go_on || run->given == run->spec->input.length)
                file_close(&run->in); /* a program need not read what it is given */
}

static Error *keep(const Run *run, Buffer *kept, Bytes piece) {
        size_t room = run->spec->most - MIN(kept->length, run->spec->most);
        (void)buffer_add(kept, bytes_slice(piece, 0, room)); /* no ceiling, cannot fail */
        return NULL;
}

/* KEPT NULL: for the sink. */
static Error *take_output(Run *run, int *fd, Buffer *kept) {
        uint8_t piece[PIECE];
        ssize_t length = read(*fd, piece, sizeof piece);
        if (length < 0 && errno == EINTR)
                return NULL;
        if (length <= 0) {
                file_close(fd);
                return NULL;
        }
        Bytes bytes = bytes_make(piece, (size_t)length);
        run->heard = clock_monotonic();
        return kept ? keep(run, kept, bytes) : run->spec->sink(run->spec->context, bytes);
}

static Error *check_patience(const Run *run) {
        if (!run->spec->waits_for_cancel)
                TRY(cancel_check());
        if (run->deadline > 0 && clock_monotonic() > run->deadline)
                return error_new(ERROR_TRANSIENT, "'%s' did not end within %.0f seconds", run->spec->arguments[0],
                                 run->spec->timeout);
        if (run->spec->patience > 0 && clock_monotonic() > run->heard + run->spec->patience)
                return error_new(ERROR_TRANSIENT, "'%s' said nothing for %g seconds", run->spec->arguments[0],
                                 run->spec->patience);
        return NULL;
}

/* True when it has ended; then its status is in the result. */
static bool has_ended(Run *run) {
        int status;
        if (run->pid > 0 && waitpid(run->pid, &status, WNOHANG) == run->pid) {
                run->pid = 0;
                run->result->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        }
        return run->pid == 0;
}

/* Until its outputs are closed, or it has ended and they are silent: what it started itself may keep them open. */
static Error *exchange(Run *run) {
        while (run->out >= 0 || run->err >= 0) {
                struct pollfd fds[] = { { .fd = run->in, .events = POLLOUT },
                                        { .fd = run->out, .events = POLLIN },
                                        { .fd = run->err, .events = POLLIN } };
                TRY(check_patience(run));
                if (poll(fds, ARRAY_LENGTH(fds), PAUSE) <= 0) {
                        if (has_ended(run))
                                return NULL;
                        continue;
                }
                if (fds[0].revents)
                        give_input(run);
                if (fds[1].revents)
                        TRY(take_output(run, &run->out, run->spec->sink ? NULL : &run->result->out));
                if (fds[2].revents)
                        TRY(take_output(run, &run->err, &run->result->err));
        }
        return NULL;
}

/* It may close its outputs and go on. */
static Error *wait_for_end(Run *run) {
        for (double pause = 0.0002; !has_ended(run); pause = MIN(2 * pause, 0.01)) {
                TRY(check_patience(run));
                clock_sleep(pause);
        }
        return NULL;
}

/* Lets it tidy up. */
static void stop(Run *run) {
        if (run->pid <= 0)
                return;
        (void)kill(run->pid, SIGTERM);
        for (int i = 0; i < GRACE && !has_ended(run); i++)
                (void)poll(NULL, 0, PAUSE);
}

Error *process_run(const ProcessSpec *spec, ProcessResult *ret_result) {
        AUTO_VALUE(close_run) Run run = { .spec = spec, .result = ret_result };
        run.in = run.out = run.err = run.failure = -1;
        *ret_result = (ProcessResult){ .status = 0 };
        run.heard = clock_monotonic();
        if (spec->timeout > 0)
                run.deadline = run.heard + spec->timeout;
        TRY(start(&run));
        TRY(check_start(&run));
        Error *error = exchange(&run);
        if (!error)
                error = wait_for_end(&run);
        if (error)
                stop(&run);
        return error;
}

char *process_last_words(const ProcessResult *result) {
        Bytes said = bytes_trim(buffer_bytes(&result->err));
        const uint8_t *last = said.length ? memrchr(said.at, '\n', said.length) : NULL;
        if (last)
                said = bytes_slice(said, (size_t)(last - said.at) + 1, SIZE_MAX);
        if (said.length)
                return memory_copy(said.at, said.length);
        if (result->status > 128)
                return memory_print("it was ended by signal %d", result->status - 128);
        return memory_print("it ended with status %d", result->status);
}

void process_result_clear(ProcessResult *result) {
        buffer_clear(&result->out);
        buffer_clear(&result->err);
}
