#include "charm/check.h"

#include "support/test.h"

enum { NOW = 1795409026, HOUR = 3600, PLENTY = 1 << 30 };

static const Watched watched = {
        .noun = "backup",
        .alert_after = 30 * HOUR,
        .since = { NOW - 100 * HOUR },
        .remedy = "juju run duplicity/0 do-backup",
        .log = "/var/log/duplicity/duplicity-0.log",
};

static RunRecord run(int64_t hours_ago, bool is_good) {
        return (RunRecord){
                .is_known = true,
                .kind = "full",
                .started = { NOW - hours_ago * HOUR - 90 },
                .ended = { NOW - hours_ago * HOUR },
                .is_good = is_good,
                .stored = 12345,
                .message = is_good ? "" : "cannot reach 'sftp://h': no route | host",
        };
}

static void assert_line(const Watched *what, const Outcome *outcome, bool is_alive, uint64_t scratch, CheckState state,
                        const char *line) {
        AUTO_VALUE(buffer_clear) Buffer out = { .data = NULL };
        CheckState found = check_judge(what, outcome, is_alive, scratch, (Moment){ NOW }, &out);
        if (found != state || strcmp(buffer_text(&out), line) != 0)
                fail_msg("state %d: %s\nwanted %d: %s", found, buffer_text(&out), state, line);
}

TEST(a_young_good_backup_is_ok) {
        const Outcome outcome = { .last = run(5, true), .good = run(5, true) };
        assert_line(&watched, &outcome, false, PLENTY, CHECK_OK,
                    "OK: last backup 2026-11-22T23:43:46Z full | 'age'=18000s;;108000;0 'duration'=90s;;;0 "
                    "'size'=12345B;;;0");
}

TEST(an_old_one_is_critical_and_says_what_to_do) {
        const Outcome outcome = { .last = run(31, true), .good = run(31, true) };
        assert_line(
                &watched, &outcome, false, PLENTY, CHECK_CRITICAL,
                "CRITICAL: no backup has been made for 31 hours: is cron running? (juju run duplicity/0 do-backup) | "
                "'age'=111600s;;108000;0 'duration'=90s;;;0 'size'=12345B;;;0");
}

TEST(a_new_schedule_is_waited_for_from_its_beginning) {
        const Outcome outcome = { .last = run(72, true), .good = run(72, true) };
        Watched hourly = watched;
        hourly.alert_after = 2 * HOUR;
        hourly.since = (Moment){ NOW - HOUR };
        assert_line(&hourly, &outcome, false, PLENTY, CHECK_OK,
                    "OK: last backup 2026-11-20T04:43:46Z full | 'age'=259200s;;7200;0 'duration'=90s;;;0 "
                    "'size'=12345B;;;0");
        hourly.since = (Moment){ NOW - 3 * HOUR };
        assert_line(&hourly, &outcome, false, PLENTY, CHECK_CRITICAL,
                    "CRITICAL: no backup has been made for 3 days: is cron running? (juju run duplicity/0 do-backup) | "
                    "'age'=259200s;;7200;0 'duration'=90s;;;0 'size'=12345B;;;0");
}

TEST(never_is_critical_once_it_is_due) {
        const Outcome none = { .is_running = false };
        Watched young = watched;
        young.since = (Moment){ NOW - 2 * HOUR };
        assert_line(
                &watched, &none, false, PLENTY, CHECK_CRITICAL,
                "CRITICAL: no backup has been made for 4 days, and none ever: is cron running? (juju run duplicity/0 "
                "do-backup)");
        assert_line(&young, &none, false, PLENTY, CHECK_OK, "OK: no backup yet, none is due");
}

TEST(a_failed_run_warns_and_is_critical_when_the_last_good_one_is_old) {
        const Outcome young = { .last = run(1, false), .good = run(5, true) };
        const Outcome old = { .last = run(1, false), .good = run(50, true) };
        const Outcome never = { .last = run(1, false) };
        assert_line(&watched, &young, false, PLENTY, CHECK_WARNING,
                    "WARNING: the last backup failed at 2026-11-23T03:43:46Z: cannot reach 'sftp://h': no route / host "
                    "(log: /var/log/duplicity/duplicity-0.log) | 'age'=18000s;;108000;0 'duration'=90s;;;0 "
                    "'size'=12345B;;;0");
        assert_line(
                &watched, &old, false, PLENTY, CHECK_CRITICAL,
                "CRITICAL: no backup has succeeded for 2 days: cannot reach 'sftp://h': no route / host (log: "
                "/var/log/duplicity/duplicity-0.log) | 'age'=180000s;;108000;0 'duration'=90s;;;0 'size'=12345B;;;0");
        assert_line(&watched, &never, false, PLENTY, CHECK_CRITICAL,
                    "CRITICAL: no backup has succeeded for 4 days: cannot reach 'sftp://h': no route / host (log: "
                    "/var/log/duplicity/duplicity-0.log)");
}

