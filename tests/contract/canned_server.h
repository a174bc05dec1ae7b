/* Canned server: answers each connection with what it was given, whatever is asked, and notes what that was. */
#ifndef CONTRACT_CANNED_SERVER_H
#define CONTRACT_CANNED_SERVER_H

/* Starts one on 127.0.0.1 and returns its port. Connection by connection it reads one HTTP request with its body,
 * answers with the next of ANSWERS (NULL ends them) and closes. It ends with the last answer, and with the test's
 * process. */
unsigned canned_server_start(const char *const *answers);

/* The requests that were answered so far, heads and bodies, in order. Caller frees. */
char *canned_server_requests(void);

#endif
