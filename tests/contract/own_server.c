#include "contract/own_server.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/list.h"
#include "support/test.h"

DEFINE_LIST(OwnServerList, own_server_list, OwnServer *)

static OwnServerList started;
static pid_t starter; /* forked tests end without stopping anything */

static int run_script(const char *command, const OwnServer *server) {
        const char *arguments[12] = { "servers.sh", command, server->folder };
        const char *script = test_data("../support/servers.sh");
        for (size_t i = 0; strcmp(command, server->kind) == 0 && i < ARRAY_LENGTH(server->arguments); i++)
                arguments[3 + i] = server->arguments[i];
        pid_t pid = fork();
        if (pid == 0) {
                if (server->password)
                        (void)setenv("SSHD_PASSWORD", server->password, 1);
                execv(script, (char **)arguments);
                _exit(127);
        }
        int status = -1;
        return waitpid(pid, &status, 0) == pid ? status : -1;
}

static void stop_all(void) {
        if (getpid() != starter)
                return;
        for (size_t i = 0; i < started.count; i++) {
                (void)run_script("stop", started.items[i]); /* it ends by itself later */
                pid_t pid = fork();
                if (pid == 0) {
                        execlp("rm", "rm", "-rf", "--", started.items[i]->folder, (char *)NULL);
                        _exit(127);
                }
                (void)waitpid(pid, NULL, 0);
        }
        own_server_list_clear(&started);
}

static void read_port(OwnServer *server) {
        AUTO_TEXT char *text = test_read_file(own_server_file(server, "port"), NULL);
        server->port = (unsigned)strtoul(text, NULL, 10);
}

void own_server_need(OwnServer *server) {
        if (server->folder[0])
                return;
        snprintf(server->folder, sizeof server->folder, "/tmp/charm-duplicity-server-XXXXXX");
        assert_non_null(mkdtemp(server->folder));
        if (!started.count) {
                starter = getpid();
                assert_int_equal(atexit(stop_all), 0);
        }
        own_server_list_add(&started, server);
        assert_int_equal(run_script(server->kind, server), 0);
        read_port(server);
}

const char *own_server_file(OwnServer *server, const char *name) {
        static char paths[8][160];
        static unsigned next;
        char *path = paths[next++ % ARRAY_LENGTH(paths)];
        snprintf(path, sizeof paths[0], "%s/%s", server->folder, name);
        return path;
}

void own_server_tell(OwnServer *server, const char *command) {
        assert_int_equal(run_script(command, server), 0);
}
