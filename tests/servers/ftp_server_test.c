#include "base/memory.h"
#include "servers/server.h"

#define PASSWORD "p%40ss%3Aw%2Frd%231"

static char *url_in(const char *server, const char *password) {
        return memory_print("ftp://us%%20er%%40x:%s@%s/%s/folder%%20%%40%%3A%%25%%2B%%3D%%26%%23%%C3%%BC/deep",
                            password, server, server_unique());
}

static char *url_of(const char *server) {
        return url_in(server, PASSWORD);
}

static char *wrong_url_of(const char *server) {
        return url_in(server, "no-such-password");
}

static const Server ftp_server = {
        .name = "FTP",
        .url = url_of,
        .wrong_url = wrong_url_of,
        .wrong_word = "password",
        .cut = 300000,
        .options = { .timeout = 30 },
};

static Storage *open_ftp(void) {
        return server_open(url_of(server_variable("FTP_SERVER")), &ftp_server.options);
}

STORAGE_CONTRACT(ftp, open_ftp)
NETWORK_CONTRACT(ftp, &ftp_server)
