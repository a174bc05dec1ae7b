/* Keys: credentials of the config that programs and libraries want to have in files. */
#ifndef CHARM_KEYS_H
#define CHARM_KEYS_H

#include "charm/config.h"
#include "charm/unit.h"

/* Removes what CONFIG, good or not, has no option for any longer. */
CHECKED Error *keys_drop(const Unit *unit, const CharmConfig *config);

/* Writes the unit's private ssh key, known hosts, CA certificates and keyring (the key of gpg_public_key, when it is an
 * armoured one) as CONFIG, a good one, wants them. *ret_problem, made in ARENA, is what the operator has to correct,
 * NULL when all is well: GnuPG may refuse a key that looked like one, root's keyring may not have the one that is named,
 * or the key may be one that nothing can be encrypted to today: expired, revoked, without a subkey for it. */
CHECKED Error *keys_set_up(const Unit *unit, const CharmConfig *config, Arena *arena, const char **ret_problem);

/* True when gpg_public_key is an armoured key, rather than the name of one in root's keyring. */
bool keys_is_armoured(const CharmConfig *config);

/* The fingerprint of the armoured key that keys_set_up has imported: the only one in the unit's keyring. Made in ARENA.
 * ERROR_MISSING when there is none. */
CHECKED Error *keys_find_imported(const Unit *unit, Arena *arena, const char **ret_fingerprint);

#endif
