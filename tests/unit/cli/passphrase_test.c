#include "cli/passphrase.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

/* What the person at the terminal answers, in turn; NULL at the end: there is no terminal. */
static const char *const *answers;

static Error *answer(const char *prompt, Secret **ret_secret) {
        assert_non_null(prompt);
        if (!*answers)
                return error_new(ERROR_USER, "cannot ask for a secret: there is no terminal");
        *ret_secret = secret_new(bytes_of(*answers++));
        return NULL;
}

#define ANSWERS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static Passphrases take(void) {
        Passphrases passphrases;
        passphrases_take(&passphrases, answer);
        return passphrases;
}

static void assert_secret(const Secret *secret, const char *wanted) {
        assert_non_null(secret);
        assert_bytes_equal(secret_reveal(secret), bytes_of(wanted));
}

TEST(passphrase_is_taken_out_of_the_environment) {
        setenv("PASSPHRASE", "for the data", 1);
        setenv("SIGN_PASSPHRASE", "for the key", 1);
        const char *first = getenv("PASSPHRASE"), *second = getenv("SIGN_PASSPHRASE");
        AUTO_VALUE(passphrases_clear) Passphrases passphrases = take();
        assert_secret(passphrases.encrypt, "for the data");
        assert_secret(passphrases.sign, "for the key");
        assert_null(getenv("PASSPHRASE"));
        assert_null(getenv("SIGN_PASSPHRASE"));
        assert_memory_equal(first, "\0\0\0\0\0\0\0\0\0\0\0\0", strlen("for the data"));
        assert_memory_equal(second, "\0\0\0\0\0\0\0\0\0\0\0", strlen("for the key"));
}

TEST(passphrase_takes_the_keys_of_accounts_too) {
        static const char *const secret[] = { "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AZURE_STORAGE_KEY",
                                              "AZURE_ACCOUNT_KEY",     "AZURE_SAS_TOKEN" };
        for (size_t i = 0; i < ARRAY_LENGTH(secret); i++)
                setenv(secret[i], secret[i], 1);
        setenv("AZURE_STORAGE_ACCOUNT", "name", 1);
        AUTO_VALUE(passphrases_clear) Passphrases passphrases = take();
        Job job = { .folder = NULL };
        for (size_t i = 0; i < ARRAY_LENGTH(secret); i++)
                assert_null(getenv(secret[i]));
        assert_string_equal(getenv("AZURE_STORAGE_ACCOUNT"), "name");
        unsetenv("AZURE_STORAGE_ACCOUNT");
        passphrases_give(&passphrases, &job);
        assert_secret(job.storage.aws_secret_key, "AWS_SECRET_ACCESS_KEY");
        assert_secret(job.storage.aws_session_token, "AWS_SESSION_TOKEN");
        assert_secret(job.storage.azure_connection,
                      "AccountName=name;AccountKey=AZURE_STORAGE_KEY;SharedAccessSignature=AZURE_SAS_TOKEN");
}

TEST(passphrase_of_the_storage_is_taken_for_the_back_ends) {
        setenv("FTP_PASSWORD", "far away", 1);
        Job job = job_defaults();
        AUTO_VALUE(passphrases_clear) Passphrases passphrases = take();
        passphrases_give(&passphrases, &job);
        assert_secret(job.storage.password, "far away");
        assert_null(getenv("FTP_PASSWORD"));
}

TEST(passphrase_of_a_private_key_is_taken_for_ssh) {
        setenv("SSH_PASSPHRASE", "of the key", 1);
        Job job = job_defaults();
        AUTO_VALUE(passphrases_clear) Passphrases passphrases = take();
        passphrases_give(&passphrases, &job);
        assert_secret(job.storage.ssh_passphrase, "of the key");
        assert_null(getenv("SSH_PASSPHRASE"));
}

