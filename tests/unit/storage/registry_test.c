#include "storage/registry.h"

#include "contract/storage_contract.h"
#include "storage/file.h"

static const StorageOptions options = { .retries = 0 };

static Storage *open_stack(void) {
        AUTO(url_free) Url *url = NULL;
        Storage *storage = NULL;
        assert_ok(url_parse("file://repository", &url));
        assert_ok(registry_open(url, &options, &storage));
        return storage;
}

/* Both decorators have to keep the contract too. */
STORAGE_CONTRACT(registry, open_stack)

TEST(registry_names_an_unknown_scheme_and_those_there_are) {
        AUTO(url_free) Url *url = NULL;
        Storage *storage = NULL;
        assert_ok(url_parse("gopher://host/x", &url));
        Error *error = registry_open(url, &options, &storage);
        assert_int_equal(error_exit_code(error), EXIT_CODE_USER_ERROR);
        assert_non_null(strstr(error_story(error), "'file'"));
        assert_error(error, ERROR_USER, "'gopher'");
        assert_null(storage);
}

static unsigned opened;

static Error *open_other(const Url *url, const StorageOptions *given, Storage **ret_storage) {
        opened++;
        return file_storage_class.open(url, given, ret_storage);
}

TEST(registry_takes_further_classes) {
        static StorageClass other;
        AUTO(url_free) Url *url = NULL;
        AUTO(storage_close) Storage *storage = NULL;
        other = file_storage_class;
        other.scheme = "other";
        other.open = open_other;
        registry_add(&other);
        assert_ok(url_parse("other:///x", &url));
        assert_ok(registry_open(url, &options, &storage));
        assert_int_equal(opened, 1);
        assert_true(storage->class->atomic_put);
}
