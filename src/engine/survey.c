#include "engine/survey.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "source/judge.h"
#include "sys/file.h"
#include "sys/task.h"

enum { DEEPEST = 200 }; /* each level holds a descriptor, and this is an estimate */

struct Survey {
        Task *task;
        WalkOptions options;
        int root;
        bool stopped;   /* set by the owner: atomic access */
        uint64_t total; /* published at the end: atomic access */

        /* the task's own */
        Judge *judge;
        struct stat above[DEEPEST + 1]; /* the folders we are in */
        Buffer path;                    /* relative */
        uint64_t count;
};

static bool is_stopped(const Survey *survey) {
        return __atomic_load_n(&survey->stopped, __ATOMIC_RELAXED);
}

static Error *count_folder(Survey *survey, int fd, unsigned depth);

/* A link that leads back is not followed: that would not end. */
static bool may_enter(const Survey *survey, const struct stat *status, unsigned depth) {
        if (depth >= DEEPEST)
                return false;
        for (unsigned i = 0; survey->options.follows_links && i <= depth; i++)
                if (survey->above[i].st_dev == status->st_dev && survey->above[i].st_ino == status->st_ino)
                        return false;
        return true;
}

/* Counts what is at survey->path. */
static Error *count_entry(Survey *survey, int folder, const char *name, unsigned depth) {
        struct stat status;
        Verdict verdict;
        int no_follow = survey->options.follows_links ? 0 : AT_SYMLINK_NOFOLLOW;
        if (fstatat(folder, name, &status, no_follow) < 0)
                return NULL;
        const Candidate candidate = {
                .path = buffer_text(&survey->path), .status = &status, .parent = folder, .name = name
        };
        TRY(judge_path(survey->judge, &candidate, &verdict));
        if (S_ISREG(status.st_mode) && verdict == VERDICT_INCLUDE)
                survey->count += (uint64_t)status.st_size;
        if (!S_ISDIR(status.st_mode) || verdict == VERDICT_EXCLUDE || !may_enter(survey, &status, depth))
                return NULL;
        survey->above[depth + 1] = status;
        return count_folder(survey, openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC |
                                                                 (no_follow ? O_NOFOLLOW : 0)), depth + 1);
}

static bool is_self_or_parent(const char *name) {
        return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* FD is taken over; -1 is an unreadable folder. */
static Error *count_folder(Survey *survey, int fd, unsigned depth) {
        size_t length = survey->path.length;
        Error *error = NULL;
        DIR *folder = fd < 0 ? NULL : fdopendir(fd);
        if (!folder) {
                file_close(&fd);
                return NULL;
        }
        for (const struct dirent *found; !error && !is_stopped(survey) && (found = readdir(folder));) {
                if (is_self_or_parent(found->d_name))
                        continue;
                (void)buffer_print(&survey->path, "%s%s", length ? "/" : "", found->d_name); /* no ceiling */
                error = count_entry(survey, dirfd(folder), found->d_name, depth);
                buffer_truncate(&survey->path, length);
        }
        closedir(folder);
        return error;
}

static Error *run(void *context) {
        Survey *survey = context;
        TRY(count_folder(survey, TAKE_FD(survey->root), 0));
        if (!is_stopped(survey))
                __atomic_store_n(&survey->total, survey->count, __ATOMIC_RELAXED);
        return NULL;
}

Error *survey_open(const char *root, const WalkOptions *options, Survey **ret_survey) {
        AUTO(survey_close) Survey *survey = memory_new(Survey);
        survey->options = *options;
        survey->root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (options->follows_links ? 0 : O_NOFOLLOW));
        if (survey->root >= 0 && fstat(survey->root, &survey->above[0]) < 0)
                file_close(&survey->root);
        survey->judge = judge_new(options->selection, survey->above[0].st_dev);
        TRY(task_start(run, survey, &survey->task));
        *ret_survey = TAKE(survey);
        return NULL;
}

uint64_t survey_total(const Survey *survey) {
        return __atomic_load_n(&survey->total, __ATOMIC_RELAXED);
}

void survey_close(Survey *survey) {
        if (!survey)
                return;
        __atomic_store_n(&survey->stopped, true, __ATOMIC_RELAXED);
        error_free(task_join(survey->task)); /* the walk meets the same, and tells it */
        file_close(&survey->root);
        judge_free(survey->judge);
        buffer_clear(&survey->path);
        memory_free(survey);
}
