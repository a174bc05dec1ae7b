/* Any text is parsed or refused; what is parsed holds together, and no message shows a password. */
#include "base/memory.h"
#include "fuzz/fuzz.h"
#include "storage/url.h"

static void check(const char *text, const Url *url) {
        AUTO_TEXT char *printable = url_printable(url);
        must(url_is_one(text) || text[0] == '/');
        must(strcmp(url->text, text) == 0);
        must(url->port <= 65535);
        must(!url->host || url->host[0]);
        must(url->host || (!url->user && !url->password && !url->port));
        must(strlen(printable) <= strlen(text));
        must(url->password ? strlen(printable) < strlen(text) : strcmp(printable, text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        AUTO_TEXT char *text = memory_copy(data, size);
        AUTO(url_free) Url *url = NULL;
        AUTO(error_free) Error *error = url_parse(text, &url);
        must(!error == (url != NULL));
        if (url)
                check(text, url);
        return 0;
}
