#include "charm/wording.h"

#include "support/test.h"

TEST(options_of_the_command_line_become_those_of_the_charm) {
        AUTO(arena_free) Arena *arena = arena_new();
        assert_string_equal(wording_of_charm("bad passphrase (check PASSPHRASE)", arena),
                            "bad passphrase (check encryption_passphrase)");
        assert_string_equal(wording_of_charm("set SIGN_PASSPHRASE or --encrypt-key, say --force", arena),
                            "set encryption_passphrase or gpg_public_key, give force=true");
        assert_string_equal(wording_of_charm("nothing of it", arena), "nothing of it");
        assert_string_equal(wording_of_charm("", arena), "");
}

TEST(what_storage_refuses_is_told_by_the_option_to_set) {
        static const struct {
                const char *engine, *charm;
        } stories[] = {
                { "the server h is not known: it shows the x, and 'f' has no key of it; if that is its key "
                  "('ssh-keygen -lf' on the server tells), run: ssh-keyscan -p 22 'h' >>'/p/known_hosts'",
                  "the server h is not known: it shows the x, and 'f' has no key of it; if that is its key "
                  "('ssh-keygen -lf' on the server tells), set known_host_key to what this prints: ssh-keyscan -p 22 "
                  "'h'" },
                { "run: ssh-keygen -R 'h' -f '/f'; ssh-keyscan -p 22 'h' >>'/f'",
                  "set known_host_key to what this prints: ssh-keyscan -p 22 'h'" },
                { "the server takes publickey, password; it refused the key '/p/ssh_key'; it refused the password",
                  "the server takes publickey, password; it refused private_ssh_key: correct it, or remote_user; it "
                  "refused remote_password: correct it, or remote_user" },
                { "correct user and password in the URL, or FTP_PASSWORD", "correct remote_user and remote_password" },
                { "correct AWS_SECRET_ACCESS_KEY", "correct aws_secret_access_key" },
                { "correct '--s3-region-name' or '--s3-endpoint-url'", "correct s3_region or remote_backup_url" },
                { "unknown host 'x': correct AZURE_CONNECTION_STRING or AZURE_STORAGE_ACCOUNT",
                  "unknown host 'x': correct azure_connection_string" },
                { "correct the host in the URL or in '--s3-endpoint-url'", "correct the host in remote_backup_url" },
                { "Permission denied (publickey,password). (see -oIdentityFile= of --ssh-options, the user in the URL, "
                  "and "
                  "the password there or in FTP_PASSWORD)",
                  "Permission denied (publickey,password). (correct private_ssh_key, or remote_user and "
                  "remote_password)" },
                { "it answered 403; correct http_proxy, https_proxy, ftp_proxy, all_proxy, or name the host in "
                  "no_proxy",
                  "it answered 403; correct juju-http-proxy, juju-https-proxy and juju-ftp-proxy of the model, or name "
                  "the "
                  "host in juju-no-proxy" },
                { "others are connected, or we too often: see '--concurrency'",
                  "others are connected, or we too often: raise the server's limit for this account" },
                { "no answer for 30 s, see --timeout", "no answer for 30 s" },
                { "remove it with 'cleanup --force'", "remove it with the action 'cleanup force=true'" },
                { ", '--time 2026-01-02' the backup before", ", 'time=2026-01-02' the backup before" },
                { "encrypted to: 0123 (import one with 'gpg --homedir /p/gnupg --import')",
                  "encrypted to: 0123 (on the unit, import one with 'sudo gpg --homedir /p/gnupg --import')" },
                { "(--encrypt-key): it is not known, or cannot be used: import it with 'gpg --homedir /p --import'",
                  "(gpg_public_key): it is not known: set gpg_public_key again" },
                { "it has expired: name another key, or extend it with 'gpg --quick-set-expire'",
                  "it has expired: renew it and set gpg_public_key again, or to another one" },
                { "it breaks off after >>'", "it breaks off after >>'" }, /* no end to cut to */
        };
        AUTO(arena_free) Arena *arena = arena_new();
        for (size_t i = 0; i < ARRAY_LENGTH(stories); i++)
                assert_string_equal(wording_of_charm(stories[i].engine, arena), stories[i].charm);
}
