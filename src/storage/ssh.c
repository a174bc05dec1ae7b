#include "storage/ssh.h"

#include <poll.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "storage/ssh_session.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/dial.h"
#include "sys/file.h"

#define TICK 200 /* milliseconds: how soon a request to cancel is seen */

enum { DEFAULT_PORT = 22, COMPLAINT_CEILING = 16384, SHOWN_LENGTH = 400, PIECE = 65536 };

/* Words of libssh's that say more than that the connection broke. */
static const struct {
        const char *words, *remedy;
        ErrorKind kind;
} lasting[] = {
        { "no match for method", " (see Ciphers, MACs, KexAlgorithms and HostKeyAlgorithms of --ssh-options)",
          ERROR_USER },
        { "Too many authentication failures", " (see -oIdentityFile= and -oIdentitiesOnly=yes of --ssh-options)",
          ERROR_DENIED },
};

Error *ssh_session_failure(SshLink *link, const char *what) {
        AUTO_TEXT char *words = path_printable(ssh_get_error(link->session));
        const char *remedy = "";
        ErrorKind kind = ERROR_TRANSIENT;
        for (size_t i = 0; i < ARRAY_LENGTH(lasting); i++) {
                if (strstr(words, lasting[i].words)) {
                        kind = lasting[i].kind;
                        remedy = lasting[i].remedy;
                }
        }
        return error_new(kind, "cannot %s %s: %.*s%s", what, link->place, SHOWN_LENGTH,
                         words[0] ? words : "the connection broke", remedy);
}

/* Waits for the connection to move, or for a short while; what has come is read by libssh's next call. ERROR_TRANSIENT
 * after DEADLINE. */
static Error *await(SshLink *link, double deadline, const char *what) {
        TRY(cancel_check());
        if (clock_monotonic() >= deadline)
                return error_new(ERROR_TRANSIENT, "cannot %s %s: no answer for %.0f s, see --timeout", what,
                                 link->place, link->options.timeout);
        struct pollfd end = { .fd = ssh_get_fd(link->session), .events = POLLIN };
        if (ssh_get_poll_flags(link->session) & SSH_WRITE_PENDING)
                end.events |= POLLOUT;
        (void)poll(&end, 1, TICK); /* whatever it says, libssh is asked next */
        return NULL;
}

static double deadline_of(const SshLink *link) {
        return clock_monotonic() + link->options.timeout;
}

Error *ssh_session_drive(SshLink *link, SshStep *step, void *context, int again, const char *what, int *ret_result) {
        double deadline = deadline_of(link);
        int result;
        while ((result = step(link, context)) == again)
                TRY(await(link, deadline, what));
        *ret_result = result;
        return NULL;
}

/* Which user is not known before the configuration is read, unless the URL says. */
static const char *place_of(const Url *url, Arena *arena) {
        return url->user ? arena_print(arena, "'%s@%s'", url->user, url->host) : arena_print(arena, "'%s'", url->host);
}

Error *ssh_link_new(const Url *url, const StorageOptions *options, SshLink **ret_link) {
        if (!url->host)
                return error_with_code(error_new(ERROR_USER,
                                                 "the URL '%s' names no host, for example "
                                                 "'sftp://user@host/folder'",
                                                 url->text),
                                       EXIT_CODE_BAD_URL);
        TRY(ssh_settings_check_known_hosts(options->ssh_known_hosts));
        AUTO(ssh_link_free) SshLink *link = memory_new(SshLink);
        link->arena = arena_new();
        link->options = *options;
        link->up.rate = options->limit_upload;
        link->down.rate = options->limit_download;
        buffer_init(&link->complaint, COMPLAINT_CEILING);
        TRY(url_parse(url->text, &link->url));
        TRY(ssh_settings_read(&options->ssh_options, options->home, link->arena, &link->settings));
        link->place = place_of(link->url, link->arena);
        link->known_hosts = options->ssh_known_hosts     ? options->ssh_known_hosts
                            : link->settings.known_hosts ? link->settings.known_hosts
                                                         : arena_print(link->arena, "%s/.ssh/known_hosts",
                                                                       options->home ? options->home : "~");
        *ret_link = TAKE(link);
        return NULL;
}

/* VALUE NULL: what libssh has is left as it is. */
static Error *set_option(SshLink *link, enum ssh_options_e option, const void *value, const char *name) {
        if (!value || ssh_options_set(link->session, option, value) == SSH_OK)
                return NULL;
        AUTO_TEXT char *words = path_printable(ssh_get_error(link->session));
        return error_with_code(error_new(ERROR_USER, "cannot use %s for %s: %.*s", name, link->place, SHOWN_LENGTH,
                                         words[0] ? words : "libssh does not know it"),
                               EXIT_CODE_COMMAND_LINE);
}

