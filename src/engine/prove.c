#include "engine/prove.h"

#include "base/digest.h"
#include "sys/cancel.h"
#include "sys/file.h"
#include "sys/workers.h"

/* A number from 0 to 1 that looks drawn by lot. */
static double draw(const char *name, Moment now) {
        uint8_t digest[DIGEST_SHA256_SIZE];
        uint32_t lot;
        AUTO_TEXT char *text = memory_print("%jd %s", (intmax_t)now.seconds, name);
        digest_once(DIGEST_SHA256, bytes_of(text), digest);
        memcpy(&lot, digest, sizeof lot);
        return (double)lot / UINT32_MAX;
}

static void swap(Proof *a, Proof *b) {
        Proof kept = *a;
        *a = *b;
        *b = kept;
}

size_t prove_choose(Proof *proofs, size_t count, unsigned percent, Moment now) {
        size_t chosen = 0, lowest = 0;
        double lowest_lot = 2;
        for (size_t i = 0; i < count; i++) {
                double lot = draw(proofs[i].file->name, now);
                if (lot < lowest_lot) {
                        lowest_lot = lot;
                        lowest = i;
                }
                if (lot * 100 < percent)
                        swap(&proofs[chosen++], &proofs[i]);
        }
        if (chosen || count == 0)
                return chosen;
        swap(&proofs[0], &proofs[lowest]);
        return 1;
}

static void work(void *session, void *item) {
        Proof *proof = item;
        AUTO_FD int fd = -1;
        proof->failure = session_fetch_apart(session, proof->file, &proof->volume, &fd);
}

static void leave(void *item) {
        (void)item; /* it stays the list's */
}

static void tell_progress(const Job *job, Progress *progress, const Proof *proof) {
        progress->files++;
        progress->bytes += proof->file->size;
        progress->path = proof->file->name;
        if (job->progress)
                job->progress(job->progress_context, progress);
}

/* One slow volume must not keep the others' workers idle: more are in flight than there are workers. */
static unsigned capacity_of(const Job *job) {
        return 2 * job_downloads(job);
}

static Error *drive(const Job *job, Workers *workers, ProofList *list, ProofSink *sink, void *context) {
        Progress progress = { .doing = "checking" };
        for (size_t i = 0; i < list->count; i++)
                progress.total_bytes += list->items[i].file->size;
        for (size_t submitted = 0, told = 0; told < list->count; told++) {
                while (submitted < list->count && submitted - told < capacity_of(job))
                        (void)workers_submit(workers, &list->items[submitted++]); /* only we could have stopped it */
                Proof *proof = workers_collect(workers);
                TRY(cancel_check());
                tell_progress(job, &progress, proof);
                TRY(sink(context, proof));
        }
        return NULL;
}

Error *prove_all(Session *session, ProofList *list, ProofSink *sink, void *context) {
        Workers *workers = NULL;
        WorkersOptions options = {
                .threads = job_downloads(session->job),
                .capacity = capacity_of(session->job),
                .work = work,
                .context = session,
        };
        if (list->count == 0)
                return NULL;
        TRY(workers_open(&options, &workers));
        Error *error = drive(session->job, workers, list, sink, context);
        workers_close(workers, leave);
        return error;
}

void prove_clear(ProofList *list) {
        for (size_t i = 0; i < list->count; i++)
                error_free(list->items[i].failure);
        proof_list_clear(list);
}
