#include "charm/template.h"

#include "support/test.h"

static const TemplateValue values[] = { { "unit", "duplicity/0" }, { "noun", "{unit}" }, { 0 } };

static void assert_filled(const char *template, const char *text) {
        AUTO_VALUE(buffer_clear) Buffer out = { .data = NULL };
        test_write_file("t", bytes_of(template));
        assert_ok(template_fill(".", "t", values, &out));
        assert_string_equal(buffer_text(&out), text);
}

TEST(names_in_braces_are_replaced_once) {
        assert_filled("{unit}s: {noun}{unit}", "duplicity/0s: {unit}duplicity/0");
        assert_filled("", "");
}

TEST(other_braces_stay) {
        assert_filled("define {\n{} {Unit} {unit", "define {\n{} {Unit} {unit");
        assert_filled("{", "{");
        assert_filled("{{unit}}", "{duplicity/0}");
}

TEST(names_that_nobody_knows_are_an_error) {
        AUTO_VALUE(buffer_clear) Buffer out = { .data = NULL };
        test_write_file("t", bytes_of("x {units}"));
        assert_error(template_fill(".", "t", values, &out), ERROR_CORRUPT, "nobody knows what '{units}' is");
        assert_error(template_fill(".", "none", values, &out), ERROR_MISSING, "./none");
}
