# Passphrases are seen by nobody: not in arguments, in the environment of other processes, in what is printed or in files.
rm "$GNUPGHOME"/gpg.conf "$GNUPGHOME"/gpg-agent.conf
gpgconf --kill all
make_tree source
rm -rf source/special
dd if=/dev/urandom of=source/much bs=1M count=30 status=none
secret='a-very-secret-passphrase'
watch() {
        logged python3 "$SUPPORT/watch.py" "$@" || prog_is_stock # which hands its environment to gpg
}
seen_in_files() {
        local found
        found=$(grep -rlF -e "$secret" "$T/tmp" "$T/cache-ours" "$T/target" "$T/home" "$T/out" 2>/dev/null || true)
        [ -z "$found" ] || fail "the passphrase is in $found"
}

step 'symmetric'
watch secrets "$secret" "$PROG" full source "file://$T/target" --archive-dir "$T/cache-ours" -v9 --volsize 5 --current-time 1700000000
prog_is_stock || seen_in_files
tree change source 1
watch secrets "$secret" "$PROG" incremental source "file://$T/target" --archive-dir "$T/cache-ours" -v9 --volsize 5 --current-time 1700001000
prog_is_stock || seen_in_files
watch secrets "$secret" "$PROG" restore "file://$T/target" restored --archive-dir "$T/cache-ours" -v9
prog_is_stock || seen_in_files
same_tree source restored stock-times

step 'of a key'
profile signed
gpg --batch --quiet --pinentry-mode loopback --passphrase "$secret" --quick-generate-key 'other <other@example.org>' future-default default never
other=$(gpg --batch --with-colons --list-keys other@example.org | awk -F: '$1 == "fpr" { print $10; exit }')
gpgconf --kill all
unset PASSPHRASE SIGN_PASSPHRASE
watch secrets "$secret" "$PROG" full source "file://$T/keyed" --archive-dir "$T/cache-ours" -v9 --encrypt-key "$other" --sign-key "$other"
prog_is_stock || seen_in_files
rm -rf restored
watch secrets "$secret" "$PROG" restore "file://$T/keyed" restored --archive-dir "$T/cache-ours" -v9 --encrypt-key "$other" --sign-key "$other"
prog_is_stock || seen_in_files

step 'a wrong one is not printed either'
PASSPHRASE=$secret-but-wrong expect_failure ours restore "file://$T/target" wrong -v9
expect_no_output "$secret"

prog_is_stock && exit 0
step 'typed on a terminal: asked twice, not shown'
watch answer "$secret" "$PROG" full source "file://$T/typed" --archive-dir "$T/cache-typed"
seen_in_files
PASSPHRASE=$secret ours restore "file://$T/typed" typed-restored
same_tree source typed-restored stock-times
watch answer "$secret" "$PROG" restore "file://$T/typed" typed-again --archive-dir "$T/cache-typed-2"
same_tree source typed-again stock-times

step 'without a terminal it says what to do'
expect_failure ours full source "file://$T/nobody-to-ask"
expect_output PASSPHRASE

step 'no core is left'
export PASSPHRASE=$secret
export ASAN_OPTIONS=handle_segv=0:$ASAN_OPTIONS # else its handler takes the signal
(cd "$T" && watch core "$PROG" full source "file://$T/cored" --archive-dir "$T/cache-cored")
expect_output 'no core'

step 'files it writes: archive folder and target are not for others'
find cache-ours -type d -perm /077 | grep . && fail 'the archive folder is open to others'
find target cache-ours -type f -perm /077 | grep . && fail 'files are open to others'
true
