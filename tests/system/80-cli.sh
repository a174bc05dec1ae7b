# The command line: help, version, implied forms, aliases, exit codes, and errors that say what to do.
tree make source
rm -rf source/special
profile plain
target=file://$T/target

step 'help and version'
logged "$PROG" --version
grep -q '[0-9]\.[0-9]' "$T/out" || fail 'no version'
logged "$PROG" --help
for word in full incremental restore verify list-current-files collection-status --archive-dir --name --tempdir --no-encryption --no-compression \
        --encrypt-key --hidden-encrypt-key --sign-key --encrypt-sign-key --gpg-binary --gpg-options --volsize --max-blocksize --full-if-older-than \
        --allow-source-mismatch --time --compare-data --force --numeric-owner --num-retries --dry-run --verbosity --file-prefix \
        --file-prefix-manifest --file-prefix-archive --file-prefix-signature --current-time --restore-time --path-to-restore; do
        prog_is_stock || expect_output "$word"
done
prog_is_stock || for word in PASSPHRASE SIGN_PASSPHRASE backup --no-restore-ownership; do expect_output "$word"; done
[ "$(awk '{ print length($0) }' "$T/out" | sort -n | tail -n 1)" -le 100 ] || prog_is_stock || fail 'lines of the help are too long'

step 'implied forms'
ours source "$target" "${OPTIONS[@]}" --current-time 1700000000
names target | grep '^duplicity-full\.' >/dev/null || fail 'the first one is not full'
echo changed >>source/content/text
ours source "$target" "${OPTIONS[@]}" --current-time 1700001000
names target | grep '^duplicity-inc\.' >/dev/null || fail 'the second one is not incremental'
ours "$target" restored "${OPTIONS[@]}"
same_tree source restored stock-times

step 'verbs: unique beginnings, as in 0.8, and aliases, as in 2 and 3'
for verb in fu full; do ours $verb source "file://$T/verb-$verb" "${OPTIONS[@]}"; done
for verb in inc incr incremental; do expect_status 17 ours $verb source "file://$T/none-$verb" "${OPTIONS[@]}"; done
ours coll "$target" "${OPTIONS[@]}"
expect_output 'Number of contained backup sets: 2'
ours list "$target" "${OPTIONS[@]}"
expect_output content/text
if ! prog_is_stock; then
        time=1700002000
        for verb in backup bu ib fb; do
                time=$((time + 1000))
                ours $verb source "$target" "${OPTIONS[@]}" --current-time $time
        done
        ours st "$target" "${OPTIONS[@]}"
        expect_output 'Number of contained backup sets: 5'
        ours ls "$target" "${OPTIONS[@]}"
        expect_output content/text
        ours vb --compare-data "$target" source "${OPTIONS[@]}"
        rm -rf restored
        ours rb "$target" restored "${OPTIONS[@]}"
        same_tree source restored stock-times
        step 'restore names its arguments in their order, unlike 0.8: nothing is backed up'
        names target >before
        expect_status 2 ours restore source "$target" "${OPTIONS[@]}"
        names target | cmp - before
        step 'options may be written with =, in front, behind, and be shortened where that is clear'
        ours --no-encryption verify "--archive-dir=$T/cache-ours" "$target" source
        ours full source "file://$T/shortened" --no-encr --vol=5
fi

step 'statistics'
ours full source "file://$T/statistics" "${OPTIONS[@]}"
for field in StartTime EndTime ElapsedTime SourceFiles SourceFileSize NewFiles NewFileSize DeletedFiles ChangedFiles ChangedFileSize ChangedDeltaSize \
        DeltaEntries RawDeltaSize TotalDestinationSizeChange Errors; do
        grep -q "^$field [0-9]" "$T/out" || fail "no $field"
done
expect_output '--------------[ Backup Statistics ]--------------'

