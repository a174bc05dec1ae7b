#include "codec/openpgp_watch.h"

#include <pthread.h>

#include "base/memory.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/task.h"

struct OpenPgpWatch {
        gpgme_ctx_t context;
        double patience;
        Task *task;
        pthread_mutex_t mutex; /* guards what follows */
        pthread_cond_t ended;
        bool is_inside, is_stopped, has_cancelled;
        double last; /* when a callback ended */
};

/* Half a second, or until the watch is stopped. */
static void wait_a_while(OpenPgpWatch *watch) {
        enum { PAUSE = 500000000, SECOND = 1000000000 };
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += (until.tv_nsec + PAUSE) / SECOND;
        until.tv_nsec = (until.tv_nsec + PAUSE) % SECOND;
        (void)pthread_cond_timedwait(&watch->ended, &watch->mutex, &until); /* why it returns is asked below */
}

static bool is_hopeless(const OpenPgpWatch *watch) {
        return !watch->is_inside && (cancel_requested() || clock_monotonic() - watch->last > watch->patience);
}

static Error *run(void *context) {
        OpenPgpWatch *watch = context;
        pthread_mutex_lock(&watch->mutex);
        while (!watch->is_stopped && !watch->has_cancelled) {
                wait_a_while(watch);
                if (watch->is_stopped || !is_hopeless(watch))
                        continue;
                watch->has_cancelled = true;
                (void)gpgme_cancel_async(watch->context); /* fails only without a context */
        }
        pthread_mutex_unlock(&watch->mutex);
        return NULL;
}

Error *openpgp_watch_start(gpgme_ctx_t context, double patience, OpenPgpWatch **ret_watch) {
        OpenPgpWatch *watch = memory_new(OpenPgpWatch);
        pthread_condattr_t monotonic;
        watch->context = context;
        watch->patience = patience;
        watch->last = clock_monotonic();
        pthread_mutex_init(&watch->mutex, NULL);
        pthread_condattr_init(&monotonic);
        pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
        pthread_cond_init(&watch->ended, &monotonic);
        pthread_condattr_destroy(&monotonic);
        Error *error = task_start(run, watch, &watch->task);
        if (error)
                openpgp_watch_stop(watch);
        else
                *ret_watch = watch;
        return error;
}

void openpgp_watch_enter(OpenPgpWatch *watch) {
        pthread_mutex_lock(&watch->mutex);
        watch->is_inside = true;
        pthread_mutex_unlock(&watch->mutex);
}

void openpgp_watch_leave(OpenPgpWatch *watch) {
        pthread_mutex_lock(&watch->mutex);
        watch->is_inside = false;
        watch->last = clock_monotonic();
        pthread_mutex_unlock(&watch->mutex);
}

bool openpgp_watch_has_cancelled(OpenPgpWatch *watch) {
        pthread_mutex_lock(&watch->mutex);
        bool cancelled = watch->has_cancelled;
        pthread_mutex_unlock(&watch->mutex);
        return cancelled;
}

void openpgp_watch_stop(OpenPgpWatch *watch) {
        if (!watch)
                return;
        pthread_mutex_lock(&watch->mutex);
        watch->is_stopped = true;
        pthread_cond_signal(&watch->ended);
        pthread_mutex_unlock(&watch->mutex);
        error_free(task_join(watch->task));
        pthread_cond_destroy(&watch->ended);
        pthread_mutex_destroy(&watch->mutex);
        memory_free(watch);
}
