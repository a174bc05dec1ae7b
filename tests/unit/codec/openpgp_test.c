#include "codec/openpgp.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "codec/deflate.h"
#include "support/test.h"
#include "sys/cancel.h"

#define PASSPHRASE "open, Sesam: \xc3\xbc 1"
#define SHUT_PASSPHRASE "shut pass"

/* Keys, each in a home with all of them:
 *     plain@test   no passphrase
 *     shut@test    with SHUT_PASSPHRASE
 *     other@test   no passphrase
 *     old@test     expired
 * Its agent remembers no passphrase. STRANGERS is a home that has their public keys only, and trusts none. */
static char home[64];
static char strangers[64];

static int shell(const char *format, ...) PRINTF_LIKE(1, 2);
static int shell(const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        AUTO_TEXT char *command = memory_vprint(format, arguments);
        va_end(arguments);
        pid_t pid = fork();
        if (pid == 0) {
                execl("/bin/sh", "sh", "-c", command, (char *)NULL);
                _exit(127);
        }
        int status = -1;
        (void)waitpid(pid, &status, 0);
        return status;
}

static void remove_homes(void) {
        (void)shell("for h in %s %s; do gpgconf --homedir $h --kill all; rm -rf $h; done", home, strangers);
}

/* Sockets need short names, so it is not a test's own folder; made once for all tests. */
static void make_homes(void) {
        if (home[0])
                return;
        (void)snprintf(home, sizeof home, "/tmp/cgXXXXXX");
        (void)snprintf(strangers, sizeof strangers, "/tmp/csXXXXXX");
        assert_non_null(mkdtemp(home));
        assert_non_null(mkdtemp(strangers));
        atexit(remove_homes);
        AUTO_TEXT char *settings = memory_print("%s/gpg-agent.conf", home);
        test_write_file(settings, bytes_of("default-cache-ttl 0\nmax-cache-ttl 0\n"));
        assert_int_equal(0, shell("set -e; export GNUPGHOME=%s; g='gpg -q --batch --pinentry-mode loopback'\n"
                                  "key() { $g --passphrase \"$2\" --quick-gen-key $1 ed25519 cert,sign $3\n"
                                  "f=$(gpg --list-keys --with-colons $1 | awk -F: '/^fpr/ { print $10; exit }')\n"
                                  "$g --passphrase \"$2\" --quick-add-key $f cv25519 encr $3; }\n"
                                  "(key plain@test '' never; key shut@test '%s' never; key other@test '' never\n"
                                  "g=\"$g --faked-system-time 20200101T000000\"; key old@test '' 1y) 2>/dev/null\n"
                                  "gpg --export | gpg -q --batch --homedir %s --import 2>/dev/null",
                                  home, SHUT_PASSPHRASE, strangers));
}

/* Fingerprint of ADDRESS's key, the part of it that RECORD (pub, sub) stands for; caller frees. */
static char *fingerprint(const char *address, const char *record) {
        assert_int_equal(0, shell("gpg -q --homedir %s --list-keys --with-colons %s > keys &&\n"
                                  "awk -F: '/^%s:/ { r = 1 } r && /^fpr/ { printf \"%%s\", $10; exit }' keys > print",
                                  home, address, record));
        return test_read_file("print", NULL);
}

static OpenPgp *open_with(OpenPgpOptions options, const char *passphrase, const char *sign_passphrase) {
        make_homes();
        AUTO(secret_free) Secret *secret = passphrase ? secret_new(bytes_of(passphrase)) : NULL;
        AUTO(secret_free) Secret *sign_secret = sign_passphrase ? secret_new(bytes_of(sign_passphrase)) : NULL;
        options.home = options.home ? options.home : home;
        options.passphrase = secret;
        options.sign_passphrase = sign_secret;
        OpenPgp *openpgp = NULL;
        assert_ok(openpgp_open(&options, &openpgp));
        return openpgp;
}

static Error *try_open(OpenPgpOptions options) {
        make_homes();
        options.home = options.home ? options.home : home;
        AUTO(openpgp_free) OpenPgp *openpgp = NULL;
        return openpgp_open(&options, &openpgp);
}

static Error *encrypt(const OpenPgp *openpgp, OpenPgpInput input, Bytes plain, Buffer *out) {
        AUTO(reader_close) Reader *in = stream_read_bytes(plain);
        AUTO(writer_abandon) Writer *writer = stream_write_buffer(out);
        return openpgp_encrypt(openpgp, input, in, writer);
}

static Error *encrypt_compressed(const OpenPgp *openpgp, Bytes plain, Buffer *out) {
        AUTO(deflater_free) Deflater *deflater = deflater_new();
        AUTO_VALUE(buffer_clear) Buffer packed = { .data = NULL };
        Bytes header = bytes_make(openpgp_literal_header, openpgp_literal_header_size);
        deflater_chunk(deflater, bytes_of(""), header, false, &packed);
        deflater_chunk(deflater, header, plain, true, &packed);
        return encrypt(openpgp, OPENPGP_COMPRESSED, buffer_bytes(&packed), out);
}

static Error *decrypt(const OpenPgp *openpgp, Bytes message, Buffer *plain) {
        AUTO(reader_close) Reader *reader = NULL;
        assert_ok(openpgp_read(openpgp, stream_read_bytes(message), "vol1", &reader));
        return reader_read_all(reader, plain);
}

/* Compares the error, its kind and its exit code. */
static void assert_failure(Error *error, ErrorKind kind, ExitCode code, const char *text) {
        ExitCode found = error_exit_code(error);
        assert_error(error, kind, text);
        assert_int_equal(found, code);
}

static void assert_decrypts_to(const OpenPgp *openpgp, Bytes message, Bytes wanted) {
        AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
        assert_ok(decrypt(openpgp, message, &plain));
        assert_bytes_equal(buffer_bytes(&plain), wanted);
}

