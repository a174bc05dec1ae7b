#include "storage/rsync.h"

#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "contract/ssh_trial.h"
#include "contract/storage_contract.h"
#include "storage/ssh_askpass.h"
#include "sys/cancel.h"
#include "sys/file.h"

#define PASSWORD "p@:/% \xc3\xa4+#&=?'\""
#define PASSWORD_ENCODED "p%40%3A%2F%25%20%C3%A4+%23&=%3F'%22"

static OwnServer shell = { .kind = "sshd" };
static OwnServer passwords = { .kind = "sshd", .password = PASSWORD, .arguments = { "PasswordAuthentication yes" } };
static OwnServer daemon_server = { .kind = "rsyncd", .arguments = { "/tmp" } };

/* ---- over ssh ---- */

/* One connection for all runs, for speed; what holds it open keeps rsync's standard error open too. */
static SshTrial shell_trial(void) {
        static char control[200];
        own_server_need(&shell);
        snprintf(control, sizeof control, "-oControlPath=%s", own_server_file(&shell, "control"));
        return (SshTrial){ .server = &shell,
                           .class = &rsync_storage_class,
                           .words = { "-i", own_server_file(&shell, "id_ed25519"), "-F/dev/null", "-oControlMaster=auto",
                                      "-oControlPersist=20", control } };
}

static Storage *open_over_ssh(void) {
        SshTrial trial = shell_trial();
        return ssh_trial_must_open(&trial);
}

/* ---- to a daemon ---- */

static Error *open_at(OwnServer *server, const char *login, const char *path, double timeout, Storage **ret_storage) {
        AUTO(url_free) Url *url = NULL;
        own_server_need(server);
        AUTO_TEXT char *text = memory_print("rsync://%s127.0.0.1:%u::%s", login, server->port, path);
        TRY(url_parse(text, &url));
        return rsync_storage_class.open(url, &(StorageOptions){ .timeout = timeout }, ret_storage);
}

/* A path below the test's folder in MODULE, whose root is /tmp. */
static char *module_path(const char *module, const char *below) {
        return memory_print("%s/%s/%s", module, ssh_trial_folder() + strlen("/tmp/"), below);
}

static Storage *must_open(const char *login, const char *module) {
        Storage *storage = NULL;
        AUTO_TEXT char *path = module_path(module, "repository/deep");
        assert_ok(open_at(&daemon_server, login, path, 20, &storage));
        return storage;
}

static Storage *open_at_daemon(void) {
        return must_open("", "/open");
}

STORAGE_CONTRACT_QUICK(rsync_daemon, open_at_daemon)
STORAGE_CONTRACT_QUICK(rsync_shell, open_over_ssh)

static Error *note_name(void *context, const RemoteFile *file) {
        buffer_print(context, "<%s>", file->name);
        return NULL;
}

TEST(rsync_lists_2500_files_once_each) {
        AUTO(storage_close) Storage *daemon = open_at_daemon(), *over_ssh = open_over_ssh();
        ssh_trial_shell("mkdir -p repository/deep; cd repository/deep; touch file-{0..2499}");
        storage_contract_assert_lists_2500(daemon);
        storage_contract_assert_lists_2500(over_ssh);
}

TEST(rsync_lists_regular_finished_files_only_by_their_true_names) {
        AUTO(storage_close) Storage *storage = open_at_daemon();
        AUTO_VALUE(buffer_clear) Buffer names = { .data = NULL };
        ssh_trial_shell(
                "mkdir -p repository/deep/folder/below; cd repository/deep; mkfifo fifo; ln -s x link; touch .hidden; "
                "touch $'tab\\there' 'back\\#012slash'; truncate -s 5G large");
        assert_ok(storage_list(storage, note_name, &names));
        assert_string_equal(buffer_text(&names), "<back\\#012slash><large><tab\there>");
}

TEST(rsync_folders_may_be_called_anything) {
        SshTrial trial = shell_trial();
        AUTO_TEXT char *path =
                memory_print("/%s/a%%20b*[c]$d%%60e;%%25%%5C%%23%%3F'%%22/h\xc3\xa9/", ssh_trial_folder());
        trial.path = path;
        AUTO_TEXT char *at_daemon = module_path("open", "a%20b*[c]$d%60e;%25%5C%23%3F'%22/h\xc3\xa9/");
        AUTO(storage_close) Storage *over_ssh = ssh_trial_must_open(&trial);
        AUTO(storage_close) Storage *daemon = NULL;
        assert_ok(open_at(&daemon_server, "", at_daemon, 20, &daemon));
        storage_contract_put(over_ssh, "na*me\\", bytes_of("1"));
        ssh_trial_shell(
                "cd 'a b*[c]$d`e;%%\\#?'\\''\"'; cp h\xc3\xa9/na* h\xc3\xa9/naXme; test $(ls h\xc3\xa9 | wc -l) = 2");
        storage_contract_assert_holds(daemon, "na*me\\", bytes_of("1"));
        assert_int_equal(storage_contract_count(over_ssh), 2);
        assert_ok(storage_remove(daemon, "na*me\\"));
        assert_int_equal(storage_contract_count(over_ssh), 1);
        storage_contract_put(daemon, "na?me", bytes_of("1"));
        assert_ok(storage_remove(over_ssh, "na?me"));
        ssh_trial_shell("cd a*/h\xc3\xa9; test \"$(ls)\" = naXme");
}

