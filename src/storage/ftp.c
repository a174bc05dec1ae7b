#include "storage/ftp.h"

#include "base/encode.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "storage/content.h"
#include "storage/ftp_listing.h"
#include "storage/ftp_reply.h"
#include "storage/transfer.h"
#include "storage/unfinished.h"
#include "sys/file.h"

enum { LONGEST_LINE = 64 << 10 };

#define SET(ftp, option, value) ((void)curl_easy_setopt((ftp)->transfer->curl, (option), (value)))

typedef struct Ftp {
        Storage storage;
        Transfer *transfer;
        char *address;   /* "ftp://host:port" */
        char *folder;    /* "/a/b/", percent-encoded; "/%2Fa/" for the absolute path */
        char *user;      /* the account */
        char *path;      /* what the server may quote: the folder and the name at hand; NULL: neither */
        Buffer words;    /* the server's last line that tells something */
        bool lacks_mlsd; /* it does not know MLSD */
        UnfinishedLeftovers leftovers;
} Ftp;

static void close_ftp(Storage *storage) {
        Ftp *ftp = (Ftp *)storage;
        transfer_free(ftp->transfer);
        memory_free(ftp->address);
        memory_free(ftp->folder);
        memory_free(ftp->user);
        memory_free(ftp->path);
        buffer_clear(&ftp->words);
        unfinished_clear(&ftp->leftovers);
        memory_free(ftp);
}

/* What the server's last line means where it begins with REPLY. */
static FtpMeaning meaning_of(const Ftp *ftp, unsigned reply) {
        return ftp_reply_meaning(reply, buffer_text(&ftp->words), ftp->path ? ftp->path : "");
}

/* True when the last line says why a folder may not be made. */
static bool gives_reason(const Ftp *ftp) {
        return bytes_start_with(buffer_bytes(&ftp->words), "550") && meaning_of(ftp, 550).kind != ERROR_MISSING;
}

/* libcurl shows each line of the server's as a header. Where a folder may not be made, the last line only says that it
 * is missing: the reason stays. */
static size_t take_line(char *text, size_t size, size_t count, void *context) {
        Ftp *ftp = context;
        Bytes line = bytes_trim(bytes_make(text, size * count));
        if (bytes_start_with(line, "550") && gives_reason(ftp))
                return size * count;
        buffer_truncate(&ftp->words, 0);
        buffer_add(&ftp->words, line);
        return size * count;
}

/* The last answer's code, 0 before there is one. */
static unsigned reply_of(const Ftp *ftp) {
        long code = 0;
        (void)curl_easy_getinfo(ftp->transfer->curl, CURLINFO_RESPONSE_CODE, &code); /* 0 then */
        return (unsigned)code;
}

/* What libcurl reports when the server said no; the reply tells why. */
static bool is_answer(CURLcode result) {
        static const CURLcode answers[] = {
                CURLE_REMOTE_ACCESS_DENIED, CURLE_UPLOAD_FAILED, CURLE_FTP_COULDNT_RETR_FILE, CURLE_QUOTE_ERROR,
                CURLE_REMOTE_FILE_NOT_FOUND, CURLE_REMOTE_DISK_FULL, CURLE_LOGIN_DENIED, CURLE_FTP_PORT_FAILED,
                CURLE_FTP_COULDNT_SET_TYPE, CURLE_REMOTE_FILE_EXISTS, CURLE_WEIRD_SERVER_REPLY,
        };
        for (size_t i = 0; i < ARRAY_LENGTH(answers); i++)
                if (answers[i] == result)
                        return true;
        return false;
}

/* Who was denied something is told: the account may be that of nobody in particular. */
static Error *refuse(const Ftp *ftp, FtpMeaning meaning) {
        AUTO_TEXT char *words = path_printable(buffer_text(&ftp->words));
        AUTO_TEXT char *account = memory_print(" to the account '%s'", ftp->user);
        Error *error = error_new(meaning.kind, "the server answered '%s'%s%s%s", words,
                                 meaning.kind == ERROR_DENIED ? account : "", meaning.remedy[0] ? "; " : "",
                                 meaning.remedy);
        return meaning.code ? error_with_code(error, meaning.code) : error;
}

