#include "source/file_list.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "sys/file.h"

enum { PIECE = 64 * 1024 };

static Error *unreadable(Error *cause) {
        AUTO(error_free) Error *told = cause;
        return error_with_code(error_new(ERROR_USER, "%s", error_story(told)), EXIT_CODE_FILELIST_UNREADABLE);
}

/* A file being cut into lines. */
typedef struct Cutter {
        char separator;
        FileListSink *sink;
        void *context;
        size_t number; /* of lines so far */
        Buffer line;   /* the beginning of one that goes on in the next piece */
} Cutter;

static Error *end_line(Cutter *cutter) {
        Error *error = cutter->sink(cutter->context, ++cutter->number, buffer_bytes(&cutter->line));
        buffer_truncate(&cutter->line, 0);
        return error;
}

static Error *cut(Cutter *cutter, Bytes piece) {
        while (piece.length) {
                Bytes rest;
                Bytes part = bytes_cut(piece, (uint8_t)cutter->separator, &rest);
                if (!buffer_add(&cutter->line, part))
                        return unreadable(error_new(ERROR_USER, "line %zu is too long", cutter->number + 1));
                if (rest.at)
                        TRY(end_line(cutter));
                piece = rest;
        }
        return NULL;
}

static Error *read_lines(int fd, const char *shown, Cutter *cutter) {
        char piece[PIECE];
        for (;;) {
                size_t length;
                Error *error = file_read(fd, shown, piece, sizeof piece, &length);
                if (error)
                        return unreadable(error);
                if (length == 0)
                        break;
                TRY(cut(cutter, bytes_make(piece, length)));
        }
        return cutter->line.length ? end_line(cutter) : NULL;
}

Error *file_list_read(const char *name, char separator, FileListSink *sink, void *context) {
        AUTO_FD int opened = -1;
        Cutter cutter = { .separator = separator, .sink = sink, .context = context,
                          .line = { .ceiling = FILE_LIST_LONGEST } };
        bool is_input = strcmp(name, "-") == 0;
        Error *error = is_input ? NULL : file_open(name, O_RDONLY, 0, &opened);
        if (error)
                return unreadable(error);
        error = read_lines(is_input ? STDIN_FILENO : opened, is_input ? "standard input" : name, &cutter);
        buffer_clear(&cutter.line);
        return error;
}

static bool is_quoted(Bytes text) {
        uint8_t first = text.length ? text.at[0] : 0;
        return (first == '"' || first == '\'') && text.at[text.length - 1] == first;
}

bool file_list_parse(Bytes line, FileListEntry *ret_entry) {
        FileListEntry entry = { .pattern = bytes_trim(line) };
        if (bytes_start_with(entry.pattern, "#"))
                return false;
        entry.include = bytes_start_with(entry.pattern, "+ ");
        entry.has_sign = entry.include || bytes_start_with(entry.pattern, "- ");
        if (entry.has_sign)
                entry.pattern = bytes_slice(entry.pattern, 2, SIZE_MAX);
        if (is_quoted(entry.pattern))
                entry.pattern = bytes_slice(entry.pattern, 1, MAX(entry.pattern.length, (size_t)2) - 2);
        *ret_entry = entry;
        return entry.pattern.length > 0;
}
