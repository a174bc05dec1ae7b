/* Plan: full or incremental, on which sets, at which time. */
#ifndef ENGINE_PLAN_H
#define ENGINE_PLAN_H

#include "engine/session.h"

typedef struct Resume Resume;

typedef struct Plan {
        bool full;
        const Chain *base; /* the chain to continue; NULL for a full set */
        Moment start;      /* end of the last set of BASE; equals time for a full set */
        Moment time;       /* of the new set: later than every set there is */
        Resume *resume;    /* the unfinished set that is continued; NULL: there is nothing of this one yet */
} Plan;

/* Decides; an unfinished set that fits is continued, unless for a dry run. Explicit incremental with nothing to continue: ERROR_USER, exit code 17. Another host or source than the
 * last set's: exit codes 3 and 42, unless allowed. A clock behind the last set: ERROR_USER. Waits a second when the
 * last set is of this one. */
CHECKED Error *plan_backup(Session *session, Plan *ret_plan);
void plan_clear(Plan *plan);

/* When the latest set ends that has a manifest; INT64_MIN seconds when there is none. */
Moment plan_latest_moment(const Collection *collection);

/* Host name and source path as the manifest keeps them: the path as typed, without doubled or trailing slashes and
 * "/./". Caller frees. */
char *plan_host(void);
char *plan_source(const char *folder);

#endif
