/* What tests against real servers share. tests/servers/run starts the servers and says in the environment where they
 * are. */
#ifndef SERVERS_SERVER_H
#define SERVERS_SERVER_H

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

/* NETWORK_CONTRACT(s3, &s3_server); registers all cases for one kind. */
#define NETWORK_CONTRACT_CASES(CASE, prefix, server)                                                                   \
        CASE(prefix, server, tells_of_a_cut_upload_and_leaves_nothing)                                                 \
        CASE(prefix, server, uploads_again_after_a_cut)                                                                \
        CASE(prefix, server, downloads_again_after_a_cut)                                                              \
        CASE(prefix, server, waits_for_a_server_that_is_gone)                                                          \
        CASE(prefix, server, gives_up_a_server_that_never_answers)                                                     \
        CASE(prefix, server, bears_a_slow_server)                                                                      \
        CASE(prefix, server, refuses_a_wrong_password_at_once)                                                         \
        CASE(prefix, server, does_not_know_every_host)                                                                 \
        CASE(prefix, server, carries_300_megabytes)                                                                    \
        CASE(prefix, server, keeps_to_the_limits)                                                                      \
        CASE(prefix, server, ends_when_cancelled)

#define NETWORK_CONTRACT_DECLARE(prefix, server, name) void network_contract_##name(const Server *server);
NETWORK_CONTRACT_CASES(NETWORK_CONTRACT_DECLARE, , server)

#define NETWORK_CONTRACT_TEST(prefix, server, name)                                                                    \
        TEST(prefix##_##name) {                                                                                        \
                network_contract_##name(server);                                                                       \
        }
#define NETWORK_CONTRACT(prefix, server) NETWORK_CONTRACT_CASES(NETWORK_CONTRACT_TEST, prefix, server)

/* Has the proxy of SERVER do what LINE says with further connections ("": pass everything on); see faults.py. */
void server_fault(const Server *server, const char *line);

/* Opens the URL of SERVER through its proxy. */
Storage *server_open_faulty(const Server *server, const StorageOptions *options);

#endif
