#include "cli/nearest.h"

#include "base/attribute.h"

enum { LONGEST_WORD = 64 };

Nearest nearest_begin(Bytes wanted) {
        return (Nearest){ .wanted = wanted, .distance = wanted.length ? wanted.length / 3 + 1 : 0 };
}

/* Levenshtein's distance, row by row: row[i] is that of A's first I letters to the part of B seen so far. */
static size_t distance_of(Bytes a, Bytes b) {
        size_t row[LONGEST_WORD + 1];
        for (size_t i = 0; i <= a.length; i++)
                row[i] = i;
        for (size_t j = 0; j < b.length; j++) {
                size_t diagonal = row[0];
                row[0] = j + 1;
                for (size_t i = 0; i < a.length; i++) {
                        size_t replaced = diagonal + (a.at[i] != b.at[j]);
                        diagonal = row[i + 1];
                        row[i + 1] = MIN(replaced, MIN(row[i], diagonal) + 1);
                }
        }
        return row[a.length];
}

void nearest_offer(Nearest *nearest, const char *word) {
        if (nearest->wanted.length > LONGEST_WORD)
                return;
        size_t distance = distance_of(nearest->wanted, bytes_of(word));
        if (distance >= nearest->distance)
                return;
        nearest->distance = distance;
        nearest->word = word;
}
