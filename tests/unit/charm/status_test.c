#include "charm/status.h"

#include "support/test.h"

static const RunRecord good = { .is_known = true, .kind = "full", .ended = { 1795409026 }, .is_good = true };
static const RunRecord bad = {
        .is_known = true, .kind = "incremental", .ended = { 1795409086 }, .message = "disk full"
};

static void assert_status(const char *backend, const char *problem, const Outcome *outcome, const char *status,
                          const char *message) {
        AUTO(arena_free) Arena *arena = arena_new();
        const CharmConfig config = { .backend = backend };
        UnitStatus found = status_of(&config, problem, outcome, false, arena);
        assert_string_equal(found.status, status);
        assert_string_equal(found.message, message);
}

TEST(the_status_tells_what_an_operator_wants_to_know) {
        const Outcome none = { .is_running = false }, fine = { .last = good, .good = good },
                      failed = { .last = bad, .good = good }, never = { .last = bad };
        const Outcome killed = { .last = bad, .good = good, .is_running = true, .running_since = { 1795409146 } };
        assert_status("file", NULL, &none, "active", "Ready");
        assert_status("file", NULL, &fine, "active", "Ready (last backup 2026-11-23T04:43Z full)");
        assert_status("file", NULL, &failed, "active",
                      "Ready (last run failed at 2026-11-23T04:44Z: disk full; last backup 2026-11-23T04:43Z full)");
        assert_status("file", NULL, &never, "active",
                      "Ready (last run failed at 2026-11-23T04:44Z: disk full; no backup yet)");
        assert_status("file", NULL, &killed, "active",
                      "Ready (the run of 2026-11-23T04:45Z was killed, or the machine went down; last backup "
                      "2026-11-23T04:43Z full)");
        assert_status("", NULL, &fine, "active", "Backups are disabled: set \"backend\" to enable them");
        assert_status("tape", "Unrecognized backend \"tape\"", &fine, "blocked", "Unrecognized backend \"tape\"");
}

TEST(a_run_that_is_at_work_changes_nothing) {
        AUTO(arena_free) Arena *arena = arena_new();
        const CharmConfig config = { .backend = "file" };
        const Outcome running = { .last = good, .good = good, .is_running = true, .running_since = { 1795409146 } };
        assert_string_equal(status_of(&config, NULL, &running, true, arena).message,
                            "Ready (last backup 2026-11-23T04:43Z full)");
}
