#include "storage/scp.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "contract/ssh_trial.h"
#include "contract/storage_contract.h"
#include "sys/file.h"

static OwnServer shell_only = { .kind = "sshd" };
static OwnServer sftp_only = { .kind = "sshd",
                            .arguments = { "Subsystem sftp internal-sftp", "ForceCommand internal-sftp" } };

static Storage *open_by_shell(void) {
        return ssh_trial_must_open(&(SshTrial){ .server = &shell_only, .class = &scp_storage_class });
}

static Storage *open_by_sftp(void) {
        return ssh_trial_must_open(&(SshTrial){ .server = &sftp_only, .class = &scp_storage_class });
}

STORAGE_CONTRACT_QUICK(scp_shell, open_by_shell)
STORAGE_CONTRACT_QUICK(scp_sftp, open_by_sftp)

TEST(scp_shell_lists_2500_files_once_each) {
        AUTO(storage_close) Storage *storage = open_by_shell();
        ssh_trial_shell("mkdir -p repository/deep; cd repository/deep; touch file-{0..2499}");
        storage_contract_assert_lists_2500(storage);
}

TEST(scp_is_called_so_whatever_carries_it) {
        AUTO(storage_close) Storage *shell = open_by_shell(), *sftp = open_by_sftp();
        assert_string_equal(shell->class->scheme, "scp");
        assert_string_equal(sftp->class->scheme, "scp");
}

TEST(scp_folders_may_be_called_anything) {
        AUTO_TEXT char *path = memory_print("/%s/-n%%20a$b%%60c;*%%25%%5C%%23%%3F'%%22/h\xc3\xa9/", ssh_trial_folder());
        AUTO(storage_close)
        Storage *storage =
                ssh_trial_must_open(&(SshTrial){ .server = &shell_only, .class = &scp_storage_class, .path = path });
        storage_contract_put(storage, "-rf", bytes_of("1"));
        storage_contract_assert_holds(storage, "-rf", bytes_of("1"));
        assert_int_equal(access("-n a$b`c;*%\\#?'\"/h\xc3\xa9/-rf", F_OK), 0);
        assert_int_equal(storage_contract_count(storage), 1);
        assert_ok(storage_remove(storage, "-rf"));
        assert_int_equal(storage_contract_count(storage), 0);
}

TEST(scp_shell_files_are_private_and_finished) {
        AUTO(storage_close) Storage *storage = open_by_shell();
        storage_contract_put(storage, "some-file", bytes_of("1"));
        storage_contract_assert_private();
        ssh_trial_shell("cd repository/deep; test $(ls -A | wc -l) = 1; touch .young.part-1; touch -d '3 days ago' "
                        ".old.part-1; "
                        "mkdir folder; ln -s some-file link");
        assert_int_equal(storage_contract_count(storage), 1);
        storage_contract_put(storage, "some-file", bytes_of("1"));
        ssh_trial_shell("cd repository/deep; test ! -e .old.part-1; test -e .young.part-1");
}

/* The end of what comes looks the same as a broken connection to the program that reads it. */
TEST(scp_shell_takes_no_half_of_a_file) {
        enum { SIZE = 40 << 20 };
        uint8_t *content = test_random_bytes(SIZE, 7);
        AUTO_FD int fd = storage_contract_temporary(bytes_make(content, SIZE));
        memory_free(content);
        AUTO(storage_close) Storage *storage = open_by_shell();
        storage_contract_put(storage, "some-file", bytes_of("old"));
        pid_t pid = fork();
        if (pid == 0) {
                Storage *slow = ssh_trial_must_open(
                        &(SshTrial){ .server = &shell_only, .class = &scp_storage_class, .limit_upload = 2 << 20 });
                error_free(storage_put(slow, "some-file", fd));
                _exit(0);
        }
        ssh_trial_shell("cd repository/deep; until ls -A | grep -q part; do sleep 0.02; done; sleep 0.2; kill -KILL %d; "
                        "until [ $(ls -A | wc -l) = 1 ]; do sleep 0.02; done",
                        (int)pid);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        storage_contract_assert_holds(storage, "some-file", bytes_of("old"));
}

TEST(scp_shell_tells_what_the_server_says) {
        AUTO(storage_close) Storage *storage = open_by_shell();
        AUTO_FD int fd = storage_contract_temporary(bytes_of("1"));
        test_write_file("repository", bytes_of("no folder"));
        Error *error = storage_put(storage, "some-file", fd);
        assert_non_null(strstr(error_story(error), "cannot store 'some-file'"));
        assert_non_null(strstr(error_story(error), "mkdir:"));
        error_free(error);
}

TEST(scp_shell_tells_a_full_disk_and_keeps_the_old_content) {
        assert_error(ssh_trial_fill_disk(open_by_shell), ERROR_SYSTEM, "No space left on device");
}

TEST(scp_refuses_an_unknown_host) {
        OwnServer *const servers[] = { &shell_only, &sftp_only };
        test_write_file("empty", bytes_of(""));
        for (size_t i = 0; i < ARRAY_LENGTH(servers); i++) {
                Storage *storage = NULL;
                const SshTrial trial = { .server = servers[i], .class = &scp_storage_class, .known_hosts = "empty" };
                assert_error(ssh_trial_open(&trial, &storage), ERROR_DENIED, "is not known");
        }
}
