#include "charm/output.h"

#include <fcntl.h>

#include "base/memory.h"
#include "sys/file.h"

enum { KEPT = 16384 }; /* bytes of a result that people still read */

Output output_open(const char *path) {
        return (Output){ .path = path, .fd = -1 };
}

static Error *begin_file(Output *output) {
        TRY(file_open(output->path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0640, &output->fd));
        return file_write(output->fd, output->path, buffer_bytes(&output->text));
}

static void add(Output *output, Bytes bytes) {
        bool is_too_long = output->text.length + bytes.length > KEPT;
        if (is_too_long && output->fd < 0 && !output->failure)
                output->failure = begin_file(output);
        if (output->fd >= 0 && !output->failure)
                output->failure = file_write(output->fd, output->path, bytes);
        if (output->fd < 0)
                (void)buffer_add(&output->text, bytes_slice(bytes, 0, KEPT)); /* no ceiling */
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

Error *output_finish(Output *output, const char **ret_text) {
        if (output->failure)
                return TAKE(output->failure);
        if (output_has_file(output))
                (void)buffer_print(&output->text, "[cut: all of it is in %s]\n", output->path);
        *ret_text = buffer_text(&output->text);
        return NULL;
}

void output_clear(Output *output) {
        buffer_clear(&output->text);
        file_close(&output->fd);
        error_free(TAKE(output->failure));
}
