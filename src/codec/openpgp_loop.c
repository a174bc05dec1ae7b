#include "codec/openpgp_loop.h"

#include <errno.h>
#include <fcntl.h>

#include "base/list.h"
#include "sys/cancel.h"

enum {
        PAUSE = 250,            /* milliseconds between two looks at whether we have been asked to stop */
        PIPE_SIZE = 256 * 1024, /* of those through which data goes */
};

static gpgme_error_t add_pipe(void *data, int fd, int is_for_reading, gpgme_io_cb_t call, void *context, void **tag) {
        OpenPgpLoop *loop = data;
        for (size_t i = 0; i < ARRAY_LENGTH(loop->pipes); i++) {
                OpenPgpPipe *pipe = &loop->pipes[i];
                if (pipe->poll.fd >= 0)
                        continue;
                pipe->poll = (struct pollfd){ .fd = fd, .events = is_for_reading ? POLLIN : POLLOUT };
                pipe->call = call;
                pipe->context = context;
                pipe->mover = NULL;
                *tag = pipe;
                return 0;
        }
        return gpgme_error(GPG_ERR_TOO_MANY);
}

static void remove_pipe(void *tag) {
        OpenPgpPipe *pipe = tag;
        pipe->poll.fd = -1;
}

static void note_event(void *data, gpgme_event_io_t type, void *detail) {
        OpenPgpLoop *loop = data;
        if (type != GPGME_EVENT_DONE || loop->has_ended)
                return;
        const struct gpgme_io_event_done_data *done = detail;
        loop->has_ended = true;
        loop->failure = done->err ? done->err : done->op_err;
}

void openpgp_loop_open(OpenPgpLoop *loop, gpgme_ctx_t context) {
        *loop = (OpenPgpLoop){ .has_ended = false };
        for (size_t i = 0; i < ARRAY_LENGTH(loop->pipes); i++)
                loop->pipes[i].poll.fd = -1;
        struct gpgme_io_cbs calls = { .add = add_pipe,
                                      .add_priv = loop,
                                      .remove = remove_pipe,
                                      .event = note_event,
                                      .event_priv = loop };
        gpgme_set_io_cbs(context, &calls);
}

void openpgp_loop_take_over(OpenPgpLoop *loop, OpenPgpMover *mover, void *context) {
        OpenPgpPipe *pipe = loop->served;
        if (!pipe || pipe->mover || fcntl(pipe->poll.fd, F_SETFL, O_NONBLOCK) < 0)
                return;
        (void)fcntl(pipe->poll.fd, F_SETPIPE_SZ, PIPE_SIZE); /* it works with a small one too */
        pipe->mover = mover;
        pipe->mover_context = context;
}

static void serve_pipe(OpenPgpLoop *loop, OpenPgpPipe *pipe) {
        if (pipe->mover && pipe->mover(pipe->mover_context, pipe->poll.fd))
                return;
        loop->served = pipe;
        (void)pipe->call(pipe->context, pipe->poll.fd); /* its failure ends the operation */
        loop->served = NULL;
}

/* A call may remove any pipe, and let another take its place: that one has not been polled yet. */
static void serve(OpenPgpLoop *loop, const struct pollfd *polled) {
        for (size_t i = 0; i < ARRAY_LENGTH(loop->pipes) && !loop->has_ended; i++) {
                OpenPgpPipe *pipe = &loop->pipes[i];
                bool is_ready = polled[i].revents && pipe->poll.fd == polled[i].fd;
                if (is_ready) /* also of errors and of an end without data: read and write tell them to gpgme */
                        serve_pipe(loop, pipe);
        }
}

static gpgme_error_t serve_once(OpenPgpLoop *loop) {
        struct pollfd polled[ARRAY_LENGTH(loop->pipes)];
        for (size_t i = 0; i < ARRAY_LENGTH(loop->pipes); i++)
                polled[i] = loop->pipes[i].poll; /* poll passes over those that are free */
        if (poll(polled, ARRAY_LENGTH(polled), PAUSE) >= 0)
                serve(loop, polled);
        else if (errno != EINTR)
                return gpgme_error_from_syserror();
        return 0;
}

gpgme_error_t openpgp_loop_run(OpenPgpLoop *loop, gpgme_ctx_t context, gpgme_error_t started) {
        if (started)
                return started;
        gpgme_error_t failure = 0;
        while (!failure && !loop->has_ended && !loop->was_cancelled) {
                failure = serve_once(loop);
                loop->was_cancelled = !loop->has_ended && cancel_requested();
        }
        if (failure || loop->was_cancelled)
                (void)gpgme_cancel(context); /* fails only without a context */
        return failure ? failure : loop->failure;
}
