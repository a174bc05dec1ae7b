#include "codec/sparse.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "support/test.h"

/* Writes CONTENT in pieces of PIECE bytes and checks that the file reads back the same. */
static struct stat write_in_pieces(Bytes content, size_t piece) {
        struct stat status;
        int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
        assert_true(fd >= 0);
        Writer *writer = sparse_write_fd(fd, "file");
        for (size_t i = 0; i < content.length; i += piece)
                assert_ok(writer_write(writer, bytes_slice(content, i, piece)));
        assert_ok(writer_finish(writer));
        assert_int_equal(fstat(fd, &status), 0);
        close(fd);
        size_t length;
        AUTO_TEXT char *back = test_read_file("file", &length);
        assert_bytes_equal(bytes_make(back, length), content);
        return status;
}

TEST(sparse_files_read_back_the_same_in_any_pieces) {
        static const size_t pieces[] = { 1, 511, 4096, 5000, 65536, 300000 };
        enum { LENGTH = 70000 };
        AUTO_TEXT char *content = memory_zeroed(LENGTH);
        content[5000] = 'x';
        memset(content + 20000, 'y', 9000);
        for (size_t i = 0; i < ARRAY_LENGTH(pieces); i++) {
                (void)write_in_pieces(bytes_make(content, LENGTH), pieces[i]);
                (void)write_in_pieces(bytes_make(content, 29000), pieces[i]);
                (void)write_in_pieces(bytes_make(content, 4096), pieces[i]);
                (void)write_in_pieces(bytes_make(content, 0), pieces[i]);
        }
}

TEST(sparse_files_take_no_room_for_zeros) {
        enum { LENGTH = 8 << 20 };
        AUTO_TEXT char *content = memory_zeroed(LENGTH);
        content[LENGTH / 2] = 'x';
        static const size_t pieces[] = { 65536, 2048, 1000, 70000 };
        for (size_t i = 0; i < ARRAY_LENGTH(pieces); i++) {
                struct stat status = write_in_pieces(bytes_make(content, LENGTH), pieces[i]);
                assert_int_equal(status.st_size, LENGTH);
                assert_in_range(status.st_blocks * 512, 1, LENGTH / 8);
        }
}
