#include "sys/cancel.h"

#include <signal.h>
#include <stdatomic.h>

typedef struct Signal {
        int number;
        const char *name;
} Signal;

static const Signal signals[] = {
        { SIGINT, "SIGINT" },
        { SIGTERM, "SIGTERM" },
        { SIGHUP, "SIGHUP" },
};

static atomic_int signal_received; /* 0: none */

static void note_signal(int number) {
        atomic_store(&signal_received, number);
}

/* What our parent made us ignore (nohup) stays ignored. SA_RESETHAND: the second one takes its default action. */
static void watch(int number) {
        struct sigaction before;
        struct sigaction action = { .sa_handler = note_signal, .sa_flags = SA_RESTART | (int)SA_RESETHAND };
        if (sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_IGN)
                return;
        sigemptyset(&action.sa_mask);
        (void)sigaction(number, &action, NULL); /* cannot fail for these signals */
}

void cancel_install(void) {
        for (size_t i = 0; i < ARRAY_LENGTH(signals); i++)
                watch(signals[i].number);
        struct sigaction ignore = { .sa_handler = SIG_IGN };
        (void)sigaction(SIGPIPE, &ignore, NULL); /* cannot fail either */
}

void cancel_request(void) {
        note_signal(SIGTERM);
}

bool cancel_requested(void) {
        return atomic_load(&signal_received) != 0;
}

Error *cancel_check(void) {
        int number = atomic_load(&signal_received);
        for (size_t i = 0; i < ARRAY_LENGTH(signals); i++)
                if (signals[i].number == number)
                        return error_new(ERROR_CANCELLED, "interrupted by signal %s", signals[i].name);
        return NULL;
}

void cancel_clear(void) {
        note_signal(0);
}
