#include "engine/find.h"

#include <inttypes.h>

#include "base/encode.h"
#include "base/path.h"
#include "catalog/choose.h"
#include "engine/cache.h"
#include "engine/header.h"
#include "engine/session.h"
#include "source/glob.h"
#include "sys/cancel.h"
#include "sys/sorter.h"

enum { SORTER_MEMORY = 8 << 20 };

/* ---- facts: what one archive says of one path, as a line of text that sorts by path, then by set ---- */

typedef struct Fact {
        size_t set; /* index into Find.sets */
        bool is_deleted;
        EntryType type;
        SizeRange size;
        int64_t modified;
        char digest[2 * DIGEST_SHA256_SIZE + 1]; /* of all that is known of it */
} Fact;

/* A set, and where it stands. */
typedef struct FindSet {
        const BackupSet *set;
        size_t chain; /* number of its chain */
        bool is_read; /* all of its signature archive */
} FindSet;

/* A search at work. */
typedef struct Find {
        Session *session;
        const Glob *pattern;
        Sorter *facts;
        size_t set_count;
        FindSet *sets;        /* chain by chain, the oldest first */
        size_t chain_count;
        size_t *fulls;        /* index into sets of each chain's full set */
        Summary *summary;
        FindSink *sink;
        void *context;

        Buffer path;          /* at work */
        bool is_there, has_path;
        size_t next_chain;    /* the first chain whose full set has not been looked at for this path */
        Fact latest;          /* what was last known of it */
} Find;

/* Hexadecimal digits sort like bytes, and '/' before all of them as "00", which no other byte of a path is. */
static void print_key(const char *path, Buffer *out) {
        size_t length = strlen(path);
        char *text = buffer_reserve(out, 2 * length + 1); /* no ceiling, cannot fail */
        encode_hex(bytes_make(path, length), text);
        for (size_t i = 0; i < length; i++)
                if (path[i] == '/')
                        memset(text + 2 * i, '0', 2);
        out->length += 2 * length;
}

static void read_key(Bytes key, Buffer *path) {
        buffer_truncate(path, 0);
        for (; key.length; key = bytes_slice(key, 2, SIZE_MAX)) {
                uint8_t byte = 0;
                (void)encode_from_hex(bytes_slice(key, 0, 2), &byte, 1); /* print_key's work */
                (void)buffer_add_byte(path, byte ? byte : '/');
        }
}

static Error *add_fact(Find *find, const char *path, const Fact *fact) {
        AUTO_VALUE(buffer_clear) Buffer text;
        buffer_init(&text, 0);
        print_key(path, &text);
        (void)buffer_print(&text, " %08zx %d %d %" PRIu64 " %" PRIu64 " %" PRId64 " %s", fact->set, fact->is_deleted,
                           (int)fact->type, fact->size.least, fact->size.most, fact->modified, fact->digest);
        return sorter_add(find->facts, buffer_text(&text));
}

static void read_fact(Bytes text, Fact *fact) {
        int is_deleted = 0, type = 0;
        *fact = (Fact){ .set = 0 };
        (void)sscanf((const char *)text.at, "%zx %d %d %" SCNu64 " %" SCNu64 " %" SCNd64 " %64s", &fact->set,
                     &is_deleted, &type, &fact->size.least, &fact->size.most, &fact->modified,
                     fact->digest); /* add_fact's work */
        fact->is_deleted = is_deleted;
        fact->type = (EntryType)type;
}

/* What makes two versions the same, wherever they come from: fractions of seconds, which stock does not keep, are left
 * out, and so is of links everything but the target. */
