#include "base/digest.h"
#include "base/encode.h"
#include "base/memory.h"
#include "contract/network_contract.h"
#include "sys/file.h"

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

TEST(azure_takes_certificates_of_the_authority_named_only) {
        StorageOptions options = azure_server.options;
        Storage *storage = NULL;
        Buffer list = { .data = NULL };
        AUTO_TEXT char *url = url_of(server_variable("AZURE_SERVER"));
        AUTO_TEXT char *text = memory_print("DefaultEndpointsProtocol=https;AccountName=account1;AccountKey=%s;"
                                            "BlobEndpoint=https://%s/account1;", server_variable("AZURE_KEY"),
                                            server_variable("AZURE_TLS_SERVER"));
        server_set("AZURE_CONNECTION_STRING", text);
        Error *error = server_try(url, &options, &storage);
        if (!error)
                error = storage_list(storage, server_note, &list);
        storage_close(storage);
        assert_error(error, ERROR_DENIED, "--ssl-cacert-file");
        options.ssl_ca_file = server_variable("AZURE_AUTHORITY");
        AUTO(storage_close) Storage *trusting = server_open(memory_text(url), &options);
        storage_contract_put(trusting, "some-file", bytes_of("content"));
        storage_contract_assert_holds(trusting, "some-file", bytes_of("content"));
}

static Storage *open_with(const char *connection, const char *url, const StorageOptions *options) {
        server_set("AZURE_CONNECTION_STRING", connection);
        return server_open(memory_text(url), options);
}

TEST(azure_sends_large_files_in_blocks) {
        StorageOptions options = azure_server.options;
        AUTO_FD int fd = storage_contract_temporary(bytes_of(""));
        AUTO_VALUE(buffer_clear) Buffer list = { .data = NULL };
        uint8_t *content = test_random_bytes(5 << 20, 3);
        assert_ok(file_write(fd, "large", bytes_make(content, 5 << 20)));
        options.azure_block_size = 1 << 20;
        options.azure_tier = "Cool";
        AUTO(storage_close) Storage *storage = server_open(url_of(server_variable("AZURE_SERVER")), &options);
        assert_ok(storage_put(storage, "a.difftar", fd));
        storage_contract_assert_holds(storage, "a.difftar", bytes_make(content, 5 << 20));
        assert_ok(storage_list(storage, server_note, &list));
        assert_string_equal(buffer_text(&list), "a.difftar=5242880 ");
        memory_free(content);
}

/* A signature for the whole account, made as "Create an account SAS" of the reference says. */
static char *account_signature(const char *rights) {
        AUTO_TEXT char *to_sign =
                memory_print("account1\n%s\nb\nsco\n\n2999-01-01T00:00:00Z\n\nhttps,http\n2018-11-09\n", rights);
        AUTO_VALUE(buffer_clear) Buffer key = { .data = NULL };
        AUTO_VALUE(buffer_clear) Buffer signature = { .data = NULL };
        AUTO_VALUE(buffer_clear) Buffer encoded = { .data = NULL };
        uint8_t mac[DIGEST_SHA256_SIZE];
        assert_true(encode_from_base64(bytes_of(server_variable("AZURE_KEY")), &key));
        digest_hmac(DIGEST_SHA256, buffer_bytes(&key), bytes_of(to_sign), mac);
        encode_base64(bytes_make(mac, sizeof mac), &signature);
        encode_percent(buffer_bytes(&signature), "", &encoded);
        return memory_print("sv=2018-11-09&ss=b&srt=sco&sp=%s&se=2999-01-01T00%%3A00%%3A00Z&spr=https,http&sig=%s",
                            rights, buffer_text(&encoded));
}

static Storage *open_with_rights(const char *rights) {
        AUTO_TEXT char *url = url_of(server_variable("AZURE_SERVER"));
        AUTO_TEXT char *signature = account_signature(rights);
        AUTO_TEXT char *connection = memory_print("AccountName=account1;BlobEndpoint=http://%s/account1;"
                                                  "SharedAccessSignature=%s",
                                                  server_variable("AZURE_SERVER"), signature);
        return open_with(connection, url, &azure_server.options);
}

TEST(azure_takes_a_signature_in_place_of_the_key) {
        AUTO(storage_close) Storage *storage = open_with_rights("rwdlac");
        AUTO_VALUE(buffer_clear) Buffer list = { .data = NULL };
        storage_contract_put(storage, "some file", bytes_of("content"));
        storage_contract_assert_holds(storage, "some file", bytes_of("content"));
        assert_ok(storage_list(storage, server_note, &list));
        assert_string_equal(buffer_text(&list), "some file=7 ");
}

TEST(azure_needs_permission) {
        AUTO_FD int fd = storage_contract_temporary(bytes_of("1"));
        AUTO(storage_close) Storage *storage = open_azure();
        storage_contract_put(storage, "some-file", bytes_of("content"));
        AUTO(storage_close) Storage *reader = open_with_rights("rl");
        storage_contract_assert_holds(reader, "some-file", bytes_of("content"));
        assert_error(storage_put(reader, "some-file", fd), ERROR_DENIED, "the signature (SAS) does not allow this");
        assert_error(storage_remove(reader, "some-file"), ERROR_DENIED, "the signature (SAS) does not allow this");
        storage_contract_assert_holds(reader, "some-file", bytes_of("content"));
}

TEST(azure_refuses_what_is_no_container) {
        static const char *const bad[] = { "azure://", "azure://ab", "azure://Upper", "azure://host:80/x",
                                           "azure:///x" };
        Storage *storage = NULL;
        for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
                assert_error(server_try(bad[i], &azure_server.options, &storage), ERROR_USER, "azure://backup");
}
