#include "sys/dial.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/test.h"
#include "sys/cancel.h"
#include "sys/file.h"

/* A port of 127.0.0.1 that takes BACKLOG connections. */
static int listen_at(int backlog, unsigned *ret_port) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t size = sizeof address;
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        assert_true(fd >= 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
        assert_int_equal(listen(fd, backlog), 0);
        assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
        *ret_port = ntohs(address.sin_port);
        return fd;
}

TEST(dial_finds_the_address_that_answers) {
        unsigned port;
        AUTO_FD int listener = listen_at(5, &port);
        AUTO_FD int fd = -1, other = -1, peer = -1;
        char byte = 0;
        assert_ok(dial_tcp("127.0.0.1", port, 5, &fd));
        assert_ok(dial_tcp("localhost", port, 5, &other)); /* which may be ::1 first */
        peer = accept(listener, NULL, NULL);
        assert_int_equal(write(peer, "x", 1), 1);
        assert_int_not_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
        assert_int_not_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
        assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
        assert_int_equal(read(fd, &byte, 1), 1);
        assert_int_equal(byte, 'x');
}

TEST(dial_says_who_does_not_answer) {
        unsigned port;
        int fd = -1;
        (void)close(listen_at(1, &port));
        assert_error(dial_tcp("127.0.0.1", port, 5, &fd), ERROR_TRANSIENT, "connection refused");
        Error *unknown = dial_tcp("no-such-host.invalid", 1, 5, &fd);
        assert_int_equal(error_exit_code(unknown), EXIT_CODE_BACKEND_MISSING);
        assert_error(unknown, ERROR_USER, "unknown host 'no-such-host.invalid': correct the URL");
        assert_int_equal(fd, -1);
}

/* A queue that is full does not answer. */
TEST(dial_gives_up_after_its_time_and_when_asked_to_stop) {
        unsigned port;
        AUTO_FD int listener = listen_at(0, &port);
        AUTO_FD int first = -1, second = -1, third = -1;
        Error *error = dial_tcp("127.0.0.1", port, 0.3, &first);
        if (!error)
                error = dial_tcp("127.0.0.1", port, 0.3, &second);
        assert_error(error, ERROR_TRANSIENT, "timed out");
        cancel_request();
        error = dial_tcp("127.0.0.1", port, 60, &third);
        cancel_clear();
        assert_error(error, ERROR_CANCELLED, "interrupted");
}
