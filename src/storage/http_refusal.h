/* Http refusal: what an answer that is no success means: the kind of error, the server's own words, and what to
 * correct. */
#ifndef STORAGE_HTTP_REFUSAL_H
#define STORAGE_HTTP_REFUSAL_H

#include "base/when.h"
#include "storage/http.h"

/* What a code in an answer's XML means, where it tells more than the status. */
typedef struct HttpMeaning {
        const char *code; /* "": an answer without one */
        ErrorKind kind;
        const char *remedy; /* what to correct; may be NULL */
} HttpMeaning;

/* The code of RESPONSE's XML (<Code> in S3 and Azure), "" when there is none. Caller frees. */
char *http_refusal_code(const HttpResponse *response);

/* The error RESPONSE stands for. MEANINGS, which may be NULL and end with a code NULL, come before what statuses mean:
 * 401, 403, 407 ERROR_DENIED; 404, 410 ERROR_MISSING; 408, 423, 425, 429 and 5xx ERROR_TRANSIENT, with the pause that
 * Retry-After asks for; 507 ERROR_SYSTEM with the exit code of a full disk; others ERROR_SYSTEM. A 2xx answer with an
 * error in its body, as S3 may give, is judged by the code; without a known one it is ERROR_TRANSIENT. */
CHECKED Error *http_refusal(const HttpResponse *response, const HttpMeaning *meanings);

/* Seconds that VALUE of a header Retry-After asks for, a number or a date, seen from NOW; 0 when it says nothing. */
double http_refusal_pause(Bytes value, Moment now);

#endif
