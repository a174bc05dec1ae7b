/* Survey: counts, beside a backup, how many bytes there are to back up, so that the progress line can tell how long it
 * takes. */
#ifndef ENGINE_SURVEY_H
#define ENGINE_SURVEY_H

#include <stdint.h>

#include "source/walk.h"

typedef struct Survey Survey;

/* Begins to count in the background what a walk at ROOT with OPTIONS would give; their selection must outlive the
 * survey. What cannot be read counts nothing. */
CHECKED Error *survey_open(const char *root, const WalkOptions *options, Survey **ret_survey);

/* Bytes of all files once the count is complete; 0 until then. */
uint64_t survey_total(const Survey *survey);

/* Stops counting and releases. */
void survey_close(Survey *survey);
DEFINE_AUTO(Survey, survey_close)

#endif
