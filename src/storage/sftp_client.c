#include "storage/sftp_client.h"

#include "base/memory.h"
#include "base/path.h"
#include "sys/file.h"

enum {
        VERSION_NUMBER = 3,
        PIECE = 32768,           /* bytes per request: what every server has to take */
        MOST_REQUESTS = 64,      /* on their way at a time, when contents are moved */
        MOST_FOLDER_READS = 4,   /* the same, when a folder is listed */
        LARGEST_REPLY = 1 << 18, /* no server has reason to send more */
        FIRST_NUMBER = 1000,     /* of requests that wait for their reply; smaller ones are places among several */
        FILE_MODE = 0600,
        FOLDER_MODE = 0700,
        HAS_MODE = 4,
        SHOWN_LENGTH = 300,
};

struct SftpClient {
        SshLink *link;
        Buffer out, in;
        size_t taken;       /* bytes at the front of IN that belong to replies received */
        unsigned in_flight; /* requests without a reply yet */
        uint32_t number;    /* of the last request that waited for its reply */
        bool is_greeted, can_rename, can_sync, can_tell_space;
};

typedef struct Reply {
        uint8_t type;
        uint32_t number;
        Bytes rest; /* valid until the next one is received */
} Reply;

/* Once it was understood, a connection that is not may be broken; before that, it will be the same the next time. */
static Error *nonsense(const SftpClient *client) {
        if (client->is_greeted)
                return error_new(ERROR_TRANSIENT, "cannot understand what %s answers", ssh_link_place(client->link));
        return error_new(ERROR_SYSTEM,
                         "cannot understand what %s answers: it is no SFTP (does the account's shell print something "
                         "at its start?)",
                         ssh_link_place(client->link));
}

/* ---- packets ---- */

static Bytes untaken(const SftpClient *client) {
        return bytes_slice(buffer_bytes(&client->in), client->taken, client->in.length);
}

/* Until COUNT bytes are there, untaken. *ret_is_end: the stream ended before. */
static Error *fill(SftpClient *client, size_t count, bool *ret_is_end) {
        while (untaken(client).length < count) {
                size_t length = 0;
                buffer_consume(&client->in, client->taken);
                client->taken = 0;
                char *place = buffer_reserve(&client->in, SSH_AHEAD); /* no ceiling, cannot fail */
                TRY(ssh_link_receive(client->link, place, SSH_AHEAD, &length));
                client->in.length += length;
                *ret_is_end = length == 0;
                if (*ret_is_end)
                        return NULL;
        }
        return NULL;
}

/* *ret_is_end: there is none, the stream ended. */
static Error *receive_packet(SftpClient *client, Bytes *ret_packet, bool *ret_is_end) {
        uint32_t length;
        *ret_is_end = false;
        TRY(fill(client, sizeof length, ret_is_end));
        if (*ret_is_end)
                return NULL;
        Bytes start = untaken(client);
        if (!sftp_wire_take_number(&start, &length) || length > LARGEST_REPLY)
                return nonsense(client);
        TRY(fill(client, sizeof length + length, ret_is_end));
        if (*ret_is_end)
                return NULL;
        *ret_packet = bytes_slice(untaken(client), sizeof length, length);
        client->taken += sizeof length + length;
        return NULL;
}

static Error *receive_reply(SftpClient *client, Reply *ret_reply) {
        Bytes packet;
        bool is_end = false;
        TRY(receive_packet(client, &packet, &is_end));
        if (is_end)
                return error_new(ERROR_TRANSIENT, "the connection to %s was closed", ssh_link_place(client->link));
        if (!sftp_wire_take_byte(&packet, &ret_reply->type) || !sftp_wire_take_number(&packet, &ret_reply->number))
                return nonsense(client);
        ret_reply->rest = packet;
        client->in_flight--;
        return NULL;
}

static size_t begin(SftpClient *client, SftpType type, uint32_t number) {
        buffer_truncate(&client->out, 0);
        return sftp_wire_begin(&client->out, type, number);
}