/* The user's file, then the system's; where neither is there, there is nothing to read. */
static Error *read_config(SshLink *link) {
        const char *given = link->settings.config, *home = link->options.home;
        const char *own = given ? given : home ? arena_print(link->arena, "%s/.ssh/config", home) : NULL;
        const char *const files[] = { own, given ? NULL : "/etc/ssh/ssh_config" };
        for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
                if (!files[i] || (files[i] != given && access(files[i], R_OK) < 0))
                        continue;
                if (ssh_options_parse_config(link->session, files[i]) < 0)
                        return error_with_code(
                                error_new(ERROR_USER, "cannot read '%s': %s", files[i], ssh_get_error(link->session)),
                                EXIT_CODE_COMMAND_LINE);
        }
        return NULL;
}

/* Files of known keys: the one given alone, else the user's and the system's. */
static Error *set_known_hosts(SshLink *link) {
        const char *given = link->options.ssh_known_hosts;
        const char *file = given || link->settings.known_hosts || link->options.home ? link->known_hosts : NULL;
        TRY(set_option(link, SSH_OPTIONS_KNOWNHOSTS, file, "the file of known hosts"));
        return set_option(link, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, given ? "/dev/null" : NULL, "the file of known hosts");
}

/* The URL's word counts before that of --ssh-options, which counts before the configuration's. */
static Error *set_words(SshLink *link) {
        const SshSettings *settings = &link->settings;
        const struct {
                enum ssh_options_e option;
                const char *value, *name;
        } words[] = {
                { SSH_OPTIONS_USER, link->url->user ? link->url->user : settings->user, "the user" },
                { SSH_OPTIONS_PORT_STR,
                  link->url->port ? arena_print(link->arena, "%u", link->url->port) : settings->port, "the port" },
                { SSH_OPTIONS_PROXYCOMMAND, settings->proxy_command, "ProxyCommand" },
                { SSH_OPTIONS_BINDADDR, settings->bind_address, "BindAddress" },
                { SSH_OPTIONS_CIPHERS_C_S, settings->ciphers, "Ciphers" },
                { SSH_OPTIONS_CIPHERS_S_C, settings->ciphers, "Ciphers" },
                { SSH_OPTIONS_HMAC_C_S, settings->macs, "MACs" },
                { SSH_OPTIONS_HMAC_S_C, settings->macs, "MACs" },
                { SSH_OPTIONS_KEY_EXCHANGE, settings->key_exchange, "KexAlgorithms" },
                { SSH_OPTIONS_HOSTKEYS, settings->host_key_types, "HostKeyAlgorithms" },
                { SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES, settings->key_types, "PubkeyAcceptedAlgorithms" },
                { SSH_OPTIONS_COMPRESSION, settings->compression, "Compression" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
                TRY(set_option(link, words[i].option, words[i].value, words[i].name));
        return set_known_hosts(link);
}

static Error *prepare(SshLink *link) {
        static const int no = 0, yes = 1;
        static const bool without = false;
        const char *home = link->options.home;
        long timeout = (long)link->options.timeout + 1;
        link->session = ssh_new();
        if (!link->session)
                return error_new(ERROR_SYSTEM, "cannot begin a connection to %s: libssh fails", link->place);
        TRY(set_option(link, SSH_OPTIONS_HOST, link->url->host, "the host"));
        TRY(set_option(link, SSH_OPTIONS_PROCESS_CONFIG, &without, "no configuration")); /* we name the files */
        TRY(set_option(link, SSH_OPTIONS_SSH_DIR, home ? arena_print(link->arena, "%s/.ssh", home) : NULL,
                       "the folder"));
        TRY(read_config(link));
        TRY(set_words(link));
        TRY(set_option(link, SSH_OPTIONS_STRICTHOSTKEYCHECK, &yes, "strictness")); /* whatever the configuration says */
        TRY(set_option(link, SSH_OPTIONS_TIMEOUT, &timeout, "the timeout"));
        TRY(set_option(link, SSH_OPTIONS_LOG_VERBOSITY, &no, "silence")); /* else libssh writes to standard error */
        ssh_set_blocking(link->session, 0);
        return NULL;
}

static bool has_proxy(SshLink *link) {
        char *command = NULL;
        if (ssh_options_get(link->session, SSH_OPTIONS_PROXYCOMMAND, &command) != SSH_OK)
                return false;
        bool is_one = command && command[0] && strcmp(command, "none") != 0;
        ssh_string_free_char(command);
        return is_one;
}

/* libssh's own way of connecting tries one address only. The configuration may have another name for the host. */
static Error *dial_host(SshLink *link) {
        char *host = NULL;
        unsigned port = DEFAULT_PORT;
        AUTO_FD int fd = -1;
        if (has_proxy(link))
                return NULL;
        if (ssh_options_get(link->session, SSH_OPTIONS_HOST, &host) != SSH_OK)
                return ssh_session_failure(link, "connect to");
        (void)ssh_options_get_port(link->session, &port); /* fails for no session only */
        Error *error = dial_tcp(host, port ? port : DEFAULT_PORT, link->options.timeout, &fd);
        ssh_string_free_char(host);
        TRY(error);
        TRY(set_option(link, SSH_OPTIONS_FD, &fd, "the connection"));
        fd = -1; /* libssh's from now on */
        return NULL;
}

static int step_connect(SshLink *link, UNUSED void *context) {
        return ssh_connect(link->session);
}

static Error *shake_hands(SshLink *link) {
        int result = SSH_ERROR;
        TRY(ssh_session_drive(link, step_connect, NULL, SSH_AGAIN, "connect to", &result));
        return result == SSH_OK ? NULL : ssh_session_failure(link, "connect to");
}

static Error *meet_host(SshLink *link) {
        TRY(prepare(link));
        TRY(dial_host(link));
        TRY(shake_hands(link));
        return ssh_session_check_host(link);
}

static Error *connect_anew(SshLink *link) {
        TRY(meet_host(link));
        return ssh_session_log_in(link);
}

Error *ssh_link_check_host(SshLink *link) {
        ssh_link_drop(link);
        Error *error = meet_host(link);
        ssh_link_drop(link);
        return error;
}

Error *ssh_link_connect(SshLink *link) {
        ssh_link_drop(link);
        Error *error = connect_anew(link);
        if (error)
                ssh_link_drop(link);
        return error;
}

bool ssh_link_is_up(SshLink *link) {
        if (!link->session)
                return false;
        if (link->channel && (ssh_channel_poll(link->channel, 0) < 0 || ssh_channel_is_eof(link->channel)))
                return false;
        return ssh_is_connected(link->session);
}

const char *ssh_link_place(const SshLink *link) {
        return link->place;
}

static void end_stream(SshLink *link) {
        if (link->channel)
                ssh_channel_free(link->channel);
        link->channel = NULL;
}

static int step_open_channel(SshLink *link, UNUSED void *context) {
        return ssh_channel_open_session(link->channel);
}

static int step_request_subsystem(SshLink *link, void *context) {
        return ssh_channel_request_subsystem(link->channel, context);
}

static int step_request_command(SshLink *link, void *context) {
        return ssh_channel_request_exec(link->channel, context);
}

static Error *open_channel(SshLink *link) {
        int result = SSH_ERROR;
        end_stream(link);
        buffer_truncate(&link->complaint, 0);
        link->ungranted = SSH_AHEAD; /* the first of all reads is one to grant with */
        link->channel = ssh_channel_new(link->session);
        if (!link->channel)
                return ssh_session_failure(link, "open a channel to");
        TRY(ssh_session_drive(link, step_open_channel, NULL, SSH_AGAIN, "open a channel to", &result));
        return result == SSH_OK ? NULL : ssh_session_failure(link, "open a channel to");
}

/* *ret_is_granted becomes false when the server says no. */
static Error *request(SshLink *link, SshStep *step, const char *text, bool *ret_is_granted) {
        int result = SSH_ERROR;
        AUTO_TEXT char *copy = memory_text(text);
        TRY(open_channel(link));
        TRY(ssh_session_drive(link, step, copy, SSH_AGAIN, "start a program on", &result));
        if (result != SSH_OK && ssh_get_error_code(link->session) != SSH_REQUEST_DENIED)
                return ssh_session_failure(link, "start a program on");
        *ret_is_granted = result == SSH_OK;
        return NULL;
}

Error *ssh_link_begin_subsystem(SshLink *link, const char *name, bool *ret_is_offered) {
        return request(link, step_request_subsystem, name, ret_is_offered);
}

Error *ssh_link_begin_command(SshLink *link, const char *command) {
        bool is_granted = false;
        TRY(request(link, step_request_command, command, &is_granted));
        if (is_granted)
                return NULL;
        return error_new(ERROR_DENIED, "cannot run a command on %s: the server refuses", link->place);
}

Error *ssh_link_send(SshLink *link, Bytes bytes) {
        double deadline = deadline_of(link);
        while (bytes.length) {
                TRY(cancel_check());
                int count = ssh_channel_write(link->channel, bytes.at, (uint32_t)MIN(bytes.length, (size_t)1 << 20));
                if (count < 0)
                        return ssh_session_failure(link, "send to");
                if (count == 0) {
                        if (ssh_channel_is_closed(link->channel))
                                return error_new(ERROR_TRANSIENT, "cannot send to %s: it closed the stream",
                                                 link->place);
                        TRY(await(link, deadline, "send to"));
                        continue;
                }
                bytes = bytes_slice(bytes, (size_t)count, bytes.length);
                pace_note(&link->up, (size_t)count);
                deadline = deadline_of(link);
        }
        return NULL;
}

static int step_send_end(SshLink *link, UNUSED void *context) {
        return ssh_channel_send_eof(link->channel);
}

Error *ssh_link_send_end(SshLink *link) {
        int result = SSH_ERROR;
        TRY(ssh_session_drive(link, step_send_end, NULL, SSH_AGAIN, "send to", &result));
        return result == SSH_OK ? NULL : ssh_session_failure(link, "send to");
}

/* What the far side says as standard error must be read too: it uses up the same window. True when there was some. */
static bool take_complaint(SshLink *link) {
        char piece[4096];
        int count = ssh_channel_read_nonblocking(link->channel, piece, sizeof piece, 1);
        if (count <= 0)
                return false;
        size_t room = COMPLAINT_CEILING - link->complaint.length;
        (void)buffer_add(&link->complaint, bytes_slice(bytes_make(piece, (size_t)count), 0, room)); /* it fits */
        return true;
}

/* A read of so many bytes makes libssh grant the far side as many, which otherwise gets what lasts for 13 to 16 MB/s
 * at 40 ms. Each grant is a packet: one goes for a quarter. */
static uint32_t length_to_ask_for(SshLink *link, size_t capacity) {
        if (link->ungranted < capacity / 4)
                return (uint32_t)MIN(capacity, (size_t)PIECE);
        link->ungranted = 0;
        return (uint32_t)MIN(capacity, (size_t)SSH_AHEAD);
}

/* Whatever is asked last before a wait must be what is waited for: each call reads what has come, for all. */
Error *ssh_link_receive(SshLink *link, void *buffer, size_t capacity, size_t *ret_length) {
        double deadline = deadline_of(link);
        for (;;) {
                TRY(cancel_check());
                while (take_complaint(link))
                        continue;
                int count = ssh_channel_read_timeout(link->channel, buffer, length_to_ask_for(link, capacity), 0, 0);
                if (count > 0) {
                        link->ungranted += (size_t)count;
                        pace_note(&link->down, (size_t)count);
                        *ret_length = (size_t)count;
                        return NULL;
                }
                if (count == SSH_EOF || ssh_channel_is_eof(link->channel)) {
                        *ret_length = 0;
                        return NULL;
                }
                if (count == SSH_ERROR || !ssh_is_connected(link->session))
                        return ssh_session_failure(link, "receive from");
                TRY(await(link, deadline, "receive from"));
        }
}

/* The command's exit status, -1 as long as there is none, and when a signal ended it. */
static int exit_status_of(ssh_channel channel) {
#if LIBSSH_VERSION_INT >= SSH_VERSION_INT(0, 11, 0)
        uint32_t code = 0;
        char *name = NULL;
        if (ssh_channel_get_exit_state(channel, &code, &name, NULL) != SSH_OK)
                return -1;
        bool is_signal = name != NULL;
        if (is_signal)
                ssh_string_free_char(name);
        return is_signal ? -1 : (int)code;
#else
        return ssh_channel_get_exit_status(channel);
#endif
}

static Error *await_status(SshLink *link, int *ret_status) {
        double deadline = deadline_of(link);
        for (;;) {
                while (take_complaint(link))
                        continue;
                *ret_status = exit_status_of(link->channel);
                if (*ret_status >= 0)
                        return NULL;
                if (ssh_channel_is_closed(link->channel) || !ssh_is_connected(link->session))
                        return error_new(ERROR_TRANSIENT, "the command on %s was cut off", link->place);
                TRY(await(link, deadline, "receive from"));
        }
}

/* The status may overtake what was said before: the stream's end does not. */
Error *ssh_link_end_command(SshLink *link, int *ret_status, const char **ret_complaint) {
        char rest[256];
        size_t count;
        do
                TRY(ssh_link_receive(link, rest, sizeof rest, &count));
        while (count);
        TRY(await_status(link, ret_status));
        while (take_complaint(link))
                continue;
        end_stream(link);
        *ret_complaint = buffer_text(&link->complaint);
        return NULL;
}

void ssh_link_drop(SshLink *link) {
        if (!link->session)
                return;
        end_stream(link);
        ssh_disconnect(link->session);
        ssh_free(link->session);
        link->session = NULL;
}

void ssh_link_free(SshLink *link) {
        if (!link)
                return;
        ssh_link_drop(link);
        ssh_settings_clear(&link->settings);
        buffer_clear(&link->complaint);
        url_free(link->url);
        arena_free(link->arena);
        memory_free(link);
}