TEST(rsync_removes_nothing_but_the_name) {
        AUTO(storage_close) Storage *storage = open_at_daemon();
        ssh_trial_shell(
                "mkdir -p repository/deep/folder repository/beside; cd repository; touch deep/{a,b,.c,folder/a} a "
                "beside/a");
        assert_ok(storage_remove(storage, "a"));
        ssh_trial_shell("cd repository; test ! -e deep/a; ls deep/{b,.c,folder/a} a beside/a >/dev/null");
        assert_ok(storage_remove(storage, "folder")); /* which is none of ours */
        ssh_trial_shell("test -e repository/deep/folder/a");
}

/* Whether rsync itself, asked as we ask it, stores something behind the link that the test has made. */
static bool follows_links(void) {
        AUTO_TEXT char *path = module_path("from", "repository");
        ssh_trial_shell("mkdir -p %s; echo x >%s/probe; cd from; rsync --relative --no-implied-dirs %s/probe "
                        "rsync://127.0.0.1:%u/open/ || touch ../refused; rm -f ../elsewhere/probe",
                        path, path, path + strlen("from/"), daemon_server.port);
        return access("refused", F_OK) != 0;
}

TEST(rsync_keeps_a_link_to_a_folder) {
        AUTO(storage_close) Storage *storage = open_at_daemon();
        ssh_trial_shell("mkdir elsewhere; ln -s elsewhere repository");
        if (!follows_links())
                skip(); /* since a repair of its safety, rsync's daemon in Debian 11 does not when paths are relative */
        storage_contract_put(storage, "some-file", bytes_of("1"));
        storage_contract_assert_holds(storage, "some-file", bytes_of("1"));
        ssh_trial_shell("test -L repository; test -e elsewhere/deep/some-file");
        assert_ok(storage_remove(storage, "some-file"));
        ssh_trial_shell("test -L repository; test ! -e elsewhere/deep/some-file");
}

TEST(rsync_leaves_no_temporary_files) {
        AUTO(url_free) Url *url = NULL;
        Storage *storage = NULL;
        AUTO_TEXT char *path = module_path("/open", "repository");
        own_server_need(&daemon_server);
        AUTO_TEXT char *text = memory_print("rsync://127.0.0.1:%u::%s", daemon_server.port, path);
        assert_int_equal(mkdir("temp", 0700), 0);
        assert_ok(url_parse(text, &url));
        assert_ok(rsync_storage_class.open(url, &(StorageOptions){ .timeout = 20, .temp_folder = "temp" }, &storage));
        storage_contract_put(storage, "some-file", bytes_of("1"));
        storage_contract_assert_holds(storage, "some-file", bytes_of("1"));
        AUTO_FD int fd = storage_contract_temporary(bytes_of(""));
        assert_error(storage_get(storage, "other", fd), ERROR_MISSING, "other");
        assert_ok(storage_remove(storage, "some-file"));
        ssh_trial_shell("test $(find temp | wc -l) = 2");
        storage_close(storage);
        assert_int_equal(rmdir("temp"), 0);
}

/* ---- logging in ---- */

TEST(rsync_logs_in_at_a_daemon) {
        AUTO(storage_close) Storage *right = must_open("tester:S3cret%20pw@", "closed");
        AUTO(storage_close) Storage *wrong = must_open("tester:hidden@", "/closed");
        AUTO(storage_close) Storage *none = must_open("", "closed");
        storage_contract_put(right, "some-file", bytes_of("1"));
        AUTO_FD int fd = storage_contract_temporary(bytes_of("1"));
        Error *error = storage_put(wrong, "some-file", fd);
        assert_null(strstr(error_story(error), "hidden"));
        assert_error(error, ERROR_DENIED, "@ERROR: auth failed on module closed (user and password in the URL");
        assert_error(storage_get(none, "some-file", fd), ERROR_DENIED, "auth failed");
        assert_int_equal(storage_contract_count(right), 1);
}

TEST(rsync_logs_in_over_ssh_by_password) {
        if (geteuid() != 0)
                skip();
        const SshTrial right = { .server = &passwords,
                                 .class = &rsync_storage_class,
                                 .login = "root:" PASSWORD_ENCODED "@",
                                 .words = { "-F/dev/null" } };
        SshTrial wrong = right;
        wrong.login = "root:hidden@";
        AUTO(storage_close) Storage *storage = ssh_trial_must_open(&right);
        AUTO(storage_close) Storage *refused = ssh_trial_must_open(&wrong);
        AUTO_FD int fd = storage_contract_temporary(bytes_of("1"));
        storage_contract_put(storage, "some-file", bytes_of("1"));
        storage_contract_assert_holds(storage, "some-file", bytes_of("1"));
        Error *error = storage_put(refused, "some-file", fd);
        assert_null(strstr(error_story(error), "hidden"));
        assert_error(error, ERROR_DENIED, "Permission denied (publickey,password)");
}

