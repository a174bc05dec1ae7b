#include "engine/diff.h"

#include "base/path.h"
#include "catalog/choose.h"
#include "engine/cache.h"
#include "engine/previous.h"
#include "sys/cancel.h"

/* The tree of one moment, standing at one path. */
typedef struct Side {
        Previous *previous;
        const Recorded *recorded; /* NULL: at the end */
} Side;

/* A comparison at work. */
typedef struct Diff {
        const char *path; /* what is asked for, "" is everything */
        Side before, now;
        DiffTotals *totals;
        DiffSink *sink;
        void *context;
} Diff;

static void add_size(SizeRange *sum, const Recorded *recorded) {
        if (!recorded)
                return;
        sum->least += recorded->size.least;
        if (sum->most == ENTRY_SIZE_UNKNOWN || __builtin_add_overflow(sum->most, recorded->size.most, &sum->most))
                sum->most = ENTRY_SIZE_UNKNOWN;
}

static void tell(Diff *diff, DifferenceKind kind, const Recorded *before, const Recorded *now) {
        Difference difference = {
                .kind = kind, .path = (now ? now : before)->entry.path, .before = before, .now = now
        };
        if (!path_is_within(difference.path, diff->path))
                return;
        diff->totals->of[kind].count++;
        add_size(&diff->totals->of[kind].before, before);
        add_size(&diff->totals->of[kind].now, now);
        diff->sink(diff->context, &difference);
}

/* What one of the archives does not know does not count. */
static bool has_same_metadata(const Entry *before, const Entry *now) {
        Entry reference = *before;
        if (now->size == ENTRY_SIZE_UNKNOWN)
                reference.size = ENTRY_SIZE_UNKNOWN;
        if (now->modified_nanoseconds < 0)
                reference.modified_nanoseconds = -1;
        return entry_is_unchanged(&reference, now);
}

static bool may_be_equal(SizeRange a, SizeRange b) {
        return a.least <= b.most && b.least <= a.most;
}

/* True when equal contents have equal signatures. */
static bool are_comparable(const Recorded *a, const Recorded *b) {
        return a->has_signature && b->has_signature && a->signature.block_length == b->signature.block_length &&
               a->signature.strong_length == b->signature.strong_length;
}

/* Of two files. Where their signatures cannot tell, the metadata does. */
static Error *have_same_content(Diff *diff, bool *ret_same) {
        const Recorded *before = diff->before.recorded, *now = diff->now.recorded;
        uint8_t then_hash[DIGEST_SHA256_SIZE], now_hash[DIGEST_SHA256_SIZE];
        *ret_same = may_be_equal(before->size, now->size);
        if (!*ret_same)
                return NULL;
        *ret_same = has_same_metadata(&before->entry, &now->entry);
        if (!are_comparable(before, now))
                return NULL;
        TRY(previous_digest_signature(diff->before.previous, then_hash));
        TRY(previous_digest_signature(diff->now.previous, now_hash));
        *ret_same = memcmp(then_hash, now_hash, sizeof now_hash) == 0;
        return NULL;
}

/* The same but for mode, owner and time; not for files, whose content would have to be looked at. */
static bool is_same_object(const Entry *before, const Entry *now) {
        switch (now->type) {
        case ENTRY_LINK:
                return has_same_metadata(before, now); /* that is the target alone */
        case ENTRY_CHAR_DEVICE:
        case ENTRY_BLOCK_DEVICE:
                return before->major == now->major && before->minor == now->minor;
        case ENTRY_FILE:
        case ENTRY_FOLDER:
        case ENTRY_FIFO:
                return true;
        }
        abort(); /* every type is dealt with */
}

