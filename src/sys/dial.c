#include "sys/dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/file.h"

#define TICK 100 /* milliseconds: how soon a request to cancel is seen */

/* Failures of a lookup that another time may not have. */
static bool may_pass(int failure) {
        return failure == EAI_AGAIN || failure == EAI_SYSTEM || failure == EAI_MEMORY || failure == EAI_FAIL;
}

static Error *look_up(const char *host, unsigned port, struct addrinfo **ret_addresses) {
        const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
        char service[12];
        snprintf(service, sizeof service, "%u", port);
        int failure = getaddrinfo(host, service, &hints, ret_addresses);
        if (failure == 0)
                return NULL;
        if (may_pass(failure))
                return error_new(ERROR_TRANSIENT, "cannot resolve the host name '%s': %s", host,
                                 gai_strerror(failure));
        return error_with_code(error_new(ERROR_USER, "unknown host '%s': correct the URL", host),
                               EXIT_CODE_BACKEND_MISSING);
}

/* Until the connection stands, which may fail, or TIMEOUT seconds are over. */
static int await_connection(int fd, double timeout) {
        struct pollfd end = { .fd = fd, .events = POLLOUT };
        double deadline = clock_monotonic() + timeout;
        int failure = 0;
        socklen_t size = sizeof failure;
        while (poll(&end, 1, TICK) <= 0)
                if (cancel_requested() || clock_monotonic() >= deadline)
                        return ETIMEDOUT;
        return getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) < 0 ? errno : failure;
}

/* An idle connection outlives routers that forget, and a dead one is noticed. The defaults do where this fails. */
static void set_manners(int fd) {
        static const int on = 1, idle = 30, interval = 15, count = 4;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
        (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
        (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
        (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

/* Returns an errno value, 0 for success. */
static int connect_one(const struct addrinfo *address, double timeout, int *ret_fd) {
        AUTO_FD int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return errno;
        int failure = connect(fd, address->ai_addr, address->ai_addrlen) < 0 ? errno : 0;
        if (failure == EINPROGRESS)
                failure = await_connection(fd, timeout);
        if (failure)
                return failure;
        set_manners(fd);
        *ret_fd = TAKE_FD(fd);
        return 0;
}

Error *dial_tcp(const char *host, unsigned port, double timeout, int *ret_fd) {
        struct addrinfo *addresses = NULL;
        int failure = EHOSTUNREACH;
        TRY(look_up(host, port, &addresses));
        for (const struct addrinfo *one = addresses; one && failure && !cancel_requested(); one = one->ai_next)
                failure = connect_one(one, timeout, ret_fd);
        freeaddrinfo(addresses);
        if (!failure)
                return NULL;
        TRY(cancel_check());
        AUTO(error_free) Error *cause = error_from_errno(failure, "cannot connect to '%s' port %u", host, port);
        return error_new(ERROR_TRANSIENT, "%s", error_story(cause));
}
