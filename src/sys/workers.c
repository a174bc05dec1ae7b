#include "sys/workers.h"

#include <assert.h>
#include <pthread.h>

#include "base/memory.h"
#include "sys/task.h"

typedef struct Slot {
        void *item;
        bool is_done;
} Slot;

/* A ring of slots in order of submission. The counts only grow; item number N lives in slot N modulo capacity, and
 * always collected <= taken <= submitted <= collected + capacity. */
struct Workers {
        WorkersOptions options;
        Slot *slots;
        Task **tasks;
        unsigned task_count;

        pthread_mutex_t mutex;     /* guards all below, and the slots */
        pthread_cond_t has_room;   /* for the submitter */
        pthread_cond_t has_work;   /* for the workers */
        pthread_cond_t has_result; /* for the collector */
        uint64_t submitted, taken, collected;
        bool ended, stopped;
};

static Slot *slot_of(Workers *workers, uint64_t number) {
        return &workers->slots[number % workers->options.capacity];
}

/* Takes the oldest item that nobody works on; waits for one. False when there will be none. */
static bool take_work(Workers *workers, uint64_t *ret_number) {
        pthread_mutex_lock(&workers->mutex);
        while (!workers->stopped && !workers->ended && workers->taken == workers->submitted)
                pthread_cond_wait(&workers->has_work, &workers->mutex);
        bool has_work = !workers->stopped && workers->taken < workers->submitted;
        if (has_work)
                *ret_number = workers->taken++;
        pthread_mutex_unlock(&workers->mutex);
        return has_work;
}

static void hand_in(Workers *workers, uint64_t number) {
        pthread_mutex_lock(&workers->mutex);
        slot_of(workers, number)->is_done = true;
        if (number == workers->collected)
                pthread_cond_signal(&workers->has_result);
        pthread_mutex_unlock(&workers->mutex);
}

static Error *run_worker(void *argument) {
        Workers *workers = argument;
        const WorkersOptions *options = &workers->options;
        void *state = options->state_new ? options->state_new(options->context) : options->context;
        uint64_t number;
        while (take_work(workers, &number)) {
                options->work(state, slot_of(workers, number)->item);
                hand_in(workers, number);
        }
        if (options->state_free)
                options->state_free(state);
        return NULL;
}

Error *workers_open(const WorkersOptions *options, Workers **ret_workers) {
        assert(options->threads > 0 && options->capacity > 0);
        Workers *workers = memory_new(Workers);
        workers->options = *options;
        workers->slots = memory_new_array(Slot, options->capacity);
        workers->tasks = memory_new_array(Task *, options->threads);
        pthread_mutex_init(&workers->mutex, NULL);
        pthread_cond_init(&workers->has_room, NULL);
        pthread_cond_init(&workers->has_work, NULL);
        pthread_cond_init(&workers->has_result, NULL);
        while (workers->task_count < options->threads) {
                Error *error = task_start(run_worker, workers, &workers->tasks[workers->task_count]);
                if (error) {
                        workers_close(workers, NULL);
                        return error;
                }
                workers->task_count++;
        }
        *ret_workers = workers;
        return NULL;
}

bool workers_submit(Workers *workers, void *item) {
        pthread_mutex_lock(&workers->mutex);
        assert(!workers->ended);
        while (!workers->stopped && workers->submitted - workers->collected == workers->options.capacity)
                pthread_cond_wait(&workers->has_room, &workers->mutex);
        bool accepted = !workers->stopped;
        if (accepted) {
                *slot_of(workers, workers->submitted++) = (Slot){ .item = item };
                pthread_cond_signal(&workers->has_work);
        }
        pthread_mutex_unlock(&workers->mutex);
        return accepted;
}

/* Sets FLAG, one of our own, and wakes everybody to look at it. */
static void raise_flag(Workers *workers, bool *flag) {
        pthread_mutex_lock(&workers->mutex);
        *flag = true;
        pthread_cond_broadcast(&workers->has_room);
        pthread_cond_broadcast(&workers->has_work);
        pthread_cond_broadcast(&workers->has_result);
        pthread_mutex_unlock(&workers->mutex);
}

void workers_end(Workers *workers) {
        raise_flag(workers, &workers->ended);
}

void workers_stop(Workers *workers) {
        raise_flag(workers, &workers->stopped);
}

/* True when the collector has something to take. The mutex is held. */
static bool has_result(Workers *workers) {
        return !workers->stopped && workers->collected < workers->taken &&
               slot_of(workers, workers->collected)->is_done;
}

static bool may_have_result(const Workers *workers) {
        return !workers->stopped && !(workers->ended && workers->collected == workers->submitted);
}

static void *collect(Workers *workers, bool may_wait) {
        void *item = NULL;
        pthread_mutex_lock(&workers->mutex);
        while (may_wait && may_have_result(workers) && !has_result(workers))
                pthread_cond_wait(&workers->has_result, &workers->mutex);
        if (has_result(workers)) {
                item = slot_of(workers, workers->collected++)->item;
                pthread_cond_signal(&workers->has_room);
        }
        pthread_mutex_unlock(&workers->mutex);
        return item;
}

void *workers_collect(Workers *workers) {
        return collect(workers, true);
}

void *workers_try_collect(Workers *workers) {
        return collect(workers, false);
}

void workers_close(Workers *workers, void (*release)(void *item)) {
        if (!workers)
                return;
        workers_stop(workers);
        for (unsigned i = 0; i < workers->task_count; i++)
                error_free(task_join(workers->tasks[i])); /* run_worker never fails */
        assert(release || workers->collected == workers->submitted);
        for (uint64_t number = workers->collected; number < workers->submitted; number++)
                release(slot_of(workers, number)->item);
        pthread_cond_destroy(&workers->has_result);
        pthread_cond_destroy(&workers->has_work);
        pthread_cond_destroy(&workers->has_room);
        pthread_mutex_destroy(&workers->mutex);
        memory_free(workers->tasks);
        memory_free(workers->slots);
        memory_free(workers);
}