/* Putting a file is refused with the fingerprint of the server's key and with COMMAND. */
static void assert_stranger(Storage *storage, const char *command) {
        AUTO_FD int fd = storage_contract_temporary(bytes_of("1"));
        Error *error = storage_put(storage, "some-file", fd);
        assert_non_null(error);
        assert_non_null(strstr(error_story(error), "key SHA256:"));
        assert_int_equal(error_exit_code(error), EXIT_CODE_BACKEND_DENIED);
        assert_error(error, ERROR_DENIED, command);
}

TEST(rsync_refuses_unknown_and_changed_hosts) {
        SshTrial trial = shell_trial();
        for (size_t i = 2; i < ARRAY_LENGTH(trial.words); i++)
                trial.words[i] = NULL;
        char command[200];
        test_write_file("empty known", bytes_of(""));
        trial.known_hosts = "empty known";
        AUTO(storage_close) Storage *unknown = ssh_trial_must_open(&trial);
        snprintf(command, sizeof command, "run: ssh-keyscan -p %u '127.0.0.1' >>'empty known'", shell.port);
        assert_stranger(unknown, command);
        ssh_trial_shell(
                "ssh-keygen -q -t ed25519 -N '' -f other; echo \"[127.0.0.1]:%u $(cut -d ' ' -f 1-2 other.pub)\" "
                ">changed",
                shell.port);
        trial.known_hosts = "changed";
        AUTO(storage_close) Storage *changed = ssh_trial_must_open(&trial);
        snprintf(command, sizeof command, "run: ssh-keygen -R '[127.0.0.1]:%u' -f 'changed'", shell.port);
        assert_stranger(changed, command);
        ssh_trial_shell("cp '%s' 'empty known'", own_server_file(&shell, "known_hosts"));
        storage_contract_put(unknown, "some-file", bytes_of("1"));
}

/* ---- failures ---- */

TEST(rsync_tells_a_missing_module_a_read_only_one_and_no_server) {
        AUTO_FD int fd = storage_contract_temporary(bytes_of("1"));
        AUTO(storage_close)
        Storage *unknown = must_open("", "nothing"),
                *fixed = must_open("", "readonly"), *gone = NULL;
        assert_error(storage_put(unknown, "some-file", fd), ERROR_USER, "Unknown module 'nothing'");
        ssh_trial_shell("mkdir -p repository/deep; touch repository/deep/some-file");
        assert_error(storage_put(fixed, "some-file", fd), ERROR_DENIED, "module is read only");
        assert_error(storage_remove(fixed, "some-file"), ERROR_DENIED, "module is read only");
        AUTO(url_free) Url *url = NULL;
        assert_ok(url_parse("rsync://127.0.0.1:1::/x/y", &url));
        assert_ok(rsync_storage_class.open(url, &(StorageOptions){ .timeout = 5 }, &gone));
        assert_error(storage_put(gone, "some-file", fd), ERROR_TRANSIENT, "Connection refused");
}

TEST(rsync_tells_a_full_disk_and_keeps_the_old_content) {
        assert_error(ssh_trial_fill_disk(open_at_daemon), ERROR_SYSTEM, "No space left on device");
}

TEST(rsync_that_is_not_installed_is_told) {
        Storage *storage = NULL;
        AUTO_TEXT char *path = memory_text(getenv("PATH"));
        own_server_need(&daemon_server);
        assert_int_equal(setenv("PATH", "/nonexistent", 1), 0);
        Error *error = open_at(&daemon_server, "", "open/x", 5, &storage);
        assert_int_equal(setenv("PATH", path, 1), 0);
        assert_error(error, ERROR_USER, "install the package rsync");
}

/* ---- secrets ---- */

TEST(rsync_shows_no_password_in_arguments) {
        static OwnServer own = { .kind = "rsyncd", .arguments = { "/tmp" } };
        AUTO(storage_close) Storage *storage = NULL;
        AUTO_TEXT char *path = module_path("closed", "repository");
        AUTO_FD int fd = storage_contract_temporary(bytes_of("1"));
        assert_ok(open_at(&own, "tester:S3cret%20pw@", path, 2, &storage));
        own_server_tell(&own, "freeze");
        pid_t pid = fork();
        if (pid == 0) {
                Error *error = storage_put(storage, "some-file", fd);
                _exit(error ? 0 : 1);
        }
        ssh_trial_shell("for i in $(seq 100); do child=$(cat /proc/%d/task/%d/children); [ -z \"$child\" ] || break; "
                        "sleep 0.02; "
                        "done; sleep 0.1; tr '\\0' ' ' </proc/${child%%%% *}/cmdline >arguments",
                        (int)pid, (int)pid);
        int status = -1;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        own_server_tell(&own, "thaw");
        AUTO_TEXT char *arguments = test_read_file("arguments", NULL);
        assert_non_null(strstr(arguments, "rsync"));
        assert_null(strstr(arguments, "S3cret"));
        assert_int_equal(status, 0);
}
