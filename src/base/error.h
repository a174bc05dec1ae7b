/* Errors as values: a kind that decides what programs do, a story that people read, an exit code.
 *
 * NULL is success. A function that can fail returns an Error * that the caller owns. Each layer may add context in
 * front: "cannot upload 'x': connection reset". Only cli, charm and main print errors; everybody else returns them. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/attribute.h"
#include "base/cleanup.h"

typedef enum ErrorKind {
        ERROR_NONE,
        ERROR_USER,      /* the request makes no sense: correct the command or the config */
        ERROR_MISSING,   /* the thing named is not there */
        ERROR_DENIED,    /* credentials or permissions were refused */
        ERROR_TRANSIENT, /* the same call may work later */
        ERROR_CORRUPT,   /* bytes are not what they have to be */
        ERROR_SYSTEM,    /* the machine failed us: disk full, I/O error */
        ERROR_CANCELLED, /* we were asked to stop */
} ErrorKind;

/* Exit codes of duplicity's command line, which are also the codes of its machine log (FORMAT.md, "Exit codes"). */
typedef enum ExitCode {
        EXIT_CODE_OK = 0,
        EXIT_CODE_GENERIC = 1, /* differences found, or some files could not be backed up or restored */
        EXIT_CODE_COMMAND_LINE = 2,
        EXIT_CODE_HOST_MISMATCH = 3,
        EXIT_CODE_NO_MANIFESTS = 4, /* also: interrupted */
        EXIT_CODE_MANIFESTS_DIFFER = 5,
        EXIT_CODE_MANIFEST_UNREADABLE = 6,
        EXIT_CODE_FILELIST_UNREADABLE = 7,
        EXIT_CODE_BAD_URL = 8,
        EXIT_CODE_BAD_ARCHIVE_DIR = 9,
        EXIT_CODE_BAD_SIGN_KEY = 10,
        EXIT_CODE_RESTORE_TARGET_EXISTS = 11,
        EXIT_CODE_VERIFY_DIR_MISSING = 12,
        EXIT_CODE_SOURCE_MISSING = 13,
        EXIT_CODE_GLOB_PREFIX = 14,
        EXIT_CODE_GLOB_SYNTAX = 15,
        EXIT_CODE_REDUNDANT_INCLUDE = 16,
        EXIT_CODE_INC_WITHOUT_SIGNATURES = 17,
        EXIT_CODE_NO_SIGNATURES = 18,
        EXIT_CODE_RESTORE_PATH_NOT_FOUND = 19,
        EXIT_CODE_NOTHING_RESTORED = 20,
        EXIT_CODE_HASH_MISMATCH = 21,
        EXIT_CODE_BAD_SIGNATURE = 22,
        EXIT_CODE_USER_ERROR = 23,
        EXIT_CODE_INTERNAL = 30,
        EXIT_CODE_GPG = 31,
        EXIT_CODE_NOT_IMPLEMENTED = 33,
        EXIT_CODE_NO_TEMP_SPACE = 34,
        EXIT_CODE_TOO_FEW_OPEN_FILES = 36,
        EXIT_CODE_SOURCE_MISMATCH = 42,
        EXIT_CODE_WRONG_UPLOAD_SIZE = 44,
        EXIT_CODE_BACKEND = 50,
        EXIT_CODE_BACKEND_DENIED = 51,
        EXIT_CODE_BACKEND_MISSING = 52,
        EXIT_CODE_BACKEND_NO_SPACE = 53,
        EXIT_CODE_FILTER_REDUNDANT = 70,
        EXIT_CODE_FILTER_TRAILING = 71,
        EXIT_CODE_FILES_FROM_ABSOLUTE = 72,
        EXIT_CODE_FILES_FROM_EMPTY = 73,
} ExitCode;

typedef struct Error Error;

/* Makes an error. FORMAT gives its story: lower case, the failure first, subjects in single quotes, no full stop,
 * no secret: "cannot open '/srv/x': permission denied". */
CHECKED Error *error_new(ErrorKind kind, const char *format, ...) PRINTF_LIKE(2, 3);

/* Makes an error whose story ends in ": " and the lower-case text of ERRNO_VALUE. The kind follows from it:
 * ENOENT/ENOTDIR missing, EACCES/EPERM/EROFS denied, ENOSPC/EIO/... system, EINTR/EAGAIN/ETIMEDOUT/ECONNRESET
 * transient. */
CHECKED Error *error_from_errno(int errno_value, const char *format, ...) PRINTF_LIKE(2, 3);

/* Puts "FORMAT: " in front of CAUSE's story and returns CAUSE (same kind and exit code). NULL stays NULL. */
CHECKED Error *error_context(Error *cause, const char *format, ...) PRINTF_LIKE(2, 3);

/* Sets the exit code if none was set yet, and returns CAUSE. NULL stays NULL. */
CHECKED Error *error_with_code(Error *cause, ExitCode code);

/* Returns a copy, for an error that has to be told in two places. NULL gives NULL. */
CHECKED Error *error_copy(const Error *error);

/* ERROR, or LATER when there is none; takes both. */
CHECKED Error *error_first(Error *error, Error *later);

/* Notes how long whoever refused asked us to wait before another try, and returns CAUSE. NULL stays NULL. */
CHECKED Error *error_with_pause(Error *cause, double seconds);

/* The seconds noted, 0 when there are none. */
double error_pause(const Error *error);

/* ERROR_NONE for NULL. */
ErrorKind error_kind(const Error *error);

/* The errno value behind the error, 0 when there is none. */
int error_errno(const Error *error);

/* The text for people, "" for NULL. Lives as long as the error. */
const char *error_story(const Error *error);

/* The exit code that was set, or the one that belongs to the kind; EXIT_CODE_OK for NULL. */
ExitCode error_exit_code(const Error *error);

void error_free(Error *error);
DEFINE_AUTO(Error, error_free)

/* Returns from the calling function with the error, if there is one. */
#define TRY(call)                                                                                                      \
        do {                                                                                                           \
                Error *error_ = (call);                                                                                \
                if (error_)                                                                                            \
                        return error_;                                                                                 \
        } while (0)

/* The same, with context: TRY_AS(call, "cannot upload '%s'", name). */
#define TRY_AS(call, ...)                                                                                              \
        do {                                                                                                           \
                Error *error_ = (call);                                                                                \
                if (error_)                                                                                            \
                        return error_context(error_, __VA_ARGS__);                                                     \
        } while (0)

#endif
