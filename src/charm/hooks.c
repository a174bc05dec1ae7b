#include "charm/hooks.h"

#include <string.h>

#include "base/attribute.h"
#include "base/log.h"
#include "charm/juju.h"
#include "charm/reconcile.h"
#include "charm/surroundings.h"
#include "charm/takeover.h"

typedef Error *HookHandler(const Unit *unit, Arena *arena);

static Error *make_it_so(const Unit *unit, Arena *arena) {
        Snapshot snapshot = { .proxies = snapshot_proxies_of_environment() };
        const Node *options = NULL;
        snapshot_use_proxies(&snapshot.proxies);
        TRY(juju_config(arena, &options));
        snapshot.config = config_read(options, arena);
        TRY(reconcile_unit(unit, &snapshot, arena));
        return reconcile_status(unit, &snapshot.config, arena);
}

static Error *begin(const Unit *unit, Arena *arena) {
        TRY(juju_set_status("maintenance", "Setting up backups"));
        TRY(juju_set_version(VERSION));
        takeover_clean(unit, surroundings_root());
        return make_it_so(unit, arena);
}

/* Whatever fails in the two last hooks would keep the unit from being removed: it is logged, and that is all. */
static Error *only_tell(Error *error) {
        log_and_go_on(error, "what is left of the unit on this machine has to be removed by hand");
        return NULL;
}

static Error *stop(const Unit *unit, UNUSED Arena *arena) {
        return only_tell(reconcile_stop(unit));
}

static Error *remove_all(const Unit *unit, UNUSED Arena *arena) {
        return only_tell(reconcile_remove(unit));
}

static const struct {
        const char *name;
        HookHandler *run;
} hooks[] = {
        { "install", begin },
        { "upgrade-charm", begin },
        { "config-changed", make_it_so },
        { "start", make_it_so },
        { "update-status", make_it_so },
        { "nrpe-external-master-relation-joined", make_it_so },
        { "nrpe-external-master-relation-changed", make_it_so },
        { "nrpe-external-master-relation-broken", make_it_so },
        { "stop", stop },
        { "remove", remove_all },
};

const char *hook_name(size_t index) {
        return index < ARRAY_LENGTH(hooks) ? hooks[index].name : NULL;
}

Error *hook_run(const char *name) {
        AUTO(arena_free) Arena *arena = arena_new();
        Unit unit;
        for (size_t i = 0; i < ARRAY_LENGTH(hooks); i++) {
                if (strcmp(hooks[i].name, name) != 0)
                        continue;
                TRY(surroundings_unit(arena, &unit));
                return hooks[i].run(&unit, arena);
        }
        return NULL;
}
