/* Packages: what the unit needs of Debian's and Ubuntu's packages, through apt. */
#ifndef CHARM_PACKAGES_H
#define CHARM_PACKAGES_H

#include "charm/config.h"
#include "charm/unit.h"

/* Takes back what CONFIG, right or wrong, no longer wants of what was done to the machine's apt: package sources, their
 * keys, and holds. *ret_problem as below. */
CHECKED Error *packages_drop(const Unit *unit, const CharmConfig *config, Arena *arena, const char **ret_problem);

/* After packages_drop: adds the package sources of install_sources, installs what is missing of the programs that
 * CONFIG, a good one, makes us run (gnupg for encryption; rsync for its backend; ca-certificates for backends that use
 * TLS, unless tls_ca_certificate says whom to trust; cron for schedules) and of extra_packages, and holds them when
 * package_status says so: what others hold stays theirs. Asks the network only when something is missing. *ret_problem,
 * made in ARENA, is what the operator has to correct: names the package or the option. */
CHECKED Error *packages_set_up(const Unit *unit, const CharmConfig *config, Arena *arena, const char **ret_problem);

/* Takes back what was done to the machine's apt: the sources, their keys, and the holds. Packages stay. */
CHECKED Error *packages_remove(const Unit *unit);

#endif
