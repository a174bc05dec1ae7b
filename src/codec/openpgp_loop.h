/* Loop: one operation of gpgme, driven by us. gpgme's own loop waits for ever, and busily, for a gpg that was killed
 * while the pipe to it was full: it overlooks that nobody reads any more. Internal to openpgp*.c. */
#ifndef CODEC_OPENPGP_LOOP_H
#define CODEC_OPENPGP_LOOP_H

#include <gpgme.h>
#include <poll.h>
#include <stdbool.h>

/* Moves bytes through FD, which does not block. False when it is gpgme's turn again: at an end, or after a failure. */
typedef bool OpenPgpMover(void *context, int fd);

/* What gpgme wants to be called for. */
typedef struct OpenPgpPipe {
        struct pollfd poll; /* fd -1: the place is free */
        gpgme_io_cb_t call;
        void *context;
        OpenPgpMover *mover; /* comes before gpgme; NULL: nobody does */
        void *mover_context;
} OpenPgpPipe;

typedef struct OpenPgpLoop {
        OpenPgpPipe pipes[16]; /* gpgme uses six */
        OpenPgpPipe *served;   /* while gpgme is called for it; else NULL */
        bool has_ended;
        bool was_cancelled;
        gpgme_error_t failure;
} OpenPgpLoop;

/* Makes operations of CONTEXT use LOOP, which must stay where it is until CONTEXT has been released. They have to be
 * begun with gpgme_op_..._start. */
void openpgp_loop_open(OpenPgpLoop *loop, gpgme_ctx_t context);

/* To be called where gpgme asks for data or gives some: from then on MOVER moves what goes through that pipe. gpgme
 * itself looks at every byte several times, for a trace that nobody reads. */
void openpgp_loop_take_over(OpenPgpLoop *loop, OpenPgpMover *mover, void *context);

/* To be given what gpgme_op_..._start returned: runs the operation to its end, and returns its failure. When this
 * process is asked to stop (sys/cancel.h), the operation is given up and was_cancelled set. */
gpgme_error_t openpgp_loop_run(OpenPgpLoop *loop, gpgme_ctx_t context, gpgme_error_t started);

#endif
