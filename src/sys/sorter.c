#include "sys/sorter.h"

#include "base/buffer.h"
#include "base/list.h"
#include "base/memory.h"
#include "sys/file.h"

#define MERGE_WIDTH ((size_t)64)       /* runs read at a time */
#define WINDOW ((size_t)2 * 1024)      /* bytes of a run in memory while it is read */
#define WRITE_SIZE ((size_t)16 * 1024) /* bytes gathered before they are written */

/* Where sorted texts lie in the scratch file, each with its NUL. */
typedef struct Run {
        uint64_t start, end;
} Run;

DEFINE_LIST(RunList, run_list, Run)
DEFINE_LIST(OffsetList, offset_list, size_t)

typedef struct RunReader {
        Run rest;         /* not yet read */
        Buffer window;    /* read */
        size_t at;        /* in the window: the current text */
        const char *text; /* the current text; NULL: at the end, or not begun */
} RunReader;

/* A heap: each reader's text is at most those of the two beneath it, so the first has the least. */
typedef struct Merge {
        RunReader readers[MERGE_WIDTH];
        size_t count;
        bool has_begun;
} Merge;

struct Sorter {
        Scratch *scratch;
        size_t memory;

        Buffer texts;       /* in memory, each with its NUL */
        OffsetList offsets; /* where they begin; sorted when there are no runs and all have been added */
        size_t next;

        int fd; /* the scratch file, -1 until needed */
        uint64_t file_length;
        RunList runs;
        Buffer unwritten;
        Merge *merge; /* NULL when there are no runs */

        Buffer given; /* the text given last */
        bool has_given;
};

Sorter *sorter_new(Scratch *scratch, size_t memory) {
        Sorter *sorter = memory_new(Sorter);
        sorter->scratch = scratch;
        sorter->memory = memory;
        sorter->fd = -1;
        return sorter;
}

static int compare_at(const void *a, const void *b, void *texts) {
        const char *base = texts;
        return strcmp(base + *(const size_t *)a, base + *(const size_t *)b);
}

static void sort_memory(Sorter *sorter) {
        if (sorter->offsets.count > 1)
                qsort_r(sorter->offsets.items, sorter->offsets.count, sizeof(size_t), compare_at, sorter->texts.data);
}

static Error *flush(Sorter *sorter) {
        Error *error = file_write(sorter->fd, scratch_folder(sorter->scratch), buffer_bytes(&sorter->unwritten));
        sorter->file_length += sorter->unwritten.length;
        buffer_truncate(&sorter->unwritten, 0);
        return error_with_code(error, EXIT_CODE_NO_TEMP_SPACE);
}

static Error *write_text(Sorter *sorter, const char *text) {
        (void)buffer_add(&sorter->unwritten, bytes_make(text, strlen(text) + 1)); /* no ceiling, cannot fail */
        return sorter->unwritten.length < WRITE_SIZE ? NULL : flush(sorter);
}

/* Ends the run that began at START. */
static Error *end_run(Sorter *sorter, uint64_t start) {
        TRY(flush(sorter));
        run_list_add(&sorter->runs, (Run){ .start = start, .end = sorter->file_length });
        return NULL;
}

/* Writes what is in memory as one more run. */
static Error *spill(Sorter *sorter) {
        uint64_t start = sorter->file_length;
        if (sorter->fd < 0)
                TRY(scratch_file(sorter->scratch, &sorter->fd));
        sort_memory(sorter);
        for (size_t i = 0; i < sorter->offsets.count; i++)
                TRY(write_text(sorter, sorter->texts.data + sorter->offsets.items[i]));
        sorter->offsets.count = 0;
        buffer_truncate(&sorter->texts, 0);
        return end_run(sorter, start);
}

Error *sorter_add(Sorter *sorter, const char *text) {
        size_t size = strlen(text) + 1;
        size_t used = sorter->texts.length + sorter->offsets.count * sizeof(size_t);
        if (sorter->offsets.count && used + size + sizeof(size_t) > sorter->memory)
                TRY(spill(sorter));
        offset_list_add(&sorter->offsets, sorter->texts.length);
        (void)buffer_add(&sorter->texts, bytes_make(text, size)); /* no ceiling, cannot fail */
        return NULL;
}

static Error *refill(Sorter *sorter, RunReader *reader) {
        size_t count = (size_t)MIN(reader->rest.end - reader->rest.start, (uint64_t)WINDOW);
        buffer_consume(&reader->window, reader->at);
        reader->at = 0;
        const char *name = scratch_folder(sorter->scratch);
        void *room = buffer_reserve(&reader->window, count);
        Error *error = file_read_at(sorter->fd, name, room, count, reader->rest.start, &count);
        if (!error && count == 0)
                error = error_new(ERROR_SYSTEM, "cannot read a temporary file in '%s': it was cut short", name);
        if (error)
                return error_with_code(error, EXIT_CODE_NO_TEMP_SPACE);
        reader->window.length += count;
        reader->window.data[reader->window.length] = '\0';
        reader->rest.start += count;
        return NULL;
}