/* Runs what was set up. A refusal in words of the server's takes the place of libcurl's. */
static Error *run(Ftp *ftp) {
        buffer_truncate(&ftp->words, 0);
        Error *error = transfer_run(ftp->transfer);
        if (!error || reply_of(ftp) < 400 || !is_answer(ftp->transfer->result))
                return error;
        error_free(error);
        return refuse(ftp, meaning_of(ftp, reply_of(ftp)));
}

/* What follows is about NAME in the folder, or the folder when it is "". */
static void turn_to(Ftp *ftp, const char *name) {
        AUTO_VALUE(buffer_clear) Buffer path;
        buffer_init(&path, 0);
        encode_from_percent(bytes_of(ftp->folder), &path);
        buffer_add_text(&path, name);
        memory_free(ftp->path);
        ftp->path = buffer_detach(&path);
}

/* Sets the URL of NAME in the folder, of the folder when it is "", and what else differs from call to call. */
static void aim(Ftp *ftp, const char *name) {
        AUTO_VALUE(buffer_clear) Buffer url;
        buffer_init(&url, 0);
        buffer_print(&url, "%s%s", ftp->address, ftp->folder);
        encode_percent(bytes_of(name), "", &url);
        SET(ftp, CURLOPT_URL, buffer_text(&url));
        SET(ftp, CURLOPT_UPLOAD, 0L);
        SET(ftp, CURLOPT_NOBODY, 0L);
        SET(ftp, CURLOPT_CUSTOMREQUEST, NULL);
        SET(ftp, CURLOPT_FTP_CREATE_MISSING_DIRS, (long)CURLFTP_CREATE_DIR_NONE);
        transfer_receive(ftp->transfer, NULL, NULL);
        transfer_send_bytes(ftp->transfer, bytes_of(""));
        ftp->transfer->goes_on = false;
}

/* Has the server run commands in the folder, one after the other as long as they work. NULL ends the list. */
static Error *command(Ftp *ftp, const char *const *commands, bool goes_on) {
        struct curl_slist *list = NULL;
        for (; *commands; commands++) {
                struct curl_slist *longer = curl_slist_append(list, *commands);
                list = longer ? longer : list;
        }
        aim(ftp, "");
        SET(ftp, CURLOPT_NOBODY, 1L);
        SET(ftp, CURLOPT_POSTQUOTE, list);
        ftp->transfer->goes_on = goes_on;
        Error *error = run(ftp);
        SET(ftp, CURLOPT_POSTQUOTE, NULL);
        curl_slist_free_all(list);
        return error;
}

static void set_up(Ftp *ftp, const Url *url, const StorageOptions *options) {
        const Secret *password = url->password ? url->password : options->password;
        SET(ftp, CURLOPT_HEADERFUNCTION, take_line);
        SET(ftp, CURLOPT_HEADERDATA, ftp);
        SET(ftp, CURLOPT_USERNAME, ftp->user);
        SET(ftp, CURLOPT_PASSWORD, password ? (const char *)secret_reveal(password).at : "anonymous@");
        SET(ftp, CURLOPT_USE_SSL, (long)(strcmp(url->scheme, "ftp") == 0 ? CURLUSESSL_NONE : CURLUSESSL_ALL));
        SET(ftp, CURLOPT_FTP_SKIP_PASV_IP, 1L);
        SET(ftp, CURLOPT_HTTPPROXYTUNNEL, 1L);
        SET(ftp, CURLOPT_SERVER_RESPONSE_TIMEOUT, MAX((long)(options->timeout + 0.999), 1));
        if (options->ftp_regular)
                SET(ftp, CURLOPT_FTPPORT, "-");
}

