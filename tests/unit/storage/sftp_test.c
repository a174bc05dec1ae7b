#include "storage/sftp.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "contract/ssh_trial.h"
#include "contract/storage_contract.h"
#include "sys/file.h"

static OwnServer server = { .kind = "sshd", .arguments = { "Subsystem sftp internal-sftp" } };
static OwnServer plain = { .kind = "sshd", /* without what OpenSSH has added to SFTP */
                        .arguments = { "Subsystem sftp internal-sftp -P posix-rename,fsync,statvfs" } };
static OwnServer readonly = { .kind = "sshd", .arguments = { "Subsystem sftp internal-sftp -R" } };
static OwnServer without = { .kind = "sshd" };
static OwnServer broken = { .kind = "sshd", .arguments = { "Subsystem sftp /nowhere/sftp-server" } };
static OwnServer noise = { .kind = "sshd", .arguments = { "Subsystem sftp /bin/echo this is no SFTP at all" } };

static Storage *open_sftp(void) {
        return ssh_trial_must_open(&(SshTrial){ .server = &server, .class = &sftp_storage_class });
}

static Storage *open_plain(void) {
        return ssh_trial_must_open(&(SshTrial){ .server = &plain, .class = &sftp_ssh_storage_class });
}

STORAGE_CONTRACT(sftp, open_sftp)
STORAGE_CONTRACT_QUICK(sftp_plain, open_plain)

TEST(sftp_paths_are_relative_to_the_login_folder_or_absolute) {
        struct stat status;
        AUTO_TEXT char *name = memory_print("/charm-duplicity-test-%u", (unsigned)getpid());
        AUTO(storage_close)
        Storage *relative =
                ssh_trial_must_open(&(SshTrial){ .server = &server, .class = &sftp_storage_class, .path = name });
        storage_contract_put(relative, "some-file", bytes_of("1"));
        ssh_trial_shell(
                "home=$(getent passwd $(id -un) | cut -d: -f6); test -f $home%s/some-file; rm $home%s/some-file; "
                "rmdir $home%s",
                name, name, name);
        AUTO(storage_close)
        Storage *home = ssh_trial_must_open(&(SshTrial){ .server = &server, .class = &sftp_storage_class, .path = "" });
        (void)storage_contract_count(home);
        assert_int_equal(stat("/", &status), 0);
        AUTO_TEXT char *absolute = memory_print("/%s/a//b/", ssh_trial_folder());
        AUTO(storage_close)
        Storage *there =
                ssh_trial_must_open(&(SshTrial){ .server = &server, .class = &sftp_storage_class, .path = absolute });
        storage_contract_put(there, "some-file", bytes_of("1"));
        assert_int_equal(access("a/b/some-file", F_OK), 0);
}

TEST(sftp_folders_may_be_called_anything) {
        AUTO_TEXT char *path =
                memory_print("/%s/a%%20b%%40:%%25%%2B=&%%23%%3F'%%22/h\xc3\xa9\xc3\xbc", ssh_trial_folder());
        AUTO(storage_close)
        Storage *storage =
                ssh_trial_must_open(&(SshTrial){ .server = &server, .class = &sftp_storage_class, .path = path });
        storage_contract_put(storage, "some-file", bytes_of("1"));
        assert_int_equal(access("a b@:%+=&#?'\"/h\xc3\xa9\xc3\xbc/some-file", F_OK), 0);
        assert_int_equal(storage_contract_count(storage), 1);
}

TEST(sftp_files_and_folders_are_private) {
        AUTO(storage_close) Storage *storage = open_sftp();
        storage_contract_put(storage, "some-file", bytes_of("1"));
        storage_contract_assert_private();
}

TEST(sftp_lists_regular_finished_files_only) {
        AUTO(storage_close) Storage *storage = open_sftp();
        storage_contract_put(storage, "some-file", bytes_of("12"));
        ssh_trial_shell(
                "cd repository/deep; touch .some-file.part-0123; mkdir folder; touch folder/below; mkfifo fifo; "
                "ln -s nowhere dangling; ln -s folder to-folder");
        assert_int_equal(storage_contract_count(storage), 1);
        ssh_trial_shell("cd repository/deep; ln -s some-file link");
        assert_int_equal(storage_contract_count(storage), 2);
}

TEST(sftp_put_leaves_nothing_beside_and_clears_away_what_killed_runs_left) {
        AUTO(storage_close) Storage *storage = open_sftp();
        storage_contract_put(storage, "some-file", bytes_of("1"));
        ssh_trial_shell("cd repository/deep; test $(ls -A | wc -l) = 1; touch .young.part-1 .other; "
                        "touch -d '2 days ago' .old.part-1 .foreign");
        assert_int_equal(storage_contract_count(storage), 1);
        ssh_trial_shell("test $(ls -A repository/deep | wc -l) = 5"); /* reading changes nothing */
        storage_contract_put(storage, "some-file", bytes_of("1"));
        ssh_trial_shell("cd repository/deep; test ! -e .old.part-1; test -e .young.part-1; test -e .foreign");
}

