/* Unit: which Juju unit we are, and where its files lie. Two applications of the charm on one machine share nothing but
 * folders: every file's name has the unit in it. */
#ifndef CHARM_UNIT_H
#define CHARM_UNIT_H

#include "base/arena.h"
#include "base/error.h"

typedef struct Unit {
        const char *name;        /* "duplicity/0" */
        const char *dashed;      /* "duplicity-0": part of file names, and the folder below the target */
        const char *application; /* "duplicity" */
        const char *charm;       /* folder of the charm; NULL where only the unit's own files are wanted */
        const char *program;     /* our executable in it; NULL likewise */
        const char *run_action;  /* how an operator runs an action: "juju run" */

        /* All begin with the root, which is "" but in trials. */
        const char *state_folder;   /* 0755: what the check, which runs as nagios, may read */
        const char *private_folder; /* in it, 0700: what holds secrets */
        const char *snapshot;       /* in that: the config as the hooks last saw it */
        const char *ssh_key, *known_hosts, *gnupg_home, *tls_ca;
        const char *backup_outcome, *deletion_outcome, *plan; /* in the state folder: how runs ended, what is planned */
        const char *run_lock, *read_lock; /* folders: taken by whatever changes, or reads, the repository (run.h) */
        const char *archive_folder;       /* of the engine, 0700 */
        const char *scratch_folder;
        const char *protection; /* private: what the newest chain of backups is encrypted with, in a word */
        const char *package_sources, *added_repositories; /* private: what sources.c has done */
        const char *held_packages;                        /* private: what packages.c has done */
        const char *log_folder, *log;
        const char *output_folder; /* in the log folder: long outputs of actions */
        const char *backup_cron, *deletion_cron;
        const char *nrpe_folder, *nagios_export_folder;
        const char *apt_sources_folder, *apt_keys_folder, *os_release;
} Unit;

/* Whose a file of the machine is, as what it holds tells: other applications of the charm may lie beside this unit. */
typedef enum Owner { OWNER_NOBODY, OWNER_US, OWNER_OTHERS } Owner;

/* The unit of that name ("duplicity/0"); everything is made in ARENA. CHARM may be NULL, ROOT is put in front of every
 * path outside of it. ERROR_USER when NAME is no unit's name. */
CHECKED Error *unit_make(const char *name, const char *charm, const char *root, Arena *arena, Unit *ret_unit);

/* Makes the unit's folders with their modes. */
CHECKED Error *unit_make_folders(const Unit *unit);

#endif
