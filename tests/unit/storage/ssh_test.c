#include "storage/ssh.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "contract/ssh_trial.h"
#include "contract/storage_contract.h"
#include "storage/sftp.h"
#include "sys/cancel.h"
#include "sys/file.h"

#define SFTP .class = &sftp_storage_class

/* Colons, slashes and the like have to be encoded in a URL. */
#define PASSWORD "p@:/% \xc3\xa4+#&=?'\""
#define PASSWORD_ENCODED "p%40%3A%2F%25%20%C3%A4+%23&=%3F'%22"

static OwnServer keys_only = { .kind = "sshd", .arguments = { "Subsystem sftp internal-sftp" } };
static OwnServer passwords = { .kind = "sshd",
                            .password = PASSWORD,
                            .arguments = { "Subsystem sftp internal-sftp", "PasswordAuthentication yes" } };
static OwnServer both = { .kind = "sshd",
                       .password = PASSWORD,
                       .arguments = { "Subsystem sftp internal-sftp", "PasswordAuthentication yes",
                                      "AuthenticationMethods publickey,password" } };
static OwnServer questions = { .kind = "sshd",
                            .password = PASSWORD,
                            .arguments = { "Subsystem sftp internal-sftp", "UsePAM yes",
                                           "ChallengeResponseAuthentication yes",
                                           "AuthenticationMethods keyboard-interactive" } };

static void needs_root(void) {
        if (geteuid() != 0)
                skip();
}

static void assert_works(const SshTrial *trial) {
        AUTO(storage_close) Storage *storage = ssh_trial_must_open(trial);
        storage_contract_put(storage, "some-file", bytes_of("content"));
        storage_contract_assert_holds(storage, "some-file", bytes_of("content"));
}

/* The story must hold each of TEXTS (up to a NULL), and no password. */
static void assert_refused(const SshTrial *trial, ErrorKind kind, const char *const *texts) {
        Storage *storage = NULL;
        Error *error = ssh_trial_open(trial, &storage);
        assert_null(storage);
        assert_null(strstr(error_story(error), "p@:"));
        assert_null(strstr(error_story(error), "hidden"));
        for (; *texts; texts++)
                assert_error(error_copy(error), kind, *texts);
        error_free(error);
}
#define REFUSED(kind, trial, ...) assert_refused((trial), (kind), (const char *const[]){ __VA_ARGS__, NULL })

/* ---- host keys ---- */

static char *fingerprint(OwnServer *server) {
        ssh_trial_shell("ssh-keygen -lf '%s' | cut -d ' ' -f 2 | tr -d '\\n' >print",
                        own_server_file(server, "host_key.pub"));
        return test_read_file("print", NULL);
}

TEST(ssh_refuses_an_unknown_host_and_says_how_to_accept_it) {
        own_server_need(&keys_only);
        AUTO_TEXT char *print = fingerprint(&keys_only);
        AUTO_TEXT char *scan = memory_print("ssh-keyscan -p %u '127.0.0.1' >>'known'", keys_only.port);
        test_write_file("known", bytes_of(""));
        const SshTrial trial = { .server = &keys_only, SFTP, .known_hosts = "known" };
        REFUSED(ERROR_DENIED, &trial, "is not known", print, "ssh-ed25519", scan);
        ssh_trial_shell("%s 2>/dev/null", scan);
        assert_works(&trial);
}

