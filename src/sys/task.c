#include "sys/task.h"

#include <pthread.h>
#include <signal.h>

#include "base/memory.h"

struct Task {
        pthread_t thread;
        Error *(*function)(void *context);
        void *context;
        Error *result;
};

static void *run(void *argument) {
        Task *task = argument;
        task->result = task->function(task->context);
        return NULL;
}

/* A thread inherits the mask of its maker: signals stay with the threads that the program began with. */
static int create_deaf_thread(Task *task) {
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        int failure = pthread_create(&task->thread, NULL, run, task);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        return failure;
}

Error *task_start(Error *(*function)(void *context), void *context, Task **ret_task) {
        Task *task = memory_new(Task);
        task->function = function;
        task->context = context;
        int failure = create_deaf_thread(task);
        if (failure) {
                memory_free(task);
                AUTO(error_free) Error *cause = error_from_errno(failure, "cannot start a thread");
                return error_new(ERROR_SYSTEM, "%s", error_story(cause));
        }
        *ret_task = task;
        return NULL;
}

Error *task_join(Task *task) {
        if (!task)
                return NULL;
        (void)pthread_join(task->thread, NULL); /* fails only for threads that are not ours to join */
        Error *result = task->result;
        memory_free(task);
        return result;
}
