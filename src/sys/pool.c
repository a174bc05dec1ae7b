#include "sys/pool.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>

#include "base/memory.h"

struct Pool {
        PoolOptions options;
        pthread_mutex_t mutex; /* guards all below */
        pthread_cond_t given;
        void **idle;
        unsigned idle_count, taken;
};

Pool *pool_new(const PoolOptions *options) {
        assert(options->most > 0);
        Pool *pool = memory_new(Pool);
        pool->options = *options;
        pool->idle = memory_new_array(void *, options->most);
        pthread_mutex_init(&pool->mutex, NULL);
        pthread_cond_init(&pool->given, NULL);
        return pool;
}

/* Waits for a turn; one of the idle, NULL when there is none: the turn is to make one. */
static void *take_turn(Pool *pool) {
        pthread_mutex_lock(&pool->mutex);
        while (pool->taken == pool->options.most)
                pthread_cond_wait(&pool->given, &pool->mutex);
        pool->taken++;
        void *thing = pool->idle_count ? pool->idle[--pool->idle_count] : NULL;
        pthread_mutex_unlock(&pool->mutex);
        return thing;
}

static void end_turn(Pool *pool, void *thing) {
        pthread_mutex_lock(&pool->mutex);
        assert(pool->taken > 0);
        pool->taken--;
        if (thing)
                pool->idle[pool->idle_count++] = thing;
        pthread_cond_signal(&pool->given);
        pthread_mutex_unlock(&pool->mutex);
}

Error *pool_take(Pool *pool, void **ret_thing) {
        void *thing = take_turn(pool);
        Error *error = thing ? NULL : pool->options.make(pool->options.context, &thing);
        if (error)
                end_turn(pool, NULL);
        else
                *ret_thing = thing;
        return error;
}

void pool_give(Pool *pool, void *thing) {
        if (thing)
                end_turn(pool, thing);
}

void pool_free(Pool *pool) {
        if (!pool)
                return;
        assert(pool->taken == 0);
        for (unsigned i = 0; i < pool->idle_count; i++)
                pool->options.release(pool->idle[i]);
        pthread_cond_destroy(&pool->given);
        pthread_mutex_destroy(&pool->mutex);
        memory_free(pool->idle);
        memory_free(pool);
}
