#include "storage/unfinished.h"

#include <inttypes.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/memory.h"
#include "sys/clock.h"

static const char middle[] = ".part-";

enum { LONGEST_NAME = 255 };

void unfinished_mark(char mark[UNFINISHED_MARK_SIZE]) {
        uint64_t number;
        if (getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number)
                number = (uint64_t)(clock_monotonic() * 1e9) ^ (uint64_t)getpid() << 40;
        snprintf(mark, UNFINISHED_MARK_SIZE, "%012" PRIx64, number & 0xffffffffffff);
}

char *unfinished_name(const char *name, const char *mark) {
        int room = LONGEST_NAME - (int)(1 + strlen(middle) + strlen(mark));
        return memory_print(".%.*s%s%s", room, name, middle, mark);
}

bool unfinished_is_one(const char *name) {
        return name[0] == '.' && strstr(name, middle);
}
