/* What this machine can do with one kind of work alone, and the making of data for benchmarks.
 *
 * machine deflate FILE                  bytes a second, of our deflate at the engine's level, one thread
 * machine sha1 FILE                     the same, of SHA-1
 * machine create FOLDER COUNT MOST THREADS    files a second: COUNT files of up to MOST bytes, 50 to a folder
 * machine fill FILE BYTES               half of it noise, half text of a kind that compresses well; always the same
 *
 * One number is printed. FILE is read before the clock starts. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "codec/deflate.h"
#include "sys/clock.h"

enum { CHUNK = 256 * 1024, BLOCK = 1 << 20, PER_FOLDER = 50, PER_BRANCH = 1000, MOST_THREADS = 64 };

static _Noreturn void fail(const char *what) {
        fprintf(stderr, "machine: %s: %s\n", what, strerror(errno));
        exit(1);
}

/* Noise: xorshift64. */
static uint64_t next_number(uint64_t *state) {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        return *state;
}

static void make_noise(uint64_t *state, uint8_t *block, size_t length) {
        for (size_t i = 0; i < length; i += sizeof(uint64_t)) {
                uint64_t number = next_number(state);
                memcpy(block + i, &number, MIN(sizeof number, length - i));
        }
}

static void make_text(uint64_t *state, uint8_t *block, size_t length) {
        char lines[16384];
        size_t used = 0;
        while (used < sizeof lines - 80)
                used += (size_t)snprintf(lines + used, 80, "%u: row %u of a table that somebody dumped\n",
                                         (unsigned)(*state & 0xffff), (unsigned)(next_number(state) >> 34));
        for (size_t i = 0; i < length; i += used)
                memcpy(block + i, lines, MIN(used, length - i));
}

static void write_all(int fd, const uint8_t *bytes, size_t length) {
        while (length) {
                ssize_t count = write(fd, bytes, length);
                if (count < 0)
                        fail("cannot write");
                bytes += count;
                length -= (size_t)count;
        }
}

static double fill(char **arguments) {
        static uint8_t block[BLOCK];
        uint64_t left = strtoull(arguments[1], NULL, 10), state = 88172645463325252u;
        double start = clock_monotonic(), size = (double)left;
        int fd = open(arguments[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (fd < 0)
                fail(arguments[0]);
        for (unsigned i = 0; left; i++) {
                size_t length = (size_t)MIN(left, (uint64_t)BLOCK);
                (i % 2 ? make_noise : make_text)(&state, block, length);
                write_all(fd, block, length);
                left -= length;
        }
        close(fd);
        return size / (clock_monotonic() - start);
}

/* The whole file, in memory. */
static Bytes load(const char *path) {
        struct stat about;
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &about) < 0)
                fail(path);
        void *place = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
        if (place == MAP_FAILED)
                fail(path);
        close(fd);
        return bytes_make(place, (size_t)about.st_size);
}

static double deflate(char **arguments) {
        Bytes content = load(arguments[0]);
        AUTO(deflater_free) Deflater *deflater = deflater_new();
        AUTO_VALUE(buffer_clear) Buffer out = { .data = NULL };
        double start = clock_monotonic();
        for (size_t at = 0; at < content.length; at += CHUNK) {
                size_t before = MIN(at, (size_t)DEFLATE_WINDOW);
                buffer_truncate(&out, 0);
                deflater_chunk(deflater, bytes_slice(content, at - before, before), bytes_slice(content, at, CHUNK),
                               at + CHUNK >= content.length, &out);
        }
        return (double)content.length / (clock_monotonic() - start);
}

static double hash(char **arguments) {
        uint8_t result[DIGEST_MAX_SIZE];
        Bytes content = load(arguments[0]);
        double start = clock_monotonic();
        digest_once(DIGEST_SHA1, content, result);
        return (double)content.length / (clock_monotonic() - start);
}

/* One thread's share of the files: every so manieth folder. */
typedef struct Share {
        const char *folder;
        unsigned long count, first, step;
        size_t most;
} Share;

static void create_file(const Share *share, unsigned long number) {
        char path[4096];
        uint8_t content[1 << 16];
        uint64_t state = number * 0x9e3779b97f4a7c15u + 1;
        size_t length = (size_t)(next_number(&state) % (share->most + 1));
        snprintf(path, sizeof path, "%s/%03lu/%02lu/file-%06lu", share->folder, number / PER_BRANCH,
                 number / PER_FOLDER % (PER_BRANCH / PER_FOLDER), number);
        make_noise(&state, content, MIN(length, (size_t)64));
        for (size_t i = 64; i < length; i += 64)
                memcpy(content + i, content, MIN((size_t)64, length - i));
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (fd < 0)
                fail(path);
        write_all(fd, content, length);
        close(fd);
}

static void create_folder(const Share *share, unsigned long number) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%03lu", share->folder, number / PER_BRANCH);
        if (mkdir(path, 0755) < 0 && errno != EEXIST)
                fail(path);
        snprintf(path, sizeof path, "%s/%03lu/%02lu", share->folder, number / PER_BRANCH,
                 number / PER_FOLDER % (PER_BRANCH / PER_FOLDER));
        if (mkdir(path, 0755) < 0)
                fail(path);
}

static void *create_share(void *context) {
        const Share *share = context;
        for (unsigned long first = share->first * PER_FOLDER; first < share->count; first += share->step * PER_FOLDER) {
                create_folder(share, first);
                for (unsigned long number = first; number < MIN(first + PER_FOLDER, share->count); number++)
                        create_file(share, number);
        }
        return NULL;
}

static double create(char **arguments) {
        Share shares[MOST_THREADS];
        pthread_t threads[MOST_THREADS];
        unsigned long count = strtoul(arguments[1], NULL, 10), step = strtoul(arguments[3], NULL, 10);
        size_t most = MIN((size_t)strtoul(arguments[2], NULL, 10), (size_t)1 << 16);
        double start = clock_monotonic();
        step = MAX(MIN(step, (unsigned long)MOST_THREADS), 1ul);
        for (unsigned long i = 0; i < step; i++) {
                shares[i] = (Share){ arguments[0], count, i, step, most };
                if (pthread_create(&threads[i], NULL, create_share, &shares[i]))
                        fail("cannot begin a thread");
        }
        for (unsigned long i = 0; i < step; i++)
                pthread_join(threads[i], NULL);
        return (double)count / (clock_monotonic() - start);
}

int main(int count, char **arguments) {
        static const struct {
                const char *name;
                int arguments;
                double (*work)(char **arguments);
        } works[] = { { "deflate", 1, deflate }, { "sha1", 1, hash }, { "create", 4, create }, { "fill", 2, fill } };
        for (size_t i = 0; i < ARRAY_LENGTH(works); i++) {
                if (count == works[i].arguments + 2 && strcmp(arguments[1], works[i].name) == 0) {
                        printf("%.0f\n", works[i].work(arguments + 2));
                        return 0;
                }
        }
        fputs("usage: machine deflate FILE | sha1 FILE | create FOLDER COUNT MOST THREADS | fill FILE BYTES\n", stderr);
        return 2;
}
