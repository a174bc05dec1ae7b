#include "storage/ssh_settings.h"

#include <errno.h>
#include <strings.h>
#include <unistd.h>

#include "base/buffer.h"

typedef enum WordKind {
        WORD_TEXT, /* const char *, the first one counts */
        WORD_FILE, /* the same, "~/" is the home folder */
        WORD_FILES,
        WORD_FLAG,     /* bool: yes or no */
        WORD_STRICT,   /* has to be what is done anyway */
        WORD_NEEDLESS, /* seen to by --timeout and the lack of a terminal, or of use to the ssh program only */
} WordKind;

typedef struct Word {
        const char *name;
        char letter; /* 0: none */
        WordKind kind;
        size_t field;
} Word;

#define FIELD(member) offsetof(SshSettings, member)

static const Word known[] = {
        { "IdentityFile", 'i', WORD_FILES, FIELD(identities) },
        { "IdentitiesOnly", 0, WORD_FLAG, FIELD(identities_only) },
        { "UserKnownHostsFile", 0, WORD_FILE, FIELD(known_hosts) },
        { "StrictHostKeyChecking", 0, WORD_STRICT, 0 },
        { "User", 'l', WORD_TEXT, FIELD(user) },
        { "Port", 'p', WORD_TEXT, FIELD(port) },
        { "ProxyCommand", 0, WORD_TEXT, FIELD(proxy_command) },
        { "BindAddress", 'b', WORD_TEXT, FIELD(bind_address) },
        { "Ciphers", 'c', WORD_TEXT, FIELD(ciphers) },
        { "MACs", 'm', WORD_TEXT, FIELD(macs) },
        { "KexAlgorithms", 0, WORD_TEXT, FIELD(key_exchange) },
        { "HostKeyAlgorithms", 0, WORD_TEXT, FIELD(host_key_types) },
        { "PubkeyAcceptedAlgorithms", 0, WORD_TEXT, FIELD(key_types) },
        { "PubkeyAcceptedKeyTypes", 0, WORD_TEXT, FIELD(key_types) },
        { "Compression", 0, WORD_TEXT, FIELD(compression) },
        { "BatchMode", 0, WORD_NEEDLESS, 0 },
        { "ConnectTimeout", 0, WORD_NEEDLESS, 0 },
        { "ServerAliveInterval", 0, WORD_NEEDLESS, 0 },
        { "ServerAliveCountMax", 0, WORD_NEEDLESS, 0 },
        { "TCPKeepAlive", 0, WORD_NEEDLESS, 0 },
        { "ControlMaster", 0, WORD_NEEDLESS, 0 },
        { "ControlPath", 0, WORD_NEEDLESS, 0 },
        { "ControlPersist", 0, WORD_NEEDLESS, 0 },
        { "", 'F', WORD_FILE, FIELD(config) },
};

/* One option as given: what it is called, and its value. */
typedef struct Setting {
        const char *name, *value;
        const char *home;
        Arena *arena;
        SshSettings *settings;
} Setting;

static Error *refuse(const char *format, ...) PRINTF_LIKE(1, 2);
static Error *refuse(const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        AUTO_TEXT char *why = memory_vprint(format, arguments);
        va_end(arguments);
        return error_with_code(error_new(ERROR_USER, "cannot follow --ssh-options: %s", why), EXIT_CODE_COMMAND_LINE);
}

static Error *refuse_unknown(const char *name) {
        AUTO_VALUE(buffer_clear) Buffer names = { .data = NULL };
        for (size_t i = 0; i < ARRAY_LENGTH(known) && known[i].name[0]; i++)
                buffer_print(&names, "%s%s", i ? ", " : "", known[i].name);
        return refuse("'%s' is not known here; there are -F, -i, -l, -p, -b, -c, -m and -o with %s (others may stand "
                      "in ~/.ssh/config)",
                      name, buffer_text(&names));
}

static bool is_one_of(const char *value, const char *const *words, size_t count) {
        for (size_t i = 0; i < count; i++)
                if (strcasecmp(value, words[i]) == 0)
                        return true;
        return false;
}

static void *field_of(const Setting *setting, const Word *word) {
        return (char *)setting->settings + word->field;
}

