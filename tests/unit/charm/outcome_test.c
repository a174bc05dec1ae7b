#include "charm/outcome.h"

#include <sys/stat.h>
#include <unistd.h>

#include "support/test.h"

static Outcome read_outcome(Arena *arena) {
        Outcome outcome;
        assert_ok(outcome_read("./outcome", arena, &outcome));
        return outcome;
}

TEST(no_file_is_an_outcome_of_nothing) {
        AUTO(arena_free) Arena *arena = arena_new();
        Outcome outcome = read_outcome(arena);
        assert_false(outcome.last.is_known);
        assert_false(outcome.good.is_known);
        assert_false(outcome.is_running);
        assert_false(outcome_is_alive(&outcome));
}

TEST(a_run_is_noted_from_its_beginning_to_its_end) {
        AUTO(arena_free) Arena *arena = arena_new();
        assert_ok(outcome_begin("./outcome", (Moment){ 1000 }));
        Outcome outcome = read_outcome(arena);
        assert_true(outcome.is_running);
        assert_int_equal(outcome.running_since.seconds, 1000);
        assert_int_equal(outcome.running_pid, getpid());
        assert_true(outcome_is_alive(&outcome));
        assert_ok(outcome_overlap("./outcome", (Moment){ 1500 }));
        assert_true(read_outcome(arena).has_overlap);

        const RunRecord good = { .kind = "full",
                                 .started = { 1000 },
                                 .ended = { 2000 },
                                 .is_good = true,
                                 .problems = 2,
                                 .stored = UINT64_C(5000000000),
                                 .message = "" };
        assert_ok(outcome_end("./outcome", &good));
        outcome = read_outcome(arena);
        assert_false(outcome.is_running);
        assert_false(outcome.has_overlap);
        assert_true(outcome.last.is_known && outcome.last.is_good);
        assert_string_equal(outcome.last.kind, "full");
        assert_int_equal(outcome.last.stored, UINT64_C(5000000000));
        assert_int_equal(outcome.last.problems, 2);

        const RunRecord bad = { .kind = "incremental", .started = { 3000 }, .ended = { 3001 }, .message = "one\ntwo" };
        assert_ok(outcome_end("./outcome", &bad));
        outcome = read_outcome(arena);
        assert_false(outcome.last.is_good);
        assert_string_equal(outcome.last.message, "one");
        assert_int_equal(outcome.good.ended.seconds, 2000); /* the last good one stays known */
}

TEST(a_run_knows_nothing_of_what_was_left_out_before_it) {
        AUTO(arena_free) Arena *arena = arena_new();
        assert_ok(outcome_overlap("./outcome", (Moment){ 900 }));
        assert_true(read_outcome(arena).has_overlap);
        assert_ok(outcome_begin("./outcome", (Moment){ 1000 }));
        assert_false(read_outcome(arena).has_overlap);
}

TEST(everybody_may_read_it) {
        struct stat facts;
        (void)umask(077);
        assert_ok(outcome_begin("./outcome", (Moment){ 1000 }));
        (void)umask(022);
        assert_int_equal(stat("./outcome", &facts), 0);
        assert_int_equal(facts.st_mode & 07777, 0644);
}

TEST(a_process_of_another_boot_or_without_one_is_dead) {
        AUTO(arena_free) Arena *arena = arena_new();
        assert_ok(outcome_begin("./outcome", (Moment){ 1000 }));
        Outcome outcome = read_outcome(arena);
        outcome.running_boot = "another";
        assert_false(outcome_is_alive(&outcome));
        outcome = read_outcome(arena);
        outcome.running_pid = 1 << 30; /* beyond every pid */
        assert_false(outcome_is_alive(&outcome));
}

TEST(a_damaged_file_is_told_and_does_not_stop_a_run) {
        AUTO(arena_free) Arena *arena = arena_new();
        Outcome outcome;
        test_write_file("./outcome", bytes_of("{\"last\": "));
        assert_error(outcome_read("./outcome", arena, &outcome), ERROR_CORRUPT, "outcome");
        assert_ok(outcome_begin("./outcome", (Moment){ 1000 }));
        assert_true(read_outcome(arena).is_running);
}
