#include "base/memory.h"
#include "servers/server.h"

static void set_account(const char *server, const char *key) {
        AUTO_TEXT char *text = memory_print("DefaultEndpointsProtocol=http;AccountName=account1;AccountKey=%s;"
                                            "BlobEndpoint=http://%s/account1;", key, server);
        server_set("AZURE_CONNECTION_STRING", text);
}

/* A container for each test; the name of the test's folder has capitals. */
static char *url_in(const char *server, const char *key) {
        AUTO_TEXT char *container = memory_text(server_unique());
        set_account(server, key);
        for (char *at = container; *at; at++)
                *at = *at >= 'A' && *at <= 'Z' ? (char)(*at + 'a' - 'A') : *at;
        return memory_print("azure://%s/%s/folder%%20%%40%%3A%%25%%2B%%3D%%26%%23%%C3%%BC", container, server_unique());
}

static char *url_of(const char *server) {
        return url_in(server, server_variable("AZURE_KEY"));
}

static char *wrong_url_of(const char *server) {
        return url_in(server, "no0such0password");
}

static const Server azure_server = {
        .name = "AZURE",
        .url = url_of,
        .wrong_url = wrong_url_of,
        .wrong_word = "AZURE_CONNECTION_STRING",
        .cut = 300000,
        .options = { .timeout = 30 },
};

static Storage *open_azure(void) {
        return server_open(url_of(server_variable("AZURE_SERVER")), &azure_server.options);
}

STORAGE_CONTRACT(azure, open_azure)
NETWORK_CONTRACT(azure, &azure_server)