static const char *file_name(const Setting *setting) {
        bool at_home = setting->home && strncmp(setting->value, "~/", 2) == 0;
        return at_home ? arena_print(setting->arena, "%s%s", setting->home, setting->value + 1) : setting->value;
}

static Error *set_text(const Setting *setting, const Word *word) {
        const char **field = field_of(setting, word);
        if (!*field)
                *field = setting->value;
        return NULL;
}

static Error *set_file(const Setting *setting, const Word *word) {
        const char **field = field_of(setting, word);
        if (!*field)
                *field = file_name(setting);
        return NULL;
}

static Error *add_file(const Setting *setting, const Word *word) {
        text_list_add(field_of(setting, word), file_name(setting));
        return NULL;
}

static Error *set_flag(const Setting *setting, const Word *word) {
        static const char *const yes[] = { "yes", "true" }, *const no[] = { "no", "false" };
        bool is_set = is_one_of(setting->value, yes, ARRAY_LENGTH(yes));
        if (!is_set && !is_one_of(setting->value, no, ARRAY_LENGTH(no)))
                return refuse("%s must be 'yes' or 'no'", word->name);
        *(bool *)field_of(setting, word) |= is_set;
        return NULL;
}

static Error *check_strictness(const Setting *setting, UNUSED const Word *word) {
        static const char *const strict[] = { "yes", "true", "ask" };
        if (is_one_of(setting->value, strict, ARRAY_LENGTH(strict)))
                return NULL;
        return refuse("'StrictHostKeyChecking=%s' would trust any server; put the host's key into a file (ssh-keyscan) "
                      "and name it with --ssh-known-hosts",
                      setting->value);
}

static Error *pass_over(UNUSED const Setting *setting, UNUSED const Word *word) {
        return NULL;
}

static Error *apply(const Word *word, const Setting *setting) {
        static Error *(*const setters[])(const Setting *, const Word *) = {
                [WORD_TEXT] = set_text, [WORD_FILE] = set_file,           [WORD_FILES] = add_file,
                [WORD_FLAG] = set_flag, [WORD_STRICT] = check_strictness, [WORD_NEEDLESS] = pass_over,
        };
        if (!setting->value[0])
                return refuse("'%s' needs a value", setting->name);
        return setters[word->kind](setting, word);
}

static Error *apply_letter(Setting *setting, char letter) {
        for (size_t i = 0; i < ARRAY_LENGTH(known); i++)
                if (known[i].letter && known[i].letter == letter)
                        return apply(&known[i], setting);
        return refuse_unknown(setting->name);
}

/* TEXT is "Name=value", or "Name value". */
static Error *apply_named(Setting *setting, const char *text) {
        size_t length = strcspn(text, "= \t");
        setting->name = arena_bytes(setting->arena, bytes_make(text, length));
        const char *value = text + length;
        value += strspn(value, " \t");
        value += *value == '=';
        setting->value = value + strspn(value, " \t");
        for (size_t i = 0; i < ARRAY_LENGTH(known); i++)
                if (known[i].name[0] && strcasecmp(known[i].name, setting->name) == 0)
                        return apply(&known[i], setting);
        return refuse_unknown(setting->name);
}

Error *ssh_settings_read(const TextList *words, const char *home, Arena *arena, SshSettings *settings) {
        Setting setting = { .home = home, .arena = arena, .settings = settings };
        for (size_t i = 0; i < words->count; i++) {
                const char *word = words->items[i];
                if (word[0] != '-' || !word[1])
                        return refuse("'%s' is no option", word);
                setting.name = arena_print(arena, "%.2s", word);
                setting.value = word[2] ? word + 2 : i + 1 < words->count ? words->items[++i] : "";
                TRY(word[1] == 'o' ? apply_named(&setting, setting.value) : apply_letter(&setting, word[1]));
        }
        return NULL;
}

Error *ssh_settings_check_known_hosts(const char *path) {
        if (!path || access(path, R_OK) == 0)
                return NULL;
        AUTO(error_free) Error *cause = error_from_errno(errno, "cannot read '%s' of --ssh-known-hosts", path);
        return error_new(ERROR_USER, "%s", error_story(cause));
}

void ssh_settings_clear(SshSettings *settings) {
        text_list_clear(&settings->identities);
}
