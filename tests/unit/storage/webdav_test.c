#include "storage/webdav.h"

#include "base/memory.h"
#include "contract/canned_server.h"
#include "contract/storage_contract.h"
#include "sys/file.h"

#define MULTI(body)                                                                                                    \
        "HTTP/1.1 207 Multi-Status\r\nConnection: close\r\n\r\n<?xml version=\"1.0\"?>"                                \
        "<D:multistatus xmlns:D=\"DAV:\" xmlns:x=\"x\">" body "</D:multistatus>"
#define FILE_ENTRY(href, size)                                                                                         \
        "<D:response><D:href>" href "</D:href><D:propstat><D:prop><D:resourcetype/><D:getcontentlength>" size          \
        "</D:getcontentlength></D:prop></D:propstat></D:response>"
#define FOLDER_ENTRY(href)                                                                                             \
        "<D:response><D:href>" href "</D:href><D:propstat><D:prop><D:resourcetype><D:collection/></D:resourcetype>"    \
        "</D:prop></D:propstat><D:propstat><D:prop><D:getcontentlength/></D:prop></D:propstat></D:response>"
#define ANSWER(status) "HTTP/1.1 " status "\r\nContent-Length: 0\r\n\r\n"

static Error *try_canned(const char *const *answers, const char *user, Storage **ret_storage) {
        AUTO_TEXT char *text = memory_print("webdav://%s127.0.0.1:%u/folder", user, canned_server_start(answers));
        AUTO(url_free) Url *url = NULL;
        TRY(url_parse(text, &url));
        return webdav_storage_class.open(url, &(StorageOptions){ .timeout = 10 }, ret_storage);
}

static Storage *open_canned(const char *const *answers) {
        Storage *storage = NULL;
        assert_ok(try_canned(answers, "", &storage));
        return storage;
}

static Error *note_file(void *context, const RemoteFile *file) {
        buffer_print(context, "%s=%llu ", file->name, (unsigned long long)file->size);
        return NULL;
}

TEST(webdav_lists_whatever_form_references_have) {
        static const char *const answers[] = {
                MULTI(FOLDER_ENTRY("/folder/")),
                MULTI(FOLDER_ENTRY("http://127.0.0.1/folder/") FILE_ENTRY("/folder/a%20b", "1")
                      FILE_ENTRY("http://elsewhere:80/x/folder/c&amp;d", " 22 ") FILE_ENTRY("/folder/.part", "3")
                      FOLDER_ENTRY("/folder/sub") FILE_ENTRY("/folder/%C3%BC", "0")
                      "<D:response><D:href>/folder/e</D:href><D:propstat><D:prop>"
                      "<x:getcontentlength>9</x:getcontentlength>"
                      "<D:getcontentlength>4</D:getcontentlength></D:prop></D:propstat></D:response>"),
                ANSWER("404 Not Found"), NULL };
        AUTO(storage_close) Storage *storage = open_canned(answers);
        AUTO_VALUE(buffer_clear) Buffer list = { .data = NULL };
        assert_ok(storage_list(storage, note_file, &list));
        assert_string_equal(buffer_text(&list), "a b=1 c&d=22 \xc3\xbc=0 e=4 ");
        buffer_truncate(&list, 0);
        assert_ok(storage_list(storage, note_file, &list));
        assert_int_equal(list.length, 0);
}

/* The name behind METHOD in *REQUESTS, up to the blank, which *REQUESTS then stands behind. */
static char *take_path(const char **requests, const char *method) {
        AUTO_TEXT char *start = memory_print("%s /folder/", method);
        const char *at = strstr(*requests, start);
        assert_non_null(at);
        at += strlen(start);
        *requests = at + strcspn(at, " ");
        return memory_copy(at, strcspn(at, " "));
}

TEST(webdav_moves_what_it_has_sent_and_checked) {
        static const char *const answers[] = { ANSWER("404 Not Found"), ANSWER("409 Conflict"), ANSWER("201 Created"),
                                               ANSWER("201 Created"),
                                               "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n",
                                               ANSWER("201 Created"), NULL };
        AUTO(storage_close) Storage *storage = open_canned(answers);
        storage_contract_put(storage, "some file", bytes_of("content"));
        AUTO_TEXT char *requests = canned_server_requests();
        assert_non_null(strstr(requests, "MKCOL /folder/ HTTP"));
        const char *rest = requests;
        AUTO_TEXT char *sent = take_path(&rest, "PUT");
        AUTO_TEXT char *sent_again = take_path(&rest, "PUT");
        AUTO_TEXT char *moved = take_path(&rest, "MOVE");
        assert_int_equal(strncmp(sent, ".some%20file.part-", 18), 0);
        assert_string_equal(sent, sent_again);
        assert_string_equal(sent, moved);
        assert_non_null(strstr(requests, "/folder/some%20file\r\nOverwrite: T\r\n"));
}

