/* Record: a Change becomes members of the volumes and of the signature archive. */
#ifndef ENGINE_RECORD_H
#define ENGINE_RECORD_H

#include "engine/ahead.h"
#include "engine/plan.h"
#include "engine/summary.h"

typedef struct Record Record;

/* Begins the set of PLAN, or goes on with it. AHEAD gives the changes to come, their content and their signatures; WALK,
 * which it uses, serves for telling paths. With job->dry_run nothing is read or written, only counted. What cannot be
 * read is counted and told in SUMMARY. All stay the caller's. */
CHECKED Error *record_open(Session *session, const Plan *plan, const Walk *walk, Ahead *ahead, Summary *summary,
                           Record **ret_record);

/* Records the change that ahead_next has just given. What an earlier run has dealt with is passed over. */
CHECKED Error *record_change(Record *record, const Change *change);

/* Says that no change follows. */
CHECKED Error *record_end_changes(Record *record);

/* After an error of either: true when a file that an earlier run has stored in part is not what it was. Nothing of this
 * run has been stored then; another can begin at an earlier point (resume_go_back). */
bool record_must_go_back(const Record *record);

/* Completes and publishes the set, or leaves none: nothing has changed, and the job says to skip such; releases. */
CHECKED Error *record_finish(Record *record);

/* Leaves no set; releases. */
void record_abandon(Record *record);
DEFINE_AUTO(Record, record_abandon)

#endif
