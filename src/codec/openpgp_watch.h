/* Watch: ends a call of gpgme whose gpg has died. When gpg is killed while the pipe to it is full, gpgme waits for
 * ever, and busily: it overlooks that nobody reads any more. Internal to openpgp*.c. */
#ifndef CODEC_OPENPGP_WATCH_H
#define CODEC_OPENPGP_WATCH_H

#include <gpgme.h>
#include <stdbool.h>

#include "base/error.h"

typedef struct OpenPgpWatch OpenPgpWatch;

/* Starts a task that cancels what CONTEXT is at when no data callback has run for PATIENCE seconds, or when this
 * process has been asked to stop (sys/cancel.h). */
CHECKED Error *openpgp_watch_start(gpgme_ctx_t context, double patience, OpenPgpWatch **ret_watch);

/* To be called where a data callback begins and where it ends: in between, time does not count. */
void openpgp_watch_enter(OpenPgpWatch *watch);
void openpgp_watch_leave(OpenPgpWatch *watch);

/* True when it has cancelled. */
bool openpgp_watch_has_cancelled(OpenPgpWatch *watch);

/* Ends the task and releases. */
void openpgp_watch_stop(OpenPgpWatch *watch);

#endif
