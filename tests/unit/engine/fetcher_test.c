#include "engine/fetcher.h"

#include <unistd.h>

#include "engine/trial.h"
#include "sys/file.h"

enum { FILES = 9, GAP = 4 };

static SetFile stored[FILES];
static const SetFile *files[FILES];
static Volume hashless[FILES];
static const Volume *volumes[FILES];

/* Nine files in the store, "file0" to "file8", each holding its name; number GAP is not among those to be brought. */
static Session *begin(unsigned concurrency) {
        static char names[FILES][8];
        trial_begin();
        trial_job.concurrency = concurrency;
        for (unsigned i = 0; i < FILES; i++) {
                snprintf(names[i], sizeof names[i], "file%u", i);
                memory_storage_write(names[i], bytes_of(names[i]));
                stored[i] = (SetFile){ .name = names[i] };
                files[i] = i == GAP ? NULL : &stored[i];
                hashless[i] = (Volume){ .number = i + 1, .hash_kind = MANIFEST_HASH_NONE };
                volumes[i] = &hashless[i];
        }
        return trial_session(100);
}

static Fetcher *open_fetcher(Session *session, unsigned ahead) {
        Fetcher *fetcher = NULL;
        assert_ok(fetcher_open(session, volumes, files, FILES, ahead, &fetcher));
        return fetcher;
}

static void assert_next(Fetcher *fetcher, const char *name) {
        int fd = -1;
        char text[8] = "";
        assert_ok(fetcher_next(fetcher, &fd));
        assert_true(read(fd, text, sizeof text - 1) > 0);
        assert_string_equal(text, name);
        file_close(&fd);
}

static void assert_in_order(unsigned concurrency) {
        AUTO(session_close) Session *session = begin(concurrency);
        Fetcher *fetcher = open_fetcher(session, 3);
        for (size_t i = 0; i < FILES; i++)
                if (files[i])
                        assert_next(fetcher, files[i]->name);
        fetcher_close(fetcher);
}

TEST(fetcher_brings_volumes_in_order) {
        assert_in_order(1);
}

TEST(fetcher_brings_volumes_in_order_over_several_connections) {
        assert_in_order(4);
}

TEST(fetcher_goes_on_behind_a_failure) {
        AUTO(session_close) Session *session = begin(2);
        memory_storage_lose("file2");
        Fetcher *fetcher = open_fetcher(session, 2);
        int fd = -1;
        assert_next(fetcher, "file0");
        assert_next(fetcher, "file1");
        assert_error(fetcher_next(fetcher, &fd), ERROR_MISSING, "file2");
        assert_int_equal(fd, -1);
        assert_next(fetcher, "file3");
        assert_next(fetcher, "file5");
        fetcher_close(fetcher); /* with others under way */
}

TEST(fetcher_fetches_no_more_than_so_many_ahead) {
        AUTO(session_close) Session *session = begin(4);
        memory_storage_fail(MEMORY_CALLS, 0, ERROR_USER);
        Fetcher *fetcher = open_fetcher(session, 2);
        assert_next(fetcher, "file0");
        fetcher_close(fetcher); /* what was not begun by now never is */
        assert_in_range(memory_storage_count(MEMORY_GET), 1, 3);
}

TEST(fetcher_shares_connections_with_others) {
        AUTO(session_close) Session *session = begin(2);
        memory_storage_fail(MEMORY_CALLS, 0, ERROR_USER);
        Fetcher *fetchers[] = { open_fetcher(session, 2), open_fetcher(session, 2), open_fetcher(session, 2) };
        for (size_t i = 0; i < FILES; i++)
                for (size_t which = 0; which < ARRAY_LENGTH(fetchers) && files[i]; which++)
                        assert_next(fetchers[which], files[i]->name);
        for (size_t which = 0; which < ARRAY_LENGTH(fetchers); which++)
                fetcher_close(fetchers[which]);
        assert_in_range(memory_storage_count(MEMORY_OPEN), 1, 2);
}

TEST(fetcher_close_takes_null) {
        fetcher_close(NULL);
}
