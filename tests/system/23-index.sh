# The index of a signature archive: made with it, or once by a run that reads it, of use to later runs, missed by none of them, and never trusted when it, or the archive, is
# another one.
profile symmetric
target=file://$T/repository
cache=$T/cache-ours/index
mkdir -p source
for ((i = 0; i < 3000; i++)); do
        printf '%s %s\n' "$i" "$RANDOM$RANDOM$RANDOM" >"source/file-$i-$RANDOM"
done
head -c 3000000 /dev/urandom >source/large
for ((i = 0; i < 20; i++)); do
        head -c 3000 /dev/urandom >"source/z-$i"
done

run() {
        ours "$@" --name index "${OPTIONS[@]}"
}

index() {
        ls "$cache"/.*.index 2>/dev/null || true
}

# both restore what the source is now
same_restores() {
        local tool
        tree save source now.tree
        for tool in ours stock; do
                $tool restore "$target" restored "${OPTIONS[@]}"
                same_tree now.tree restored stock-times
                rm -rf restored
        done
}

# edit NUMBER: changes of every kind
edit() {
        echo "edit $1" >>source/large
        for file in $(find source -name "file-$1*" | sort | head -n 40); do
                echo "edit $1" >>"$file"
        done
        find source -name "file-2$1*" | sort | head -n 5 | xargs rm
        echo new >"source/new-$1"
}

step 'it is made with a large archive, and left alone by later runs'
run full source "$target"
[ "$(index | wc -l)" = 1 ] || fail "there is no index, or more than one: $(index)"
[ "$(stat -c %a "$(index)")" = 600 ] || fail "others may read it"
stat -c '%i %y' "$(index)" >made
run incremental source "$target"
expect_nothing_new
stat -c '%i %y' "$(index)" | cmp - made || fail 'it has been made again'
[ "$(index | wc -l)" = 1 ] || fail "an archive that holds nothing has an index: $(index)"

step 'a run that needs it and finds none makes the same'
mv "$(index)" made
run incremental source "$target"
expect_nothing_new
cmp "$(index)" made || fail 'made of the archive, the index is another one'

step 'changes are found by it, and deltas made of signatures behind it'
edit 1
run incremental source "$target"
expect_output 'ChangedFiles 41'
expect_output 'NewFiles 2' # the folder is another one, too
expect_output 'DeletedFiles 5'
[ "$(awk '$1 == "RawDeltaSize" { print $2 }' out)" -lt 100000 ] || fail 'the large file has been stored as a whole'
same_restores

step 'whatever happens to it, it is made again'
for damage in 'rm' 'truncate -s 1000' 'truncate -s -1' 'cp /dev/null' 'cp /etc/passwd' 'sed -i s/file-1/file-7/'; do
        $damage "$(index)"
        run incremental source "$target"
        expect_nothing_new
        [ "$(index | wc -l)" = 1 ] || fail "after '$damage': no index, or more than one"
done
edit 2
sed -i s/file-1/file-7/ "$(index)"
run incremental source "$target"
same_restores

step 'of a damaged archive nothing is believed'
copy=$(ls "$cache"/duplicity-full-signatures*)
cp "$copy" whole
printf 'X' | dd of="$copy" bs=1 seek=20000 conv=notrunc status=none
run incremental source "$target" -v 5
expect_output 'anew'
expect_nothing_new
cmp <(zcat "$copy") <(zcat <whole) || fail 'the damaged copy is still there'

