#include "storage/s3_login.h"

#include <fcntl.h>

#include "base/memory.h"
#include "sys/file.h"

enum { LARGEST_FILE = 1 << 20 };

static const char *variable(const char *name) {
        const char *value = getenv(name);
        return value && value[0] ? value : NULL;
}

static void take_text(char **place, Bytes value) {
        if (!*place)
                *place = memory_copy(value.at, value.length);
}

/* What is known already stays. */
static void take_setting(S3Login *login, Bytes name, Bytes value) {
        if (!value.length)
                return;
        if (bytes_equal_text(name, "aws_access_key_id"))
                take_text(&login->access_key, value);
        else if (bytes_equal_text(name, "aws_secret_access_key") && !login->secret_key)
                login->secret_key = secret_new(value);
        else if (bytes_equal_text(name, "aws_session_token"))
                take_text(&login->session_token, value);
        else if (bytes_equal_text(name, "region"))
                take_text(&login->region, value);
}

/* LINE is "[name]", or "[profile name]" as the config file has it. */
static bool is_section_of(Bytes line, const char *profile) {
        Bytes after, name = bytes_trim(bytes_cut(bytes_slice(line, 1, line.length), ']', &after));
        if (bytes_start_with(name, "profile "))
                name = bytes_trim(bytes_slice(name, strlen("profile "), name.length));
        return bytes_equal_text(name, profile);
}

static void read_profile(Bytes text, const char *profile, S3Login *login) {
        bool is_inside = false;
        while (text.length) {
                Bytes value, whole = bytes_cut(text, '\n', &text), line = bytes_trim(whole);
                if (bytes_start_with(line, "["))
                        is_inside = is_section_of(line, profile);
                else if (is_inside && line.length && line.at[0] != '#' && line.at[0] != ';' &&
                         !byte_is_blank(whole.at[0])) { /* indented lines belong to nested settings */
                        Bytes name = bytes_trim(bytes_cut(line, '=', &value));
                        take_setting(login, name, bytes_trim(value));
                }
        }
}

static Error *read_file(const char *path, const char *profile, S3Login *login) {
        AUTO_FD int fd = -1;
        Buffer text;
        Error *error = file_open(path, O_RDONLY, 0, &fd);
        if (error_kind(error) == ERROR_MISSING) {
                error_free(error);
                return NULL;
        }
        TRY(error);
        buffer_init(&text, LARGEST_FILE);
        (void)buffer_reserve(&text, 16 << 10); /* what fits leaves no copy behind */
        error = file_read_all(fd, path, &text);
        if (!error)
                read_profile(buffer_bytes(&text), profile, login);
        secret_wipe(text.data, text.length);
        buffer_clear(&text);
        return error;
}

static Error *read_shared(const char *name, const char *standard, S3Login *login) {
        const char *profile = variable("AWS_PROFILE"), *home = variable("HOME"), *given = variable(name);
        AUTO_TEXT char *path = given ? memory_text(given) : memory_print("%s/.aws/%s", home ? home : "", standard);
        return read_file(path, profile ? profile : "default", login);
}

static void take_secret(S3Login *login, const char *setting, const Secret *secret) {
        if (secret)
                take_setting(login, bytes_of(setting), secret_reveal(secret));
}

static void take_variables(const StorageOptions *options, S3Login *login) {
        static const struct {
                const char *variable, *setting;
        } known[] = {
                { "AWS_ACCESS_KEY_ID", "aws_access_key_id" },
                { "AWS_SECRET_ACCESS_KEY", "aws_secret_access_key" },
                { "AWS_SESSION_TOKEN", "aws_session_token" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(known); i++)
                take_setting(login, bytes_of(known[i].setting), bytes_of(variable(known[i].variable)));
        take_secret(login, "aws_secret_access_key", options->aws_secret_key);
        take_secret(login, "aws_session_token", options->aws_session_token);
}

static bool is_complete(const S3Login *login) {
        return login->access_key && login->secret_key;
}

static void forget_keys(S3Login *login) {
        memory_free(TAKE(login->access_key));
        secret_free(TAKE(login->secret_key));
        memory_free(TAKE(login->session_token));
}

/* Keys come from one source only: one half from here and one from there would make no pair. */
static Error *find_keys(const Url *url, const StorageOptions *options, S3Login *login) {
        if (options->s3_access_key && options->s3_secret_key) {
                login->access_key = memory_text(options->s3_access_key);
                login->secret_key = secret_copy(options->s3_secret_key);
                return NULL;
        }
        if (url->user && url->password) {
                login->access_key = memory_text(url->user);
                login->secret_key = secret_copy(url->password);
                return NULL;
        }
        take_variables(options, login);
        if (!is_complete(login)) {
                forget_keys(login);
                TRY(read_shared("AWS_SHARED_CREDENTIALS_FILE", "credentials", login));
        }
        if (!is_complete(login)) {
                forget_keys(login);
                TRY(read_shared("AWS_CONFIG_FILE", "config", login));
        }
        if (is_complete(login))
                return NULL;
        return error_new(ERROR_USER, "there are no keys for S3: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
                                     "put them into ~/.aws/credentials and name the profile in AWS_PROFILE");
}

static Error *find_region(S3Login *login) {
        const char *region = variable("AWS_REGION") ? variable("AWS_REGION") : variable("AWS_DEFAULT_REGION");
        AUTO(s3_login_free) S3Login *config = memory_new(S3Login);
        TRY(read_shared("AWS_CONFIG_FILE", "config", config));
        if (region) {
                memory_free(login->region);
                login->region = memory_text(region);
        } else if (!login->region) {
                login->region = TAKE(config->region);
        }
        return NULL;
}

Error *s3_login_find(const Url *url, const StorageOptions *options, S3Login **ret_login) {
        AUTO(s3_login_free) S3Login *login = memory_new(S3Login);
        TRY(find_keys(url, options, login));
        TRY(find_region(login));
        *ret_login = TAKE(login);
        return NULL;
}

void s3_login_free(S3Login *login) {
        if (!login)
                return;
        memory_free(login->access_key);
        secret_free(login->secret_key);
        if (login->session_token)
                secret_wipe(login->session_token, strlen(login->session_token));
        memory_free(login->session_token);
        memory_free(login->region);
        memory_free(login);
}
