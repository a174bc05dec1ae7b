#include "storage/scp.h"

#include "base/buffer.h"
#include "base/log.h"
#include "base/memory.h"
#include "storage/complaint.h"
#include "storage/listed.h"
#include "storage/sftp.h"
#include "storage/ssh.h"
#include "storage/unfinished.h"
#include "sys/file.h"

enum { PIECE = 32768, LONGEST_LINE = 4096 };

/* Exit statuses of the scripts that no command of theirs has. */
enum { STATUS_MISSING = 91, STATUS_WRONG_SIZE = 92 };

/* The scripts get what they work on as arguments: $1 is the folder, $2 the name. They keep to POSIX, and their messages
 * to English. The size shows that all of a file has come: a broken connection looks like its end. */
#define IN_ENGLISH "LC_ALL=C; export LC_ALL; unset CDPATH; "

/* $3: the unfinished name, $4: the size. What killed writers left is cleared away a day later. */
static const char script_put[] =
        IN_ENGLISH "umask 077; mkdir -p -- \"$1\" && cd -- \"$1\" && rm -f -- \"$3\" || exit 1; "
                   "find . ! -name . -prune -name '.*.part-*' -type f -mtime +1 -exec rm -f -- {} + 2>/dev/null; "
                   "cat >\"$3\" || { rm -f -- \"$3\"; exit 1; }; "
                   "[ \"$(wc -c <\"$3\")\" -eq \"$4\" ] || { rm -f -- \"$3\"; exit 92; }; "
                   "sync -- \"$3\" 2>/dev/null || sync; "
                   "mv -f -- \"$3\" \"$2\"";

/* The size in a line of its own goes in front. */
static const char script_get[] =
        IN_ENGLISH "cd -- \"$1\" || { [ -e \"$1\" ] || exit 91; exit 1; }; "
                   "[ -e \"$2\" ] || exit 91; [ -f \"$2\" ] || { echo \"$2 is no file\" >&2; exit 1; }; "
                   "wc -c <\"$2\" && cat <\"$2\"";

static const char script_list[] =
        IN_ENGLISH "QUOTING_STYLE=literal; TIME_STYLE=locale; export QUOTING_STYLE TIME_STYLE; "
                   "unset BLOCK_SIZE BLOCKSIZE LS_BLOCK_SIZE; "
                   "cd -- \"$1\" || { [ -e \"$1\" ] || exit 91; exit 1; }; ls -ln";

static const char script_remove[] = IN_ENGLISH "cd -- \"$1\" || { [ -e \"$1\" ] || exit 91; exit 1; }; rm -f -- \"$2\"";

typedef struct Scp {
        Storage storage;
        SshLink *link;
        char *folder;
        char mark[UNFINISHED_MARK_SIZE];
} Scp;

static void add_quoted(Buffer *command, const char *word) {
        buffer_add_text(command, " '");
        for (; *word; word++)
                if (*word == '\'')
                        buffer_add_text(command, "'\\''");
                else
                        buffer_add_byte(command, (uint8_t)*word);
        buffer_add_byte(command, '\'');
}

/* Begins SCRIPT; ARGUMENTS ends with NULL. The account's shell may be any: it only has to know single quotes. */
static Error *begin(Scp *scp, const char *script, const char *const *arguments) {
        AUTO_VALUE(buffer_clear) Buffer command = { .data = NULL };
        if (!ssh_link_is_up(scp->link))
                TRY(ssh_link_connect(scp->link));
        buffer_add_text(&command, "exec sh -c");
        add_quoted(&command, script);
        buffer_add_text(&command, " sh");
        for (; *arguments; arguments++)
                add_quoted(&command, *arguments);
        return ssh_link_begin_command(scp->link, buffer_text(&command));
}

static Error *end(Scp *scp) {
        int status = 0;
        const char *complaint = "";
        TRY(ssh_link_end_command(scp->link, &status, &complaint));
        switch (status) {
        case 0:
                return NULL;
        case STATUS_MISSING:
                return error_new(ERROR_MISSING, "no such file");
        case STATUS_WRONG_SIZE:
                return error_with_code(error_new(ERROR_TRANSIENT, "not all of it has come"),
                                       EXIT_CODE_WRONG_UPLOAD_SIZE);
        default:
                return error_context(complaint_error(complaint, ERROR_SYSTEM), "status %d", status);
        }
}

/* Any failure while a command runs leaves a stream that nobody reads: the next call connects anew. Returns ERROR. */
static Error *settle(Scp *scp, Error *error) {
        if (error_kind(error) == ERROR_TRANSIENT || error_kind(error) == ERROR_CANCELLED)
                ssh_link_drop(scp->link);
        return error;
}

