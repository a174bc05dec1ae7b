#include "storage/trace.h"

#include "base/buffer.h"
#include "base/log.h"
#include "contract/storage_contract.h"
#include "storage/file.h"
#include "sys/file.h"

static Storage *open_traced(void) {
        static const StorageOptions options = { .retries = 0 };
        AUTO(url_free) Url *url = NULL;
        Storage *storage = NULL;
        assert_ok(url_parse("file://repository", &url));
        assert_ok(file_storage_class.open(url, &options, &storage));
        return trace_new(storage);
}

static void keep_message(void *context, const LogRecord *record) {
        if (record->level == LOG_DEBUG)
                buffer_print(context, "%s\n", record->text);
}

TEST(trace_notes_each_call_with_its_size) {
        AUTO(storage_close) Storage *storage = open_traced();
        AUTO_VALUE(buffer_clear) Buffer log;
        buffer_init(&log, 0);
        AUTO_FD int fd = storage_contract_temporary(bytes_of("0123456789"));
        AUTO_FD int local = -1;
        log_open(keep_message, &log, LOG_DEBUG);
        Error *put = storage_put(storage, "some-file", fd);
        Error *get = storage_get(storage, "some-file", fd);
        Error *open = storage_open_local(storage, "some-file", &local);
        Error *removed = storage_remove(storage, "some-file");
        Error *missing = storage_get(storage, "some-file", fd);
        log_open(NULL, NULL, 0);
        assert_ok(put);
        assert_ok(get);
        assert_ok(open);
        assert_ok(removed);
        assert_error(missing, ERROR_MISSING, "some-file");
        assert_non_null(strstr(buffer_text(&log), "storage: put some-file: 10 bytes, "));
        assert_non_null(strstr(buffer_text(&log), "storage: get some-file: 10 bytes, "));
        assert_non_null(strstr(buffer_text(&log), "storage: open some-file: in place, "));
        assert_non_null(strstr(buffer_text(&log), "storage: remove some-file: done, "));
        assert_non_null(strstr(buffer_text(&log), "storage: get some-file failed after "));
}
