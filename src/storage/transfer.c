#include "storage/transfer.h"

#include <netdb.h>
#include <pthread.h>

#include "base/memory.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/file.h"

#define GLANCE 50              /* milliseconds */
#define SMALL_PIECE (16L << 10) /* bytes at once where speed is limited */

/* Sets an option of the handle. These calls fail only when memory is gone or libcurl lacks the option, which the
 * versions we build with do not. */
#define SET(transfer, option, value) ((void)curl_easy_setopt((transfer)->curl, (option), (value)))

static void start_library(void) {
        (void)curl_global_init(CURL_GLOBAL_DEFAULT); /* if it fails, so does each curl_easy_init */
}

static size_t read_piece(char *buffer, size_t size, size_t count, void *context) {
        Transfer *transfer = context;
        size_t got = (size_t)MIN((uint64_t)(size * count), transfer->length - transfer->position);
        if (transfer->fd < 0)
                memcpy(buffer, transfer->bytes.at + transfer->position, got);
        else
                transfer->error = file_read_at(transfer->fd, "the local file", buffer, got,
                                               transfer->start + transfer->position, &got);
        if (!transfer->error && got == 0 && transfer->position < transfer->length)
                transfer->error = error_new(ERROR_SYSTEM, "the local file became shorter");
        pace_note(&transfer->up, got);
        transfer->position += got;
        return transfer->error ? CURL_READFUNC_ABORT : got;
}

/* The same bytes have to be sent again: after a question for a password, or on a new connection. */
static int seek_source(void *context, curl_off_t offset, int origin) {
        Transfer *transfer = context;
        if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > transfer->length)
                return CURL_SEEKFUNC_FAIL;
        transfer->position = (uint64_t)offset;
        return CURL_SEEKFUNC_OK;
}

static size_t write_piece(char *piece, size_t size, size_t count, void *context) {
        Transfer *transfer = context;
        pace_note(&transfer->down, size * count);
        if (transfer->sink)
                transfer->error = transfer->sink(transfer->sink_context, bytes_make(piece, size * count));
        return transfer->error ? 0 : size * count;
}

static int watch_progress(void *context, UNUSED curl_off_t down_total, UNUSED curl_off_t down, UNUSED curl_off_t total,
                          UNUSED curl_off_t up) {
        const Transfer *transfer = context;
        return cancel_requested() && !transfer->goes_on;
}

/* Whatever a server answers, no other protocol follows: no encryption is given up. */
static void set_protocol(Transfer *transfer, const char *protocol) {
#if LIBCURL_VERSION_NUM >= 0x075500
        SET(transfer, CURLOPT_PROTOCOLS_STR, protocol);
#else
        static const struct {
                const char *name;
                long bit;
        } bits[] = {
                { "https", CURLPROTO_HTTPS }, { "http", CURLPROTO_HTTP },
                { "ftps", CURLPROTO_FTPS },   { "ftp", CURLPROTO_FTP },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(bits); i++)
                if (strcmp(protocol, bits[i].name) == 0)
                        SET(transfer, CURLOPT_PROTOCOLS, bits[i].bit);
#endif
}

