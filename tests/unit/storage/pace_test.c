#include "storage/pace.h"

#include "support/test.h"
#include "sys/clock.h"

TEST(pace_holds_back_only_where_there_is_a_limit) {
        Pace free = { .rate = 0 }, held = { .rate = 1000000 };
        double start = clock_monotonic();
        for (int i = 0; i < 1000; i++)
                pace_note(&free, SIZE_MAX / 2);
        assert_true(free.due == 0.0);
        for (int i = 0; i < 10; i++)
                pace_note(&held, 10000);
        assert_true(clock_monotonic() - start >= 0.1 - 0.02); /* 100,000 bytes, but for what is saved up */
        assert_true(held.due >= start + 0.1);
}
