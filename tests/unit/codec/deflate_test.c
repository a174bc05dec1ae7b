#include "codec/deflate.h"

#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "base/memory.h"
#include "support/test.h"

/* Hands out at most STEP bytes a call, and notices being read after its end. */
typedef struct SlowReader {
        Reader reader;
        Bytes left;
        size_t step;
        bool has_ended;
        Error *error; /* given at the end instead of it */
} SlowReader;

static Error *read_slowly(Reader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        SlowReader *slow = (SlowReader *)reader;
        assert_false(slow->has_ended);
        size_t length = MIN(MIN(slow->step, capacity), slow->left.length);
        if (length)
                memcpy(buffer, slow->left.at, length);
        slow->left = bytes_slice(slow->left, length, slow->left.length);
        slow->has_ended = length == 0;
        if (slow->has_ended && slow->error)
                return TAKE(slow->error);
        *ret_length = length;
        return NULL;
}

static void close_slowly(Reader *reader) {
        error_free(((SlowReader *)reader)->error);
        memory_free(reader);
}

static Reader *slow_reader(Bytes bytes, size_t step, Error *error) {
        SlowReader *slow = memory_new(SlowReader);
        slow->reader = (Reader){ .read = read_slowly, .close = close_slowly };
        slow->left = bytes;
        slow->step = step;
        slow->error = error;
        return &slow->reader;
}

/* Text that shrinks, with repetitions near and far. */
static uint8_t *text_bytes(size_t count, uint64_t seed) {
        uint8_t *noise = test_random_bytes(count, seed);
        for (size_t i = 0; i < count; i++)
                noise[i] = i > 30000 && noise[i] % 4 ? noise[i - 29997] : (uint8_t)("etaoin shrdlu\n"[noise[i] % 14]);
        return noise;
}

static void inflate_with_zlib(Bytes packed, int window_bits, Buffer *plain, size_t *ret_used) {
        z_stream stream = { .next_in = (Bytef *)packed.at, .avail_in = (uInt)packed.length };
        int status;
        assert_int_equal(inflateInit2(&stream, window_bits), Z_OK);
        do {
                stream.next_out = buffer_reserve(plain, 100000);
                stream.avail_out = 100000;
                status = inflate(&stream, Z_NO_FLUSH);
                assert_true(status == Z_OK || status == Z_STREAM_END);
                plain->length += 100000 - stream.avail_out;
        } while (status != Z_STREAM_END);
        *ret_used = packed.length - stream.avail_in;
        inflateEnd(&stream);
}

static void assert_raw_inflates_to(Bytes packed, Bytes plain) {
        AUTO_VALUE(buffer_clear) Buffer result = { .data = NULL };
        size_t used = 0;
        inflate_with_zlib(packed, -15, &result, &used);
        assert_int_equal(used, packed.length);
        assert_bytes_equal(buffer_bytes(&result), plain);

        AUTO(reader_close) Reader *reader = deflate_read_raw(stream_read_bytes(packed), "x");
        AUTO_VALUE(buffer_clear) Buffer ours = { .data = NULL };
        assert_ok(reader_read_all(reader, &ours));
        assert_bytes_equal(buffer_bytes(&ours), plain);
}

/* Compresses PLAIN in pieces of the LENGTHS given (again and again until all is done), the last piece first: any order
 * will do. */
static void pack(Bytes plain, const size_t *lengths, size_t count, Buffer *out) {
        AUTO(deflater_free) Deflater *deflater = deflater_new();
        static Buffer parts[4000];
        size_t starts[ARRAY_LENGTH(parts) + 1] = { 0 }, pieces = 0;
        while (starts[pieces] < plain.length || pieces == 0) {
                starts[pieces + 1] = MIN(plain.length, starts[pieces] + lengths[pieces % count]);
                pieces++;
                assert_true(pieces < ARRAY_LENGTH(parts));
        }
        for (size_t i = pieces; i-- > 0;) {
                Bytes history = bytes_slice(plain, 0, starts[i]);
                Bytes chunk = bytes_slice(plain, starts[i], starts[i + 1] - starts[i]);
                deflater_chunk(deflater, history, chunk, i + 1 == pieces, &parts[i]);
        }
        for (size_t i = 0; i < pieces; i++) {
                buffer_add(out, buffer_bytes(&parts[i]));
                buffer_clear(&parts[i]);
        }
}

