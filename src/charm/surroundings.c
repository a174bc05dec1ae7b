#include "charm/surroundings.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

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
        TRY(unit_make(name, charm, surroundings_root(), arena, ret_unit));
        const char *version = getenv("JUJU_VERSION");
        if (version && strncmp(version, "2.", 2) == 0)
                ret_unit->run_action = "juju run-action --wait";
        return NULL;
}

const char *surroundings_output_path(const Unit *unit, const char *action, Moment now, Arena *arena) {
        const char *id = getenv("JUJU_ACTION_UUID");
        char time[17];
        when_print_compact(now, time);
        return arena_print(arena, "%s/%s-%s-%s.txt", unit->output_folder, time, action, id ? id : "0");
}

void surroundings_set_home(void) {
        const struct passwd *account = getpwuid(geteuid());
        if (!account || getenv("HOME"))
                return;
        AUTO_TEXT char *home = memory_print("%s%s", surroundings_root(), account->pw_dir);
        (void)setenv("HOME", home, 1); /* fails without memory only */
}
