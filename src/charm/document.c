#include "charm/document.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/path.h"
#include "base/secret.h"
#include "sys/atomic.h"
#include "sys/file.h"

enum { LARGEST = 4 << 20 };

Error *document_write(const char *path, mode_t mode, Bytes text) {
        AUTO_TEXT char *folder = memory_copy(path, path_parent_length(path));
        AUTO(atomic_abandon) Atomic *atomic = NULL;
        TRY(atomic_open(folder, path_name(path), mode, &atomic));
        if (fchmod(atomic_fd(atomic), mode) < 0)
                return error_from_errno(errno, "cannot set the mode of '%s'", path);
        TRY(file_write(atomic_fd(atomic), path, text));
        return atomic_finish(TAKE(atomic));
}

bool document_holds(const char *path, mode_t mode, Bytes text) {
        AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        AUTO_VALUE(buffer_clear) Buffer found = { .ceiling = LARGEST };
        struct stat facts;
        if (fd < 0 || fstat(fd, &facts) < 0 || (facts.st_mode & 07777) != mode)
                return false;
        AUTO(error_free) Error *error = file_read_all(fd, path, &found);
        return !error && bytes_equal(buffer_bytes(&found), text);
}

Error *document_update(const char *path, mode_t mode, Bytes text, bool *changed) {
        if (document_holds(path, mode, text))
                return NULL;
        if (changed)
                *changed = true;
        return document_write(path, mode, text);
}

Error *document_text(const char *path, Buffer *out) {
        AUTO_FD int fd = -1;
        out->ceiling = LARGEST;
        Error *error = file_open(path, O_RDONLY | O_NOFOLLOW, 0, &fd);
        if (error_kind(error) == ERROR_MISSING) {
                error_free(error);
                return NULL;
        }
        TRY(error);
        return file_read_all(fd, path, out);
}

void document_split(Bytes text, Arena *arena, TextList *ret_lines) {
        while (text.length) {
                Bytes line = bytes_trim(bytes_cut(text, '\n', &text));
                if (line.length)
                        text_list_add(ret_lines, arena_bytes(arena, line));
        }
}

Error *document_lines(const char *path, Arena *arena, TextList *ret_lines) {
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        TRY(document_text(path, &text));
        document_split(buffer_bytes(&text), arena, ret_lines);
        return NULL;
}

Error *document_update_lines(const char *path, mode_t mode, const TextList *lines) {
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        for (size_t i = 0; i < lines->count; i++)
                (void)buffer_print(&text, "%s\n", lines->items[i]); /* no ceiling */
        return lines->count ? document_update(path, mode, buffer_bytes(&text), NULL) : document_remove(path);
}

Error *document_read(const char *path, Arena *arena, const Node **ret_root) {
        AUTO_FD int fd = -1;
        AUTO_VALUE(buffer_clear) Buffer text = { .ceiling = LARGEST };
        TRY(file_open(path, O_RDONLY, 0, &fd));
        Error *error = file_read_all(fd, path, &text);
        if (!error)
                error = yaml_parse(buffer_bytes(&text), path, arena, ret_root);
        if (text.length)
                secret_wipe(text.data, text.length);
        if (!error && (*ret_root)->kind != NODE_MAP)
                return error_new(ERROR_CORRUPT, "'%s' does not hold what it should: remove it", path);
        return error;
}

Error *document_remove(const char *path) {
        if (unlink(path) == 0 || errno == ENOENT)
                return NULL;
        return error_from_errno(errno, "cannot remove '%s'", path);
}
