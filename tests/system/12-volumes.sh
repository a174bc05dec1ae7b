# Small volumes with files across many of them; each path is restored singly by both tools.
tree make source
tree save source source.tree
target=file://$T/target
profile plain
ours full source "$target" "${OPTIONS[@]}" --volsize 1 --current-time 1700000000
names target
[ "$(names target | grep -c difftar)" -ge 4 ] || fail 'not several volumes'
cp -a source changed
tree change changed 1
mv source original
mv changed source
ours incremental source "$target" "${OPTIONS[@]}" --volsize 1 --current-time 1700001000
tree save source changed.tree

step 'each path singly'
python3 - <<'END' >paths
import os
seen = 0
for folder, folders, files in os.walk(b"source"):
    for name in sorted(folders + files):
        path = os.path.relpath(os.path.join(folder, name), b"source")
        if not any(c in path for c in b"\n") and not path.startswith(b"-"):
            seen += 1
            print(os.fsdecode(path).encode("utf-8", "surrogateescape").hex())
END
count=0
while read -r hex; do
        path=$(python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.argv[1]) + b"/")' "$hex")
        path=${path%/}
        rm -rf one
        "$PROG" restore --archive-dir "$T/cache-ours" "${OPTIONS[@]}" --file-to-restore "$path" "$target" one >"$T/out" 2>&1 ||
                { cat "$T/out"; fail "ours cannot restore '$path'"; }
        same_tree "source/$path" one stock-times
        # the elder tool takes its time: every seventh path, and the big ones
        count=$((count + 1))
        case $path in *spans* | *edited*) ;; *) [ $((count % 7)) = 0 ] || continue ;; esac
        rm -rf one
        TMPDIR=$T/tmp-stock "$STOCK" restore --archive-dir "$T/cache-stock" "${OPTIONS[@]}" -r "$path" "$target" one >"$T/out" 2>&1 ||
                { cat "$T/out"; fail "stock cannot restore '$path'"; }
        same_tree "source/$path" one stock-times
done <paths
[ "$count" -gt 90 ] || fail "only $count paths tried"

step 'a single path as it was before'
rm -rf one
ours restore --time 1700000000 --file-to-restore content/edited "$target" one "${OPTIONS[@]}"
same_tree original/content/edited one
rm -rf one
ours restore --time 1700000999 -r tree/one "$target" one "${OPTIONS[@]}"
same_tree original/tree/one one
expect_status 19 ours restore -r tree/one "$target" two "${OPTIONS[@]}"
expect_status 19 ours restore -r no/such/path "$target" two "${OPTIONS[@]}"

step 'a target that is there is left alone, unless forced'
mkdir full-folder
echo mine >full-folder/mine
expect_status 11 ours restore "$target" full-folder "${OPTIONS[@]}"
[ "$(ls full-folder)" = mine ] || fail 'wrote into the target'
ours restore "$target" full-folder "${OPTIONS[@]}" --force
grep -qx mine full-folder/mine
rm full-folder/mine
same_tree changed.tree full-folder stock-times no-root

step 'root that is a file'
cp source/content/edited single
ours full single "file://$T/single-target" "${OPTIONS[@]}"
stock restore "file://$T/single-target" single-stock "${OPTIONS[@]}"
cmp single single-stock
ours restore "file://$T/single-target" single-ours "${OPTIONS[@]}"
cmp single single-ours
