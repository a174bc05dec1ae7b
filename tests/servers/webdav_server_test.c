#include "base/memory.h"
#include "servers/server.h"

#define PASSWORD "p%40ss%3Aw%2Frd%231"

static char *url_in(const char *server, const char *password, const char *folder) {
        return memory_print("webdav://us%%20er%%40x:%s@%s/%s/%s/folder%%20%%40%%3A%%25%%2B%%3D%%26%%23%%C3%%BC/deep",
                            password, server, folder, server_unique());
}

static char *url_of(const char *server) {
        return url_in(server, PASSWORD, "dav");
}

static char *wrong_url_of(const char *server) {
        return url_in(server, "no-such-password", "dav");
}

static const Server webdav_server = {
        .name = "WEBDAV",
        .url = url_of,
        .wrong_url = wrong_url_of,
        .wrong_word = "password",
        .cut = 300000,
        .options = { .timeout = 30 },
};

static Storage *open_webdav(void) {
        return server_open(url_of(server_variable("WEBDAV_SERVER")), &webdav_server.options);
}

STORAGE_CONTRACT(webdav, open_webdav)
NETWORK_CONTRACT(webdav, &webdav_server)
