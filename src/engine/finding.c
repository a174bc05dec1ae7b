#include "engine/finding.h"

#define NEW_FULL "make a new full backup"

static const struct {
        const char *name;
        Severity severity;
        const char *remedy; /* NULL: the catalogue knows more (catalog/flaws.h) */
} kinds[] = {
        [FINDING_VOLUME_MISSING] = { "volume-missing", SEVERITY_ERROR,
                                     "what it held cannot be restored, as of this set and those that build on it; "
                                     "bring the file back, or " NEW_FULL },
        [FINDING_VOLUME_SIZE] = { "volume-size", SEVERITY_ERROR,
                                  "no volume has this size: its upload was cut off; what it held is lost, " NEW_FULL },
        [FINDING_VOLUME_DAMAGED] = { "volume-damaged", SEVERITY_ERROR,
                                     "what it held cannot be restored, as of this set and those that build on it; "
                                     "bring a sound copy of the file back, or " NEW_FULL },
        [FINDING_VOLUME_WITHOUT_HASH] = { "volume-without-hash", SEVERITY_WARNING,
                                          "only reading it proves it: run 'check --full'" },
        [FINDING_VOLUME_UNLISTED] = { "volume-unlisted", SEVERITY_ERROR,
                                      "the manifest was cut, or these are leftovers; nothing is restored from them: "
                                      "if files are missing, " NEW_FULL ", else delete them" },
        [FINDING_MANIFEST_UNREADABLE] = { "manifest-unreadable", SEVERITY_ERROR,
                                          "this set and those that build on it cannot be restored without it; bring "
                                          "back a sound one (the archive folder may have it), or " NEW_FULL },
        [FINDING_SIGNATURES_MISSING] = { "signatures-missing", SEVERITY_WARNING, NULL },
        [FINDING_SIGNATURES_UNREADABLE] = { "signatures-unreadable", SEVERITY_WARNING,
                                            "the chain can be restored but neither continued, listed nor "
                                            "searched: " NEW_FULL },
        [FINDING_SIGNATURES_SENSELESS] = { "signatures-senseless", SEVERITY_WARNING,
                                           "these files will be stored whole when they change; nothing is lost" },
        [FINDING_SET_MIXED] = { "set-mixed", SEVERITY_ERROR,
                                "find out which files are yours and delete the others" },
        [FINDING_DUPLICATE] = { "duplicate", SEVERITY_WARNING, NULL },
        [FINDING_ORPHAN] = { "orphan", SEVERITY_WARNING, NULL },
        [FINDING_UNFINISHED] = { "unfinished", SEVERITY_WARNING, NULL },
        [FINDING_STRAY] = { "stray", SEVERITY_WARNING, NULL },
        [FINDING_CHAINS_OVERLAP] = { "chains-overlap", SEVERITY_WARNING,
                                     "duplicity refuses to restore what was in between: give each source a folder or "
                                     "a --file-prefix of its own" },
        [FINDING_CHAIN_UNREADABLE] = { "chain-unreadable", SEVERITY_ERROR,
                                       "what comes after this place cannot be restored as of the chain's end; try "
                                       "earlier times, and " NEW_FULL },
        [FINDING_CONTENT_DAMAGED] = { "content-damaged", SEVERITY_ERROR,
                                      "restore an earlier version of it while there is one, and " NEW_FULL },
        [FINDING_COPY_DIFFERS] = { "copy-differs", SEVERITY_WARNING,
                                   "delete the copy: it is fetched again when it is needed" },
        [FINDING_COPY_ALONE] = { "copy-alone", SEVERITY_WARNING,
                                 "the next command deletes it: if the repository has lost this file, put the copy in a "
                                 "safe place first" },
};

Finding finding_make(FindingKind kind, const char *what) {
        return (Finding){
                .kind = kind,
                .name = kinds[kind].name,
                .severity = kinds[kind].severity,
                .what = what,
                .remedy = kinds[kind].remedy,
        };
}

const char *finding_severity_name(Severity severity) {
        static const char *const names[] = { [SEVERITY_WARNING] = "warning", [SEVERITY_ERROR] = "error" };
        return names[severity];
}
