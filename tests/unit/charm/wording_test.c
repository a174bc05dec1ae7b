#include "charm/wording.h"

#include "support/test.h"

TEST(options_of_the_command_line_become_those_of_the_charm) {
        AUTO(arena_free) Arena *arena = arena_new();
        assert_string_equal(wording_of_charm("bad passphrase (check PASSPHRASE)", arena),
                            "bad passphrase (check encryption_passphrase)");
        assert_string_equal(wording_of_charm("set SIGN_PASSPHRASE or --encrypt-key, say --force", arena),
                            "set encryption_passphrase or gpg_public_key, give force=true");
        assert_string_equal(wording_of_charm("nothing of it", arena), "nothing of it");
        assert_string_equal(wording_of_charm("", arena), "");
}