TEST(deflate_makes_chunks_that_are_one_stream) {
        static const size_t lengths[][4] = {
                { 1, 1, 1, 1 },     { 100000, 100000, 100000, 100000 }, { 32768, 32768, 1, 65536 },
                { 7, 0, 40000, 0 }, { 262144, 262144, 262144, 262144 }, { 2, 300, 131072, 8191 },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
                size_t length = i == 0 ? 3000 : 1000000;
                AUTO_TEXT char *text = (char *)text_bytes(length, i);
                AUTO_TEXT char *noise = (char *)test_random_bytes(length, i);
                AUTO_VALUE(buffer_clear) Buffer packed = { .data = NULL };
                pack(bytes_make(text, length), lengths[i], 4, &packed);
                assert_raw_inflates_to(buffer_bytes(&packed), bytes_make(text, length));
                buffer_truncate(&packed, 0);
                pack(bytes_make(noise, length), lengths[i], 4, &packed);
                assert_raw_inflates_to(buffer_bytes(&packed), bytes_make(noise, length));
        }
}

TEST(deflate_uses_the_history) {
        AUTO_TEXT char *noise = (char *)test_random_bytes(32768, 1);
        AUTO(deflater_free) Deflater *deflater = deflater_new();
        AUTO_VALUE(buffer_clear) Buffer packed = { .data = NULL };
        deflater_chunk(deflater, bytes_make(noise, 32768), bytes_make(noise, 20000), true, &packed);
        assert_true(packed.length < 2000);
}

TEST(deflate_compresses) {
        AUTO_TEXT char *text = (char *)text_bytes(500000, 3);
        AUTO_VALUE(buffer_clear) Buffer packed = { .data = NULL };
        static const size_t whole[] = { 500000 };
        pack(bytes_make(text, 500000), whole, 1, &packed);
        uLongf by_zlib = 500000;
        uint8_t *room = memory_zeroed(by_zlib);
        assert_int_equal(compress2(room, &by_zlib, (Bytef *)text, 500000, 6), Z_OK);
        memory_free(room);
        assert_true(packed.length < by_zlib + by_zlib / 5);
}

TEST(deflate_makes_an_empty_stream_of_nothing) {
        AUTO(deflater_free) Deflater *deflater = deflater_new();
        AUTO_VALUE(buffer_clear) Buffer packed = { .data = NULL };
        deflater_chunk(deflater, bytes_of(""), bytes_of(""), true, &packed);
        assert_true(packed.length > 0);
        assert_raw_inflates_to(buffer_bytes(&packed), bytes_of(""));
}

TEST(deflate_welcomes_empty_chunks_anywhere) {
        AUTO(deflater_free) Deflater *deflater = deflater_new();
        AUTO_VALUE(buffer_clear) Buffer packed = { .data = NULL };
        deflater_chunk(deflater, bytes_of(""), bytes_of(""), false, &packed);
        deflater_chunk(deflater, bytes_of(""), bytes_of("abc"), false, &packed);
        deflater_chunk(deflater, bytes_of("abc"), bytes_of(""), false, &packed);
        deflater_chunk(deflater, bytes_of("abc"), bytes_of("abcabcabc"), false, &packed);
        deflater_chunk(deflater, bytes_of("abcabcabcabc"), bytes_of(""), true, &packed);
        assert_raw_inflates_to(buffer_bytes(&packed), bytes_of("abcabcabcabc"));
}

TEST(deflate_appends_to_what_is_there) {
        AUTO(deflater_free) Deflater *deflater = deflater_new();
        AUTO_VALUE(buffer_clear) Buffer packed = { .data = NULL };
        buffer_add_text(&packed, "front");
        deflater_chunk(deflater, bytes_of(""), bytes_of("abc"), true, &packed);
        assert_true(bytes_start_with(buffer_bytes(&packed), "front"));
        assert_int_equal(packed.data[packed.length], 0);
        assert_raw_inflates_to(bytes_slice(buffer_bytes(&packed), 5, packed.length), bytes_of("abc"));
}

TEST(deflate_stores_what_does_not_get_smaller) {
        enum { CHUNK = 256 * 1024, CHUNKS = 4 };
        AUTO_TEXT char *noise = (char *)test_random_bytes(CHUNK * CHUNKS, 9);
        AUTO_VALUE(buffer_clear) Buffer packed = { .data = NULL };
        AUTO(deflater_free) Deflater *deflater = deflater_new();
        memset(noise + 2 * CHUNK, 'x', CHUNK / 2); /* the third one gets smaller */
        for (size_t i = 0; i < CHUNKS; i++) {
                size_t before = packed.length;
                Bytes history = bytes_make(noise + (i ? i * CHUNK - DEFLATE_WINDOW : 0), i ? DEFLATE_WINDOW : 0);
                deflater_chunk(deflater, history, bytes_make(noise + i * CHUNK, CHUNK), i == CHUNKS - 1, &packed);
                bool is_stored = packed.length - before == CHUNK + 5 * 5; /* blocks of 65535 bytes with 5 in front */
                assert_int_equal(is_stored, i != 2);
        }
        assert_raw_inflates_to(buffer_bytes(&packed), bytes_make(noise, CHUNK * CHUNKS));
}

