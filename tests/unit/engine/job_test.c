#include "engine/job.h"

#include "support/test.h"

TEST(job_has_the_defaults_of_duplicity) {
        Job job = job_defaults();
        assert_int_equal(job.volume_size, 200 * 1024 * 1024);
        assert_int_equal(job.max_block, 2048);
        assert_int_equal(job.storage.retries, 5);
        assert_int_equal(job.concurrency, 2);
        assert_int_equal(job.kind, BACKUP_AUTO);
        assert_false(job.no_encryption || job.force || job.accept_unprotected);
}

TEST(job_clear_releases_and_can_be_repeated) {
        Job job = job_defaults();
        assert_ok(url_parse("file:///x", &job.url));
        text_list_add(&job.encrypt_keys, "a");
        text_list_add(&job.hidden_keys, "b");
        job_clear(&job);
        job_clear(&job);
        assert_null(job.url);
        assert_int_equal(job.encrypt_keys.count, 0);
}

TEST(job_has_one_connection_where_the_rate_is_limited) {
        Job job = job_defaults();
        job.concurrency = 3;
        job.storage.limit_upload = 1000;
        assert_int_equal(job_uploads(&job), 1);
        assert_int_equal(job_downloads(&job), 3);
        job.storage = (StorageOptions){ .limit_download = 1000 };
        assert_int_equal(job_uploads(&job), 3);
        assert_int_equal(job_downloads(&job), 1);
        job_clear(&job);
}