/* The gpg program reads MESSAGE as WANTED. Its exit status says nothing: gpg 2.4 counts keys that it tried in vain. */
static void assert_gpg_reads(Bytes message, const char *passphrase, Bytes wanted) {
        test_write_file("message.gpg", message);
        test_write_file("passphrase", bytes_of(passphrase));
        assert_int_equal(0, shell("gpg -q --batch --no-tty --homedir %s --pinentry-mode loopback "
                                  "--passphrase-file passphrase --no-symkey-cache "
                                  "--status-fd 3 -d message.gpg > plain 2> said 3> statuses\n"
                                  "grep -q DECRYPTION_OKAY statuses || { cat said; false; }",
                                  home));
        size_t length = 0;
        AUTO_TEXT char *plain = test_read_file("plain", &length);
        assert_bytes_equal(bytes_make(plain, length), wanted);
}

static const char *const plain_key[] = { "plain@test" };
static const char *const shut_key[] = { "shut@test" };
static const char *const other_key[] = { "other@test" };
static const char *const old_key[] = { "old@test" };
static const char *const unknown_key[] = { "nobody@test" };

static const struct {
        const char *name, *passphrase, *sign_passphrase;
        OpenPgpOptions options;
} profiles[] = {
        { "symmetric", PASSPHRASE, NULL, { .binary = NULL } },
        { "recipient", NULL, NULL, { .recipients = plain_key, .recipient_count = 1 } },
        { "shut", SHUT_PASSPHRASE, NULL, { .recipients = shut_key, .recipient_count = 1 } },
        { "hidden", NULL, NULL, { .hidden_recipients = plain_key, .hidden_recipient_count = 1 } },
        { "both",
          NULL,
          NULL,
          { .recipients = plain_key,
            .recipient_count = 1,
            .hidden_recipients = other_key,
            .hidden_recipient_count = 1 } },
        { "signed", NULL, NULL, { .recipients = plain_key, .recipient_count = 1, .signer = "other@test" } },
        { "signed shut",
          NULL,
          SHUT_PASSPHRASE,
          { .recipients = plain_key, .recipient_count = 1, .signer = "shut@test" } },
        { "one passphrase for both",
          SHUT_PASSPHRASE,
          NULL,
          { .recipients = shut_key, .recipient_count = 1, .signer = "shut@test" } },
        { "symmetric signed", PASSPHRASE, SHUT_PASSPHRASE, { .signer = "shut@test" } },
};

TEST(openpgp_reads_back_what_it_writes_in_every_profile) {
        AUTO_TEXT char *noise = (char *)test_random_bytes(300000, 1);
        Bytes plain = bytes_make(noise, 300000);
        for (size_t which = 0; which < ARRAY_LENGTH(profiles); which++) {
                const OpenPgpOptions *options = &profiles[which].options;
                bool is_symmetric = options->recipient_count + options->hidden_recipient_count == 0;
                AUTO(openpgp_free)
                OpenPgp *openpgp = open_with(*options, profiles[which].passphrase, profiles[which].sign_passphrase);
                AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
                assert_ok(encrypt(openpgp, OPENPGP_PLAIN, plain, &message));
                assert_decrypts_to(openpgp, buffer_bytes(&message), plain);
                assert_gpg_reads(buffer_bytes(&message), is_symmetric ? PASSPHRASE : SHUT_PASSPHRASE, plain);
                assert_int_equal(openpgp_takes_compressed(openpgp), !options->signer);
                assert_int_equal(openpgp_is_symmetric(openpgp), is_symmetric);
                if (!openpgp_takes_compressed(openpgp))
                        continue;
                buffer_truncate(&message, 0);
                assert_ok(encrypt_compressed(openpgp, plain, &message));
                assert_decrypts_to(openpgp, buffer_bytes(&message), plain);
                assert_gpg_reads(buffer_bytes(&message), is_symmetric ? PASSPHRASE : SHUT_PASSPHRASE, plain);
        }
}

TEST(openpgp_writes_and_reads_empty_messages) {
        AUTO(openpgp_free) OpenPgp *openpgp = open_with(profiles[1].options, NULL, NULL);
        AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
        assert_ok(encrypt(openpgp, OPENPGP_PLAIN, bytes_of(""), &message));
        assert_decrypts_to(openpgp, buffer_bytes(&message), bytes_of(""));
        buffer_truncate(&message, 0);
        assert_ok(encrypt_compressed(openpgp, bytes_of(""), &message));
        assert_decrypts_to(openpgp, buffer_bytes(&message), bytes_of(""));
        assert_gpg_reads(buffer_bytes(&message), "", bytes_of(""));
}

static char *list_packets(Bytes message, const char *passphrase) {
        test_write_file("message.gpg", message);
        test_write_file("passphrase", bytes_of(passphrase));
        (void)shell("gpg --batch --homedir %s --pinentry-mode loopback --passphrase-file passphrase "
                    "--list-packets message.gpg > packets 2>/dev/null",
                    home); /* may fail for keys tried in vain */
        return test_read_file("packets", NULL);
}

TEST(openpgp_messages_have_the_packets_of_stock) {
        AUTO(openpgp_free) OpenPgp *openpgp = open_with((OpenPgpOptions){ .binary = NULL }, PASSPHRASE, NULL);
        AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
        AUTO_VALUE(buffer_clear) Buffer compressed = { .data = NULL };
        assert_ok(encrypt(openpgp, OPENPGP_PLAIN, bytes_of("content"), &plain));
        assert_ok(encrypt_compressed(openpgp, bytes_of("content"), &compressed));
        const Buffer *messages[] = { &plain, &compressed };
        for (size_t i = 0; i < 2; i++) {
                AUTO_TEXT char *packets = list_packets(buffer_bytes(messages[i]), PASSPHRASE);
                assert_non_null(strstr(packets, "symkey enc packet: version 4, cipher 9, aead 0,"));
                assert_non_null(strstr(packets, "s2k 3, hash "));
                assert_non_null(strstr(packets, "mdc_method: 2"));
                assert_non_null(strstr(packets, "compressed packet: algo=1"));
                assert_non_null(strstr(packets, "mode b"));
                assert_non_null(strstr(packets, "name=\"\""));
        }
}

