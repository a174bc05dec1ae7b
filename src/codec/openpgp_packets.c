#include "codec/openpgp_packets.h"

#include "base/memory.h"

enum { BUFFER_SIZE = 16384 };

struct OpenPgpPackets {
        Reader body;
        Reader *next;
        char *name;
        bool is_partial;   /* behind the part at work there is a length, and another part */
        bool is_endless;   /* the packet goes to the end of NEXT */
        uint64_t left;     /* of the part at work */
        bool source_ended; /* NEXT must not be asked again */
        size_t start, end; /* what is filled of buffer and not consumed */
        uint8_t buffer[BUFFER_SIZE];
};

Error *openpgp_packets_damage(const char *name, const char *what) {
        return error_with_code(error_new(ERROR_CORRUPT, "the message in '%s' is damaged: %s", name, what),
                               EXIT_CODE_GPG);
}

static Error *damage(const OpenPgpPackets *packets, const char *what) {
        return openpgp_packets_damage(packets->name, what);
}

/* Has bytes in the buffer; none at the end of the source. */
static Error *refill(OpenPgpPackets *packets) {
        if (packets->start < packets->end || packets->source_ended)
                return NULL;
        packets->start = packets->end = 0;
        TRY(reader_read(packets->next, packets->buffer, BUFFER_SIZE, &packets->end));
        packets->source_ended = packets->end < BUFFER_SIZE;
        return NULL;
}

/* Reads up to CAPACITY bytes, none at the end of the source; large pieces go straight to their destination. */
static Error *take(OpenPgpPackets *packets, void *to, size_t capacity, size_t *ret_length) {
        if (packets->start == packets->end && capacity >= BUFFER_SIZE && !packets->source_ended) {
                TRY(reader_read(packets->next, to, capacity, ret_length));
                packets->source_ended = *ret_length < capacity;
                return NULL;
        }
        TRY(refill(packets));
        *ret_length = MIN(capacity, packets->end - packets->start);
        memcpy(to, packets->buffer + packets->start, *ret_length);
        packets->start += *ret_length;
        return NULL;
}

/* A number of WIDTH bytes, at most 4, the highest first. */
static Error *take_number(OpenPgpPackets *packets, size_t width, uint64_t *ret_number) {
        uint64_t number = 0;
        for (size_t i = 0; i < width; i++) {
                uint8_t byte;
                size_t length;
                TRY(take(packets, &byte, 1, &length));
                if (length == 0)
                        return damage(packets, "it ends within a packet's header");
                number = number << 8 | byte;
        }
        *ret_number = number;
        return NULL;
}

/* RFC 4880 section 4.2.2. */
static Error *take_new_length(OpenPgpPackets *packets) {
        uint64_t first, second;
        TRY(take_number(packets, 1, &first));
        packets->is_partial = first >= 224 && first < 255;
        if (first == 255)
                return take_number(packets, 4, &packets->left);
        if (packets->is_partial) {
                packets->left = UINT64_C(1) << (first & 31);
        } else if (first < 192) {
                packets->left = first;
        } else {
                TRY(take_number(packets, 1, &second));
                packets->left = ((first - 192) << 8) + second + 192;
        }
        return NULL;
}

/* RFC 4880 section 4.2.1. */
static Error *take_old_length(OpenPgpPackets *packets, unsigned type) {
        packets->is_partial = false;
        packets->is_endless = type == 3;
        return packets->is_endless ? NULL : take_number(packets, (size_t)1 << type, &packets->left);
}

static Error *read_body(Reader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        OpenPgpPackets *packets = (OpenPgpPackets *)reader;
        *ret_length = 0;
        if (packets->is_endless)
                return take(packets, buffer, capacity, ret_length);
        while (packets->left == 0 && packets->is_partial)
                TRY(take_new_length(packets));
        if (packets->left == 0)
                return NULL;
        TRY(take(packets, buffer, (size_t)MIN((uint64_t)capacity, packets->left), ret_length));
        packets->left -= *ret_length;
        return *ret_length ? NULL : damage(packets, "it ends within a packet");
}

static void keep_open(UNUSED Reader *reader) {
}

static Error *pass_over_body(OpenPgpPackets *packets) {
        char dropped[4096];
        size_t length;
        do
                TRY(read_body(&packets->body, dropped, sizeof dropped, &length));
        while (length);
        return NULL;
}

OpenPgpPackets *openpgp_packets_open(Reader *next, const char *name) {
        OpenPgpPackets *packets = memory_new(OpenPgpPackets);
        packets->body = (Reader){ .read = read_body, .close = keep_open };
        packets->next = next;
        packets->name = memory_text(name);
        return packets;
}

Error *openpgp_packets_find_armor(OpenPgpPackets *packets, bool *ret_armored) {
        TRY(refill(packets));
        Bytes front = bytes_make(packets->buffer + packets->start, packets->end - packets->start);
        *ret_armored = packets->is_endless = bytes_start_with(front, "-----BEGIN PGP ");
        return NULL;
}

Error *openpgp_packets_next(OpenPgpPackets *packets, unsigned *ret_tag) {
        enum { IS_PACKET = 0x80, IS_NEW = 0x40 };
        uint64_t first;
        TRY(pass_over_body(packets));
        *ret_tag = OPENPGP_TAG_NONE;
        TRY(refill(packets));
        if (packets->start == packets->end)
                return NULL;
        packets->is_endless = false;
        TRY(take_number(packets, 1, &first));
        unsigned tag = first & IS_NEW ? first & 0x3f : first >> 2 & 0x0f;
        if (!(first & IS_PACKET) || tag == OPENPGP_TAG_NONE)
                return damage(packets, "there is something that is no packet");
        TRY(first & IS_NEW ? take_new_length(packets) : take_old_length(packets, first & 3));
        *ret_tag = tag;
        return NULL;
}

Reader *openpgp_packets_body(OpenPgpPackets *packets) {
        return &packets->body;
}

void openpgp_packets_close(OpenPgpPackets *packets) {
        if (!packets)
                return;
        reader_close(packets->next);
        memory_free(packets->name);
        memory_free(packets);
}
