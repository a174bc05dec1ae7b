#include "storage/ssh_askpass.h"

#include <limits.h>
#include <unistd.h>

static const char variable[] = "CHARM_DUPLICITY_ASKPASS";

void ssh_askpass_announce(const Secret *password, Arena *arena, TextList *environment) {
        char program[PATH_MAX];
        ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
        if (length <= 0)
                return; /* then ssh says that it was denied */
        program[length] = '\0';
        if (access(program, X_OK) < 0) /* it was replaced by a later version meanwhile */
                snprintf(program, sizeof program, "/proc/%d/exe", (int)getpid());
        text_list_add(environment, arena_print(arena, "%s=%s", variable, (const char *)secret_reveal(password).at));
        text_list_add(environment, arena_print(arena, "SSH_ASKPASS=%s", program));
        text_list_add(environment, arena_text(arena, "SSH_ASKPASS_REQUIRE=force"));
        text_list_add(environment, arena_text(arena, "DISPLAY=none")); /* older ones want this, and no terminal */
}

/* The question is the only argument. */
void ssh_askpass_become(int argc) {
        const char *password = getenv(variable);
        if (!password || argc != 2)
                return;
        (void)puts(password); /* where it cannot be printed, ssh is denied */
        exit(EXIT_SUCCESS);
}
