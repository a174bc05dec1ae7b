#include "contract/canned_server.h"

#include <arpa/inet.h>
#include <signal.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/test.h"

#define NOTES "canned-requests"

/* Number of bytes of the body that HEAD announces. */
static size_t body_length(const char *head) {
        const char *line = strcasestr(head, "\ncontent-length:");
        return line ? strtoul(line + strlen("\ncontent-length:"), NULL, 10) : 0;
}

/* Reads until head and body are there, noting each byte. */
static void read_request(int line, FILE *notes) {
        static char text[1 << 20];
        size_t length = 0;
        for (;;) {
                ssize_t got = read(line, text + length, sizeof text - 1 - length);
                if (got <= 0)
                        break;
                length += (size_t)got;
                text[length] = '\0';
                const char *end = strstr(text, "\r\n\r\n");
                if (end && length >= (size_t)(end + 4 - text) + body_length(text))
                        break;
        }
        fwrite(text, 1, length, notes);
        fflush(notes);
}

static void serve(int listener, const char *const *answers) {
        FILE *notes = fopen(NOTES, "w");
        for (; notes && *answers; answers++) {
                int line = accept(listener, NULL, NULL);
                if (line < 0)
                        break;
                read_request(line, notes);
                (void)!write(line, *answers, strlen(*answers)); /* the client may have gone: its test fails then */
                shutdown(line, SHUT_WR);
                (void)!read(line, (char[1]){ 0 }, 1); /* until the client has closed: nothing it reads gets lost */
                close(line);
        }
        _exit(0);
}

unsigned canned_server_start(const char *const *answers) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t size = sizeof address;
        int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_true(listener >= 0);
        assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
        assert_int_equal(listen(listener, 16), 0);
        assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                signal(SIGPIPE, SIG_IGN);
                serve(listener, answers);
        }
        close(listener);
        return ntohs(address.sin_port);
}

char *canned_server_requests(void) {
        return test_read_file(NOTES, NULL);
}
