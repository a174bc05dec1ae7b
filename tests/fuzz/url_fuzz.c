/* Any text is parsed or refused; what is parsed holds together, and no message shows a password. */
#include "base/memory.h"
#include "storage/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds) {
        if (!holds)
                abort();
}

static void check(const char *text, const Url *url) {
        AUTO_TEXT char *printable = url_printable(url);
        demand(url_is_one(text));
        demand(strcmp(url->text, text) == 0);
        demand(url->port <= 65535);
        demand(!url->host || url->host[0]);
        demand(url->host || (!url->user && !url->password && !url->port));
        demand(strlen(printable) <= strlen(text));
        demand(url->password ? strlen(printable) < strlen(text) : strcmp(printable, text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        AUTO_TEXT char *text = memory_copy(data, size);
        AUTO(url_free) Url *url = NULL;
        AUTO(error_free) Error *error = url_parse(text, &url);
        demand(!error == (url != NULL));
        if (url)
                check(text, url);
        return 0;
}
