#include "storage/listed.h"

#include <string.h>

Error *listed_tell_object(const char *folder, const char *key, Bytes size, RemoteFileSink *sink, void *context) {
        uint64_t number;
        size_t length = strlen(folder);
        if (strncmp(key, folder, length) != 0 || !key[length] || key[length] == '.' || strchr(key + length, '/'))
                return NULL;
        if (!bytes_to_number(size, &number))
                return error_new(ERROR_CORRUPT, "the listing gives no size for '%s'", key);
        return sink(context, &(RemoteFile){ .name = key + length, .size = number });
}

bool listed_read_line(Bytes line, unsigned count, unsigned size_field, uint64_t *ret_size, Bytes *ret_name) {
        for (unsigned i = 0; i < count; i++) {
                Bytes rest;
                while (line.length && line.at[0] == ' ')
                        line = bytes_slice(line, 1, line.length);
                Bytes field = bytes_cut(line, ' ', &rest);
                if (!rest.at || (i == size_field && !bytes_to_number(field, ret_size)))
                        return false;
                line = rest;
        }
        *ret_name = line;
        return true;
}
