/* Takes the place of the fuzzing library: runs the seeds it is given through a fuzz target, whole and cut short. */
#include <stdio.h>

#include "base/memory.h"
#include "fuzz/fuzz.h"

enum { LONGEST_SEED = 1 << 20, CUTS = 100 };

static size_t read_seed(const char *path, char *seed) {
        FILE *file = fopen(path, "rb");
        must(file != NULL);
        size_t length = fread(seed, 1, LONGEST_SEED, file);
        must(feof(file) && !ferror(file));
        (void)fclose(file);
        return length;
}

/* The input is a copy of no more than its size, so that a sanitizer sees what is read behind it. */
static void run(const char *seed, size_t length) {
        uint8_t *input = memory_resize(NULL, length);
        memcpy(input, seed, length);
        (void)LLVMFuzzerTestOneInput(input, length);
        memory_free(input);
}

int main(int argc, char **argv) {
        char *seed = memory_zeroed(LONGEST_SEED);
        must(argc > 1);
        for (int i = 1; i < argc; i++) {
                size_t length = read_seed(argv[i], seed);
                size_t step = length / CUTS + 1;
                for (size_t cut = 0; cut < length; cut += step)
                        run(seed, cut);
                run(seed, length);
        }
        memory_free(seed);
        return 0;
}