TEST(passphrase_of_the_storage_is_asked_for_where_it_is_missing) {
        static const struct {
                const char *url, *environment, *wanted;
                bool asks;
        } cases[] = {
                { "sftp://user@host/x", NULL, "typed", true },
                { "sftp://user@host/x", "given", "given", true },
                { "sftp://user:inside@host/x", NULL, NULL, true },
                { "sftp://user@host/x", NULL, NULL, false },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                Job job = job_defaults();
                unsetenv("FTP_PASSWORD");
                if (cases[i].environment)
                        setenv("FTP_PASSWORD", cases[i].environment, 1);
                AUTO_VALUE(passphrases_clear) Passphrases passphrases = take();
                passphrases_give(&passphrases, &job);
                assert_ok(url_parse(cases[i].url, &job.url));
                job.storage.ssh_askpass = cases[i].asks;
                answers = ANSWERS("typed");
                assert_ok(passphrases_ask_storage(&passphrases, &job));
                if (cases[i].wanted)
                        assert_secret(job.storage.password, cases[i].wanted);
                else
                        assert_null(job.storage.password);
                job_clear(&job);
        }
}

TEST(passphrase_of_the_storage_needs_a_terminal) {
        Job job = job_defaults();
        AUTO_VALUE(passphrases_clear) Passphrases passphrases = take();
        assert_ok(url_parse("sftp://user@host/x", &job.url));
        job.storage.ssh_askpass = true;
        answers = ANSWERS(NULL);
        assert_error(passphrases_ask_storage(&passphrases, &job), ERROR_USER, "option '--ssh-askpass': cannot ask");
        job_clear(&job);
}

TEST(passphrase_not_given_is_none_and_an_empty_one_is_empty) {
        unsetenv("PASSPHRASE");
        setenv("SIGN_PASSPHRASE", "", 1);
        AUTO_VALUE(passphrases_clear) Passphrases passphrases = take();
        assert_null(passphrases.encrypt);
        assert_secret(passphrases.sign, "");
}

static Passphrases given(const char *encrypt, const char *sign) {
        return (Passphrases){
                .encrypt = encrypt ? secret_new(bytes_of(encrypt)) : NULL,
                .sign = sign ? secret_new(bytes_of(sign)) : NULL,
                .prompt = answer,
        };
}

TEST(passphrase_of_each_purpose_goes_to_its_place) {
        AUTO_VALUE(passphrases_clear) Passphrases passphrases = given("a", "b");
        AUTO_VALUE(job_clear) Job job = job_defaults();
        job.sign_key = "ABCD";
        passphrases_give(&passphrases, &job);
        assert_secret(job.passphrase, "a");
        assert_secret(job.sign_passphrase, "b");
        assert_ptr_equal(job.ask_passphrase, passphrases_ask);
        assert_ptr_equal(job.ask_context, &passphrases);
}

TEST(passphrase_serves_twice_when_one_key_encrypts_and_signs) {
        AUTO_VALUE(passphrases_clear) Passphrases one = given("a", NULL), other = given(NULL, "b");
        AUTO_VALUE(job_clear) Job job = job_defaults();
        job.sign_key = "ABCD";
        passphrases_give(&one, &job);
        assert_null(job.sign_passphrase);
        text_list_add(&job.hidden_keys, "ABCD");
        passphrases_give(&one, &job);
        assert_secret(job.sign_passphrase, "a");
        passphrases_give(&other, &job);
        assert_secret(job.passphrase, "b");
}

TEST(passphrase_to_encrypt_is_asked_for_twice) {
        AUTO_VALUE(passphrases_clear) Passphrases passphrases = given(NULL, NULL);
        AUTO(secret_free) Secret *secret = NULL;
        answers = ANSWERS("secret", "secret", "unused");
        assert_ok(passphrases_ask(&passphrases, PASSPHRASE_TO_ENCRYPT, &secret));
        assert_secret(secret, "secret");
        assert_string_equal(*answers, "unused");
}

