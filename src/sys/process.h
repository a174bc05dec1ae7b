/* Process: runs a program to its end, without a shell. */
#ifndef SYS_PROCESS_H
#define SYS_PROCESS_H

#include "base/buffer.h"
#include "base/error.h"

/* Receives what the program prints, piece by piece. An error ends the program and is returned by process_run. */
typedef Error *ProcessSink(void *context, Bytes piece);

/* What the program finds GIVEN_FD of its spec as. */
enum { PROCESS_GIVEN_FD = 3 };

typedef struct ProcessSpec {
        const char *const *arguments;   /* ends in NULL; the first is the program, looked for in PATH */
        const char *const *environment; /* "NAME=value" that replace or join ours; ends in NULL; NULL: none */
        const char *folder;             /* to run in; NULL: ours */
        Bytes input;                    /* its standard input */
        int given_fd;                   /* one more that it inherits; 0: none */
        ProcessSink *sink;              /* gets its standard output; NULL: it is kept in the result */
        void *context;
        size_t most;                    /* bytes kept of each of its outputs: what comes after is read and dropped */
        double timeout;                 /* seconds until it is ended; 0: none */
        double patience;                /* seconds without a word of it until it is ended; 0: none */
        bool waits_for_cancel;          /* goes on when this process is asked to stop (sys/cancel.h) */
} ProcessSpec;

typedef struct ProcessResult {
        int status;      /* exit status; 128 + number when a signal ended it */
        Buffer out, err; /* standard output and error */
} ProcessResult;

/* Runs it and waits, but not for what it leaves running. It inherits none of our descriptors but its three standard ones
 * and the given one, has no signal blocked or ignored, and is killed when this process dies. That it failed is no error:
 * look at status. ERROR_MISSING: there is no such program (errno ENOENT); ERROR_TRANSIENT: the timeout, or silence;
 * ERROR_CANCELLED; ERROR_SYSTEM: no process, no memory; the sink's. After an error the program no longer runs. RET_RESULT has to be
 * released after an error too. */
CHECKED Error *process_run(const ProcessSpec *spec, ProcessResult *ret_result);

/* The last line of what the program said on its standard error, or how it ended; for messages. Caller frees. */
char *process_last_words(const ProcessResult *result);

void process_result_clear(ProcessResult *result);

#endif