TEST(sftp_name_of_full_length_can_be_put) {
        char name[256];
        AUTO(storage_close) Storage *storage = open_sftp();
        memset(name, 'n', sizeof name - 1);
        name[sizeof name - 1] = '\0';
        storage_contract_put(storage, name, bytes_of("1"));
        storage_contract_assert_holds(storage, name, bytes_of("1"));
}

static void assert_denied(const SshTrial *trial) {
        AUTO(storage_close) Storage *storage = ssh_trial_must_open(trial);
        AUTO_FD int fd = storage_contract_temporary(bytes_of("1"));
        ssh_trial_shell("mkdir -p repository/deep; echo old >repository/deep/some-file");
        assert_error(storage_put(storage, "some-file", fd), ERROR_DENIED, "the server says: Permission denied");
        assert_error(storage_remove(storage, "some-file"), ERROR_DENIED, "cannot remove 'some-file'");
        storage_contract_assert_holds(storage, "some-file", bytes_of("old\n"));
}

TEST(sftp_tells_what_is_denied) {
        assert_denied(&(SshTrial){ .server = &readonly, .class = &sftp_storage_class });
}

TEST(sftp_tells_a_file_that_stands_in_the_way) {
        AUTO(storage_close) Storage *storage = open_sftp();
        AUTO_FD int fd = storage_contract_temporary(bytes_of("1"));
        test_write_file("repository", bytes_of("no folder"));
        Error *error = storage_put(storage, "some-file", fd);
        assert_non_null(strstr(error_story(error), "cannot store 'some-file'"));
        assert_error(error, ERROR_USER, "repository': a file stands there: correct the URL");
        ssh_trial_shell("rm repository; mkdir -p repository/deep/some-file/below");
        error = storage_put(storage, "some-file", fd);
        assert_non_null(error);
        error_free(error);
        assert_int_equal(storage_contract_count(storage), 0);
        ssh_trial_shell("test $(ls -A repository/deep | wc -l) = 1");
}

TEST(sftp_tells_a_full_disk_and_keeps_the_old_content) {
        assert_error(ssh_trial_fill_disk(open_sftp), ERROR_SYSTEM, "no space is left");
}

/* The server itself says no more than "failure", of this as of a full disk. */
TEST(sftp_tells_a_read_only_file_system) {
        AUTO(storage_close) Storage *storage = open_sftp();
        AUTO_FD int fd = storage_contract_temporary(bytes_of("1"));
        if (geteuid() != 0)
                skip();
        ssh_trial_shell("mkdir -p repository/deep");
        assert_int_equal(mount("none", "repository/deep", "tmpfs", MS_RDONLY, NULL), 0);
        Error *error = storage_put(storage, "some-file", fd);
        assert_int_equal(umount2("repository/deep", MNT_DETACH), 0);
        assert_error(error, ERROR_DENIED, "repository/deep' is read-only");
}

TEST(sftp_tells_a_full_disk_on_which_no_file_can_be_begun) {
        AUTO(storage_close) Storage *storage = open_sftp();
        AUTO_FD int fd = storage_contract_temporary(bytes_of("1"));
        if (geteuid() != 0)
                skip();
        ssh_trial_shell("mkdir -p repository/deep");
        assert_int_equal(mount("none", "repository/deep", "tmpfs", 0, "nr_inodes=1"), 0);
        Error *error = storage_put(storage, "some-file", fd);
        assert_int_equal(umount2("repository/deep", MNT_DETACH), 0);
        assert_int_equal(error_exit_code(error), EXIT_CODE_BACKEND_NO_SPACE);
        assert_error(error, ERROR_SYSTEM, "no space is left");
}

TEST(sftp_tells_a_server_without_sftp) {
        Storage *storage = NULL;
        assert_error(ssh_trial_open(&(SshTrial){ .server = &without, .class = &sftp_storage_class }, &storage),
                     ERROR_USER, "offers no SFTP: try 'scp://'");
        assert_error(ssh_trial_open(&(SshTrial){ .server = &broken, .class = &sftp_storage_class }, &storage),
                     ERROR_USER, "offers no SFTP: try 'scp://'");
        assert_error(ssh_trial_open(&(SshTrial){ .server = &noise, .class = &sftp_storage_class }, &storage),
                     ERROR_SYSTEM, "it is no SFTP");
        assert_null(storage);
}

TEST(sftp_needs_a_host) {
        AUTO(url_free) Url *url = NULL;
        Storage *storage = NULL;
        assert_ok(url_parse("sftp:///folder", &url));
        Error *error = sftp_storage_class.open(url, &(StorageOptions){ .timeout = 5 }, &storage);
        assert_int_equal(error_exit_code(error), EXIT_CODE_BAD_URL);
        assert_error(error, ERROR_USER, "names no host");
}
