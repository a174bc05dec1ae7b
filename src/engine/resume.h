/* Resume: what a backup that was cut short leaves in the archive folder so that the next one continues it: found,
 * compared with the job and the far side, and how far of it counts. */
#ifndef ENGINE_RESUME_H
#define ENGINE_RESUME_H

#include "engine/checkpoint.h"
#include "engine/plan.h"
#include "engine/session.h"

/* Ends the state of a set that is complete on the far side: a run was cut short behind its manifest. What it has made
 * ready becomes the local copies. To be called before the cache is brought in step: not everybody who writes can
 * decrypt what would be fetched. */
void resume_settle(Session *session);

/* Looks for an unfinished set that the job may continue. PLAN has kind and base as they would be without one; when
 * there is one, they, start and time become its, and PLAN->resume is set. Why one is not continued is told as a notice;
 * its state stays until another set begins. */
CHECKED Error *resume_find(Session *session, Plan *plan);

/* Where to go on; NULL: at the beginning, under the old name. Valid until resume_go_back. */
const Checkpoint *resume_point(const Resume *resume);

/* Volume NUMBER, from 1 to that of the point, and its size as stored. */
const Volume *resume_volume(const Resume *resume, uint64_t number, uint64_t *ret_size);

/* Length of the log up to the point. */
uint64_t resume_log_length(const Resume *resume);

/* The file in which the point's volume ends cannot be continued: moves the point back to the checkpoint before the
 * volume with which that file began. */
CHECKED Error *resume_go_back(Resume *resume);

void resume_free(Resume *resume);
DEFINE_AUTO(Resume, resume_free)

/* True when the archive folder holds what it takes to continue SET, an incomplete one. */
bool resume_is_possible(const Session *session, const BackupSet *set);

/* Forgets everything that was kept to continue a backup. */
void resume_drop(Session *session);

/* Forgets everything that was kept to continue a backup. */
void resume_drop(Session *session);

#endif
