#include "storage/ftp_listing.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

static bool is_fact(Bytes fact, const char *name, Bytes *ret_value) {
        Bytes value, key = bytes_cut(fact, '=', &value);
        if (key.length != strlen(name) || strncasecmp((const char *)key.at, name, key.length) != 0)
                return false;
        *ret_value = value;
        return true;
}

/* "20261123044346", or with ".123" behind it, in UTC. */
static bool read_time(Bytes value, Moment *ret_moment) {
        AUTO_TEXT char *text = memory_print("%.8sT%.6sZ", value.length >= 14 ? (const char *)value.at : "",
                                            value.length >= 14 ? (const char *)value.at + 8 : "");
        return when_parse_compact(bytes_of(text), ret_moment);
}

bool ftp_listing_read_facts(Bytes line, FtpEntry *ret_entry) {
        Bytes value, name, facts = bytes_cut(line, ' ', &name);
        FtpEntry entry = { .name = name };
        bool has_size = false, has_type = false;
        if (!name.length)
                return false;
        while (facts.length) {
                Bytes fact = bytes_cut(facts, ';', &facts);
                if (is_fact(fact, "type", &value)) {
                        has_type = true;
                        entry.is_file = value.length == 4 && strncasecmp((const char *)value.at, "file", 4) == 0;
                } else if (is_fact(fact, "size", &value)) {
                        has_size = bytes_to_number(value, &entry.size);
                } else if (is_fact(fact, "modify", &value)) {
                        entry.has_time = read_time(value, &entry.modified);
                }
        }
        *ret_entry = entry;
        return has_type && (has_size || !entry.is_file);
}

/* Takes the next word of *LINE, which then begins with the blank behind it. Empty at the end. */
static Bytes take_word(Bytes *line) {
        size_t start = 0, end;
        while (start < line->length && line->at[start] == ' ')
                start++;
        for (end = start; end < line->length && line->at[end] != ' ';)
                end++;
        Bytes word = bytes_slice(*line, start, end - start);
        *line = bytes_slice(*line, end, line->length);
        return word;
}

static bool is_month(Bytes word) {
        static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
        if (word.length != 3)
                return false;
        for (const char *month = months; *month; month += 3)
                if (strncasecmp(month, (const char *)word.at, 3) == 0)
                        return true;
        return false;
}

static bool is_digit_word(Bytes word) {
        uint64_t number;
        return bytes_to_number(word, &number);
}

/* "4", "04:30" or "2026": what follows a month. */
static bool is_day_and_time(Bytes day, Bytes time) {
        return is_digit_word(day) && time.length >= 4 && isdigit(time.at[0]) &&
               (is_digit_word(time) || memchr(time.at, ':', time.length));
}

/* "2026-11-23", as some servers have it in place of month and day. */
static bool is_date(Bytes word) {
        return word.length == 10 && word.at[4] == '-' && word.at[7] == '-' && is_digit_word(bytes_slice(word, 0, 4));
}

/* The size is the last number in front of the date: what stands before it, owners with blanks in their names and all,
 * is none of our business. */
static bool read_long_form(Bytes line, FtpEntry *ret_entry) {
        uint64_t size = 0;
        bool has_size = false;
        Bytes rest = line, word = take_word(&rest);
        while ((word = take_word(&rest)).length) {
                Bytes behind = rest;
                Bytes next = take_word(&behind);
                bool is_dated = is_date(word);
                if (!is_dated && is_month(word)) {
                        Bytes time = take_word(&behind);
                        is_dated = is_day_and_time(next, time);
                }
                if (is_dated && has_size) {
                        Bytes name = bytes_slice(behind, 1, behind.length); /* one blank only: a name may begin so */
                        *ret_entry = (FtpEntry){ .name = name, .size = size, .is_file = line.at[0] == '-' };
                        return name.length > 0;
                }
                has_size = bytes_to_number(word, &size);
        }
        return false;
}

/* "10-23-26  04:30PM  <DIR>  name", "10-23-2026  04:30PM  12 name" */
static bool read_dos_form(Bytes line, FtpEntry *ret_entry) {
        Bytes rest = line;
        FtpEntry entry = { .size = 0 };
        Bytes date = take_word(&rest), time = take_word(&rest), size = take_word(&rest);
        if (date.length < 8 || date.at[2] != '-' || date.at[5] != '-' || !time.length ||
            !memchr(time.at, ':', time.length))
                return false;
        entry.is_file = bytes_to_number(size, &entry.size);
        if (!entry.is_file && !bytes_equal_text(size, "<DIR>"))
                return false;
        entry.name = entry.is_file ? bytes_slice(rest, 1, rest.length) : bytes_trim(rest);
        *ret_entry = entry;
        return entry.name.length > 0;
}

bool ftp_listing_read_line(Bytes line, FtpEntry *ret_entry) {
        if (line.length == 0 || bytes_start_with(line, "total ")) {
                *ret_entry = (FtpEntry){ .is_file = false };
                return true;
        }
        if (isdigit(line.at[0]))
                return read_dos_form(line, ret_entry);
        return strchr("-dlbcps", line.at[0]) && read_long_form(line, ret_entry);
}
