#include "codec/openpgp_program.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/memory.h"

const char openpgp_program_ourselves[] = "/proc/self/exe";

/* Words in percent encoding, a blank between them; the first one is the program. */
static const char variable[] = "CHARM_DUPLICITY_GPG";

bool openpgp_program_shapes_contents(const TextList *words) {
        /* gpg takes any beginning of a long option that leaves no doubt */
        static const char *const beginnings[] = { "--compr", "--bzip2",    "--no-compr", "--personal-compr", "-z",
                                                  "--set-f", "--for-your", "--text",     "-t" };
        for (size_t i = 0; i < words->count; i++)
                for (size_t j = 0; j < ARRAY_LENGTH(beginnings); j++)
                        if (bytes_start_with(bytes_of(words->items[i]), beginnings[j]))
                                return true;
        return false;
}

void openpgp_program_announce(const char *binary, const TextList *options) {
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        encode_percent(bytes_of(binary), "", &text);
        for (size_t i = 0; i < options->count; i++) {
                buffer_add_byte(&text, ' ');
                encode_percent(bytes_of(options->items[i]), "", &text);
        }
        const char *before = getenv(variable);
        if (!before || strcmp(before, buffer_text(&text)) != 0)
                (void)setenv(variable, buffer_text(&text), 1); /* fails without memory only */
}

/* Programs that we start inherit the variable too, and one of them may be us again. */
static bool is_run_by_gpgme(char **argv) {
        if (!argv[0] || !argv[1])
                return false;
        for (size_t i = 1; argv[i]; i++)
                if (strcmp(argv[i], "--status-fd") == 0)
                        return true;
        return strcmp(argv[1], "--version") == 0 && !argv[2];
}

void openpgp_program_become(char **argv) {
        const char *announced = getenv(variable);
        if (!announced || !is_run_by_gpgme(argv))
                return;
        TextList arguments = { .items = NULL };
        for (Bytes rest = bytes_of(announced); rest.at;) {
                Buffer word = { .data = NULL };
                encode_from_percent(bytes_cut(rest, ' ', &rest), &word);
                text_list_add(&arguments, buffer_detach(&word));
        }
        const char *program = arguments.items[0];
        arguments.items[0] = argv[0][0] ? argv[0] : program;
        for (size_t i = 1; argv[i]; i++)
                text_list_add(&arguments, argv[i]);
        text_list_add(&arguments, NULL);
        (void)unsetenv(variable); /* fails for bad names only */
        execvp(program, (char **)arguments.items);
        _exit(127); /* as a shell does; gpgme finds no version then, and openpgp_open says what is missing */
}
