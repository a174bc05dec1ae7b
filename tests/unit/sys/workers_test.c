#include "sys/workers.h"

#include <stdatomic.h>
#include <unistd.h>

#include "base/memory.h"
#include "support/test.h"
#include "sys/task.h"

typedef struct Item {
        unsigned number;
        unsigned result;
        Error *error;
} Item;

static atomic_int living_items;
static atomic_int living_states;

static Item *new_item(unsigned number) {
        Item *item = memory_new(Item);
        item->number = number;
        living_items++;
        return item;
}

static void free_item(void *thing) {
        Item *item = thing;
        error_free(item->error);
        memory_free(item);
        living_items--;
}

static void square(UNUSED void *state, void *thing) {
        Item *item = thing;
        item->result = item->number * item->number;
        if (item->number % 1000 == 7)
                usleep(1000); /* the others overtake this one */
        if (item->number % 100 == 3)
                item->error = error_new(ERROR_CORRUPT, "item %u is bad", item->number);
}

static WorkersOptions options_for(unsigned threads, unsigned capacity) {
        return (WorkersOptions){ .threads = threads, .capacity = capacity, .work = square };
}

static Error *submit_ten_thousand(void *context) {
        for (unsigned i = 0; i < 10000; i++)
                if (!workers_submit(context, new_item(i)))
                        return error_new(ERROR_USER, "refused");
        workers_end(context);
        return NULL;
}

TEST(workers_keep_the_order_of_ten_thousand_items) {
        Workers *workers = NULL;
        Task *submitter = NULL;
        WorkersOptions options = options_for(4, 16);
        assert_ok(workers_open(&options, &workers));
        assert_ok(task_start(submit_ten_thousand, workers, &submitter));
        unsigned count = 0, errors = 0;
        for (Item *item = workers_collect(workers); item; item = workers_collect(workers)) {
                assert_int_equal(item->number, count);
                assert_int_equal(item->result, count * count);
                assert_int_equal(item->error != NULL, count % 100 == 3);
                errors += item->error != NULL;
                count++;
                free_item(item);
        }
        assert_int_equal(count, 10000);
        assert_int_equal(errors, 100);
        assert_ok(task_join(submitter));
        assert_null(workers_collect(workers));
        assert_null(workers_try_collect(workers));
        workers_close(workers, NULL);
        assert_int_equal(living_items, 0);
}

TEST(workers_serve_one_thread_that_does_both) {
        Workers *workers = NULL;
        WorkersOptions options = options_for(1, 1);
        assert_ok(workers_open(&options, &workers));
        assert_null(workers_try_collect(workers));
        for (unsigned i = 0; i < 100; i++) {
                assert_true(workers_submit(workers, new_item(i)));
                Item *item = workers_collect(workers);
                assert_int_equal(item->number, i);
                assert_int_equal(item->result, i * i);
                free_item(item);
        }
        workers_end(workers);
        assert_null(workers_collect(workers));
        workers_close(workers, NULL);
}

/* A gate that items wait at. */
static atomic_int gate_is_open;
static atomic_int at_gate;

static void wait_at_gate(UNUSED void *state, void *thing) {
        Item *item = thing;
        at_gate++;
        while (item->number == 0 && !gate_is_open)
                usleep(100);
        item->result = 1;
}

TEST(workers_try_collect_waits_for_nobody) {
        Workers *workers = NULL;
        WorkersOptions options = options_for(2, 4);
        options.work = wait_at_gate;
        gate_is_open = 0;
        at_gate = 0;
        assert_ok(workers_open(&options, &workers));
        assert_true(workers_submit(workers, new_item(0)));
        assert_true(workers_submit(workers, new_item(1)));
        while (at_gate < 2)
                usleep(100);
        assert_null(workers_try_collect(workers)); /* 1 may be ready, but is not the oldest */
        gate_is_open = 1;
        Item *first = workers_collect(workers);
        Item *second = workers_collect(workers);
        assert_int_equal(first->number, 0);
        assert_int_equal(second->number, 1);
        free_item(first);
        free_item(second);
        workers_close(workers, NULL);
}

static Error *submit_one(void *context) {
        Item *item = new_item(2);
        if (workers_submit(context, item))
                return NULL;
        free_item(item);
        return error_new(ERROR_CANCELLED, "refused");
}

