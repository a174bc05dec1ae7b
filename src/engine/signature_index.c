#include "engine/signature_index.h"

#include <endian.h>
#include <errno.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "codec/deflate.h"
#include "sys/file.h"

/* The file: MAGIC, records, an empty record, the archive's identity, CRC-32 of all before; these two little endian.
 * Numbers in records have seven bits to a byte, the low ones first; the eighth bit says that there are more. A record
 * has its length in front. */
static const char magic[] = "charm-duplicity signature index 2\n";

enum {
        PIECE = 64 * 1024,
        MAGIC_SIZE = sizeof magic - 1,
        LONGEST_RECORD = 4 << 20, /* a name may have 1 MiB, and so may a link's target */
};

/* What the first number of a record says is there. */
enum {
        HAS_TARGET = 1,
        HAS_OWNER = 2, /* otherwise it is that of the record before: uid, gid and both names */
        HAS_DEVICE = 4,
        HAS_RECORD = 8,
        HAS_USER = 16, /* names that are known; they are there with HAS_OWNER */
        HAS_GROUP = 32,
        HAS_SHA256 = 64,
        IS_INCOMPLETE = 128,
};

/* Who owned the record before, and how it was called. */
typedef struct Context {
        Buffer name, user, group;
        bool has_user, has_group, has_owner;
        uint32_t uid, gid;
} Context;

static void clear_context(Context *context) {
        buffer_clear(&context->name);
        buffer_clear(&context->user);
        buffer_clear(&context->group);
}

/* ---- numbers ---- */

static void put_number(Buffer *out, uint64_t number) {
        for (; number >= 0x80; number >>= 7)
                buffer_add_byte(out, (uint8_t)(number | 0x80));
        buffer_add_byte(out, (uint8_t)number);
}

/* Small ones of either sign become small ones without. */
static uint64_t fold_sign(int64_t number) {
        return ((uint64_t)number << 1) ^ (uint64_t)(number >> 63);
}

static int64_t unfold_sign(uint64_t number) {
        return (int64_t)(number >> 1 ^ (0 - (number & 1)));
}

static void put_bytes(Buffer *out, Bytes bytes) {
        put_number(out, bytes.length);
        buffer_add(out, bytes);
}

/* What is left of a record; once FAILED, all there is are zeros and empty texts. */
typedef struct Cursor {
        Bytes left;
        bool failed;
} Cursor;

static uint64_t take_number(Cursor *cursor) {
        enum { MOST_BYTES = 10 };
        uint64_t number = 0;
        size_t length = MIN(cursor->left.length, (size_t)MOST_BYTES);
        for (size_t i = 0; i < length; i++) {
                uint8_t byte = cursor->left.at[i];
                number |= (uint64_t)(byte & 0x7f) << 7 * i;
                if (byte < 0x80) {
                        cursor->left = bytes_make(cursor->left.at + i + 1, cursor->left.length - i - 1);
                        return number;
                }
        }
        cursor->failed = true;
        return 0;
}

static Bytes take_bytes(Cursor *cursor) {
        uint64_t length = take_number(cursor);
        cursor->failed |= length > cursor->left.length;
        if (cursor->failed)
                return bytes_of("");
        Bytes taken = bytes_slice(cursor->left, 0, (size_t)length);
        cursor->left = bytes_slice(cursor->left, taken.length, cursor->left.length);
        return taken;
}

/* ---- which archive ---- */

/* Nobody can set the time of a file's last change of any kind: content that has been changed shows. */
typedef struct Identity {
        uint64_t device, number, size, seconds, nanoseconds;
} Identity;

enum { CRC_SIZE = sizeof(uint32_t), END_SIZE = sizeof(Identity) + CRC_SIZE };

static Error *identify(int archive_fd, const char *name, Identity *ret_identity) {
        struct stat status;
        if (fstat(archive_fd, &status) < 0)
                return error_from_errno(errno, "cannot examine '%s'", name);
        *ret_identity = (Identity){
                .device = htole64(status.st_dev),
                .number = htole64(status.st_ino),
                .size = htole64((uint64_t)status.st_size),
                .seconds = htole64((uint64_t)status.st_ctim.tv_sec),
                .nanoseconds = htole64((uint64_t)status.st_ctim.tv_nsec),
        };
        return NULL;
}

/* ---- making ---- */

struct SignatureIndexMaker {
        int fd;
        Context context;
        Buffer record, out;
        uint32_t crc;
};

