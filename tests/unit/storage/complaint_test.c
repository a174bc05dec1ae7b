#include "storage/complaint.h"

#include "support/test.h"

TEST(complaint_says_what_kind_of_failure_it_is) {
        static const struct {
                const char *words, *story;
                ErrorKind kind;
                ExitCode code;
        } cases[] = {
                { "cat: write error: No space left on device\nrsync error: x (code 11)\n",
                  "cat: write error: No space left on device", ERROR_SYSTEM, EXIT_CODE_BACKEND_NO_SPACE },
                { "@@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\n@@@@\nHost key verification failed.\n",
                  "--ssh-known-hosts", ERROR_DENIED, EXIT_CODE_BACKEND_DENIED },
                { "Warning: Identity file /x not accessible: No such file or directory.\nme@host: Permission denied "
                  "(publickey).\n",
                  "(see -oIdentityFile= of --ssh-options, the user in the URL, and the password there or in "
                  "FTP_PASSWORD)",
                  ERROR_DENIED, EXIT_CODE_BACKEND_DENIED },
                { "ssh: connect to host x port 22: Connection refused\nrsync: connection unexpectedly closed\n",
                  "ssh: connect to host x port 22: Connection refused", ERROR_TRANSIENT, EXIT_CODE_BACKEND },
                { "Warning: Identity file /x not accessible: No such file or directory.\nssh: connect: Connection "
                  "refused\n",
                  "Connection refused", ERROR_TRANSIENT, EXIT_CODE_BACKEND },
                { "rsync: [sender] link_stat \"/a\" failed: No such file or directory (2)\nrsync: read error: "
                  "Connection reset by peer\n",
                  "link_stat", ERROR_MISSING, EXIT_CODE_BACKEND_MISSING },
                { "rsync: [sender] change_dir \"/a/b\" failed: Not a directory (20)\nrsync: [Receiver] write error: "
                  "Broken "
                  "pipe (32)\n",
                  "a file stands where the URL has a folder", ERROR_USER, EXIT_CODE_USER_ERROR },
                { "ERROR: module is read only\n", "rsyncd.conf", ERROR_DENIED, EXIT_CODE_BACKEND_DENIED },
                { "@ERROR: auth failed on module x\n", "FTP_PASSWORD", ERROR_DENIED, EXIT_CODE_BACKEND_DENIED },
                { "@ERROR: max connections (4) reached -- try again later\n", "@ERROR: max", ERROR_TRANSIENT,
                  EXIT_CODE_BACKEND },
                { "bash: line 1: rsync: command not found\n", "(is it installed on the server?)", ERROR_USER,
                  EXIT_CODE_USER_ERROR },
                { "ssh: Could not resolve hostname x: Temporary failure in name resolution\n", "Temporary",
                  ERROR_TRANSIENT, EXIT_CODE_BACKEND },
                { "ssh: Could not resolve hostname x: Name or service not known\n", "(unknown host: correct the URL)",
                  ERROR_USER, EXIT_CODE_BACKEND_MISSING },
                { "rsync: getaddrinfo: x 873: Name or service not known\n", "(unknown host: correct the URL)",
                  ERROR_USER, EXIT_CODE_BACKEND_MISSING },
                { "\n  something else\nand more\n", "something else", ERROR_CORRUPT, EXIT_CODE_INTERNAL },
                { " \n", "it does not say why", ERROR_CORRUPT, EXIT_CODE_INTERNAL },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                Error *error = complaint_error(cases[i].words, ERROR_CORRUPT);
                assert_int_equal(error_exit_code(error), cases[i].code);
                assert_null(strchr(error_story(error), '\n'));
                assert_error(error, cases[i].kind, cases[i].story);
        }
}

TEST(complaint_cannot_play_with_the_terminal) {
        assert_error(complaint_error("\033[2Jhello\n", ERROR_SYSTEM), ERROR_SYSTEM, "\\x1b[2Jhello");
}
