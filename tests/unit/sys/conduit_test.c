#include "sys/conduit.h"

#include "base/memory.h"
#include "support/test.h"
#include "sys/task.h"

enum { LENGTH = 3 * CONDUIT_SIZE + 12345 };

typedef struct Delivery {
        Conduit *conduit;
        Bytes bytes;
        size_t piece; /* written at a time */
        bool was_wanted;
} Delivery;

static Error *deliver(void *context) {
        Delivery *delivery = context;
        delivery->was_wanted = true;
        for (size_t at = 0; at < delivery->bytes.length && delivery->was_wanted; at += delivery->piece)
                delivery->was_wanted =
                        conduit_write(delivery->conduit, bytes_slice(delivery->bytes, at, delivery->piece));
        conduit_end(delivery->conduit);
        return NULL;
}

TEST(conduit_passes_everything_on_in_order) {
        static const size_t pieces[][2] = {
                { 1000, 70000 }, { 70000, 1000 }, { LENGTH, 33333 }, { 131071, LENGTH }, { 4096, 4096 }
        };
        AUTO_TEXT char *noise = (char *)test_random_bytes(LENGTH, 1);
        AUTO_TEXT char *got = memory_resize(NULL, LENGTH);
        for (size_t i = 0; i < ARRAY_LENGTH(pieces); i++) {
                AUTO(conduit_free) Conduit *conduit = conduit_new();
                Delivery delivery = { .conduit = conduit, .bytes = bytes_make(noise, LENGTH), .piece = pieces[i][0] };
                Task *task = NULL;
                size_t total = 0, length;
                assert_ok(task_start(deliver, &delivery, &task));
                while ((length = conduit_read(conduit, got + total, MIN(pieces[i][1], LENGTH - total))))
                        total += length;
                assert_ok(task_join(task));
                assert_true(delivery.was_wanted);
                assert_int_equal(total, LENGTH);
                assert_memory_equal(got, noise, LENGTH);
        }
}

TEST(conduit_shows_what_comes_next) {
        AUTO(conduit_free) Conduit *conduit = conduit_new();
        assert_true(conduit_write(conduit, bytes_of("text")));
        conduit_end(conduit);
        assert_bytes_equal(conduit_peek(conduit, 3), bytes_of("tex"));
        assert_bytes_equal(conduit_peek(conduit, 100), bytes_of("text"));
        conduit_skip(conduit, 1);
        assert_bytes_equal(conduit_peek(conduit, 100), bytes_of("ext"));
        conduit_skip(conduit, 3);
        assert_int_equal(conduit_peek(conduit, 100).length, 0);
}

TEST(conduit_tells_its_end_again) {
        char byte;
        AUTO(conduit_free) Conduit *conduit = conduit_new();
        assert_true(conduit_write(conduit, bytes_of("x")));
        conduit_end(conduit);
        assert_int_equal(conduit_read(conduit, &byte, 1), 1);
        assert_int_equal(byte, 'x');
        assert_int_equal(conduit_read(conduit, &byte, 1), 0);
        assert_int_equal(conduit_read(conduit, &byte, 1), 0);
}

TEST(conduit_lets_the_writer_go_when_nobody_reads) {
        AUTO_TEXT char *noise = (char *)test_random_bytes(LENGTH, 1);
        AUTO(conduit_free) Conduit *conduit = conduit_new();
        Delivery delivery = { .conduit = conduit, .bytes = bytes_make(noise, LENGTH), .piece = LENGTH };
        Task *task = NULL;
        char byte;
        assert_ok(task_start(deliver, &delivery, &task));
        assert_int_equal(conduit_read(conduit, &byte, 1), 1);
        conduit_leave(conduit);
        assert_ok(task_join(task));
        assert_false(delivery.was_wanted);
        assert_false(conduit_write(conduit, bytes_of("x")));
}
