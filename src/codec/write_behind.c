#include "codec/write_behind.h"

#include "base/memory.h"
#include "sys/conduit.h"
#include "sys/task.h"

enum { PIECE = 64 * 1024 }; /* that there is room again is told as often */

typedef struct WriteBehind {
        Writer writer;
        Writer *next;     /* the task's until it has been joined */
        Conduit *conduit;
        Task *task;       /* NULL once it has been joined */
} WriteBehind;

static Error *pass_on(WriteBehind *behind) {
        for (Bytes piece; (piece = conduit_peek(behind->conduit, PIECE)).length;) {
                TRY(writer_write(behind->next, piece));
                conduit_skip(behind->conduit, piece.length);
        }
        return NULL;
}

static Error *run(void *context) {
        WriteBehind *behind = context;
        Error *error = pass_on(behind);
        conduit_leave(behind->conduit);
        return error;
}

static Error *write_on(Writer *writer, Bytes bytes) {
        WriteBehind *behind = (WriteBehind *)writer;
        return conduit_write(behind->conduit, bytes) ? NULL : task_join(TAKE(behind->task));
}

static void free_behind(WriteBehind *behind) {
        writer_abandon(behind->next);
        conduit_free(behind->conduit);
        memory_free(behind);
}
DEFINE_AUTO(WriteBehind, free_behind)

static Error *finish_behind(Writer *writer) {
        AUTO(free_behind) WriteBehind *behind = (WriteBehind *)writer;
        conduit_end(behind->conduit);
        TRY(task_join(TAKE(behind->task)));
        return writer_finish(TAKE(behind->next));
}

/* What is under way is written before NEXT is abandoned: it is little, and of no use. */
static void abandon_behind(Writer *writer) {
        WriteBehind *behind = (WriteBehind *)writer;
        conduit_end(behind->conduit);
        error_free(task_join(behind->task));
        free_behind(behind);
}

Error *write_behind_open(Writer *next, Writer **ret_writer) {
        WriteBehind *behind = memory_new(WriteBehind);
        AUTO(writer_abandon) Writer *writer = &behind->writer;
        *behind = (WriteBehind){
                .writer = { write_on, finish_behind, abandon_behind },
                .next = next,
                .conduit = conduit_new(),
        };
        TRY(task_start(run, behind, &behind->task));
        *ret_writer = TAKE(writer);
        return NULL;
}
