#include "contract/storage_contract.h"

#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "sys/file.h"

void storage_contract_assert_private(void) {
        struct stat status;
        assert_int_equal(stat("repository/deep", &status), 0);
        assert_int_equal(status.st_mode & 07777, 0700);
        assert_int_equal(stat("repository/deep/some-file", &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
}

int storage_contract_temporary(Bytes bytes) {
        FILE *file = tmpfile();
        assert_non_null(file);
        int fd = fcntl(fileno(file), F_DUPFD_CLOEXEC, 0);
        assert_true(fd >= 0);
        assert_int_equal(fclose(file), 0);
        assert_ok(file_write(fd, "temporary", bytes));
        return fd;
}

void storage_contract_put(Storage *storage, const char *name, Bytes bytes) {
        AUTO_FD int fd = storage_contract_temporary(bytes);
        assert_ok(storage_put(storage, name, fd));
}

static void assert_file_holds(int fd, Bytes bytes) {
        AUTO_VALUE(buffer_clear) Buffer content;
        buffer_init(&content, 0);
        assert_ok(file_seek(fd, "temporary", 0));
        assert_ok(file_read_all(fd, "temporary", &content));
        assert_bytes_equal(buffer_bytes(&content), bytes);
}

void storage_contract_assert_holds(Storage *storage, const char *name, Bytes bytes) {
        AUTO_FD int fd = storage_contract_temporary(bytes_of(""));
        assert_ok(storage_get(storage, name, fd));
        assert_file_holds(fd, bytes);
}

/* What a listing told: how many files in all, and how often, and with what size, one of them. */
typedef struct Listed {
        const char *wanted;
        size_t count, wanted_count;
        uint64_t wanted_size;
} Listed;

static Error *note_file(void *context, const RemoteFile *file) {
        Listed *listed = context;
        listed->count++;
        if (strcmp(file->name, listed->wanted) == 0) {
                listed->wanted_count++;
                listed->wanted_size = file->size;
        }
        return NULL;
}

static Listed list_for(Storage *storage, const char *wanted) {
        Listed listed = { .wanted = wanted };
        assert_ok(storage_list(storage, note_file, &listed));
        return listed;
}

size_t storage_contract_count(Storage *storage) {
        return list_for(storage, "").count;
}

void storage_contract_gives_back_what_was_put(StorageContractMaker *make) {
        AUTO(storage_close) Storage *storage = make();
        storage_contract_put(storage, "duplicity-full.20261123T044346Z.manifest", bytes_of("some content\n"));
        storage_contract_assert_holds(storage, "duplicity-full.20261123T044346Z.manifest", bytes_of("some content\n"));
}

void storage_contract_keeps_files_of_any_size(StorageContractMaker *make) {
        static const size_t sizes[] = { 0, 1, 65536, 5 << 20 };
        AUTO(storage_close) Storage *storage = make();
        for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
                uint8_t *content = test_random_bytes(sizes[i], i);
                storage_contract_put(storage, "some-file", bytes_make(content, sizes[i]));
                storage_contract_assert_holds(storage, "some-file", bytes_make(content, sizes[i]));
                Listed listed = list_for(storage, "some-file");
                assert_int_equal(listed.wanted_count, 1);
                assert_int_equal(listed.wanted_size, sizes[i]);
                memory_free(content);
        }
}

void storage_contract_puts_the_whole_file_wherever_its_position_is(StorageContractMaker *make) {
        AUTO(storage_close) Storage *storage = make();
        AUTO_FD int fd = storage_contract_temporary(bytes_of("0123456789"));
        assert_int_equal(lseek(fd, 4, SEEK_SET), 4);
        assert_ok(storage_put(storage, "some-file", fd));
        storage_contract_assert_holds(storage, "some-file", bytes_of("0123456789"));
        assert_ok(storage_put(storage, "again", fd));
        storage_contract_assert_holds(storage, "again", bytes_of("0123456789"));
}

void storage_contract_replaces_a_file(StorageContractMaker *make) {
        AUTO(storage_close) Storage *storage = make();
        storage_contract_put(storage, "some-file", bytes_of("the first and longer content"));
        storage_contract_put(storage, "some-file", bytes_of("the second"));
        storage_contract_assert_holds(storage, "some-file", bytes_of("the second"));
        assert_int_equal(list_for(storage, "some-file").count, 1);
}

void storage_contract_empties_the_copy_before_get(StorageContractMaker *make) {
        AUTO(storage_close) Storage *storage = make();
        AUTO_FD int fd = storage_contract_temporary(bytes_of("old bytes that are many more"));
        storage_contract_put(storage, "some-file", bytes_of("new"));
        assert_ok(storage_get(storage, "some-file", fd));
        assert_file_holds(fd, bytes_of("new"));
}

void storage_contract_keeps_files_for_the_next_to_open_it(StorageContractMaker *make) {
        AUTO(storage_close) Storage *first = make();
        storage_contract_put(first, "some-file", bytes_of("content"));
        AUTO(storage_close) Storage *second = make();
        storage_contract_assert_holds(second, "some-file", bytes_of("content"));
        assert_int_equal(list_for(second, "some-file").count, 1);
}

void storage_contract_lists_nothing_in_a_missing_folder(StorageContractMaker *make) {
        AUTO(storage_close) Storage *storage = make();
        assert_int_equal(list_for(storage, "").count, 0);
}

void storage_contract_lists_one_file_with_its_size(StorageContractMaker *make) {
        AUTO(storage_close) Storage *storage = make();
        storage_contract_put(storage, "some-file", bytes_of("0123456789"));
        Listed listed = list_for(storage, "some-file");
        assert_int_equal(listed.count, 1);
        assert_int_equal(listed.wanted_count, 1);
        assert_int_equal(listed.wanted_size, 10);
}

enum { MANY = 2500 };

static Error *mark_file(void *context, const RemoteFile *file) {
        bool *marks = context;
        unsigned number;
        assert_int_equal(sscanf(file->name, "file-%u", &number), 1);
        assert_true(number < MANY);
        assert_false(marks[number]);
        marks[number] = true;
        return NULL;
}

void storage_contract_assert_lists_2500(Storage *storage) {
        bool marks[MANY] = { false };
        assert_ok(storage_list(storage, mark_file, marks));
        for (unsigned i = 0; i < MANY; i++)
                assert_true(marks[i]);
}

void storage_contract_lists_2500_files_once_each(StorageContractMaker *make) {
        char name[40];
        AUTO(storage_close) Storage *storage = make();
        AUTO_FD int fd = storage_contract_temporary(bytes_of(""));
        for (unsigned i = 0; i < MANY; i++) {
                snprintf(name, sizeof name, "file-%u", i);
                assert_ok(storage_put(storage, name, fd));
        }
        storage_contract_assert_lists_2500(storage);
}

static Error *refuse_file(void *context, UNUSED const RemoteFile *file) {
        unsigned *calls = context;
        ++*calls;
        return error_new(ERROR_CORRUPT, "no such thing wanted");
}

void storage_contract_passes_on_the_error_of_a_sink(StorageContractMaker *make) {
        AUTO(storage_close) Storage *storage = make();
        unsigned calls = 0;
        storage_contract_put(storage, "a", bytes_of("1"));
        storage_contract_put(storage, "b", bytes_of("2"));
        assert_error(storage_list(storage, refuse_file, &calls), ERROR_CORRUPT, "no such thing wanted");
        assert_int_equal(calls, 1);
}

void storage_contract_takes_names_of_any_characters(StorageContractMaker *make) {
        static const char *const names[] = {
                "with a blank",
                "per%20cent",
                "100%",
                "h\xc3\xa9llo-\xc3\xbcn\xc3\xaf",
                "plus+and&question?hash#",
                "a.b..c",
                "~tilde",
                "it's \"quoted\"",
                "semi;colon,comma=",
                "2026-11-23T04_43_46-05_00",
                "a",
                "[brackets]{braces}(round)",
                "$dollar`tick`",
        };
        AUTO(storage_close) Storage *storage = make();
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
                storage_contract_put(storage, names[i], bytes_of(names[i]));
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
                Listed listed = list_for(storage, names[i]);
                assert_int_equal(listed.count, ARRAY_LENGTH(names));
                assert_int_equal(listed.wanted_count, 1);
                storage_contract_assert_holds(storage, names[i], bytes_of(names[i]));
        }
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
                assert_ok(storage_remove(storage, names[i]));
        assert_int_equal(list_for(storage, "").count, 0);
}

