#include "charm/sources.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/utsname.h>

#include "base/attribute.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "charm/apt.h"
#include "charm/document.h"
#include "charm/yaml.h"
#include "sys/file.h"

enum { MOST_SOURCES = 50 };

#define ARMOUR "-----BEGIN PGP PUBLIC KEY BLOCK-----"

/* ---- the machine's release ---- */

typedef struct Release {
        const char *id, *codename; /* "ubuntu", "jammy"; "" when they are not known */
} Release;

static const char *value_of(const TextList *lines, const char *key, Arena *arena) {
        for (size_t i = 0; i < lines->count; i++) {
                Bytes value, name = bytes_cut(bytes_of(lines->items[i]), '=', &value);
                if (!bytes_equal_text(name, key))
                        continue;
                if (value.length > 1 && bytes_start_with(value, "\"") && bytes_end_with(value, "\""))
                        value = bytes_slice(value, 1, value.length - 2);
                return arena_bytes(arena, value);
        }
        return "";
}

/* The file is a link, mostly. Without it nothing is known. */
static Error *read_release(const Unit *unit, Arena *arena, Release *ret_release) {
        AUTO_VALUE(text_list_clear) TextList lines = { .items = NULL };
        AUTO_VALUE(buffer_clear) Buffer text = { .ceiling = 1 << 16 };
        AUTO_FD int fd = -1;
        AUTO(error_free) Error *missing = file_open(unit->os_release, O_RDONLY, 0, &fd);
        if (!missing)
                TRY(file_read_all(fd, unit->os_release, &text));
        document_split(buffer_bytes(&text), arena, &lines);
        *ret_release = (Release){ .id = value_of(&lines, "ID", arena),
                                  .codename = value_of(&lines, "VERSION_CODENAME", arena) };
        return NULL;
}

/* ---- what an entry of install_sources means ---- */

typedef struct Source {
        const char *line;       /* of our own file; NULL: none */
        const char *repository; /* what add-apt-repository calls it; NULL: none */
} Source;

/* Returns what is wrong with ENTRY; NULL: nothing. */
typedef const char *SourceReader(const char *entry, const Release *release, Arena *arena, Source *ret_source);

static const char *read_nothing(UNUSED const char *entry, UNUSED const Release *release, UNUSED Arena *arena,
                                UNUSED Source *ret_source) {
        return NULL;
}

static const char *read_line(const char *entry, UNUSED const Release *release, UNUSED Arena *arena,
                             Source *ret_source) {
        ret_source->line = entry;
        return NULL;
}

static const char *read_url(const char *entry, const Release *release, Arena *arena, Source *ret_source) {
        ret_source->line = arena_print(arena, "deb %s %s main", entry, release->codename);
        return release->codename[0] ? NULL : "/etc/os-release tells no codename: write a 'deb ...' line";
}

static const char *read_proposed(UNUSED const char *entry, const Release *release, Arena *arena, Source *ret_source) {
        struct utsname machine;
        bool is_intel = uname(&machine) == 0 && strcmp(machine.machine, "x86_64") == 0;
        ret_source->line = arena_print(arena, "deb http://%s %s-proposed main universe multiverse restricted",
                                       is_intel ? "archive.ubuntu.com/ubuntu" : "ports.ubuntu.com/ubuntu-ports",
                                       release->codename);
        return strcmp(release->id, "ubuntu") == 0 && release->codename[0] ? NULL : "only Ubuntu has it";
}

/* It becomes an argument, which everybody may see. */
static const char *read_repository(const char *entry, UNUSED const Release *release, UNUSED Arena *arena,
                                   Source *ret_source) {
        static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-~_/:";
        ret_source->repository = entry;
        return strspn(entry, good) == strlen(entry) ? NULL : "it has a character that no archive's name has";
}

/* cloud:[RELEASE-]NAME[/POCKET], or cloud:RELEASE-POCKET/NAME. */
static const char *read_cloud(const char *entry, const Release *release, Arena *arena, Source *ret_source) {
        static const struct {
                const char *pocket, *front, *end; /* of the repository's name */
        } pockets[] = {
                { "updates", "cloud-archive:", "" },
                { "proposed", "cloud-archive:", "-proposed" },
                { "staging", "ppa:ubuntu-cloud-archive/", "-staging" },
        };
        Bytes behind, front = bytes_cut(bytes_of(strchr(entry, ':') + 1), '/', &behind);
        Bytes name, for_release = bytes_cut(front, '-', &name);
        if (!name.at) {
                name = for_release;
                for_release = bytes_of(release->codename);
        }
        Bytes pocket = behind.at ? behind : bytes_of("updates");
        if (behind.at && (bytes_equal_text(name, "updates") || bytes_equal_text(name, "proposed"))) {
                pocket = name;
                name = behind;
        }
        if (!bytes_equal_text(for_release, release->codename))
                return arena_print(arena, "it is not for this machine's release, which is '%s'", release->codename);
        for (size_t i = 0; name.length && i < ARRAY_LENGTH(pockets); i++) {
                if (!bytes_equal_text(pocket, pockets[i].pocket))
                        continue;
                const char *repository =
                        arena_print(arena, "%s%s%s", pockets[i].front, arena_bytes(arena, name), pockets[i].end);
                return read_repository(repository, release, arena, ret_source);
        }
        return "the cloud archive's pockets are updates, proposed and staging";
}