TEST(deflate_output_of_every_length_of_noise_fits) {
        AUTO_TEXT char *noise = (char *)test_random_bytes(80000, 9);
        for (size_t length = 0; length < 80000; length = length * 17 / 16 + 1) {
                AUTO_VALUE(buffer_clear) Buffer packed = { .data = NULL };
                pack(bytes_make(noise, length), &length, 1, &packed);
                assert_true(packed.length < length + length / 500 + 64);
                assert_raw_inflates_to(buffer_bytes(&packed), bytes_make(noise, length));
        }
}

TEST(deflate_crc_is_gzips_and_continues) {
        assert_int_equal(deflate_crc(0, bytes_of("123456789")), 0xCBF43926);
        assert_int_equal(deflate_crc(deflate_crc(0, bytes_of("1234")), bytes_of("56789")), 0xCBF43926);
        assert_int_equal(deflate_crc(0, bytes_of("")), 0);
        assert_int_equal(deflate_crc(77, bytes_of("")), 77);
}

TEST(deflate_trailer_is_little_endian_and_wraps) {
        uint8_t trailer[DEFLATE_GZIP_TRAILER_SIZE];
        deflate_gzip_trailer(0x11223344, 0x1AABBCCDDu, trailer);
        static const uint8_t wanted[] = { 0x44, 0x33, 0x22, 0x11, 0xDD, 0xCC, 0xBB, 0xAA };
        assert_memory_equal(trailer, wanted, sizeof wanted);
}

static void write_gzip_in_steps(Bytes plain, size_t step, Buffer *out) {
        AUTO(writer_abandon) Writer *writer = deflate_write_gzip(stream_write_buffer(out));
        for (size_t at = 0; at < plain.length; at += step)
                assert_ok(writer_write(writer, bytes_slice(plain, at, step)));
        assert_ok(writer_finish(TAKE(writer)));
}

static void make_gzip(Bytes plain, Buffer *out) {
        write_gzip_in_steps(plain, plain.length + 1, out);
}

static Error *gunzip(Bytes packed, size_t step, Buffer *plain) {
        AUTO(reader_close) Reader *reader = deflate_read_gzip(slow_reader(packed, step, NULL), "vol1");
        return reader_read_all(reader, plain);
}

TEST(deflate_gzip_writer_makes_one_member_for_any_sizes) {
        static const size_t lengths[] = { 0, 1, 131071, 131072, 131073, 700001 };
        static const size_t steps[] = { 1009, 131072, 1000000 };
        for (size_t i = 0; i < ARRAY_LENGTH(lengths) * ARRAY_LENGTH(steps); i++) {
                size_t length = lengths[i % ARRAY_LENGTH(lengths)], used = 0;
                AUTO_TEXT char *text = (char *)text_bytes(length + 1, i);
                AUTO_VALUE(buffer_clear) Buffer packed = { .data = NULL };
                AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
                write_gzip_in_steps(bytes_make(text, length), steps[i / ARRAY_LENGTH(lengths)], &packed);
                inflate_with_zlib(buffer_bytes(&packed), 15 + 16, &plain, &used);
                assert_int_equal(used, packed.length);
                assert_bytes_equal(buffer_bytes(&plain), bytes_make(text, length));
        }
}

TEST(deflate_gzip_program_reads_ours) {
        AUTO_TEXT char *text = (char *)text_bytes(300000, 5);
        AUTO_VALUE(buffer_clear) Buffer packed = { .data = NULL };
        make_gzip(bytes_make(text, 300000), &packed);
        test_write_file("ours.gz", buffer_bytes(&packed));
        pid_t pid = fork();
        if (pid == 0) {
                execlp("gzip", "gzip", "-d", "ours.gz", (char *)NULL);
                _exit(127);
        }
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        size_t length;
        AUTO_TEXT char *plain = test_read_file("ours", &length);
        assert_bytes_equal(bytes_make(plain, length), bytes_make(text, 300000));
}

TEST(deflate_gzip_writer_passes_errors_on) {
        AUTO_VALUE(buffer_clear) Buffer small;
        buffer_init(&small, 15);
        AUTO(writer_abandon) Writer *writer = deflate_write_gzip(stream_write_buffer(&small));
        assert_ok(writer_write(writer, bytes_of("not much")));
        assert_error(writer_finish(TAKE(writer)), ERROR_CORRUPT, "");
}

