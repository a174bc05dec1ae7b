/* Makes the manual page and the completion for bash out of their templates and the program's own tables.
 *
 * manual TEMPLATE >FILE: copies lines; one that is "@NAME@" is replaced by what the table below prints for it. */
#include "cli/help.h"
#include "cli/options.h"
#include "cli/refusals.h"

/* ---- the manual page ---- */

/* TEXT as troff wants it; "" in lines that begin a macro's argument. */
static void print_troff(const char *text) {
        if (text[0] == '.' || text[0] == '\'')
                fputs("\\&", stdout);
        for (; *text; text++) {
                if (*text == '\\')
                        fputs("\\e", stdout);
                else if (*text == '-')
                        fputs("\\-", stdout);
                else
                        putchar(*text);
        }
}

static void print_line(const char *text) {
        print_troff(text);
        putchar('\n');
}

static void print_title(void) {
        printf(".TH CHARM-DUPLICITY 1 \"\" \"charm-duplicity %s\"\n", VERSION);
}

static void print_commands(void) {
        size_t count;
        const Verb *verbs = verb_table(&count);
        for (size_t i = 0; i < count; i++) {
                fputs(".TP\n\\fB", stdout);
                print_troff(verbs[i].name);
                for (size_t k = 0; verbs[i].aliases[k]; k++)
                        printf("\\fR, \\fB%s", verbs[i].aliases[k]);
                printf("\\fR \\fI%s\\fR\n", verb_arguments_text(verbs[i].arguments));
                print_line(verbs[i].help);
        }
}

static void print_option(const Option *option) {
        fputs(".TP\n\\fB", stdout);
        if (option->letter)
                printf("\\-%c\\fR, \\fB", option->letter);
        for (size_t i = 0; i < ARRAY_LENGTH(option->names) && option->names[i]; i++) {
                fputs(i ? "\\fR, \\fB\\-\\-" : "\\-\\-", stdout);
                print_troff(option->names[i]);
        }
        fputs("\\fR", stdout);
        if (option->argument)
                printf(" \\fI%s\\fR", option->argument);
        putchar('\n');
        print_line(option->help);
}

static void print_options(void) {
        size_t count;
        const Option *options = option_table(&count);
        for (size_t i = 0; i < count; i++) {
                if (i == 0 || options[i].group != options[i - 1].group)
                        printf(".SS %s\n", option_group_title(options[i].group));
                print_option(&options[i]);
        }
}

static void print_refusals(const char *dashes, const Refusal *refusals, size_t count) {
        for (size_t i = 0; i < count; i++) {
                printf(".TP\n\\fB%s", dashes);
                print_troff(refusals[i].name);
                fputs("\\fR\n", stdout);
                print_line(refusals[i].reason);
        }
}

static void print_all_refusals(void) {
        size_t count;
        const Refusal *options = refusal_options(&count);
        print_refusals("\\-\\-", options, count);
        const Refusal *commands = refusal_commands(&count);
        print_refusals("", commands, count);
}

static void print_sections(void) {
        size_t count;
        const HelpSection *sections = help_sections(&count);
        for (size_t i = 0; i < count; i++) {
                printf(".SH %s\n", sections[i].title);
                for (size_t k = 0; k < sections[i].count; k++) {
                        fputs(".TP\n\\fB", stdout);
                        print_troff(sections[i].notes[k].title);
                        fputs("\\fR\n", stdout);
                        print_line(sections[i].notes[k].text);
                }
        }
}

/* ---- the completion ---- */

static bool is_file(const Option *option) {
        static const char *const arguments[] = { "FILE", "FOLDER", "PROGRAM" };
        for (size_t i = 0; i < ARRAY_LENGTH(arguments); i++)
                if (strcmp(option->argument, arguments[i]) == 0)
                        return true;
        return false;
}

static const char *const *choices_of(const Option *option) {
        static const char *const levels[] = { "error", "warning", "notice", "info", "debug", NULL };
        static const char *const modes[] = { "partial", "full", NULL };
        if (option->kind == OPTION_SYNC_MODE)
                return modes;
        return option->kind == OPTION_VERBOSITY ? levels : option->choices;
}

static void print_command_words(void) {
        size_t count;
        const Verb *verbs = verb_table(&count);
        for (size_t i = 0; i < count; i++)
                printf("%s\n", verbs[i].name);
        printf("help\n");
}

/* The names of the options of which IS_MEANT holds, each on a line. */
static void print_names(bool (*is_meant)(const Option *)) {
        size_t count;
        const Option *options = option_table(&count);
        for (size_t i = 0; i < count; i++) {
                if (!is_meant(&options[i]))
                        continue;
                for (size_t k = 0; k < ARRAY_LENGTH(options[i].names) && options[i].names[k]; k++)
                        printf("--%s\n", options[i].names[k]);
                if (options[i].letter)
                        printf("-%c\n", options[i].letter);
        }
}

static bool is_any(UNUSED const Option *option) {
        return true;
}

static bool needs_other_value(const Option *option) {
        return option->argument && !is_file(option);
}

static void print_option_words(void) {
        print_names(is_any);
}

static void print_value_words(void) {
        print_names(needs_other_value);
}

static void print_choices(void) {
        size_t count;
        const Option *options = option_table(&count);
        for (size_t i = 0; i < count; i++) {
                const char *const *choices = choices_of(&options[i]);
                if (!choices)
                        continue;
                for (size_t k = 0; k < ARRAY_LENGTH(options[i].names) && options[i].names[k]; k++)
                        printf("%s--%s", k ? " | " : "        ", options[i].names[k]);
                if (options[i].letter)
                        printf(" | -%c", options[i].letter);
                printf(") echo");
                for (size_t k = 0; choices[k]; k++)
                        printf(" %s", choices[k]);
                printf(" ;;\n");
        }
}

static const struct {
        const char *name;
        void (*print)(void);
} parts[] = {
        { "@TITLE@\n", print_title },
        { "@COMMANDS@\n", print_commands },
        { "@OPTIONS@\n", print_options },
        { "@REFUSALS@\n", print_all_refusals },
        { "@SECTIONS@\n", print_sections },
        { "@COMMAND-WORDS@\n", print_command_words },
        { "@OPTION-WORDS@\n", print_option_words },
        { "@VALUE-WORDS@\n", print_value_words },
        { "@CHOICES@\n", print_choices },
};

static void print_template_line(const char *line) {
        for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
                if (strcmp(line, parts[i].name) == 0) {
                        parts[i].print();
                        return;
                }
        }
        fputs(line, stdout);
}

int main(int argc, char **argv) {
        char line[1024];
        FILE *file = argc == 2 ? fopen(argv[1], "re") : NULL;
        if (!file) {
                fprintf(stderr, "usage: manual TEMPLATE\n");
                return 2;
        }
        while (fgets(line, sizeof line, file))
                print_template_line(line);
        bool is_whole = !ferror(file);
        fclose(file);
        return is_whole && fflush(stdout) == 0 ? 0 : 1;
}
