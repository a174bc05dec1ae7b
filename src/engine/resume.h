/* Resume: what a backup that was cut short leaves in the archive folder so that the next one continues it. */
#ifndef ENGINE_RESUME_H
#define ENGINE_RESUME_H

#include "engine/session.h"

/* True when the archive folder holds what it takes to continue SET, an incomplete one. */
bool resume_is_possible(const Session *session, const BackupSet *set);

/* Forgets everything that was kept to continue a backup. */
void resume_drop(Session *session);

#endif
