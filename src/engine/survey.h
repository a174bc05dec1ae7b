/* Survey: counts, beside a backup, how many bytes its source holds, so that the progress line can tell how long it
 * takes. */
#ifndef ENGINE_SURVEY_H
#define ENGINE_SURVEY_H

#include <stdint.h>

#include "base/error.h"

typedef struct Survey Survey;

/* Begins to count beneath ROOT in the background. What cannot be read counts nothing. */
CHECKED Error *survey_open(const char *root, Survey **ret_survey);

/* Bytes of all files once the count is complete; 0 until then. */
uint64_t survey_total(const Survey *survey);

/* Stops counting and releases. */
void survey_close(Survey *survey);
DEFINE_AUTO(Survey, survey_close)

#endif
