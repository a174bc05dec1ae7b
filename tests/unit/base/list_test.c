#include "base/list.h"

#include "support/test.h"

DEFINE_LIST(NumberList, number_list, int)

TEST(a_list_grows_and_keeps_its_order) {
        NumberList list = { .items = NULL };
        for (int i = 0; i < 1000; i++)
                number_list_add(&list, i * 3);
        assert_int_equal(list.count, 1000);
        for (int i = 0; i < 1000; i++)
                assert_int_equal(list.items[i], i * 3);
        number_list_clear(&list);
        assert_int_equal(list.count, 0);
        assert_null(list.items);
        number_list_add(&list, 5);
        assert_int_equal(list.items[0], 5);
        number_list_clear(&list);
}
