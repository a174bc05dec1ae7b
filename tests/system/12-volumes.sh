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
mkdir ones-ours ones-stock
find source -mindepth 1 -printf '%P\0' | sort -z >paths
count=0
while IFS= read -r -d '' path; do
        count=$((count + 1))
        "$PROG" restore --archive-dir "$T/cache-ours" "${OPTIONS[@]}" --file-to-restore "$path" "$target" "ones-ours/$count" >"$T/out" 2>&1 ||
                { cat "$T/out"; fail "ours cannot restore '$path'"; }
        # the elder tool takes its time: every twelfth path, and the big ones
        case $path in *spans* | *edited*) ;; *) [ $((count % 12)) = 0 ] || continue ;; esac
        TMPDIR=$T/tmp-stock "$STOCK" restore --archive-dir "$T/cache-stock" "${OPTIONS[@]}" -r "$path" "$target" "ones-stock/$count" >"$T/out" 2>&1 ||
                { cat "$T/out"; fail "stock cannot restore '$path'"; }
done <paths
[ "$count" -gt 90 ] || fail "only $count paths tried"
tree singles source paths ones-ours all stock-times
tree singles source paths ones-stock some stock-times

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
