#include "charm/assignment.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/attribute.h"
#include "base/path.h"
#include "base/secret.h"
#include "charm/keys.h"
#include "charm/target.h"
#include "sys/clock.h"

enum { MEBIBYTE = 1 << 20, TRANSFERS = 2 };

static void choose_source(const CharmConfig *config, Arena *arena, Job *job) {
        AUTO_VALUE(text_list_clear) TextList folders = { .items = NULL };
        (void)config_folders(config, arena, &folders); /* the config is a good one */
        config_select(config, &folders, arena, &job->selection);
        job->folder = config_source(&folders);
}

static const Secret *secret_of(const char *text) {
        return text[0] ? secret_new(bytes_of(text)) : NULL;
}

static Error *choose_encryption(const Unit *unit, const CharmConfig *config, Arena *arena, Job *job) {
        const char *key = config_key_name(config, arena);
        job->no_encryption = config->disable_encryption;
        job->always_trust = true; /* whoever set the option has chosen the key */
        if (config->disable_encryption)
                return NULL;
        job->passphrase = secret_of(config->encryption_passphrase);
        if (keys_is_armoured(config))
                TRY(keys_find_imported(unit, arena, &key));
        if (!key || keys_is_armoured(config))
                job->gpg_home = unit->gnupg_home; /* else the key is in root's */
        if (key)
                text_list_add(&job->encrypt_keys, key);
        return NULL;
}

static bool is_file(const char *path) {
        struct stat facts;
        return stat(path, &facts) == 0 && S_ISREG(facts.st_mode);
}

/* Of the options' words for where a bucket's name stands, those that leave no choice. */
static const char *s3_style(const char *style) {
        return strcmp(style, "auto") == 0 ? NULL : style;
}

/* What is not given is the machine's own affair: root's ~/.ssh, the system's authorities. */
static void choose_storage(const Unit *unit, const CharmConfig *config, Arena *arena, StorageOptions *storage) {
        storage->home = getenv("HOME");
        storage->temp_folder = unit->scratch_folder;
        if (is_file(unit->ssh_key)) { /* root's own keys would only use up the tries that a server allows */
                text_list_add(&storage->ssh_options, arena_print(arena, "-oIdentityFile=%s", unit->ssh_key));
                text_list_add(&storage->ssh_options, "-oIdentitiesOnly=yes");
        }
        if (is_file(unit->known_hosts))
                storage->ssh_known_hosts = unit->known_hosts;
        if (is_file(unit->tls_ca))
                storage->ssl_ca_file = unit->tls_ca;
        if (config->s3_region[0])
                storage->s3_region = config->s3_region;
        storage->s3_uri_style = s3_style(config->s3_addressing_style);
}

/* User and password are in the URL. */
static void give_credentials(const CharmConfig *config, StorageOptions *storage) {
        storage->s3_access_key = config->aws_access_key_id[0] ? config->aws_access_key_id : NULL;
        storage->s3_secret_key = secret_of(config->aws_secret_access_key);
        storage->azure_connection = secret_of(config->azure_connection_string);
}

BackupKind assignment_kind(const char *type) {
        return strcmp(type, "full") == 0          ? BACKUP_FULL
               : strcmp(type, "incremental") == 0 ? BACKUP_INCREMENTAL
                                                  : BACKUP_AUTO;
}

Error *assignment_make(const Unit *unit, const Snapshot *snapshot, Arena *arena, Job *ret_job) {
        const CharmConfig *config = &snapshot->config;
        AUTO_VALUE(assignment_clear) Job job = job_defaults();
        uint64_t size = 0;
        int64_t age = 0;
        const char *url;
        TRY(target_url(config, unit->dashed, arena, &url));
        TRY_AS(url_parse(url, &job.url), "\"remote_backup_url\"");
        (void)bytes_to_number(bytes_of(config->volume_size), &size); /* validate.c has looked at them all */
        job.volume_size = size * MEBIBYTE;
        job.times = (WhenContext){ .now = clock_now(), .local_offset = when_local_offset() };
        if (config->full_if_older_than[0])
                TRY(when_parse_interval(bytes_of(config->full_if_older_than), &age));
        job.has_full_before = age > 0;
        job.full_before = (Moment){ job.times.now.seconds - age };
        job.archive_dir = unit->archive_folder;
        job.name = unit->dashed;
        job.temp_folder = unit->scratch_folder;
        job.concurrency = TRANSFERS;
        choose_source(config, arena, &job);
        choose_storage(unit, config, arena, &job.storage);
        give_credentials(config, &job.storage);
        TRY(choose_encryption(unit, config, arena, &job));
        *ret_job = job;
        job = (Job){ .folder = NULL };
        return NULL;
}

const char *assignment_inner_path(const Job *job, const char *path, Arena *arena) {
        AUTO_TEXT char *clean = path_clean(path);
        AUTO_TEXT char *source = path_clean(job->folder);
        bool is_root = strcmp(source, "/") == 0;
        if (clean[0] != '/')
                return arena_text(arena, clean);
        if (is_root)
                return arena_text(arena, clean + 1);
        return arena_text(arena, path_is_within(clean, source) ? path_below(clean, source) : clean + 1);
}

void assignment_clear(Job *job) {
        const Secret *const ours[] = { job->passphrase, job->storage.s3_secret_key, job->storage.azure_connection };
        for (size_t i = 0; i < ARRAY_LENGTH(ours); i++)
                secret_free((Secret *)(uintptr_t)ours[i]);
        job_clear(job);
}