TEST(webdav_takes_back_what_arrived_short) {
        static const char *const answers[] = { ANSWER("404 Not Found"), ANSWER("201 Created"),
                                               "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", ANSWER("204 No Content"),
                                               NULL };
        AUTO(storage_close) Storage *storage = open_canned(answers);
        AUTO_FD int fd = storage_contract_temporary(bytes_of("content"));
        assert_error(storage_put(storage, "some-file", fd), ERROR_TRANSIENT, "3 bytes arrived instead of 7");
        AUTO_TEXT char *requests = canned_server_requests();
        assert_non_null(strstr(requests, "DELETE /folder/.some-file.part-"));
        assert_null(strstr(requests, "MOVE"));
}

/* A server may go on with a PUT after its connection broke. */
TEST(webdav_never_sends_twice_under_one_name) {
        static const char *const answers[] = { ANSWER("404 Not Found"), ANSWER("503 Later"), ANSWER("204 No Content"),
                                               ANSWER("503 Later"), ANSWER("204 No Content"), NULL };
        AUTO(storage_close) Storage *storage = open_canned(answers);
        AUTO_FD int fd = storage_contract_temporary(bytes_of("content"));
        for (unsigned i = 0; i < 2; i++)
                assert_error(storage_put(storage, "some-file", fd), ERROR_TRANSIENT, "503");
        AUTO_TEXT char *requests = canned_server_requests();
        const char *rest = requests;
        AUTO_TEXT char *first = take_path(&rest, "PUT");
        AUTO_TEXT char *second = take_path(&rest, "PUT");
        assert_string_not_equal(first, second);
}

TEST(webdav_shows_its_password_only_when_asked) {
        static const char *const answers[] = {
                "HTTP/1.1 401 No\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: basic realm=x\r\n"
                "Content-Length: 0\r\n\r\n",
                MULTI(FOLDER_ENTRY("/folder/")), NULL };
        Storage *storage = NULL;
        assert_ok(try_canned(answers, "user:pass%40@", &storage));
        storage_close(storage);
        AUTO_TEXT char *requests = canned_server_requests();
        const char *login = strstr(requests, "Authorization: Basic dXNlcjpwYXNzQA==\r\n");
        assert_non_null(login);
        assert_true(login > strstr(requests, "</propfind>")); /* not in the first request */
}

TEST(webdav_never_answers_digest_with_basic) {
        static const char *const answers[] = {
                "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\n"
                "WWW-Authenticate: Digest realm=\"x\", nonce=\"n\", qop=\"auth\"\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=\"x\", nonce=\"n\", qop=\"auth\"\r\n"
                "Content-Length: 0\r\n\r\n",
                MULTI(FOLDER_ENTRY("/folder/")), NULL };
        Storage *storage = NULL;
        assert_ok(try_canned(answers, "user:pass@", &storage));
        storage_close(storage);
        AUTO_TEXT char *requests = canned_server_requests();
        assert_non_null(strstr(requests, "Authorization: Digest username=\"user\""));
        assert_null(strstr(requests, "Authorization: Basic"));
}

TEST(webdav_refuses_what_is_no_webdav_server) {
        static const struct {
                const char *answer;
                ErrorKind kind;
                const char *story;
        } examples[] = {
                { ANSWER("405 Method Not Allowed"), ERROR_SYSTEM, "correct the URL" },
                { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", ERROR_USER, "correct the URL" },
                { "HTTP/1.1 207 Multi-Status\r\nContent-Length: 2\r\n\r\nhi", ERROR_CORRUPT, "XML" },
                { ANSWER("401 Unauthorized"), ERROR_DENIED, "FTP_PASSWORD" },
                { ANSWER("403 Forbidden"), ERROR_DENIED, "name a user in the URL" },
                { ANSWER("400 Bad Request"), ERROR_USER, "a file may stand where the URL has a folder" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(examples); i++) {
                const char *answers[] = { examples[i].answer, NULL };
                Storage *storage = NULL;
                assert_error(try_canned(answers, "", &storage), examples[i].kind, examples[i].story);
                assert_null(storage);
        }
}
