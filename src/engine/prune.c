#include "engine/prune.h"

#include <dirent.h>
#include <errno.h>
#include <unistd.h>

#include "base/log.h"
#include "engine/resume.h"
#include "engine/session.h"
#include "sys/cancel.h"

/* A manifest, signature archive or the like in the archive folder. */
typedef struct LocalFile {
        const char *path;
        FileName parsed;
        bool is_leftover; /* of a set that the far side does not have, or unfinished */
} LocalFile;

DEFINE_LIST(LocalFileList, local_file_list, LocalFile)

typedef struct Prune {
        Session *session;
        LocalFileList local;
        TextList leftovers;
        RetentionPlan plan;
        PruneReport report;
} Prune;

static void prune_clear(Prune *prune) {
        local_file_list_clear(&prune->local);
        text_list_clear(&prune->leftovers);
        session_close(prune->session);
}

/* ---- the archive folder ---- */

static bool is_of(const FileName *name, bool full, Moment start, Moment end) {
        return name->full == full && name->start.seconds == start.seconds && name->end.seconds == end.seconds;
}

static bool is_among(const FileName *name, const BackupSet *const *sets, size_t count) {
        for (size_t i = 0; i < count; i++)
                if (is_of(name, sets[i]->full, sets[i]->start, sets[i]->end))
                        return true;
        return false;
}

/* True when the far side has the set that NAME belongs to, finished or not. */
static bool has_set(const Collection *collection, const FileName *name) {
        for (size_t i = 0; i < collection->chain_count; i++)
                if (is_among(name, collection->chains[i].sets, collection->chains[i].set_count))
                        return true;
        return is_among(name, collection->orphans, collection->orphan_count) ||
               is_among(name, collection->incompletes, collection->incomplete_count);
}

static void note_local_file(Prune *prune, const char *name) {
        const Session *session = prune->session;
        LocalFile file;
        if (!name_parse(name, &session->job->prefixes, &session->job->times, &file.parsed) ||
            file.parsed.kind == FILE_VOLUME)
                return;
        file.path = arena_print(session->arena, "%s/%s", session->archive_folder, name);
        file.is_leftover = file.parsed.partial || !has_set(session->collection, &file.parsed);
        local_file_list_add(&prune->local, file);
}

static Error *read_archive_folder(Prune *prune) {
        const char *path = prune->session->archive_folder;
        DIR *folder = opendir(path);
        if (!folder)
                return error_from_errno(errno, "cannot read archive folder '%s'", path);
        for (const struct dirent *found; (found = readdir(folder));)
                note_local_file(prune, found->d_name);
        closedir(folder);
        return NULL;
}

static void find_leftovers(Prune *prune) {
        for (size_t i = 0; i < prune->local.count; i++)
                if (prune->local.items[i].is_leftover)
                        text_list_add(&prune->leftovers, prune->local.items[i].path);
}

static void remove_local(const char *path) {
        if (unlink(path) < 0 && errno != ENOENT)
                log_warning("cannot remove '%s': %s (the next backup tries again)", path, strerror(errno));
}

static bool is_of_verdict(const FileName *name, const Verdict *verdict) {
        const BackupSet *set = verdict->set;
        if (set)
                return is_of(name, set->full, set->start, set->end);
        const FileName *stray = &verdict->file->parsed;
        return is_of(name, stray->full, stray->start, stray->end);
}

static void remove_local_copies(const Prune *prune, const Verdict *verdict) {
        bool is_duplicate = verdict->set && verdict->file;
        for (size_t i = 0; i < prune->local.count && !is_duplicate; i++)
                if (is_of_verdict(&prune->local.items[i].parsed, verdict))
                        remove_local(prune->local.items[i].path);
}

/* ---- the far side ---- */

static void tell_chain(const Prune *prune, const Chain *chain) {
        char end[40];
        when_print_local(chain_end(chain), end);
        if (prune->report.rule->kind == RETENTION_INCREMENTALS)
                log_notice("Deleting any incremental backup chain rooted at %s", end);
        else
                log_notice("Deleting complete backup chain %s", end);
}

static Error *remove_file(Prune *prune, const SetFile *file) {
        Session *session = prune->session;
        TRY(cancel_check());
        log_info("Deleting %s", file->name);
        TRY_AS(storage_remove(session->storage, file->name),
               "cannot remove '%s' from '%s' (the same command goes on from here)", file->name, session->storage_text);
        prune->report.removed_files++;
        prune->report.removed_bytes += file->size;
        return NULL;
}

static Error *remove_planned(Prune *prune) {
        const RetentionPlan *plan = &prune->plan;
        const Chain *chain = NULL;
        for (size_t i = 0; i < plan->removal_count; i++) {
                const Verdict *verdict = plan->removals[i].verdict;
                bool is_last = i + 1 == plan->removal_count || plan->removals[i + 1].verdict != verdict;
                if (verdict->chain && verdict->chain != chain && !verdict->file)
                        tell_chain(prune, verdict->chain);
                chain = verdict->chain;
                TRY(remove_file(prune, plan->removals[i].file));
                if (is_last)
                        remove_local_copies(prune, verdict);
        }
        return NULL;
}

static Error *execute(Prune *prune) {
        /* first: a set that has lost volumes must not be continued */
        if (prune->report.rule->kind == RETENTION_CLEANUP)
                resume_drop(prune->session);
        TRY(remove_planned(prune));
        for (size_t i = 0; i < prune->leftovers.count; i++)
                remove_local(prune->leftovers.items[i]);
        return NULL;
}

static bool can_continue(const void *session, const BackupSet *set) {
        return resume_is_possible(session, set);
}

static Error *open_prune(const Job *job, Prune *prune) {
        TRY(retention_rule_check(&job->retention));
        TRY(session_open(job, SESSION_WORKS, &prune->session));
        session_tell_last_full(prune->session);
        TRY(read_archive_folder(prune));
        if (job->retention.kind == RETENTION_CLEANUP)
                find_leftovers(prune);
        prune->plan = retention_plan(prune->session->collection, &job->retention, can_continue, prune->session,
                                     prune->session->arena);
        prune->report = (PruneReport){
                .rule = &job->retention,
                .plan = &prune->plan,
                .local_files = &prune->leftovers,
                .will_delete = job->force && !job->dry_run,
                .is_dry_run = job->dry_run,
        };
        return NULL;
}

Error *prune_run(const Job *job, PruneSink *sink, void *context) {
        AUTO_VALUE(prune_clear) Prune prune = { .session = NULL };
        TRY(open_prune(job, &prune));
        sink(context, &prune.report);
        if (prune.report.will_delete)
                TRY(execute(&prune));
        prune.report.is_done = true;
        sink(context, &prune.report);
        return NULL;
}
