#include "storage/azure_account.h"

#include "support/test.h"

TEST(azure_account_reads_connection_strings) {
        static const struct {
                const char *text, *name, *endpoint, *key, *signature;
        } examples[] = {
                { "DefaultEndpointsProtocol=https;AccountName=acc;AccountKey=a2V5;EndpointSuffix=core.windows.net",
                  "acc", "https://acc.blob.core.windows.net", "key", NULL },
                { "accountname=acc; AccountKey=a2U=;EndpointSuffix=core.chinacloudapi.cn;;", "acc",
                  "https://acc.blob.core.chinacloudapi.cn", "ke", NULL },
                { "DefaultEndpointsProtocol=http;AccountName=acc;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:1/acc/;"
                  "QueueEndpoint=x",
                  "acc", "http://127.0.0.1:1/acc", "key", NULL },
                { "BlobEndpoint=https://acc.blob.core.windows.net/;SharedAccessSignature=?sv=1&sig=a%2Fb=", "acc",
                  "https://acc.blob.core.windows.net", NULL, "sv=1&sig=a%2Fb=" },
                { "AccountName=acc;SharedAccessSignature=sv=1", "acc", "https://acc.blob.core.windows.net", NULL,
                  "sv=1" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(examples); i++) {
                AUTO(azure_account_free) AzureAccount *account = NULL;
                assert_ok(azure_account_parse(examples[i].text, &account));
                assert_string_equal(account->name, examples[i].name);
                assert_string_equal(account->endpoint, examples[i].endpoint);
                assert_bytes_equal(secret_reveal(account->key), bytes_of(examples[i].key));
                assert_bytes_equal(secret_reveal(account->signature), bytes_of(examples[i].signature));
        }
}

TEST(azure_account_knows_the_emulator) {
        AUTO(azure_account_free) AzureAccount *account = NULL;
        assert_ok(azure_account_parse("UseDevelopmentStorage=true", &account));
        assert_string_equal(account->endpoint, "http://127.0.0.1:10000/devstoreaccount1");
        assert_int_equal(secret_reveal(account->key).length, 64);
}

TEST(azure_account_refuses_what_is_none_and_shows_no_key) {
        static const struct {
                const char *text, *why;
        } bad[] = {
                { "", "AccountName" },
                { "AccountName=acc", "AccountKey" },
                { "AccountName=acc;AccountKey=hush!", "base64" },
                { "AccountName=acc;AccountKey=a2V5;BlobEndpoint=ftp://hush", "BlobEndpoint" },
                { "AccountName=acc;AccountKey=a2V5;BlobEndpoint=https://u:hush@h", "BlobEndpoint" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
                AzureAccount *account = NULL;
                Error *error = azure_account_parse(bad[i].text, &account);
                assert_non_null(error);
                assert_null(strstr(error_story(error), "hush"));
                assert_error(error, ERROR_USER, bad[i].why);
                assert_null(account);
        }
}

TEST(azure_account_comes_from_the_environment) {
        static const char *const names[] = { "AZURE_CONNECTION_STRING", "AZURE_STORAGE_CONNECTION_STRING",
                                             "AZURE_STORAGE_ACCOUNT", "AZURE_ACCOUNT_NAME", "AZURE_STORAGE_KEY",
                                             "AZURE_ACCOUNT_KEY", "AZURE_STORAGE_SAS_TOKEN" };
        AzureAccount *account = NULL;
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
                assert_int_equal(unsetenv(names[i]), 0);
        assert_error(azure_account_find(NULL, &account), ERROR_USER, "AZURE_CONNECTION_STRING");
        assert_int_equal(setenv("AZURE_ACCOUNT_NAME", "one", 1), 0);
        assert_error(azure_account_find(NULL, &account), ERROR_USER, "AccountKey");
        assert_int_equal(setenv("AZURE_ACCOUNT_KEY", "a2V5", 1), 0);
        assert_ok(azure_account_find(NULL, &account));
        assert_string_equal(account->endpoint, "https://one.blob.core.windows.net");
        azure_account_free(account);
        assert_int_equal(setenv("AZURE_CONNECTION_STRING", "AccountName=two;AccountKey=a2V5", 1), 0);
        assert_ok(azure_account_find(NULL, &account));
        assert_string_equal(account->name, "two");
        azure_account_free(account);
        AUTO(secret_free) Secret *given = secret_new(bytes_of("AccountName=three;AccountKey=a2V5"));
        assert_ok(azure_account_find(given, &account));
        assert_string_equal(account->name, "three");
        azure_account_free(account);
}