TEST(ssh_refuses_a_changed_key) {
        own_server_need(&keys_only);
        AUTO_TEXT char *print = fingerprint(&keys_only);
        AUTO_TEXT char *forget = memory_print("ssh-keygen -R '[127.0.0.1]:%u' -f 'known'", keys_only.port);
        ssh_trial_shell(
                "ssh-keygen -q -t ed25519 -N '' -f other; echo \"[127.0.0.1]:%u $(cut -d ' ' -f 1-2 other.pub)\" "
                ">known",
                keys_only.port);
        REFUSED(ERROR_DENIED, &((SshTrial){ .server = &keys_only, SFTP, .known_hosts = "known" }), "has changed", print,
                forget);
        ssh_trial_shell("ssh-keygen -q -t ecdsa -N '' -f third; echo \"[127.0.0.1]:%u $(cut -d ' ' -f 1-2 third.pub)\" "
                        ">known",
                        keys_only.port);
        Storage *storage = NULL;
        Error *error = ssh_trial_open(&(SshTrial){ .server = &keys_only, SFTP, .known_hosts = "known" }, &storage);
        assert_true(error_kind(error) == ERROR_DENIED || error_kind(error) == ERROR_USER); /* no key of that kind */
        error_free(error);
        assert_null(storage);
}

TEST(ssh_takes_hashed_and_given_hosts_only_from_the_given_file) {
        own_server_need(&keys_only);
        ssh_trial_shell("cp '%s' known; ssh-keygen -q -H -f known >/dev/null 2>&1; ! grep -q 127 known",
                        own_server_file(&keys_only, "known_hosts"));
        assert_works(&(SshTrial){ .server = &keys_only, SFTP, .known_hosts = "known" });
        ssh_trial_shell("mkdir -p home/.ssh; mv known home/.ssh/known_hosts; : >empty");
        assert_works(&(SshTrial){ .server = &keys_only, SFTP, .known_hosts = "", .home = "home" });
        REFUSED(ERROR_DENIED, &((SshTrial){ .server = &keys_only, SFTP, .known_hosts = "empty", .home = "home" }),
                "'empty'");
        REFUSED(ERROR_USER, &((SshTrial){ .server = &keys_only, SFTP, .known_hosts = "nowhere" }),
                "'nowhere' of --ssh-known-hosts");
}

TEST(ssh_checks_hosts_whatever_the_configuration_says) {
        own_server_need(&keys_only);
        ssh_trial_shell("mkdir -p home/.ssh; printf 'StrictHostKeyChecking no\\nUserKnownHostsFile /dev/null\\n' "
                        ">home/.ssh/config");
        REFUSED(ERROR_DENIED, &((SshTrial){ .server = &keys_only, SFTP, .known_hosts = "", .home = "home" }),
                "is not known");
        REFUSED(ERROR_USER, &((SshTrial){ .server = &keys_only, SFTP, .words = { "-oStrictHostKeyChecking=no" } }),
                "--ssh-options", "StrictHostKeyChecking=no", "--ssh-known-hosts");
        ssh_trial_shell("test ! -e home/.ssh/known_hosts");
}

/* ---- configuration ---- */

TEST(ssh_reads_host_user_port_and_key_from_the_configuration) {
        AUTO(url_free) Url *url = NULL;
        AUTO(storage_close) Storage *storage = NULL;
        own_server_need(&keys_only);
        ssh_trial_shell(
                "mkdir -p home/.ssh; cp '%s' home/.ssh/known_hosts; cp '%s' home/key; cat >home/.ssh/config <<END\n"
                "Host backup\n HostName 127.0.0.1\n Port %u\n User $(id -un)\n IdentityFile $PWD/home/key\nEND",
                own_server_file(&keys_only, "known_hosts"), own_server_file(&keys_only, "id_ed25519"), keys_only.port);
        AUTO_TEXT char *text = memory_print("sftp://backup/%s/repository", ssh_trial_folder());
        assert_ok(url_parse(text, &url));
        assert_ok(sftp_storage_class.open(url, &(StorageOptions){ .timeout = 20, .home = "home" }, &storage));
        storage_contract_put(storage, "some-file", bytes_of("1"));
        assert_int_equal(access("repository/some-file", F_OK), 0);
}

