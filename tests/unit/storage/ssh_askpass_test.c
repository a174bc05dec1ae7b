#include "storage/ssh_askpass.h"

#include "support/test.h"
#include "sys/process.h"

TEST(ssh_askpass_answers_only_when_announced) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO(secret_free) Secret *secret = secret_new(bytes_of("the password"));
        AUTO_VALUE(text_list_clear) TextList environment = { .items = NULL };
        AUTO_VALUE(process_result_clear) ProcessResult result = { .status = 0 };
        ssh_askpass_announce(secret, arena, &environment);
        text_list_add(&environment, NULL);
        const char *const script[] = { "sh", "-c", "exec \"$SSH_ASKPASS\" 'me@host password:'", NULL };
        ssh_askpass_become(2); /* returns: we have not been announced */
        assert_ok(process_run(&(ProcessSpec){ .arguments = script, .environment = environment.items, .most = 1000 },
                              &result));
        assert_int_equal(result.status, 0);
        assert_string_equal(buffer_text(&result.out), "the password\n");
}

/* The test above, by a program whose file is gone. */
TEST(ssh_askpass_finds_a_program_that_was_replaced) {
        AUTO_VALUE(process_result_clear) ProcessResult result = { .status = 0 };
        const char *const script[] = { "sh", "-c",
                                       "cp \"/proc/$PPID/exe\" copy && exec 9<copy && rm copy && "
                                       "exec /proc/self/fd/9 ssh_askpass_answers_only",
                                       NULL };
        assert_ok(process_run(&(ProcessSpec){ .arguments = script, .most = 10000 }, &result));
        assert_int_equal(result.status, 0);
}