static Error *send(SftpClient *client, size_t start) {
        sftp_wire_end(&client->out, start);
        TRY(ssh_link_send(client->link, buffer_bytes(&client->out)));
        client->in_flight++;
        return NULL;
}

/* ---- one request, one reply ---- */

static size_t ask(SftpClient *client, SftpType type) {
        return begin(client, type, ++client->number);
}

static size_t ask_extended(SftpClient *client, const char *name) {
        size_t start = ask(client, SFTP_EXTENDED);
        sftp_wire_add_bytes(&client->out, bytes_of(name));
        return start;
}

static Error *exchange(SftpClient *client, size_t start, Reply *ret_reply) {
        TRY(send(client, start));
        TRY(receive_reply(client, ret_reply));
        return ret_reply->number == client->number ? NULL : nonsense(client);
}

/* What a status says, NULL for "ok". */
static Error *judge(const SftpClient *client, const Reply *reply, uint32_t *ret_status) {
        static const struct {
                ErrorKind kind;
                ExitCode code;
                const char *words;
        } meanings[] = {
                [SFTP_END_OF_FILE] = { .kind = ERROR_SYSTEM, .words = "end of file" },
                [SFTP_NO_SUCH_FILE] = { .kind = ERROR_MISSING, .words = "no such file" },
                [SFTP_PERMISSION_DENIED] = { .kind = ERROR_DENIED, .words = "permission denied" },
                [SFTP_FAILURE] = { .kind = ERROR_SYSTEM, .words = "failure" },
                [SFTP_NO_CONNECTION] = { .kind = ERROR_TRANSIENT, .words = "no connection" },
                [SFTP_CONNECTION_LOST] = { .kind = ERROR_TRANSIENT, .words = "connection lost" },
                [SFTP_UNSUPPORTED] = { .kind = ERROR_SYSTEM, .words = "unsupported" },
                [SFTP_NO_SPACE] = { ERROR_SYSTEM, EXIT_CODE_BACKEND_NO_SPACE, "no space left" },
                [SFTP_QUOTA_EXCEEDED] = { ERROR_SYSTEM, EXIT_CODE_BACKEND_NO_SPACE, "quota exceeded" },
        };
        Bytes rest = reply->rest, text = { .at = NULL };
        uint32_t status;
        if (reply->type != SFTP_STATUS || !sftp_wire_take_number(&rest, &status))
                return nonsense(client);
        *ret_status = status;
        if (status == SFTP_OK)
                return NULL;
        bool is_known = status < ARRAY_LENGTH(meanings) && meanings[status].words;
        (void)sftp_wire_take_bytes(&rest, &text); /* some servers leave it out */
        AUTO_TEXT char *copy = memory_copy(text.at ? text.at : (const uint8_t *)"", text.length);
        AUTO_TEXT char *words = path_printable(copy);
        Error *error = error_new(is_known ? meanings[status].kind : ERROR_SYSTEM, "the server says: %.*s", SHOWN_LENGTH,
                                 words[0]   ? words
                                 : is_known ? meanings[status].words
                                            : "failure");
        return is_known && meanings[status].code ? error_with_code(error, meanings[status].code) : error;
}

static Error *expect_ok(SftpClient *client, size_t start) {
        Reply reply;
        uint32_t status;
        TRY(exchange(client, start, &reply));
        return judge(client, &reply, &status);
}

/* A reply of TYPE, or the error that stands in its place. */
static Error *expect(SftpClient *client, size_t start, SftpType type, Bytes *ret_rest) {
        Reply reply;
        uint32_t status;
        TRY(exchange(client, start, &reply));
        if (reply.type != type) {
                TRY(judge(client, &reply, &status));
                return nonsense(client); /* "ok" is no answer to this */
        }
        *ret_rest = reply.rest;
        return NULL;
}

