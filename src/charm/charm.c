#include "charm/charm.h"

#include <stdio.h>

#include "base/attribute.h"
#include "base/log.h"
#include "charm/actions.h"
#include "charm/hooks.h"
#include "charm/juju.h"
#include "charm/periodic.h"
#include "charm/surroundings.h"
#include "charm/wording.h"
#include "sys/cancel.h"
#include "sys/file.h"

static void tell_juju(UNUSED void *context, const LogRecord *record) {
        AUTO(arena_free) Arena *arena = arena_new();
        if (record->text[0])
                juju_log(record->told_as, wording_of_charm(record->text, arena));
}

static void begin(void) {
        surroundings_set_home();
        cancel_install();
        file_raise_limit();
        log_open(tell_juju, NULL, LOG_NOTICE);
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
