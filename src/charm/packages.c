#include "charm/packages.h"

#include <strings.h>

#include "base/attribute.h"
#include "base/memory.h"
#include "charm/document.h"
#include "charm/yaml.h"
#include "sys/process.h"

enum { APT_TIMEOUT = 1800, ANSWER = 1 << 20, MOST_SOURCES = 50 };

/* ---- programs ---- */

/* Runs a program; its failure is one of apt's, with its last words in *RET_WORDS (NULL: it went well). */
static Error *run(const TextList *words, Arena *arena, const char **ret_words, Buffer *out) {
        static const char *const environment[] = { "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8", NULL };
        AUTO_VALUE(process_result_clear) ProcessResult result = { .status = 0 };
        const ProcessSpec spec = {
                .arguments = words->items, .environment = environment, .most = ANSWER, .timeout = APT_TIMEOUT
        };
        TRY(process_run(&spec, &result));
        if (out)
                (void)buffer_add(out, buffer_bytes(&result.out));
        AUTO_TEXT char *last = result.status ? process_last_words(&result) : NULL;
        *ret_words = arena_text(arena, last);
        return NULL;
}

static void add_words(TextList *list, const char *const *words) {
        for (; *words; words++)
                text_list_add(list, *words);
}

/* COMMAND with PACKAGES behind it. */
static Error *run_with(const char *const *command, const TextList *packages, Arena *arena, const char **ret_words) {
        AUTO_VALUE(text_list_clear) TextList words = { .items = NULL };
        add_words(&words, command);
        for (size_t i = 0; i < packages->count; i++)
                text_list_add(&words, packages->items[i]);
        text_list_add(&words, NULL);
        return run(&words, arena, ret_words, NULL);
}

static const char *const apt_update[] = { "apt-get", "--quiet", "--option=DPkg::Lock::Timeout=300", "update", NULL };
static const char *const apt_install[] = { "apt-get",
                                           "--quiet",
                                           "--assume-yes",
                                           "--option=DPkg::Lock::Timeout=300",
                                           "--option=Dpkg::Options::=--force-confold",
                                           "install",
                                           NULL };
static const TextList nothing = { .items = NULL };

/* ---- which packages ---- */

static bool is_there(const TextList *list, const char *text) {
        for (size_t i = 0; i < list->count; i++)
                if (strcmp(list->items[i], text) == 0)
                        return true;
        return false;
}

static void list_wanted(const CharmConfig *config, Arena *arena, TextList *wanted) {
        const char *cron = NULL;
        Bytes rest = bytes_of(config->extra_packages);
        (void)config_schedule(config->backup_frequency, false, &cron); /* the config is a good one */
        if (!config->disable_encryption)
                text_list_add(wanted, "gnupg");
        if (cron || config_deletes(config))
                text_list_add(wanted, "cron");
        if (strcasecmp(config->backend, "rsync") == 0) {
                text_list_add(wanted, "rsync");
                text_list_add(wanted, "openssh-client");
        }
        while ((rest = bytes_trim(rest)).length) {
                size_t length = 0;
                while (length < rest.length && !byte_is_blank(rest.at[length]) && rest.at[length] != ',')
                        length++;
                const char *name = arena_bytes(arena, bytes_slice(rest, 0, length));
                rest = bytes_slice(rest, length + 1, SIZE_MAX);
                if (name[0] && !is_there(wanted, name))
                        text_list_add(wanted, name);
        }
}