step 'damage that an index hides is told where it is met, and healed by the next run'
cp "$copy" whole
dd if=/dev/zero of="$copy" bs=4000 seek=5 count=1 conv=notrunc status=none
python3 - "$(index)" "$copy" <<'PYTHON'
import os, struct, sys, zlib
# as if bits on the disk had changed: the index is still of this file
status = os.stat(sys.argv[2])
with open(sys.argv[1], "r+b") as index:
    body = index.read()[:-44] + struct.pack("<5Q", status.st_dev, status.st_ino, status.st_size, status.st_ctime_ns // 10**9, status.st_ctime_ns % 10**9)
    index.seek(0)
    index.write(body + struct.pack("<I", zlib.crc32(body)))
PYTHON
for file in source/z-*; do
        echo edit 3 >>"$file"
done
run incremental source "$target"
expect_match "the copy of .* is damaged"
[ "$(grep -c 'is damaged' out)" = 1 ] || fail 'it is told more than once'
[ -z "$(index)" ] || fail 'the index that hid the damage is still there'
same_restores
run incremental source "$target" -v 5
expect_output 'anew'
expect_nothing_new
cmp <(zcat "$copy") <(zcat <whole) || fail 'the damaged copy is still there'
run incremental source "$target"

step 'reading commands use it; where the archive folder cannot be changed they do without'
rm "$(index)"
run list-current-files "$target"
grep -c 'file-' out >count
[ "$(cat count)" = "$(find source -name 'file-*' | wc -l)" ] || fail 'the listing is not complete'
[ "$(index | wc -l)" = 1 ] || fail 'the listing has made no index'
run verify --compare-data "$target" source
run diff "$target"
rm "$(index)"
touch "$cache/lockfile"
flock_held() {
        python3 - "$cache/lockfile" "$@" <<'PYTHON'
import fcntl, subprocess, sys
with open(sys.argv[1], "r+") as lock:
    fcntl.lockf(lock, fcntl.LOCK_EX)
    sys.exit(subprocess.call(sys.argv[2:]))
PYTHON
}
flock_held "$PROG" list-current-files "$target" --name index "${OPTIONS[@]}" --archive-dir "$T/cache-ours" >out
[ "$(grep -c 'file-' out)" = "$(cat count)" ] || fail 'without an index the listing is another one'
[ -z "$(index)" ] || fail 'the archive folder was changed while another one had it'
run incremental source "$target"

step 'stock lives with it, and it goes when its archive goes'
TMPDIR=$T/tmp-stock logged "$STOCK" incremental source "$target" "${OPTIONS[@]}" --archive-dir "$T/cache-ours" --name index
expect_nothing_new
TMPDIR=$T/tmp-stock logged "$STOCK" cleanup --force "$target" "${OPTIONS[@]}" --archive-dir "$T/cache-ours" --name index
run full source "$target"
[ "$(index | wc -l)" = 2 ] || fail "not each of two large archives has its index: $(index)"
touch "$cache/.mine.index"
run remove-all-but-n-full 1 --force "$target"
run incremental source "$target"
[ -e "$cache/.mine.index" ] || fail 'a file that is no index of ours was removed'
rm "$cache/.mine.index"
[ "$(index | wc -l)" = 1 ] || fail "the index of an archive that was removed is still there: $(index)"
same_restores

step 'a dry run makes none, a run that is skipped leaves none, a set that was continued has one when it is needed'
all_of_it() {
        find "$cache" -type f -name '*index*' | wc -l
}
rm -rf "$cache" "$T/repository"
run full source "$target" --dry-run
[ "$(all_of_it)" = 0 ] || fail 'a dry run has made an index'
run full source "$target"
run incremental source "$target" --skip-if-no-change
[ "$(all_of_it)" = 1 ] || fail "there is no index, or more than one: $(ls -A "$cache")"
head -c 20000000 /dev/urandom >source/larger
"$PROG" full source "$target" --name index "${OPTIONS[@]}" --archive-dir "$T/cache-ours" --volsize 1 >out 2>&1 &
pid=$!
until [ "$(grep -c '^[0-9a-f]* V' "$cache/.resume.log" 2>/dev/null)" -ge 1 ] || ! kill -0 $pid 2>/dev/null; do sleep 0.01; done
kill -KILL $pid || fail 'it had ended already'
wait $pid || true
[ "$(all_of_it)" = 1 ] || fail "what was killed has left something: $(ls -A "$cache")"
run full source "$target" --volsize 1
expect_output 'Continuing the full set'
[ "$(all_of_it)" = 1 ] || fail "an index was made of a part of an archive: $(ls -A "$cache")"
run incremental source "$target"
expect_nothing_new
[ "$(all_of_it)" = 2 ] || fail "the archive of the continued set got no index: $(ls -A "$cache")"
