#include "charm/packages.h"

#include <strings.h>

#include "base/attribute.h"
#include "charm/apt.h"
#include "charm/document.h"
#include "charm/sources.h"

static const TextList nothing = { .items = NULL };

/* ---- which packages ---- */

/* What a backend's programs and its certificates come in. */
static const struct {
        const char *backend, *packages[2];
        bool are_certificates; /* which tls_ca_certificate stands in for */
} needs[] = {
        { "rsync", { "rsync", "openssh-client" }, false },
        { "s3", { "ca-certificates" }, true },
        { "azure", { "ca-certificates" }, true },
        { "webdav", { "ca-certificates" }, true },
        { "ftp", { "ca-certificates" }, true },
};

static void list_needs(const CharmConfig *config, TextList *wanted) {
        for (size_t i = 0; i < ARRAY_LENGTH(needs); i++) {
                if (strcasecmp(config->backend, needs[i].backend) != 0 ||
                    (needs[i].are_certificates && config->tls_ca_certificate[0]))
                        continue;
                for (size_t k = 0; k < ARRAY_LENGTH(needs[i].packages) && needs[i].packages[k]; k++)
                        text_list_add(wanted, needs[i].packages[k]);
        }
}

/* A schedule that is wrong will be a schedule. */
static bool needs_cron(const CharmConfig *config) {
        const char *cron = NULL;
        return !config_schedule(config->backup_frequency, false, &cron) || cron || config_deletes(config);
}

static void list_wanted(const CharmConfig *config, Arena *arena, TextList *wanted) {
        Bytes rest = bytes_of(config->extra_packages);
        if (!config->disable_encryption)
                text_list_add(wanted, "gnupg");
        if (needs_cron(config))
                text_list_add(wanted, "cron");
        list_needs(config, wanted);
        while ((rest = bytes_trim(rest)).length) {
                size_t length = 0;
                while (length < rest.length && !byte_is_blank(rest.at[length]) && rest.at[length] != ',')
                        length++;
                const char *name = arena_bytes(arena, bytes_slice(rest, 0, length));
                rest = bytes_slice(rest, length + 1, SIZE_MAX);
                if (name[0] && !text_list_has(wanted, name))
                        text_list_add(wanted, name);
        }
}

/* The name in NAME=VERSION. */
static const char *name_of(const char *package, Arena *arena) {
        return arena_bytes(arena, bytes_cut(bytes_of(package), '=', &(Bytes){ .at = NULL }));
}

static Error *is_installed(const char *package, Arena *arena, bool *ret_installed) {
        static const char *const query[] = { "dpkg-query", "--show", "--showformat=${db:Status-Status}\\n", NULL };
        AUTO_VALUE(buffer_clear) Buffer answer = { .data = NULL };
        const char *failure, *items[] = { name_of(package, arena) };
        TRY(apt_run(query, &(TextList){ .items = items, .count = 1 }, arena, &failure, &answer));
        *ret_installed = !failure && strcmp(buffer_text(&answer), "installed\n") == 0;
        return NULL;
}

static const char *check_names(const TextList *packages, Arena *arena) {
        static const char good[] = "abcdefghijklmnopqrstuvwxyz0123456789+.-:=~_ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        for (size_t i = 0; i < packages->count; i++)
                if (packages->items[i][0] == '-' || strspn(packages->items[i], good) != strlen(packages->items[i]))
                        return arena_print(arena, "Invalid \"extra_packages\": '%s' is no package's name",
                                           packages->items[i]);
        return NULL;
}

/* Packages of the machine may be known already: only when they cannot be had is the network asked what there is. */
static Error *install(const TextList *missing, Arena *arena, const char **ret_problem) {
        static const char *const command[] = { "apt-get",
                                               "--quiet",
                                               "--assume-yes",
                                               "--option=DPkg::Lock::Timeout=300",
                                               "--option=Dpkg::Options::=--force-confold",
                                               "install",
                                               NULL };
        const char *words;
        TRY(apt_run(command, missing, arena, &words, NULL));
        if (words) {
                TRY(apt_update(arena, &words));
                TRY(apt_run(command, missing, arena, &words, NULL));
        }
        if (!words)
                return NULL;
        AUTO_VALUE(buffer_clear) Buffer names = { .data = NULL };
        for (size_t i = 0; i < missing->count; i++)
                (void)buffer_print(&names, "%s%s", i ? " " : "", missing->items[i]);
        *ret_problem = arena_print(arena,
                                   "Cannot install %s: %s (install it by hand, or see to the network and to "
                                   "\"install_sources\")",
                                   buffer_text(&names), words);
        return NULL;
}

