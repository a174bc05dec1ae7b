/* Statistics: what --jsonstat leaves beside a set, for other programs (FORMAT.md, "Statistics file"). */
#ifndef ENGINE_STATISTICS_H
#define ENGINE_STATISTICS_H

#include "engine/plan.h"
#include "engine/summary.h"

/* Stores the numbers of SUMMARY beside the set of PLAN, which is complete; encrypted as its manifest is. */
CHECKED Error *statistics_store(Session *session, const Plan *plan, const Summary *summary);

#endif
