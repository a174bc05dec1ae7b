#include "engine/ahead.h"

#include <fcntl.h>

#include "base/path.h"
#include "sys/file.h"
#include "sys/workers.h"

enum {
        STEPS = 1024,         /* changes that are handed over together, fewer when among them are */
        OPEN = 32,            /* open files */
        BATCHES = 3,
        READ_AHEAD = 1 << 18, /* bytes of each file that the system is asked to read */
};

/* One change, and what it takes to store it. Most paths have not changed: of those there is no copy. */
typedef struct Step {
        const Change *change; /* NULL: nothing has changed, and this is all that is told of it: */
        const char *path;
        uint64_t size;
        EntryType type;

        bool is_waited_for; /* see Ahead */
        int fd;
        Error *problem; /* why it could not be opened */
} Step;

/* Some changes in a row; what they point to is in the arena. */
typedef struct Batch {
        Arena *arena;
        size_t count, open_count; /* steps, and open files among them */
        Step steps[STEPS];
        bool is_last;
        Error *error; /* what came instead of a further change */
} Batch;

struct Ahead {
        AheadOptions options;
        Compare *compare;
        Workers *workers; /* one thread: it fills batches */
        Batch *batch;     /* being dealt with; NULL: none */
        size_t given;     /* of its steps */
        Change change;    /* the one last given, when nothing has changed */
        Entry now;        /* of it */

        /* The signature of the change last found can be loaded until the next is looked for: that waits until the change
         * has been dealt with. Set by the thread, cleared by the caller: atomic access. */
        bool is_waiting;
        bool has_ended; /* the thread's own */
};

static void close_step(Step *step) {
        file_close(&step->fd);
        error_free(TAKE(step->problem));
}

static void free_batch(void *item) {
        Batch *batch = item;
        while (batch->count)
                close_step(&batch->steps[--batch->count]);
        arena_free(batch->arena);
        error_free(batch->error);
        memory_free(batch);
}

/* ---- in the thread ---- */

static const Recorded *copy_recorded(const Recorded *recorded, Arena *arena) {
        Recorded *copy = arena_copy(arena, recorded, sizeof *recorded);
        copy->entry = *entry_copy(&recorded->entry, arena);
        return copy;
}

static const Change *copy_change(const Change *change, Arena *arena) {
        Change *copy = arena_copy(arena, change, sizeof *change);
        copy->path = arena_text(arena, change->path);
        copy->problem = arena_text(arena, change->problem);
        if (change->now)
                copy->now = entry_copy(change->now, arena);
        if (change->before)
                copy->before = copy_recorded(change->before, arena);
        return copy;
}

static void add_step(Batch *batch, const Change *change) {
        Step *step = &batch->steps[batch->count++];
        *step = (Step){ .fd = -1 };
        if (change->kind != CHANGE_NONE || change->problem) {
                step->change = copy_change(change, batch->arena);
                return;
        }
        step->path = arena_text(batch->arena, change->path);
        step->size = change->now->size;
        step->type = change->now->type;
}

static bool is_stored_file(const Change *change) {
        return (change->kind == CHANGE_NEW || change->kind == CHANGE_CHANGED) && change->now->type == ENTRY_FILE;
}

static void open_file(Ahead *ahead, Step *step) {
        const char *first = ahead->options.first;
        if (!ahead->options.opens_files || (first && path_compare(step->change->path, first) < 0))
                return;
        step->problem = walk_open_file(ahead->options.walk, &step->fd);
        if (!step->problem)
                (void)posix_fadvise(step->fd, 0, READ_AHEAD, POSIX_FADV_WILLNEED); /* a hint */
}

/* Finds the next change. */
static Error *find_change(Ahead *ahead, Batch *batch) {
        const Change *change;
        TRY(compare_next(ahead->compare, &change));
        if (!change) {
                batch->is_last = true;
                return NULL;
        }
        add_step(batch, change);
        if (!is_stored_file(change))
                return NULL;
        Step *step = &batch->steps[batch->count - 1];
        open_file(ahead, step);
        batch->open_count += step->fd >= 0;
        step->is_waited_for = change->before && change->before->has_signature;
        if (step->is_waited_for)
                __atomic_store_n(&ahead->is_waiting, true, __ATOMIC_RELEASE);
        return NULL;
}