static Error *digest_version(SignatureIn *in, const Recorded *recorded, char *ret_text) {
        const Entry *entry = &recorded->entry;
        uint8_t content[DIGEST_SHA256_SIZE], all[DIGEST_SHA256_SIZE];
        char content_text[2 * DIGEST_SHA256_SIZE + 1] = "";
        if (recorded->has_signature) {
                TRY(signature_in_digest(in, content));
                encode_hex(bytes_make(content, sizeof content), content_text);
        }
        AUTO_TEXT char *text =
                entry->type == ENTRY_LINK
                        ? memory_print("link %s", entry->target ? entry->target : "")
                        : memory_print("%d %o %u %u %" PRId64 " %u %u %s", (int)entry->type, entry->mode, entry->uid,
                                       entry->gid, entry->modified, entry->major, entry->minor, content_text);
        digest_once(DIGEST_SHA256, bytes_of(text), all);
        encode_hex(bytes_make(all, sizeof all), ret_text);
        return NULL;
}

static Error *read_member(Find *find, size_t set, SignatureIn *in, const SignatureMember *member) {
        Recorded recorded;
        Fact fact = { .set = set, .is_deleted = member->kind == MEMBER_DELETED, .digest = "-" };
        if (fact.is_deleted)
                return add_fact(find, member->path, &fact);
        TRY(signature_in_describe(in, &recorded));
        if (!find->session->job->numeric_owner)
                header_map_owner(&recorded.entry);
        fact.type = recorded.entry.type;
        fact.size = recorded.size;
        fact.modified = recorded.entry.modified;
        TRY(digest_version(in, &recorded, fact.digest));
        return add_fact(find, member->path, &fact);
}

static bool is_wanted(const Find *find, const SignatureMember *member) {
        const char *path = member->path[0] ? member->path : ".";
        return glob_match(find->pattern, bytes_of(path), member->header->type == TAR_FOLDER, false) == GLOB_MATCHES;
}

static Error *read_archive(Find *find, size_t set) {
        AUTO(signature_in_close) SignatureIn *in = NULL;
        const BackupSet *read = find->sets[set].set;
        Reader *reader = NULL;
        if (!read->signature)
                return error_new(ERROR_MISSING, "its signature archive is missing");
        TRY(cache_open_signatures(find->session, read, &reader));
        in = signature_in_open(reader, read->signature->name, 0);
        for (;;) {
                const SignatureMember *member;
                TRY(cancel_check());
                TRY(signature_in_next(in, &member));
                if (!member)
                        return NULL;
                if (is_wanted(find, member))
                        TRY(read_member(find, set, in, member));
        }
}

/* One archive less is told; the others still say something. */
static Error *read_archives(Find *find) {
        for (size_t i = 0; i < find->set_count; i++) {
                AUTO(error_free) Error *failure = read_archive(find, i);
                find->sets[i].is_read = !failure;
                if (failure && error_kind(failure) != ERROR_MISSING && error_kind(failure) != ERROR_CORRUPT)
                        return TAKE(failure);
                if (failure)
                        summary_problem(find->summary, "what changed in the %s is not known: %s",
                                        session_set_text(find->sets[i].set).text, error_story(failure));
        }
        return sorter_end(find->facts);
}

/* ---- facts become versions ---- */

static void tell(Find *find, VersionKind kind, size_t set) {
        FoundVersion version = {
                .path = buffer_text(&find->path),
                .kind = kind,
                .when = find->sets[set].set->end,
                .type = find->latest.type,
                .size = find->latest.size,
                .modified = find->latest.modified,
        };
        find->sink(find->context, &version);
}

/* Full sets up to that of chain END - 1 do not have the path. */
static void pass_fulls(Find *find, size_t end) {
        for (; find->next_chain < end; find->next_chain++) {
                size_t full = find->fulls[find->next_chain];
                if (!find->is_there || !find->sets[full].is_read)
                        continue;
                tell(find, VERSION_DELETED, full);
                find->is_there = false;
        }
}

static void leave_path(Find *find) {
        if (find->has_path)
                pass_fulls(find, find->chain_count);
        find->is_there = false;
        find->next_chain = 0;
}

