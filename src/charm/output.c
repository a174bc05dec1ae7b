#include "charm/output.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/attribute.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/path.h"
#include "charm/document.h"
#include "sys/file.h"

enum {
        KEPT = 16384,    /* bytes of a result that people still read */
        KEPT_FILES = 50, /* beside the one that is begun */
};

Output output_open(const char *path) {
        return (Output){ .path = path, .fd = -1 };
}

static int compare_texts(const void *a, const void *b) {
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Files that cannot be removed stay. */
static void drop_elders(const char *path) {
        AUTO_VALUE(text_list_clear) TextList names = { .items = NULL };
        AUTO(arena_free) Arena *arena = arena_new();
        const char *folder = arena_bytes(arena, bytes_make(path, path_parent_length(path)));
        DIR *stream = opendir(folder);
        for (struct dirent *entry; stream && (entry = readdir(stream));)
                if (entry->d_name[0] != '.')
                        text_list_add(&names, arena_text(arena, entry->d_name));
        if (names.count)
                qsort(names.items, names.count, sizeof *names.items, compare_texts);
        for (size_t i = 0; i + KEPT_FILES < names.count; i++)
                error_free(document_remove(arena_print(arena, "%s/%s", folder, names.items[i])));
        if (stream)
                (void)closedir(stream); /* was only read */
}

static Error *begin_file(Output *output) {
        drop_elders(output->path);
        TRY(file_open(output->path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0640, &output->fd));
        return file_write(output->fd, output->path, buffer_bytes(&output->text));
}

/* The whole lines at the beginning of BYTES for which there is room. */
static Bytes lines_that_fit(const Output *output, Bytes bytes) {
        Bytes front = bytes_slice(bytes, 0, KEPT - MIN(output->text.length, (size_t)KEPT));
        const uint8_t *end = front.length ? memrchr(front.at, '\n', front.length) : NULL;
        return bytes_slice(front, 0, end ? (size_t)(end - front.at) + 1 : 0);
}

static void add(Output *output, Bytes bytes) {
        bool is_too_long = output->text.length + bytes.length > KEPT;
        if (!is_too_long && !output_has_file(output)) {
                (void)buffer_add(&output->text, bytes); /* no ceiling */
                return;
        }
        if (!output_has_file(output) && !output->failure) {
                output->failure = begin_file(output);
                (void)buffer_add(&output->text, lines_that_fit(output, bytes));
        }
        if (!output->failure)
                output->failure = file_write(output->fd, output->path, bytes);
}

void output_add(Output *output, const char *text) {
        add(output, bytes_of(text));
}

void output_line(Output *output, const char *line) {
        AUTO_TEXT char *whole = memory_print("%s\n", line);
        output_add(output, whole);
}

bool output_has_file(const Output *output) {
        return output->fd >= 0;
}

const char *output_text(Output *output) {
        if (output_has_file(output) && !output->is_finished)
                (void)buffer_print(&output->text, "[cut: all of it is in %s]\n", output->path);
        output->is_finished = true;
        return buffer_text(&output->text);
}

Error *output_failure(Output *output) {
        return TAKE(output->failure);
}

void output_clear(Output *output) {
        buffer_clear(&output->text);
        file_close(&output->fd);
        error_free(TAKE(output->failure));
}
