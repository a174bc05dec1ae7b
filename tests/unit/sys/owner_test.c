#include "sys/owner.h"

#include <grp.h>
#include <pwd.h>

#include "base/memory.h"
#include "support/test.h"

#define NOBODY_HAS_THIS 4000000001u

TEST(owner_agrees_with_the_accounts_of_this_machine) {
        char *users[1000];
        uint32_t uids[1000], id = 0;
        size_t count = 0;
        setpwent();
        for (struct passwd *entry = getpwent(); entry && count < ARRAY_LENGTH(users); entry = getpwent()) {
                users[count] = memory_text(entry->pw_name);
                uids[count++] = entry->pw_uid;
        }
        endpwent();
        assert_true(count > 1);
        for (size_t i = 0; i < 2 * count; i++) { /* asked, then remembered */
                assert_true(owner_user_id(users[i % count], &id));
                assert_int_equal(id, uids[i % count]);
                assert_true(owner_user_id(owner_user_name(uids[i % count]), &id)); /* the first of several names */
                assert_int_equal(id, uids[i % count]);
        }
        for (size_t i = 0; i < count; i++)
                memory_free(users[i]);
}

TEST(owner_knows_root) {
        uint32_t id = 99;
        assert_string_equal(owner_user_name(0), "root");
        assert_string_equal(owner_group_name(0), "root");
        assert_ptr_equal(owner_user_name(0), owner_user_name(0));
        assert_true(owner_user_id("root", &id));
        assert_int_equal(id, 0);
        id = 99;
        assert_true(owner_group_id("root", &id));
        assert_int_equal(id, 0);
}

TEST(owner_users_are_not_groups) {
        struct group *tty = getgrnam("tty");
        uint32_t id = 0;
        if (!tty || getpwnam("tty"))
                skip(); /* an odd machine */
        gid_t gid = tty->gr_gid;
        assert_false(owner_user_id("tty", &id));
        assert_true(owner_group_id("tty", &id));
        assert_int_equal(id, gid);
        assert_string_equal(owner_group_name(gid), "tty");
}

TEST(owner_says_so_when_there_is_none) {
        uint32_t id = 7;
        for (int i = 0; i < 2; i++) {
                assert_null(owner_user_name(NOBODY_HAS_THIS));
                assert_null(owner_group_name(NOBODY_HAS_THIS));
                assert_false(owner_user_id("no such account!", &id));
                assert_false(owner_group_id("no such account!", &id));
                assert_false(owner_user_id("", &id));
                assert_false(owner_user_id(NULL, &id));
                assert_false(owner_group_id(NULL, &id));
        }
        assert_int_equal(id, 7);
}

/* Answers stay right and in place while others are added before and behind them. */
TEST(owner_remembers_many) {
        const char *root = owner_user_name(0);
        for (uint32_t i = 0; i < 300; i++)
                assert_null(owner_user_name(NOBODY_HAS_THIS + i * 7919 % 1009));
        assert_ptr_equal(owner_user_name(0), root);
        assert_string_equal(root, "root");
}
