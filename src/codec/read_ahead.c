#include "codec/read_ahead.h"

#include "base/memory.h"
#include "sys/conduit.h"
#include "sys/task.h"

enum { PIECE = 64 * 1024 };

typedef struct ReadAhead {
        Reader reader;
        Reader *next;     /* the task's until it has been joined */
        Conduit *conduit;
        Task *task;       /* NULL once it has been joined */
        uint8_t *piece;
} ReadAhead;

static Error *pass_on(ReadAhead *ahead) {
        size_t length;
        do {
                TRY(ahead->next->read(ahead->next, ahead->piece, PIECE, &length));
        } while (length && conduit_write(ahead->conduit, bytes_make(ahead->piece, length)));
        return NULL;
}

static Error *run(void *context) {
        ReadAhead *ahead = context;
        Error *error = pass_on(ahead);
        conduit_end(ahead->conduit);
        return error;
}

static Error *read_passed_on(Reader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        ReadAhead *ahead = (ReadAhead *)reader;
        *ret_length = capacity ? conduit_read(ahead->conduit, buffer, capacity) : 0;
        return *ret_length || !capacity ? NULL : task_join(TAKE(ahead->task));
}

/* What the task says of nobody reading any more is of no interest. */
static void close_ahead(Reader *reader) {
        ReadAhead *ahead = (ReadAhead *)reader;
        conduit_leave(ahead->conduit);
        error_free(task_join(ahead->task));
        conduit_free(ahead->conduit);
        reader_close(ahead->next);
        memory_free(ahead->piece);
        memory_free(ahead);
}

Error *read_ahead_open(Reader *next, Reader **ret_reader) {
        ReadAhead *ahead = memory_new(ReadAhead);
        AUTO(reader_close) Reader *reader = &ahead->reader;
        *ahead = (ReadAhead){
                .reader = { read_passed_on, close_ahead },
                .next = next,
                .conduit = conduit_new(),
                .piece = memory_resize(NULL, PIECE),
        };
        TRY(task_start(run, ahead, &ahead->task));
        *ret_reader = TAKE(reader);
        return NULL;
}
