#include "engine/survey.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "sys/file.h"
#include "sys/task.h"

enum { DEEPEST = 200 }; /* each level holds a descriptor, and this is an estimate */

struct Survey {
        Task *task;
        int root;
        bool stopped;   /* set by the owner: atomic access */
        uint64_t total; /* published at the end: atomic access */
        uint64_t count; /* the task's own */
};

static void count_folder(Survey *survey, int fd, unsigned depth);

static void count_entry(Survey *survey, int folder, const char *name, unsigned depth) {
        struct stat status;
        if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
                return;
        if (S_ISREG(status.st_mode))
                survey->count += (uint64_t)status.st_size;
        else if (S_ISDIR(status.st_mode) && depth < DEEPEST)
                count_folder(survey, openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), depth + 1);
}

static bool is_self_or_parent(const char *name) {
        return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* FD is taken over; -1 is an unreadable folder. */
static void count_folder(Survey *survey, int fd, unsigned depth) {
        DIR *folder = fd < 0 ? NULL : fdopendir(fd);
        if (!folder) {
                file_close(&fd);
                return;
        }
        for (const struct dirent *found; (found = readdir(folder));) {
                if (__atomic_load_n(&survey->stopped, __ATOMIC_RELAXED))
                        break;
                if (!is_self_or_parent(found->d_name))
                        count_entry(survey, dirfd(folder), found->d_name, depth);
        }
        closedir(folder);
}

static Error *run(void *context) {
        Survey *survey = context;
        count_folder(survey, TAKE_FD(survey->root), 0);
        if (!__atomic_load_n(&survey->stopped, __ATOMIC_RELAXED))
                __atomic_store_n(&survey->total, survey->count, __ATOMIC_RELAXED);
        return NULL;
}

Error *survey_open(const char *root, Survey **ret_survey) {
        AUTO(survey_close) Survey *survey = memory_new(Survey);
        survey->root = open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
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
        error_free(task_join(survey->task));
        file_close(&survey->root);
        memory_free(survey);
}
