/* Servers that tests/servers/run starts for all tests, and says in the environment where they are. */
#ifndef CONTRACT_SERVER_H
#define CONTRACT_SERVER_H

#include "contract/storage_contract.h"

/* The value of a variable that tests/servers/run sets; fails the test when it is missing, and skips it when it is "none". */
const char *server_variable(const char *name);

/* A name no other test uses: that of the test's folder. Lives as long as the process. */
const char *server_unique(void);

/* Opens the URL of a text with OPTIONS, without the decorators. The error, if any, is the caller's. */
Error *server_try(const char *url, const StorageOptions *options, Storage **ret_storage);

/* The same, which has to work. URL is freed. */
Storage *server_open(char *url, const StorageOptions *options);

/* Sets a variable until the process ends; NULL unsets it. */
void server_set(const char *name, const char *value);

/* A sink for listings: appends "name=size " to CONTEXT, a Buffer. */
Error *server_note(void *context, const RemoteFile *file);

/* A kind of server, for what every back end has to survive. */
typedef struct Server {
        const char *name;            /* of its variables: NAME_SERVER, NAME_FAULT_SERVER, NAME_FAULTS */
        char *(*url)(const char *server); /* a folder of the test's own on SERVER, host:port; caller frees */
        char *(*wrong_url)(const char *server); /* the same with a wrong password; caller frees */
        const char *wrong_word;      /* what the refusal says: the variable or part of the URL to correct */
        unsigned cut;                /* bytes after which a line is cut in the middle of a transfer of 1 MiB */
        StorageOptions options;
} Server;

/* The value of NAME_WHAT, as server_variable has it. */
const char *server_variable_of(const Server *server, const char *what);

/* Has the proxy of SERVER do what LINE says with further connections ("": pass everything on); see faults.py. */
void server_fault(const Server *server, const char *line);

/* Opens the URL of SERVER through its proxy. */
Storage *server_open_faulty(const Server *server, const StorageOptions *options);

#endif
