#include "cli/parse.h"

#include "base/log.h"
#include "cli/options.h"
#include "cli/verbs.h"

DEFINE_LIST(OptionSettingList, option_setting_list, OptionSetting)

/* The arguments, sorted but not looked into. */
typedef struct Sorted {
        char **next; /* those still to be sorted */
        size_t left;
        OptionSettingList settings;
        TextList words;
        bool options_end; /* "--" was met */
        Arena *arena;
} Sorted;

static void sorted_clear(Sorted *sorted) {
        option_setting_list_clear(&sorted->settings);
        text_list_clear(&sorted->words);
}

/* The next argument, NULL when none is left. */
static const char *take_argument(Sorted *sorted) {
        if (sorted->left == 0)
                return NULL;
        sorted->left--;
        return *sorted->next++;
}

static Error *wrong(Error *error) {
        return error_with_code(error, EXIT_CODE_COMMAND_LINE);
}

/* Adds OPTION with VALUE, or with the next argument when VALUE is NULL and it needs one. */
static Error *add_setting(Sorted *sorted, const Option *option, const char *spelled, const char *value) {
        if (!option->argument && value)
                return wrong(error_new(ERROR_USER, "option '%s' takes no value", spelled));
        if (option->argument && !value && !(value = take_argument(sorted)))
                return wrong(error_new(ERROR_USER, "option '%s' needs a value, for example '%s %s'", spelled, spelled,
                                       option->example));
        const char *second = option->kind == OPTION_RENAME ? take_argument(sorted) : NULL;
        if (option->kind == OPTION_RENAME && !second)
                return wrong(error_new(ERROR_USER, "option '%s' needs two values, for example '%s %s'", spelled, spelled,
                                       option->example));
        option_setting_list_add(
                &sorted->settings,
                (OptionSetting){ .option = option, .spelled = spelled, .value = value, .second = second });
        return NULL;
}

/* ARGUMENT is --name or --name=value. */
static Error *sort_long(Sorted *sorted, const char *argument) {
        const Option *option;
        Bytes value;
        Bytes name = bytes_cut(bytes_of(argument + 2), '=', &value);
        TRY(option_find(name, &option));
        const char *spelled = arena_bytes(sorted->arena, bytes_make(argument, 2 + name.length));
        return add_setting(sorted, option, spelled, (const char *)value.at);
}

/* ARGUMENT is -x or -xVALUE. */
static Error *sort_short(Sorted *sorted, const char *argument) {
        const Option *option = option_find_letter(argument[1]);
        if (!option)
                return wrong(error_new(ERROR_USER, "unknown option '%s'", argument));
        return add_setting(sorted, option, arena_print(sorted->arena, "-%c", option->letter),
                           argument[2] ? argument + 2 : NULL);
}

static Error *sort_argument(Sorted *sorted, const char *argument) {
        if (!sorted->options_end && strcmp(argument, "--") == 0)
                sorted->options_end = true;
        else if (!sorted->options_end && strncmp(argument, "--", 2) == 0)
                return sort_long(sorted, argument);
        else if (!sorted->options_end && argument[0] == '-' && argument[1])
                return sort_short(sorted, argument);
        else
                text_list_add(&sorted->words, argument);
        return NULL;
}

/* Returns the first mistake, but sorts everything: the options behind it may say where mistakes are to be told. */
static Error *sort_arguments(Sorted *sorted) {
        const char *argument;
        Error *first = NULL;
        while ((argument = take_argument(sorted)))
                first = error_first(first, sort_argument(sorted, argument));
        return first;
}

static Error *apply_settings(const Sorted *sorted, bool early, CommandLine *command) {
        for (size_t i = 0; i < sorted->settings.count; i++)
                if (option_is_early(sorted->settings.items[i].option) == early)
                        TRY(option_apply(&sorted->settings.items[i], command));
        return NULL;
}

static Error *apply_early_settings(const Sorted *sorted, CommandLine *command) {
        TRY(apply_settings(sorted, true, command));
        if (command->has_now)
                command->job.times.now = command->now;
        return NULL;
}

static Error *fill_gaps(const Surroundings *surroundings, CommandLine *command) {
        Job *job = &command->job;
        if (!job->archive_dir && surroundings->cache_home && surroundings->cache_home[0])
                job->archive_dir = arena_print(command->arena, "%s/duplicity", surroundings->cache_home);
        else if (!job->archive_dir && surroundings->home)
                job->archive_dir = arena_print(command->arena, "%s/.cache/duplicity", surroundings->home);
        if (!job->archive_dir)
                return wrong(error_new(
                        ERROR_USER, "there is no home folder for local files: give option '--archive-dir', for example "
                                    "'--archive-dir /var/cache/duplicity'"));
        if (!job->temp_folder)
                job->temp_folder =
                        surroundings->temp_folder && surroundings->temp_folder[0] ? surroundings->temp_folder : "/tmp";
        job->storage.home = surroundings->home;
        job->storage.temp_folder = job->temp_folder;
        job->concurrency = MAX(job->concurrency, job->asynchronous ? 2 : 1);
        if (job->storage.s3_part_size) /* no service takes smaller parts but for the last */
                job->storage.s3_part_size = MAX(job->storage.s3_part_size, 5u << 20);
        return NULL;
}

static Error *take_words(const TextList *words, CommandLine *command) {
        size_t first;
        TRY(verb_choose(words, &command->verb, &first));
        return verb_take_arguments(command->verb, words->items + first, words->count - first, &command->job);
}

Error *command_line_parse(int argc, char **argv, const Surroundings *surroundings, CommandLine *command) {
        *command = (CommandLine){
                .job = job_defaults(),
                .verbosity = LOG_NOTICE,
                .progress_rate = 3,
                .home = surroundings->home,
                .arena = arena_new(),
        };
        command->job.times = surroundings->times;
        AUTO_VALUE(sorted_clear) Sorted sorted = {
                .next = argv + MIN(argc, 1),
                .left = (size_t)(argc - MIN(argc, 1)),
                .arena = command->arena,
        };
        Error *mistake = sort_arguments(&sorted);
        TRY(error_first(mistake, apply_early_settings(&sorted, command)));
        TRY(apply_settings(&sorted, false, command));
        command->wants_help |= verb_is_help(&sorted.words);
        if (command->wants_help || command->wants_version) /* whatever else is missing */
                return verb_find_helped(&sorted.words, &command->verb);
        TRY(take_words(&sorted.words, command));
        return fill_gaps(surroundings, command);
}

void command_line_clear(CommandLine *command) {
        job_clear(&command->job);
        arena_free(TAKE(command->arena));
}
