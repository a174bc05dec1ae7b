# What the system tests share. Sourced by tests/system/run in front of each test; the shell is bash -euo pipefail, the current
# folder is $T, the test's own.

fail() {
        printf 'FAIL: %s\n' "$*"
        return 1
}

skip() {
        printf '%s\n' "$*"
        exit 77
}

# lacks WHAT: the machine has not got what the test takes. It is skipped, but in CI, which has to run all of them, it fails.
lacks() {
        [ -z "${CI:-}" ] || { printf 'in CI this test has to run: %s\n' "$*" && exit 1; }
        skip "$@"
}

# needs_root WHAT: true for root; else it is noted that this part of the test was skipped.
needs_root() {
        [ "$(id -u)" = 0 ] || { printf '%s\n' "$1" >>"$T/skipped" && false; }
}

step() {
        printf '== %s\n' "$*"
}

# Runs a command; its output goes to the log and to the file out.
logged() {
        printf '+ %s\n' "$*" | cut -c 1-300
        local status=0
        "$@" >"$T/out" 2>&1 || status=$?
        tail -c 20000 "$T/out" | tail -n 30 | sed 's/^/    /'
        return $status
}

# The program under test and the elder tool, each with an archive folder of its own.
ours() {
        logged "$PROG" "$@" --archive-dir "$T/cache-ours"
}

stock() {
        TMPDIR=$T/tmp-stock logged "$STOCK" "$@" --archive-dir "$T/cache-stock"
}

# True while the scripts themselves are tried with the elder tool in both roles.
prog_is_stock() {
        [ "$(basename "$PROG")" = duplicity ]
}

# True for programs built with a sanitizer: they need more memory and time.
prog_is_instrumented() {
        case $PROG in */asan/* | */tsan/* | *-asan/* | *-tsan/*) return 0 ;; esac
        return 1
}

stock_version() {
        "$STOCK" --version | awk '{ split($NF, part, "."); print part[1] }'
}

# expect_status N COMMAND...: it has to end with this status.
expect_status() {
        local wanted=$1 status=0
        shift
        "$@" || status=$?
        [ "$status" = "$wanted" ] || fail "status $status instead of $wanted: $*"
}

# expect_failure COMMAND...: any status but 0, and no death by signal.
expect_failure() {
        local status=0
        "$@" || status=$?
        [ "$status" != 0 ] || fail "succeeded, but should have failed: $*"
        [ "$status" -lt 126 ] || fail "died with status $status: $*"
}

# expect_output TEXT: the last command's output contains it.
expect_output() {
        grep -qF -e "$1" "$T/out" || fail "the output lacks '$1'"
}

# expect_match EXPRESSION: a line of it matches
expect_match() {
        grep -qE -e "$1" "$T/out" || fail "the output has no line like '$1'"
}

expect_no_output() {
        ! grep -qF -e "$1" "$T/out" || fail "the output has '$1'"
}

tree() {
        python3 "$SUPPORT/tree.py" "$@"
}

make_tree() {
        tree make "$@"
}

same_tree() {
        tree same "$@" >"$T/differences" || {
                head -n 20 "$T/differences"
                fail "the trees $1 and $2 differ"
        }
}

archive() {
        python3 "$SUPPORT/archive.py" "$@"
}

# profile NAME: sets OPTIONS (and the passphrases) to one way of writing repositories.
PROFILES='plain uncompressed symmetric public hidden signed'
profile() {
        local keys
        mapfile -t keys <"$GNUPGHOME/fingerprints"
        READER=${keys[0]} SIGNER=${keys[1]} STRANGER=${keys[2]}
        unset PASSPHRASE SIGN_PASSPHRASE
        case $1 in
        plain) OPTIONS=(--no-encryption) ;;
        uncompressed) OPTIONS=(--no-encryption --no-compression) ;;
        symmetric) OPTIONS=() && export PASSPHRASE='correct horse; battery "staple"' ;;
        public) OPTIONS=(--encrypt-key "$READER") && export PASSPHRASE='reader pass' ;;
        hidden) OPTIONS=(--hidden-encrypt-key "$READER") && export PASSPHRASE='reader pass' ;;
        signed)
                OPTIONS=(--encrypt-key "$READER" --sign-key "$SIGNER")
                export PASSPHRASE='reader pass' SIGN_PASSPHRASE='signer pass'
                ;;
        *) fail "no profile $1" ;;
        esac
}

# expect_unchanged OUTPUT-OF-A-BACKUP: the statistics say that there was nothing to do.
expect_nothing_new() {
        for field in NewFiles DeletedFiles ChangedFiles DeltaEntries Errors; do
                grep -q "^$field 0\$" "$T/out" || fail "an unchanged tree is not unchanged: $(grep "^$field " "$T/out" || echo "no $field")"
        done
}

# Scratch files must be gone, whatever the test did.
check_scratch() {
        prog_is_stock || [ -z "$(ls -A "$T/tmp")" ] || fail "left in TMPDIR: $(ls -A "$T/tmp" | head -n 5 | tr '\n' ' ')"
}

# The local names under URL folder $1 that are neither finished files nor dot-names have no place there.
names() {
        ls -A "$1" | grep -v '^\.' || true
}
