#include "engine/fetcher.h"

#include <assert.h>

#include "sys/file.h"
#include "sys/workers.h"

typedef struct Delivery {
        const SetFile *file;
        const Volume *volume;
        int fd;
        Error *failure;
} Delivery;

struct Fetcher {
        const Volume *const *volumes;
        const SetFile *const *files;
        size_t count, next; /* volumes still to be sent for: volumes[next..] */
        unsigned ahead, under_way;
        Workers *workers;
};

static void work(void *session, void *item) {
        Delivery *delivery = item;
        delivery->failure = session_fetch_apart(session, delivery->file, delivery->volume, &delivery->fd);
}

static void delivery_free(void *item) {
        Delivery *delivery = item;
        file_close(&delivery->fd);
        error_free(delivery->failure);
        memory_free(delivery);
}

static void send_for(Fetcher *fetcher, size_t number) {
        Delivery *delivery = memory_new(Delivery);
        *delivery = (Delivery){ .file = fetcher->files[number], .volume = fetcher->volumes[number], .fd = -1 };
        (void)workers_submit(fetcher->workers, delivery); /* only we could have stopped it */
        fetcher->under_way++;
}

static void send_for_more(Fetcher *fetcher) {
        for (; fetcher->next < fetcher->count && fetcher->under_way < fetcher->ahead; fetcher->next++)
                if (fetcher->files[fetcher->next])
                        send_for(fetcher, fetcher->next);
}

Error *fetcher_open(Session *session, const Volume *const *volumes, const SetFile *const *files, size_t count,
                    unsigned ahead, Fetcher **ret_fetcher) {
        Workers *workers;
        WorkersOptions options = {
                .threads = (unsigned)MIN((size_t)MIN(ahead, job_downloads(session->job)), MAX(count, (size_t)1)),
                .capacity = ahead,
                .work = work,
                .context = session,
        };
        TRY(workers_open(&options, &workers));
        Fetcher *fetcher = memory_new(Fetcher);
        *fetcher = (Fetcher){ .volumes = volumes, .files = files, .count = count, .ahead = ahead, .workers = workers };
        send_for_more(fetcher);
        *ret_fetcher = fetcher;
        return NULL;
}

Error *fetcher_next(Fetcher *fetcher, int *ret_fd) {
        send_for_more(fetcher);
        assert(fetcher->under_way > 0);
        Delivery *delivery = workers_collect(fetcher->workers);
        fetcher->under_way--;
        send_for_more(fetcher);
        Error *failure = TAKE(delivery->failure);
        if (!failure)
                *ret_fd = TAKE_FD(delivery->fd);
        delivery_free(delivery);
        return failure;
}

void fetcher_close(Fetcher *fetcher) {
        if (!fetcher)
                return;
        workers_close(fetcher->workers, delivery_free);
        memory_free(fetcher);
}
