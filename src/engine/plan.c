#include "engine/plan.h"

#include <limits.h>
#include <netdb.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "engine/cache.h"
#include "engine/resume.h"
#include "sys/cancel.h"
#include "sys/clock.h"

char *plan_host(void) {
        char host[HOST_NAME_MAX + 1] = "localhost";
        (void)gethostname(host, sizeof host); /* cannot fail for a buffer of this size */
        host[sizeof host - 1] = '\0';
        return memory_text(host);
}

char *plan_source(const char *folder) {
        AUTO_TEXT char *clean = path_clean(folder);
        return clean[0] ? TAKE(clean) : memory_text(".");
}

/* The first set of CHAIN without a signature archive, NULL when each has one. */
static const BackupSet *find_unsigned(const Chain *chain) {
        for (size_t i = 0; i < chain->set_count; i++)
                if (!chain->sets[i]->signature)
                        return chain->sets[i];
        return NULL;
}

/* The chain that an incremental may continue, or NULL with the reason told. */
static Error *find_base(const Session *session, const Chain *newest, const Chain **ret_base) {
        const Job *job = session->job;
        *ret_base = NULL;
        if (job->kind == BACKUP_FULL)
                return NULL;
        const BackupSet *lame = newest ? find_unsigned(newest) : NULL;
        if (lame) {
                log_warning("the signature archive of the %s is missing: its chain can be restored, but not be "
                            "continued; only a full backup can follow",
                            session_set_text(lame).text);
                newest = NULL;
        }
        if (!newest && job->kind == BACKUP_INCREMENTAL)
                return error_with_code(
                        error_new(ERROR_USER,
                                  "cannot make an incremental backup: there is no full backup with signatures to "
                                  "continue at '%s' (make one with 'full')",
                                  session->storage_text),
                        EXIT_CODE_INC_WITHOUT_SIGNATURES);
        if (!newest) {
                log_notice("No signatures found, switching to full backup.");
                return NULL;
        }
        if (job->has_full_before && moment_compare(chain_start(newest), job->full_before) < 0) {
                log_notice("Last full backup is too old, forcing full backup");
                return NULL;
        }
        *ret_base = newest;
        return NULL;
}

static void raise_to(Moment *latest, const BackupSet *set) {
        if (moment_compare(set->end, *latest) > 0)
                *latest = set->end;
}

Moment plan_latest_moment(const Collection *collection) {
        Moment latest = { INT64_MIN };
        for (size_t i = 0; i < collection->chain_count; i++)
                raise_to(&latest, chain_last(&collection->chains[i]));
        for (size_t i = 0; i < collection->orphan_count; i++)
                raise_to(&latest, collection->orphans[i]);
        return latest;
}

/* Volumes that a killed run has left must not become part of the new set. */
static bool is_taken(const Collection *collection, Moment moment) {
        for (size_t i = 0; i < collection->incomplete_count; i++)
                if (collection->incompletes[i]->end.seconds == moment.seconds)
                        return true;
        return false;
}

enum { PATIENCE = 30 }; /* tenths of a second until a clock that stands still is taken for fixed */

/* A set that is not later than every other would never be found again, or would overwrite one. */
static Error *choose_time(const Session *session, Moment *ret_time) {
        Moment latest = plan_latest_moment(session->collection);
        Moment now = session->job->times.now;
        char latest_text[24], now_text[24];
        for (unsigned tries = 0; tries < PATIENCE; tries++) {
                if (now.seconds != latest.seconds && !is_taken(session->collection, now))
                        break;
                TRY(cancel_check());
                clock_sleep(0.1);
                now = clock_now();
        }
        if (now.seconds <= latest.seconds || is_taken(session->collection, now)) {
                when_print_w3(latest, latest_text);
                when_print_w3(now, now_text);
                return error_with_code(
                        error_new(ERROR_USER,
                                  "cannot back up at %s: there is a backup of %s already (set the clock right)",
                                  now_text, latest_text),
                        EXIT_CODE_USER_ERROR);
        }
        *ret_time = now;
        return NULL;
}

