#include "engine/job.h"

Job job_defaults(void) {
        return (Job){
                .volume_size = (uint64_t)200 << 20,
                .max_block = 2048,
                .storage = { .retries = 5, .retry_delay = 30, .timeout = 30 },
                .concurrency = 2,
        };
}

unsigned job_uploads(const Job *job) {
        return job->storage.limit_upload ? 1 : job->concurrency;
}

unsigned job_downloads(const Job *job) {
        return job->storage.limit_download ? 1 : job->concurrency;
}

void job_clear(Job *job) {
        text_list_clear(&job->encrypt_keys);
        text_list_clear(&job->hidden_keys);
        rename_list_clear(&job->renames);
        selection_option_list_clear(&job->selection);
        text_list_clear(&job->storage.ssh_options);
        text_list_clear(&job->storage.rsync_options);
        url_free(TAKE(job->url));
}
