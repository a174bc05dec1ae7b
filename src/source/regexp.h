/* Regexp: regular expressions as Python's re.search reads them, on paths; PCRE2 behind it.
 *
 * A Regexp is constant once compiled, and may be shared by threads; each thread searches with a RegexpRoom of its
 * own. */
#ifndef SOURCE_REGEXP_H
#define SOURCE_REGEXP_H

#include "base/bytes.h"
#include "base/error.h"

typedef struct Regexp Regexp;
typedef struct RegexpRoom RegexpRoom;

/* Compiles PATTERN, UTF-8. ERROR_USER with exit code 15 says what is wrong with it, and where. */
CHECKED Error *regexp_compile(const char *pattern, bool ignore_case, Regexp **ret_regexp);

RegexpRoom *regexp_room_new(void);

/* Looks for the expression anywhere in TEXT; bytes of it that are not UTF-8 are characters of no class. ERROR_USER
 * with exit code 15 when that takes more steps or memory than a sane expression does. */
CHECKED Error *regexp_search(const Regexp *regexp, RegexpRoom *room, Bytes text, bool *ret_found);

void regexp_free(Regexp *regexp);
DEFINE_AUTO(Regexp, regexp_free)

void regexp_room_free(RegexpRoom *room);
DEFINE_AUTO(RegexpRoom, regexp_room_free)

#endif