static Error *is_installed(const char *package, Arena *arena, bool *ret_installed) {
        static const char *const query[] = { "dpkg-query", "--show", "--showformat=${db:Status-Status}\\n", NULL };
        AUTO_VALUE(text_list_clear) TextList words = { .items = NULL };
        AUTO_VALUE(buffer_clear) Buffer answer = { .data = NULL };
        const char *failure;
        add_words(&words, query);
        text_list_add(&words,
                      arena_bytes(arena, bytes_cut(bytes_of(package), '=', &(Bytes){ .at = NULL }))); /* no version */
        text_list_add(&words, NULL);
        TRY(run(&words, arena, &failure, &answer));
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
        const char *words;
        TRY(run_with(apt_install, missing, arena, &words));
        if (words) {
                TRY(run_with(apt_update, &nothing, arena, &words));
                TRY(run_with(apt_install, missing, arena, &words));
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
        TRY(run_with(command, packages, arena, &words));
        if (words)
                *ret_problem = arena_print(arena, "\"package_status\": apt-mark %s failed: %s", verb, words);
        return NULL;
}

static void read_lines(Bytes text, Arena *arena, TextList *lines) {
        while (text.length) {
                Bytes line = bytes_trim(bytes_cut(text, '\n', &text));
                if (line.length)
                        text_list_add(lines, arena_bytes(arena, line));
        }
}

/* Packages that we have put on hold. */
static Error *read_held(const Unit *unit, Arena *arena, TextList *ret_held) {
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        TRY(document_text(unit->held_packages, &text));
        read_lines(buffer_bytes(&text), arena, ret_held);
        return NULL;
}

static Error *write_held(const Unit *unit, const TextList *held) {
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        for (size_t i = 0; i < held->count; i++)
                (void)buffer_print(&text, "%s\n", held->items[i]);
        return document_update(unit->held_packages, 0600, buffer_bytes(&text), NULL);
}

static Error *hold(const Unit *unit, const TextList *wanted, Arena *arena, const char **ret_problem) {
        static const char *const show[] = { "apt-mark", "showhold", NULL };
        AUTO_VALUE(text_list_clear)
        TextList words = { .items = NULL }, there = { .items = NULL }, missing = { .items = NULL },
                 held = { .items = NULL };
        AUTO_VALUE(buffer_clear) Buffer answer = { .data = NULL };
        const char *failure;
        add_words(&words, show);
        text_list_add(&words, NULL);
        TRY(run(&words, arena, &failure, &answer));
        read_lines(buffer_bytes(&answer), arena, &there);
        TRY(read_held(unit, arena, &held));
        for (size_t i = 0; i < wanted->count; i++) {
                if (is_there(&there, wanted->items[i]))
                        continue;
                text_list_add(&missing, wanted->items[i]);
                if (!is_there(&held, wanted->items[i]))
                        text_list_add(&held, wanted->items[i]);
        }
        if (!missing.count)
                return NULL;
        TRY(write_held(unit, &held));
        return mark("hold", &missing, arena, ret_problem);
}

static Error *release(const Unit *unit, Arena *arena, const char **ret_problem) {
        AUTO_VALUE(text_list_clear) TextList held = { .items = NULL };
        TRY(read_held(unit, arena, &held));
        if (held.count)
                TRY(mark("unhold", &held, arena, ret_problem));
        return *ret_problem ? NULL : document_remove(unit->held_packages);
}

/* ---- install_sources and install_keys ---- */

/* A YAML list, or lines. */
static Error *read_list(const char *option, const char *text, Arena *arena, TextList *ret_items) {
        const Node *root = NULL;
        AUTO(error_free) Error *error = yaml_parse(bytes_of(text), option, arena, &root);
        if (!error && root->kind == NODE_LIST) {
                for (size_t i = 0; i < root->count; i++)
                        text_list_add(ret_items, node_text(root->items[i]));
                return NULL;
        }
        read_lines(bytes_of(text), arena, ret_items);
        return NULL;
}

/* A key stands whole, over many lines, when there is one only. */
static Error *read_keys(const char *text, Arena *arena, TextList *ret_keys) {
        if (bytes_start_with(bytes_of(text), "-----BEGIN")) {
                text_list_add(ret_keys, text);
                return NULL;
        }
        return read_list("install_keys", text, arena, ret_keys);
}

static char *key_path(const Unit *unit, size_t number) {
        return memory_print("%s/charm-%s-%zu.asc", unit->apt_keys_folder, unit->dashed, number);
}

static char *sources_path(const Unit *unit) {
        return memory_print("%s/charm-%s.list", unit->apt_sources_folder, unit->dashed);
}

static Error *remove_keys(const Unit *unit, size_t from) {
        for (size_t i = from; i < MOST_SOURCES; i++) {
                AUTO_TEXT char *path = key_path(unit, i);
                TRY(document_remove(path));
        }
        return NULL;
}

static Error *write_key(const Unit *unit, size_t number, const char *key, bool *changed, const char **ret_problem) {
        AUTO_TEXT char *path = key_path(unit, number);
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        if (!key || strcmp(key, "null") == 0)
                return document_remove(path);
        if (!strstr(key, "-----BEGIN PGP PUBLIC KEY BLOCK-----")) {
                *ret_problem = "\"install_keys\" has to hold armoured keys (gpg --armor --export), or null";
                return NULL;
        }
        (void)buffer_print(&text, "%s\n", key);
        return document_update(path, 0644, buffer_bytes(&text), changed);
}

/* "cloud:jammy-antelope" and "cloud:xenial-updates/ocata" are the words of charms for what add-apt-repository calls
 * cloud-archive:antelope. */
static const char *repository_of(const char *source, Arena *arena) {
        const char *release = strchr(source, '-');
        if (!bytes_start_with(bytes_of(source), "cloud:") || !release)
                return source;
        release += bytes_start_with(bytes_of(release), "-updates/") ? strlen("-updates/") : 1;
        char *name = arena_print(arena, "cloud-archive:%s", release);
        char *pocket = strchr(name, '/'); /* antelope/proposed */
        if (pocket)
                *pocket = '-';
        return name;
}

/* Sources may hold passwords, and what is said of them as well. */
static const char *refuse_source(size_t number, const char *source, const char *words, Arena *arena) {
        return arena_print(arena, "Cannot add entry %zu of \"install_sources\": %s", number,
                           strchr(source, '@') ? "add-apt-repository refuses it" : words);
}

/* Lines of apt's own form are ours to keep; other forms are add-apt-repository's, which adds them once. */
static Error *add_source(size_t number, const char *source, Buffer *lines, Arena *arena, const char **ret_problem) {
        const char *const add[] = { "add-apt-repository", "--yes", NULL };
        const char *items[] = { repository_of(source, arena) };
        const TextList list = { .items = items, .count = 1 };
        const char *words;
        if (strcmp(source, "distro") == 0)
                return NULL;
        if (bytes_start_with(bytes_of(source), "deb ") || bytes_start_with(bytes_of(source), "deb-src ")) {
                (void)buffer_print(lines, "%s\n", source);
                return NULL;
        }
        if (source[0] == '-') {
                *ret_problem = refuse_source(number, source, "it begins with '-'", arena);
                return NULL;
        }
        Error *error = run_with(add, &list, arena, &words);
        if (error_kind(error) == ERROR_MISSING) {
                error_free(error);
                error = NULL;
                words = "there is no add-apt-repository (install the package software-properties-common)";
        }
        if (!error && words)
                *ret_problem = refuse_source(number, source, words, arena);
        return error;
}

static Error *set_up_sources(const Unit *unit, const CharmConfig *config, Arena *arena, const char **ret_problem) {
        AUTO_VALUE(text_list_clear) TextList sources = { .items = NULL }, keys = { .items = NULL };
        AUTO_VALUE(buffer_clear) Buffer lines = { .data = NULL };
        AUTO_TEXT char *path = sources_path(unit);
        bool changed = false;
        const char *words;
        TRY(read_list("install_sources", config->install_sources, arena, &sources));
        TRY(read_keys(config->install_keys, arena, &keys));
        if (sources.count > MOST_SOURCES)
                *ret_problem = arena_print(arena, "\"install_sources\" has more than %d sources", MOST_SOURCES);
        for (size_t i = 0; i < sources.count && !*ret_problem; i++) {
                TRY(write_key(unit, i, i < keys.count ? keys.items[i] : NULL, &changed, ret_problem));
                if (sources.items[i])
                        TRY(add_source(i + 1, sources.items[i], &lines, arena, ret_problem));
        }
        if (*ret_problem)
                return NULL;
        TRY(remove_keys(unit, sources.count));
        TRY(lines.length ? document_update(path, 0644, buffer_bytes(&lines), &changed) : document_remove(path));
        return changed ? run_with(apt_update, &nothing, arena, &words) : NULL;
}

/* Sources are added when the options change: add-apt-repository asks the network each time. */
static Error *set_up_changed_sources(const Unit *unit, const CharmConfig *config, Arena *arena,
                                     const char **ret_problem) {
        AUTO_TEXT char *wanted = memory_print("%s\n%s\n", config->install_sources, config->install_keys);
        if (document_holds(unit->package_sources, 0600, bytes_of(wanted)))
                return NULL;
        TRY(set_up_sources(unit, config, arena, ret_problem));
        return *ret_problem ? NULL : document_write(unit->package_sources, 0600, bytes_of(wanted));
}

Error *packages_set_up(const Unit *unit, const CharmConfig *config, Arena *arena, const char **ret_problem) {
        AUTO_VALUE(text_list_clear) TextList wanted = { .items = NULL }, missing = { .items = NULL };
        *ret_problem = NULL;
        list_wanted(config, arena, &wanted);
        *ret_problem = check_names(&wanted, arena);
        if (!*ret_problem)
                TRY(set_up_changed_sources(unit, config, arena, ret_problem));
        for (size_t i = 0; !*ret_problem && i < wanted.count; i++) {
                bool installed = false;
                TRY(is_installed(wanted.items[i], arena, &installed));
                if (!installed)
                        text_list_add(&missing, wanted.items[i]);
        }
        if (!*ret_problem && missing.count)
                TRY(install(&missing, arena, ret_problem));
        if (*ret_problem)
                return NULL;
        return strcmp(config->package_status, "hold") == 0 ? hold(unit, &wanted, arena, ret_problem)
                                                           : release(unit, arena, ret_problem);
}

Error *packages_remove(const Unit *unit) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_TEXT char *sources = sources_path(unit);
        const char *problem = NULL;
        Error *error = document_remove(sources);
        error = error_first(error, remove_keys(unit, 0));
        error = error_first(error, release(unit, arena, &problem));
        return problem ? error_first(error, error_new(ERROR_SYSTEM, "%s", problem)) : error;
}