/* An authority that is given stands in for the system's: nobody else can vouch for the server then. */
static void set_certificates(Transfer *transfer, const StorageOptions *options) {
        SET(transfer, CURLOPT_SSL_VERIFYPEER, 1L);
        SET(transfer, CURLOPT_SSL_VERIFYHOST, 2L);
        SET(transfer, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
        if (!options->ssl_ca_file && !options->ssl_ca_path)
                return;
        SET(transfer, CURLOPT_CAINFO, options->ssl_ca_file);
        SET(transfer, CURLOPT_CAPATH, options->ssl_ca_path);
}

static void set_limits(Transfer *transfer, const StorageOptions *options) {
        long seconds = MAX((long)(options->timeout + 0.999), 1);
        SET(transfer, CURLOPT_CONNECTTIMEOUT_MS, (long)(MAX(options->timeout, 0.001) * 1000));
        SET(transfer, CURLOPT_LOW_SPEED_LIMIT, 1L);
        SET(transfer, CURLOPT_LOW_SPEED_TIME, seconds);
        SET(transfer, CURLOPT_UPLOAD_BUFFERSIZE, options->limit_upload ? SMALL_PIECE : 512L << 10);
        SET(transfer, CURLOPT_BUFFERSIZE, options->limit_download ? SMALL_PIECE : 256L << 10);
        transfer->up.rate = options->limit_upload;
        transfer->down.rate = options->limit_download;
}

static void set_callbacks(Transfer *transfer) {
        SET(transfer, CURLOPT_ERRORBUFFER, transfer->detail);
        SET(transfer, CURLOPT_READFUNCTION, read_piece);
        SET(transfer, CURLOPT_READDATA, transfer);
        SET(transfer, CURLOPT_SEEKFUNCTION, seek_source);
        SET(transfer, CURLOPT_SEEKDATA, transfer);
        SET(transfer, CURLOPT_WRITEFUNCTION, write_piece);
        SET(transfer, CURLOPT_WRITEDATA, transfer);
        SET(transfer, CURLOPT_NOPROGRESS, 0L);
        SET(transfer, CURLOPT_XFERINFOFUNCTION, watch_progress);
        SET(transfer, CURLOPT_XFERINFODATA, transfer);
}

Transfer *transfer_new(const char *protocol, const StorageOptions *options) {
        static pthread_once_t started = PTHREAD_ONCE_INIT;
        (void)pthread_once(&started, start_library);
        Transfer *transfer = memory_new(Transfer);
        transfer->fd = -1;
        transfer->named_by = "the URL";
        transfer->connections = curl_multi_init();
        transfer->curl = transfer->connections ? curl_easy_init() : NULL;
        if (!transfer->curl)
                return transfer; /* transfer_run says so */
        SET(transfer, CURLOPT_NOSIGNAL, 1L);
        SET(transfer, CURLOPT_TCP_KEEPALIVE, 1L);
        set_protocol(transfer, protocol);
        set_certificates(transfer, options);
        set_limits(transfer, options);
        set_callbacks(transfer);
        return transfer;
}

void transfer_send_file(Transfer *transfer, int fd, uint64_t start, uint64_t length) {
        transfer->fd = fd;
        transfer->start = start;
        transfer->length = length;
}

void transfer_send_bytes(Transfer *transfer, Bytes bytes) {
        transfer->fd = -1;
        transfer->bytes = bytes;
        transfer->length = bytes.length;
}

void transfer_receive(Transfer *transfer, TransferSink *sink, void *context) {
        transfer->sink = sink;
        transfer->sink_context = context;
}

/* The host of the last exchange's URL; caller frees with curl_free. */
static char *host_of(const Transfer *transfer) {
        const char *url = NULL;
        char *host = NULL;
        CURLU *parts = curl_url();
        (void)curl_easy_getinfo(transfer->curl, CURLINFO_EFFECTIVE_URL, &url); /* NULL then: no host is found */
        if (parts && url && curl_url_set(parts, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK)
                (void)curl_url_get(parts, CURLUPART_HOST, &host, 0);
        curl_url_cleanup(parts);
        return host;
}

/* libcurl does not say why a name could not be resolved: one that is unknown stays so, a name server that does not
 * answer may answer later. */
static Error *refuse_host(const Transfer *transfer, const char *host) {
        struct addrinfo *found = NULL;
        int result = getaddrinfo(host, NULL, NULL, &found);
        if (found)
                freeaddrinfo(found);
        if (result == EAI_NONAME || result == EAI_FAIL || result == EAI_NODATA)
                return error_new(ERROR_MISSING, "unknown host '%s': correct %s", host, transfer->named_by);
        return error_new(ERROR_TRANSIENT, "cannot resolve the host name '%s': %s", host,
                         result ? gai_strerror(result) : "no name server answered at first");
}

#define PROXY_VARIABLES "http_proxy, https_proxy, ftp_proxy, all_proxy"

/* OpenSSL's words and GnuTLS's: libcurl's codes of these two differ, and tell nothing of names. */
#define NO_TLS "; the server does not begin with TLS there: correct scheme or port"
#define OTHER_NAME "; the certificate is for another name: correct the host in the URL"
#define EXPIRED "; the server's certificate expired: have it renewed"
#define TOO_EARLY "; the server's certificate is for later: correct its date, or the clock"

/* Of several that fit the first counts. */
static const struct {
        CURLcode code;
        ErrorKind kind;
        const char *remedy;
        const char *words; /* that libcurl says besides; NULL: whatever */
} meanings[] = {
        { CURLE_URL_MALFORMAT, ERROR_USER, "; correct the URL" },
        { CURLE_UNSUPPORTED_PROTOCOL, ERROR_USER, "; correct the URL, or install libcurl with this protocol" },
        { CURLE_COULDNT_RESOLVE_PROXY, ERROR_MISSING, "; correct the variables " PROXY_VARIABLES },
#if LIBCURL_VERSION_NUM >= 0x074900 /* before, it could not connect */
        { CURLE_PROXY, ERROR_DENIED, "; correct user and password of the proxy in all_proxy", "rejected by" },
        { CURLE_PROXY, ERROR_TRANSIENT, " (the proxy is that of all_proxy)" },
#endif
        { CURLE_COULDNT_CONNECT, ERROR_TRANSIENT, "" },
        { CURLE_OPERATION_TIMEDOUT, ERROR_TRANSIENT, " (option '--timeout')" },
        { CURLE_SSL_CONNECT_ERROR, ERROR_USER, NO_TLS, "wrong version number" },
        { CURLE_SSL_CONNECT_ERROR, ERROR_USER, NO_TLS, "packet length too long" },
        { CURLE_SSL_CONNECT_ERROR, ERROR_USER, NO_TLS, "unexpected TLS packet" },
        { CURLE_SSL_CONNECT_ERROR, ERROR_TRANSIENT, "" },
        { CURLE_SEND_ERROR, ERROR_TRANSIENT, "" },
        { CURLE_RECV_ERROR, ERROR_TRANSIENT, "" },
        { CURLE_GOT_NOTHING, ERROR_TRANSIENT, "" },
        { CURLE_PARTIAL_FILE, ERROR_TRANSIENT, "" },
        { CURLE_WEIRD_SERVER_REPLY, ERROR_TRANSIENT, "" },
        { CURLE_SEND_FAIL_REWIND, ERROR_TRANSIENT, "" },
        { CURLE_PEER_FAILED_VERIFICATION, ERROR_DENIED, OTHER_NAME, " target " },
        { CURLE_PEER_FAILED_VERIFICATION, ERROR_DENIED, EXPIRED, " has expired" },
        { CURLE_PEER_FAILED_VERIFICATION, ERROR_DENIED, EXPIRED, " has passed" },
        { CURLE_PEER_FAILED_VERIFICATION, ERROR_DENIED, TOO_EARLY, " not yet valid" },
        { CURLE_PEER_FAILED_VERIFICATION, ERROR_DENIED, TOO_EARLY, " not activated" },
        { CURLE_PEER_FAILED_VERIFICATION, ERROR_DENIED,
          "; name who signed the server's certificate with '--ssl-cacert-file'" },
        { CURLE_SSL_CACERT_BADFILE, ERROR_USER,
          "; correct '--ssl-cacert-file' or '--ssl-cacert-path', or install ca-certificates" },
        { CURLE_FTP_ACCEPT_TIMEOUT, ERROR_TRANSIENT, "; leave out '--ftp-regular'" },
        { CURLE_FTP_CANT_GET_HOST, ERROR_TRANSIENT, "" },
        { CURLE_FTP_WEIRD_PASV_REPLY, ERROR_TRANSIENT, "" },
        { CURLE_USE_SSL_FAILED, ERROR_DENIED, "; the server offers no TLS: use 'ftp://' only if that is right" },
        { CURLE_LOGIN_DENIED, ERROR_DENIED, "; correct user and password in the URL, or FTP_PASSWORD" },
};

/* What a proxy answered that was asked for a way through; libcurl takes a refusal for a broken line. 0: nothing. */
static long tunnel_answer(const Transfer *transfer) {
        long status = 0;
        (void)curl_easy_getinfo(transfer->curl, CURLINFO_HTTP_CONNECTCODE, &status); /* 0 then */
        return status / 100 == 2 ? 0 : status;
}

static Error *refuse_tunnel(const char *host, long status) {
        bool may_pass = status / 100 == 5 || status == 408 || status == 429;
        const char *remedy = may_pass        ? ""
                             : status == 407 ? "; put user and password of the proxy into " PROXY_VARIABLES
                                             : "; correct " PROXY_VARIABLES ", or name the host in no_proxy";
        return error_new(may_pass ? ERROR_TRANSIENT : ERROR_DENIED,
                         "the proxy lets nobody through to '%s': it answered %ld%s", host, status, remedy);
}

static Error *explain(const Transfer *transfer, const char *host) {
        const char *detail = transfer->detail[0] ? transfer->detail : curl_easy_strerror(transfer->result);
        if (tunnel_answer(transfer))
                return refuse_tunnel(host, tunnel_answer(transfer));
        for (size_t i = 0; i < ARRAY_LENGTH(meanings); i++)
                if (meanings[i].code == transfer->result && (!meanings[i].words || strstr(detail, meanings[i].words)))
                        return error_new(meanings[i].kind, "exchange with '%s' failed: %s%s", host, detail,
                                         meanings[i].remedy);
        return error_new(ERROR_SYSTEM, "exchange with '%s' failed: %s (%d)", host, detail, (int)transfer->result);
}

/* Like curl_easy_perform, which may look around only once a second: some versions then let that second pass before
 * each data connection of FTP, and we would end that late when we are asked to. */
static CURLcode perform(Transfer *transfer) {
        CURLMcode code = curl_multi_add_handle(transfer->connections, transfer->curl);
        CURLcode result = CURLE_FAILED_INIT;
        const CURLMsg *message;
        int left = 1;
        while (code == CURLM_OK && left) {
                code = curl_multi_perform(transfer->connections, &left);
                if (code == CURLM_OK && left)
                        code = curl_multi_poll(transfer->connections, NULL, 0, GLANCE, NULL);
        }
        while ((message = curl_multi_info_read(transfer->connections, &left)))
                if (message->msg == CURLMSG_DONE)
                        result = message->data.result;
        (void)curl_multi_remove_handle(transfer->connections, transfer->curl); /* the connection stays */
        return result;
}

Error *transfer_run(Transfer *transfer) {
        if (!transfer->curl)
                return error_new(ERROR_SYSTEM, "libcurl cannot be used");
        transfer->detail[0] = '\0';
        transfer->position = 0;
        transfer->result = perform(transfer);
        if (transfer->error)
                return TAKE(transfer->error);
        if (transfer->result == CURLE_OK)
                return NULL;
        if (transfer->result == CURLE_ABORTED_BY_CALLBACK)
                return cancel_check();
        char *found = host_of(transfer);
        const char *host = found ? found : "?";
        Error *error =
                transfer->result == CURLE_COULDNT_RESOLVE_HOST ? refuse_host(transfer, host) : explain(transfer, host);
        curl_free(found);
        return error;
}

void transfer_free(Transfer *transfer) {
        if (!transfer)
                return;
        if (transfer->curl)
                curl_easy_cleanup(transfer->curl);
        if (transfer->connections)
                (void)curl_multi_cleanup(transfer->connections); /* fails only with handles left in it */
        error_free(transfer->error);
        memory_free(transfer);
}
