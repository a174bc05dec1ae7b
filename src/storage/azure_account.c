#include "storage/azure_account.h"

#include <strings.h>

#include "base/encode.h"
#include "base/memory.h"

/* Published by Microsoft for the storage emulators, the same for everybody: no secret. */
#define EMULATOR                                                                                                       \
        "AccountName=devstoreaccount1;BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;AccountKey="                \
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

/* The settings of a connection string, as views of it. */
typedef struct Settings {
        Bytes name, key, signature, protocol, suffix, endpoint, emulator;
} Settings;

static Error *refuse(const char *why) {
        return error_new(ERROR_USER,
                         "cannot use the account of Azure: %s; correct AZURE_CONNECTION_STRING, for example "
                         "'DefaultEndpointsProtocol=https;AccountName=backup;AccountKey=...;"
                         "EndpointSuffix=core.windows.net'",
                         why);
}

static bool is_named(Bytes name, const char *wanted) {
        return name.length == strlen(wanted) && strncasecmp((const char *)name.at, wanted, name.length) == 0;
}

static Settings read_settings(Bytes text) {
        Settings settings = { .protocol = bytes_of("https"), .suffix = bytes_of("core.windows.net") };
        const struct {
                const char *name;
                Bytes *place;
        } known[] = {
                { "AccountName", &settings.name },        { "AccountKey", &settings.key },
                { "SharedAccessSignature", &settings.signature }, { "DefaultEndpointsProtocol", &settings.protocol },
                { "EndpointSuffix", &settings.suffix },   { "BlobEndpoint", &settings.endpoint },
                { "UseDevelopmentStorage", &settings.emulator },
        };
        while (text.length) {
                Bytes value, pair = bytes_cut(text, ';', &text);
                Bytes name = bytes_trim(bytes_cut(pair, '=', &value));
                for (size_t i = 0; i < ARRAY_LENGTH(known); i++)
                        if (is_named(name, known[i].name) && value.length)
                                *known[i].place = bytes_trim(value);
        }
        return settings;
}

static Error *decode_key(Bytes text, Secret **ret_key) {
        Buffer key;
        buffer_init(&key, 0);
        (void)buffer_reserve(&key, text.length); /* decoding only shrinks: no move leaves a copy behind */
        bool is_right = encode_from_base64(text, &key) && key.length;
        if (is_right)
                *ret_key = secret_new(buffer_bytes(&key));
        secret_wipe(key.data, key.length);
        buffer_clear(&key);
        return is_right ? NULL : refuse("its key is not base64");
}

/* The endpoint that was given, without a '/' at its end, or the usual one. Caller frees. */
static char *endpoint_of(const Settings *settings) {
        Bytes given = settings->endpoint;
        while (bytes_end_with(given, "/"))
                given.length--;
        if (given.length)
                return memory_copy(given.at, given.length);
        return memory_print("%.*s://%.*s.blob.%.*s", (int)settings->protocol.length, settings->protocol.at,
                            (int)settings->name.length, settings->name.at, (int)settings->suffix.length,
                            settings->suffix.at);
}

static bool is_endpoint(const char *text) {
        return (strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0) && !strchr(text, '@') &&
               !strpbrk(text, " ?#");
}

/* With one's own endpoint the name may be left out: it is the host's first part. */
static Bytes name_of(const Settings *settings) {
        if (settings->name.length || !settings->endpoint.length)
                return settings->name;
        const uint8_t *host = memmem(settings->endpoint.at, settings->endpoint.length, "://", 3);
        if (!host)
                return settings->name;
        size_t skipped = (size_t)(host + 3 - settings->endpoint.at);
        Bytes rest, from_host = bytes_slice(settings->endpoint, skipped, settings->endpoint.length);
        return bytes_cut(from_host, '.', &rest);
}

static Error *make(const Settings *settings, AzureAccount **ret_account) {
        AUTO(azure_account_free) AzureAccount *account = memory_new(AzureAccount);
        Bytes name = name_of(settings), signature = settings->signature;
        if (!name.length)
                return refuse("it has no AccountName");
        account->name = memory_copy(name.at, name.length);
        account->endpoint = endpoint_of(settings);
        if (!is_endpoint(account->endpoint))
                return refuse("its BlobEndpoint is no URL of a server");
        if (bytes_start_with(signature, "?"))
                signature = bytes_slice(signature, 1, signature.length);
        if (settings->key.length)
                TRY(decode_key(settings->key, &account->key));
        else if (signature.length)
                account->signature = secret_new(signature);
        else
                return refuse("it has neither AccountKey nor SharedAccessSignature");
        *ret_account = TAKE(account);
        return NULL;
}

Error *azure_account_parse(const char *text, AzureAccount **ret_account) {
        Settings settings = read_settings(bytes_of(text));
        if (is_named(settings.emulator, "true"))
                settings = read_settings(bytes_of(EMULATOR));
        return make(&settings, ret_account);
}

static const char *variable(const char *name, const char *other_name) {
        const char *value = getenv(name);
        const char *other = getenv(other_name);
        if (value && value[0])
                return value;
        return other && other[0] ? other : NULL;
}

Secret *azure_account_environment(void) {
        const char *text = variable("AZURE_CONNECTION_STRING", "AZURE_STORAGE_CONNECTION_STRING");
        const char *name = variable("AZURE_STORAGE_ACCOUNT", "AZURE_ACCOUNT_NAME");
        const char *key = variable("AZURE_STORAGE_KEY", "AZURE_ACCOUNT_KEY");
        const char *signature = variable("AZURE_STORAGE_SAS_TOKEN", "AZURE_SAS_TOKEN");
        if (text || !name)
                return text ? secret_new(bytes_of(text)) : NULL;
        char *made = memory_print("AccountName=%s;AccountKey=%s;SharedAccessSignature=%s", name, key ? key : "",
                                  signature ? signature : "");
        Secret *secret = secret_new(bytes_of(made));
        secret_wipe(made, strlen(made));
        memory_free(made);
        return secret;
}

Error *azure_account_find(const Secret *connection, AzureAccount **ret_account) {
        AUTO(secret_free) Secret *found = connection ? NULL : azure_account_environment();
        const Secret *used = connection ? connection : found;
        if (used)
                return azure_account_parse((const char *)secret_reveal(used).at, ret_account);
        return error_new(ERROR_USER, "there is no account for Azure: set AZURE_CONNECTION_STRING, or "
                                     "AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY");
}

void azure_account_free(AzureAccount *account) {
        if (!account)
                return;
        memory_free(account->name);
        memory_free(account->endpoint);
        secret_free(account->key);
        secret_free(account->signature);
        memory_free(account);
}