SignatureIndexMaker *signature_index_maker_new(int fd) {
        SignatureIndexMaker *maker = memory_new(SignatureIndexMaker);
        maker->fd = fd;
        buffer_add_text(&maker->out, magic);
        return maker;
}

static Error *flush(SignatureIndexMaker *maker) {
        Bytes bytes = buffer_bytes(&maker->out);
        maker->crc = deflate_crc(maker->crc, bytes);
        TRY(file_write(maker->fd, "signature index", bytes));
        buffer_truncate(&maker->out, 0);
        return NULL;
}

static size_t shared_length(Bytes a, Bytes b) {
        size_t length = 0;
        while (length < a.length && length < b.length && a.at[length] == b.at[length])
                length++;
        return length;
}

static bool is_same_text(bool has, const Buffer *kept, const char *text) {
        return has == (text != NULL) && (!text || strcmp(buffer_text(kept), text) == 0);
}

static bool is_same_owner(const Context *context, const TarMember *header) {
        return context->has_owner && context->uid == header->uid && context->gid == header->gid &&
               is_same_text(context->has_user, &context->user, header->user) &&
               is_same_text(context->has_group, &context->group, header->group);
}

static void keep_owner(Context *context, const TarMember *header) {
        context->has_owner = true;
        context->uid = header->uid;
        context->gid = header->gid;
        context->has_user = header->user;
        context->has_group = header->group;
        buffer_set_text(&context->user, header->user);
        buffer_set_text(&context->group, header->group);
}

static bool is_device(const TarMember *header) {
        return header->type == TAR_CHAR_DEVICE || header->type == TAR_BLOCK_DEVICE;
}

static void put_owner(SignatureIndexMaker *maker, const TarMember *header) {
        put_number(&maker->record, header->uid);
        put_number(&maker->record, header->gid);
        if (header->user)
                put_bytes(&maker->record, bytes_of(header->user));
        if (header->group)
                put_bytes(&maker->record, bytes_of(header->group));
        keep_owner(&maker->context, header);
}

static void put_name(SignatureIndexMaker *maker, const char *name) {
        Buffer *before = &maker->context.name;
        size_t shared = shared_length(buffer_bytes(before), bytes_of(name));
        put_number(&maker->record, shared);
        put_bytes(&maker->record, bytes_of(name + shared));
        buffer_set_text(before, name);
}

static void put_header(SignatureIndexMaker *maker, const TarMember *header, Bytes front) {
        Buffer *record = &maker->record;
        bool has_owner = !is_same_owner(&maker->context, header);
        put_number(record, (header->target ? HAS_TARGET : 0u) | (has_owner ? HAS_OWNER : 0u) |
                                   (is_device(header) ? HAS_DEVICE : 0u) | (header->has_record ? HAS_RECORD : 0u) |
                                   (header->user ? HAS_USER : 0u) | (header->group ? HAS_GROUP : 0u) |
                                   (header->has_sha256 ? HAS_SHA256 : 0u) |
                                   (header->is_incomplete ? IS_INCOMPLETE : 0u));
        put_number(record, (uint64_t)header->type);
        put_name(maker, header->name);
        put_number(record, header->size);
        put_number(record, fold_sign(header->modified));
        put_number(record, header->mode);
        if (has_owner)
                put_owner(maker, header);
        if (header->target)
                put_bytes(record, bytes_of(header->target));
        if (is_device(header)) {
                put_number(record, header->major);
                put_number(record, header->minor);
        }
        if (header->has_record) {
                put_number(record, header->content_size);
                put_number(record, header->nanoseconds);
        }
        if (header->has_sha256)
                buffer_add(record, bytes_make(header->sha256, sizeof header->sha256));
        put_bytes(record, front);
}

Error *signature_index_maker_add(SignatureIndexMaker *maker, const TarMember *header, Bytes payload) {
        buffer_truncate(&maker->record, 0);
        put_header(maker, header, bytes_slice(payload, 0, MIN(payload.length, (size_t)SIGNATURE_INDEX_FRONT)));
        put_bytes(&maker->out, buffer_bytes(&maker->record));
        return maker->out.length < PIECE ? NULL : flush(maker);
}

Error *signature_index_maker_finish(SignatureIndexMaker *maker, int archive_fd) {
        Identity identity;
        TRY(identify(archive_fd, "signature archive", &identity));
        put_bytes(&maker->out, bytes_of(""));
        buffer_add(&maker->out, bytes_make(&identity, sizeof identity));
        TRY(flush(maker));
        uint32_t crc = htole32(maker->crc);
        return file_write(maker->fd, "signature index", bytes_make(&crc, sizeof crc));
}

