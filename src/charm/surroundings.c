#include "charm/surroundings.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

const char *surroundings_root(void) {
        const char *root = getenv("CHARM_DUPLICITY_ROOT");
        return root ? root : "";
}

Error *surroundings_unit(Arena *arena, Unit *ret_unit) {
        const char *name = getenv("JUJU_UNIT_NAME"), *charm = getenv("JUJU_CHARM_DIR");
        if (!charm)
                charm = getenv("CHARM_DIR");
        if (!name || !charm)
                return error_new(ERROR_USER, "hooks and actions are run by Juju, which sets JUJU_UNIT_NAME and "
                                 "JUJU_CHARM_DIR");
        return unit_make(name, charm, surroundings_root(), arena, ret_unit);
}

void surroundings_set_home(void) {
        const struct passwd *account = getpwuid(geteuid());
        if (account && !getenv("HOME"))
                (void)setenv("HOME", account->pw_dir, 1); /* fails without memory only */
}