/* Both sides stand at the same path. */
static Error *compare(Diff *diff) {
        const Recorded *before = diff->before.recorded, *now = diff->now.recorded;
        if (moment_compare(before->when, now->when) == 0)
                return NULL; /* the same member of the same archive */
        bool is_same = before->entry.type == now->entry.type && is_same_object(&before->entry, &now->entry);
        if (is_same && now->entry.type == ENTRY_FILE)
                TRY(have_same_content(diff, &is_same));
        if (!is_same)
                tell(diff, DIFFERENCE_CHANGED, before, now);
        else if (!has_same_metadata(&before->entry, &now->entry))
                tell(diff, DIFFERENCE_ATTRIBUTES, before, now);
        return NULL;
}

/* Negative: the path of BEFORE is not in NOW, and comes first; positive the other way round. */
static int compare_sides(const Diff *diff) {
        if (!diff->before.recorded)
                return 1;
        return diff->now.recorded ? path_compare(diff->before.recorded->entry.path, diff->now.recorded->entry.path)
                                  : -1;
}

static Error *step(Side *side) {
        return previous_next(side->previous, &side->recorded);
}

static Error *compare_all(Diff *diff) {
        TRY(step(&diff->before));
        TRY(step(&diff->now));
        while (diff->before.recorded || diff->now.recorded) {
                int order = compare_sides(diff);
                TRY(cancel_check());
                if (order < 0)
                        tell(diff, DIFFERENCE_REMOVED, diff->before.recorded, NULL);
                else if (order > 0)
                        tell(diff, DIFFERENCE_ADDED, NULL, diff->now.recorded);
                else
                        TRY(compare(diff));
                if (order <= 0)
                        TRY(step(&diff->before));
                if (order >= 0)
                        TRY(step(&diff->now));
        }
        return NULL;
}

static Moment end_of(const Choice *choice) {
        return choice->chain->sets[choice->set_count - 1]->end;
}

/* The sets that show the tree before the last set of LATER. */
static Error *choose_before(const Collection *collection, const Choice *later, Choice *ret_choice) {
        *ret_choice = (Choice){ .chain = later->chain, .set_count = later->set_count - 1 };
        if (ret_choice->set_count)
                return NULL;
        Moment before = { end_of(later).seconds - 1 };
        TRY(choose_sets(collection, before, ret_choice));
        if (moment_compare(end_of(ret_choice), before) > 0)
                return error_with_code(error_new(ERROR_MISSING, "there is no backup to compare with before the %s",
                                                 session_set_text(later->chain->sets[0]).text),
                                       EXIT_CODE_NOTHING_RESTORED);
        return NULL;
}

static Error *open_sides(Session *session, Diff *diff) {
        const Job *job = session->job;
        Choice before, now;
        TRY(choose_sets(session->collection, job->has_time ? job->time : job->times.now, &now));
        if (job->has_from)
                TRY(choose_sets(session->collection, job->from, &before));
        else
                TRY(choose_before(session->collection, &now, &before));
        diff->totals->from = end_of(&before);
        diff->totals->to = end_of(&now);
        TRY(previous_open(session, before.chain, before.set_count, &diff->before.previous));
        return previous_open(session, now.chain, now.set_count, &diff->now.previous);
}

Error *diff_run(const Job *job, DiffTotals *totals, DiffSink *sink, void *context) {
        AUTO(session_close) Session *session = NULL;
        AUTO_TEXT char *path = path_clean(job->path ? job->path : "");
        Diff diff = { .path = path, .totals = totals, .sink = sink, .context = context };
        TRY(session_open(job, SESSION_READS, &session));
        TRY(cache_drop_strangers(session));
        Error *error = open_sides(session, &diff);
        if (!error)
                error = compare_all(&diff);
        previous_close(diff.before.previous);
        previous_close(diff.now.previous);
        return error;
}

const char *difference_kind_name(DifferenceKind kind) {
        static const char *const names[] = {
                [DIFFERENCE_ADDED] = "added",
                [DIFFERENCE_REMOVED] = "removed",
                [DIFFERENCE_CHANGED] = "changed",
                [DIFFERENCE_ATTRIBUTES] = "attributes",
        };
        return names[kind];
}
