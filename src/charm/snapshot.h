/* Snapshot: the config as the hooks last saw it, for runs that Juju knows nothing of. A private file (0600), replaced
 * as a whole. */
#ifndef CHARM_SNAPSHOT_H
#define CHARM_SNAPSHOT_H

#include "charm/config.h"
#include "charm/unit.h"

/* Names of the model's proxies, "" where there is none. */
typedef struct Proxies {
        const char *http, *https, *ftp, *none;
} Proxies;

typedef struct Snapshot {
        CharmConfig config;
        Proxies proxies;
} Snapshot;

CHECKED Error *snapshot_write(const Unit *unit, const Snapshot *snapshot);

/* All texts are made in ARENA. ERROR_MISSING when no hook has written one; ERROR_CORRUPT when it is damaged: both name
 * the file and the remedy. */
CHECKED Error *snapshot_read(const Unit *unit, Arena *arena, Snapshot *ret_snapshot);

/* The proxies that Juju tells in the environment of hooks (JUJU_CHARM_HTTP_PROXY, ...). */
Proxies snapshot_proxies_of_environment(void);

/* Puts them where libraries and programs look (http_proxy, ...). */
void snapshot_use_proxies(const Proxies *proxies);

#endif
