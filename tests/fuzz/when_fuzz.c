/* Times and intervals: what is read can be printed, and what is printed reads as the same. */
#include "base/when.h"
#include "fuzz/fuzz.h"

static void check_moment(Moment moment) {
        char text[17], local[40];
        Moment again;
        CivilTime civil = when_to_civil(moment);
        when_print_compact(moment, text);
        when_print_local(moment, local);
        must(when_parse_compact(bytes_of(text), &again));
        if (civil.year < 0 || civil.year > 9999)
                return;
        must(moment_compare(moment, again) == 0);
        must(moment_compare(moment, when_from_civil(&civil)) == 0);
}

static void check_w3(Moment moment, const WhenContext *context) {
        char text[24];
        Moment again = { 0 };
        when_print_w3(moment, text);
        AUTO(error_free) Error *error = when_parse(bytes_of(text), context, &again);
        must(!error);
        CivilTime civil = when_to_civil(moment);
        must(civil.year < 0 || civil.year > 9999 || moment_compare(moment, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const WhenContext context = { { 1795409026 }, 19800, size && data[0] & 1 ? '_' : 0 };
        Moment moment;
        int64_t seconds;
        if (size == 0)
                return 0;
        Bytes text = bytes_make(data + 1, size - 1);
        AUTO(error_free) Error *error = when_parse(text, &context, &moment);
        AUTO(error_free) Error *interval_error = when_parse_interval(text, &seconds);
        must(interval_error || seconds >= 0);
        if (!error) {
                check_moment(moment);
                check_w3(moment, &context);
        }
        return 0;
}