/* "ftps" is TLS from the first byte, "ftp" is not, whatever follows. */
static char *address_of(const Url *url, bool is_implicit) {
        AUTO_TEXT char *authority = url_authority(url->host, url->port);
        return memory_print("%s://%s", is_implicit ? "ftps" : "ftp", authority);
}

/* The first '/' only parts host and path; a second one is the root. */
static char *folder_of(const char *path) {
        AUTO_VALUE(buffer_clear) Buffer folder;
        buffer_init(&folder, 0);
        buffer_add_text(&folder, bytes_start_with(bytes_of(path), "//") ? "/%2F" : "/");
        AUTO_TEXT char *clean = path_clean(path + strspn(path, "/"));
        encode_percent(bytes_of(clean), "/", &folder);
        if (clean[0])
                buffer_add_byte(&folder, '/');
        return buffer_detach(&folder);
}

static Ftp *make(const Url *url, const StorageOptions *options, bool is_implicit) {
        Ftp *ftp = memory_new(Ftp);
        ftp->storage.class = &ftp_storage_class;
        ftp->address = address_of(url, is_implicit);
        ftp->folder = folder_of(url->path);
        ftp->user = memory_text(url->user ? url->user : "anonymous");
        buffer_init(&ftp->words, LONGEST_LINE);
        ftp->transfer = transfer_new(is_implicit ? "ftps" : "ftp", options);
        if (ftp->transfer->curl)
                set_up(ftp, url, options);
        return ftp;
}

/* Logs in, so that wrong passwords and addresses are told before there is anything to send. */
static Error *reach(Ftp *ftp) {
        AUTO_TEXT char *folder = ftp->folder;
        ftp->folder = memory_text("/");
        Error *error = command(ftp, (const char *const[]){ NULL }, false);
        memory_free(ftp->folder);
        ftp->folder = TAKE(folder);
        return error;
}

static Error *open_as(const Url *url, const StorageOptions *options, bool is_implicit, Storage **ret_storage,
                      CURLcode *ret_result) {
        Ftp *ftp = make(url, options, is_implicit);
        AUTO(storage_close) Storage *storage = &ftp->storage;
        Error *error = reach(ftp);
        *ret_result = ftp->transfer->result;
        TRY(error);
        *ret_storage = TAKE(storage);
        return NULL;
}

/* A server that greets in plain text where TLS was to begin wants AUTH TLS: that is no less safe. */
static Error *open_securely(const Url *url, const StorageOptions *options, Storage **ret_storage) {
        CURLcode result;
        bool is_implicit = strcmp(url->scheme, "ftps") == 0 && url->port != 21;
        Error *error = open_as(url, options, is_implicit, ret_storage, &result);
        if (!is_implicit || result != CURLE_SSL_CONNECT_ERROR)
                return error;
        log_info("'%s' does not begin with TLS (%s): trying AUTH TLS", url->host, error_story(error));
        AUTO(error_free) Error *first = error;
        error = open_as(url, options, false, ret_storage, &result);
        bool may_both_pass = error_kind(error) == ERROR_TRANSIENT && error_kind(first) == ERROR_TRANSIENT;
        return may_both_pass ? (error_free(error), TAKE(first)) : error;
}

static Error *ftp_storage_open(const Url *url, const StorageOptions *options, Storage **ret_storage) {
        AUTO_TEXT char *printable = url_printable(url);
        if (!url->host)
                return error_with_code(error_new(ERROR_USER, "the URL '%s' names no host, for example "
                                                 "'ftps://user@host/folder'", printable), EXIT_CODE_BAD_URL);
        return error_context(open_securely(url, options, ret_storage), "cannot use '%s'", printable);
}

static Error *send_file(Ftp *ftp, const char *name, int fd, uint64_t size) {
        aim(ftp, name);
        transfer_send_file(ftp->transfer, fd, 0, size);
        SET(ftp, CURLOPT_UPLOAD, 1L);
        SET(ftp, CURLOPT_INFILESIZE_LARGE, (curl_off_t)size);
        SET(ftp, CURLOPT_FTP_CREATE_MISSING_DIRS, (long)CURLFTP_CREATE_DIR_RETRY);
        return run(ftp);
}

