#include "sys/gate.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>

#include "base/memory.h"

struct Gate {
        pthread_mutex_t mutex;
        pthread_cond_t opened;
        bool is_open;
        void *thing;
};

Gate *gate_new(void) {
        Gate *gate = memory_new(Gate);
        pthread_mutex_init(&gate->mutex, NULL);
        pthread_cond_init(&gate->opened, NULL);
        return gate;
}

void gate_open(Gate *gate, void *thing) {
        pthread_mutex_lock(&gate->mutex);
        assert(!gate->is_open);
        gate->is_open = true;
        gate->thing = thing;
        pthread_cond_broadcast(&gate->opened);
        pthread_mutex_unlock(&gate->mutex);
}

void *gate_pass(Gate *gate) {
        pthread_mutex_lock(&gate->mutex);
        while (!gate->is_open)
                pthread_cond_wait(&gate->opened, &gate->mutex);
        void *thing = gate->thing;
        pthread_mutex_unlock(&gate->mutex);
        return thing;
}

void gate_free(Gate *gate) {
        if (!gate)
                return;
        pthread_cond_destroy(&gate->opened);
        pthread_mutex_destroy(&gate->mutex);
        memory_free(gate);
}
