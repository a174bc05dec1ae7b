#include "storage/sftp_wire.h"

#include "support/test.h"

TEST(sftp_wire_writes_packets_one_behind_the_other) {
        AUTO_VALUE(buffer_clear) Buffer out = { .data = NULL };
        size_t start = sftp_wire_begin(&out, SFTP_OPEN, 0x01020304);
        sftp_wire_add_bytes(&out, bytes_of("ab"));
        sftp_wire_add_large(&out, 0x1122334455667788);
        sftp_wire_end(&out, start);
        start = sftp_wire_begin(&out, SFTP_CLOSE, 7);
        sftp_wire_add_number(&out, 0xfffefdfc);
        sftp_wire_end(&out, start);
        static const uint8_t wanted[] = { 0, 0,   0,   19,   3,    1,    2,    3,    4,    0,    0,    0,
                                          2, 'a', 'b', 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0,
                                          0, 0,   9,   4,    0,    0,    0,    7,    0xff, 0xfe, 0xfd, 0xfc };
        assert_bytes_equal(buffer_bytes(&out), bytes_make(wanted, sizeof wanted));
}

TEST(sftp_wire_takes_parts_in_turn) {
        static const uint8_t packet[] = { 101, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 3, 'x', 'y', 'z' };
        Bytes rest = bytes_make(packet, sizeof packet), text;
        uint8_t byte;
        uint32_t number;
        uint64_t large;
        assert_true(sftp_wire_take_byte(&rest, &byte));
        assert_true(sftp_wire_take_number(&rest, &number));
        assert_true(sftp_wire_take_large(&rest, &large));
        assert_true(sftp_wire_take_bytes(&rest, &text));
        assert_int_equal(byte, 101);
        assert_int_equal(number, 9);
        assert_true(large == 0x0102030405060708);
        assert_bytes_equal(text, bytes_of("xyz"));
        assert_int_equal(rest.length, 0);
        assert_false(sftp_wire_take_byte(&rest, &byte));
}

TEST(sftp_wire_takes_nothing_beyond_the_packet) {
        static const uint8_t packet[] = { 0xff, 0xff, 0xff, 0xff, 'x' };
        Bytes rest = bytes_make(packet, sizeof packet), text = bytes_of("before");
        uint32_t number = 5;
        uint64_t large = 5;
        assert_false(sftp_wire_take_bytes(&rest, &text));
        assert_bytes_equal(text, bytes_of("before"));
        assert_int_equal(rest.length, 0);
        rest = bytes_make(packet, 3);
        assert_false(sftp_wire_take_number(&rest, &number));
        rest = bytes_make(packet, 5);
        assert_false(sftp_wire_take_large(&rest, &large));
        assert_int_equal(number, 5);
        assert_int_equal(large, 5);
}

TEST(sftp_wire_takes_attributes_with_and_without_their_parts) {
        static const uint8_t all[] = { 0x80, 0, 0, 0x0f, 0, 0, 0,    1,    0,   0, 0, 2, 0, 0,   0, 3,
                                       0,    0, 0, 4,    0, 0, 0x81, 0xa4, 0,   0, 0, 5, 0, 0,   0, 6,
                                       0,    0, 0, 1,    0, 0, 0,    1,    'a', 0, 0, 0, 1, 'b', 99 };
        static const uint8_t none[] = { 0, 0, 0, 0, 99 };
        SftpAttributes attributes;
        Bytes rest = bytes_make(all, sizeof all);
        assert_true(sftp_wire_take_attributes(&rest, &attributes));
        assert_true(attributes.has_size && attributes.has_mode && attributes.has_time);
        assert_true(attributes.size == 0x100000002);
        assert_int_equal(attributes.mode, 0100644);
        assert_int_equal(attributes.modified, 6);
        assert_int_equal(rest.length, 1);
        for (size_t length = 0; length < sizeof all - 1; length++) {
                rest = bytes_make(all, length);
                assert_false(sftp_wire_take_attributes(&rest, &attributes));
        }
        rest = bytes_make(none, sizeof none);
        assert_true(sftp_wire_take_attributes(&rest, &attributes));
        assert_false(attributes.has_size || attributes.has_mode || attributes.has_time);
        assert_int_equal(rest.length, 1);
}