static const struct {
        const char *begin;
        bool is_all; /* nothing may follow */
        SourceReader *read;
} forms[] = {
        { "distro", true, read_nothing },
        { "proposed", true, read_proposed },
        { "distro-proposed", true, read_proposed },
        { "deb ", false, read_line },
        { "deb-src ", false, read_line },
        { "http:", false, read_url },
        { "https:", false, read_url },
        { "ppa:", false, read_repository },
        { "cloud-archive:", false, read_repository },
        { "cloud:", false, read_cloud },
};

/* "{series}" stands for the release's codename. */
static const char *with_series(const char *entry, const Release *release, Arena *arena) {
        static const char mark[] = "{series}";
        for (const char *at; (at = strstr(entry, mark));)
                entry = arena_print(arena, "%.*s%s%s", (int)(at - entry), entry, release->codename, at + strlen(mark));
        return entry;
}

static const char *read_source(const char *entry, const Release *release, Arena *arena, Source *ret_source) {
        *ret_source = (Source){ .line = NULL };
        if (!entry)
                return NULL;
        entry = with_series(entry, release, arena);
        for (size_t i = 0; i < ARRAY_LENGTH(forms); i++)
                if (forms[i].is_all ? strcmp(entry, forms[i].begin) == 0
                                    : bytes_start_with(bytes_of(entry), forms[i].begin))
                        return forms[i].read(entry, release, arena, ret_source);
        return "it must be a 'deb ...' line, a URL, 'ppa:...', 'cloud:...', 'proposed' or 'distro'";
}

/* ---- the options ---- */

/* A YAML list, or lines. Null entries stay, as NULL. */
static void read_list(const char *text, Arena *arena, TextList *ret_items) {
        const Node *root = NULL;
        AUTO(error_free) Error *no_yaml = yaml_parse(bytes_of(text), "the option", arena, &root);
        if (no_yaml || root->kind != NODE_LIST) {
                document_split(bytes_of(text), arena, ret_items);
                return;
        }
        for (size_t i = 0; i < root->count; i++) {
                const char *item = node_text(root->items[i]);
                text_list_add(ret_items, item ? arena_bytes(arena, bytes_trim(bytes_of(item))) : NULL);
        }
}

/* A key stands whole, over many lines, when there is one only. */
static void read_keys(const char *text, Arena *arena, TextList *ret_keys) {
        if (bytes_start_with(bytes_of(text), "-----BEGIN"))
                text_list_add(ret_keys, text);
        else
                read_list(text, arena, ret_keys);
}

/* What the unit adds. */
typedef struct Plan {
        Buffer lines;
        TextList repositories, keys;
        bool has_password;
} Plan;

static void plan_clear(Plan *plan) {
        buffer_clear(&plan->lines);
        text_list_clear(&plan->repositories);
        text_list_clear(&plan->keys);
}

static bool has_password(const char *line) {
        const char *host = strstr(line, "://");
        return host && memchr(host, '@', strcspn(host, " \t"));
}

/* The digits of a key's id or fingerprint, behind "0x" or not; NULL: TEXT is none. Shorter ids than these are forged.
 */
static const char *key_id(const char *text) {
        const char *digits = text + (strncasecmp(text, "0x", 2) == 0 ? 2 : 0);
        size_t length = strspn(digits, "0123456789abcdefABCDEF");
        return digits[length] == '\0' && (length == 16 || length == 40) ? digits : NULL;
}

static bool is_key(const char *text) {
        return strcmp(text, "null") == 0 || strstr(text, ARMOUR) || key_id(text);
}

static const char *find_bad_key(const TextList *keys, size_t sources, Arena *arena) {
        if (keys->count && keys->count != sources)
                return arena_print(arena,
                                   "\"install_keys\" has %zu entries, and \"install_sources\" %zu: give each "
                                   "source a key, or null",
                                   keys->count, sources);
        for (size_t i = 0; i < keys->count; i++)
                if (keys->items[i] && !is_key(keys->items[i]))
                        return arena_print(arena,
                                           "Entry %zu of \"install_keys\" is no key: give the armoured key itself "
                                           "(gpg --armor --export ID), its fingerprint of 40 digits, or null",
                                           i + 1);
        return NULL;
}