void storage_contract_removes_a_file(StorageContractMaker *make) {
        AUTO(storage_close) Storage *storage = make();
        storage_contract_put(storage, "goes", bytes_of("1"));
        storage_contract_put(storage, "stays", bytes_of("2"));
        assert_ok(storage_remove(storage, "goes"));
        Listed listed = list_for(storage, "stays");
        assert_int_equal(listed.count, 1);
        assert_int_equal(listed.wanted_count, 1);
}

void storage_contract_removes_what_is_gone(StorageContractMaker *make) {
        AUTO(storage_close) Storage *storage = make();
        assert_ok(storage_remove(storage, "in-a-missing-folder"));
        storage_contract_put(storage, "some-file", bytes_of("1"));
        assert_ok(storage_remove(storage, "some-file"));
        assert_ok(storage_remove(storage, "some-file"));
}

void storage_contract_says_missing_of_what_is_not_there(StorageContractMaker *make) {
        AUTO(storage_close) Storage *storage = make();
        AUTO_FD int fd = storage_contract_temporary(bytes_of(""));
        assert_error(storage_get(storage, "some-file", fd), ERROR_MISSING, "some-file");
        storage_contract_put(storage, "another", bytes_of("1"));
        assert_error(storage_get(storage, "some-file", fd), ERROR_MISSING, "some-file");
}

