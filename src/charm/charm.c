#include "charm/charm.h"

#include <stdio.h>

#include "base/attribute.h"
#include "base/log.h"
#include "charm/actions.h"
#include "charm/hooks.h"
#include "charm/logbook.h"
#include "charm/periodic.h"
#include "charm/surroundings.h"
#include "sys/cancel.h"
#include "sys/file.h"
#include "sys/guard.h"

static void begin(void) {
        guard_memory();
        surroundings_set_home();
        cancel_install();
        file_raise_limit();
        logbook_begin();
}

static int end(Error *error) {
        int status = error ? 1 : 0;
        if (error) {
                log_error("%s", error_story(error));
                fprintf(stderr, "%s\n", error_story(error));
        }
        error_free(error);
        return status;
}

int charm_hook(const char *name) {
        begin();
        return end(hook_run(name));
}

int charm_action(const char *name) {
        begin();
        return end(action_run(name));
}

int charm_run(const char *kind, const char *unit) {
        begin();
        return periodic_run(kind, unit);
}
