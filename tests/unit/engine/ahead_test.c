#include "engine/ahead.h"

#include <unistd.h>

#include "base/path.h"
#include "engine/trial.h"

/* What both take, opened at AT. */
typedef struct Fixture {
        Session *session;
        Walk *walk;
        Previous *previous;
} Fixture;

static Fixture begin_at(int64_t at) {
        Fixture f = { .session = trial_session(at) };
        const Chain *chain = collection_newest(f.session->collection);
        assert_ok(previous_open(f.session, chain, chain ? chain->set_count : 0, &f.previous));
        assert_ok(walk_open("src", NULL, f.session->scratch, &f.walk));
        return f;
}

static void end(Fixture *f) {
        previous_close(f->previous);
        walk_close(f->walk);
        session_close(f->session);
}

static void print_change(const Change *change, Buffer *out) {
        buffer_print(out, "%d %s", change->kind, change->path);
        if (change->now)
                buffer_print(out, " now %ju", (uintmax_t)change->now->size);
        if (change->before && change->kind != CHANGE_NONE)
                buffer_print(out, " before %s %jd", change->before->entry.path, (intmax_t)change->before->when.seconds);
        buffer_add_text(out, "\n");
}

/* All changes as compare_next tells them, but for what was before where nothing has changed. */
static char *compared(int64_t at) {
        Fixture f = begin_at(at);
        Buffer out = { .data = NULL };
        Compare *compare = compare_new(f.walk, f.previous);
        const Change *change;
        for (;;) {
                assert_ok(compare_next(compare, &change));
                if (!change)
                        break;
                print_change(change, &out);
        }
        compare_free(compare);
        end(&f);
        return buffer_detach(&out);
}

static bool is_stored_file(const Change *change) {
        return (change->kind == CHANGE_NEW || change->kind == CHANGE_CHANGED) && change->now->type == ENTRY_FILE;
}

/* The same through an Ahead; each file has to hold its own path, and signatures have to load. */
static char *seen_ahead(int64_t at) {
        Fixture f = begin_at(at);
        Buffer out = { .data = NULL };
        AUTO(ahead_close) Ahead *ahead = NULL;
        const AheadOptions options = { .walk = f.walk, .previous = f.previous, .opens_files = true };
        assert_ok(ahead_open(&options, &ahead));
        for (;;) {
                const Change *change;
                assert_ok(ahead_next(ahead, &change));
                if (!change)
                        break;
                print_change(change, &out);
                if (!is_stored_file(change))
                        continue;
                int fd = -1;
                char content[100] = "";
                assert_ok(ahead_open_file(ahead, &fd));
                assert_true(pread(fd, content, sizeof content - 1, 0) > 0);
                assert_string_equal(content, change->path);
                if (change->before && change->before->has_signature) {
                        AUTO(signature_free) Signature *signature = NULL;
                        assert_ok(ahead_load_signature(ahead, &signature));
                        assert_non_null(signature);
                }
        }
        ahead_close(TAKE(ahead));
        end(&f);
        return buffer_detach(&out);
}

static void write_again(const char *path) {
        tree_file(path, path_name(path));
        tree_mode(path, 0600);
}

static void fill(unsigned count) {
        for (unsigned i = 0; i < count; i++) {
                AUTO_TEXT char *name = memory_print("f%03u", i);
                AUTO_TEXT char *path = memory_print("src/%s", name);
                tree_file(path, name);
        }
}

TEST(ahead_tells_what_compare_tells) {
        trial_begin();
        AUTO_TEXT char *empty = compared(50), *empty_ahead = seen_ahead(50);
        assert_string_equal(empty_ahead, empty);
        fill(2500);
        AUTO_TEXT char *full = compared(60), *full_ahead = seen_ahead(60);
        assert_string_equal(full_ahead, full);
        trial_backup(100);
        AUTO_TEXT char *same = compared(150), *same_ahead = seen_ahead(150);
        assert_string_equal(same_ahead, same);
        for (unsigned i = 0; i < 500; i += i < 200 ? 1 : 37) {
                AUTO_TEXT char *path = memory_print("src/f%03u", i);
                tree_remove(path);
                if (i % 5)
                        write_again(path);
        }
        AUTO_TEXT char *changed = compared(200), *changed_ahead = seen_ahead(200);
        assert_string_equal(changed_ahead, changed);
        assert_non_null(strstr(changed, "2 f001"));
        assert_non_null(strstr(changed, "3 f000"));
}

static size_t open_files(void) {
        size_t count = 0;
        for (int fd = 0; fd < 400; fd++)
                count += lseek(fd, 0, SEEK_CUR) >= 0;
        return count;
}

TEST(ahead_may_be_closed_at_any_time_and_leaves_no_file_open) {
        trial_begin();
        fill(300);
        for (unsigned steps = 0; steps < 200; steps += 33) {
                Fixture f = begin_at(100);
                size_t before = open_files();
                Ahead *ahead = NULL;
                const AheadOptions options = { .walk = f.walk, .previous = f.previous, .opens_files = true };
                assert_ok(ahead_open(&options, &ahead));
                for (unsigned i = 0; i < steps; i++) {
                        const Change *change;
                        assert_ok(ahead_next(ahead, &change));
                        assert_non_null(change);
                        assert_true(open_files() <= before + 97);
                }
                ahead_close(ahead);
                assert_true(open_files() <= before);
                end(&f);
        }
        ahead_close(NULL);
}

TEST(ahead_opens_no_file_before_the_first) {
        trial_begin();
        fill(3);
        Fixture f = begin_at(100);
        AUTO(ahead_close) Ahead *ahead = NULL;
        const AheadOptions options = { .walk = f.walk, .previous = f.previous, .opens_files = true, .first = "f001" };
        const Change *change;
        int fd;
        assert_ok(ahead_open(&options, &ahead));
        assert_ok(ahead_next(ahead, &change));
        assert_ok(ahead_next(ahead, &change));
        assert_ok(ahead_open_file(ahead, &fd));
        assert_int_equal(fd, -1);
        assert_ok(ahead_next(ahead, &change));
        assert_string_equal(change->path, "f001");
        assert_ok(ahead_open_file(ahead, &fd));
        assert_true(fd >= 0);
        ahead_close(TAKE(ahead));
        end(&f);
}

TEST(ahead_tells_why_a_file_cannot_be_opened) {
        if (geteuid() != 0)
                skip(); /* the tree is made as root */
        trial_begin();
        fill(2);
        tree_mode("src/f000", 0);
        tree_as_nobody();
        Fixture f = begin_at(100);
        AUTO(ahead_close) Ahead *ahead = NULL;
        const AheadOptions options = { .walk = f.walk, .previous = f.previous, .opens_files = true };
        const Change *change;
        int fd;
        assert_ok(ahead_open(&options, &ahead));
        assert_ok(ahead_next(ahead, &change));
        assert_ok(ahead_next(ahead, &change));
        assert_error(ahead_open_file(ahead, &fd), ERROR_DENIED, "permission denied");
        assert_ok(ahead_next(ahead, &change));
        assert_ok(ahead_open_file(ahead, &fd));
        assert_ok(ahead_next(ahead, &change));
        assert_null(change);
        assert_ok(ahead_next(ahead, &change));
        assert_null(change);
        ahead_close(TAKE(ahead));
        end(&f);
        tree_as_before();
}