static void take_fact(Find *find, const Fact *fact) {
        const FindSet *at = &find->sets[fact->set];
        pass_fulls(find, at->set->full ? at->chain : at->chain + 1);
        find->next_chain = at->chain + 1;
        bool was_there = find->is_there;
        if (fact->is_deleted) {
                if (was_there)
                        tell(find, VERSION_DELETED, fact->set);
                find->is_there = false;
                return;
        }
        bool is_same = was_there && at->set->full && strcmp(find->latest.digest, fact->digest) == 0;
        find->latest = *fact;
        find->is_there = true;
        if (!is_same)
                tell(find, was_there ? VERSION_CHANGED : VERSION_ADDED, fact->set);
}

static Error *tell_versions(Find *find) {
        AUTO_VALUE(buffer_clear) Buffer key;
        buffer_init(&key, 0);
        for (;;) {
                const char *text;
                Bytes rest;
                Fact fact;
                TRY(sorter_next(find->facts, &text));
                if (!text)
                        break;
                Bytes fact_key = bytes_cut(bytes_of(text), ' ', &rest);
                if (!find->has_path || !bytes_equal(fact_key, buffer_bytes(&key))) {
                        leave_path(find);
                        buffer_truncate(&key, 0);
                        (void)buffer_add(&key, fact_key);
                        read_key(fact_key, &find->path);
                        find->has_path = true;
                }
                read_fact(rest, &fact);
                take_fact(find, &fact);
        }
        leave_path(find);
        return NULL;
}

/* ---- the whole ---- */

static void list_sets(Find *find) {
        const Collection *collection = find->session->collection;
        Arena *arena = find->session->arena;
        size_t count = 0;
        for (size_t i = 0; i < collection->chain_count; i++)
                count += collection->chains[i].set_count;
        find->sets = arena_zeroed(arena, memory_size(count, sizeof(FindSet)));
        find->fulls = arena_zeroed(arena, memory_size(collection->chain_count, sizeof(size_t)));
        find->chain_count = collection->chain_count;
        for (size_t i = 0; i < collection->chain_count; i++) {
                find->fulls[i] = find->set_count;
                for (size_t k = 0; k < collection->chains[i].set_count; k++)
                        find->sets[find->set_count++] = (FindSet){ .set = collection->chains[i].sets[k], .chain = i };
        }
}

static Error *search(Find *find) {
        Choice newest;
        TRY(choose_sets(find->session->collection, find->session->job->times.now, &newest)); /* there is one */
        TRY(read_archives(find));
        TRY(tell_versions(find));
        if (find->has_path || find->summary->problem_count)
                return NULL;
        return error_with_code(error_new(ERROR_MISSING, "no path matches '%s' (patterns are of whole paths relative to "
                                         "the source, like 'docs/**.txt')", find->session->job->glob),
                               EXIT_CODE_RESTORE_PATH_NOT_FOUND);
}

static Error *search_with(Find *find) {
        AUTO(sorter_free) Sorter *facts = sorter_new(find->session->scratch, SORTER_MEMORY);
        find->facts = facts;
        list_sets(find);
        Error *error = search(find);
        buffer_clear(&find->path);
        return error;
}

Error *find_run(const Job *job, Summary *summary, FindSink *sink, void *context) {
        AUTO(session_close) Session *session = NULL;
        AUTO(glob_free) Glob *pattern = NULL;
        Find find = { .summary = summary, .sink = sink, .context = context };
        TRY_AS(glob_compile(bytes_of(job->glob), GLOB_PATTERN, &pattern), "bad pattern '%s'", job->glob);
        TRY(session_open(job, SESSION_READS, &session));
        TRY(cache_drop_strangers(session));
        find.pattern = pattern;
        find.session = session;
        return search_with(&find);
}

const char *version_kind_name(VersionKind kind) {
        static const char *const names[] = {
                [VERSION_ADDED] = "added",
                [VERSION_CHANGED] = "changed",
                [VERSION_DELETED] = "deleted",
        };
        return names[kind];
}
