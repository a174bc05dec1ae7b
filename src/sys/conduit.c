#include "sys/conduit.h"

#include <pthread.h>

#include "base/memory.h"

enum { WORTH_WAKING = CONDUIT_SIZE / 4 };

/* The bytes between READ and WRITTEN are the reader's, all others the writer's: each copies without holding the lock.
 */
struct Conduit {
        pthread_mutex_t mutex;
        pthread_cond_t has_changed;
        size_t written, read; /* since the beginning; their difference is in the ring */
        bool has_ended, is_left;
        bool is_awaited; /* somebody waits for the other one */
        uint8_t ring[CONDUIT_SIZE];
};

Conduit *conduit_new(void) {
        Conduit *conduit = memory_resize(NULL, sizeof *conduit); /* the ring need not be zeros */
        conduit->written = conduit->read = 0;
        conduit->has_ended = conduit->is_left = conduit->is_awaited = false;
        pthread_mutex_init(&conduit->mutex, NULL);
        pthread_cond_init(&conduit->has_changed, NULL);
        return conduit;
}

static void wait_for_other(Conduit *conduit) {
        conduit->is_awaited = true;
        pthread_cond_wait(&conduit->has_changed, &conduit->mutex);
}

static void wake_other(Conduit *conduit) {
        if (conduit->is_awaited)
                pthread_cond_signal(&conduit->has_changed);
        conduit->is_awaited = false;
}

/* How much can be written in one piece; 0 when the reader has gone. */
static size_t await_room(Conduit *conduit) {
        pthread_mutex_lock(&conduit->mutex);
        while (conduit->written - conduit->read == CONDUIT_SIZE && !conduit->is_left)
                wait_for_other(conduit);
        size_t room = CONDUIT_SIZE - (conduit->written - conduit->read);
        if (conduit->is_left)
                room = 0;
        pthread_mutex_unlock(&conduit->mutex);
        return MIN(room, CONDUIT_SIZE - conduit->written % CONDUIT_SIZE);
}

/* Who waits is woken when there is something to do for a while: each time it costs more than many bytes. */
static void note_progress(Conduit *conduit, size_t *count, size_t length) {
        pthread_mutex_lock(&conduit->mutex);
        *count += length;
        size_t there = conduit->written - conduit->read;
        size_t for_other = count == &conduit->written ? there : CONDUIT_SIZE - there;
        if (for_other >= WORTH_WAKING)
                wake_other(conduit);
        pthread_mutex_unlock(&conduit->mutex);
}

bool conduit_write(Conduit *conduit, Bytes bytes) {
        while (bytes.length) {
                size_t room = await_room(conduit);
                size_t length = MIN(room, bytes.length);
                if (length == 0)
                        return false;
                memcpy(conduit->ring + conduit->written % CONDUIT_SIZE, bytes.at, length);
                note_progress(conduit, &conduit->written, length);
                bytes = bytes_slice(bytes, length, bytes.length);
        }
        return true;
}

static void note_end(Conduit *conduit, bool *what) {
        pthread_mutex_lock(&conduit->mutex);
        *what = true;
        wake_other(conduit);
        pthread_mutex_unlock(&conduit->mutex);
}

void conduit_end(Conduit *conduit) {
        note_end(conduit, &conduit->has_ended);
}

/* How much can be read in one piece; 0 at the end. */
static size_t await_bytes(Conduit *conduit) {
        pthread_mutex_lock(&conduit->mutex);
        while (conduit->written == conduit->read && !conduit->has_ended)
                wait_for_other(conduit);
        size_t there = conduit->written - conduit->read;
        pthread_mutex_unlock(&conduit->mutex);
        return MIN(there, CONDUIT_SIZE - conduit->read % CONDUIT_SIZE);
}

Bytes conduit_peek(Conduit *conduit, size_t capacity) {
        size_t there = await_bytes(conduit);
        return bytes_make(conduit->ring + conduit->read % CONDUIT_SIZE, MIN(there, capacity));
}

void conduit_skip(Conduit *conduit, size_t count) {
        note_progress(conduit, &conduit->read, count);
}

size_t conduit_read(Conduit *conduit, void *buffer, size_t capacity) {
        Bytes bytes = conduit_peek(conduit, capacity);
        if (bytes.length == 0)
                return 0;
        memcpy(buffer, bytes.at, bytes.length);
        conduit_skip(conduit, bytes.length);
        return bytes.length;
}

void conduit_leave(Conduit *conduit) {
        note_end(conduit, &conduit->is_left);
}

void conduit_free(Conduit *conduit) {
        if (!conduit)
                return;
        pthread_cond_destroy(&conduit->has_changed);
        pthread_mutex_destroy(&conduit->mutex);
        memory_free(conduit);
}
