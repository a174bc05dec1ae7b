#include "charm/snapshot.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/attribute.h"
#include "base/secret.h"
#include "charm/document.h"

/* Each proxy, under the names that Juju, we and everybody else have for it. */
static const struct {
        const char *juju, *key, *names[2];
        size_t field;
} proxies_table[] = {
        { "JUJU_CHARM_HTTP_PROXY", "http", { "http_proxy", "HTTP_PROXY" }, offsetof(Proxies, http) },
        { "JUJU_CHARM_HTTPS_PROXY", "https", { "https_proxy", "HTTPS_PROXY" }, offsetof(Proxies, https) },
        { "JUJU_CHARM_FTP_PROXY", "ftp", { "ftp_proxy", "FTP_PROXY" }, offsetof(Proxies, ftp) },
        { "JUJU_CHARM_NO_PROXY", "none", { "no_proxy", "NO_PROXY" }, offsetof(Proxies, none) },
};

static const char **proxy_at(const Proxies *proxies, size_t row) {
        return (const char **)((uintptr_t)proxies + proxies_table[row].field);
}

Proxies snapshot_proxies_of_environment(void) {
        Proxies proxies = { .http = NULL };
        for (size_t i = 0; i < ARRAY_LENGTH(proxies_table); i++) {
                const char *value = getenv(proxies_table[i].juju);
                *proxy_at(&proxies, i) = value ? value : "";
        }
        return proxies;
}

void snapshot_use_proxies(const Proxies *proxies) {
        for (size_t i = 0; i < ARRAY_LENGTH(proxies_table); i++)
                for (size_t k = 0; k < 2 && (*proxy_at(proxies, i))[0]; k++)
                        (void)setenv(proxies_table[i].names[k], *proxy_at(proxies, i),
                                     1); /* fails without memory only */
}

Error *snapshot_write(const Unit *unit, const Snapshot *snapshot) {
        Buffer text = { .data = NULL };
        Json json = json_begin(&text);
        json_object(&json, NULL);
        json_text(&json, "unit", unit->name);
        json_object(&json, "proxies");
        for (size_t i = 0; i < ARRAY_LENGTH(proxies_table); i++)
                json_text(&json, proxies_table[i].key, *proxy_at(&snapshot->proxies, i));
        json_end(&json);
        config_print(&snapshot->config, &json, "options");
        json_end(&json);
        Error *error = document_write(unit->snapshot, 0600, buffer_bytes(&text));
        secret_wipe(text.data, text.length);
        buffer_clear(&text);
        return error;
}

Error *snapshot_read(const Unit *unit, Arena *arena, Snapshot *ret_snapshot) {
        const Node *root = NULL;
        Snapshot snapshot;
        TRY_AS(document_read(unit->snapshot, arena, &root),
               "the charm's config is not known (set it again with 'juju config %s')", unit->application);
        for (size_t i = 0; i < ARRAY_LENGTH(proxies_table); i++) {
                const char *text = node_text(node_get(node_get(root, "proxies"), proxies_table[i].key));
                *proxy_at(&snapshot.proxies, i) = text ? text : "";
        }
        snapshot.config = config_read(node_get(root, "options"), arena);
        *ret_snapshot = snapshot;
        return NULL;
}
