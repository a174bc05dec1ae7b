#include "cli/passphrase.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "storage/azure_account.h"

enum { MOST_TRIES = 3 };

static Secret *take_from_environment(const char *name) {
        char *value = getenv(name);
        if (!value)
                return NULL;
        Secret *secret = secret_new(bytes_of(value));
        secret_wipe(value, strlen(value)); /* unsetenv forgets where it is, and leaves it in /proc/PID/environ */
        (void)unsetenv(name);              /* fails only for names that are none */
        return secret;
}

static Secret *take_azure_connection(void) {
        static const char *const variables[] = {
                "AZURE_CONNECTION_STRING", "AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_KEY", "AZURE_ACCOUNT_KEY",
                "AZURE_STORAGE_SAS_TOKEN", "AZURE_SAS_TOKEN",
        };
        Secret *connection = azure_account_environment();
        for (size_t i = 0; i < ARRAY_LENGTH(variables); i++)
                secret_free(take_from_environment(variables[i]));
        return connection;
}

void passphrases_take(Passphrases *passphrases, PassphrasePrompt *prompt) {
        *passphrases = (Passphrases){
                .encrypt = take_from_environment("PASSPHRASE"),
                .sign = take_from_environment("SIGN_PASSPHRASE"),
                .storage = take_from_environment("FTP_PASSWORD"),
                .ssh_key = take_from_environment("SSH_PASSPHRASE"),
                .aws_key = take_from_environment("AWS_SECRET_ACCESS_KEY"),
                .aws_token = take_from_environment("AWS_SESSION_TOKEN"),
                .azure = take_azure_connection(),
                .prompt = prompt,
        };
}

static bool holds(const TextList *keys, const char *key) {
        for (size_t i = 0; i < keys->count; i++)
                if (strcmp(keys->items[i], key) == 0)
                        return true;
        return false;
}

void passphrases_give(Passphrases *passphrases, Job *job) {
        bool is_one_key =
                job->sign_key && (holds(&job->encrypt_keys, job->sign_key) || holds(&job->hidden_keys, job->sign_key));
        job->passphrase = passphrases->encrypt;
        job->sign_passphrase = passphrases->sign;
        job->storage.password = passphrases->storage;
        job->storage.ssh_passphrase = passphrases->ssh_key;
        job->storage.aws_secret_key = passphrases->aws_key;
        job->storage.aws_session_token = passphrases->aws_token;
        job->storage.azure_connection = passphrases->azure;
        if (is_one_key && !job->passphrase)
                job->passphrase = passphrases->sign;
        if (is_one_key && !job->sign_passphrase)
                job->sign_passphrase = passphrases->encrypt;
        job->ask_passphrase = passphrases_ask;
        job->ask_context = passphrases;
}

static bool is_empty(const Secret *secret) {
        return secret_reveal(secret).length == 0;
}

/* *ret_secret becomes NULL when the two answers are of no use. */
static Error *ask_twice(const Passphrases *passphrases, Secret **ret_secret) {
        AUTO(secret_free) Secret *first = NULL;
        AUTO(secret_free) Secret *second = NULL;
        *ret_secret = NULL;
        TRY(passphrases->prompt("Passphrase to encrypt with: ", &first));
        if (is_empty(first)) {
                log_warning("an empty passphrase protects nothing");
                return NULL;
        }
        TRY(passphrases->prompt("The same again, to be sure: ", &second));
        if (secret_equal(first, second))
                *ret_secret = TAKE(first);
        else
                log_warning("the two passphrases differ");
        return NULL;
}

static Error *ask_to_encrypt(const Passphrases *passphrases, Secret **ret_secret) {
        for (int i = 0; i < MOST_TRIES; i++) {
                Secret *secret = NULL;
                TRY(ask_twice(passphrases, &secret));
                if (secret) {
                        *ret_secret = secret;
                        return NULL;
                }
        }
        return error_with_code(error_new(ERROR_DENIED, "no passphrase was given in %d tries", MOST_TRIES),
                               EXIT_CODE_USER_ERROR);
}

Error *passphrases_ask(void *context, PassphrasePurpose purpose, Secret **ret_secret) {
        static const char *const prompts[] = {
                [PASSPHRASE_TO_DECRYPT] = "Passphrase to decrypt with: ",
                [PASSPHRASE_TO_SIGN] = "Passphrase of the signing key: ",
        };
        const Passphrases *passphrases = context;
        Error *error;
        if (purpose == PASSPHRASE_TO_ENCRYPT)
                error = ask_to_encrypt(passphrases, ret_secret);
        else
                error = passphrases->prompt(prompts[purpose], ret_secret);
        if (error_kind(error) != ERROR_USER)
                return error;
        error_free(error); /* there is no terminal */
        if (purpose == PASSPHRASE_TO_ENCRYPT)
                return error_new(ERROR_USER,
                                 "no passphrase to encrypt with: set the environment variable PASSPHRASE, or give "
                                 "'--encrypt-key KEY', or '--no-encryption' to store readable files");
        *ret_secret = NULL;
        return NULL;
}

Error *passphrases_ask_storage(Passphrases *passphrases, Job *job) {
        if (!job->storage.ssh_askpass || !job->url || job->url->password || passphrases->storage)
                return NULL;
        AUTO_TEXT char *place = url_printable(job->url);
        AUTO_TEXT char *prompt = memory_print("Password of '%s': ", place);
        TRY_AS(passphrases->prompt(prompt, &passphrases->storage), "option '--ssh-askpass'");
        job->storage.password = passphrases->storage;
        return NULL;
}

void passphrases_clear(Passphrases *passphrases) {
        secret_free(TAKE(passphrases->encrypt));
        secret_free(TAKE(passphrases->sign));
        secret_free(TAKE(passphrases->storage));
        secret_free(TAKE(passphrases->ssh_key));
        secret_free(TAKE(passphrases->aws_key));
        secret_free(TAKE(passphrases->aws_token));
        secret_free(TAKE(passphrases->azure));
}