TEST(openpgp_hides_hidden_recipients_only) {
        AUTO(openpgp_free) OpenPgp *openpgp = open_with(profiles[4].options, NULL, NULL);
        AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
        assert_ok(encrypt_compressed(openpgp, bytes_of("content"), &message));
        AUTO_TEXT char *packets = list_packets(buffer_bytes(&message), "");
        const char *first = strstr(packets, "keyid ");
        assert_non_null(first);
        const char *second = strstr(first + 1, "keyid ");
        assert_non_null(second);
        assert_null(strstr(second + 1, "keyid "));
        assert_memory_not_equal(first, "keyid 0000000000000000", 22);
        assert_memory_equal(second, "keyid 0000000000000000", 22);
}

TEST(openpgp_compresses_plain_input) {
        AUTO(openpgp_free) OpenPgp *openpgp = open_with(profiles[5].options, NULL, NULL);
        AUTO_VALUE(buffer_clear) Buffer zeros = { .data = NULL };
        AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
        buffer_add_zeros(&zeros, 100000);
        assert_ok(encrypt(openpgp, OPENPGP_PLAIN, buffer_bytes(&zeros), &message));
        assert_true(message.length < 5000);
}

/* ---- messages of others ---- */

static Error *decrypt_file(const OpenPgp *openpgp, const char *path, Buffer *plain) {
        size_t length = 0;
        AUTO_TEXT char *message = test_read_file(path, &length);
        return decrypt(openpgp, bytes_make(message, length), plain);
}

/* Makes "message" out of "content" by gpg with the words given. */
static void make_message(const char *words) {
        make_homes();
        test_write_file("content", bytes_of("some content\n"));
        test_write_file("passphrase", bytes_of(PASSPHRASE));
        assert_int_equal(0, shell("rm -f message; gpg -q --batch --homedir %s --pinentry-mode loopback "
                                  "--passphrase-file passphrase -o message %s content 2>/dev/null",
                                  home, words));
}

TEST(openpgp_reads_what_gpg_writes) {
        static const char *const ways[] = {
                "-c",
                "--compress-algo none -c",
                "--compress-algo zip -c",
                "--compress-algo zlib -c",
                "--compress-algo bzip2 -c",
                "--armor -c",
                "--cipher-algo AES128 --s2k-digest-algo SHA512 -c",
                "--cipher-algo AES192 --s2k-digest-algo SHA1 -c",
                "--cipher-algo AES256 --s2k-digest-algo SHA256 --s2k-count 1024 -c",
                "--cipher-algo AES256 --s2k-digest-algo SHA1 -z 0 -c",
                "--cipher-algo AES256 --s2k-digest-algo RIPEMD160 -c",
                "--cipher-algo CAMELLIA192 --s2k-mode 1 -c",
                "--cipher-algo TWOFISH --s2k-count 2000000 -c",
                "-r plain@test -e",
                "-r plain@test -c -e",
                "-r shut@test -r plain@test -e",
                "-R plain@test -e",
                "-r plain@test -u other@test -s -e",
                "--set-filename odd -r plain@test -e",
        };
        AUTO(openpgp_free) OpenPgp *openpgp = open_with((OpenPgpOptions){ .binary = NULL }, PASSPHRASE, NULL);
        for (size_t i = 0; i < ARRAY_LENGTH(ways); i++) {
                AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
                make_message(ways[i]);
                assert_ok(decrypt_file(openpgp, "message", &plain));
                assert_string_equal(buffer_text(&plain), "some content\n");
        }
}

TEST(openpgp_refuses_what_is_not_encrypted_unless_told_to) {
        static const char *const ways[] = { "--store", "-u plain@test -s", "--compress-algo none --store",
                                            "--armor --store" };
        AUTO(openpgp_free) OpenPgp *strict = open_with((OpenPgpOptions){ .binary = NULL }, PASSPHRASE, NULL);
        AUTO(openpgp_free)
        OpenPgp *lenient = open_with((OpenPgpOptions){ .accept_unprotected = true }, PASSPHRASE, NULL);
        for (size_t i = 0; i < ARRAY_LENGTH(ways); i++) {
                AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
                make_message(ways[i]);
                assert_failure(decrypt_file(strict, "message", &plain), ERROR_CORRUPT, EXIT_CODE_GPG,
                               "'vol1': it is not encrypted");
                buffer_truncate(&plain, 0);
                assert_ok(decrypt_file(lenient, "message", &plain));
                assert_string_equal(buffer_text(&plain), "some content\n");
        }
}

TEST(openpgp_refuses_what_has_no_integrity_protection_unless_told_to) {
        AUTO(openpgp_free) OpenPgp *strict = open_with((OpenPgpOptions){ .binary = NULL }, PASSPHRASE, NULL);
        AUTO(openpgp_free)
        OpenPgp *lenient = open_with((OpenPgpOptions){ .accept_unprotected = true }, PASSPHRASE, NULL);
        AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
        make_message("--rfc2440 --cipher-algo CAST5 -c");
        assert_failure(decrypt_file(strict, "message", &plain), ERROR_CORRUPT, EXIT_CODE_GPG,
                       "no integrity protection");
        buffer_truncate(&plain, 0);
        assert_ok(decrypt_file(lenient, "message", &plain));
        assert_string_equal(buffer_text(&plain), "some content\n");
        buffer_truncate(&plain, 0);
        make_message("-c");
        assert_ok(decrypt_file(lenient, "message", &plain));
        assert_string_equal(buffer_text(&plain), "some content\n");
}