/* ---- package_status ---- */

static Error *mark(const char *verb, const TextList *packages, Arena *arena, const char **ret_problem) {
        const char *const command[] = { "apt-mark", verb, NULL };
        const char *words;
        TRY(apt_run(command, packages, arena, &words, NULL));
        if (words)
                *ret_problem = arena_print(arena, "\"package_status\": apt-mark %s failed: %s", verb, words);
        return NULL;
}

/* Puts NAMES on hold, and notes those that were not. */
static Error *hold(const Unit *unit, const TextList *names, Arena *arena, const char **ret_problem) {
        static const char *const show[] = { "apt-mark", "showhold", NULL };
        AUTO_VALUE(text_list_clear)
        TextList there = { .items = NULL }, missing = { .items = NULL }, held = { .items = NULL };
        AUTO_VALUE(buffer_clear) Buffer answer = { .data = NULL };
        const char *failure;
        TRY(apt_run(show, &nothing, arena, &failure, &answer));
        document_split(buffer_bytes(&answer), arena, &there);
        TRY(document_lines(unit->held_packages, arena, &held));
        for (size_t i = 0; i < names->count; i++) {
                if (text_list_has(&there, names->items[i]))
                        continue;
                text_list_add(&missing, names->items[i]);
                if (!text_list_has(&held, names->items[i]))
                        text_list_add(&held, names->items[i]);
        }
        if (!missing.count)
                return NULL;
        TRY(document_update_lines(unit->held_packages, 0600, &held));
        return mark("hold", &missing, arena, ret_problem);
}

/* Takes our holds back but those of NAMES. */
static Error *release(const Unit *unit, const TextList *names, Arena *arena, const char **ret_problem) {
        AUTO_VALUE(text_list_clear)
        TextList held = { .items = NULL }, unwanted = { .items = NULL }, left = { .items = NULL };
        TRY(document_lines(unit->held_packages, arena, &held));
        for (size_t i = 0; i < held.count; i++)
                text_list_add(text_list_has(names, held.items[i]) ? &left : &unwanted, held.items[i]);
        if (unwanted.count)
                TRY(mark("unhold", &unwanted, arena, ret_problem));
        return *ret_problem ? NULL : document_update_lines(unit->held_packages, 0600, &left);
}

static void list_to_hold(const CharmConfig *config, const TextList *wanted, Arena *arena, TextList *names) {
        for (size_t i = 0; strcmp(config->package_status, "hold") == 0 && i < wanted->count; i++)
                text_list_add(names, name_of(wanted->items[i], arena));
}

/* ---- all of it ---- */

Error *packages_drop(const Unit *unit, const CharmConfig *config, Arena *arena, const char **ret_problem) {
        AUTO_VALUE(text_list_clear) TextList wanted = { .items = NULL }, names = { .items = NULL };
        *ret_problem = NULL;
        list_wanted(config, arena, &wanted);
        list_to_hold(config, &wanted, arena, &names);
        TRY(sources_drop(unit, config, arena));
        return release(unit, &names, arena, ret_problem);
}

Error *packages_set_up(const Unit *unit, const CharmConfig *config, Arena *arena, const char **ret_problem) {
        AUTO_VALUE(text_list_clear)
        TextList wanted = { .items = NULL }, missing = { .items = NULL }, names = { .items = NULL };
        list_wanted(config, arena, &wanted);
        *ret_problem = check_names(&wanted, arena);
        if (!*ret_problem)
                TRY(sources_set_up(unit, config, arena, ret_problem));
        for (size_t i = 0; !*ret_problem && i < wanted.count; i++) {
                bool installed = false;
                TRY(is_installed(wanted.items[i], arena, &installed));
                if (!installed)
                        text_list_add(&missing, wanted.items[i]);
        }
        if (!*ret_problem && missing.count)
                TRY(install(&missing, arena, ret_problem));
        list_to_hold(config, &wanted, arena, &names);
        return *ret_problem || !names.count ? NULL : hold(unit, &names, arena, ret_problem);
}

Error *packages_remove(const Unit *unit) {
        AUTO(arena_free) Arena *arena = arena_new();
        const CharmConfig empty = { .install_sources = "", .install_keys = "" };
        const char *problem = NULL;
        Error *error = sources_drop(unit, &empty, arena);
        error = error_first(error, release(unit, &nothing, arena, &problem));
        return problem ? error_first(error, error_new(ERROR_SYSTEM, "%s", problem)) : error;
}