TEST(ssh_goes_through_a_proxy_command) {
        own_server_need(&keys_only);
        AUTO_TEXT char *proxy = memory_print(
                "-oProxyCommand=bash -c 'exec 3<>/dev/tcp/127.0.0.1/%u; cat <&3 & exec cat >&3'", keys_only.port);
        assert_works(&(SshTrial){
                .server = &keys_only, SFTP, .words = { "-i", own_server_file(&keys_only, "id_ed25519"), proxy } });
}

TEST(ssh_talks_ipv6) {
        if (access("/proc/net/if_inet6", R_OK) < 0)
                skip();
        assert_works(&(SshTrial){ .server = &keys_only, SFTP, .host = "[::1]" });
}

/* ---- logging in ---- */

/* Makes the key "key" with ssh-keygen's OPTIONS, which the server accepts from then on. */
static void make_key(const char *options) {
        own_server_need(&keys_only);
        ssh_trial_shell("rm -f key key.pub; ssh-keygen -q %s -f key; cat key.pub >>'%s'", options,
                        own_server_file(&keys_only, "authorized_keys"));
}

TEST(ssh_takes_keys_of_all_kinds_and_formats) {
        static const char *const kinds[] = { "-t ed25519 -N ''",     "-t ecdsa -N ''",      "-t ecdsa -b 521 -N ''",
                                             "-t rsa -b 2048 -N ''", "-t rsa -m PEM -N ''", "-t ecdsa -m PEM -N ''",
                                             "-t rsa -m PKCS8 -N ''" };
        for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
                make_key(kinds[i]);
                AUTO(storage_close)
                Storage *storage = ssh_trial_must_open(
                        &(SshTrial){ .server = &keys_only, SFTP, .words = { "-oIdentityFile=key" } });
        }
}

TEST(ssh_unlocks_keys_with_their_passphrase) {
        static const char *const kinds[] = { "-t ed25519 -N 'hidden phrase'", "-t rsa -m PEM -N 'hidden phrase'" };
        for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
                make_key(kinds[i]);
                const SshTrial none = { .server = &keys_only, SFTP, .words = { "-ikey", "-oIdentitiesOnly=yes" } };
                SshTrial wrong = none, right = none, password = none;
                right.passphrase = password.password = "hidden phrase";
                wrong.passphrase = "hidden but wrong";
                assert_works(&right);
                assert_works(&password);
                REFUSED(ERROR_DENIED, &none, "'key' has a passphrase", "SSH_PASSPHRASE", "agent");
                REFUSED(ERROR_DENIED, &wrong, "the passphrase of the key 'key' is another one");
        }
}

TEST(ssh_asks_the_agent) {
        make_key("-t ed25519 -N 'hidden phrase'");
        ssh_trial_shell(
                "printf '#!/bin/sh\\necho hidden phrase\\n' >answer; chmod +x answer; ssh-agent -a $PWD/agent >started "
                "2>/dev/null; export SSH_AUTH_SOCK=$PWD/agent SSH_ASKPASS=$PWD/answer SSH_ASKPASS_REQUIRE=force "
                "DISPLAY=none; setsid ssh-add -q key </dev/null; rm key");
        AUTO_TEXT char *socket = memory_print("%s/agent", ssh_trial_folder());
        assert_int_equal(setenv("SSH_AUTH_SOCK", socket, 1), 0);
        Storage *storage = NULL;
        Error *error =
                ssh_trial_open(&(SshTrial){ .server = &keys_only, SFTP, .words = { "-oBatchMode=yes" } }, &storage);
        assert_int_equal(unsetenv("SSH_AUTH_SOCK"), 0);
        ssh_trial_shell(". ./started >/dev/null; kill $SSH_AGENT_PID");
        assert_ok(error);
        storage_close(storage);
}

