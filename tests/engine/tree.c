#include "engine/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/digest.h"
#include "base/encode.h"
#include "base/memory.h"
#include "base/path.h"
#include "support/test.h"

enum { NOBODY = 65534 };

static int64_t next_time = 1500000000;

void tree_time(const char *path, int64_t seconds, long nanoseconds) {
        struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = seconds, .tv_nsec = nanoseconds } };
        assert_int_equal(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

/* The folder that holds it gets one, too: the clock's may still be the one it had before. */
static void give_time(const char *path) {
        AUTO_TEXT char *parent = memory_copy(path, path_parent_length(path));
        next_time++;
        tree_time(path, next_time, next_time % 1000 * 1000000 + 7);
        if (parent[0])
                tree_time(parent, next_time, 0);
}

void tree_folder(const char *path) {
        assert_int_equal(mkdir(path, 0755), 0);
        give_time(path);
}

void tree_file(const char *path, const char *text) {
        test_write_file(path, bytes_of(text));
        give_time(path);
}

void tree_random_file(const char *path, size_t size, uint64_t seed) {
        uint8_t *bytes = test_random_bytes(size, seed);
        test_write_file(path, bytes_make(bytes, size));
        memory_free(bytes);
        give_time(path);
}

void tree_link(const char *path, const char *target) {
        assert_int_equal(symlink(target, path), 0);
        give_time(path);
}

void tree_fifo(const char *path) {
        assert_int_equal(mkfifo(path, 0640), 0);
        give_time(path);
}

void tree_socket(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        assert_true(strlen(path) < sizeof address.sun_path);
        memcpy(address.sun_path, path, strlen(path) + 1);
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        assert_true(fd >= 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
        close(fd);
        give_time(path);
}

void tree_mode(const char *path, unsigned mode) {
        assert_int_equal(chmod(path, mode), 0);
}

static int leave_out_dots(const struct dirent *entry) {
        return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b) {
        return strcmp((*a)->d_name, (*b)->d_name);
}

/* Calls VISIT with each path in the folder PATH, sorted. */
static void visit_folder(const char *path, void (*visit)(const char *path, void *context), void *context) {
        struct dirent **names;
        int count = scandir(path, &names, leave_out_dots, by_bytes);
        assert_true(count >= 0);
        for (int i = 0; i < count; i++) {
                AUTO_TEXT char *beneath = memory_print("%s/%s", path, names[i]->d_name);
                visit(beneath, context);
                free(names[i]);
        }
        free(names);
}

static void remove_path(const char *path, void *context) {
        struct stat status;
        assert_int_equal(lstat(path, &status), 0);
        if (S_ISDIR(status.st_mode))
                visit_folder(path, remove_path, context);
        assert_int_equal(remove(path), 0);
}

void tree_remove(const char *path) {
        AUTO_TEXT char *parent = memory_copy(path, path_parent_length(path));
        remove_path(path, NULL);
        if (parent[0])
                give_time(parent);
}

typedef struct Telling {
        size_t root_length;
        bool with_times;
        Buffer text;
} Telling;

static void tell_content(const char *path, Buffer *text) {
        size_t length;
        uint8_t digest[DIGEST_SHA1_SIZE];
        char hex[2 * DIGEST_SHA1_SIZE + 1];
        AUTO_TEXT char *content = test_read_file(path, &length);
        digest_once(DIGEST_SHA1, bytes_make(content, length), digest);
        encode_hex(bytes_make(digest, sizeof digest), hex);
        buffer_print(text, " %zu %s", length, hex);
}

static void tell_target(const char *path, Buffer *text) {
        char target[4096];
        ssize_t length = readlink(path, target, sizeof target - 1);
        assert_true(length >= 0);
        target[length] = '\0';
        buffer_print(text, " -> %s", target);
}

static void tell_path(const char *path, void *context) {
        Telling *telling = context;
        Buffer *text = &telling->text;
        struct stat status;
        assert_int_equal(lstat(path, &status), 0);
        buffer_print(text, "%s%s %o", path[telling->root_length] ? "" : ".", path + telling->root_length,
                     status.st_mode);
        if (telling->with_times)
                buffer_print(text, " %lld", (long long)status.st_mtim.tv_sec);
        if (telling->with_times && S_ISREG(status.st_mode))
                buffer_print(text, ".%09ld", status.st_mtim.tv_nsec);
        if (S_ISREG(status.st_mode))
                tell_content(path, text);
        if (S_ISLNK(status.st_mode))
                tell_target(path, text);
        buffer_add_byte(text, '\n');
        if (S_ISDIR(status.st_mode))
                visit_folder(path, tell_path, telling);
}

static char *tell_tree(const char *root, bool with_times) {
        Telling telling = { .root_length = strlen(root), .with_times = with_times };
        tell_path(root, &telling);
        return buffer_detach(&telling.text);
}

char *tree_text(const char *root) {
        return tell_tree(root, true);
}

char *tree_text_without_times(const char *root) {
        return tell_tree(root, false);
}

void tree_as_nobody(void) {
        if (geteuid() != 0)
                return;
        assert_int_equal(chown(".", NOBODY, NOBODY), 0);
        assert_int_equal(setegid(NOBODY), 0);
        assert_int_equal(seteuid(NOBODY), 0);
}

void tree_as_before(void) {
        assert_int_equal(seteuid(getuid()), 0);
        assert_int_equal(setegid(getgid()), 0);
}