/* ---- put ---- */

static Error *send_file(Scp *scp, int fd, uint64_t size) {
        uint8_t piece[PIECE];
        size_t count = 0;
        for (uint64_t offset = 0; offset < size; offset += count) {
                TRY(file_read_at(fd, "the local file", piece, MIN(sizeof piece, size - offset), offset, &count));
                if (count == 0)
                        return error_new(ERROR_SYSTEM, "the local file became shorter meanwhile");
                TRY(ssh_link_send(scp->link, bytes_make(piece, count)));
        }
        return ssh_link_send_end(scp->link);
}

/* When the script ended early, what it says is the cause. */
static Error *put(Scp *scp, const char *name, int fd) {
        char digits[24];
        uint64_t size;
        AUTO_TEXT char *unfinished = unfinished_name(name, scp->mark);
        TRY(file_size(fd, "the local file", &size));
        snprintf(digits, sizeof digits, "%llu", (unsigned long long)size);
        TRY(begin(scp, script_put, (const char *const[]){ scp->folder, name, unfinished, digits, NULL }));
        Error *unsent = send_file(scp, fd, size);
        if (!unsent)
                return end(scp);
        Error *reason = error_kind(unsent) == ERROR_TRANSIENT ? end(scp) : NULL;
        bool is_cause = reason && error_kind(reason) != ERROR_TRANSIENT;
        error_free(is_cause ? unsent : reason);
        return is_cause ? reason : unsent;
}

static Error *put_file(Storage *storage, const char *name, int fd) {
        Scp *scp = (Scp *)storage;
        return error_context(settle(scp, put(scp, name, fd)), "cannot store '%s' in '%s' of %s", name, scp->folder,
                             ssh_link_place(scp->link));
}

/* ---- get ---- */

/* The file's size, from the line in front of its content; what follows it stays in INPUT. *ret_is_end: there is no such
 * line, the script has something to say. */
static Error *receive_size(Scp *scp, Buffer *input, uint64_t *ret_size, bool *ret_is_end) {
        const char *newline;
        while (!(newline = memchr(input->data, '\n', input->length))) {
                size_t count;
                char *place = buffer_reserve(input, PIECE);
                if (!place)
                        return error_new(ERROR_TRANSIENT, "cannot understand the answer");
                TRY(ssh_link_receive(scp->link, place, PIECE, &count));
                input->length += count;
                *ret_is_end = count == 0;
                if (*ret_is_end)
                        return NULL;
        }
        size_t length = (size_t)(newline - input->data);
        if (!bytes_to_number(bytes_trim(bytes_make(input->data, length)), ret_size))
                return error_new(ERROR_TRANSIENT, "cannot understand the answer");
        buffer_consume(input, length + 1);
        return NULL;
}

static Error *receive_file(Scp *scp, int fd, Buffer *input) {
        uint64_t size = 0, received = 0;
        AUTO_TEXT char *piece = memory_zeroed(SSH_AHEAD);
        bool is_end = false;
        buffer_init(input, 2 * PIECE + LONGEST_LINE);
        TRY(receive_size(scp, input, &size, &is_end));
        Bytes bytes = buffer_bytes(input);
        while (!is_end) {
                TRY(file_write(fd, "the local copy", bytes));
                received += bytes.length;
                size_t count = 0;
                TRY(ssh_link_receive(scp->link, piece, SSH_AHEAD, &count));
                bytes = bytes_make(piece, count);
                is_end = count == 0;
        }
        TRY(end(scp));
        if (received == size)
                return NULL;
        return error_new(ERROR_TRANSIENT, "%llu of %llu bytes came", (unsigned long long)received,
                         (unsigned long long)size);
}

static Error *get(Scp *scp, const char *name, int fd) {
        AUTO_VALUE(buffer_clear) Buffer input = { .data = NULL };
        TRY(begin(scp, script_get, (const char *const[]){ scp->folder, name, NULL }));
        return receive_file(scp, fd, &input);
}

static Error *get_file(Storage *storage, const char *name, int fd) {
        Scp *scp = (Scp *)storage;
        TRY(file_truncate(fd, "the local copy"));
        return error_context(settle(scp, get(scp, name, fd)), "cannot fetch '%s' from '%s' of %s", name, scp->folder,
                             ssh_link_place(scp->link));
}

/* ---- list ---- */

/* LINE is one of "ls -ln": mode, links, owner, group, size, three words of a date, name; one blank in front of the name
 * belongs to the date. Only regular files that are finished are told. */
