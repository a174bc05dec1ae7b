#include "base/encode.h"

#include "base/memory.h"
#include "support/test.h"

TEST(hex_is_lower_case_and_terminated) {
        static const uint8_t bytes[] = { 0x00, 0x1F, 0xAB, 0xFF };
        char text[9] = "????????";
        encode_hex(bytes_make(bytes, sizeof bytes), text);
        assert_string_equal(text, "001fabff");
        encode_hex(bytes_make(NULL, 0), text);
        assert_string_equal(text, "");
}

TEST(hex_is_read_in_either_case) {
        uint8_t result[4] = { 0 };
        static const uint8_t wanted[] = { 0x00, 0x1F, 0xAB, 0xFF };
        assert_true(encode_from_hex(bytes_of("001fABfF"), result, sizeof result));
        assert_memory_equal(result, wanted, sizeof wanted);
        assert_true(encode_from_hex(bytes_of(""), result, 0));
}

TEST(hex_of_wrong_length_or_digits_is_refused_and_leaves_the_result) {
        static const char *const wrong[] = { "",         "001fab",   "001fabf",  "001fabff0", "001fabff00",
                                             "001fabfg", " 01fabff", "0x1fabff", "001fab:f" };
        for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
                uint8_t result[4] = { 1, 2, 3, 4 };
                assert_false(encode_from_hex(bytes_of(wrong[i]), result, sizeof result));
                assert_memory_equal(result, "\1\2\3\4", 4);
        }
}

static const struct {
        const char *plain, *base64;
} base64_pairs[] = {
        { "", "" },
        { "f", "Zg==" },
        { "fo", "Zm8=" },
        { "foo", "Zm9v" },
        { "foob", "Zm9vYg==" },
        { "fooba", "Zm9vYmE=" },
        { "foobar", "Zm9vYmFy" },
        { "\xfb\xff\xbe", "+/++" },
};

TEST(base64_of_the_standard_examples) {
        for (size_t i = 0; i < ARRAY_LENGTH(base64_pairs); i++) {
                AUTO_VALUE(buffer_clear) Buffer text = { 0 };
                AUTO_VALUE(buffer_clear) Buffer plain = { 0 };
                encode_base64(bytes_of(base64_pairs[i].plain), &text);
                assert_string_equal(buffer_text(&text), base64_pairs[i].base64);
                assert_true(encode_from_base64(bytes_of(base64_pairs[i].base64), &plain));
                assert_string_equal(buffer_text(&plain), base64_pairs[i].plain);
        }
}

TEST(base64_keeps_every_byte) {
        for (size_t length = 0; length < 70; length++) {
                uint8_t *bytes = test_random_bytes(length, length + 1);
                AUTO_VALUE(buffer_clear) Buffer text = { 0 };
                AUTO_VALUE(buffer_clear) Buffer plain = { 0 };
                encode_base64(bytes_make(bytes, length), &text);
                assert_int_equal(text.length, (length + 2) / 3 * 4);
                assert_true(encode_from_base64(buffer_bytes(&text), &plain));
                assert_bytes_equal(buffer_bytes(&plain), bytes_make(bytes, length));
                memory_free(bytes);
        }
}

TEST(base64_skips_blanks_and_appends) {
        AUTO_VALUE(buffer_clear) Buffer out = { 0 };
        buffer_add_text(&out, "> ");
        assert_true(encode_from_base64(bytes_of(" Zm9v\r\nYm\tE =\n"), &out));
        assert_string_equal(buffer_text(&out), "> fooba");
}

TEST(base64_that_is_none_is_refused_and_leaves_the_buffer) {
        static const char *const wrong[] = { "Z",    "Zg",   "Zg=",  "Zm9",   "Zg==Zg==",     "=",
                                             "====", "Z===", "A===", "Zm9v=", "Zm9vYg==Zm9v", "Zm=v",
                                             "Zm9-", "Zm_v", "Zh==", "Zm9=",  "Zm9v,",        "Zg===" };
        for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
                AUTO_VALUE(buffer_clear) Buffer out = { 0 };
                buffer_add_text(&out, "before");
                assert_false(encode_from_base64(bytes_of(wrong[i]), &out));
                assert_string_equal(buffer_text(&out), "before");
        }
        AUTO_VALUE(buffer_clear) Buffer out = { 0 };
        assert_false(encode_from_base64(bytes_make("Zm9v\0m9v", 8), &out));
}

TEST(base64_does_not_pass_the_ceiling) {
        AUTO_VALUE(buffer_clear) Buffer out;
        buffer_init(&out, 4);
        assert_false(encode_from_base64(bytes_of("Zm9vYmFy"), &out));
        assert_int_equal(out.length, 0);
}

TEST(percent_keeps_unreserved_and_named_bytes) {
        AUTO_VALUE(buffer_clear) Buffer out = { 0 };
        encode_percent(bytes_of("AZaz09-._~ /?%\xc3\xa9+"), "/", &out);
        assert_string_equal(buffer_text(&out), "AZaz09-._~%20/%3F%25%C3%A9%2B");
        buffer_truncate(&out, 0);
        encode_percent(bytes_make("a\0/", 3), "", &out);
        assert_string_equal(buffer_text(&out), "a%00%2F");
}

TEST(percent_is_read_and_other_percents_stay) {
        AUTO_VALUE(buffer_clear) Buffer out = { 0 };
        encode_from_percent(bytes_of("a%2Fb%c3%A9%%41%4%zz%"), &out);
        assert_string_equal(buffer_text(&out), "a/b\xc3\xa9%A%4%zz%");
        buffer_truncate(&out, 0);
        encode_from_percent(bytes_of("%00x"), &out);
        assert_bytes_equal(buffer_bytes(&out), bytes_make("\0x", 2));
}

TEST(percent_round_trip_of_all_bytes) {
        uint8_t all[256];
        for (size_t i = 0; i < sizeof all; i++)
                all[i] = (uint8_t)i;
        AUTO_VALUE(buffer_clear) Buffer text = { 0 };
        AUTO_VALUE(buffer_clear) Buffer back = { 0 };
        encode_percent(bytes_make(all, sizeof all), "", &text);
        encode_from_percent(buffer_bytes(&text), &back);
        assert_bytes_equal(buffer_bytes(&back), bytes_make(all, sizeof all));
}