TEST(deflate_reads_gzip_at_any_pace) {
        static const size_t steps[] = { 1, 2, 3, 7, 4096, 1000000 };
        AUTO_TEXT char *text = (char *)text_bytes(150000, 6);
        AUTO_VALUE(buffer_clear) Buffer packed = { .data = NULL };
        make_gzip(bytes_make(text, 150000), &packed);
        for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
                AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
                assert_ok(gunzip(buffer_bytes(&packed), steps[i], &plain));
                assert_bytes_equal(buffer_bytes(&plain), bytes_make(text, 150000));
        }
}

TEST(deflate_reads_gzip_into_buffers_of_any_size) {
        AUTO_TEXT char *text = (char *)text_bytes(100000, 8);
        AUTO_VALUE(buffer_clear) Buffer packed = { .data = NULL };
        make_gzip(bytes_make(text, 100000), &packed);
        AUTO(reader_close) Reader *reader = deflate_read_gzip(slow_reader(buffer_bytes(&packed), 999, NULL), "vol1");
        char piece[5000];
        for (size_t at = 0, wanted = 0; at < 100000; at += wanted) {
                wanted = MIN(wanted * 2 % 4999 + 1, 100000 - at);
                size_t length = 0;
                assert_ok(reader_read(reader, piece, wanted, &length));
                assert_bytes_equal(bytes_make(piece, length), bytes_make(text + at, wanted));
        }
        size_t length = 1;
        assert_ok(reader_read(reader, piece, 1, &length));
        assert_int_equal(length, 0);
        assert_ok(reader_read(reader, piece, 1, &length));
        assert_int_equal(length, 0);
}

TEST(deflate_reads_several_members) {
        AUTO_TEXT char *text = (char *)text_bytes(50000, 6);
        AUTO_VALUE(buffer_clear) Buffer packed = { .data = NULL };
        AUTO_VALUE(buffer_clear) Buffer wanted = { .data = NULL };
        for (size_t i = 0; i < 40; i++) {
                make_gzip(bytes_make(text, i * 1201), &packed);
                buffer_add(&wanted, bytes_make(text, i * 1201));
        }
        static const size_t steps[] = { 1, 5000, 1000000 };
        for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
                AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
                assert_ok(gunzip(buffer_bytes(&packed), steps[i], &plain));
                assert_bytes_equal(buffer_bytes(&plain), buffer_bytes(&wanted));
        }
}

/* A member with all that RFC 1952 allows in its header. */
static void make_decorated_gzip(Buffer *out) {
        uint8_t raw[100];
        z_stream stream = { .next_out = raw, .avail_out = sizeof raw };
        gz_header fields = { .text = 1, .time = 99, .extra_len = 6, .hcrc = 1 };
        fields.extra = (Bytef *)"ab\2\0xy";
        fields.name = (Bytef *)"name";
        fields.comment = (Bytef *)"comment";
        assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, 0), Z_OK);
        assert_int_equal(deflateSetHeader(&stream, &fields), Z_OK);
        stream.next_in = (Bytef *)"decorated";
        stream.avail_in = 9;
        assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
        buffer_add(out, bytes_make(raw, sizeof raw - stream.avail_out));
        deflateEnd(&stream);
}

TEST(deflate_reads_any_gzip_header) {
        for (size_t step = 1; step < 60; step++) {
                AUTO_VALUE(buffer_clear) Buffer packed = { .data = NULL };
                AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
                make_decorated_gzip(&packed);
                make_decorated_gzip(&packed);
                assert_ok(gunzip(buffer_bytes(&packed), step, &plain));
                assert_string_equal(buffer_text(&plain), "decorateddecorated");
        }
}

TEST(deflate_ends_at_garbage_behind_a_member) {
        static const char garbage[][20] = { "\0\0\0\0\0\0\0\0\0\0", "x", "\x1f", "\x1f\x1f", "some text", "\x8b\x1f" };
        for (size_t i = 0; i < ARRAY_LENGTH(garbage); i++)
                for (size_t step = 1; step < 100; step += 30) {
                        AUTO_VALUE(buffer_clear) Buffer packed = { .data = NULL };
                        AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
                        make_gzip(bytes_of("content"), &packed);
                        buffer_add(&packed, bytes_make(garbage[i], i == 0 ? 10 : strlen(garbage[i])));
                        assert_ok(gunzip(buffer_bytes(&packed), step, &plain));
                        assert_string_equal(buffer_text(&plain), "content");
                }
}

