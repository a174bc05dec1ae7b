/* Charm: the roles in which Juju, cron and Nagios call us. */
#ifndef CHARM_CHARM_H
#define CHARM_CHARM_H

/* A hook or an action, by the name of its link. The exit status is not 0 only when it has to be run again: a wrong
 * config is told by the unit's status, a failed action by action-fail. */
int charm_hook(const char *name);
int charm_action(const char *name);

/* What cron runs for the unit UNIT: KIND is "backup" or "deletion". The exit status is 0 when it did what it was for,
 * or left it to one that is still at it. */
int charm_run(const char *kind, const char *unit);

#endif