static Error *expect_handle(SftpClient *client, size_t start, SftpHandle *handle) {
        Bytes rest, bytes;
        TRY(expect(client, start, SFTP_HANDLE, &rest));
        if (!sftp_wire_take_bytes(&rest, &bytes) || bytes.length > sizeof handle->bytes)
                return nonsense(client);
        memcpy(handle->bytes, bytes.at, bytes.length);
        handle->length = bytes.length;
        return NULL;
}

static Error *expect_attributes(SftpClient *client, size_t start, SftpAttributes *ret_attributes) {
        Bytes rest;
        TRY(expect(client, start, SFTP_ATTRIBUTES, &rest));
        return sftp_wire_take_attributes(&rest, ret_attributes) ? NULL : nonsense(client);
}

static void add_text(SftpClient *client, const char *text) {
        sftp_wire_add_bytes(&client->out, bytes_of(text));
}

static void add_handle(SftpClient *client, const SftpHandle *handle) {
        sftp_wire_add_bytes(&client->out, bytes_make(handle->bytes, handle->length));
}

static void add_mode(SftpClient *client, uint32_t mode) {
        sftp_wire_add_number(&client->out, HAS_MODE);
        sftp_wire_add_number(&client->out, mode);
}

Error *sftp_client_open_file(SftpClient *client, const char *path, uint32_t flags, SftpHandle *handle) {
        size_t start = ask(client, SFTP_OPEN);
        add_text(client, path);
        sftp_wire_add_number(&client->out, flags);
        add_mode(client, FILE_MODE);
        return expect_handle(client, start, handle);
}

Error *sftp_client_stat_open(SftpClient *client, const SftpHandle *handle, SftpAttributes *ret_attributes) {
        size_t start = ask(client, SFTP_FSTAT);
        add_handle(client, handle);
        return expect_attributes(client, start, ret_attributes);
}

Error *sftp_client_stat(SftpClient *client, const char *path, SftpAttributes *ret_attributes) {
        size_t start = ask(client, SFTP_STAT);
        add_text(client, path);
        return expect_attributes(client, start, ret_attributes);
}

/* Up to OpenSSH 8.4, a server offers extensions that its administrator has forbidden (sftp-server -P). RET_OFFERED
 * becomes false when ERROR, which is freed then, says so. */
static bool is_forbidden(Error *error, bool *ret_offered) {
        if (error_kind(error) != ERROR_DENIED)
                return false;
        error_free(error);
        *ret_offered = false;
        return true;
}

Error *sftp_client_sync(SftpClient *client, const SftpHandle *handle) {
        if (!client->can_sync)
                return NULL;
        size_t start = ask_extended(client, "fsync@openssh.com");
        add_handle(client, handle);
        Error *error = expect_ok(client, start);
        return is_forbidden(error, &client->can_sync) ? NULL : error;
}

Error *sftp_client_close_file(SftpClient *client, const SftpHandle *handle) {
        size_t start = ask(client, SFTP_CLOSE);
        add_handle(client, handle);
        return expect_ok(client, start);
}

Error *sftp_client_remove(SftpClient *client, const char *path) {
        size_t start = ask(client, SFTP_REMOVE);
        add_text(client, path);
        return expect_ok(client, start);
}

Error *sftp_client_make_folder(SftpClient *client, const char *path) {
        size_t start = ask(client, SFTP_MKDIR);
        add_text(client, path);
        add_mode(client, FOLDER_MODE);
        return expect_ok(client, start);
}

static Error *rename_plainly(SftpClient *client, const char *from, const char *to) {
        size_t start = ask(client, SFTP_RENAME);
        add_text(client, from);
        add_text(client, to);
        return expect_ok(client, start);
}

/* Version 3's own rename takes no name that is there. */
static Error *rename_in_two_steps(SftpClient *client, const char *from, const char *to) {
        Error *error = rename_plainly(client, from, to);
        if (error_kind(error) != ERROR_SYSTEM)
                return error;
        error_free(error);
        TRY(sftp_client_remove(client, to));
        return rename_plainly(client, from, to);
}

