/* One program, several roles: which one follows from the name it is called by. */
#include "base/attribute.h"
#include "base/path.h"
#include "cli/cli.h"
#include "codec/openpgp.h"
#include "storage/ssh_askpass.h"

static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
} roles[] = {
        { "charm-duplicity", cli_main },
};

int main(int argc, char **argv) {
        openpgp_become_gpg(argv);
        ssh_askpass_become(argc);
        const char *name = argc ? path_name(argv[0]) : "";
        for (size_t i = 0; i < ARRAY_LENGTH(roles); i++)
                if (strcmp(roles[i].name, name) == 0)
                        return roles[i].run(argc, argv);
        return cli_main(argc, argv); /* by any other name it is the command line */
}