void signature_index_maker_free(SignatureIndexMaker *maker) {
        if (!maker)
                return;
        clear_context(&maker->context);
        buffer_clear(&maker->record);
        buffer_clear(&maker->out);
        memory_free(maker);
}

static Error *add_members(SignatureIndexMaker *maker, TarReader *tar) {
        for (const TarMember *header;;) {
                uint8_t front[SIGNATURE_INDEX_FRONT];
                size_t length;
                TRY(tar_reader_next(tar, &header));
                if (!header)
                        return NULL;
                TRY(tar_reader_fill(tar, front, sizeof front, &length));
                TRY(signature_index_maker_add(maker, header, bytes_make(front, length)));
        }
}

Error *signature_index_make(Reader *archive, const char *name, int archive_fd, int fd) {
        uint64_t length = 0;
        AUTO(signature_index_maker_free) SignatureIndexMaker *maker = signature_index_maker_new(fd);
        AUTO(tar_reader_close) TarReader *tar = tar_reader_open(stream_read_borrowed(archive, &length), name);
        TRY(add_members(maker, tar));
        if (length == 0 || length % TAR_BLOCK)
                return error_new(ERROR_CORRUPT, "'%s' is no whole archive", name);
        return signature_index_maker_finish(maker, archive_fd);
}

/* ---- reading ---- */

struct SignatureIndex {
        int fd;
        const char *name;
        Context context;
        Buffer target;
        Buffer input; /* read, and not taken yet: from START on */
        size_t start;
        uint64_t left; /* bytes of records still to be read of the file */
        TarMember header;
};

/* Reads up to PIECE bytes more. */
static Error *add_input(SignatureIndex *index) {
        size_t length, wanted = (size_t)MIN(index->left, (uint64_t)PIECE);
        buffer_consume(&index->input, index->start);
        index->start = 0;
        TRY(file_read(index->fd, index->name, buffer_reserve(&index->input, wanted), wanted, &length));
        index->input.length += length;
        index->left = length ? index->left - length : 0;
        return NULL;
}

static Bytes input_of(const SignatureIndex *index) {
        return bytes_slice(buffer_bytes(&index->input), index->start, index->input.length);
}

static Error *damage(const SignatureIndex *index) {
        return error_new(ERROR_CORRUPT,
                         "the index of signature archive '%s' is damaged (delete it from the archive folder: it is "
                         "made again)",
                         index->name);
}

/* The next record as a whole. */
static Error *take_record(SignatureIndex *index, Cursor *ret_record) {
        for (;;) {
                Cursor cursor = { .left = input_of(index) };
                Bytes record = take_bytes(&cursor);
                if (!cursor.failed) {
                        index->start = index->input.length - cursor.left.length;
                        *ret_record = (Cursor){ .left = record };
                        return NULL;
                }
                if (index->left == 0 || index->input.length - index->start > LONGEST_RECORD)
                        return damage(index);
                TRY(add_input(index));
        }
}

static const char *set_text(Buffer *buffer, Bytes text) {
        buffer_truncate(buffer, 0);
        buffer_add(buffer, text);
        return buffer_text(buffer);
}

static const char *take_name(Cursor *cursor, Context *context) {
        uint64_t shared = take_number(cursor);
        cursor->failed |= shared > context->name.length;
        if (!cursor->failed)
                buffer_truncate(&context->name, (size_t)shared);
        buffer_add(&context->name, take_bytes(cursor));
        return buffer_text(&context->name);
}

static void take_owner(Cursor *cursor, uint64_t what, Context *context) {
        context->uid = (uint32_t)take_number(cursor);
        context->gid = (uint32_t)take_number(cursor);
        if (what & HAS_USER)
                set_text(&context->user, take_bytes(cursor));
        if (what & HAS_GROUP)
                set_text(&context->group, take_bytes(cursor));
}

