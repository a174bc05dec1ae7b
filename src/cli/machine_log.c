#include "cli/machine_log.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "sys/file.h"

void machine_log_print(const LogRecord *record, Buffer *out) {
        (void)buffer_print(out, "%s %u%s%s\n", log_level_name(record->told_as), record->code,
                           record->extra[0] ? " " : "", record->extra); /* no ceiling, cannot fail; so below */
        Bytes rest = bytes_of(record->text);
        while (rest.length) {
                Bytes line = bytes_cut(rest, '\n', &rest);
                (void)buffer_add_text(out, ". ");
                (void)buffer_add(out, line);
                (void)buffer_add_byte(out, '\n');
        }
        (void)buffer_add_byte(out, '\n');
}

static Error *cannot_open(Error *error) {
        return error_with_code(error, EXIT_CODE_COMMAND_LINE);
}

static Error *open_path(const char *path, FILE **ret_file) {
        *ret_file = fopen(path, "ae");
        if (*ret_file)
                return NULL;
        return cannot_open(error_from_errno(errno, "cannot write to '%s' (option '--log-file')", path));
}

static Error *open_descriptor(unsigned number, FILE **ret_file) {
        AUTO_FD int fd = fcntl((int)number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        int mode = fd < 0 ? -1 : fcntl(fd, F_GETFL) & O_ACCMODE;
        if (mode != O_WRONLY && mode != O_RDWR)
                return cannot_open(error_new(ERROR_USER, "file descriptor %u (option '--log-fd') is not open for "
                                             "writing: open it, for example with '%u>records'", number, number));
        /* a lasting gpg-agent with a copy of it would keep the front end waiting */
        if (number > STDERR_FILENO)
                (void)fcntl((int)number, F_SETFD, FD_CLOEXEC); /* it is open: cannot fail */
        *ret_file = fdopen(TAKE_FD(fd), "w");
        return NULL;
}

Error *machine_log_open(const CommandLine *command, FILE *ret_files[CONSOLE_MOST_RECORDS]) {
        if (command->log_file)
                TRY(open_path(command->log_file, &ret_files[0]));
        return command->has_log_fd ? open_descriptor(command->log_fd, &ret_files[1]) : NULL;
}

void machine_log_close(FILE *files[CONSOLE_MOST_RECORDS]) {
        for (size_t i = 0; i < CONSOLE_MOST_RECORDS; i++)
                if (files[i])
                        (void)fclose(files[i]); /* each record was flushed */
}