TEST(a_run_that_hangs_or_was_killed_is_critical) {
        Outcome outcome = {
                .is_running = true, .running_pid = 77, .running_since = { NOW - 31 * HOUR }, .good = run(20, true)
        };
        assert_line(&watched, &outcome, true, PLENTY, CHECK_CRITICAL,
                    "CRITICAL: a backup has been running for 31 hours (process 77): see "
                    "/var/log/duplicity/duplicity-0.log | 'age'=72000s;;108000;0 'duration'=90s;;;0 'size'=12345B;;;0");
        outcome.good = (RunRecord){ .is_known = false };
        outcome.running_since = (Moment){ NOW - HOUR };
        Watched young = watched;
        young.since = (Moment){ NOW - 2 * HOUR };
        assert_line(
                &young, &outcome, false, PLENTY, CHECK_CRITICAL,
                "CRITICAL: the last backup was killed, or the machine went down: run it again (juju run duplicity/0 "
                "do-backup)");
        assert_line(&young, &outcome, true, PLENTY, CHECK_OK, "OK: no backup yet, none is due");
        outcome.has_overlap = true;
        assert_line(&young, &outcome, true, PLENTY, CHECK_WARNING,
                    "WARNING: a backup has been running for 60 minutes, and the next was due: see "
                    "/var/log/duplicity/duplicity-0.log");
}

TEST(one_that_was_always_left_out_for_another_says_so) {
        const Outcome outcome = {
                .last = run(50, true), .good = run(50, true), .has_overlap = true, .overlap = { NOW - HOUR }
        };
        assert_line(&watched, &outcome, false, PLENTY, CHECK_CRITICAL,
                    "CRITICAL: no backup has been made for 2 days: another run was at work when the last was due, at "
                    "2026-11-23T03:43:46Z: see /var/log/duplicity/duplicity-0.log | 'age'=180000s;;108000;0 "
                    "'duration'=90s;;;0 'size'=12345B;;;0");
}

TEST(files_left_out_warn) {
        Outcome outcome = { .last = run(5, true), .good = run(5, true) };
        outcome.last.problems = 3;
        assert_line(&watched, &outcome, false, PLENTY, CHECK_WARNING,
                    "WARNING: 3 files were left out of the last backup: see /var/log/duplicity/duplicity-0.log | "
                    "'age'=18000s;;108000;0 'duration'=90s;;;0 'size'=12345B;;;0");
}

TEST(a_full_disk_is_told) {
        const Outcome outcome = { .last = run(5, true), .good = run(5, true) };
        AUTO_VALUE(buffer_clear) Buffer out = { .data = NULL };
        assert_int_equal(check_judge(&watched, &outcome, false, 63 << 20, (Moment){ NOW }, &out), CHECK_CRITICAL);
        assert_non_null(strstr(buffer_text(&out), "CRITICAL: only 63 MiB are left"));
        assert_int_equal(check_judge(&watched, &outcome, false, 255 << 20, (Moment){ NOW }, &out), CHECK_WARNING);
}

TEST(blocked_is_critical_and_disabled_is_not) {
        const Outcome outcome = { .last = run(500, true), .good = run(500, true) };
        Watched blocked = watched, disabled = watched;
        blocked.blocked = "Unrecognized backend \"tape\"";
        disabled.disabled = "backups are disabled: \"backend\" is not set";
        AUTO_VALUE(buffer_clear) Buffer out = { .data = NULL };
        assert_int_equal(check_judge(&blocked, &outcome, false, PLENTY, (Moment){ NOW }, &out), CHECK_CRITICAL);
        assert_non_null(strstr(buffer_text(&out), "CRITICAL: no backups are made: Unrecognized backend \"tape\""));
        buffer_truncate(&out, 0);
        assert_int_equal(check_judge(&disabled, &outcome, false, PLENTY, (Moment){ NOW }, &out), CHECK_OK);
        assert_non_null(strstr(buffer_text(&out), "OK: backups are disabled"));
}

TEST(backups_made_by_hand_never_get_too_old) {
        const Outcome outcome = { .last = run(5000, true), .good = run(5000, true) };
        Watched manual = watched;
        manual.alert_after = 0;
        AUTO_VALUE(buffer_clear) Buffer out = { .data = NULL };
        assert_int_equal(check_judge(&manual, &outcome, false, PLENTY, (Moment){ NOW }, &out), CHECK_OK);
        assert_non_null(strstr(buffer_text(&out), "'age'=18000000s;;;0"));
}

TEST(the_line_is_one_and_short) {
        Outcome outcome = { .last = run(1, false), .good = run(5, true) };
        char message[3000];
        memset(message, 'x', sizeof message);
        message[10] = '\n';
        message[sizeof message - 1] = '\0';
        outcome.last.message = message;
        AUTO_VALUE(buffer_clear) Buffer out = { .data = NULL };
        (void)check_judge(&watched, &outcome, false, PLENTY, (Moment){ NOW }, &out);
        assert_null(strchr(buffer_text(&out), '\n'));
        assert_true(out.length <= 1000);
}