TEST(deflate_takes_an_empty_file_for_empty) {
        AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
        assert_ok(gunzip(bytes_of(""), 1, &plain));
        assert_int_equal(plain.length, 0);
}

TEST(deflate_refuses_what_is_not_gzip) {
        static const char *const wrong[] = { "x",
                                             "\x1f",
                                             "\x1f\x8b",
                                             "\x1f\x8b\x08",
                                             "\x1f\x8b\x07zzzzzzzzzzzzzzzzz",
                                             "hello, this is a text that is long enough for any header" };
        for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
                AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
                assert_error(gunzip(bytes_of(wrong[i]), 1, &plain), ERROR_CORRUPT, "'vol1'");
                assert_error(gunzip(bytes_of(wrong[i]), 100, &plain), ERROR_CORRUPT, "'vol1'");
        }
        AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
        assert_error(gunzip(bytes_of(wrong[5]), 100, &plain), ERROR_CORRUPT, "not gzip");
}

TEST(deflate_notices_truncation_anywhere) {
        AUTO_TEXT char *text = (char *)text_bytes(2000, 6);
        AUTO_VALUE(buffer_clear) Buffer packed = { .data = NULL };
        make_gzip(bytes_make(text, 2000), &packed);
        for (size_t length = 1; length < packed.length; length++) {
                AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
                Bytes part = bytes_slice(buffer_bytes(&packed), 0, length);
                assert_error(gunzip(part, 1000, &plain), ERROR_CORRUPT, "too early");
        }
        size_t first = packed.length;
        make_gzip(bytes_make(text, 2000), &packed);
        for (size_t length = first + 2; length < packed.length; length++) {
                AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
                Bytes part = bytes_slice(buffer_bytes(&packed), 0, length);
                assert_error(gunzip(part, 1000, &plain), ERROR_CORRUPT, "too early");
        }
}

TEST(deflate_notices_any_flipped_byte) {
        AUTO_TEXT char *text = (char *)text_bytes(2000, 6);
        AUTO_VALUE(buffer_clear) Buffer packed = { .data = NULL };
        make_gzip(bytes_make(text, 2000), &packed);
        size_t padding = packed.length - DEFLATE_GZIP_TRAILER_SIZE - 1; /* its upper bits stand for nothing */
        for (size_t at = DEFLATE_GZIP_HEADER_SIZE; at < packed.length; at++) {
                AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
                if (at == padding)
                        continue;
                packed.data[at] ^= 0x10;
                assert_error(gunzip(buffer_bytes(&packed), 1000, &plain), ERROR_CORRUPT, "cannot decompress 'vol1'");
                packed.data[at] ^= 0x10;
        }
}

TEST(deflate_tells_of_a_wrong_checksum_or_length) {
        AUTO_VALUE(buffer_clear) Buffer packed = { .data = NULL };
        make_gzip(bytes_of("content"), &packed);
        for (size_t back = 1; back <= DEFLATE_GZIP_TRAILER_SIZE; back++) {
                AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
                packed.data[packed.length - back]++;
                assert_error(gunzip(buffer_bytes(&packed), 1000, &plain), ERROR_CORRUPT, "wrong checksum");
                packed.data[packed.length - back]--;
        }
}

TEST(deflate_passes_read_errors_on) {
        AUTO_VALUE(buffer_clear) Buffer packed = { .data = NULL };
        AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
        make_gzip(bytes_of("content"), &packed);
        Error *broken = error_new(ERROR_TRANSIENT, "line is cut");
        AUTO(reader_close) Reader *reader = deflate_read_gzip(slow_reader(buffer_bytes(&packed), 3, broken), "vol1");
        assert_error(reader_read_all(reader, &plain), ERROR_TRANSIENT, "line is cut");
}

TEST(deflate_raw_reader_ends_with_the_stream) {
        AUTO(deflater_free) Deflater *deflater = deflater_new();
        AUTO_VALUE(buffer_clear) Buffer packed = { .data = NULL };
        AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
        deflater_chunk(deflater, bytes_of(""), bytes_of("content"), true, &packed);
        buffer_add_text(&packed, "\x1f\x8b and so on");
        AUTO(reader_close) Reader *reader = deflate_read_raw(stream_read_bytes(buffer_bytes(&packed)), "x");
        assert_ok(reader_read_all(reader, &plain));
        assert_string_equal(buffer_text(&plain), "content");
}

TEST(deflate_raw_reader_wants_a_whole_stream) {
        AUTO(reader_close) Reader *reader = deflate_read_raw(stream_read_bytes(bytes_of("")), "x");
        AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
        assert_error(reader_read_all(reader, &plain), ERROR_CORRUPT, "too early");
}