static bool is_this_host(const char *host) {
        AUTO_TEXT char *mine = plan_host();
        if (strcmp(host, mine) == 0)
                return true;
        struct addrinfo hints = { .ai_flags = AI_CANONNAME }, *found = NULL;
        if (getaddrinfo(mine, NULL, &hints, &found) != 0)
                return false;
        bool same = found->ai_canonname && strcmp(host, found->ai_canonname) == 0;
        freeaddrinfo(found);
        return same;
}

static Error *check_source(Session *session, const Chain *base) {
        Manifest manifest;
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_TEXT char *source = plan_source(session->job->folder);
        if (session->job->allow_source_mismatch)
                return NULL;
        TRY(cache_read_manifest(session, chain_last(base), arena, &manifest));
        if (manifest.host && !is_this_host(manifest.host))
                return error_with_code(
                        error_new(ERROR_USER,
                                  "the backup at '%s' is of host '%s', not of this one (say --allow-source-mismatch, "
                                  "or use another target)",
                                  session->storage_text, manifest.host),
                        EXIT_CODE_HOST_MISMATCH);
        if (manifest.source && strcmp(manifest.source, source) != 0)
                return error_with_code(
                        error_new(ERROR_USER,
                                  "the backup at '%s' is of '%s', not of '%s' (say --allow-source-mismatch, or use "
                                  "another target)",
                                  session->storage_text, manifest.source, source),
                        EXIT_CODE_SOURCE_MISMATCH);
        return NULL;
}

/* The manifest of the newest encrypted set; NULL when there is none. */
static const SetFile *newest_encrypted(const Chain *chain) {
        for (size_t i = chain->set_count; i > 0; i--)
                if (chain->sets[i - 1]->manifest->parsed.encrypted)
                        return chain->sets[i - 1]->manifest;
        return NULL;
}

/* A set that needs another passphrase than its chain could never be restored with it. The far side's manifest tells,
 * at the cost of one small file. */
static Error *check_passphrase(Session *session, const Chain *base) {
        enum { MOST = 1 << 16 };
        const SetFile *manifest = newest_encrypted(base);
        const OpenPgp *openpgp;
        const Job *job = session->job;
        char piece[4096];
        size_t length;
        if (job->no_encryption && manifest)
                log_warning("the chain that is continued is encrypted, what is added to it is not (--no-encryption)");
        if (job->no_encryption || job->use_agent || !manifest)
                return NULL;
        TRY(session_openpgp_for_writing(session, &openpgp));
        if (!openpgp_is_symmetric(openpgp))
                return NULL;
        AUTO(reader_close) Reader *reader = NULL;
        TRY(session_read(session, manifest, &reader));
        for (size_t total = 0; total < MOST; total += length) {
                TRY_AS(reader_read(reader, piece, sizeof piece, &length), "cannot continue the chain at '%s'",
                       session->storage_text);
                if (length == 0)
                        break;
        }
        return NULL;
}

static Error *decide(Session *session, Plan *plan) {
        const Chain *newest = collection_newest(session->collection);
        session_tell_last_full(session);
        TRY(find_base(session, newest, &plan->base));
        plan->full = !plan->base;
        if (plan->base)
                plan->start = chain_end(plan->base);
        if (!session->job->dry_run)
                TRY(resume_find(session, plan));
        if (plan->base) {
                TRY(check_source(session, plan->base));
                TRY(check_passphrase(session, plan->base));
        }
        if (plan->resume)
                return NULL;
        TRY(choose_time(session, &plan->time));
        if (plan->full)
                plan->start = plan->time;
        return NULL;
}

Error *plan_backup(Session *session, Plan *ret_plan) {
        Plan plan = { .full = true };
        Error *error = decide(session, &plan);
        if (error)
                plan_clear(&plan);
        else
                *ret_plan = plan;
        return error;
}

void plan_clear(Plan *plan) {
        resume_free(TAKE(plan->resume));
}
