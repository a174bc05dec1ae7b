#include "engine/changes.h"

#include "engine/cache.h"
#include "engine/session.h"
#include "sys/cancel.h"

DEFINE_LIST(RowList, row_list, FileChangeRow)

/* ---- one file in many sets ---- */

typedef struct Search {
        const char *path;
        bool is_found;
        FileChange change;
} Search;

static Error *look(void *context, FileChange change, const char *path) {
        Search *search = context;
        if (strcmp(path, search->path) == 0) {
                search->is_found = true;
                search->change = change;
        }
        return cancel_check();
}

static Error *collect_rows(Session *session, const Chain *chain, const char *path, RowList *rows) {
        for (size_t i = 0; chain && i < chain->set_count; i++) {
                Search search = { .path = path };
                TRY(cache_read_file_list(session, chain->sets[i], look, &search));
                if (search.is_found)
                        row_list_add(rows, (FileChangeRow){ .set = chain->sets[i], .change = search.change });
        }
        return NULL;
}

static Error *open_session(const Job *job, Session **ret_session) {
        AUTO(session_close) Session *session = NULL;
        TRY(session_open(job, SESSION_READS, &session));
        session_tell_last_full(session);
        TRY(cache_drop_strangers(session));
        *ret_session = TAKE(session);
        return NULL;
}

Error *changes_of_file(const Job *job, FileHistorySink *sink, void *context) {
        AUTO(session_close) Session *session = NULL;
        AUTO_VALUE(row_list_clear) RowList rows = { .items = NULL };
        TRY(open_session(job, &session));
        TRY(collect_rows(session, collection_newest(session->collection), job->changed_path, &rows));
        FileHistory history = {
                .collection = session->collection, .path = job->changed_path, .count = rows.count, .rows = rows.items
        };
        sink(context, &history);
        return NULL;
}

/* ---- all files of one set ---- */

size_t changes_width(const char *text) {
        size_t count = 0;
        for (; *text; text++)
                count += ((unsigned char)*text & 0xC0) != 0x80; /* not the bytes that go on with one */
        return count;
}

static Error *measure(void *context, UNUSED FileChange change, const char *path) {
        SetChanges *changes = context;
        AUTO_VALUE(buffer_clear) Buffer quoted;
        buffer_init(&quoted, 0);
        manifest_quote(path, &quoted);
        changes->count++;
        changes->widest = MAX(changes->widest, changes_width(buffer_text(&quoted)));
        return cancel_check();
}

/* Set NUMBER, counted from the newest of the newest chain; NULL when there are fewer. */
static const BackupSet *find_set(const Collection *collection, size_t number) {
        for (size_t i = collection->chain_count; i-- > 0;) {
                const Chain *chain = &collection->chains[i];
                if (number < chain->set_count)
                        return chain->sets[chain->set_count - 1 - number];
                number -= chain->set_count;
        }
        return NULL;
}

static Error *choose_set(const Session *session, const BackupSet **ret_set) {
        const Collection *collection = session->collection;
        unsigned number = session->job->changes_in_set;
        size_t count = 0;
        for (size_t i = 0; i < collection->chain_count; i++)
                count += collection->chains[i].set_count;
        *ret_set = find_set(collection, number);
        if (*ret_set || count == 0)
                return NULL;
        return error_with_code(error_new(ERROR_USER,
                                         "there is no set %u (option '--show-changes-in-set'): they go from 0, the "
                                         "newest, to %zu",
                                         number, count - 1),
                               EXIT_CODE_COMMAND_LINE);
}

Error *changes_in_set(const Job *job, const SetChangesSinks *sinks) {
        AUTO(session_close) Session *session = NULL;
        TRY(open_session(job, &session));
        SetChanges changes = { .set = NULL };
        TRY(choose_set(session, &changes.set));
        if (changes.set)
                TRY(cache_read_file_list(session, changes.set, measure, &changes));
        sinks->begin(sinks->context, &changes);
        if (changes.set)
                TRY(cache_read_file_list(session, changes.set, sinks->change, sinks->context));
        sinks->end(sinks->context);
        return NULL;
}
