#include "cli/help.h"

#include "cli/options.h"
#include "support/test.h"

static Buffer text;

static void print_help(const Verb *verb) {
        buffer_clear(&text);
        help_print(verb, &text);
}

TEST(help_names_every_verb_and_option) {
        size_t count;
        print_help(NULL);
        const Verb *verbs = verb_table(&count);
        for (size_t i = 0; i < count; i++)
                assert_non_null(strstr(buffer_text(&text), verbs[i].name));
        const Option *options = option_table(&count);
        for (size_t i = 0; i < count; i++)
                for (size_t k = 0; k < ARRAY_LENGTH(options[i].names) && options[i].names[k]; k++)
                        assert_non_null(strstr(buffer_text(&text), options[i].names[k]));
        buffer_clear(&text);
}

static void assert_fits(const Verb *verb) {
        print_help(verb);
        for (Bytes rest = buffer_bytes(&text); rest.at;) {
                Bytes line = bytes_cut(rest, '\n', &rest);
                if (line.length > 80)
                        print_error("%.*s\n", (int)line.length, (const char *)line.at);
                assert_true(line.length <= 80);
                assert_false(bytes_end_with(line, " "));
        }
        buffer_clear(&text);
}

TEST(help_fits_into_80_columns) {
        size_t count;
        const Verb *verbs = verb_table(&count);
        assert_fits(NULL);
        for (size_t i = 0; i < count; i++)
                assert_fits(&verbs[i]);
}

TEST(help_of_a_verb_begins_with_its_usage) {
        const Verb *verb;
        assert_ok(verb_find("restore", &verb));
        print_help(verb);
        assert_true(bytes_start_with(buffer_bytes(&text),
                                     "Usage: charm-duplicity restore [OPTION...] URL FOLDER\n\nRestore "));
        assert_non_null(strstr(buffer_text(&text), "--path-to-restore, --file-to-restore PATH\n"));
        assert_null(strstr(buffer_text(&text), "Show which backups there are"));
        buffer_clear(&text);
}

TEST(help_of_a_verb_shows_its_own_options_only) {
        const Verb *verb;
        assert_ok(verb_find("find", &verb));
        print_help(verb);
        assert_null(strstr(buffer_text(&text), "--s3-"));
        assert_null(strstr(buffer_text(&text), "--volsize"));
        assert_ok(verb_find("remove-by-policy", &verb));
        print_help(verb);
        assert_non_null(strstr(buffer_text(&text), "\n  --keep-last COUNT\n"));
        assert_non_null(strstr(buffer_text(&text), "--force\n"));
        assert_non_null(strstr(buffer_text(&text), "--dry-run\n"));
        buffer_clear(&text);
}

static bool is_option(Bytes name) {
        size_t count;
        const Option *options = option_table(&count);
        for (size_t i = 0; i < count; i++)
                if (bytes_equal(name, bytes_of(options[i].names[0])))
                        return true;
        return false;
}

TEST(help_of_verbs_names_options_that_there_are) {
        size_t count;
        const Verb *verbs = verb_table(&count);
        for (size_t i = 0; i < count; i++) {
                for (Bytes rest = bytes_of(verbs[i].options ? verbs[i].options : ""); rest.length;)
                        assert_true(is_option(bytes_cut(rest, ' ', &rest)));
        }
}

TEST(help_groups_options_once_each) {
        print_help(NULL);
        for (OptionGroup group = 0; group < OPTION_GROUP_COUNT; group++) {
                AUTO_VALUE(buffer_clear) Buffer title;
                buffer_init(&title, 0);
                buffer_print(&title, "\n%s:\n", option_group_title(group));
                const char *found = strstr(buffer_text(&text), buffer_text(&title));
                assert_non_null(found);
                assert_null(strstr(found + 1, buffer_text(&title)));
        }
        buffer_clear(&text);
}

TEST(help_tells_the_version) {
        help_print_version(&text);
        assert_string_equal(buffer_text(&text), "charm-duplicity " VERSION "\nformat: duplicity\n");
        buffer_clear(&text);
}
