#include "sys/owner.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>

#include "base/list.h"
#include "base/memory.h"

#define FIRST_ROOM ((size_t)1024)
#define MOST_ROOM ((size_t)16 * 1024 * 1024) /* a group's entry lists its members */

/* What is known: one pairing of a name and an id, or that there is none for the one that was asked. */
typedef struct Account {
        uint32_t id;
        const char *name;
        bool exists;
} Account;

DEFINE_LIST(AccountList, account_list, Account)

/* Completes ACCOUNT, which has the id or the name; the texts go to ROOM. Returns an errno value (ERANGE: needs more).
 */
typedef int AskFunction(Account *account, char *room, size_t size);

static int ask_user_name(Account *account, char *room, size_t size) {
        struct passwd entry, *found = NULL;
        int failure = getpwuid_r(account->id, &entry, room, size, &found);
        account->exists = found;
        account->name = found ? entry.pw_name : NULL;
        return failure;
}

static int ask_group_name(Account *account, char *room, size_t size) {
        struct group entry, *found = NULL;
        int failure = getgrgid_r(account->id, &entry, room, size, &found);
        account->exists = found;
        account->name = found ? entry.gr_name : NULL;
        return failure;
}

static int ask_user_id(Account *account, char *room, size_t size) {
        struct passwd entry, *found = NULL;
        int failure = getpwnam_r(account->name, &entry, room, size, &found);
        account->exists = found;
        account->id = found ? entry.pw_uid : 0;
        return failure;
}

static int ask_group_id(Account *account, char *room, size_t size) {
        struct group entry, *found = NULL;
        int failure = getgrnam_r(account->name, &entry, room, size, &found);
        account->exists = found;
        account->id = found ? entry.gr_gid : 0;
        return failure;
}

typedef int CompareFunction(const Account *a, const Account *b);

static int compare_ids(const Account *a, const Account *b) {
        return a->id < b->id ? -1 : a->id > b->id;
}

static int compare_names(const Account *a, const Account *b) {
        return strcmp(a->name, b->name);
}

/* The answers to one kind of question, sorted by what was asked. */
typedef struct Cache {
        AskFunction *ask;
        CompareFunction *compare;
        AccountList known;
        size_t last; /* the answer given last: neighbours in a tree mostly have one owner */
} Cache;

static Cache user_names = { .ask = ask_user_name, .compare = compare_ids };
static Cache group_names = { .ask = ask_group_name, .compare = compare_ids };
static Cache user_ids = { .ask = ask_user_id, .compare = compare_names };
static Cache group_ids = { .ask = ask_group_id, .compare = compare_names };

/* An account that cannot be asked for (a name service that is down) counts as none. */
static Account ask(const Cache *cache, Account question) {
        Account answer = question;
        char *room = NULL;
        int failure = ERANGE;
        for (size_t size = FIRST_ROOM; failure == ERANGE && size <= MOST_ROOM; size *= 2) {
                room = memory_resize(room, size);
                failure = cache->ask(&answer, room, size);
        }
        answer.name = memory_text(answer.name);
        memory_free(room);
        return answer;
}

/* Index of the first known account that is not below QUESTION. */
static size_t find_place(const Cache *cache, const Account *question) {
        size_t low = 0, high = cache->known.count;
        while (low < high) {
                size_t middle = low + (high - low) / 2;
                if (cache->compare(&cache->known.items[middle], question) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static bool is_at(const Cache *cache, size_t place, const Account *question) {
        return place < cache->known.count && cache->compare(&cache->known.items[place], question) == 0;
}

static void insert(AccountList *list, size_t place, Account account) {
        account_list_add(list, account);
        memmove(&list->items[place + 1], &list->items[place], (list->count - 1 - place) * sizeof(Account));
        list->items[place] = account;
}

static const Account *look_up(Cache *cache, Account question) {
        if (!is_at(cache, cache->last, &question)) {
                cache->last = find_place(cache, &question);
                if (!is_at(cache, cache->last, &question))
                        insert(&cache->known, cache->last, ask(cache, question));
        }
        return &cache->known.items[cache->last];
}

static bool find_id(Cache *cache, const char *name, uint32_t *ret_id) {
        if (!name || !*name)
                return false;
        const Account *account = look_up(cache, (Account){ .name = name });
        if (account->exists)
                *ret_id = account->id;
        return account->exists;
}

const char *owner_user_name(uint32_t uid) {
        return look_up(&user_names, (Account){ .id = uid })->name;
}

const char *owner_group_name(uint32_t gid) {
        return look_up(&group_names, (Account){ .id = gid })->name;
}

bool owner_user_id(const char *name, uint32_t *ret_uid) {
        return find_id(&user_ids, name, ret_uid);
}

bool owner_group_id(const char *name, uint32_t *ret_gid) {
        return find_id(&group_ids, name, ret_gid);
}
