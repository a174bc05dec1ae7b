#include "sys/gate.h"

#include <stdbool.h>

#include "support/test.h"
#include "sys/clock.h"
#include "sys/task.h"

typedef struct Visitor {
        Gate *gate;
        void *got;
        bool has_passed; /* atomic access */
} Visitor;

static Error *visit(void *context) {
        Visitor *visitor = context;
        visitor->got = gate_pass(visitor->gate);
        __atomic_store_n(&visitor->has_passed, true, __ATOMIC_RELEASE);
        return NULL;
}

TEST(gate_holds_until_it_is_opened) {
        AUTO(gate_free) Gate *gate = gate_new();
        Visitor visitors[2] = { { .gate = gate }, { .gate = gate } };
        Task *tasks[2] = { NULL };
        char gift[] = "gift";
        for (int i = 0; i < 2; i++)
                assert_ok(task_start(visit, &visitors[i], &tasks[i]));
        clock_sleep(0.05);
        for (int i = 0; i < 2; i++)
                assert_false(__atomic_load_n(&visitors[i].has_passed, __ATOMIC_ACQUIRE));
        gate_open(gate, gift);
        for (int i = 0; i < 2; i++) {
                assert_ok(task_join(tasks[i]));
                assert_ptr_equal(visitors[i].got, gift);
        }
        assert_ptr_equal(gate_pass(gate), gift); /* it stays open */
}

TEST(gate_can_be_opened_with_nothing_and_before_anybody_comes) {
        AUTO(gate_free) Gate *gate = gate_new();
        gate_open(gate, NULL);
        assert_null(gate_pass(gate));
        gate_free(NULL);
}