TEST(ssh_says_what_the_server_takes_and_what_was_tried) {
        own_server_need(&keys_only);
        ssh_trial_shell("ssh-keygen -q -t ed25519 -N '' -f stranger; echo nonsense >broken");
        REFUSED(ERROR_DENIED,
                &((SshTrial){ .server = &keys_only, SFTP, .login = "user:hidden@", .words = { "-istranger" } }),
                "cannot log in to 'user@127.0.0.1'", "the server takes publickey", "refused the key 'stranger'");
        REFUSED(ERROR_DENIED, &((SshTrial){ .server = &keys_only, SFTP, .words = { "-i", "nowhere" } }),
                "key file 'nowhere' cannot be read", "-oIdentityFile=");
        REFUSED(ERROR_DENIED, &((SshTrial){ .server = &keys_only, SFTP, .words = { "-i", "broken" } }),
                "'broken' holds no private key");
}

TEST(ssh_logs_in_by_password) {
        needs_root();
        assert_works(&(SshTrial){
                .server = &passwords, SFTP, .login = "root:" PASSWORD_ENCODED "@", .words = { "-F/dev/null" } });
        assert_works(&(SshTrial){
                .server = &passwords, SFTP, .login = "root@", .password = PASSWORD, .words = { "-F/dev/null" } });
        REFUSED(ERROR_DENIED,
                &((SshTrial){ .server = &passwords, SFTP, .login = "root:hidden@", .words = { "-F/dev/null" } }),
                "publickey, password", "it refused the password");
        REFUSED(ERROR_DENIED, &((SshTrial){ .server = &passwords, SFTP, .login = "root@", .words = { "-F/dev/null" } }),
                "no password was given", "FTP_PASSWORD", "--ssh-askpass");
}

TEST(ssh_answers_questions_with_the_password) {
        needs_root();
        assert_works(&(SshTrial){
                .server = &questions, SFTP, .login = "root:" PASSWORD_ENCODED "@", .words = { "-F/dev/null" } });
        REFUSED(ERROR_DENIED,
                &((SshTrial){ .server = &questions, SFTP, .login = "root:hidden@", .words = { "-F/dev/null" } }),
                "keyboard-interactive", "it refused the password");
}

TEST(ssh_goes_on_where_a_key_is_the_first_of_two_steps) {
        needs_root();
        assert_works(&(SshTrial){ .server = &both, SFTP, .login = "root:" PASSWORD_ENCODED "@" });
        REFUSED(ERROR_DENIED, &((SshTrial){ .server = &both, SFTP, .login = "root@" }), "the server takes password",
                "no password was given");
}

/* ---- bad networks ---- */

TEST(ssh_tells_a_host_that_is_not_there) {
        AUTO(url_free) Url *url = NULL;
        Storage *storage = NULL;
        own_server_need(&keys_only);
        REFUSED(ERROR_USER, &((SshTrial){ .server = &keys_only, SFTP, .host = "no-such-host.invalid" }),
                "unknown host 'no-such-host.invalid': correct the URL");
        assert_ok(url_parse("sftp://127.0.0.1:1/x", &url));
        assert_error(sftp_storage_class.open(url, &(StorageOptions){ .timeout = 5 }, &storage), ERROR_TRANSIENT,
                     "cannot connect to '127.0.0.1' port 1: connection refused");
}

TEST(ssh_gives_up_when_no_answer_comes) {
        static OwnServer own = { .kind = "sshd", .arguments = { "Subsystem sftp internal-sftp" } };
        AUTO_FD int fd = storage_contract_temporary(bytes_of(""));
        const SshTrial trial = { .server = &own, SFTP, .timeout = 0.5 };
        AUTO(storage_close) Storage *storage = ssh_trial_must_open(&trial);
        storage_contract_put(storage, "some-file", bytes_of("content"));
        own_server_tell(&own, "freeze");
        Error *get = storage_get(storage, "some-file", fd);
        Error *remove = storage_remove(storage, "some-file"); /* needs a new connection */
        own_server_tell(&own, "thaw");
        assert_error(get, ERROR_TRANSIENT, "no answer for 0 s, see --timeout");
        assert_error(remove, ERROR_TRANSIENT, "cannot connect to");
        storage_contract_assert_holds(storage, "some-file", bytes_of("content"));
}

