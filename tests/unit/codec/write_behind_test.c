#include "codec/write_behind.h"

#include "base/memory.h"
#include "support/test.h"

enum { LENGTH = 3000000 };

/* Takes what it is given until there are MOST bytes. */
typedef struct Target {
        Writer writer;
        Buffer got;
        size_t most;
        bool fails_to_finish, is_finished, is_abandoned;
} Target;

static Error *write_target(Writer *writer, Bytes bytes) {
        Target *target = (Target *)writer;
        if (target->got.length + bytes.length > target->most)
                return error_new(ERROR_SYSTEM, "the disk is full");
        buffer_add(&target->got, bytes);
        return NULL;
}

static Error *finish_target(Writer *writer) {
        Target *target = (Target *)writer;
        target->is_finished = true;
        return target->fails_to_finish ? error_new(ERROR_SYSTEM, "the disk has gone") : NULL;
}

static void abandon_target(Writer *writer) {
        ((Target *)writer)->is_abandoned = true;
}

static Target target_for(size_t most) {
        return (Target){ .writer = { write_target, finish_target, abandon_target }, .most = most };
}

static void clear_target(Target *target) {
        buffer_clear(&target->got);
}

static Writer *open_for(Target *target) {
        Writer *writer = NULL;
        assert_ok(write_behind_open(&target->writer, &writer));
        return writer;
}

TEST(write_behind_writes_everything_in_order) {
        AUTO_TEXT char *noise = (char *)test_random_bytes(LENGTH, 1);
        for (size_t piece = 1000; piece <= LENGTH; piece *= 50) {
                AUTO_VALUE(clear_target) Target target = target_for(SIZE_MAX);
                Writer *writer = open_for(&target);
                for (size_t at = 0; at < LENGTH; at += piece)
                        assert_ok(writer_write(writer, bytes_slice(bytes_make(noise, LENGTH), at, piece)));
                assert_ok(writer_finish(writer));
                assert_bytes_equal(buffer_bytes(&target.got), bytes_make(noise, LENGTH));
                assert_true(target.is_finished);
                assert_false(target.is_abandoned);
        }
}

TEST(write_behind_tells_an_error_of_its_target_while_it_is_written_to) {
        AUTO_TEXT char *noise = (char *)test_random_bytes(LENGTH, 1);
        AUTO_VALUE(clear_target) Target target = target_for(100000);
        Writer *writer = open_for(&target);
        assert_error(writer_write(writer, bytes_make(noise, LENGTH)), ERROR_SYSTEM, "the disk is full");
        writer_abandon(writer);
        assert_false(target.is_finished);
        assert_true(target.is_abandoned);
}

TEST(write_behind_tells_an_error_of_its_target_at_the_end) {
        AUTO_VALUE(clear_target) Target target = target_for(1);
        Writer *writer = open_for(&target);
        assert_ok(writer_write(writer, bytes_of("more than a byte")));
        assert_error(writer_finish(writer), ERROR_SYSTEM, "the disk is full");
        assert_false(target.is_finished);
        assert_true(target.is_abandoned);
}

TEST(write_behind_tells_that_its_target_cannot_be_finished) {
        AUTO_VALUE(clear_target) Target target = target_for(SIZE_MAX);
        target.fails_to_finish = true;
        Writer *writer = open_for(&target);
        assert_ok(writer_write(writer, bytes_of("text")));
        assert_error(writer_finish(writer), ERROR_SYSTEM, "the disk has gone");
        assert_true(target.is_finished);
}

TEST(write_behind_may_be_abandoned_at_any_time) {
        AUTO_TEXT char *noise = (char *)test_random_bytes(LENGTH, 1);
        for (size_t length = 0; length <= LENGTH; length += LENGTH / 2) {
                AUTO_VALUE(clear_target) Target target = target_for(SIZE_MAX);
                Writer *writer = open_for(&target);
                assert_ok(writer_write(writer, bytes_make(noise, length)));
                writer_abandon(writer);
                assert_false(target.is_finished);
                assert_true(target.is_abandoned);
        }
}
