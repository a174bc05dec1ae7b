#include "base/error.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>

#include "base/memory.h"

struct Error {
        ErrorKind kind;
        int errno_value;
        ExitCode code;
        bool has_code;
        double pause;
        char *story;
};

static Error *make_error(ErrorKind kind, char *story) {
        Error *error = memory_new(Error);
        error->kind = kind;
        error->story = story;
        return error;
}

Error *error_new(ErrorKind kind, const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        char *story = memory_vprint(format, arguments);
        va_end(arguments);
        return make_error(kind, story);
}

static ErrorKind kind_of_errno(int errno_value) {
        switch (errno_value) {
        case ENOENT:
        case ENOTDIR:
        case ESTALE:
                return ERROR_MISSING;
        case EACCES:
        case EPERM:
        case EROFS:
                return ERROR_DENIED;
        case EINTR:
        case EAGAIN:
        case ETIMEDOUT:
        case ECONNRESET:
        case ECONNREFUSED:
        case EPIPE:
        case ENETUNREACH:
        case EHOSTUNREACH:
                return ERROR_TRANSIENT;
        default:
                return ERROR_SYSTEM;
        }
}

Error *error_from_errno(int errno_value, const char *format, ...) {
        char reason[128];
        va_list arguments;
        va_start(arguments, format);
        char *what = memory_vprint(format, arguments);
        va_end(arguments);
        const char *text = strerror_r(errno_value, reason, sizeof reason);
        char *story = memory_print("%s: %c%s", what, tolower((unsigned char)text[0]), text[0] ? text + 1 : "");
        memory_free(what);
        Error *error = make_error(kind_of_errno(errno_value), story);
        error->errno_value = errno_value;
        return error;
}

Error *error_context(Error *cause, const char *format, ...) {
        if (!cause)
                return NULL;
        va_list arguments;
        va_start(arguments, format);
        char *front = memory_vprint(format, arguments);
        va_end(arguments);
        char *story = memory_print("%s: %s", front, cause->story);
        memory_free(front);
        memory_free(cause->story);
        cause->story = story;
        return cause;
}

Error *error_with_code(Error *cause, ExitCode code) {
        if (cause && !cause->has_code) {
                cause->code = code;
                cause->has_code = true;
        }
        return cause;
}

Error *error_copy(const Error *error) {
        if (!error)
                return NULL;
        Error *copy = make_error(error->kind, memory_text(error->story));
        copy->errno_value = error->errno_value;
        copy->code = error->code;
        copy->has_code = error->has_code;
        copy->pause = error->pause;
        return copy;
}

Error *error_first(Error *error, Error *later) {
        if (!error)
                return later;
        error_free(later);
        return error;
}

Error *error_with_pause(Error *cause, double seconds) {
        if (cause)
                cause->pause = seconds;
        return cause;
}

double error_pause(const Error *error) {
        return error ? error->pause : 0;
}

ErrorKind error_kind(const Error *error) {
        return error ? error->kind : ERROR_NONE;
}

int error_errno(const Error *error) {
        return error ? error->errno_value : 0;
}

const char *error_story(const Error *error) {
        return error ? error->story : "";
}

ExitCode error_exit_code(const Error *error) {
        static const ExitCode code_of_kind[] = {
                [ERROR_NONE] = EXIT_CODE_OK,
                [ERROR_USER] = EXIT_CODE_USER_ERROR,
                [ERROR_MISSING] = EXIT_CODE_BACKEND_MISSING,
                [ERROR_DENIED] = EXIT_CODE_BACKEND_DENIED,
                [ERROR_TRANSIENT] = EXIT_CODE_BACKEND,
                [ERROR_CORRUPT] = EXIT_CODE_INTERNAL,
                [ERROR_SYSTEM] = EXIT_CODE_BACKEND,
                [ERROR_CANCELLED] = EXIT_CODE_NO_MANIFESTS,
        };
        if (!error)
                return EXIT_CODE_OK;
        if (error->has_code)
                return error->code;
        if (error->errno_value == ENOSPC)
                return EXIT_CODE_BACKEND_NO_SPACE;
        return code_of_kind[error->kind];
}

void error_free(Error *error) {
        if (!error)
                return;
        memory_free(error->story);
        memory_free(error);
}
