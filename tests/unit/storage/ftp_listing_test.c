#include "storage/ftp_listing.h"

#include "base/memory.h"
#include "support/test.h"

typedef struct Example {
        const char *line;
        const char *name; /* NULL: not a line of a listing */
        unsigned size;
        bool is_file;
} Example;

static void assert_read(bool (*read)(Bytes, FtpEntry *), const Example *examples, size_t count) {
        for (size_t i = 0; i < count; i++) {
                FtpEntry entry = { .size = 99 };
                bool is_right = read(bytes_of(examples[i].line), &entry);
                if (is_right != (examples[i].name != NULL))
                        print_error("'%s'\n", examples[i].line);
                assert_int_equal(is_right, examples[i].name != NULL);
                if (!is_right)
                        continue;
                assert_bytes_equal(entry.name, bytes_of(examples[i].name));
                assert_int_equal(entry.is_file, examples[i].is_file);
                if (entry.is_file)
                        assert_int_equal(entry.size, examples[i].size);
        }
}

TEST(ftp_listing_reads_facts) {
        static const Example examples[] = {
                { "type=file;size=12;modify=20261123044346;UNIX.mode=0644; some name", "some name", 12, true },
                { "Type=FILE;Size=4294967295; x", "x", 4294967295u, true },
                { "size=0;type=file;  two blanks first", " two blanks first", 0, true },
                { "type=cdir;sizd=4096; .", ".", 0, false },
                { "type=dir;modify=20261123044346; folder", "folder", 0, false },
                { "type=OS.unix=symlink;size=9; link", "link", 0, false },
                { "type=file;size=5;x=a=b; k=v;w", "k=v;w", 5, true },
                { "type=file; sizeless", NULL, 0, false },
                { "type=file;size=12x; x", NULL, 0, false },
                { "size=1; typeless", NULL, 0, false },
                { "type=file;size=1;", NULL, 0, false },
                { "type=file;size=1; ", NULL, 0, false },
                { "", NULL, 0, false },
                { "-rw-r--r-- 1 a b 12 Nov 23 04:43 x", NULL, 0, false },
        };
        assert_read(ftp_listing_read_facts, examples, ARRAY_LENGTH(examples));
}

TEST(ftp_listing_reads_when_a_file_was_written) {
        static const struct {
                const char *line;
                int64_t seconds; /* 0: it does not say */
        } examples[] = {
                { "type=file;size=1;modify=20261123044346; x", 1795409026 },
                { "Modify=20261123044346.123;type=file;size=1; x", 1795409026 },
                { "type=file;size=1; x", 0 },
                { "type=file;size=1;modify=; x", 0 },
                { "type=file;size=1;modify=2026112304434; x", 0 },
                { "type=file;size=1;modify=20261323044346; x", 0 },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(examples); i++) {
                FtpEntry entry;
                assert_true(ftp_listing_read_facts(bytes_of(examples[i].line), &entry));
                assert_int_equal(entry.has_time, examples[i].seconds != 0);
                if (entry.has_time)
                        assert_int_equal(entry.modified.seconds, examples[i].seconds);
        }
}

TEST(ftp_listing_reads_what_servers_answer_to_list) {
        static const Example examples[] = {
                { "-rw-r--r--   1 ftp      ftp          1234 Nov 23 04:43 some name", "some name", 1234, true },
                { "-rw-r--r--   1 1000     1000            0 Nov  3  2026 x", "x", 0, true },
                { "-rw-rw-rw-+  1 owner 77 Jan  1 00:00 groupless", "groupless", 77, true },
                { "-rw-r--r-- 1 DOMAIN Users domain users 42 Dec 31 23:59 blanks in owners", "blanks in owners", 42,
                  true },
                { "-rw-r--r-- 1 may 12 13 May 14 15:16 May 1 12:00 y", "May 1 12:00 y", 13, true },
                { "-rw-r--r-- 1 a b 5 2026-11-23 04:43 iso", "iso", 5, true },
                { "-rw-r--r-- 1 a b 5 Nov 23 04:43  begins with a blank", " begins with a blank", 5, true },
                { "drwxr-xr-x 2 a b 4096 Nov 23 04:43 folder", "folder", 0, false },
                { "lrwxrwxrwx 1 a b 9 Nov 23 04:43 link -> target", "link -> target", 0, false },
                { "10-23-26  04:30PM             12345 dos file", "dos file", 12345, true },
                { "10-23-2026  04:30PM  7 x", "x", 7, true },
                { "10-23-26  04:30PM       <DIR>          dos folder", "dos folder", 0, false },
                { "total 12", "", 0, false },
                { "", "", 0, false },
                { "-rw-r--r-- 1 a b x Nov 23 04:43 sizeless", NULL, 0, false },
                { "-rw-r--r-- 1 a b 5 Nov 23 04:43 ", NULL, 0, false },
                { "-rw-r--r-- 1 a b 5", NULL, 0, false },
                { "10-23-26  04:30PM  word x", NULL, 0, false },
                { "10-23-26", NULL, 0, false },
                { "<html>", NULL, 0, false },
                { "1", NULL, 0, false },
                { "-", NULL, 0, false },
        };
        assert_read(ftp_listing_read_line, examples, ARRAY_LENGTH(examples));
}