TEST(openpgp_refuses_anything_else) {
        static const char *const texts[] = { "", "x", "this is no message at all, whatever its name may say" };
        AUTO(openpgp_free) OpenPgp *strict = open_with((OpenPgpOptions){ .binary = NULL }, PASSPHRASE, NULL);
        AUTO(openpgp_free)
        OpenPgp *lenient = open_with((OpenPgpOptions){ .accept_unprotected = true }, PASSPHRASE, NULL);
        for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
                AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
                assert_failure(decrypt(strict, bytes_of(texts[i]), &plain), ERROR_CORRUPT, EXIT_CODE_GPG, "'vol1'");
                assert_failure(decrypt(lenient, bytes_of(texts[i]), &plain), ERROR_CORRUPT, EXIT_CODE_GPG, "'vol1'");
        }
}

TEST(openpgp_notices_damage) {
        AUTO_TEXT char *noise = (char *)test_random_bytes(30000, 1);
        AUTO(openpgp_free) OpenPgp *openpgp = open_with(profiles[1].options, NULL, NULL);
        AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
        assert_ok(encrypt_compressed(openpgp, bytes_make(noise, 30000), &message));
        Bytes whole = buffer_bytes(&message);
        size_t cuts[] = { 50, 150, 10000, whole.length - 1 }, flips[] = { 200, 10000, whole.length - 5 };
        for (size_t i = 0; i < ARRAY_LENGTH(cuts); i++) {
                AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
                assert_failure(decrypt(openpgp, bytes_slice(whole, 0, cuts[i]), &plain), ERROR_CORRUPT, EXIT_CODE_GPG,
                               "'vol1'");
        }
        for (size_t i = 0; i < ARRAY_LENGTH(flips); i++) {
                AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
                message.data[flips[i]] ^= 1;
                assert_failure(decrypt(openpgp, whole, &plain), ERROR_CORRUPT, EXIT_CODE_GPG, "'vol1'");
                message.data[flips[i]] ^= 1;
        }
}

TEST(openpgp_refuses_a_plain_message_before_an_encrypted_one) {
        AUTO(openpgp_free) OpenPgp *openpgp = open_with(profiles[1].options, NULL, NULL);
        AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
        AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
        make_message("--compress-algo none --store");
        size_t length = 0;
        AUTO_TEXT char *stored = test_read_file("message", &length);
        buffer_add(&message, bytes_make(stored, length));
        assert_ok(encrypt_compressed(openpgp, bytes_of("content"), &message));
        assert_failure(decrypt(openpgp, buffer_bytes(&message), &plain), ERROR_CORRUPT, EXIT_CODE_GPG, "'vol1'");
}

/* ---- passphrases ---- */

TEST(openpgp_tells_of_a_wrong_passphrase) {
        AUTO(openpgp_free) OpenPgp *wrong = open_with((OpenPgpOptions){ .binary = NULL }, "wrong", NULL);
        static const char *const ways[] = { "-c", "-r shut@test -e", "-R shut@test -e" };
        for (size_t i = 0; i < ARRAY_LENGTH(ways); i++) {
                AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
                make_message(ways[i]);
                assert_failure(decrypt_file(wrong, "message", &plain), ERROR_DENIED, EXIT_CODE_GPG,
                               "cannot decrypt 'vol1': bad passphrase (check PASSPHRASE)");
        }
}

TEST(openpgp_tells_of_a_missing_passphrase) {
        AUTO(openpgp_free) OpenPgp *none = open_with((OpenPgpOptions){ .binary = NULL }, NULL, NULL);
        AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
        static const char *const ways[] = { "-c", "-r shut@test -e" };
        for (size_t i = 0; i < ARRAY_LENGTH(ways); i++) {
                make_message(ways[i]);
                assert_failure(decrypt_file(none, "message", &plain), ERROR_DENIED, EXIT_CODE_GPG, "(set PASSPHRASE)");
        }
        AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
        assert_failure(encrypt(none, OPENPGP_PLAIN, bytes_of("x"), &message), ERROR_DENIED, EXIT_CODE_GPG,
                       "(set PASSPHRASE)");
        AUTO(openpgp_free) OpenPgp *empty = open_with((OpenPgpOptions){ .binary = NULL }, "", NULL);
        assert_failure(encrypt(empty, OPENPGP_PLAIN, bytes_of("x"), &message), ERROR_DENIED, EXIT_CODE_GPG,
                       "(set PASSPHRASE)");
}

TEST(openpgp_tells_of_a_wrong_signing_passphrase) {
        AUTO(openpgp_free) OpenPgp *wrong = open_with(profiles[6].options, SHUT_PASSPHRASE, "wrong");
        AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
        assert_failure(encrypt(wrong, OPENPGP_PLAIN, bytes_of("x"), &message), ERROR_DENIED, EXIT_CODE_GPG,
                       "check SIGN_PASSPHRASE");
}

TEST(openpgp_takes_passphrases_as_gpg_does) {
        static const char *const passphrases[] = {
                " blanks around ",
                "\xff\xfe not UTF-8",
                "\xc3\xa4\xc3\xb6\xc3\xbc",
                "tab\tand % and %41",
                ("a hundred and more bytes, as some password stores make them: 0123456789012345678901234567890123456789"
                 "01234567890123456789012345678901234567890123456789"),
        };
        for (size_t i = 0; i < ARRAY_LENGTH(passphrases); i++) {
                AUTO(openpgp_free)
                OpenPgp *openpgp = open_with((OpenPgpOptions){ .binary = NULL }, passphrases[i], NULL);
                AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
                assert_ok(encrypt_compressed(openpgp, bytes_of("content"), &message));
                assert_gpg_reads(buffer_bytes(&message), passphrases[i], bytes_of("content"));
                assert_decrypts_to(openpgp, buffer_bytes(&message), bytes_of("content"));
        }
}

