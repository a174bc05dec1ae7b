#include "base/json.h"

#include "support/test.h"

TEST(a_document_nests_objects_and_lists) {
        AUTO_VALUE(buffer_clear) Buffer out = { .data = NULL };
        Json json = json_begin(&out);
        json_object(&json, NULL);
        json_text(&json, "name", "web1");
        json_text(&json, "nothing", NULL);
        json_list(&json, "sets");
        json_number(&json, NULL, UINT64_MAX);
        json_object(&json, NULL);
        json_bool(&json, "full", true);
        json_end(&json);
        json_end(&json);
        json_list(&json, "empty");
        json_end(&json);
        json_decimal(&json, "seconds", 1.5);
        json_moment(&json, "time", (Moment){ 1795409026 });
        json_end(&json);
        assert_string_equal(buffer_text(&out), "{\n"
                                               "  \"name\": \"web1\",\n"
                                               "  \"nothing\": null,\n"
                                               "  \"sets\": [\n"
                                               "    18446744073709551615,\n"
                                               "    {\n"
                                               "      \"full\": true\n"
                                               "    }\n"
                                               "  ],\n"
                                               "  \"empty\": [],\n"
                                               "  \"seconds\": 1.500000,\n"
                                               "  \"time\": \"2026-11-23T04:43:46Z\"\n"
                                               "}\n");
}

TEST(texts_keep_every_byte) {
        static const struct {
                const char *text, *written;
        } cases[] = {
                { "", "\"\"\n" },
                { "a\"b\\c", "\"a\\\"b\\\\c\"\n" },
                { "tab\tnewline\n\x7F", "\"tab\\u0009newline\\u000a\\u007f\"\n" },
                { "h\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", "\"h\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\"\n" },
                { "\xFF\x80", "\"\\udcff\\udc80\"\n" },
                { "\xC3", "\"\\udcc3\"\n" },
                { "\xC0\xAF", "\"\\udcc0\\udcaf\"\n" },             /* overlong */
                { "\xED\xA0\x80", "\"\\udced\\udca0\\udc80\"\n" }, /* a surrogate */
                { "\xF4\x90\x80\x80", "\"\\udcf4\\udc90\\udc80\\udc80\"\n" },
                { "\xE2\x82", "\"\\udce2\\udc82\"\n" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO_VALUE(buffer_clear) Buffer out = { .data = NULL };
                Json json = json_begin(&out);
                json_text(&json, NULL, cases[i].text);
                (void)buffer_add_text(&out, "\n");
                assert_string_equal(buffer_text(&out), cases[i].written);
        }
}

TEST(the_buffer_may_be_emptied_between_values) {
        AUTO_VALUE(buffer_clear) Buffer out = { .data = NULL };
        Json json = json_begin(&out);
        json_list(&json, NULL);
        json_number(&json, NULL, 1);
        buffer_truncate(&out, 0);
        json_number(&json, NULL, 2);
        json_end(&json);
        assert_string_equal(buffer_text(&out), ",\n  2\n]\n");
}
