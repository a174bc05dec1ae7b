#include "engine/seal.h"

#include "base/log.h"
#include "codec/deflate.h"
#include "sys/file.h"

Error *seal_choose(Session *session, SealForm *ret_form) {
        const OpenPgp *openpgp;
        const Job *job = session->job;
        if (job->no_encryption) {
                if (job->encrypt_keys.count || job->hidden_keys.count || job->sign_key)
                        log_warning(
                                "--no-encryption: the keys named beside it are not used, readable files are stored");
                *ret_form = job->no_compression ? SEAL_PLAIN : SEAL_GZIP;
                return NULL;
        }
        TRY(session_openpgp_for_writing(session, &openpgp));
        *ret_form = openpgp_takes_compressed(openpgp) ? SEAL_OPENPGP : SEAL_OPENPGP_COMPRESSES;
        return NULL;
}

void seal_print_literal_block(Buffer *out) {
        /* a stored block that is not the last: RFC 1951 section 3.2.4 */
        uint16_t length = (uint16_t)openpgp_literal_header_size;
        const uint8_t head[] = { 0, (uint8_t)length, (uint8_t)(length >> 8), (uint8_t)~length,
                                 (uint8_t)(~length >> 8) };
        (void)buffer_add(out, bytes_make(head, sizeof head)); /* a dozen bytes: no ceiling is that low */
        (void)buffer_add(out, bytes_make(openpgp_literal_header, openpgp_literal_header_size));
}

Error *seal_text(const OpenPgp *openpgp, SealForm form, Bytes text, Writer *out) {
        AUTO(reader_close) Reader *in = NULL;
        AUTO_VALUE(buffer_clear) Buffer packed = { .data = NULL };
        if (form == SEAL_OPENPGP) {
                AUTO(deflater_free) Deflater *deflater = deflater_new();
                seal_print_literal_block(&packed);
                deflater_chunk(deflater, bytes_of(""), text, true, &packed);
        }
        in = stream_read_bytes(form == SEAL_OPENPGP ? buffer_bytes(&packed) : text);
        return openpgp_encrypt(openpgp, form == SEAL_OPENPGP ? OPENPGP_COMPRESSED : OPENPGP_PLAIN, in, out);
}

/* The deflated data inside a gzip file of one member, with a literal packet's header in front. */
typedef struct LiteralReader {
        Reader reader;
        Buffer front;
        size_t front_given;
        int gzip;
        const char *name;
        uint64_t left;
} LiteralReader;

static Error *read_literal(Reader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        LiteralReader *self = (LiteralReader *)reader;
        if (self->front_given < self->front.length) {
                *ret_length = MIN(capacity, self->front.length - self->front_given);
                memcpy(buffer, self->front.data + self->front_given, *ret_length);
                self->front_given += *ret_length;
                return NULL;
        }
        TRY(file_read(self->gzip, self->name, buffer, MIN(capacity, self->left), ret_length));
        self->left -= *ret_length;
        return NULL;
}

static void close_literal(Reader *reader) {
        LiteralReader *self = (LiteralReader *)reader;
        buffer_clear(&self->front);
}

static Error *encrypt_deflated(Session *session, int gzip, const char *name, Writer *out) {
        const OpenPgp *openpgp;
        uint64_t size;
        TRY(session_openpgp_for_writing(session, &openpgp));
        TRY(file_size(gzip, name, &size));
        TRY(file_seek(gzip, name, DEFLATE_GZIP_HEADER_SIZE));
        LiteralReader reader = {
                .reader = { read_literal, close_literal },
                .gzip = gzip,
                .name = name,
                .left = size - DEFLATE_GZIP_HEADER_SIZE - DEFLATE_GZIP_TRAILER_SIZE,
        };
        seal_print_literal_block(&reader.front);
        Error *error = openpgp_encrypt(openpgp, OPENPGP_COMPRESSED, &reader.reader, out);
        reader_close(&reader.reader);
        return error;
}

static Error *encrypt_plain(Session *session, Reader *plain, Writer *out) {
        const OpenPgp *openpgp;
        TRY(session_openpgp_for_writing(session, &openpgp));
        return openpgp_encrypt(openpgp, OPENPGP_PLAIN, plain, out);
}

Error *seal_gzip_file(Session *session, SealForm form, int gzip, const char *name, Writer *out) {
        if (form == SEAL_OPENPGP)
                return encrypt_deflated(session, gzip, name, out);
        TRY(file_seek(gzip, name, 0));
        AUTO(reader_close) Reader *reader = stream_read_fd(gzip, false, name);
        if (form == SEAL_GZIP)
                return reader_copy(reader, out);
        reader = deflate_read_gzip(TAKE(reader), name);
        if (form == SEAL_PLAIN)
                return reader_copy(reader, out);
        return encrypt_plain(session, reader, out);
}
