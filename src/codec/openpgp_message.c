#include "codec/openpgp_message.h"

#include "base/memory.h"
#include "codec/deflate.h"
#include "codec/openpgp_packets.h"

/* RFC 4880 section 9.3. */
enum { UNCOMPRESSED = 0, ZIP = 1, ZLIB = 2 };

typedef struct Message {
        Reader reader;
        char *name;
        OpenPgpUnpack *unpack;
        const void *context;
        OpenPgpPackets *outer, *inner; /* inner: of what was compressed, NULL: none was */
        Reader *unpacked;              /* by UNPACK, which has dealt with the inner packets */
        Reader *data;                  /* of the literal packet, not owned; NULL: it has not been looked for */
        bool has_ended;
} Message;

static Error *damage(const Message *message, const char *what) {
        return openpgp_packets_damage(message->name, what);
}

static Error *take_byte(const Message *message, Reader *body, uint8_t *ret_byte) {
        size_t length;
        TRY(reader_read(body, ret_byte, 1, &length));
        return length ? NULL : damage(message, "a packet is too short");
}

/* RFC 4880 section 5.9: a kind, a name with its length, a date. */
static Error *begin_literal(Message *message, Reader *body) {
        uint8_t kind, name_length, dropped[255 + 4];
        size_t length;
        TRY(take_byte(message, body, &kind));
        TRY(take_byte(message, body, &name_length));
        TRY(reader_read(body, dropped, (size_t)name_length + 4, &length));
        if (length < (size_t)name_length + 4)
                return damage(message, "a packet is too short");
        message->data = body;
        return NULL;
}

static Error *leave_to_unpack(Message *message, Bytes front, Reader *body) {
        TRY(message->unpack(message->context, front, body, message->name, &message->unpacked));
        message->data = message->unpacked;
        return NULL;
}

static Error *begin_packets(Message *message, OpenPgpPackets *packets);

/* RFC 4880 section 5.6. */
static Error *begin_compressed(Message *message, Reader *body) {
        uint8_t algorithm = 0;
        if (message->inner)
                return damage(message, "it is compressed twice");
        TRY(take_byte(message, body, &algorithm));
        if (algorithm > ZLIB) {
                const uint8_t front[] = { 0xa3, algorithm }; /* header of a packet that goes to the end */
                return leave_to_unpack(message, bytes_make(front, sizeof front), body);
        }
        if (algorithm != UNCOMPRESSED)
                body = algorithm == ZIP ? deflate_read_raw(body, message->name)
                                        : deflate_read_zlib(body, message->name);
        message->inner = openpgp_packets_open(body, message->name);
        return begin_packets(message, message->inner);
}

/* Goes to the data: the packets before it only tell of what comes. */
static Error *begin_packets(Message *message, OpenPgpPackets *packets) {
        for (;;) {
                unsigned tag;
                TRY(openpgp_packets_next(packets, &tag));
                switch (tag) {
                case OPENPGP_TAG_MARKER:
                case OPENPGP_TAG_ONE_PASS_SIGNATURE:
                case OPENPGP_TAG_SIGNATURE:
                        break;
                case OPENPGP_TAG_COMPRESSED:
                        return begin_compressed(message, openpgp_packets_body(packets));
                case OPENPGP_TAG_LITERAL:
                        return begin_literal(message, openpgp_packets_body(packets));
                case OPENPGP_TAG_NONE:
                        return damage(message, "there is no data in it");
                default:
                        return damage(message, "there is a packet that does not belong there");
                }
        }
}

static Error *begin_message(Message *message) {
        bool is_armored;
        TRY(openpgp_packets_find_armor(message->outer, &is_armored));
        return is_armored ? leave_to_unpack(message, bytes_of(NULL), openpgp_packets_body(message->outer))
                          : begin_packets(message, message->outer);
}

/* What follows the data: signatures, and then nothing. */
static Error *end_packets(const Message *message, OpenPgpPackets *packets) {
        unsigned tag;
        do
                TRY(openpgp_packets_next(packets, &tag));
        while (tag == OPENPGP_TAG_SIGNATURE);
        return tag == OPENPGP_TAG_NONE ? NULL : damage(message, "something follows its data");
}

static Error *read_message(Reader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        Message *message = (Message *)reader;
        *ret_length = 0;
        if (message->has_ended)
                return NULL;
        if (!message->data)
                TRY(begin_message(message));
        TRY(message->data->read(message->data, buffer, capacity, ret_length));
        if (*ret_length)
                return NULL;
        message->has_ended = true;
        if (message->inner)
                TRY(end_packets(message, message->inner));
        return end_packets(message, message->outer);
}

static void close_message(Reader *reader) {
        Message *message = (Message *)reader;
        reader_close(message->unpacked);
        openpgp_packets_close(message->inner);
        openpgp_packets_close(message->outer);
        memory_free(message->name);
        memory_free(message);
}

Reader *openpgp_message_read(Reader *packets, const char *name, OpenPgpUnpack *unpack, const void *context) {
        Message *message = memory_new(Message);
        message->reader = (Reader){ .read = read_message, .close = close_message };
        message->name = memory_text(name);
        message->unpack = unpack;
        message->context = context;
        message->outer = openpgp_packets_open(packets, name);
        return &message->reader;
}
