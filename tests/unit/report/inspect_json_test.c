#include "report/inspect_json.h"

#include "support/test.h"

static Buffer text;

/* Begins a list, which finish ends. */
static Json begin(void) {
        buffer_clear(&text);
        Json json = json_begin(&text);
        json_list(&json, NULL);
        return json;
}

/* The document without blanks and newlines. */
static const char *finish(Json *json) {
        size_t kept = 0;
        json_end(json);
        for (size_t i = 0; i < text.length; i++)
                if (text.data[i] != ' ' && text.data[i] != '\n')
                        text.data[kept++] = text.data[i];
        buffer_truncate(&text, kept);
        return buffer_text(&text);
}

static Recorded file_of(uint64_t least, uint64_t most) {
        return (Recorded){ .entry = { .type = ENTRY_FILE, .path = "a", .mode = 04644, .uid = 1, .gid = 2, .user = "me" },
                           .size = { least, most } };
}

TEST(inspect_json_of_sizes_says_what_is_known) {
        Recorded exact = file_of(7, 7), bounded = file_of(1, 512), unknown = file_of(0, ENTRY_SIZE_UNKNOWN);
        Recorded folder = { .entry = { .type = ENTRY_FOLDER, .path = "" } };
        Json json = begin();
        inspect_json_file(&json, &exact);
        assert_string_equal(finish(&json),
                            "[{\"path\":\"a\",\"type\":\"reg\",\"modified\":\"1970-01-01T00:00:00Z\",\"size\":7,"
                            "\"mode\":\"4644\",\"uid\":1,\"gid\":2,\"user\":\"me\",\"group\":null,\"target\":null}]");
        json = begin();
        inspect_json_file(&json, &bounded);
        assert_non_null(strstr(finish(&json), "\"size\":null,\"size_at_most\":512,"));
        json = begin();
        inspect_json_file(&json, &unknown);
        assert_non_null(strstr(finish(&json), "\"size\":null,\"mode\""));
        json = begin();
        inspect_json_file(&json, &folder);
        assert_non_null(strstr(finish(&json), "\"path\":\".\",\"type\":\"dir\""));
        assert_non_null(strstr(buffer_text(&text), "\"size\":null,\"mode\":\"0000\""));
        buffer_clear(&text);
}

TEST(inspect_json_of_a_difference_has_both_sides) {
        Recorded file = file_of(7, 7);
        Difference difference = { DIFFERENCE_REMOVED, "a", &file, NULL };
        Json json = begin();
        inspect_json_difference(&json, &difference);
        assert_true(bytes_start_with(bytes_of(finish(&json)),
                                     "[{\"path\":\"a\",\"change\":\"removed\",\"before\":{\"type\":\"reg\","));
        assert_true(bytes_end_with(buffer_bytes(&text), "},\"now\":null}]"));
        buffer_clear(&text);
}

TEST(inspect_json_of_a_deleted_version_has_no_size) {
        FoundVersion version = { "a", VERSION_DELETED, { 1 }, ENTRY_FILE, { 7, 7 }, 5 };
        Json json = begin();
        inspect_json_version(&json, &version);
        assert_string_equal(finish(&json), "[{\"path\":\"a\",\"change\":\"deleted\",\"time\":\"1970-01-01T00:00:01Z\","
                                           "\"type\":\"reg\"}]");
        buffer_clear(&text);
}

TEST(inspect_json_of_a_check_is_sound_only_without_findings) {
        CheckTotals totals = { .chains = 3 };
        Json json = begin();
        json_object(&json, NULL);
        inspect_json_check(&json, &totals);
        json_end(&json);
        assert_true(bytes_start_with(bytes_of(finish(&json)), "[{\"sound\":true,\"error_count\":0,"));
        totals.warnings = 1;
        json = begin();
        json_object(&json, NULL);
        inspect_json_check(&json, &totals);
        json_end(&json);
        assert_true(bytes_start_with(bytes_of(finish(&json)),
                                     "[{\"sound\":false,\"error_count\":0,\"warning_count\":1,\"chains\":3,"));
        buffer_clear(&text);
}
