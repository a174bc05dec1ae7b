#include "charm/outcome.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"
#include "charm/document.h"
#include "sys/file.h"

enum { MESSAGE_MAX = 600 };

/* "" when the system does not tell. Made in ARENA. */
static const char *this_boot(Arena *arena) {
        AUTO_FD int fd = -1;
        char text[64];
        size_t length = 0;
        const char *path = "/proc/sys/kernel/random/boot_id";
        Error *error = file_open(path, O_RDONLY, 0, &fd);
        if (!error)
                error = file_read(fd, path, text, sizeof text, &length);
        error_free(error);
        return arena_bytes(arena, bytes_trim(bytes_make(text, length)));
}

/* ---- the file ---- */

static const char *text_of(const Node *node, const char *key) {
        const char *text = node_text(node_get(node, key));
        return text ? text : "";
}

static uint64_t number_of(const Node *node, const char *key) {
        uint64_t number = 0;
        (void)bytes_to_number(bytes_of(text_of(node, key)), &number); /* what is no number is 0 */
        return number;
}

static Moment moment_of(const Node *node, const char *key) {
        return (Moment){ (int64_t)number_of(node, key) };
}

static RunRecord read_run(const Node *node) {
        return (RunRecord){
                .is_known = node && node->kind == NODE_MAP,
                .kind = text_of(node, "kind"),
                .started = moment_of(node, "started"),
                .ended = moment_of(node, "ended"),
                .is_good = strcmp(text_of(node, "good"), "true") == 0,
                .problems = number_of(node, "problems"),
                .stored = number_of(node, "stored"),
                .message = text_of(node, "message"),
        };
}

Error *outcome_read(const char *path, Arena *arena, Outcome *ret_outcome) {
        const Node *root = NULL;
        Error *error = document_read(path, arena, &root);
        if (error_kind(error) == ERROR_MISSING) {
                error_free(error);
                error = NULL;
        }
        TRY(error);
        const Node *running = node_get(root, "running"), *overlap = node_get(root, "overlap");
        *ret_outcome = (Outcome){
                .last = read_run(node_get(root, "last")),
                .good = read_run(node_get(root, "last-good")),
                .is_running = running && running->kind == NODE_MAP,
                .running_since = moment_of(running, "since"),
                .running_pid = (int64_t)number_of(running, "pid"),
                .running_boot = text_of(running, "boot"),
                .has_overlap = node_text(overlap),
                .overlap = moment_of(root, "overlap"),
        };
        return NULL;
}

static uint64_t seconds_of(Moment moment) {
        return moment.seconds > 0 ? (uint64_t)moment.seconds : 0;
}

static void print_run(Json *json, const char *key, const RunRecord *run) {
        if (!run->is_known)
                return;
        json_object(json, key);
        json_text(json, "kind", run->kind);
        json_number(json, "started", seconds_of(run->started));
        json_number(json, "ended", seconds_of(run->ended));
        json_bool(json, "good", run->is_good);
        json_number(json, "problems", run->problems);
        json_number(json, "stored", run->stored);
        json_text(json, "message", run->message);
        json_end(json);
}

static Error *outcome_write(const char *path, const Outcome *outcome) {
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        Json json = json_begin(&text);
        json_object(&json, NULL);
        print_run(&json, "last", &outcome->last);
        print_run(&json, "last-good", &outcome->good);
        if (outcome->is_running) {
                json_object(&json, "running");
                json_number(&json, "since", seconds_of(outcome->running_since));
                json_number(&json, "pid", (uint64_t)outcome->running_pid);
                json_text(&json, "boot", outcome->running_boot);
                json_end(&json);
        }
        if (outcome->has_overlap)
                json_number(&json, "overlap", seconds_of(outcome->overlap));
        json_end(&json);
        return document_write(path, 0644, buffer_bytes(&text));
}

/* ---- what happens ---- */

/* Two processes may note something at once. Without the lock, which lasts until the descriptor is closed, the worst is
 * that one of the notes is lost. */
static int lock_for(const char *path) {
        AUTO_TEXT char *name = memory_print("%s.lock", path);
        struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
        int fd = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0)
                (void)fcntl(fd, F_OFD_SETLKW, &whole);
        return fd;
}

/* A damaged file must not keep backups from being made: it is begun anew. */
static Outcome read_or_begin(const char *path, Arena *arena) {
        Outcome outcome = { .is_running = false };
        error_free(outcome_read(path, arena, &outcome));
        return outcome;
}

Error *outcome_begin(const char *path, Moment now) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_FD UNUSED int lock = lock_for(path);
        Outcome outcome = read_or_begin(path, arena);
        outcome.is_running = true;
        outcome.has_overlap = false; /* it was another run's */
        outcome.running_since = now;
        outcome.running_pid = getpid();
        outcome.running_boot = this_boot(arena);
        return outcome_write(path, &outcome);
}

/* The first line, cut; whole characters stay whole. */
static const char *one_line(const char *text, Arena *arena) {
        Bytes line = bytes_slice(bytes_of(text), 0, strcspn(text, "\n"));
        if (line.length > MESSAGE_MAX) {
                line.length = MESSAGE_MAX;
                while (line.length && (line.at[line.length] & 0xC0) == 0x80)
                        line.length--;
        }
        return arena_bytes(arena, line);
}

Error *outcome_end(const char *path, const RunRecord *run) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_FD UNUSED int lock = lock_for(path);
        Outcome outcome = read_or_begin(path, arena);
        outcome.last = *run;
        outcome.last.is_known = true;
        outcome.last.message = one_line(run->message, arena);
        if (run->is_good)
                outcome.good = outcome.last;
        outcome.is_running = outcome.has_overlap = false;
        return outcome_write(path, &outcome);
}

Error *outcome_overlap(const char *path, Moment now) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_FD UNUSED int lock = lock_for(path);
        Outcome outcome = read_or_begin(path, arena);
        outcome.has_overlap = true;
        outcome.overlap = now;
        return outcome_write(path, &outcome);
}

/* A number may be somebody else's by now, but within one boot that takes long. */
bool outcome_is_alive(const Outcome *outcome) {
        AUTO(arena_free) Arena *arena = arena_new();
        if (!outcome->is_running || strcmp(outcome->running_boot, this_boot(arena)) != 0)
                return false;
        return kill((pid_t)outcome->running_pid, 0) == 0 || errno == EPERM;
}