static Error *tell_line(Bytes line, RemoteFileSink *sink, void *context) {
        enum { SIZE_FIELD = 4, FIELDS = 8 };
        uint64_t size = 0;
        if (!bytes_start_with(line, "-"))
                return NULL;
        if (!listed_read_line(line, FIELDS, SIZE_FIELD, &size, &line))
                return error_new(ERROR_SYSTEM, "cannot understand what the server's ls prints");
        if (!line.length || line.at[0] == '.')
                return NULL;
        AUTO_TEXT char *name = memory_copy(line.at, line.length);
        return sink(context, &(RemoteFile){ .name = name, .size = size });
}

/* Tells the whole lines of INPUT, and takes them away. */
static Error *tell_lines(Buffer *input, RemoteFileSink *sink, void *context) {
        size_t done = 0;
        for (;;) {
                Bytes rest = bytes_slice(buffer_bytes(input), done, input->length);
                const uint8_t *newline = rest.length ? memchr(rest.at, '\n', rest.length) : NULL;
                if (!newline)
                        break;
                size_t length = (size_t)(newline - rest.at);
                TRY(tell_line(bytes_slice(rest, 0, length), sink, context));
                done += length + 1;
        }
        buffer_consume(input, done);
        return NULL;
}

static Error *receive_listing(Scp *scp, RemoteFileSink *sink, void *context, Buffer *input) {
        size_t count;
        buffer_init(input, PIECE + LONGEST_LINE);
        do {
                char *place = buffer_reserve(input, PIECE);
                if (!place)
                        return error_new(ERROR_SYSTEM, "cannot understand what the server's ls prints");
                TRY(ssh_link_receive(scp->link, place, PIECE, &count));
                input->length += count;
                TRY(tell_lines(input, sink, context));
        } while (count);
        return end(scp);
}

/* A missing folder is empty. Returns NULL for it. */
static Error *forgive_missing(Error *error) {
        if (error_kind(error) != ERROR_MISSING)
                return error;
        error_free(error);
        return NULL;
}

static Error *list(Scp *scp, RemoteFileSink *sink, void *context) {
        AUTO_VALUE(buffer_clear) Buffer input = { .data = NULL };
        TRY(begin(scp, script_list, (const char *const[]){ scp->folder, NULL }));
        return forgive_missing(receive_listing(scp, sink, context, &input));
}

static Error *list_files(Storage *storage, RemoteFileSink *sink, void *context) {
        Scp *scp = (Scp *)storage;
        return error_context(settle(scp, list(scp, sink, context)), "cannot list '%s' of %s", scp->folder,
                             ssh_link_place(scp->link));
}

/* ---- remove, open, close ---- */

static Error *remove_name(Scp *scp, const char *name) {
        TRY(begin(scp, script_remove, (const char *const[]){ scp->folder, name, NULL }));
        return forgive_missing(end(scp));
}

static Error *remove_file(Storage *storage, const char *name) {
        Scp *scp = (Scp *)storage;
        return error_context(settle(scp, remove_name(scp, name)), "cannot remove '%s' from '%s' of %s", name,
                             scp->folder, ssh_link_place(scp->link));
}

static void close_scp(Storage *storage) {
        Scp *scp = (Scp *)storage;
        ssh_link_free(scp->link);
        memory_free(scp->folder);
        memory_free(scp);
}

static Storage *make_shell_storage(SshLink *link, const Url *url) {
        Scp *scp = memory_new(Scp);
        scp->storage.class = &scp_storage_class;
        scp->link = link;
        scp->folder = sftp_storage_folder(url);
        unfinished_mark(scp->mark);
        return &scp->storage;
}

static Error *open_scp(const Url *url, const StorageOptions *options, Storage **ret_storage) {
        AUTO(ssh_link_free) SshLink *link = NULL;
        Storage *storage = NULL;
        TRY(ssh_link_new(url, options, &link));
        TRY(ssh_link_connect(link));
        TRY(sftp_storage_open_over(link, url, &scp_storage_class, &storage));
        if (!storage) {
                log_debug("storage: %s offers no SFTP, its shell has to do", ssh_link_place(link));
                storage = make_shell_storage(link, url);
        }
        link = NULL; /* the storage's now */
        *ret_storage = storage;
        return NULL;
}

const StorageClass scp_storage_class = {
        .scheme = "scp",
        .is_distant = true,
        .atomic_put = true,
        .open = open_scp,
        .put = put_file,
        .get = get_file,
        .list = list_files,
        .remove = remove_file,
        .close = close_scp,
};
