#include "source/file_list.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "support/test.h"
#include "sys/file.h"

static Error *collect(void *context, size_t number, Bytes line) {
        Buffer *out = context;
        assert_true(buffer_print(out, "%zu:%.*s|", number, (int)line.length, (const char *)line.at));
        return bytes_equal_text(line, "stop") ? error_new(ERROR_USER, "stopped") : NULL;
}

static void expect_lines(const char *content, size_t length, char separator, const char *lines) {
        AUTO_VALUE(buffer_clear) Buffer out = { .length = 0 };
        test_write_file("list", bytes_make(content, length));
        assert_ok(file_list_read("list", separator, collect, &out));
        assert_string_equal(buffer_text(&out), lines);
}

TEST(file_list_cuts_lines) {
        expect_lines("", 0, '\n', "");
        expect_lines("a\nb\n", 4, '\n', "1:a|2:b|");
        expect_lines("a\n\n b", 5, '\n', "1:a|2:|3: b|");
        expect_lines("a\nb\0c", 5, '\0', "1:a\nb|2:c|");
}

TEST(file_list_cuts_lines_across_pieces) {
        AUTO_VALUE(buffer_clear) Buffer content = { .length = 0 }, wanted = { .length = 0 }, out = { .length = 0 };
        for (int i = 1; i <= 30000; i++) {
                (void)buffer_print(&content, "line %d\n", i);
                (void)buffer_print(&wanted, "%d:line %d|", i, i);
        }
        test_write_file("list", buffer_bytes(&content));
        assert_ok(file_list_read("list", '\n', collect, &out));
        assert_bytes_equal(buffer_bytes(&out), buffer_bytes(&wanted));
}

TEST(file_list_reads_standard_input) {
        AUTO_VALUE(buffer_clear) Buffer out = { .length = 0 };
        test_write_file("list", bytes_of("a\nb"));
        AUTO_FD int before = dup(STDIN_FILENO);
        AUTO_FD int list = open("list", O_RDONLY | O_CLOEXEC);
        assert_true(dup2(list, STDIN_FILENO) == STDIN_FILENO);
        Error *error = file_list_read("-", '\n', collect, &out);
        assert_true(dup2(before, STDIN_FILENO) == STDIN_FILENO);
        assert_ok(error);
        assert_string_equal(buffer_text(&out), "1:a|2:b|");
}

TEST(file_list_errors) {
        AUTO_VALUE(buffer_clear) Buffer out = { .length = 0 };
        assert_int_equal(mkdir("folder", 0700), 0);
        static const char *const rows[][2] = { { "gone", "cannot open 'gone'" }, { "folder", "cannot read 'folder'" } };
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                Error *error = file_list_read(rows[i][0], '\n', collect, &out);
                assert_int_equal(error_exit_code(error), EXIT_CODE_FILELIST_UNREADABLE);
                assert_error(error, ERROR_USER, rows[i][1]);
        }
        test_write_file("list", bytes_of("a\nstop\nb\n"));
        assert_error(file_list_read("list", '\n', collect, &out), ERROR_USER, "stopped");
        assert_string_equal(buffer_text(&out), "1:a|2:stop|");
        char *line = memory_zeroed(FILE_LIST_LONGEST + 2);
        memset(line, 'x', FILE_LIST_LONGEST + 1);
        line[0] = '\n';
        buffer_clear(&out);
        test_write_file("list", bytes_make(line, FILE_LIST_LONGEST + 1));
        assert_ok(file_list_read("list", '\n', collect, &out));
        line[FILE_LIST_LONGEST + 1] = 'x';
        test_write_file("list", bytes_make(line, FILE_LIST_LONGEST + 2));
        assert_error(file_list_read("list", '\n', collect, &out), ERROR_USER, "line 2 is too long");
        memory_free(line);
}

TEST(file_list_parses_lines) {
        static const struct {
                const char *line, *pattern; /* NULL: nothing */
                char sign;
        } rows[] = {
                { "", NULL, 0 },            { "  \t", NULL, 0 },        { "# x", NULL, 0 },   { "  #x", NULL, 0 },
                { "''", NULL, 0 },          { "\"", NULL, 0 },          { "- ''", NULL, 0 },  { "a", "a", 0 },
                { "  a b\r", "a b", 0 },    { "+ a", "a", '+' },        { "- a ", "a", '-' }, { " - a", "a", '-' },
                { "-a", "-a", 0 },          { "-\ta", "-\ta", 0 },      { "- ", "-", 0 },     { "-  a", " a", '-' },
                { "'a'", "a", 0 },          { "- \" a \"", " a ", '-' }, { "\"- a\"", "- a", 0 },
                { "'a\"", "'a\"", 0 },      { "'#a'", "#a", 0 },        { "- #a", "#a", '-' }, { "\"\"a\"\"", "\"a\"", 0 },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                FileListEntry entry;
                bool is_something = file_list_parse(bytes_of(rows[i].line), &entry);
                assert_int_equal(is_something, rows[i].pattern != NULL);
                if (!is_something)
                        continue;
                assert_bytes_equal(entry.pattern, bytes_of(rows[i].pattern));
                assert_int_equal(entry.has_sign, rows[i].sign != 0);
                assert_int_equal(entry.include, rows[i].sign == '+');
        }
}
