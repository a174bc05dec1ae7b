#include "cli/progress.h"

#include "base/memory.h"
#include "base/path.h"
#include "report/report.h"

/* A path of fewer columns says nothing. */
enum { LEAST_PATH_COLUMNS = 12 };

static const char ellipsis[] = "...";

static bool begins_character(char byte) {
        return ((unsigned char)byte & 0xC0) != 0x80;
}

/* Characters of valid UTF-8, taken for one column each. */
static size_t count_columns(const char *text) {
        size_t count = 0;
        for (; *text; text++)
                count += begins_character(*text);
        return count;
}

static void print_speed(const Progress *progress, double seconds, Buffer *out) {
        if (seconds < 1)
                return;
        double speed = (double)progress->bytes / seconds;
        (void)buffer_add_text(out, ", ");
        report_print_size((uint64_t)speed, out);
        (void)buffer_add_text(out, "/s");
        if (progress->total_bytes <= progress->bytes || speed < 1)
                return;
        double left = (double)(progress->total_bytes - progress->bytes) / speed;
        uint64_t whole = left < 1e9 ? (uint64_t)left : (uint64_t)1e9;
        (void)buffer_print(out, ", %llu:%02u:%02u left", (unsigned long long)(whole / 3600),
                           (unsigned)(whole / 60 % 60), (unsigned)(whole % 60));
}

static void print_amounts(const Progress *progress, double seconds, Buffer *out) {
        (void)buffer_print(out, "%s: ", progress->doing);
        report_print_size(progress->bytes, out);
        if (progress->total_bytes) {
                (void)buffer_add_text(out, " of ");
                report_print_size(progress->total_bytes, out);
        }
        (void)buffer_print(out, ", %llu file%s", (unsigned long long)progress->files, progress->files == 1 ? "" : "s");
        print_speed(progress, seconds, out);
}

/* Appends the end of PATH that fits into COLUMNS. */
static void print_path(const char *path, size_t columns, Buffer *out) {
        AUTO_TEXT char *printable = path_printable(path);
        const char *rest = printable;
        size_t count = count_columns(printable);
        if (count > columns) {
                (void)buffer_add_text(out, ellipsis);
                for (size_t kept = columns - strlen(ellipsis); count > kept; rest++)
                        count -= begins_character(*rest);
                while (!begins_character(*rest))
                        rest++;
        }
        (void)buffer_add_text(out, rest);
}

/* Everything but the path is ASCII. */
void progress_print(const Progress *progress, double seconds, unsigned columns, Buffer *out) {
        size_t start = out->length;
        print_amounts(progress, seconds, out);
        size_t used = out->length - start;
        if (columns && used > columns)
                buffer_truncate(out, start + columns);
        else if (progress->path && progress->path[0] && (!columns || columns - used >= LEAST_PATH_COLUMNS + 2)) {
                (void)buffer_add_text(out, ", ");
                print_path(progress->path, columns ? columns - used - 2 : SIZE_MAX, out);
        }
}

void progress_print_numbers(const Progress *progress, double seconds, Buffer *out) {
        double share = progress->total_bytes ? (double)progress->bytes / (double)progress->total_bytes : 0;
        double left = share > 0 && share < 1 ? seconds / share - seconds : 0;
        double speed = seconds > 0 ? (double)progress->stored_bytes / seconds : 0;
        (void)buffer_print(out, "%ju %.0f %.0f %.0f %.0f %d", (uintmax_t)progress->stored_bytes, seconds,
                           100 * MIN(share, 1), left, speed, seconds > 0 && progress->bytes == 0);
}