Error *sftp_client_rename(SftpClient *client, const char *from, const char *to) {
        if (!client->can_rename)
                return rename_in_two_steps(client, from, to);
        size_t start = ask_extended(client, "posix-rename@openssh.com");
        add_text(client, from);
        add_text(client, to);
        Error *error = expect_ok(client, start);
        return is_forbidden(error, &client->can_rename) ? rename_in_two_steps(client, from, to) : error;
}

bool sftp_client_lacks_space(SftpClient *client, const char *path, uint64_t count) {
        enum { SIZE_OF_FRAGMENT = 1, FREE_FRAGMENTS = 4, NUMBERS = 5 };
        uint64_t numbers[NUMBERS];
        Bytes rest;
        if (!client->can_tell_space || !sftp_client_is_in_step(client))
                return false;
        size_t start = ask_extended(client, "statvfs@openssh.com");
        add_text(client, path);
        AUTO(error_free) Error *error = expect(client, start, SFTP_EXTENDED_REPLY, &rest);
        if (error)
                return false;
        for (size_t i = 0; i < NUMBERS; i++)
                if (!sftp_wire_take_large(&rest, &numbers[i]))
                        return false;
        uint64_t size = numbers[SIZE_OF_FRAGMENT] ? numbers[SIZE_OF_FRAGMENT] : 1;
        return numbers[FREE_FRAGMENTS] <= count / size;
}

/* ---- contents ---- */

/* One request among several: what it is for. */
typedef struct Place {
        uint64_t offset;
        uint32_t length; /* 0: nothing under way here */
} Place;

static Error *send_write(SftpClient *client, const SftpHandle *handle, int fd, uint64_t offset, size_t length) {
        uint8_t piece[PIECE];
        size_t count = 0;
        TRY(file_read_at(fd, "the local file", piece, length, offset, &count));
        if (count < length)
                return error_new(ERROR_SYSTEM, "the local file became shorter meanwhile");
        size_t start = begin(client, SFTP_WRITE, 0);
        add_handle(client, handle);
        sftp_wire_add_large(&client->out, offset);
        sftp_wire_add_bytes(&client->out, bytes_make(piece, count));
        return send(client, start);
}

static Error *receive_write(SftpClient *client) {
        Reply reply;
        uint32_t status;
        TRY(receive_reply(client, &reply));
        return judge(client, &reply, &status);
}

/* Takes the replies that are still to come; what they say makes no difference any more. Returns ERROR. */
static Error *drain(SftpClient *client, Error *error) {
        while (error_kind(error) != ERROR_TRANSIENT && error_kind(error) != ERROR_CANCELLED && client->in_flight) {
                Reply reply;
                Error *another = receive_reply(client, &reply);
                if (another) {
                        error_free(error);
                        return another;
                }
        }
        return error;
}

static Error *write_pieces(SftpClient *client, const SftpHandle *handle, int fd, uint64_t size) {
        uint64_t offset = 0;
        while (offset < size || client->in_flight) {
                if (offset == size || client->in_flight == MOST_REQUESTS) {
                        TRY(receive_write(client));
                        continue;
                }
                size_t length = (size_t)MIN(size - offset, (uint64_t)PIECE);
                TRY(send_write(client, handle, fd, offset, length));
                offset += length;
        }
        return NULL;
}

Error *sftp_client_write_all(SftpClient *client, const SftpHandle *handle, int fd, uint64_t size) {
        Error *error = write_pieces(client, handle, fd, size);
        return error ? drain(client, error) : NULL;
}

typedef struct Reading {
        SftpClient *client;
        const SftpHandle *handle;
        int fd;
        Place places[MOST_REQUESTS];
        uint64_t next, end; /* what is to be asked for; END is the size as far as it is known */
} Reading;

