/* Trial: the engine's verbs on a small tree, "src" in the current folder, and the storage in memory. */
#ifndef ENGINE_TRIAL_H
#define ENGINE_TRIAL_H

#include "engine/engine.h"
#include "engine/memory_storage.h"
#include "engine/session.h"
#include "engine/tree.h"
#include "support/test.h"

/* What the runs below are asked to do; tests change it between trial_begin and them. */
extern Job trial_job;

/* What the last run said and did. */
extern Summary trial_summary;

/* An empty store, the folder "src" with nothing in it, a Job without encryption and retries, with one
 * transfer at a time. */
void trial_begin(void);

/* Run a verb at AT (seconds since 1970), or as of AT. */
Error *trial_try_backup(int64_t at);
Error *trial_try_restore(int64_t at, const char *folder);
Error *trial_try_verify(int64_t at,
                        const char *folder); /* NULL: compares with nothing; its lines are kept in trial_lines */

/* The same, which must go without any problem. */
void trial_backup(int64_t at);
void trial_restore(int64_t at, const char *folder);

/* Restores what there was at AT into a new folder, compares it with TEXT and removes it. */
void trial_check(int64_t at, const char *text);

/* The paths that listing_run tells, as of AT: "." and "a" and "a/b" are ". a a/b". Caller frees. */
char *trial_listing(int64_t at);

/* Lines of the last verification, each ended by a newline; and all messages of the log since trial_begin, debug ones
 * left out. */
const char *trial_lines(void);
const char *trial_log(void);

/* Opens a session at AT. */
Session *trial_session(int64_t at);

/* Set NUMBER, from 0, of the newest chain. */
const BackupSet *trial_set(const Session *session, size_t number);

/* Removes the archive folder. */
void trial_drop_cache(void);

#endif
