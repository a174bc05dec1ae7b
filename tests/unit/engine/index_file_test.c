#include "engine/index_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "engine/tree.h"
#include "support/test.h"
#include "sys/file.h"

enum { LARGE = 100000, SMALL = 60000 };

static const TarMember member = { .type = TAR_FILE, .name = "snapshot/a", .mode = 0644 };

static void make_copy(size_t size) {
        AUTO_TEXT char *content = memory_zeroed(size);
        mkdir("folder", 0700);
        test_write_file("folder/copy", bytes_make(content, size));
}

static SignatureIndex *open_index(void) {
        AUTO_FD int fd = -1;
        assert_ok(file_open("folder/copy", O_RDONLY, 0, &fd));
        return index_file_open("folder", "the archive", "copy", fd);
}

/* Makes the copy after the index was begun, as a backup does. */
static IndexFile *begin(size_t size) {
        AUTO(scratch_close) Scratch *scratch = NULL;
        mkdir("folder", 0700);
        assert_ok(scratch_open(".", &scratch));
        IndexFile *file = index_file_begin(scratch, "folder", "copy");
        index_file_add(file, &member, bytes_of("payload"));
        make_copy(size);
        return file;
}

TEST(index_file_is_made_with_a_large_copy) {
        const TarMember *header;
        Bytes front;
        index_file_finish(begin(LARGE));
        AUTO(signature_index_close) SignatureIndex *index = open_index();
        assert_non_null(index);
        assert_ok(signature_index_next(index, &header, &front));
        assert_string_equal(header->name, "snapshot/a");
        assert_bytes_equal(front, bytes_of("payload"));
        assert_ok(signature_index_next(index, &header, &front));
        assert_null(header);
}

TEST(index_file_is_removed) {
        index_file_finish(begin(LARGE));
        index_file_remove("folder", "copy");
        assert_null(open_index());
        index_file_remove("folder", "copy");
}

static void assert_only_the_copy_is_there(void) {
        AUTO_TEXT char *text = tree_text("folder");
        assert_null(strstr(text, "index"));
        assert_non_null(strstr(text, "/copy "));
}

TEST(index_file_is_not_made_of_a_small_copy) {
        index_file_finish(begin(SMALL));
        assert_null(open_index());
        assert_only_the_copy_is_there();
}

TEST(index_file_that_is_abandoned_leaves_nothing) {
        index_file_abandon(begin(LARGE));
        assert_only_the_copy_is_there();
}

TEST(index_file_is_missed_by_nobody) {
        AUTO(scratch_close) Scratch *scratch = NULL;
        index_file_finish(NULL);
        index_file_add(NULL, &member, bytes_of(""));
        IndexFile *file = begin(LARGE);
        assert_int_equal(unlink("folder/copy"), 0);
        index_file_finish(file);
        AUTO_TEXT char *text = tree_text("folder");
        assert_null(strstr(text, "index"));
        assert_ok(scratch_open(".", &scratch));
        file = index_file_begin(scratch, "no such folder", "copy");
        index_file_add(file, &member, bytes_of(""));
        index_file_finish(file);
}

TEST(index_file_gives_up_where_nothing_can_be_written) {
        const struct rlimit least = { 1000, RLIM_INFINITY }, any = { RLIM_INFINITY, RLIM_INFINITY };
        AUTO_TEXT char *name = memory_print("snapshot/%0*d", 200000, 0);
        const TarMember large = { .type = TAR_FILE, .name = name };
        IndexFile *file = begin(LARGE);
        (void)signal(SIGXFSZ, SIG_IGN);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &least), 0);
        index_file_add(file, &large, bytes_of(""));
        index_file_add(file, &member, bytes_of(""));
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &any), 0);
        index_file_add(file, &member, bytes_of(""));
        index_file_finish(file);
        assert_only_the_copy_is_there();
}

static void assert_copy_of(const char *index, const char *copy) {
        AUTO_TEXT char *got = index_file_copy(index);
        assert_string_equal(got, copy);
}

TEST(index_file_names_lead_back_to_their_copies) {
        AUTO_TEXT char *name = index_file_name("a.sigtar.gz");
        assert_copy_of(name, "a.sigtar.gz");
        assert_copy_of("..index.index", ".index");
        assert_null(index_file_copy(".index"));
        assert_null(index_file_copy("a.index"));
        assert_null(index_file_copy(".a.indexes"));
        assert_null(index_file_copy(""));
}