static Error *send_read(Reading *reading, uint32_t number) {
        const Place *place = &reading->places[number];
        size_t start = begin(reading->client, SFTP_READ, number);
        add_handle(reading->client, reading->handle);
        sftp_wire_add_large(&reading->client->out, place->offset);
        sftp_wire_add_number(&reading->client->out, place->length);
        return send(reading->client, start);
}

/* One more request, in a place that is free; there is one. */
static Error *ask_for_more(Reading *reading) {
        uint32_t number = 0;
        while (reading->places[number].length)
                number++;
        uint32_t length = (uint32_t)MIN(reading->end - reading->next, (uint64_t)PIECE);
        reading->places[number] = (Place){ .offset = reading->next, .length = length };
        reading->next += length;
        return send_read(reading, number);
}

/* A server may give less than was asked for: then the rest is asked for again. */
static Error *take_data(Reading *reading, uint32_t number, Bytes rest) {
        Place *place = &reading->places[number];
        Bytes data;
        if (!sftp_wire_take_bytes(&rest, &data) || data.length == 0 || data.length > place->length)
                return nonsense(reading->client);
        TRY(file_write_at(reading->fd, "the local copy", data, place->offset));
        place->offset += data.length;
        place->length -= (uint32_t)data.length;
        return place->length ? send_read(reading, number) : NULL;
}

static Error *receive_read(Reading *reading) {
        Reply reply;
        uint32_t status = SFTP_OK;
        TRY(receive_reply(reading->client, &reply));
        if (reply.number >= MOST_REQUESTS || !reading->places[reply.number].length)
                return nonsense(reading->client);
        if (reply.type == SFTP_DATA)
                return take_data(reading, reply.number, reply.rest);
        Error *error = judge(reading->client, &reply, &status);
        if (!error)
                return nonsense(reading->client);
        if (status != SFTP_END_OF_FILE)
                return error;
        error_free(error);
        Place *place = &reading->places[reply.number];
        reading->end = MIN(reading->end, place->offset);
        place->length = 0;
        return NULL;
}

static Error *read_pieces(Reading *reading) {
        const unsigned *in_flight = &reading->client->in_flight;
        while (reading->next < reading->end || *in_flight)
                if (reading->next < reading->end && *in_flight < MOST_REQUESTS)
                        TRY(ask_for_more(reading));
                else
                        TRY(receive_read(reading));
        return NULL;
}

/* A server that does not tell the size is asked until it says that there is no more. */
Error *sftp_client_read_all(SftpClient *client, const SftpHandle *handle, int fd, uint64_t *ret_size) {
        SftpAttributes attributes;
        TRY(sftp_client_stat_open(client, handle, &attributes));
        Reading reading = {
                .client = client, .handle = handle, .fd = fd, .end = attributes.has_size ? attributes.size : UINT64_MAX
        };
        Error *error = read_pieces(&reading);
        if (error)
                return drain(client, error);
        if (attributes.has_size && reading.end < attributes.size)
                return error_new(ERROR_TRANSIENT, "only %llu of %llu bytes came", (unsigned long long)reading.end,
                                 (unsigned long long)attributes.size);
        *ret_size = reading.end;
        return NULL;
}

/* ---- folders ---- */

typedef struct Listing {
        SftpClient *client;
        SftpEntrySink *sink;
        void *context;
        bool is_end;
} Listing;

static Error *tell_entries(Listing *listing, Bytes rest) {
        uint32_t count;
        if (!sftp_wire_take_number(&rest, &count))
                return nonsense(listing->client);
        for (uint32_t i = 0; i < count; i++) {
                Bytes name, shown;
                SftpAttributes attributes;
                if (!sftp_wire_take_bytes(&rest, &name) || !sftp_wire_take_bytes(&rest, &shown) ||
                    !sftp_wire_take_attributes(&rest, &attributes))
                        return nonsense(listing->client);
                AUTO_TEXT char *text = memory_copy(name.at, name.length);
                if (strcmp(text, ".") != 0 && strcmp(text, "..") != 0)
                        TRY(listing->sink(listing->context, text, &attributes));
        }
        return NULL;
}

