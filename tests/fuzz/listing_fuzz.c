/* Lines of FTP listings and XML of any kind are read or refused; what is read holds together. */
#include "base/memory.h"
#include "fuzz/fuzz.h"
#include "storage/ftp_listing.h"
#include "storage/xml.h"

static void check(Bytes line, const FtpEntry *entry) {
        if (!entry->name.length)
                return;
        must(entry->name.at >= line.at);
        must(entry->name.at + entry->name.length <= line.at + line.length);
}

static Error *count_depth(void *context, const char *path, const char *text) {
        size_t *elements = context;
        ++*elements;
        must(path[0] == '/');
        must(strlen(text) <= 64 << 10);
        return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Bytes text = bytes_make(data, size);
        size_t elements = 0;
        for (Bytes rest = text; rest.length;) {
                FtpEntry entry;
                Bytes line = bytes_cut(rest, '\n', &rest);
                if (ftp_listing_read_facts(line, &entry))
                        check(line, &entry);
                if (ftp_listing_read_line(line, &entry))
                        check(line, &entry);
        }
        AUTO(xml_free) Xml *xml = xml_new("DAV:", count_depth, &elements);
        error_free(xml_feed(xml, text));
        error_free(xml_finish(xml));
        return 0;
}
