/* Retention: which sets and files of a repository a command takes away, in which order, and why (FORMAT.md,
 * "Removal"). Pure but for the process's time zone: days, weeks, months and years are local ones. */
#ifndef CATALOG_RETENTION_H
#define CATALOG_RETENTION_H

#include "catalog/collection.h"

typedef enum RetentionKind {
        RETENTION_OLDER_THAN,   /* chains that ended before a moment */
        RETENTION_CHAINS,       /* all chains but the newest ones */
        RETENTION_INCREMENTALS, /* the incrementals of all chains but the newest ones */
        RETENTION_POLICY,       /* chains of which no set is one to be kept */
        RETENTION_CLEANUP,      /* everything that belongs to no chain, and duplicates */
} RetentionKind;

typedef enum RetentionPeriod {
        RETENTION_LAST, /* each set by itself */
        RETENTION_DAY,
        RETENTION_WEEK, /* from Monday */
        RETENTION_MONTH,
        RETENTION_YEAR,
        RETENTION_PERIODS,
} RetentionPeriod;

typedef struct RetentionRule {
        RetentionKind kind;
        Moment before;                    /* RETENTION_OLDER_THAN */
        unsigned chain_count;             /* RETENTION_CHAINS and _INCREMENTALS: how many are spared, at least 1 */
        unsigned keep[RETENTION_PERIODS]; /* RETENTION_POLICY: of so many of the newest days (weeks, ...) with backups
                                             the last set is kept, and its chain with it */
} RetentionRule;

/* What becomes of one set, or of one file. */
typedef struct Verdict {
        const Chain *chain;   /* NULL: of none */
        const BackupSet *set; /* NULL: a stray */
        const SetFile *file;  /* a stray, or a duplicate in SET; NULL: the whole of SET */
        bool is_removed;
        bool is_needed;       /* older than the moment, but newer sets of its chain build upon it */
        const char *reason;   /* "its chain ended before 2026-11-23T04:43:46Z" */
} Verdict;

typedef struct Removal {
        const SetFile *file;
        const Verdict *verdict;
} Removal;

typedef struct RetentionPlan {
        size_t verdict_count;
        const Verdict *verdicts; /* chains and their sets oldest first, then what is of no chain */
        size_t removal_count;
        const Removal *removals; /* in the order to be kept: what is left is sound wherever it is broken off */
        bool newest_is_older;    /* the newest chain ended before the moment, too; it is kept */
} RetentionPlan;

/* True when the unfinished SET can be continued. */
typedef bool RetentionTest(const void *context, const BackupSet *set);

/* Decides by RULE, which retention_rule_check has passed; the plan is made in ARENA. The newest chain is never removed,
 * nor (by a policy) the newest without a gap in the numbers of its volumes. CAN_CONTINUE is asked by RETENTION_CLEANUP
 * only (NULL: no set can).
 *
 * Chains go from the oldest to the newest, their sets from the last to the full one. Of a set, duplicates go first (one
 * of them could stand in for the manifest), then the manifest, which unmakes the set, then the rest, volumes from the
 * last to the first. */
RetentionPlan retention_plan(const Collection *collection, const RetentionRule *rule, RetentionTest *can_continue,
                             const void *context, Arena *arena);

/* Refuses rules that spare nothing by themselves, a policy without a count or a count of 0 chains: ERROR_USER with exit
 * code 2. */
CHECKED Error *retention_rule_check(const RetentionRule *rule);

#endif
