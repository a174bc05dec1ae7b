#include "contract/server.h"

#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "storage/registry.h"

const char *server_variable(const char *name) {
        const char *value = getenv(name);
        if (!value)
                fail_msg("%s is not set: run the tests by tests/servers/run", name);
        if (strcmp(value, "none") == 0)
                skip(); /* the server cannot run on this machine, as was said */
        return value;
}

const char *server_unique(void) {
        static char folder[4096];
        assert_non_null(getcwd(folder, sizeof folder));
        return strrchr(folder, '/') + 1;
}

Error *server_try(const char *url, const StorageOptions *options, Storage **ret_storage) {
        AUTO(url_free) Url *parsed = NULL;
        TRY(url_parse(url, &parsed));
        return registry_open(parsed, options, ret_storage);
}

Storage *server_open(char *url, const StorageOptions *options) {
        AUTO_TEXT char *text = url;
        Storage *storage = NULL;
        assert_ok(server_try(text, options, &storage));
        return storage;
}

void server_set(const char *name, const char *value) {
        assert_int_equal(value ? setenv(name, value, 1) : unsetenv(name), 0);
}

const char *server_variable_of(const Server *server, const char *what) {
        AUTO_TEXT char *name = memory_print("%s_%s", server->name, what);
        return server_variable(name);
}

void server_fault(const Server *server, const char *line) {
        test_write_file(server_variable_of(server, "FAULTS"), bytes_of(line));
}

Storage *server_open_faulty(const Server *server, const StorageOptions *options) {
        return server_open(server->url(server_variable_of(server, "FAULT_SERVER")), options);
}

Error *server_note(void *context, const RemoteFile *file) {
        buffer_print(context, "%s=%llu ", file->name, (unsigned long long)file->size);
        return NULL;
}