TEST(openpgp_uses_the_first_line_of_a_passphrase) {
        AUTO(openpgp_free) OpenPgp *longer = open_with((OpenPgpOptions){ .binary = NULL }, "first\nsecond\n", NULL);
        AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
        assert_ok(encrypt_compressed(longer, bytes_of("content"), &message));
        assert_gpg_reads(buffer_bytes(&message), "first", bytes_of("content"));
}

static bool file_has(const char *path, const char *text) {
        AUTO_VALUE(buffer_clear) Buffer content = { .data = NULL };
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t length = 0;
        do {
                content.length += (size_t)length;
                length = fd < 0 ? 0 : read(fd, buffer_reserve(&content, 10000), 10000);
        } while (length > 0);
        if (fd >= 0)
                close(fd);
        return content.length && memmem(content.data, content.length, text, strlen(text));
}

/* Number of processes whose arguments or environment hold TEXT. */
static int count_processes(const char *text) {
        int count = 0;
        DIR *folder = opendir("/proc");
        for (struct dirent *entry; (entry = readdir(folder));) {
                AUTO_TEXT char *arguments = memory_print("/proc/%s/cmdline", entry->d_name);
                AUTO_TEXT char *environment = memory_print("/proc/%s/environ", entry->d_name);
                count += file_has(arguments, text) || file_has(environment, text);
        }
        closedir(folder);
        return count;
}

/* Number of processes of gpg that work with the keys of these tests: others may run at the same time. */
static int count_gpg(void) {
        int count = 0;
        DIR *folder = opendir("/proc");
        for (struct dirent *entry; (entry = readdir(folder));) {
                AUTO_TEXT char *arguments = memory_print("/proc/%s/cmdline", entry->d_name);
                count += file_has(arguments, "--pinentry-mode") && file_has(arguments, home);
        }
        closedir(folder);
        return count;
}

/* Looks around while gpg waits for more. */
typedef struct Spy {
        Reader reader;
        Reader *next;
        bool expects_gpg; /* it may not have begun yet */
        int passphrases, programs;
} Spy;

static Error *read_and_spy(Reader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        enum { TRIES = 1000, PAUSE = 10000 };
        Spy *spy = (Spy *)reader;
        for (int i = 0; i < (spy->expects_gpg ? TRIES : 1) && !spy->programs; i++) {
                spy->programs = count_gpg();
                if (!spy->programs && spy->expects_gpg)
                        (void)usleep(PAUSE);
        }
        spy->passphrases += count_processes("spied upon");
        return spy->next->read(spy->next, buffer, MIN(capacity, (size_t)20000), ret_length);
}

TEST(openpgp_shows_no_passphrase_to_other_processes) {
        AUTO_TEXT char *noise = (char *)test_random_bytes(100000, 1);
        AUTO(openpgp_free)
        OpenPgp *openpgp = open_with((OpenPgpOptions){ .options = "--no-greeting" }, "spied upon", NULL);
        AUTO(reader_close) Reader *next = stream_read_bytes(bytes_make(noise, 100000));
        AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
        AUTO(writer_abandon) Writer *writer = stream_write_buffer(&message);
        Spy spy = { .reader = { .read = read_and_spy }, .next = next, .expects_gpg = true };
        assert_ok(openpgp_encrypt(openpgp, OPENPGP_PLAIN, &spy.reader, writer));
        assert_true(spy.programs > 0);
        assert_int_equal(spy.passphrases, 0);
}

/* Programs that run while OPENPGP writes. */
static int count_programs(const OpenPgp *openpgp, OpenPgpInput input, bool expects_gpg, Buffer *message) {
        AUTO_TEXT char *noise = (char *)test_random_bytes(100000, 1);
        AUTO(reader_close) Reader *next = stream_read_bytes(bytes_make(noise, 100000));
        AUTO(writer_abandon) Writer *writer = stream_write_buffer(message);
        Spy spy = { .reader = { .read = read_and_spy }, .next = next, .expects_gpg = expects_gpg };
        assert_ok(openpgp_encrypt(openpgp, input, &spy.reader, writer));
        return spy.programs;
}

TEST(openpgp_takes_no_gpg_for_a_passphrase_alone) {
        static const struct {
                OpenPgpOptions options;
                OpenPgpInput input;
                bool takes_gpg;
        } cases[] = {
                { { .binary = NULL }, OPENPGP_COMPRESSED, false },
                { { .binary = NULL }, OPENPGP_PLAIN, true },
                { { .options = "--no-greeting" }, OPENPGP_COMPRESSED, true },
                { { .recipients = plain_key, .recipient_count = 1 }, OPENPGP_COMPRESSED, true },
                { { .signer = "plain@test" }, OPENPGP_PLAIN, true },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
                AUTO(openpgp_free) OpenPgp *openpgp = open_with(cases[i].options, PASSPHRASE, NULL);
                int programs = count_programs(openpgp, cases[i].input, cases[i].takes_gpg, &message);
                assert_int_equal(programs > 0, cases[i].takes_gpg);
        }
}

TEST(openpgp_leaves_writing_to_gpg_when_it_has_settings) {
        AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
        make_homes();
        AUTO_TEXT char *settings = memory_print("%s/gpg.conf", home);
        test_write_file(settings, bytes_of("cipher-algo AES192\n"));
        AUTO(openpgp_free) OpenPgp *openpgp = open_with((OpenPgpOptions){ .for_writing = true }, PASSPHRASE, NULL);
        Error *error = encrypt_compressed(openpgp, bytes_of("content"), &message);
        AUTO_TEXT char *packets = list_packets(buffer_bytes(&message), PASSPHRASE);
        assert_int_equal(unlink(settings), 0);
        assert_ok(error);
        assert_non_null(strstr(packets, "cipher 8,"));
        assert_decrypts_to(openpgp, buffer_bytes(&message), bytes_of("content"));
}

