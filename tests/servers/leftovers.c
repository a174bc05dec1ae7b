#include "servers/leftovers.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "support/test.h"
#include "sys/clock.h"

void leftovers_make(const char *folder) {
        static const struct {
                const char *name;
                long age;
        } files[] = { { ".old.part-1", 90000 }, { ".young.part-1", 80000 }, { ".foreign", 90000 } };
        for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
                AUTO_TEXT char *path = memory_print("%s/%s", folder, files[i].name);
                struct timespec then = { .tv_sec = clock_real().seconds - files[i].age };
                test_write_file(path, bytes_of("1"));
                assert_int_equal(utimensat(AT_FDCWD, path, (struct timespec[]){ then, then }, 0), 0);
        }
}

bool leftovers_are_there(const char *folder, const char *name) {
        AUTO_TEXT char *path = memory_print("%s/%s", folder, name);
        return access(path, F_OK) == 0;
}