static Error *check_size(Ftp *ftp, const char *name, uint64_t wanted) {
        curl_off_t size = -1;
        aim(ftp, name);
        SET(ftp, CURLOPT_NOBODY, 1L);
        TRY(run(ftp));
        (void)curl_easy_getinfo(ftp->transfer->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size); /* -1 then */
        return size < 0 ? NULL : content_compare_size((uint64_t)size, wanted);
}

/* Some servers do not rename over a file that is there. Deleting it first leaves a moment without either. */
static Error *rename_file(Ftp *ftp, const char *from, const char *to) {
        AUTO_TEXT char *begin = memory_print("RNFR %s", from);
        AUTO_TEXT char *end = memory_print("RNTO %s", to);
        AUTO_TEXT char *delete = memory_print("*DELE %s", to);
        Error *error = command(ftp, (const char *const[]){ begin, end, NULL }, false);
        if (!error || (reply_of(ftp) != 550 && reply_of(ftp) != 553))
                return error;
        error_free(error);
        return command(ftp, (const char *const[]){ delete, begin, end, NULL }, false);
}

static Error *delete_file(Ftp *ftp, const char *name, bool goes_on) {
        AUTO_TEXT char *delete = memory_print("DELE %s", name);
        return command(ftp, (const char *const[]){ delete, NULL }, goes_on);
}

static void sweep(Ftp *ftp) {
        ErrorKind kind = ERROR_NONE;
        for (size_t i = 0; i < ftp->leftovers.names.count && kind != ERROR_TRANSIENT && kind != ERROR_CANCELLED; i++) {
                AUTO(error_free) Error *error = delete_file(ftp, ftp->leftovers.names.items[i], false);
                kind = error_kind(error); /* what stays is for the next run */
        }
        unfinished_clear(&ftp->leftovers);
}

static Error *put_file(Ftp *ftp, const char *name, int fd) {
        char mark[UNFINISHED_MARK_SIZE];
        unfinished_mark(mark);
        AUTO_TEXT char *unfinished = unfinished_name(name, mark);
        uint64_t size;
        TRY(file_size(fd, "the local file", &size));
        Error *error = send_file(ftp, unfinished, fd, size);
        if (!error)
                error = check_size(ftp, unfinished, size);
        if (!error)
                error = rename_file(ftp, unfinished, name);
        if (error)
                error_free(delete_file(ftp, unfinished, true)); /* a leftover is swept a day later */
        return error;
}

static Error *ftp_put(Storage *storage, const char *name, int fd) {
        Ftp *ftp = (Ftp *)storage;
        sweep(ftp);
        turn_to(ftp, name);
        return error_context(put_file(ftp, name, fd), "cannot store '%s' in '%s%s'", name, ftp->address,
                             ftp->folder);
}

static Error *get_file(Ftp *ftp, const char *name, int fd) {
        TRY(file_truncate(fd, "the local copy"));
        aim(ftp, name);
        transfer_receive(ftp->transfer, content_write, &fd);
        return run(ftp);
}

static Error *ftp_get(Storage *storage, const char *name, int fd) {
        Ftp *ftp = (Ftp *)storage;
        turn_to(ftp, name);
        return error_context(get_file(ftp, name, fd), "cannot fetch '%s' from '%s%s'", name, ftp->address,
                             ftp->folder);
}

typedef bool LineReader(Bytes line, FtpEntry *ret_entry);

/* A listing while it comes in. */
typedef struct Listing {
        LineReader *read;
        UnfinishedLeftovers *leftovers;
        RemoteFileSink *sink;
        void *context;
        Buffer rest; /* the beginning of a line */
} Listing;