void storage_contract_opens_in_place_or_says_it_cannot(StorageContractMaker *make) {
        AUTO(storage_close) Storage *storage = make();
        AUTO_FD int fd = -2;
        storage_contract_put(storage, "some-file", bytes_of("content"));
        assert_ok(storage_open_local(storage, "some-file", &fd));
        if (fd < 0)
                assert_int_equal(fd, -1);
        else
                assert_file_holds(fd, bytes_of("content"));
}

void storage_contract_refuses_names_that_leave_the_folder(StorageContractMaker *make) {
        static const char *const names[] = { "", ".", "..", ".hidden", "/absolute", "folder/file", "../file" };
        AUTO(storage_close) Storage *storage = make();
        AUTO_FD int fd = storage_contract_temporary(bytes_of("1"));
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
                assert_error(storage_put(storage, names[i], fd), ERROR_USER, names[i]);
                assert_error(storage_get(storage, names[i], fd), ERROR_USER, names[i]);
                assert_error(storage_remove(storage, names[i]), ERROR_USER, names[i]);
        }
}

enum { LARGE = 300, MEBIBYTE = 1 << 20 };

static int make_large_file(const uint8_t *mebibyte) {
        AUTO_FD int fd = storage_contract_temporary(bytes_of(""));
        AUTO_TEXT char *piece = memory_copy(mebibyte, MEBIBYTE);
        for (unsigned i = 0; i < LARGE; i++) {
                memcpy(piece, &i, sizeof i);
                assert_ok(file_write(fd, "large", bytes_make(piece, MEBIBYTE)));
        }
        return TAKE_FD(fd);
}

static void assert_large_file(int fd, const uint8_t *mebibyte) {
        AUTO_TEXT char *wanted = memory_copy(mebibyte, MEBIBYTE);
        AUTO_TEXT char *piece = memory_zeroed(MEBIBYTE);
        size_t got;
        for (unsigned i = 0; i < LARGE; i++) {
                memcpy(wanted, &i, sizeof i);
                assert_ok(file_read_at(fd, "large", piece, MEBIBYTE, (uint64_t)i * MEBIBYTE, &got));
                assert_bytes_equal(bytes_make(piece, got), bytes_make(wanted, MEBIBYTE));
        }
}

void storage_contract_carry_300_megabytes(Storage *storage) {
        uint8_t *mebibyte = test_random_bytes(MEBIBYTE, 7);
        AUTO_FD int fd = make_large_file(mebibyte);
        uint64_t size;
        assert_ok(storage_put(storage, "large.difftar", fd));
        assert_ok(file_truncate(fd, "large"));
        assert_ok(storage_get(storage, "large.difftar", fd));
        assert_ok(file_size(fd, "large", &size));
        assert_int_equal(size, (uint64_t)LARGE * MEBIBYTE);
        assert_large_file(fd, mebibyte);
        assert_ok(storage_remove(storage, "large.difftar"));
        memory_free(mebibyte);
}