step 'full when the last one is too old'
ours source "file://$T/aged" "${OPTIONS[@]}" --current-time 1700000000
ours source "file://$T/aged" "${OPTIONS[@]}" --current-time 1700090000 --full-if-older-than 2D
ours source "file://$T/aged" "${OPTIONS[@]}" --current-time 1700190000 --full-if-older-than 2D
[ "$(names aged | grep -c '^duplicity-full\..*manifest')" = 2 ] || prog_is_stock || fail 'not two fulls'

step 'a dry run writes nothing'
ours full source "file://$T/dry" "${OPTIONS[@]}" --dry-run
[ -z "$(names dry 2>/dev/null)" ] || fail 'it wrote'

step 'exit codes'
expect_status 2 ours full source "${OPTIONS[@]}"
expect_status 2 ours full source "$target" "${OPTIONS[@]}" --no-such-option
expect_status 2 ours full source "$target" "${OPTIONS[@]}" --volsize many
expect_status 2 ours nonsense source "$target" "${OPTIONS[@]}"
expect_status 13 ours full "$T/no-such-folder" "$target" "${OPTIONS[@]}"
expect_status 11 ours restore "$target" source "${OPTIONS[@]}"
expect_status 19 ours restore "$target" elsewhere -r no/such/path "${OPTIONS[@]}"
expect_status 23 ours full source nosuchscheme://host/path "${OPTIONS[@]}" || prog_is_stock
expect_status 1 ours verify --compare-data "$target" "$T/home" "${OPTIONS[@]}"
[ "$(id -u)" = 0 ] && prog_is_stock || expect_failure ours full source file:///proc/nowhere "${OPTIONS[@]}"
prog_is_stock && exit 0
expect_status 31 ours full source "file://$T/x" --encrypt-key 0123456789ABCDEF0123456789ABCDEF01234567
expect_output '--encrypt-key'
expect_status 31 ours full source "file://$T/x" --gpg-binary /no/such/gpg --encrypt-key "$READER"

step 'wrong words are named, with the nearest right one'
expect_status 2 ours full source "$target" --no-encrytpion
expect_output "'--no-encrytpion'"
expect_output '--no-encryption'
expect_status 2 ours incremetal source "$target"
expect_output "'incremetal'"
expect_output 'incremental'
expect_status 2 ours full source "$target" --volsize 1x
expect_output "'1x'"
expect_status 2 ours restore "$target" elsewhere --time 3d
expect_output "'3d'"

step 'errors go to the error output, as one sentence'
"$PROG" restore "file://$T/nowhere" elsewhere --archive-dir "$T/cache-ours" --no-encryption >"$T/out" 2>"$T/errors" && fail 'it succeeded'
[ -s "$T/errors" ] || fail 'nothing on the error output'
! grep -qi 'traceback\|assert' "$T/errors"

step 'verbosity 0 says nothing when all is well'
"$PROG" verify "$target" source --archive-dir "$T/cache-ours" --no-encryption -v0 >"$T/out" 2>"$T/errors"
[ ! -s "$T/errors" ] || fail 'errors where there are none'

step 'two runs with one archive folder'
python3 - "$T/cache-locked" <<'END' &
import fcntl, os, sys, time
os.makedirs(sys.argv[1] + "/locked")
lock = open(sys.argv[1] + "/locked/lockfile", "w")
fcntl.lockf(lock, fcntl.LOCK_EX)
open("locked-now", "w").close()
time.sleep(20)
END
locker=$!
until [ -e locked-now ]; do sleep 0.05; done
expect_status 23 logged "$PROG" full source "$target" --no-encryption --archive-dir "$T/cache-locked" --name locked
expect_output lockfile
kill $locker

step 'what is not as it was asked for is told'
if ! prog_is_stock; then
        logged "$PROG" restore "$target" too-old --archive-dir "$T/cache-ours" --no-encryption --time 2000-01-01
        expect_output 'there is no backup as old as 2000-01-01T'
        export PASSPHRASE=secret
        logged "$PROG" full source "file://$T/turned-readable" --archive-dir "$T/cache-ours"
        logged "$PROG" incremental source "file://$T/turned-readable" --archive-dir "$T/cache-ours" --no-encryption
        expect_output 'the chain that is continued is encrypted'
fi