TEST(passphrase_to_encrypt_is_asked_for_again_when_mistyped_or_empty) {
        AUTO_VALUE(passphrases_clear) Passphrases passphrases = given(NULL, NULL);
        AUTO(secret_free) Secret *secret = NULL;
        answers = ANSWERS("secret", "sekret", "", "third", "third");
        assert_ok(passphrases_ask(&passphrases, PASSPHRASE_TO_ENCRYPT, &secret));
        assert_secret(secret, "third");
        AUTO(secret_free) Secret *none = NULL;
        answers = ANSWERS("", "", "a", "b", "unused");
        Error *error = passphrases_ask(&passphrases, PASSPHRASE_TO_ENCRYPT, &none);
        assert_int_equal(error_exit_code(error), EXIT_CODE_USER_ERROR);
        assert_error(error, ERROR_DENIED, "3 tries");
        assert_null(none);
        assert_string_equal(*answers, "unused");
}

TEST(passphrase_to_decrypt_or_sign_is_asked_for_once_and_may_be_empty) {
        static const PassphrasePurpose purposes[] = { PASSPHRASE_TO_DECRYPT, PASSPHRASE_TO_SIGN };
        AUTO_VALUE(passphrases_clear) Passphrases passphrases = given(NULL, NULL);
        for (size_t i = 0; i < ARRAY_LENGTH(purposes); i++) {
                AUTO(secret_free) Secret *secret = NULL;
                answers = ANSWERS("", "unused");
                assert_ok(passphrases_ask(&passphrases, purposes[i], &secret));
                assert_secret(secret, "");
                assert_string_equal(*answers, "unused");
        }
}

TEST(passphrase_cannot_be_asked_for_without_a_terminal) {
        AUTO_VALUE(passphrases_clear) Passphrases passphrases = given(NULL, NULL);
        Secret *secret = secret_new(bytes_of("old"));
        Secret *old = secret;
        answers = &(const char *){ NULL };
        Error *error = passphrases_ask(&passphrases, PASSPHRASE_TO_ENCRYPT, &secret);
        assert_non_null(strstr(error_story(error), "--no-encryption"));
        assert_int_equal(error_exit_code(error), EXIT_CODE_USER_ERROR);
        assert_error(error, ERROR_USER, "PASSPHRASE");
        assert_ok(passphrases_ask(&passphrases, PASSPHRASE_TO_DECRYPT, &secret));
        assert_null(secret);
        secret_free(old);
}

/* The kernel shows the memory where a program's environment was at its start: the passphrase must be gone from there
 * too. */
TEST(passphrase_vanishes_from_what_the_kernel_shows) {
        static char content[1 << 20];
        char *value = getenv("CHARM_DUPLICITY_TEST_CHILD");
        if (!value) {
                pid_t pid = fork();
                assert_true(pid >= 0);
                if (pid == 0) {
                        setenv("CHARM_DUPLICITY_TEST_CHILD", "1", 1);
                        setenv("PASSPHRASE", "visible-secret-4711", 1);
                        execl("/proc/self/exe", "test", "passphrase_vanishes", (char *)NULL);
                        _exit(127);
                }
                int status;
                assert_int_equal(waitpid(pid, &status, 0), pid);
                assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
                return;
        }
        AUTO_VALUE(passphrases_clear) Passphrases passphrases = take();
        assert_secret(passphrases.encrypt, "visible-secret-4711");
        FILE *file = fopen("/proc/self/environ", "rb");
        assert_non_null(file);
        size_t length = fread(content, 1, sizeof content, file);
        assert_int_equal(fclose(file), 0);
        assert_true(length > 0);
        assert_null(memmem(content, length, "visible-secret-4711", strlen("visible-secret-4711")));
        assert_non_null(memmem(content, length, "CHARM_DUPLICITY_TEST_CHILD", strlen("CHARM_DUPLICITY_TEST_CHILD")));
}
