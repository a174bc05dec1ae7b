/* Deeds: what the actions do. */
#ifndef CHARM_DEEDS_H
#define CHARM_DEEDS_H

#include "charm/actions.h"
#include "charm/output.h"
#include "charm/unit.h"
#include "engine/job.h"

/* One action at work. */
typedef struct Deed {
        const Unit *unit;
        const Snapshot *snapshot;
        const ActionParameters *parameters;
        Job *job; /* as the config means it */
        Arena *arena;
        Output output;
} Deed;

/* Each adds to the output, tells Juju results of its own, and returns why it failed. */
typedef Error *DeedRun(Deed *deed);
DeedRun deed_backup, deed_status, deed_list, deed_verify, deed_check, deed_restore, deed_remove_older,
        deed_remove_chains, deed_remove_incrementals, deed_cleanup, deed_connection;

#endif
