/* Check: the Nagios plugin (its guidelines: one line, performance data behind '|', the exit status says how bad). */
#ifndef CHARM_CHECK_H
#define CHARM_CHECK_H

#include "charm/outcome.h"

typedef enum CheckState { CHECK_OK, CHECK_WARNING, CHECK_CRITICAL, CHECK_UNKNOWN } CheckState; /* the exit statuses */

/* What the hooks have set up, for one kind of runs. */
typedef struct Watched {
        const char *noun;     /* "backup", "deletion" */
        const char *disabled; /* why there are no runs, on purpose; NULL: there are */
        const char *blocked;  /* why there are none although there should be; NULL: nothing is wrong */
        int64_t alert_after;  /* seconds; 0: runs are made by hand, no age is wrong */
        Moment since;         /* when the schedule came to be: a good run is waited for since then */
        const char *remedy;   /* what an operator does to run it now: "juju run duplicity/0 do-backup" */
        const char *log;      /* file to look at */
} Watched;

/* Judges. Appends the line, without a newline, and at most 1000 bytes. IS_ALIVE: the run that is said to be running is;
 * SCRATCH_FREE: bytes left for temporary files. Pure. */
CheckState check_judge(const Watched *watched, const Outcome *outcome, bool is_alive, uint64_t scratch_free, Moment now,
                       Buffer *out);

/* The plugin: KIND is "backups" or "deletions", UNIT the unit's name. Prints the line and returns the exit status. */
int check_main(const char *kind, const char *unit);

#endif
