#include "sys/pool.h"

#include <stdatomic.h>
#include <unistd.h>

#include "base/memory.h"
#include "support/test.h"
#include "sys/task.h"

static atomic_int made, living, in_use, most_in_use;

static Error *make_number(void *context, void **ret_thing) {
        const bool *fails = context;
        if (*fails)
                return error_new(ERROR_TRANSIENT, "not today");
        int *thing = memory_new(int);
        *thing = ++made;
        living++;
        *ret_thing = thing;
        return NULL;
}

static void release_number(void *thing) {
        memory_free(thing);
        living--;
}

static Pool *new_pool(unsigned most, bool *fails) {
        made = living = in_use = most_in_use = 0;
        return pool_new(&(PoolOptions){ .most = most, .make = make_number, .release = release_number,
                                        .context = fails });
}

static int *take(Pool *pool) {
        void *thing = NULL;
        assert_ok(pool_take(pool, &thing));
        return thing;
}

TEST(pool_makes_things_only_when_none_is_idle) {
        bool fails = false;
        Pool *pool = new_pool(3, &fails);
        int *first = take(pool), *second = take(pool);
        assert_int_equal(*first, 1);
        assert_int_equal(*second, 2);
        pool_give(pool, first);
        assert_ptr_equal(take(pool), first);
        pool_give(pool, second);
        pool_give(pool, first);
        assert_ptr_equal(take(pool), first);
        pool_give(pool, first);
        assert_int_equal(made, 2);
        pool_free(pool);
        assert_int_equal(living, 0);
}

TEST(pool_that_could_not_make_one_has_room_for_another) {
        void *thing = NULL;
        bool fails = true;
        Pool *pool = new_pool(1, &fails);
        for (unsigned i = 0; i < 3; i++)
                assert_error(pool_take(pool, &thing), ERROR_TRANSIENT, "not today");
        fails = false;
        pool_give(pool, take(pool));
        pool_give(pool, NULL);
        assert_int_equal(made, 1);
        pool_free(pool);
}

static Error *use_many_times(void *pool) {
        for (unsigned i = 0; i < 200; i++) {
                void *thing;
                TRY(pool_take(pool, &thing));
                int now = ++in_use, most = most_in_use;
                while (now > most && !atomic_compare_exchange_weak(&most_in_use, &most, now))
                        continue;
                if (i % 50 == 0)
                        usleep(1000);
                in_use--;
                pool_give(pool, thing);
        }
        return NULL;
}

TEST(pool_is_never_overdrawn) {
        bool fails = false;
        Pool *pool = new_pool(3, &fails);
        Task *tasks[8];
        for (size_t i = 0; i < ARRAY_LENGTH(tasks); i++)
                assert_ok(task_start(use_many_times, pool, &tasks[i]));
        for (size_t i = 0; i < ARRAY_LENGTH(tasks); i++)
                assert_ok(task_join(tasks[i]));
        assert_in_range(most_in_use, 2, 3);
        assert_int_equal(made, most_in_use);
        pool_free(pool);
        assert_int_equal(living, 0);
}

TEST(pool_free_takes_null) {
        pool_free(NULL);
}