TEST(ssh_connects_anew_when_the_server_was_gone_meanwhile) {
        static OwnServer own = { .kind = "sshd", .arguments = { "Subsystem sftp internal-sftp" } };
        AUTO(storage_close) Storage *storage = ssh_trial_must_open(&(SshTrial){ .server = &own, SFTP });
        storage_contract_put(storage, "some-file", bytes_of("content"));
        own_server_tell(&own, "stop");
        own_server_tell(&own, "again");
        storage_contract_assert_holds(storage, "some-file", bytes_of("content")); /* without a retry */
}

/* Stops SERVER after PAUSE seconds and starts it again after as many more, from another process. */
static pid_t interrupt_server(OwnServer *server, double pause) {
        pid_t pid = fork();
        if (pid != 0)
                return pid;
        (void)poll(NULL, 0, (int)(pause * 1000));
        own_server_tell(server, "stop");
        (void)poll(NULL, 0, (int)(pause * 1000));
        own_server_tell(server, "again");
        _exit(0);
}

TEST(ssh_put_survives_a_server_that_is_killed_in_the_middle) {
        static OwnServer own = { .kind = "sshd", .arguments = { "Subsystem sftp internal-sftp" } };
        enum { SIZE = 8 << 20 };
        uint8_t *content = test_random_bytes(SIZE, 7);
        AUTO_FD int fd = storage_contract_temporary(bytes_make(content, SIZE));
        AUTO(storage_close)
        Storage *once = ssh_trial_must_open(&(SshTrial){ .server = &own, SFTP, .limit_upload = 4 << 20 });
        storage_contract_put(once, "some-file", bytes_of("old"));
        pid_t pid = interrupt_server(&own, 0.6);
        assert_error(storage_put(once, "some-file", fd), ERROR_TRANSIENT, "cannot store 'some-file'");
        AUTO(storage_close) Storage *storage = ssh_trial_must_open(&(SshTrial){ .server = &own, SFTP, .retries = 20 });
        storage_contract_assert_holds(storage, "some-file", bytes_of("old"));
        assert_int_equal(waitpid(pid, NULL, 0), pid);

        storage_close(TAKE(storage));
        storage = ssh_trial_must_open(&(SshTrial){ .server = &own, SFTP, .retries = 20, .limit_upload = 4 << 20 });
        pid = interrupt_server(&own, 0.6);
        assert_ok(storage_put(storage, "some-file", fd));
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        storage_contract_assert_holds(storage, "some-file", bytes_make(content, SIZE));
        memory_free(content);
}

TEST(ssh_ends_when_the_run_is_asked_to_stop) {
        static OwnServer own = { .kind = "sshd", .arguments = { "Subsystem sftp internal-sftp" } };
        AUTO(storage_close) Storage *storage = ssh_trial_must_open(&(SshTrial){ .server = &own, SFTP });
        own_server_tell(&own, "freeze");
        cancel_request();
        Error *error = storage_remove(storage, "some-file");
        cancel_clear();
        own_server_tell(&own, "thaw");
        assert_error(error, ERROR_CANCELLED, "interrupted");
        assert_ok(storage_remove(storage, "some-file"));
}

TEST(ssh_goes_on_through_new_session_keys) {
        static OwnServer own = { .kind = "sshd", .arguments = { "Subsystem sftp internal-sftp", "RekeyLimit 1M" } };
        enum { SIZE = 20 << 20 };
        uint8_t *content = test_random_bytes(SIZE, 3);
        AUTO(storage_close) Storage *storage = ssh_trial_must_open(&(SshTrial){ .server = &own, SFTP });
        storage_contract_put(storage, "some-file", bytes_make(content, SIZE));
        storage_contract_assert_holds(storage, "some-file", bytes_make(content, SIZE));
        memory_free(content);
}
