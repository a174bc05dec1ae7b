#include "source/judge.h"

#include <fcntl.h>

#include "base/buffer.h"
#include "source/rules.h"

struct Judge {
        const Selection *selection;
        dev_t root_device;
        RegexpRoom *room;
        Buffer path;  /* as the rules see it: with the root in front */
        size_t prefix_length; /* of the root and a slash, there */
        Buffer inner; /* of a file that may be present */
};

/* What a rule says of a path. Both may be: some of its patterns lead on, a later one decides. */
typedef struct Answer {
        bool leads, decides, include;
} Answer;

static Answer decide(bool applies, bool include) {
        return (Answer){ .decides = applies, .include = include };
}

static bool is_folder(const Candidate *candidate) {
        return candidate->status && S_ISDIR(candidate->status->st_mode);
}

static Answer ask_glob(const Rule *rule, const Judge *judge, const Candidate *candidate) {
        GlobAnswer answer = glob_match(rule->glob, buffer_bytes(&judge->path), is_folder(candidate), rule->include);
        return (Answer){ .leads = answer == GLOB_LEADS, .decides = answer == GLOB_MATCHES, .include = rule->include };
}

static Answer ask_paths(const Rule *rule, const Judge *judge, const Candidate *candidate) {
        PathSetAnswer answer = path_set_find(rule->paths, buffer_bytes(&judge->path), is_folder(candidate));
        return (Answer){ .leads = answer.lead < answer.match, .decides = answer.match != PATH_SET_NONE,
                         .include = answer.match & 1 };
}

static Answer ask_if_present(const Rule *rule, Judge *judge, const Candidate *candidate) {
        struct stat status;
        buffer_truncate(&judge->inner, 0);
        (void)buffer_print(&judge->inner, "%s/%s", candidate->name, rule->text); /* no ceiling, cannot fail */
        return decide(is_folder(candidate) && fstatat(candidate->parent, buffer_text(&judge->inner), &status,
                                                      AT_SYMLINK_NOFOLLOW) == 0,
                      false);
}

static bool is_device(const struct stat *status) {
        return S_ISCHR(status->st_mode) || S_ISBLK(status->st_mode);
}

static bool is_older(const struct stat *status, Moment moment) {
        return S_ISREG(status->st_mode) && status->st_mtim.tv_sec < moment.seconds;
}

static Error *ask_regexp(const Rule *rule, const Judge *judge, Answer *ret_answer) {
        bool is_found = false;
        TRY_AS(regexp_search(rule->regexp, judge->room, buffer_bytes(&judge->path), &is_found),
               "cannot tell whether '%s' matches '%s'", buffer_text(&judge->path), rule->text);
        *ret_answer = decide(is_found, rule->include);
        return NULL;
}

static Error *ask(const Rule *rule, Judge *judge, const Candidate *candidate, Answer *ret_answer) {
        const struct stat *status = candidate->status;
        switch (rule->kind) {
        case RULE_GLOB:
                *ret_answer = ask_glob(rule, judge, candidate);
                return NULL;
        case RULE_PATHS:
                *ret_answer = ask_paths(rule, judge, candidate);
                return NULL;
        case RULE_REGEXP:
                return ask_regexp(rule, judge, ret_answer);
        case RULE_IF_PRESENT:
                *ret_answer = ask_if_present(rule, judge, candidate);
                return NULL;
        case RULE_DEVICE_FILES:
                *ret_answer = decide(status && is_device(status), false);
                return NULL;
        case RULE_OTHER_FILESYSTEMS:
                *ret_answer = decide(status && status->st_dev != judge->root_device, false);
                return NULL;
        case RULE_OLDER_THAN:
                *ret_answer = decide(status && is_older(status, rule->before), false);
                return NULL;
        }
        abort(); /* every kind is dealt with */
}

Judge *judge_new(const Selection *selection, dev_t root_device) {
        Judge *judge = memory_new(Judge);
        judge->selection = selection;
        judge->root_device = root_device;
        judge->room = regexp_room_new();
        (void)buffer_print(&judge->path, "%s/", selection ? selection->prefix : ""); /* no ceiling, cannot fail */
        judge->prefix_length = judge->path.length;
        return judge;
}

Error *judge_path(Judge *judge, const Candidate *candidate, Verdict *ret_verdict) {
        const Selection *selection = judge->selection;
        bool leads = false;
        *ret_verdict = VERDICT_INCLUDE;
        if (!selection)
                return NULL;
        Bytes path = bytes_of(candidate->path);
        if (selection->only && !path_set_find(selection->only, path, false).is_known) {
                *ret_verdict = VERDICT_EXCLUDE;
                return NULL;
        }
        buffer_truncate(&judge->path, judge->prefix_length);
        (void)buffer_add(&judge->path, path); /* no ceiling, cannot fail */
        for (size_t i = 0; i < selection->rules.count; i++) {
                Answer answer = { .leads = false };
                TRY(ask(&selection->rules.items[i], judge, candidate, &answer));
                leads = leads || answer.leads;
                if (answer.decides) {
                        *ret_verdict = answer.include ? VERDICT_INCLUDE : leads ? VERDICT_SCAN : VERDICT_EXCLUDE;
                        return NULL;
                }
        }
        *ret_verdict = leads ? VERDICT_SCAN : VERDICT_INCLUDE;
        return NULL;
}

void judge_free(Judge *judge) {
        if (!judge)
                return;
        regexp_room_free(judge->room);
        buffer_clear(&judge->path);
        buffer_clear(&judge->inner);
        memory_free(judge);
}
