#include "storage/unfinished.h"

#include <inttypes.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/memory.h"
#include "sys/clock.h"

static const char middle[] = ".part-";

enum { LONGEST_NAME = 255, ABANDONED_SECONDS = 86400, MOST_LEFTOVERS = 1000 };

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

void unfinished_note(UnfinishedLeftovers *leftovers, const char *name, int64_t modified) {
        if (!unfinished_is_one(name) || modified + ABANDONED_SECONDS >= clock_real().seconds ||
            leftovers->names.count == MOST_LEFTOVERS)
                return;
        if (!leftovers->arena)
                leftovers->arena = arena_new();
        text_list_add(&leftovers->names, arena_text(leftovers->arena, name));
}

void unfinished_clear(UnfinishedLeftovers *leftovers) {
        text_list_clear(&leftovers->names);
        arena_free(TAKE(leftovers->arena));
}
