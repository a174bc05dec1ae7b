#include "storage/complaint.h"

#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "base/path.h"

enum { SHOWN_LENGTH = 400 };

#define NO_FOLDER " (a file stands where the URL has a folder: correct the URL)"

/* The first that is found counts: causes stand before their consequences. */
static const struct {
        const char *phrase;
        ErrorKind kind;
        ExitCode code; /* 0: that of the kind */
        const char *remedy;
} meanings[] = {
        { "No space left on device", ERROR_SYSTEM, EXIT_CODE_BACKEND_NO_SPACE, "" },
        { "Disk quota exceeded", ERROR_SYSTEM, EXIT_CODE_BACKEND_NO_SPACE, "" },
        { "IDENTIFICATION HAS CHANGED", ERROR_DENIED, 0,
          " (the key is not the known one: compare it with the server's, see --ssh-known-hosts)" },
        { "host key is known for", ERROR_DENIED, 0,
          " (compare the key with the server's, then add it with ssh-keyscan, see --ssh-known-hosts)" },
        { "Host key verification failed", ERROR_DENIED, 0, " (see --ssh-known-hosts)" },
        { "Too many authentication failures", ERROR_DENIED, 0, " (see -oIdentitiesOnly=yes of --ssh-options)" },
        { "Permission denied (", ERROR_DENIED, 0,
          " (see -oIdentityFile= of --ssh-options, the user in the URL, and the password there or in FTP_PASSWORD)" },
        { "@ERROR: auth failed", ERROR_DENIED, 0, " (user and password in the URL, or FTP_PASSWORD)" },
        { "@ERROR: Unknown module", ERROR_USER, 0, " (the URL names it: rsync://host::/module/folder)" },
        { "@ERROR: access denied", ERROR_DENIED, 0, "" },
        { "@ERROR: max connections", ERROR_TRANSIENT, 0, "" },
        { "module is read only", ERROR_DENIED, 0, " ('read only' in the server's rsyncd.conf)" },
        { "Temporary failure in name resolution", ERROR_TRANSIENT, 0, "" },
        { "Could not resolve hostname", ERROR_USER, EXIT_CODE_BACKEND_MISSING, " (unknown host: correct the URL)" },
        { "getaddrinfo:", ERROR_USER, EXIT_CODE_BACKEND_MISSING, " (unknown host: correct the URL)" },
        { "failed: No such file or directory", ERROR_MISSING, 0, "" },
        { "failed: Permission denied", ERROR_DENIED, 0, "" },
        { "Not a directory", ERROR_USER, 0, NO_FOLDER },
        { "Too many levels of symbolic links", ERROR_USER, 0, NO_FOLDER }, /* what daemons say of it */
        { "Connection refused", ERROR_TRANSIENT, 0, "" },
        { "Connection timed out", ERROR_TRANSIENT, 0, "" },
        { "Connection reset", ERROR_TRANSIENT, 0, "" },
        { "Connection closed", ERROR_TRANSIENT, 0, "" },
        { "Broken pipe", ERROR_TRANSIENT, 0, "" },
        { "No route to host", ERROR_TRANSIENT, 0, "" },
        { "Network is unreachable", ERROR_TRANSIENT, 0, "" },
        { "Permission denied", ERROR_DENIED, 0, "" },
        { "Operation not permitted", ERROR_DENIED, 0, "" },
        { "Read-only file system", ERROR_DENIED, 0, "" },
        { "command not found", ERROR_USER, 0, " (is it installed on the server?)" },
        { ": not found", ERROR_USER, 0, " (is it installed on the server?)" },
        { "No such file or directory", ERROR_MISSING, 0, "" },
};

/* The line of WORDS that AT stands in. */
static Bytes line_at(const char *words, const char *at) {
        const char *start = at;
        while (start > words && start[-1] != '\n')
                start--;
        return bytes_trim(bytes_make(start, (size_t)(at - start) + strcspn(at, "\n")));
}

static Error *tell(ErrorKind kind, Bytes line, const char *remedy) {
        AUTO_TEXT char *text = memory_copy(line.at, line.length);
        AUTO_TEXT char *printable = path_printable(text);
        return error_new(kind, "%.*s%s", SHOWN_LENGTH, printable, remedy);
}

Error *complaint_error(const char *words, ErrorKind otherwise) {
        for (size_t i = 0; i < ARRAY_LENGTH(meanings); i++) {
                const char *at = strstr(words, meanings[i].phrase);
                if (!at)
                        continue;
                Error *error = tell(meanings[i].kind, line_at(words, at), meanings[i].remedy);
                return meanings[i].code ? error_with_code(error, meanings[i].code) : error;
        }
        const char *first = words + strspn(words, " \t\r\n");
        return first[0] ? tell(otherwise, line_at(words, first), "") : error_new(otherwise, "it does not say why");
}
