#include "storage/registry.h"

#include "base/buffer.h"
#include "base/list.h"
#include "storage/azure.h"
#include "storage/file.h"
#include "storage/ftp.h"
#include "storage/retry.h"
#include "storage/rsync.h"
#include "storage/s3.h"
#include "storage/scp.h"
#include "storage/sftp.h"
#include "storage/trace.h"
#include "storage/webdav.h"

DEFINE_LIST(ClassList, class_list, const StorageClass *)

static const struct {
        const char *scheme;
        const StorageClass *class;
} built_in[] = {
        { "file", &file_storage_class },
        { "sftp", &sftp_storage_class },
        { "ssh", &sftp_ssh_storage_class },
        { "scp", &scp_storage_class },
        { "rsync", &rsync_storage_class },
        { "azure", &azure_storage_class },
        { "ftp", &ftp_storage_class },
        { "ftps", &ftp_storage_class },
        { "ftpes", &ftp_storage_class },
        { "s3", &s3_storage_class },
        { "s3+http", &s3_storage_class },
        { "boto3+s3", &s3_storage_class },
        { "webdav", &webdav_storage_class },
        { "webdavs", &webdav_storage_class },
};

static ClassList added;

void registry_add(const StorageClass *class) {
        class_list_add(&added, class);
}

/* Those added come first: a test may stand in for a back end. */
static const StorageClass *find_class(const char *scheme) {
        for (size_t i = added.count; i > 0; i--)
                if (strcmp(added.items[i - 1]->scheme, scheme) == 0)
                        return added.items[i - 1];
        for (size_t i = 0; i < ARRAY_LENGTH(built_in); i++)
                if (strcmp(built_in[i].scheme, scheme) == 0)
                        return built_in[i].class;
        return NULL;
}

static Error *refuse_scheme(const char *scheme) {
        AUTO_VALUE(buffer_clear) Buffer known;
        buffer_init(&known, 0);
        for (size_t i = 0; i < ARRAY_LENGTH(built_in); i++)
                (void)buffer_print(&known, "%s'%s'", i ? ", " : "", built_in[i].scheme); /* no ceiling, cannot fail */
        return error_with_code(error_new(ERROR_USER, "cannot use the URL's scheme '%s', there are %s", scheme,
                                         buffer_text(&known)), EXIT_CODE_USER_ERROR);
}

typedef struct Target {
        const StorageClass *class;
        const Url *url;
        const StorageOptions *options;
} Target;

static Error *open_traced(const void *context, Storage **ret_storage) {
        const Target *target = context;
        Storage *storage = NULL;
        TRY(target->class->open(target->url, target->options, &storage));
        *ret_storage = trace_new(storage);
        return NULL;
}

Error *registry_open(const Url *url, const StorageOptions *options, Storage **ret_storage) {
        Target target = { .class = find_class(url->scheme), .url = url, .options = options };
        if (!target.class)
                return refuse_scheme(url->scheme);
        return retry_open(open_traced, &target, options, ret_storage);
}