static bool is_waiting(const Ahead *ahead) {
        return __atomic_load_n(&ahead->is_waiting, __ATOMIC_ACQUIRE);
}

/* A batch stays empty while the thread waits, and after the end. */
static void fill_batch(void *state, void *item) {
        Ahead *ahead = state;
        Batch *batch = item;
        while (!ahead->has_ended && batch->count < STEPS && batch->open_count < OPEN && !is_waiting(ahead)) {
                batch->error = find_change(ahead, batch);
                ahead->has_ended = batch->error || batch->is_last;
        }
}

/* ---- in the caller ---- */

/* What was in BATCH has been dealt with. */
static void submit(Ahead *ahead, Batch *batch) {
        batch->count = batch->open_count = 0;
        arena_reset(batch->arena);
        (void)workers_submit(ahead->workers, batch); /* nobody stops this pool but we */
}

Error *ahead_open(const AheadOptions *options, Ahead **ret_ahead) {
        AUTO(ahead_close) Ahead *ahead = memory_new(Ahead);
        const WorkersOptions workers = { .threads = 1, .capacity = BATCHES, .work = fill_batch, .context = ahead };
        ahead->options = *options;
        ahead->compare = compare_new(options->walk, options->previous);
        TRY(workers_open(&workers, &ahead->workers));
        for (size_t i = 0; i < BATCHES; i++) {
                Batch *batch = memory_new(Batch);
                batch->arena = arena_new();
                submit(ahead, batch);
        }
        *ret_ahead = TAKE(ahead);
        return NULL;
}

/* What the change last given holds is no longer needed. */
static void leave_step(Ahead *ahead) {
        if (!ahead->batch || ahead->given == 0)
                return;
        Step *step = &ahead->batch->steps[ahead->given - 1];
        close_step(step);
        if (step->is_waited_for)
                __atomic_store_n(&ahead->is_waiting, false, __ATOMIC_RELEASE);
        step->is_waited_for = false;
}

/* True when the batch at hand has nothing more to give but its end. */
static bool has_ended(const Ahead *ahead) {
        return ahead->batch && ahead->given == ahead->batch->count && (ahead->batch->error || ahead->batch->is_last);
}

static const Change *change_of(Ahead *ahead, const Step *step) {
        if (step->change)
                return step->change;
        ahead->now = (Entry){ .type = step->type, .path = step->path, .size = step->size };
        ahead->change = (Change){ .kind = CHANGE_NONE, .path = step->path, .now = &ahead->now };
        return &ahead->change;
}

Error *ahead_next(Ahead *ahead, const Change **ret_change) {
        leave_step(ahead);
        while (!has_ended(ahead) && (!ahead->batch || ahead->given == ahead->batch->count)) {
                if (ahead->batch)
                        submit(ahead, TAKE(ahead->batch));
                ahead->batch = workers_collect(ahead->workers);
                ahead->given = 0;
        }
        *ret_change = NULL;
        if (has_ended(ahead))
                return TAKE(ahead->batch->error);
        *ret_change = change_of(ahead, &ahead->batch->steps[ahead->given++]);
        return NULL;
}

static Step *step_at_work(Ahead *ahead) {
        return &ahead->batch->steps[ahead->given - 1];
}

Error *ahead_open_file(Ahead *ahead, int *ret_fd) {
        Step *step = step_at_work(ahead);
        if (step->problem)
                return TAKE(step->problem);
        *ret_fd = step->fd;
        return NULL;
}

Error *ahead_load_signature(Ahead *ahead, Signature **ret_signature) {
        return previous_load_signature(ahead->options.previous, ret_signature);
}

void ahead_close(Ahead *ahead) {
        if (!ahead)
                return;
        workers_close(ahead->workers, free_batch);
        if (ahead->batch)
                free_batch(ahead->batch);
        compare_free(ahead->compare);
        memory_free(ahead);
}