/* *ret_problem is what is wrong with the first bad entry; PLAN has what the good ones want. */
static Error *make_plan(const Unit *unit, const CharmConfig *config, Arena *arena, Plan *plan,
                        const char **ret_problem) {
        AUTO_VALUE(text_list_clear) TextList entries = { .items = NULL };
        Release release;
        TRY(read_release(unit, arena, &release));
        read_list(config->install_sources, arena, &entries);
        read_keys(config->install_keys, arena, &plan->keys);
        *ret_problem = entries.count > MOST_SOURCES
                               ? arena_print(arena, "\"install_sources\" has more than %d sources", MOST_SOURCES)
                               : find_bad_key(&plan->keys, entries.count, arena);
        for (size_t i = 0; i < entries.count; i++) {
                Source source;
                const char *wrong = read_source(entries.items[i], &release, arena, &source);
                if (wrong && !*ret_problem)
                        *ret_problem =
                                arena_print(arena, "Cannot add entry %zu of \"install_sources\": %s", i + 1, wrong);
                if (!wrong && source.line) {
                        (void)buffer_print(&plan->lines, "%s\n", source.line); /* no ceiling */
                        plan->has_password |= has_password(source.line);
                }
                if (!wrong && source.repository && !text_list_has(&plan->repositories, source.repository))
                        text_list_add(&plan->repositories, source.repository);
        }
        return NULL;
}

/* ---- our own files ---- */

static char *key_path(const Unit *unit, size_t number) {
        return memory_print("%s/charm-%s-%zu.asc", unit->apt_keys_folder, unit->dashed, number);
}

static char *lines_path(const Unit *unit) {
        return memory_print("%s/charm-%s.list", unit->apt_sources_folder, unit->dashed);
}

static Error *remove_files(const Unit *unit) {
        AUTO_TEXT char *lines = lines_path(unit);
        Error *error = document_remove(lines);
        for (size_t i = 0; i < MOST_SOURCES; i++) {
                AUTO_TEXT char *path = key_path(unit, i);
                error = error_first(error, document_remove(path));
        }
        return error;
}

/* Has Ubuntu's key server send the key of that id; curl is what charm-helpers asks with. */
static Error *fetch_key(const char *id, Arena *arena, const char **ret_key, const char **ret_problem) {
        static const char *const command[] = {
                "curl", "--silent", "--show-error", "--fail", "--max-time", "120", NULL
        };
        const char *words[] = { arena_print(
                arena, "https://keyserver.ubuntu.com/pks/lookup?op=get&options=mr&exact=on&search=0x%s", id) };
        AUTO_VALUE(buffer_clear) Buffer answer = { .data = NULL };
        const char *failure = NULL;
        Error *error = apt_run(command, &(TextList){ .items = words, .count = 1 }, arena, &failure, &answer);
        if (error_kind(error) == ERROR_MISSING) {
                error_free(error);
                error = NULL;
                failure = "there is no curl, install it by hand";
        }
        TRY(error);
        if (!failure && !strstr(buffer_text(&answer), ARMOUR))
                failure = "the server's answer is no key";
        *ret_key = arena_text(arena, buffer_text(&answer));
        if (failure)
                *ret_problem = arena_print(arena,
                                           "\"install_keys\": cannot fetch the key %s from keyserver.ubuntu.com: %s "
                                           "(see to the network, or set the armoured key itself)",
                                           id, failure);
        return NULL;
}

static Error *write_key(const Unit *unit, size_t number, const char *entry, Arena *arena, const char **ret_problem) {
        AUTO_TEXT char *path = key_path(unit, number);
        if (!entry || strcmp(entry, "null") == 0)
                return NULL;
        if (key_id(entry))
                TRY(fetch_key(key_id(entry), arena, &entry, ret_problem));
        AUTO_TEXT char *text = memory_print("%s\n", entry);
        return *ret_problem ? NULL : document_write(path, 0644, bytes_of(text));
}

static Error *write_files(const Unit *unit, const Plan *plan, Arena *arena, const char **ret_problem) {
        AUTO_TEXT char *lines = lines_path(unit);
        for (size_t i = 0; i < plan->keys.count && !*ret_problem; i++)
                TRY(write_key(unit, i, plan->keys.items[i], arena, ret_problem));
        if (*ret_problem)
                return NULL;
        return plan->lines.length ? document_write(lines, plan->has_password ? 0600 : 0644, buffer_bytes(&plan->lines))
                                  : NULL;
}

/* ---- add-apt-repository ---- */

/* OPTION may be NULL. The tool's failure is in *RET_WORDS. */
static Error *call_tool(const char *option, const char *repository, Arena *arena, const char **ret_words) {
        static const char *const command[] = { "add-apt-repository", "--yes", NULL };
        const char *both[] = { repository, option };
        const TextList words = { .items = both, .count = option ? 2 : 1 };
        Error *error = apt_run(command, &words, arena, ret_words, NULL);
        if (error_kind(error) != ERROR_MISSING)
                return error;
        error_free(error);
        *ret_words = "there is no add-apt-repository (install the package software-properties-common)";
        return NULL;
}