TEST(openpgp_reads_a_passphrase_s_messages_without_gpg) {
        AUTO_TEXT char *path = memory_text(getenv("PATH"));
        AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
        AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
        AUTO(openpgp_free) OpenPgp *writer = open_with((OpenPgpOptions){ .for_writing = true }, PASSPHRASE, NULL);
        assert_ok(encrypt_compressed(writer, bytes_of("content"), &message));
        make_message("-r plain@test -e");
        assert_int_equal(setenv("PATH", "/nowhere", 1), 0);
        AUTO(openpgp_free) OpenPgp *reader = open_with((OpenPgpOptions){ .binary = NULL }, PASSPHRASE, NULL);
        Error *error = decrypt(reader, buffer_bytes(&message), &plain);
        assert_int_equal(setenv("PATH", path, 1), 0);
        assert_ok(error);
        assert_string_equal(buffer_text(&plain), "content");
}

/* ---- keys ---- */

TEST(openpgp_names_keys_that_cannot_be_used) {
        static const struct {
                OpenPgpOptions options;
                ExitCode code;
                const char *text;
        } cases[] = {
                { { .recipients = unknown_key, .recipient_count = 1 },
                  EXIT_CODE_GPG,
                  "key 'nobody@test' (--encrypt-key)" },
                { { .hidden_recipients = unknown_key, .hidden_recipient_count = 1 },
                  EXIT_CODE_GPG,
                  "(--hidden-encrypt-key)" },
                { { .recipients = old_key, .recipient_count = 1 }, EXIT_CODE_GPG, "key 'old@test'" },
                { { .recipients = plain_key, .recipient_count = 1, .home = strangers },
                  EXIT_CODE_GPG,
                  "is not trusted" },
                { { .recipients = plain_key, .recipient_count = 1, .signer = "nobody@test" },
                  EXIT_CODE_BAD_SIGN_KEY,
                  "key 'nobody@test' (--sign-key)" },
                { { .recipients = plain_key, .recipient_count = 1, .signer = "@test" },
                  EXIT_CODE_BAD_SIGN_KEY,
                  "several keys" },
                { { .recipients = plain_key,
                    .recipient_count = 1,
                    .signer = "plain@test",
                    .home = strangers,
                    .always_trust = true },
                  EXIT_CODE_BAD_SIGN_KEY,
                  "secret key is not here" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                OpenPgpOptions options = cases[i].options;
                options.for_writing = true;
                assert_failure(try_open(options), ERROR_USER, cases[i].code, cases[i].text);
        }
}

TEST(openpgp_needs_no_recipients_keys_for_reading) {
        assert_ok(try_open((OpenPgpOptions){ .recipients = unknown_key, .recipient_count = 1 }));
}

TEST(openpgp_takes_untrusted_keys_when_told_to) {
        OpenPgpOptions options = { .recipients = plain_key, .recipient_count = 1, .home = strangers };
        options.for_writing = options.always_trust = true;
        assert_ok(try_open(options));
}

TEST(openpgp_takes_keys_by_any_name) {
        make_homes();
        AUTO_TEXT char *primary = fingerprint("plain@test", "pub");
        AUTO_TEXT char *encrypting = fingerprint("plain@test", "sub");
        AUTO_TEXT char *prefixed = memory_print("0x%s", primary);
        const char *names[] = { primary, primary + 24, prefixed, encrypting, encrypting + 24, "<plain@test>" };
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
                assert_ok(try_open((OpenPgpOptions){
                        .recipients = &names[i], .recipient_count = 1, .signer = names[i], .for_writing = true }));
}

TEST(openpgp_refuses_names_that_are_orders_to_gpgme) {
        static const char *const names[] = { "--hidden", "a\n--file", "" };
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
                assert_failure(try_open((OpenPgpOptions){ .recipients = &names[i], .recipient_count = 1 }), ERROR_USER,
                               EXIT_CODE_GPG, "is not a key");
}

TEST(openpgp_names_the_keys_that_could_decrypt) {
        AUTO(openpgp_free) OpenPgp *stranger = open_with((OpenPgpOptions){ .home = strangers }, PASSPHRASE, NULL);
        AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
        AUTO_TEXT char *key = fingerprint("plain@test", "sub");
        make_message("-r plain@test -R other@test -e");
        AUTO_TEXT char *wanted =
                memory_print("%s, hidden (import one with 'gpg --homedir %s --import')", key + 24, strangers);
        assert_failure(decrypt_file(stranger, "message", &plain), ERROR_DENIED, EXIT_CODE_GPG, wanted);
}

/* ---- signatures ---- */

TEST(openpgp_demands_the_signer) {
        static const struct {
                const char *way, *text;
        } cases[] = {
                { "-r plain@test -u other@test -s -e", NULL },
                { "-r plain@test -u other@test -u plain@test -s -e", NULL },
                { "-c -u other@test -s", NULL },
                { "-r plain@test -u plain@test -s -e", "was signed by key" },
                { "-r plain@test -e", "is not signed" },
        };
        AUTO_TEXT char *key = (make_homes(), fingerprint("other@test", "pub"));
        for (char *at = key; *at; at++)
                *at = (char)(*at >= 'A' ? *at | 0x20 : *at);
        AUTO_TEXT char *prefixed = memory_print("0x%s", key + 24);
        AUTO(openpgp_free) OpenPgp *openpgp = open_with((OpenPgpOptions){ .signer = prefixed }, PASSPHRASE, NULL);
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
                make_message(cases[i].way);
                if (cases[i].text)
                        assert_failure(decrypt_file(openpgp, "message", &plain), ERROR_CORRUPT, EXIT_CODE_BAD_SIGNATURE,
                                       cases[i].text);
                else
                        assert_ok(decrypt_file(openpgp, "message", &plain));
        }
}

