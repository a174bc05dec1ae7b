/* Transfer: libcurl, as far as http.c and ftp.c share it: one handle whose connection is reused, with everything set
 * that no exchange may lack (time limits, certificates, speed, cancelling); bytes out of and into the program; what
 * libcurl says, as errors. Only those two see it. */
#ifndef STORAGE_TRANSFER_H
#define STORAGE_TRANSFER_H

#include <curl/curl.h>

#include "base/buffer.h"
#include "storage/pace.h"
#include "storage/storage.h"

/* Receives a piece of what the far side sends. Its error ends the exchange and is returned. */
typedef Error *TransferSink(void *context, Bytes piece);

typedef struct Transfer {
        CURL *curl;
        CURLM *connections;
        CURLcode result; /* of the last exchange */
        char detail[CURL_ERROR_SIZE];
        const char *named_by; /* what to correct where the host is not the right one: "the URL", unless it is set */
        bool goes_on; /* set: a request to cancel does not end the exchange; for cleaning up */

        /* what is sent: LENGTH bytes of FD from START on, or of BYTES where FD is -1 */
        int fd;
        Bytes bytes;
        uint64_t start, length, position;

        Pace up, down; /* limits of speed: libcurl's own let a good part of a file pass before they bite */

        TransferSink *sink; /* NULL: what comes is dropped */
        void *sink_context;
        Error *error; /* what a callback met */
} Transfer;

/* PROTOCOL is the only one there will be: "http", "https", "ftp" (which TLS may secure) or "ftps". OPTIONS is not
 * kept. */
Transfer *transfer_new(const char *protocol, const StorageOptions *options);

/* What the next exchanges send: a part of a file, or bytes. FD and BYTES stay the caller's. */
void transfer_send_file(Transfer *transfer, int fd, uint64_t start, uint64_t length);
void transfer_send_bytes(Transfer *transfer, Bytes bytes);

/* Where what the next exchanges receive goes; NULL drops it. */
void transfer_receive(Transfer *transfer, TransferSink *sink, void *context);

/* Runs one exchange with what else was set on the handle. Connections that fail, break, or show no progress for the
 * time limit give ERROR_TRANSIENT; unknown hosts ERROR_MISSING; refused certificates and logins, and proxies that
 * refuse, ERROR_DENIED; servers that speak no TLS ERROR_USER; a request to cancel ERROR_CANCELLED. transfer->result
 * tells more. */
CHECKED Error *transfer_run(Transfer *transfer);

void transfer_free(Transfer *transfer);
DEFINE_AUTO(Transfer, transfer_free)

#endif