static Error *receive_entries(Listing *listing) {
        Reply reply;
        uint32_t status = SFTP_OK;
        TRY(receive_reply(listing->client, &reply));
        if (reply.type == SFTP_NAME)
                return tell_entries(listing, reply.rest);
        Error *error = judge(listing->client, &reply, &status);
        if (!error)
                return nonsense(listing->client);
        if (status != SFTP_END_OF_FILE)
                return error;
        error_free(error);
        listing->is_end = true;
        return NULL;
}

static Error *read_folder(Listing *listing, const SftpHandle *handle) {
        SftpClient *client = listing->client;
        while (!listing->is_end || client->in_flight) {
                if (listing->is_end || client->in_flight == MOST_FOLDER_READS) {
                        TRY(receive_entries(listing));
                        continue;
                }
                size_t start = begin(client, SFTP_READDIR, 0);
                add_handle(client, handle);
                TRY(send(client, start));
        }
        return NULL;
}

Error *sftp_client_list(SftpClient *client, const char *path, SftpEntrySink *sink, void *context) {
        SftpHandle handle;
        Listing listing = { .client = client, .sink = sink, .context = context };
        size_t start = ask(client, SFTP_OPENDIR);
        add_text(client, path);
        TRY(expect_handle(client, start, &handle));
        Error *error = read_folder(&listing, &handle);
        if (error)
                error = drain(client, error);
        if (!sftp_client_is_in_step(client))
                return error;
        Error *unclosed = sftp_client_close_file(client, &handle);
        error_free(error ? unclosed : NULL); /* the first failure is the one to tell */
        return error ? error : unclosed;
}

/* ---- beginning and end ---- */

static void note_extension(SftpClient *client, Bytes name) {
        const struct {
                const char *name;
                bool *is_known;
        } extensions[] = {
                { "posix-rename@openssh.com", &client->can_rename },
                { "fsync@openssh.com", &client->can_sync },
                { "statvfs@openssh.com", &client->can_tell_space },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(extensions); i++)
                if (bytes_equal_text(name, extensions[i].name))
                        *extensions[i].is_known = true;
}

/* *ret_is_offered becomes false when the stream ends at once: the program for it is missing on the server. */
static Error *greet(SftpClient *client, bool *ret_is_offered) {
        Bytes packet, name, value;
        uint8_t type;
        uint32_t version;
        bool is_end = false;
        TRY(send(client, begin(client, SFTP_INIT, VERSION_NUMBER)));
        TRY(receive_packet(client, &packet, &is_end));
        *ret_is_offered = !is_end;
        if (is_end)
                return NULL;
        if (!sftp_wire_take_byte(&packet, &type) || type != SFTP_VERSION || !sftp_wire_take_number(&packet, &version) ||
            version < VERSION_NUMBER)
                return nonsense(client);
        client->in_flight = 0;
        client->is_greeted = true;
        while (sftp_wire_take_bytes(&packet, &name) && sftp_wire_take_bytes(&packet, &value))
                note_extension(client, name);
        return NULL;
}

Error *sftp_client_open(SshLink *link, SftpClient **ret_client) {
        bool is_offered = false;
        AUTO(sftp_client_free) SftpClient *client = memory_new(SftpClient);
        client->link = link;
        client->number = FIRST_NUMBER;
        TRY(ssh_link_begin_subsystem(link, "sftp", &is_offered));
        if (is_offered)
                TRY(greet(client, &is_offered));
        *ret_client = is_offered ? TAKE(client) : NULL;
        return NULL;
}

bool sftp_client_is_in_step(const SftpClient *client) {
        return client->in_flight == 0;
}

void sftp_client_free(SftpClient *client) {
        if (!client)
                return;
        buffer_clear(&client->out);
        buffer_clear(&client->in);
        memory_free(client);
}