static Error *tell_line(Listing *listing, Bytes line) {
        FtpEntry entry;
        if (bytes_end_with(line, "\r"))
                line.length--;
        if (!line.length)
                return NULL;
        if (!listing->read(line, &entry)) {
                AUTO_TEXT char *text = memory_copy(line.at, line.length);
                AUTO_TEXT char *printable = path_printable(text);
                return error_new(ERROR_CORRUPT, "cannot understand the line '%s' of the server's listing", printable);
        }
        if (!entry.is_file)
                return NULL;
        AUTO_TEXT char *name = memory_copy(entry.name.at, entry.name.length);
        if (entry.has_time)
                unfinished_note(listing->leftovers, path_name(name), entry.modified.seconds);
        if (name[0] == '.')
                return NULL;
        return listing->sink(listing->context, &(RemoteFile){ .name = path_name(name), .size = entry.size });
}

static Error *take_listing(void *context, Bytes piece) {
        Listing *listing = context;
        if (!buffer_add(&listing->rest, piece))
                return error_new(ERROR_CORRUPT, "a line of the server's listing is too long");
        Bytes rest, line = bytes_cut(buffer_bytes(&listing->rest), '\n', &rest);
        while (rest.at) {
                TRY(tell_line(listing, line));
                line = bytes_cut(rest, '\n', &rest);
        }
        buffer_consume(&listing->rest, listing->rest.length - line.length);
        return NULL;
}

static Error *list_by(Ftp *ftp, const char *request, LineReader *reader, RemoteFileSink *sink, void *context) {
        Listing listing = { .read = reader, .leftovers = &ftp->leftovers, .sink = sink, .context = context };
        unfinished_clear(&ftp->leftovers);
        buffer_init(&listing.rest, 2 * LONGEST_LINE + (1 << 20));
        aim(ftp, "");
        SET(ftp, CURLOPT_CUSTOMREQUEST, request);
        transfer_receive(ftp->transfer, take_listing, &listing);
        Error *error = run(ftp);
        if (!error)
                error = tell_line(&listing, buffer_bytes(&listing.rest));
        buffer_clear(&listing.rest);
        return error;
}

/* MLSD is meant for programs; servers that do not know it have LIST. */
static Error *list_files(Ftp *ftp, RemoteFileSink *sink, void *context) {
        if (!ftp->lacks_mlsd) {
                Error *error = list_by(ftp, "MLSD", ftp_listing_read_facts, sink, context);
                unsigned reply = reply_of(ftp);
                ftp->lacks_mlsd = error && ftp->transfer->result == CURLE_FTP_COULDNT_RETR_FILE &&
                                  (reply == 500 || reply == 501 || reply == 502 || reply == 504 || reply == 550);
                if (!ftp->lacks_mlsd)
                        return error;
                error_free(error);
        }
        return list_by(ftp, NULL, ftp_listing_read_line, sink, context);
}

static Error *ftp_list(Storage *storage, RemoteFileSink *sink, void *context) {
        Ftp *ftp = (Ftp *)storage;
        turn_to(ftp, "");
        Error *error = list_files(ftp, sink, context);
        bool is_missing = error_kind(error) == ERROR_MISSING && ftp->transfer->result == CURLE_REMOTE_ACCESS_DENIED;
        if (!is_missing)
                return error_context(error, "cannot list '%s%s'", ftp->address, ftp->folder);
        error_free(error);
        return NULL;
}

static Error *ftp_remove(Storage *storage, const char *name) {
        Ftp *ftp = (Ftp *)storage;
        turn_to(ftp, name);
        Error *error = delete_file(ftp, name, false);
        if (error_kind(error) != ERROR_MISSING)
                return error_context(error, "cannot remove '%s' from '%s%s'", name, ftp->address,
                                     ftp->folder);
        error_free(error);
        return NULL;
}

const StorageClass ftp_storage_class = {
        .scheme = "ftp",
        .is_distant = true,
        .atomic_put = true,
        .open = ftp_storage_open,
        .put = ftp_put,
        .get = ftp_get,
        .list = ftp_list,
        .remove = ftp_remove,
        .close = close_ftp,
};
