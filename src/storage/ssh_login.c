#include "storage/ssh_session.h"

#include "base/buffer.h"
#include "base/log.h"
#include "base/memory.h"

enum { MOST_ROUNDS = 5 }; /* of questions, and of methods that have to follow each other */

typedef struct Login {
        SshLink *link;
        const Secret *password; /* NULL: none */
        ssh_key key;            /* the one being tried */
        Buffer tried;           /* for the message when nothing helped */
} Login;

static void note(Login *login, const char *format, ...) PRINTF_LIKE(2, 3);
static void note(Login *login, const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        AUTO_TEXT char *text = memory_vprint(format, arguments);
        va_end(arguments);
        buffer_print(&login->tried, "; %s", text);
}

/* ---- keys ---- */

/* What answers libssh's question for a passphrase. */
typedef struct Unlocking {
        const Secret *passphrase;
        bool was_asked;
} Unlocking;

static int give_passphrase(UNUSED const char *prompt, char *buffer, size_t capacity, UNUSED int echo, UNUSED int verify,
                           void *context) {
        Unlocking *unlocking = context;
        Bytes passphrase = secret_reveal(unlocking->passphrase);
        unlocking->was_asked = true;
        if (!unlocking->passphrase || passphrase.length >= capacity)
                return -1;
        memcpy(buffer, passphrase.at, passphrase.length);
        buffer[passphrase.length] = '\0';
        return 0;
}

/* *ret_key becomes NULL, with a note, for a key that cannot be had. */
static void load_key(Login *login, const char *path, ssh_key *ret_key) {
        const StorageOptions *options = &login->link->options;
        Unlocking unlocking = { .passphrase = options->ssh_passphrase ? options->ssh_passphrase : login->password };
        *ret_key = NULL;
        int result = ssh_pki_import_privkey_file(path, NULL, give_passphrase, &unlocking, ret_key);
        if (result == SSH_OK)
                return;
        if (result == SSH_EOF)
                note(login, "the key file '%s' cannot be read", path);
        else if (unlocking.was_asked && !unlocking.passphrase)
                note(login, "the key '%s' has a passphrase, set SSH_PASSPHRASE or load it into an agent", path);
        else if (unlocking.was_asked)
                note(login, "the passphrase of the key '%s' is another one, see SSH_PASSPHRASE", path);
        else
                note(login, "'%s' holds no private key that libssh reads", path);
}

static int step_key(SshLink *link, void *context) {
        return ssh_userauth_publickey(link->session, NULL, ((Login *)context)->key);
}

static int step_agent_and_usual_keys(SshLink *link, void *context) {
        const StorageOptions *options = &link->options;
        const Secret *passphrase = options->ssh_passphrase ? options->ssh_passphrase : ((Login *)context)->password;
        return ssh_userauth_publickey_auto(link->session, NULL,
                                           passphrase ? (const char *)secret_reveal(passphrase).at : NULL);
}

/* *ret_result as ssh_userauth_...: denied as long as no key was accepted. */
static Error *try_keys(Login *login, int *ret_result) {
        const SshSettings *settings = &login->link->settings;
        for (size_t i = 0; i < settings->identities.count; i++) {
                const char *path = settings->identities.items[i];
                load_key(login, path, &login->key);
                if (!login->key)
                        continue;
                Error *error = ssh_session_drive(login->link, step_key, login, SSH_AUTH_AGAIN, "log in to", ret_result);
                ssh_key_free(login->key);
                TRY(error);
                if (*ret_result != SSH_AUTH_DENIED)
                        return NULL;
                note(login, "it refused the key '%s'", path);
        }
        if (settings->identities_only && settings->identities.count)
                return NULL;
        TRY(ssh_session_drive(login->link, step_agent_and_usual_keys, login, SSH_AUTH_AGAIN, "log in to", ret_result));
        if (*ret_result == SSH_AUTH_DENIED)
                note(login, "it accepted no key of an agent or of ~/.ssh (see -oIdentityFile= of --ssh-options)");
        return NULL;
}

/* ---- passwords ---- */

static int step_password(SshLink *link, void *context) {
        return ssh_userauth_password(link->session, NULL, (const char *)secret_reveal(((Login *)context)->password).at);
}

static int step_questions(SshLink *link, UNUSED void *context) {
        return ssh_userauth_kbdint(link->session, NULL, NULL);
}

