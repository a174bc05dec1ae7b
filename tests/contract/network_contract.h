/* What every back end must survive: broken lines, servers that are gone, silent or slow, wrong passwords,
 * addresses of IPv6, limits.
 * NETWORK_CONTRACT(s3, &s3_server); in a test file registers all cases for one kind of server. */
#ifndef CONTRACT_NETWORK_CONTRACT_H
#define CONTRACT_NETWORK_CONTRACT_H

#include "contract/server.h"

#define NETWORK_CONTRACT_CASES(CASE, prefix, server)                             \
        CASE(prefix, server, tells_of_a_cut_upload_and_lists_nothing_unfinished) \
        CASE(prefix, server, uploads_again_after_a_cut)                          \
        CASE(prefix, server, downloads_again_after_a_cut)                        \
        CASE(prefix, server, waits_for_a_server_that_is_gone_for_5_seconds)      \
        CASE(prefix, server, gives_up_a_server_that_never_answers)               \
        CASE(prefix, server, gives_up_an_upload_whose_answer_never_comes)        \
        CASE(prefix, server, bears_a_slow_server)                                \
        CASE(prefix, server, refuses_a_wrong_password_at_once)                   \
        CASE(prefix, server, does_not_know_every_host)                           \
        CASE(prefix, server, goes_to_addresses_of_ipv6)                          \
        CASE(prefix, server, carries_300_megabytes)                              \
        CASE(prefix, server, keeps_to_the_limits)                                \
        CASE(prefix, server, ends_when_cancelled)                                \
        CASE(prefix, server, ends_when_cancelled_in_the_middle)

#define NETWORK_CONTRACT_DECLARE(prefix, server, name) void network_contract_##name(const Server *server);
NETWORK_CONTRACT_CASES(NETWORK_CONTRACT_DECLARE, , server)

#define NETWORK_CONTRACT_TEST(prefix, server, name)                                                                    \
        TEST(prefix##_##name) {                                                                                        \
                network_contract_##name(server);                                                                       \
        }
#define NETWORK_CONTRACT(prefix, server) NETWORK_CONTRACT_CASES(NETWORK_CONTRACT_TEST, prefix, server)

#endif