/* Moves to the run's next text. */
static Error *advance(Sorter *sorter, RunReader *reader) {
        if (reader->text)
                reader->at += strlen(reader->text) + 1;
        reader->text = NULL;
        for (;;) {
                const char *text = buffer_text(&reader->window) + reader->at;
                size_t length = strlen(text);
                if (reader->at + length < reader->window.length) {
                        reader->text = text;
                        return NULL;
                }
                if (reader->rest.start == reader->rest.end)
                        return NULL;
                TRY(refill(sorter, reader));
        }
}

static void sift_down(Merge *merge, size_t place) {
        for (;;) {
                RunReader *readers = merge->readers;
                size_t least = place;
                for (size_t child = 2 * place + 1; child <= 2 * place + 2 && child < merge->count; child++)
                        if (strcmp(readers[child].text, readers[least].text) < 0)
                                least = child;
                if (least == place)
                        return;
                RunReader moved = readers[place];
                readers[place] = readers[least];
                readers[least] = moved;
                place = least;
        }
}

static void free_merge(Merge *merge) {
        if (!merge)
                return;
        for (size_t i = 0; i < merge->count; i++)
                buffer_clear(&merge->readers[i].window);
        memory_free(merge);
}
DEFINE_AUTO(Merge, free_merge)

/* Begins to merge the first COUNT runs. */
static Error *open_merge(Sorter *sorter, size_t count, Merge **ret_merge) {
        AUTO(free_merge) Merge *merge = memory_new(Merge);
        for (merge->count = 0; merge->count < count; merge->count++) {
                RunReader *reader = &merge->readers[merge->count];
                reader->rest = sorter->runs.items[merge->count];
                Error *error = advance(sorter, reader);
                if (error) {
                        buffer_clear(&reader->window);
                        return error;
                }
        }
        for (size_t place = count / 2; place-- > 0;)
                sift_down(merge, place);
        *ret_merge = TAKE(merge);
        return NULL;
}

static Error *next_of_merge(Sorter *sorter, Merge *merge, const char **ret_text) {
        RunReader *first = merge->readers;
        if (merge->has_begun && merge->count) {
                TRY(advance(sorter, first));
                if (!first->text) {
                        buffer_clear(&first->window);
                        *first = merge->readers[--merge->count];
                }
                sift_down(merge, 0);
        }
        merge->has_begun = true;
        *ret_text = merge->count ? first->text : NULL;
        return NULL;
}

/* Makes one run, the last, of the first MERGE_WIDTH ones. */
static Error *merge_first_runs(Sorter *sorter) {
        AUTO(free_merge) Merge *merge = NULL;
        uint64_t start = sorter->file_length;
        const char *text;
        TRY(open_merge(sorter, MERGE_WIDTH, &merge));
        TRY(next_of_merge(sorter, merge, &text));
        while (text) {
                TRY(write_text(sorter, text));
                TRY(next_of_merge(sorter, merge, &text));
        }
        sorter->runs.count -= MERGE_WIDTH;
        memmove(sorter->runs.items, sorter->runs.items + MERGE_WIDTH, sorter->runs.count * sizeof(Run));
        return end_run(sorter, start);
}

Error *sorter_end(Sorter *sorter) {
        if (!sorter->runs.count) {
                sort_memory(sorter);
                return NULL;
        }
        TRY(spill(sorter));
        offset_list_clear(&sorter->offsets);
        buffer_clear(&sorter->texts);
        while (sorter->runs.count > MERGE_WIDTH)
                TRY(merge_first_runs(sorter));
        buffer_clear(&sorter->unwritten);
        return open_merge(sorter, sorter->runs.count, &sorter->merge);
}

static Error *next_of_all(Sorter *sorter, const char **ret_text) {
        if (sorter->merge)
                return next_of_merge(sorter, sorter->merge, ret_text);
        bool has_more = sorter->next < sorter->offsets.count;
        *ret_text = has_more ? sorter->texts.data + sorter->offsets.items[sorter->next++] : NULL;
        return NULL;
}

Error *sorter_next(Sorter *sorter, const char **ret_text) {
        const char *text;
        do
                TRY(next_of_all(sorter, &text));
        while (text && sorter->has_given && strcmp(text, buffer_text(&sorter->given)) == 0);
        if (text) {
                buffer_truncate(&sorter->given, 0);
                (void)buffer_add_text(&sorter->given, text); /* no ceiling, cannot fail */
                sorter->has_given = true;
        }
        *ret_text = text ? buffer_text(&sorter->given) : NULL;
        return NULL;
}

void sorter_free(Sorter *sorter) {
        if (!sorter)
                return;
        free_merge(sorter->merge);
        buffer_clear(&sorter->given);
        buffer_clear(&sorter->unwritten);
        run_list_clear(&sorter->runs);
        file_close(&sorter->fd);
        offset_list_clear(&sorter->offsets);
        buffer_clear(&sorter->texts);
        memory_free(sorter);
}