static void take_header(SignatureIndex *index, Cursor *cursor, Bytes *ret_front) {
        TarMember *header = &index->header;
        Context *context = &index->context;
        uint64_t what = take_number(cursor);
        *header = (TarMember){ .type = (TarType)take_number(cursor) };
        header->name = take_name(cursor, context);
        header->size = take_number(cursor);
        header->modified = unfold_sign(take_number(cursor));
        header->mode = (uint32_t)take_number(cursor);
        if (what & HAS_OWNER)
                take_owner(cursor, what, context);
        header->uid = context->uid;
        header->gid = context->gid;
        header->user = what & HAS_USER ? buffer_text(&context->user) : NULL;
        header->group = what & HAS_GROUP ? buffer_text(&context->group) : NULL;
        if (what & HAS_TARGET)
                header->target = set_text(&index->target, take_bytes(cursor));
        if (what & HAS_DEVICE) {
                header->major = (uint32_t)take_number(cursor);
                header->minor = (uint32_t)take_number(cursor);
        }
        header->has_record = what & HAS_RECORD;
        if (header->has_record) {
                header->content_size = take_number(cursor);
                header->nanoseconds = (uint32_t)take_number(cursor);
        }
        header->is_incomplete = what & IS_INCOMPLETE;
        header->has_sha256 = what & HAS_SHA256;
        if (header->has_sha256) {
                cursor->failed |= cursor->left.length < sizeof header->sha256;
                if (!cursor->failed)
                        memcpy(header->sha256, cursor->left.at, sizeof header->sha256);
                cursor->left = bytes_slice(cursor->left, sizeof header->sha256, cursor->left.length);
        }
        *ret_front = take_bytes(cursor);
}

Error *signature_index_next(SignatureIndex *index, const TarMember **ret_header, Bytes *ret_front) {
        Cursor record;
        *ret_header = NULL;
        TRY(take_record(index, &record));
        if (!record.left.length)
                return NULL;
        take_header(index, &record, ret_front);
        if (record.failed)
                return damage(index);
        *ret_header = &index->header;
        return NULL;
}

/* True when the CRC at the end, of a file of SIZE bytes, is that of all before it. */
static Error *is_whole(const SignatureIndex *index, uint64_t size, bool *ret_whole) {
        AUTO_TEXT char *piece = memory_resize(NULL, PIECE);
        uint32_t crc = 0, stored = 0;
        uint64_t end = size - CRC_SIZE;
        size_t length;
        *ret_whole = false;
        for (uint64_t at = 0; at < end; at += length) {
                TRY(file_read_at(index->fd, index->name, piece, (size_t)MIN(end - at, (uint64_t)PIECE), at, &length));
                if (!length)
                        return NULL;
                crc = deflate_crc(crc, bytes_make(piece, length));
        }
        TRY(file_read_at(index->fd, index->name, &stored, sizeof stored, end, &length));
        *ret_whole = length == sizeof stored && le32toh(stored) == crc;
        return NULL;
}

/* True when the file, of SIZE bytes, begins and ends as one of ARCHIVE_FD's would. */
static Error *is_of(SignatureIndex *index, uint64_t size, int archive_fd, bool *ret_is) {
        char begin[MAGIC_SIZE];
        Identity identity, wanted;
        size_t length, begin_length;
        TRY(identify(archive_fd, index->name, &wanted));
        TRY(file_read_at(index->fd, index->name, &identity, sizeof identity, size - END_SIZE, &length));
        TRY(file_read_at(index->fd, index->name, begin, sizeof begin, 0, &begin_length));
        *ret_is = bytes_equal(bytes_make(&identity, length), bytes_make(&wanted, sizeof wanted)) &&
                  bytes_equal_text(bytes_make(begin, begin_length), magic);
        return NULL;
}

Error *signature_index_open(int fd, const char *name, int archive_fd, SignatureIndex **ret_index) {
        AUTO(signature_index_close) SignatureIndex *index = memory_new(SignatureIndex);
        uint64_t size;
        bool is_good = false;
        *index = (SignatureIndex){ .fd = fd, .name = name };
        *ret_index = NULL;
        TRY(file_size(fd, name, &size));
        if (size < MAGIC_SIZE + END_SIZE)
                return NULL;
        TRY(is_of(index, size, archive_fd, &is_good));
        if (is_good)
                TRY(is_whole(index, size, &is_good));
        if (!is_good)
                return NULL;
        TRY(file_seek(fd, name, MAGIC_SIZE));
        index->left = size - MAGIC_SIZE - END_SIZE;
        *ret_index = TAKE(index);
        return NULL;
}

void signature_index_close(SignatureIndex *index) {
        if (!index)
                return;
        file_close(&index->fd);
        clear_context(&index->context);
        buffer_clear(&index->target);
        buffer_clear(&index->input);
        memory_free(index);
}
