#include "base/memory.h"
#include "servers/server.h"

static char *url_in(const char *server, const char *keys, const char *bucket) {
        return memory_print("s3+http://%s%s/%s/%s/folder%%20%%40%%3A%%25%%2B%%3D%%26%%23%%C3%%BC", keys, server, bucket,
                            server_unique());
}

static char *url_of(const char *server) {
        return url_in(server, "test%3Atester:testing@", "bucket");
}

static char *wrong_url_of(const char *server) {
        return url_in(server, "test%3Atester:no-such-password@", "bucket");
}

static const Server s3_server = {
        .name = "S3",
        .url = url_of,
        .wrong_url = wrong_url_of,
        .wrong_word = "AWS_SECRET_ACCESS_KEY",
        .cut = 300000,
        .options = { .timeout = 30 },
};

static Storage *open_s3(void) {
        return server_open(url_of(server_variable("S3_SERVER")), &s3_server.options);
}

STORAGE_CONTRACT(s3, open_s3)
NETWORK_CONTRACT(s3, &s3_server)
