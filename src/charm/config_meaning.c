/* What options of the config mean. */
#include "charm/config.h"

#include <ctype.h>
#include <strings.h>

#include "base/attribute.h"
#include "charm/schedule.h"

static const Backend backends[] = {
        { "s3", "s3", false },     { "ssh", "sftp", true },     { "scp", "scp", true },
        { "sftp", "sftp", true },  { "ftp", "ftp", false },     { "rsync", "rsync", true },
        { "file", "file", false }, { "azure", "azure", false }, { "webdav", "webdavs", false },
};

const Backend *config_backend(const CharmConfig *config) {
        for (size_t i = 0; i < ARRAY_LENGTH(backends); i++)
                if (strcasecmp(config->backend, backends[i].name) == 0)
                        return &backends[i];
        return NULL;
}

bool config_is_disabled(const CharmConfig *config) {
        return config->backend[0] == '\0';
}

bool config_folders(const CharmConfig *config, Arena *arena, TextList *ret_folders) {
        Bytes rest = bytes_of(config->aux_backup_directory);
        while (rest.at) {
                size_t length = 0;
                while (length < rest.length && !strchr(",\n", rest.at[length]))
                        length++;
                Bytes folder = bytes_trim(bytes_slice(rest, 0, length));
                rest = length < rest.length ? bytes_slice(rest, length + 1, SIZE_MAX) : (Bytes){ .at = NULL };
                if (folder.length == 0)
                        continue;
                if (folder.at[0] != '/')
                        return false;
                text_list_add(ret_folders, arena_bytes(arena, folder));
        }
        return ret_folders->count > 0;
}

bool config_schedule(const char *text, bool for_deletion, const char **ret_cron) {
        static const struct {
                const char *word, *backup, *deletion;
        } words[] = {
                { "hourly", "@hourly", "40 * * * *" },
                { "daily", "@daily", "0 23 * * *" },
                { "weekly", "@weekly", NULL },
                { "monthly", "@monthly", NULL },
        };
        Schedule schedule;
        *ret_cron = NULL;
        if (!for_deletion && strcasecmp(text, "manual") == 0)
                return true;
        for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
                if (strcasecmp(text, words[i].word) != 0)
                        continue;
                *ret_cron = for_deletion ? words[i].deletion : words[i].backup;
                return *ret_cron;
        }
        if (!schedule_parse(text, &schedule) || strpbrk(text, "\n%"))
                return false;
        *ret_cron = text;
        return true;
}

bool config_retention(const char *text, int64_t *ret_seconds) {
        enum { MOST = 100000 };
        Bytes number = bytes_of(text);
        uint64_t count;
        *ret_seconds = 0;
        if (strcmp(text, "manual") == 0)
                return true;
        if (number.length < 2 || text[0] == '0')
                return false;
        int64_t unit = bytes_end_with(number, "d") ? 86400 : bytes_end_with(number, "h") ? 3600 : 0;
        number.length--;
        if (!unit || !bytes_to_number(number, &count) || count > MOST)
                return false;
        *ret_seconds = (int64_t)count * unit;
        return true;
}

bool config_keeps_by_calendar(const CharmConfig *config) {
        return config->keep_daily || config->keep_weekly || config->keep_monthly || config->keep_yearly;
}

bool config_deletes(const CharmConfig *config) {
        int64_t seconds;
        return config_keeps_by_calendar(config) || (config_retention(config->retention_period, &seconds) && seconds);
}

const char *config_source(const TextList *folders) {
        return folders->count == 1 ? folders->items[0] : "/";
}

/* Brackets, stars and question marks in a folder's name mean themselves. */
static const char *pattern_of(const char *folder, Arena *arena) {
        AUTO_VALUE(buffer_clear) Buffer pattern = { .data = NULL };
        for (; *folder; folder++)
                (void)buffer_print(&pattern, strchr("*?[", *folder) ? "[%c]" : "%c", *folder);
        return arena_text(arena, buffer_text(&pattern));
}

static void add_rule(SelectionKind kind, const char *option, const char *pattern, SelectionOptionList *rules) {
        selection_option_list_add(rules, (SelectionOption){ .kind = kind, .spelled = option, .value = pattern });
}

void config_select(const CharmConfig *config, const TextList *folders, Arena *arena, SelectionOptionList *rules) {
        for (Bytes rest = bytes_of(config->exclude); rest.at;) {
                Bytes line = bytes_trim(bytes_cut(rest, '\n', &rest));
                if (line.length)
                        add_rule(SELECTION_EXCLUDE, "exclude", arena_bytes(arena, line), rules);
        }
        for (size_t i = 0; folders->count > 1 && i < folders->count; i++)
                add_rule(SELECTION_INCLUDE, "aux_backup_directory", pattern_of(folders->items[i], arena), rules);
        if (folders->count > 1)
                add_rule(SELECTION_EXCLUDE, "aux_backup_directory", "/**", rules);
}

const char *config_key_name(const CharmConfig *config, Arena *arena) {
        const char *typed = config->gpg_public_key;
        AUTO_VALUE(buffer_clear) Buffer digits = { .data = NULL };
        for (typed += strncasecmp(typed, "0x", 2) == 0 ? 2 : 0; *typed; typed++) {
                if (!isxdigit((unsigned char)*typed) && !isspace((unsigned char)*typed))
                        return NULL;
                if (isxdigit((unsigned char)*typed))
                        (void)buffer_add_byte(&digits, (uint8_t)toupper((unsigned char)*typed));
        }
        bool is_name = digits.length == 8 || digits.length == 16 || digits.length == 32 || digits.length == 40;
        return is_name ? arena_text(arena, buffer_text(&digits)) : NULL;
}

bool config_is_nagios_context(const char *text) {
        static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
        return text[0] && strlen(text) <= 100 && strspn(text, good) == strlen(text);
}

bool config_is_nagios_groups(const char *text) {
        static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-, ";
        return strspn(text, good) == strlen(text);
}