TEST(openpgp_names_both_keys_of_a_wrong_signature) {
        AUTO_TEXT char *key = (make_homes(), fingerprint("plain@test", "pub"));
        AUTO_TEXT char *wanted = memory_print("'vol1' was signed by key %s, not by other@test", key);
        AUTO(openpgp_free) OpenPgp *openpgp = open_with((OpenPgpOptions){ .signer = "other@test" }, NULL, NULL);
        AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
        make_message("-r plain@test -u plain@test -s -e");
        assert_failure(decrypt_file(openpgp, "message", &plain), ERROR_CORRUPT, EXIT_CODE_BAD_SIGNATURE, wanted);
}

TEST(openpgp_takes_a_signature_made_before_the_key_expired) {
        AUTO(openpgp_free) OpenPgp *openpgp = open_with((OpenPgpOptions){ .signer = "old@test" }, PASSPHRASE, NULL);
        AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
        make_message("--faked-system-time 20200601T000000 -u old@test -s -c");
        assert_ok(decrypt_file(openpgp, "message", &plain));
}

TEST(openpgp_looks_at_signatures_only_when_a_signer_is_demanded) {
        AUTO(openpgp_free) OpenPgp *openpgp = open_with((OpenPgpOptions){ .binary = NULL }, NULL, NULL);
        AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
        make_message("-r plain@test -u other@test -s -e");
        assert_ok(decrypt_file(openpgp, "message", &plain));
}

/* ---- --gpg-binary, --gpg-options ---- */

TEST(openpgp_hands_options_to_gpg) {
        OpenPgpOptions options = profiles[0].options;
        options.options = "--cipher-algo TWOFISH '--comment=a b' --comment \"c\\\"d\" --comment e\\ f --armor";
        AUTO(openpgp_free) OpenPgp *openpgp = open_with(options, PASSPHRASE, NULL);
        AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
        assert_true(openpgp_takes_compressed(openpgp));
        assert_ok(encrypt_compressed(openpgp, bytes_of("content"), &message));
        assert_true(bytes_start_with(buffer_bytes(&message), "-----BEGIN PGP MESSAGE-----\n"
                                                             "Comment: a b\nComment: c\"d\nComment: e f\n"));
        AUTO_TEXT char *packets = list_packets(buffer_bytes(&message), PASSPHRASE);
        assert_non_null(strstr(packets, "cipher 10"));
        assert_decrypts_to(openpgp, buffer_bytes(&message), bytes_of("content"));
}

TEST(openpgp_notices_that_gpg_wrote_nothing) {
        OpenPgpOptions options = profiles[0].options;
        options.options = "--set-filename x"; /* refused with what is compressed already; gpgme calls it a success */
        AUTO(openpgp_free) OpenPgp *openpgp = open_with(options, PASSPHRASE, NULL);
        AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
        assert_failure(encrypt_compressed(openpgp, bytes_of("x"), &message), ERROR_SYSTEM, EXIT_CODE_GPG,
                       "--set-filename");
}

TEST(openpgp_runs_the_program_named) {
        test_write_file("my gpg", bytes_of("#!/bin/sh\necho \"$0 $*\" >> called\nexec gpg \"$@\"\n"));
        assert_int_equal(chmod("my gpg", 0700), 0);
        OpenPgpOptions options = profiles[1].options;
        AUTO_TEXT char *path = realpath("my gpg", NULL);
        options.binary = path;
        options.options = "--no-greeting";
        AUTO(openpgp_free) OpenPgp *openpgp = open_with(options, NULL, NULL);
        AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
        assert_ok(encrypt_compressed(openpgp, bytes_of("content"), &message));
        assert_decrypts_to(openpgp, buffer_bytes(&message), bytes_of("content"));
        AUTO_TEXT char *called = test_read_file("called", NULL);
        assert_non_null(strstr(called, "my gpg --no-greeting --version"));
        assert_non_null(strstr(called, "--encrypt"));
        assert_non_null(strstr(called, "--decrypt"));
}

TEST(openpgp_tells_of_a_missing_program) {
        assert_failure(try_open((OpenPgpOptions){ .binary = "/nowhere/gpg" }), ERROR_SYSTEM, EXIT_CODE_GPG,
                       "cannot run '/nowhere/gpg': see whether --gpg-binary names GnuPG");
        assert_failure(try_open((OpenPgpOptions){ .options = "--no-such-option" }), ERROR_SYSTEM, EXIT_CODE_GPG,
                       "--gpg-options");
}

TEST(openpgp_refuses_options_with_open_quotes) {
        static const char *const texts[] = { "--comment 'a", "\"", "--x \"a\\\"" };
        for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
                assert_failure(try_open((OpenPgpOptions){ .options = texts[i] }), ERROR_USER, EXIT_CODE_COMMAND_LINE,
                               "--gpg-options");
}

TEST(openpgp_leaves_compression_to_gpg_when_options_speak_of_it) {
        static const char *const texts[] = {
                "--compress-algo bzip2", "-z0", "--armor --bzip2-compress-level 3", "--compress-level=1",
                "--set-filename x",      "-t"
        };
        for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
                AUTO(openpgp_free)
                OpenPgp *openpgp = open_with((OpenPgpOptions){ .options = texts[i] }, PASSPHRASE, NULL);
                assert_false(openpgp_takes_compressed(openpgp));
        }
}

TEST(openpgp_becomes_gpg_for_gpgme_only) {
        char *const arguments[] = { (char *)"charm-duplicity", (char *)"full", (char *)"--version", NULL };
        assert_ok(try_open((OpenPgpOptions){ .options = "--no-greeting" }));
        openpgp_become_gpg((char **)arguments);
        openpgp_become_gpg((char *[]){ (char *)"charm-duplicity", NULL });
        assert_int_equal(unsetenv("CHARM_DUPLICITY_GPG"), 0);
        openpgp_become_gpg((char *[]){ (char *)"charm-duplicity", (char *)"--status-fd", NULL });
}

