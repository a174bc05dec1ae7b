#include "storage/content.h"

#include "base/encode.h"
#include "base/memory.h"
#include "sys/file.h"

enum { PIECE = 256 << 10 };

static Error *add_file(int fd, uint64_t start, uint64_t length, Digest *const digests[2]) {
        AUTO_TEXT char *piece = memory_zeroed(PIECE);
        for (uint64_t done = 0; done < length;) {
                size_t got;
                TRY(file_read_at(fd, "the local file", piece, (size_t)MIN(length - done, (uint64_t)PIECE), start + done,
                                 &got));
                if (got == 0)
                        return error_new(ERROR_SYSTEM, "the local file became shorter");
                digest_add(digests[0], bytes_make(piece, got));
                digest_add(digests[1], bytes_make(piece, got));
                done += got;
        }
        return NULL;
}

static void print_base64(Bytes bytes, char *text, size_t size) {
        AUTO_VALUE(buffer_clear) Buffer out;
        buffer_init(&out, 0);
        encode_base64(bytes, &out);
        snprintf(text, size, "%s", buffer_text(&out));
}

Error *content_digest(int fd, uint64_t start, uint64_t length, ContentDigests *ret_digests) {
        uint8_t sha256[DIGEST_SHA256_SIZE], md5[DIGEST_MD5_SIZE];
        AUTO(digest_free) Digest *of_sha256 = digest_new(DIGEST_SHA256);
        AUTO(digest_free) Digest *of_md5 = digest_new(DIGEST_MD5);
        TRY(add_file(fd, start, length, (Digest *const[]){ of_sha256, of_md5 }));
        digest_finish(of_sha256, sha256);
        digest_finish(of_md5, md5);
        encode_hex(bytes_make(sha256, sizeof sha256), ret_digests->sha256);
        encode_hex(bytes_make(md5, sizeof md5), ret_digests->md5);
        print_base64(bytes_make(md5, sizeof md5), ret_digests->md5_base64, sizeof ret_digests->md5_base64);
        return NULL;
}

void content_md5(Bytes bytes, char text[25]) {
        uint8_t md5[DIGEST_MD5_SIZE];
        digest_once(DIGEST_MD5, bytes, md5);
        print_base64(bytes_make(md5, sizeof md5), text, 25);
}

Error *content_write(void *context, Bytes piece) {
        return file_write(*(const int *)context, "the local copy", piece);
}

Error *content_compare_size(uint64_t stored, uint64_t wanted) {
        if (stored == wanted)
                return NULL;
        return error_with_code(error_new(ERROR_TRANSIENT, "%llu bytes arrived instead of %llu",
                                         (unsigned long long)stored, (unsigned long long)wanted),
                               EXIT_CODE_WRONG_UPLOAD_SIZE);
}
