# What goes wrong beside the data: gpg dies or refuses, owners cannot be set, somebody else's passphrase, plain twins of encrypted
# files, paths that cannot be looked at.
prog_is_stock && exit 0
profile symmetric
mkdir source
head -c 20000000 /dev/urandom >source/big
echo a >source/a
mkdir source/d
echo f >source/d/f
target=file://$T/target

step 'gpg is killed in the middle of a volume'
status=0
ours full source "$target" &
run=$!
for _ in $(seq 200); do
        pid=$(grep -lsz "^GNUPGHOME=$GNUPGHOME\$" /proc/[0-9]*/environ | cut -d / -f 3 | while read -r p; do
                tr '\0' ' ' <"/proc/$p/cmdline" 2>/dev/null | grep -q -e '--symmetric' && echo "$p"
        done || true)
        [ -z "$pid" ] || break
        sleep 0.02
done
# shellcheck disable=SC2086 # several numbers
[ -z "$pid" ] || kill -9 $pid 2>/dev/null || true
wait "$run" || status=$?
[ "$status" = 31 ] || [ "$status" = 0 ] || fail "status $status after gpg was killed" # 0: it was quicker than we
rm -rf target cache-ours

step 'gpg refuses from the start'
expect_status 31 timeout 50 "$PROG" full source "$target" --gpg-options '--cipher-algo NOPE' --archive-dir "$T/cache-ours"
expect_status 31 timeout 50 "$PROG" full source "$target" --gpg-binary /bin/false --archive-dir "$T/cache-ours"

step 'an incremental with another passphrase is refused: nobody could restore it'
ours full source "$target"
echo b >source/b
PASSPHRASE='another one' expect_status 31 ours incremental source "$target"
expect_output 'cannot continue the chain'
ours incremental source "$target"
ours incremental source "$target" --no-encryption
expect_output 'the chain that is continued is encrypted'
PASSPHRASE='another one' expect_status 31 ours incremental source "$target" # a readable set between does not hide it

step 'plain files beside encrypted ones'
profile plain
ours full source "file://$T/evil" "${OPTIONS[@]}" --no-compression --current-time 1700000000
profile symmetric
ours full source "file://$T/good" --current-time 1700000000 --volsize 30
cp evil/* good/
rm -rf cache-ours
ours restore "file://$T/good" restored-good # the encrypted ones count
same_tree source restored-good
rm good/*.manifest.gpg
rm -rf cache-ours
expect_status 31 ours restore "file://$T/good" restored-mixed
expect_output 'not encrypted beside encrypted ones'

step '--sign-key demands signatures of everything'
profile signed
expect_status 22 ours restore "file://$T/evil" restored-unsigned --sign-key "$SIGNER"

step 'verify of what is not there'
profile plain
expect_status 19 ours verify "file://$T/evil" source "${OPTIONS[@]}" --path-to-restore nothing

if [ "$(id -u)" = 0 ] && unshare -Ur true 2>/dev/null; then
        step 'owners that cannot be set cost no content'
        rm -rf source/big cache-ours
        chown 1234:1234 source/a source/d source/d/f
        chmod 4755 source/a
        chmod 750 source/d
        ours full source "file://$T/owned" "${OPTIONS[@]}"
        status=0
        unshare -Ur "$PROG" restore "file://$T/owned" restored-owned "${OPTIONS[@]}" --archive-dir "$T/cache-ours" >out 2>&1 || status=$?
        [ "$status" = 1 ] || fail "status $status instead of 1"
        expect_output "cannot set its owner"
        cmp source/a restored-owned/a
        cmp source/d/f restored-owned/d/f
        [ "$(stat -c %a restored-owned/a)" = 755 ] || fail 'set-id bits for another owner'
        [ "$(stat -c %a restored-owned/d)" = 750 ] || fail 'the folder lost its mode'
        [ "$(stat -c %Y restored-owned/d)" = "$(stat -c %Y source/d)" ] || fail 'the folder lost its time'

        step 'verify tells what it cannot look at'
        chmod 744 source/d
        ours full source "file://$T/closed" "${OPTIONS[@]}"
        chmod -R go+rX "$T/closed" "$T/cache-ours"
        chmod a+x "$T" "$(dirname "$T")"
        mkdir -m 777 cache-nobody
        status=0
        TMPDIR=/tmp setpriv --reuid=65534 --regid=65534 --clear-groups "$PROG" verify --compare-data "file://$T/closed" source "${OPTIONS[@]}" \
                --archive-dir "$T/cache-nobody" >out 2>&1 || status=$?
        [ "$status" = 1 ] || fail "status $status instead of 1: verify passed over a path"
        expect_output 'cannot read'
fi
