#include "storage/ftp_reply.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/memory.h"

#define MAY_WRITE "give the account the right to read and write in the URL's folder, or correct the URL"

#define FULL { ERROR_SYSTEM, EXIT_CODE_BACKEND_NO_SPACE, "the storage is full" }
#define MISSING { ERROR_MISSING, EXIT_CODE_OK, "" }
#define DENIED(remedy) { ERROR_DENIED, EXIT_CODE_OK, remedy }

/* What 550 and 553 say in words. The first that is found counts. */
static const struct {
        const char *words;
        FtpMeaning meaning;
} phrases[] = {
        { "no such file", MISSING },
        { "not found", MISSING },
        { "does not exist", MISSING },
        { "doesn't exist", MISSING },
        { "quota", FULL },
        { "no space", FULL },
        { "permission", DENIED(MAY_WRITE) },
        { "denied", DENIED(MAY_WRITE) },
        { "not allowed", DENIED(MAY_WRITE) },
        { "prohibited", DENIED(MAY_WRITE) },
        { "not a directory",
          { ERROR_USER, EXIT_CODE_OK, "a file stands where the URL has a folder: correct the URL" } },
};

/* What 530 says where the password is right, but nobody else fits in. */
static const char *const crowded[] = {
        "too many users",    "too many clients",          "too many connections", "too many anonymous",
        "number of clients", "number of allowed clients", "number of users",      "number of connections",
};

static const FtpMeaning crowd = { ERROR_TRANSIENT, EXIT_CODE_OK,
                                  "others are connected, or we too often: see '--concurrency'" };

static const struct {
        unsigned reply;
        FtpMeaning meaning;
} replies[] = {
        { 452, FULL },
        { 530, DENIED("correct user and password in the URL, or FTP_PASSWORD") },
        { 532, DENIED("the account may not store files: name another one in the URL") },
        { 534, DENIED("the server's policy forbids it: with 'ftp://', try 'ftpes://'") },
        { 550, MISSING },
        { 552, FULL },
        { 553, DENIED(MAY_WRITE) },
};

/* Where PART stands in TEXT as a word of its own. */
static char *find_part(char *text, const char *part, size_t length) {
        for (char *at = text; (at = memmem(at, strlen(at), part, length)); at++)
                if ((at == text || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[length]))
                        return at;
        return NULL;
}

/* Each part is taken out once: what is left of a word that is there twice is the server's. */
static void take_out(char *text, const char *path) {
        while (*(path += strspn(path, "/"))) {
                size_t length = strcspn(path, "/");
                char *at = find_part(text, path, length);
                if (at)
                        memset(at, '?', length);
                path += length;
        }
}

/* The meaning of words, NULL when there are none that are known. */
static const FtpMeaning *meaning_of_words(const char *line, const char *path) {
        AUTO_TEXT char *text = memory_text(line);
        take_out(text, path);
        for (size_t i = 0; i < ARRAY_LENGTH(phrases); i++)
                if (strcasestr(text, phrases[i].words))
                        return &phrases[i].meaning;
        return NULL;
}

static bool is_crowded(const char *line) {
        for (size_t i = 0; i < ARRAY_LENGTH(crowded); i++)
                if (strcasestr(line, crowded[i]))
                        return true;
        return false;
}

FtpMeaning ftp_reply_meaning(unsigned reply, const char *line, const char *path) {
        const FtpMeaning *told = reply == 550 || reply == 553 ? meaning_of_words(line, path) : NULL;
        if (told && (reply == 550 || told->kind != ERROR_MISSING))
                return *told;
        if (reply == 530 && is_crowded(line))
                return crowd;
        for (size_t i = 0; i < ARRAY_LENGTH(replies); i++)
                if (replies[i].reply == reply)
                        return replies[i].meaning;
        return (FtpMeaning){ .kind = reply / 100 == 4 ? ERROR_TRANSIENT : ERROR_SYSTEM, .remedy = "" };
}
