/* Process: runs a program to its end, without a shell. */
#ifndef SYS_PROCESS_H
#define SYS_PROCESS_H

#include "base/buffer.h"
#include "base/error.h"

typedef struct ProcessSpec {
        const char *const *arguments;   /* ends in NULL; the first is the program, looked for in PATH */
        const char *const *environment; /* "NAME=value" that replace or join ours; ends in NULL; NULL: none */
        const char *folder;             /* to run in; NULL: ours */
        Bytes input;                    /* its standard input */
        size_t most;                    /* bytes kept of each of its outputs: what comes after is read and dropped */
        double timeout;                 /* seconds until it is ended; 0: none */
        bool waits_for_cancel;          /* goes on when this process is asked to stop (sys/cancel.h) */
} ProcessSpec;

typedef struct ProcessResult {
        int status;      /* exit status; 128 + number when a signal ended it */
        Buffer out, err; /* standard output and error */
} ProcessResult;

/* Runs it and waits. It inherits none of our descriptors but its three standard ones, has no signal blocked or ignored,
 * and is killed when this process dies. That it failed is no error: look at status. ERROR_MISSING: there is no such program
 * (errno ENOENT); ERROR_TRANSIENT: the timeout; ERROR_CANCELLED; ERROR_SYSTEM: no process, no memory. After an error
 * the program no longer runs. RET_RESULT has to be released after an error too. */
CHECKED Error *process_run(const ProcessSpec *spec, ProcessResult *ret_result);

/* The last line of what the program said on its standard error, or how it ended; for messages. Caller frees. */
char *process_last_words(const ProcessResult *result);

void process_result_clear(ProcessResult *result);

#endif
