#include "contract/ssh_trial.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "contract/storage_contract.h"
#include "storage/registry.h"
#include "support/test.h"
#include "sys/file.h"

const char *ssh_trial_folder(void) {
        static char folder[200];
        assert_non_null(getcwd(folder, sizeof folder));
        return folder;
}

void ssh_trial_shell(const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        AUTO_TEXT char *line = memory_vprint(format, arguments);
        va_end(arguments);
        pid_t pid = fork();
        if (pid == 0) {
                execl("/bin/bash", "bash", "-euc", line, (char *)NULL);
                _exit(127);
        }
        int status = -1;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (status != 0)
                print_error("%s: status %x\n", line, (unsigned)status);
        assert_int_equal(status, 0);
}

static StorageOptions options_of(const SshTrial *trial, TextList *words, Secret *passphrase, Secret *password) {
        for (size_t i = 0; i < ARRAY_LENGTH(trial->words) && trial->words[i]; i++)
                text_list_add(words, trial->words[i]);
        if (!words->count) {
                text_list_add(words, "-i");
                text_list_add(words, own_server_file(trial->server, "id_ed25519"));
        }
        const char *known = trial->known_hosts ? trial->known_hosts : own_server_file(trial->server, "known_hosts");
        return (StorageOptions){
                .retries = trial->retries,
                .retry_delay = 0.2,
                .timeout = trial->timeout > 0 ? trial->timeout : 20,
                .limit_upload = trial->limit_upload,
                .home = trial->home ? trial->home : "/nonexistent",
                .ssh_options = *words,
                .ssh_known_hosts = known[0] ? known : NULL,
                .ssh_passphrase = passphrase,
                .password = password,
        };
}

/* What options point to has to outlive the storage: it is given up to the process. */
static TextList *new_words(void) {
        static TextList lists[40];
        static unsigned next;
        TextList *words = &lists[next++ % ARRAY_LENGTH(lists)];
        text_list_clear(words);
        return words;
}

static Secret *keep_secret(const char *text) {
        static Secret *secrets[40];
        static unsigned next;
        if (!text)
                return NULL;
        Secret **place = &secrets[next++ % ARRAY_LENGTH(secrets)];
        secret_free(*place);
        return *place = secret_new(bytes_of(text));
}

Error *ssh_trial_open(const SshTrial *trial, Storage **ret_storage) {
        AUTO(url_free) Url *url = NULL;
        own_server_need(trial->server);
        AUTO_TEXT char *usual = memory_print("/%s/repository/deep", ssh_trial_folder());
        AUTO_TEXT char *text = memory_print("%s://%s%s:%u%s", trial->class->scheme, trial->login ? trial->login : "",
                                            trial->host ? trial->host : "127.0.0.1", trial->server->port,
                                            trial->path ? trial->path : usual);
        StorageOptions options =
                options_of(trial, new_words(), keep_secret(trial->passphrase), keep_secret(trial->password));
        TRY(url_parse(text, &url));
        if (trial->retries)
                return registry_open(url, &options, ret_storage);
        return trial->class->open(url, &options, ret_storage);
}

Storage *ssh_trial_must_open(const SshTrial *trial) {
        Storage *storage = NULL;
        assert_ok(ssh_trial_open(trial, &storage));
        return storage;
}

Error *ssh_trial_fill_disk(Storage *(*open)(void)) {
        enum { SIZE = 3 << 20 };
        if (geteuid() != 0)
                skip();
        uint8_t *content = test_random_bytes(SIZE, 1);
        AUTO_FD int fd = storage_contract_temporary(bytes_make(content, SIZE));
        memory_free(content);
        assert_int_equal(mkdir("repository", 0700), 0);
        assert_int_equal(mount("none", "repository", "tmpfs", 0, "size=1m"), 0);
        AUTO(storage_close) Storage *storage = open();
        storage_contract_put(storage, "some-file", bytes_of("old"));
        Error *error = storage_put(storage, "some-file", fd);
        storage_contract_assert_holds(storage, "some-file", bytes_of("old"));
        size_t count = storage_contract_count(storage);
        ssh_trial_shell("ls -A repository/deep >names");
        assert_int_equal(umount2("repository", MNT_DETACH), 0);
        assert_int_equal(count, 1);
        AUTO_TEXT char *names = test_read_file("names", NULL);
        assert_string_equal(names, "some-file\n"); /* nothing unfinished is left */
        assert_int_equal(error_exit_code(error), EXIT_CODE_BACKEND_NO_SPACE);
        return error;
}
