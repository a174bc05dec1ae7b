/* Periodic: what cron runs. It needs no Juju: it reads what the hooks have written down. */
#ifndef CHARM_PERIODIC_H
#define CHARM_PERIODIC_H

/* Runs a "backup" or a "deletion" of the unit UNIT, and writes down how it went (charm/outcome.h). Another run of the
 * unit that is still at it is noted, and nothing is done. Returns the exit status. */
int periodic_run(const char *kind, const char *unit);

#endif
