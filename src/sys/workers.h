/* Workers: a bounded pool; results come back in the order of submission.
 *
 * One thread submits, one thread collects (it may be the same when it never lets more than CAPACITY items be in
 * flight). Items belong to the submitter until workers_submit, to one worker while it works on them, to the collector
 * afterwards. Results and errors of the work travel in the item. */
#ifndef SYS_WORKERS_H
#define SYS_WORKERS_H

#include <stdbool.h>

#include "base/error.h"

typedef struct Workers Workers;

/* Works on one ITEM, in a worker's thread. STATE is that worker's own (see WorkersOptions). */
typedef void WorkFunction(void *state, void *item);

typedef struct WorkersOptions {
        unsigned threads;  /* at least 1 */
        unsigned capacity; /* items in flight, from submit to collect; at least 1 */
        WorkFunction *work;
        void *(*state_new)(void *context); /* makes a worker's own state; may be NULL: state is then CONTEXT itself */
        void (*state_free)(void *state);
        void *context;
} WorkersOptions;

/* Starts the threads (all signals blocked in them). ERROR_SYSTEM when a thread cannot be had. */
CHECKED Error *workers_open(const WorkersOptions *options, Workers **ret_workers);

/* Hands ITEM over; waits while CAPACITY items are in flight. False when the pool was stopped: ITEM stays the
 * caller's. */
bool workers_submit(Workers *workers, void *item);

/* Says that nothing more will be submitted. */
void workers_end(Workers *workers);

/* The next item in order of submission, worked on; waits for it. NULL after workers_end when all have been collected,
 * or when the pool was stopped. */
void *workers_collect(Workers *workers);

/* Like workers_collect, but NULL at once when the next item is not ready. */
void *workers_try_collect(Workers *workers);

/* Makes every waiting or later submit and collect return at once. For failures: the error itself is kept by the
 * caller. */
void workers_stop(Workers *workers);

/* Stops, waits for the threads. Items neither collected nor refused are handed to RELEASE (NULL: must not exist). */
void workers_close(Workers *workers, void (*release)(void *item));

#endif
