/* What the ssh program asks for a password: us, called by it. */
#ifndef STORAGE_SSH_ASKPASS_H
#define STORAGE_SSH_ASKPASS_H

#include "base/arena.h"
#include "base/list.h"
#include "base/secret.h"

/* Adds to ENVIRONMENT, for the ssh program alone, what makes it ask us and us answer PASSWORD. The texts are ARENA's:
 * it holds the password then. OpenSSH 8.4 or later. */
void ssh_askpass_announce(const Secret *password, Arena *arena, TextList *environment);

/* Answers and ends the process when it was started for that; otherwise returns. First thing in main. */
void ssh_askpass_become(int argc);

#endif