/* Another unit of this charm may have added it too. */
static bool is_of_others(const Unit *unit, const char *repository, Arena *arena) {
        AUTO_TEXT char *units = memory_copy(unit->state_folder, path_parent_length(unit->state_folder));
        AUTO_TEXT char *pattern = memory_print("%s/*/private/%s", units, path_name(unit->added_repositories));
        AUTO_VALUE(globfree) glob_t found = { .gl_pathc = 0 };
        AUTO_VALUE(text_list_clear) TextList theirs = { .items = NULL };
        if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
                return false;
        for (size_t i = 0; i < found.gl_pathc; i++)
                if (strcmp(found.gl_pathv[i], unit->added_repositories) != 0)
                        error_free(document_lines(found.gl_pathv[i], arena, &theirs)); /* it may just have gone */
        return text_list_has(&theirs, repository);
}

static Error *take_back(const Unit *unit, const char *repository, Arena *arena, bool *ret_done) {
        const char *words = NULL;
        if (!is_of_others(unit, repository, arena))
                TRY(call_tool("--remove", repository, arena, &words));
        if (words)
                log_warning("cannot take the package source '%s' back: %s (add-apt-repository --remove '%s')",
                            repository, words, repository);
        *ret_done = !words;
        return NULL;
}

static Error *take_back_unwanted(const Unit *unit, const TextList *wanted, Arena *arena) {
        AUTO_VALUE(text_list_clear) TextList added = { .items = NULL }, left = { .items = NULL };
        TRY(document_lines(unit->added_repositories, arena, &added));
        for (size_t i = 0; i < added.count; i++) {
                bool is_done = false;
                if (!text_list_has(wanted, added.items[i]))
                        TRY(take_back(unit, added.items[i], arena, &is_done));
                if (!is_done)
                        text_list_add(&left, added.items[i]);
        }
        return document_update_lines(unit->added_repositories, 0600, &left);
}

static Error *add_repositories(const Unit *unit, const Plan *plan, Arena *arena, const char **ret_problem) {
        AUTO_VALUE(text_list_clear) TextList added = { .items = NULL };
        const char *words;
        TRY(document_lines(unit->added_repositories, arena, &added));
        for (size_t i = 0; i < plan->repositories.count && !*ret_problem; i++) {
                const char *repository = plan->repositories.items[i];
                if (text_list_has(&added, repository))
                        continue;
                TRY(call_tool(NULL, repository, arena, &words));
                if (words) {
                        *ret_problem = arena_print(arena, "\"install_sources\": cannot add %s: %s", repository, words);
                        return NULL;
                }
                text_list_add(&added, repository);
                TRY(document_update_lines(unit->added_repositories, 0600, &added));
        }
        return NULL;
}

/* ---- all of it ---- */

/* What was done for the options as they are now. */
static bool is_up_to_date(const Unit *unit, const CharmConfig *config, char **ret_wanted) {
        *ret_wanted = memory_print("%s\n%s\n", config->install_sources, config->install_keys);
        return document_holds(unit->package_sources, 0600, bytes_of(*ret_wanted));
}

Error *sources_drop(const Unit *unit, const CharmConfig *config, Arena *arena) {
        AUTO_TEXT char *wanted = NULL;
        AUTO_VALUE(plan_clear) Plan plan = { .has_password = false };
        const char *problem;
        if (is_up_to_date(unit, config, &wanted))
                return NULL;
        Error *error = document_remove(unit->package_sources);
        error = error_first(error, remove_files(unit));
        error = error_first(error, make_plan(unit, config, arena, &plan, &problem));
        return error_first(error, take_back_unwanted(unit, &plan.repositories, arena));
}

Error *sources_set_up(const Unit *unit, const CharmConfig *config, Arena *arena, const char **ret_problem) {
        AUTO_TEXT char *wanted = NULL;
        AUTO_VALUE(plan_clear) Plan plan = { .has_password = false };
        const char *words;
        *ret_problem = NULL;
        if (is_up_to_date(unit, config, &wanted))
                return NULL;
        TRY(make_plan(unit, config, arena, &plan, ret_problem));
        if (*ret_problem)
                return NULL;
        TRY(write_files(unit, &plan, arena, ret_problem));
        if (!*ret_problem)
                TRY(add_repositories(unit, &plan, arena, ret_problem));
        if (*ret_problem)
                return NULL;
        if (plan.lines.length || plan.repositories.count)
                TRY(apt_update(arena, &words)); /* what cannot be had is told when it is installed */
        return document_write(unit->package_sources, 0600, bytes_of(wanted));
}
