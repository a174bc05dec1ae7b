#include "storage/ftp_reply.h"

#include "support/test.h"

static const struct {
        const char *line, *path;
        ErrorKind kind;
        const char *remedy; /* part of it; "": none */
} examples[] = {
        { "550 Can't change directory to quota-reports: No such file or directory", "/quota-reports/", ERROR_MISSING,
          "" },
        { "550 quota-reports/x: Disk quota exceeded", "/quota-reports/x", ERROR_SYSTEM, "full" },
        { "550 Can't create directory: No space left on device", "/a/", ERROR_SYSTEM, "full" },
        { "550 Can't open denied-file: No such file or directory", "/a/denied-file", ERROR_MISSING, "" },
        { "550 permission denied: it is not found", "/a/", ERROR_MISSING, "" },
        { "550 File does not exist (permission)", "/a/", ERROR_MISSING, "" },
        { "550 denied", "/denied/", ERROR_MISSING, "" },
        { "550 \"/a/permission/denied\": cannot be reached", "/a/permission/denied/", ERROR_MISSING, "" },
        { "550 cannot open .denied.part-0123", "/denied", ERROR_MISSING, "" },
        { "550 'not found': permission denied", "/not found/", ERROR_DENIED, "right" },
        { "550 denied: permission denied", "/denied/", ERROR_DENIED, "right" },
        { "550 Permission denied", "/permission/denied/ied/", ERROR_DENIED, "right" },
        { "550 Permission denied", "/x/e/n/ie/", ERROR_DENIED, "right" }, /* a part of a word is the server's */
        { "550 operation prohibited", "", ERROR_DENIED, "right" },
        { "550 Not allowed here", "", ERROR_DENIED, "right" },
        { "550 x: Not a directory", "/x/", ERROR_USER, "correct the URL" },
        { "550 whatever", "/x/", ERROR_MISSING, "" },
        { "553 Can't open that file: Permission denied", "/x", ERROR_DENIED, "right" },
        { "553 Disk quota exceeded", "/x", ERROR_SYSTEM, "full" },
        { "553 name not allowed", "/x", ERROR_DENIED, "right" },
        { "553 not found", "/x", ERROR_DENIED, "right" },
        { "452 denied", "/x", ERROR_SYSTEM, "full" },
        { "552 denied", "/x", ERROR_SYSTEM, "full" },
        { "530 Login incorrect", "", ERROR_DENIED, "FTP_PASSWORD" },
        { "530 Sorry, the maximum number of clients (3) from your host are already connected.", "", ERROR_TRANSIENT,
          "--concurrency" },
        { "532 Need account", "", ERROR_DENIED, "another" },
        { "534 Policy", "", ERROR_DENIED, "ftpes://" },
        { "421 denied", "", ERROR_TRANSIENT, "" },
        { "502 denied", "", ERROR_SYSTEM, "" },
};

TEST(ftp_reply_judges_by_the_servers_words_and_not_by_ours) {
        for (size_t i = 0; i < ARRAY_LENGTH(examples); i++) {
                unsigned reply = (unsigned)strtoul(examples[i].line, NULL, 10);
                FtpMeaning meaning = ftp_reply_meaning(reply, examples[i].line, examples[i].path);
                if (meaning.kind != examples[i].kind || !strstr(meaning.remedy, examples[i].remedy))
                        print_error("'%s': %d '%s'\n", examples[i].line, (int)meaning.kind, meaning.remedy);
                assert_int_equal(meaning.kind, examples[i].kind);
                assert_non_null(strstr(meaning.remedy, examples[i].remedy));
                assert_int_equal(meaning.remedy[0] == '\0', examples[i].remedy[0] == '\0');
                bool is_full = strcmp(examples[i].remedy, "full") == 0;
                assert_int_equal(meaning.code, is_full ? EXIT_CODE_BACKEND_NO_SPACE : EXIT_CODE_OK);
        }
}