/* Questions whose answer is not to be shown are taken for that for the password. */
static void answer_questions(Login *login) {
        ssh_session session = login->link->session;
        int count = ssh_userauth_kbdint_getnprompts(session);
        for (int i = 0; i < count; i++) {
                char is_shown = 0;
                (void)ssh_userauth_kbdint_getprompt(session, (unsigned)i, &is_shown);
                const char *answer = is_shown ? "" : (const char *)secret_reveal(login->password).at;
                (void)ssh_userauth_kbdint_setanswer(session, (unsigned)i, answer); /* missing ones are refused */
        }
}

static Error *try_password(Login *login, int *ret_result) {
        if (!login->password)
                return NULL;
        return ssh_session_drive(login->link, step_password, login, SSH_AUTH_AGAIN, "log in to", ret_result);
}

static Error *try_questions(Login *login, int *ret_result) {
        if (!login->password)
                return NULL;
        for (int round = 0; round < MOST_ROUNDS; round++) {
                TRY(ssh_session_drive(login->link, step_questions, login, SSH_AUTH_AGAIN, "log in to", ret_result));
                if (*ret_result != SSH_AUTH_INFO)
                        return NULL;
                answer_questions(login);
        }
        *ret_result = SSH_AUTH_DENIED;
        return NULL;
}

/* ---- the order of things ---- */

static const struct {
        int method;
        const char *name;
        bool needs_password;
        Error *(*try)(Login *login, int *ret_result);
} ways[] = {
        { SSH_AUTH_METHOD_PUBLICKEY, "publickey", false, try_keys },
        { SSH_AUTH_METHOD_PASSWORD, "password", true, try_password },
        { SSH_AUTH_METHOD_INTERACTIVE, "keyboard-interactive", true, try_questions },
};

static int step_nothing(SshLink *link, UNUSED void *context) {
        return ssh_userauth_none(link->session, NULL);
}

static Error *refuse(Login *login, int offered) {
        AUTO_VALUE(buffer_clear) Buffer names = { .data = NULL };
        bool takes_password = false;
        for (size_t i = 0; i < ARRAY_LENGTH(ways); i++) {
                if (!(offered & ways[i].method))
                        continue;
                buffer_print(&names, "%s%s", names.length ? ", " : "", ways[i].name);
                takes_password |= ways[i].needs_password;
        }
        if (takes_password && !login->password)
                note(login, "no password was given (in the URL, FTP_PASSWORD or --ssh-askpass)");
        else if (takes_password)
                note(login, "it refused the password");
        return error_new(ERROR_DENIED, "cannot log in to %s: the server takes %s%s", login->link->place,
                         names.length ? buffer_text(&names) : "nothing that we have", buffer_text(&login->tried));
}

/* One round: each way that the server takes, until one is accepted, if only as a first step of several. */
static Error *try_ways(Login *login, int offered, int *ret_result) {
        *ret_result = SSH_AUTH_DENIED;
        for (size_t i = 0; i < ARRAY_LENGTH(ways) && *ret_result == SSH_AUTH_DENIED; i++)
                if (offered & ways[i].method)
                        TRY(ways[i].try(login, ret_result));
        if (*ret_result == SSH_AUTH_ERROR)
                return ssh_session_failure(login->link, "log in to");
        return NULL;
}

static Error *log_in(Login *login) {
        SshLink *link = login->link;
        int result = SSH_AUTH_ERROR;
        TRY(ssh_session_drive(link, step_nothing, NULL, SSH_AUTH_AGAIN, "log in to", &result));
        if (result == SSH_AUTH_ERROR)
                return ssh_session_failure(link, "log in to");
        int offered = ssh_userauth_list(link->session, NULL);
        for (int round = 0; round < MOST_ROUNDS && result != SSH_AUTH_SUCCESS; round++) {
                offered = ssh_userauth_list(link->session, NULL);
                TRY(try_ways(login, offered, &result));
                if (result == SSH_AUTH_DENIED)
                        break;
        }
        return result == SSH_AUTH_SUCCESS ? NULL : refuse(login, offered);
}

Error *ssh_session_log_in(SshLink *link) {
        Login login = { .link = link, .password = link->url->password ? link->url->password : link->options.password };
        Error *error = log_in(&login);
        buffer_clear(&login.tried);
        return error;
}
