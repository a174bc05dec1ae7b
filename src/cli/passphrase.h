/* Passphrases: from the environment, where nobody shall find them afterwards, or from a person. */
#ifndef CLI_PASSPHRASE_H
#define CLI_PASSPHRASE_H

#include "base/secret.h"
#include "engine/job.h"

/* Shows PROMPT and reads one line (sys/terminal.h). */
typedef Error *PassphrasePrompt(const char *prompt, Secret **ret_secret);

typedef struct Passphrases {
        Secret *encrypt, *sign, *storage, *ssh_key; /* as given, NULL when not */
        Secret *aws_key, *aws_token, *azure;
        PassphrasePrompt *prompt;
} Passphrases;

/* Takes PASSPHRASE, SIGN_PASSPHRASE, FTP_PASSWORD and SSH_PASSPHRASE out of the environment, and what opens accounts of
 * Amazon's and Azure's (AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, the variables of azure_account.h but for names): their
 * memory there is overwritten, and no child gets them. Release with passphrases_clear. */
void passphrases_take(Passphrases *passphrases, PassphrasePrompt *prompt);

/* Puts into JOB what was given, and the asker for what was not. When the signing key is also one to encrypt to, one
 * passphrase serves for both. PASSPHRASES must outlive JOB. */
void passphrases_give(Passphrases *passphrases, Job *job);

/* A PassphraseAsker; CONTEXT is the Passphrases. Asks twice for one to encrypt with, until both are equal and not
 * empty, at most three times. With no terminal: ERROR_USER for one to encrypt with, naming PASSPHRASE and
 * --no-encryption, else *ret_secret becomes NULL. */
CHECKED Error *passphrases_ask(void *context, PassphrasePurpose purpose, Secret **ret_secret);

/* With --ssh-askpass, where neither the URL nor FTP_PASSWORD gives it: asks once for the storage's password, for all
 * connections. ERROR_USER when there is no terminal, ERROR_CANCELLED. */
CHECKED Error *passphrases_ask_storage(Passphrases *passphrases, Job *job);

void passphrases_clear(Passphrases *passphrases);

#endif