TEST(workers_submit_waits_for_room_and_gets_it) {
        Workers *workers = NULL;
        Task *submitter = NULL;
        WorkersOptions options = options_for(2, 2);
        assert_ok(workers_open(&options, &workers));
        assert_true(workers_submit(workers, new_item(0)));
        assert_true(workers_submit(workers, new_item(1)));
        assert_ok(task_start(submit_one, workers, &submitter));
        for (unsigned i = 0; i < 3; i++) {
                Item *item = workers_collect(workers);
                assert_int_equal(item->number, i);
                free_item(item);
        }
        assert_ok(task_join(submitter));
        workers_close(workers, NULL);
        assert_int_equal(living_items, 0);
}

TEST(workers_stop_wakes_a_waiting_submitter) {
        Workers *workers = NULL;
        Task *submitter = NULL;
        WorkersOptions options = options_for(1, 1);
        assert_ok(workers_open(&options, &workers));
        assert_true(workers_submit(workers, new_item(0)));
        assert_ok(task_start(submit_one, workers, &submitter));
        usleep(2000); /* mostly it waits by now; the result is the same if it does not */
        workers_stop(workers);
        assert_error(task_join(submitter), ERROR_CANCELLED, "refused");
        assert_null(workers_collect(workers));
        workers_close(workers, free_item);
        assert_int_equal(living_items, 0);
}

static Error *collect_one(void *context) {
        return workers_collect(context) ? error_new(ERROR_USER, "got one") : NULL;
}

TEST(workers_stop_wakes_a_waiting_collector) {
        Workers *workers = NULL;
        Task *collector = NULL;
        WorkersOptions options = options_for(2, 3);
        assert_ok(workers_open(&options, &workers));
        assert_ok(task_start(collect_one, workers, &collector));
        usleep(2000); /* as above */
        workers_stop(workers);
        assert_ok(task_join(collector));
        workers_close(workers, NULL);
}

TEST(workers_end_wakes_a_waiting_collector) {
        Workers *workers = NULL;
        Task *collector = NULL;
        WorkersOptions options = options_for(2, 3);
        assert_ok(workers_open(&options, &workers));
        assert_ok(task_start(collect_one, workers, &collector));
        usleep(2000); /* as above */
        workers_end(workers);
        assert_ok(task_join(collector));
        workers_close(workers, NULL);
}

TEST(workers_stopped_in_the_middle_release_each_item_once) {
        Workers *workers = NULL;
        WorkersOptions options = options_for(3, 50);
        assert_ok(workers_open(&options, &workers));
        for (unsigned i = 0; i < 50; i++)
                assert_true(workers_submit(workers, new_item(i)));
        for (unsigned i = 0; i < 20; i++)
                free_item(workers_collect(workers));
        workers_stop(workers);
        Item *late = new_item(99);
        assert_false(workers_submit(workers, late));
        free_item(late);
        assert_int_equal(living_items, 30);
        workers_close(workers, free_item);
        assert_int_equal(living_items, 0);
}

typedef struct State {
        int worked;
} State;

static void *new_state(void *context) {
        assert_string_equal(context, "context");
        living_states++;
        return memory_new(State);
}

static atomic_int worked_in_all;

static void free_state(void *thing) {
        State *state = thing;
        worked_in_all += state->worked;
        memory_free(state);
        living_states--;
}

static void work_with_state(void *state, UNUSED void *item) {
        ((State *)state)->worked++;
}

TEST(workers_have_a_state_each) {
        Workers *workers = NULL;
        char context[] = "context";
        WorkersOptions options = { .threads = 3, .capacity = 8, .work = work_with_state, .context = context };
        options.state_new = new_state;
        options.state_free = free_state;
        worked_in_all = 0;
        assert_ok(workers_open(&options, &workers));
        for (unsigned i = 0; i < 8; i++)
                assert_true(workers_submit(workers, &options));
        for (unsigned i = 0; i < 8; i++)
                assert_ptr_equal(workers_collect(workers), &options);
        workers_close(workers, NULL);
        assert_int_equal(living_states, 0);
        assert_int_equal(worked_in_all, 8);
}

static void note_context(void *state, UNUSED void *item) {
        atomic_fetch_add((atomic_int *)state, 1);
}

TEST(workers_without_states_get_the_context) {
        Workers *workers = NULL;
        atomic_int count = 0;
        WorkersOptions options = { .threads = 2, .capacity = 4, .work = note_context, .context = &count };
        assert_ok(workers_open(&options, &workers));
        for (unsigned i = 0; i < 4; i++)
                assert_true(workers_submit(workers, &count));
        for (unsigned i = 0; i < 4; i++)
                assert_non_null(workers_collect(workers));
        assert_int_equal(count, 4);
        workers_close(workers, NULL);
        workers_close(NULL, NULL);
}