/* ---- streams ---- */

static Error *fail_to_read(UNUSED Reader *reader, UNUSED void *buffer, UNUSED size_t capacity,
                           UNUSED size_t *ret_length) {
        return error_new(ERROR_TRANSIENT, "line is cut");
}

static void close_nothing(UNUSED Reader *reader) {
}

TEST(openpgp_passes_errors_of_streams_on) {
        AUTO(openpgp_free) OpenPgp *openpgp = open_with(profiles[1].options, NULL, NULL);
        AUTO_VALUE(buffer_clear) Buffer small;
        AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
        Reader broken = { .read = fail_to_read, .close = close_nothing };
        buffer_init(&small, 20);
        assert_error(encrypt(openpgp, OPENPGP_PLAIN, bytes_of("content"), &small), ERROR_CORRUPT, "20 bytes");
        AUTO(writer_abandon) Writer *writer = stream_write_buffer(&plain);
        assert_error(openpgp_encrypt(openpgp, OPENPGP_PLAIN, &broken, writer), ERROR_TRANSIENT, "line is cut");
        AUTO(reader_close) Reader *reader = NULL;
        assert_ok(openpgp_read(openpgp, &broken, "vol1", &reader));
        assert_error(reader_read_all(reader, &plain), ERROR_TRANSIENT, "line is cut");
}

TEST(openpgp_reads_several_messages_at_once) {
        enum { MESSAGES = 3, LENGTH = 3000000 };
        AUTO_TEXT char *noise = (char *)test_random_bytes(LENGTH, 1);
        AUTO(openpgp_free) OpenPgp *openpgp = open_with(profiles[1].options, NULL, NULL);
        AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
        Reader *readers[MESSAGES] = { NULL };
        assert_ok(encrypt_compressed(openpgp, bytes_make(noise, LENGTH), &message));
        for (size_t i = 0; i < MESSAGES; i++)
                assert_ok(openpgp_read(openpgp, stream_read_bytes(buffer_bytes(&message)), "vol1", &readers[i]));
        static char piece[100000];
        for (size_t at = 0; at < LENGTH; at += sizeof piece)
                for (size_t i = 0; i < MESSAGES; i++) {
                        size_t length = 0;
                        assert_ok(reader_read(readers[i], piece, sizeof piece, &length));
                        assert_bytes_equal(bytes_make(piece, length), bytes_make(noise + at, sizeof piece));
                }
        for (size_t i = 0; i < MESSAGES; i++) {
                size_t length = 1;
                assert_ok(reader_read(readers[i], piece, 1, &length));
                assert_int_equal(length, 0);
                assert_ok(reader_read(readers[i], piece, 1, &length));
                assert_int_equal(length, 0);
                reader_close(readers[i]);
        }
}

TEST(openpgp_reader_may_be_closed_early) {
        enum { LENGTH = 8000000 };
        AUTO_TEXT char *noise = (char *)test_random_bytes(LENGTH, 1);
        AUTO(openpgp_free) OpenPgp *openpgp = open_with(profiles[1].options, NULL, NULL);
        AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
        assert_ok(encrypt_compressed(openpgp, bytes_make(noise, LENGTH), &message));
        for (size_t wanted = 0; wanted < 2; wanted++) {
                Reader *reader = NULL;
                char byte;
                size_t length = 0;
                assert_ok(openpgp_read(openpgp, stream_read_bytes(buffer_bytes(&message)), "vol1", &reader));
                assert_ok(reader_read(reader, &byte, wanted, &length));
                assert_int_equal(length, wanted);
                reader_close(reader);
        }
}

/* Gives noise without an end; in the middle something happens. */
typedef struct EventfulReader {
        Reader reader;
        size_t given;
        void (*event)(void);
} EventfulReader;

static Error *read_eventful(Reader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        enum { ENOUGH = 4 << 20 };
        EventfulReader *self = (EventfulReader *)reader;
        if (self->given < ENOUGH && self->given + capacity >= ENOUGH)
                self->event();
        if (self->given > 4 * (size_t)ENOUGH)
                return error_new(ERROR_USER, "nobody stopped reading");
        memset(buffer, (int)(self->given >> 16), capacity);
        self->given += capacity;
        *ret_length = capacity;
        return NULL;
}

static Error *encrypt_with_event(void (*event)(void)) {
        AUTO(openpgp_free) OpenPgp *openpgp = open_with((OpenPgpOptions){ .binary = NULL }, PASSPHRASE, NULL);
        AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
        AUTO(writer_abandon) Writer *out = stream_write_buffer(&message);
        EventfulReader in = { .reader = { .read = read_eventful }, .event = event };
        return openpgp_encrypt(openpgp, OPENPGP_PLAIN, &in.reader, out);
}

static void send_gpg(const char *signal) {
        (void)shell("pkill -%s -f '^gpg .*%s'", signal, home);
}

static void kill_gpg(void) {
        send_gpg("KILL");
}

static void hold_gpg_and_stop(void) {
        send_gpg("STOP");
        cancel_request();
}

TEST(openpgp_does_not_wait_for_a_gpg_that_was_killed) {
        Error *error = encrypt_with_event(kill_gpg);
        assert_int_equal(error_exit_code(error), EXIT_CODE_GPG);
        assert_error(error, ERROR_SYSTEM, "cannot encrypt");
}

TEST(openpgp_does_not_wait_for_a_gpg_that_stands_still_when_asked_to_stop) {
        Error *error = encrypt_with_event(hold_gpg_and_stop);
        cancel_clear();
        send_gpg("KILL");
        assert_error(error, ERROR_CANCELLED, "interrupted");
}
