#include "engine/resume.h"

bool resume_is_possible(UNUSED const Session *session, UNUSED const BackupSet *set) {
        return false;
}

void resume_drop(UNUSED Session *session) {
}
