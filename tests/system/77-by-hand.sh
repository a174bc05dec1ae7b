# What docs/OPERATIONS.md says about restoring with nothing but gpg, tar and rdiff is true, for repositories of both
# tools, encrypted or not: each point in time, after changes of every kind and files in several pieces.
prog_is_stock && skip 'it is about our documents'
command -v rdiff >/dev/null || lacks 'needs rdiff'
awk '/^<!-- by-hand/ { near = 1 } /^```$/ && inside { exit } inside { print } near && /^```bash$/ { inside = 1 }' \
        "$ROOT/docs/OPERATIONS.md" >by-hand.sh
grep -q 'rdiff patch' by-hand.sh || fail 'the script is not in docs/OPERATIONS.md'

# dd_random FILE MEBIBYTES SECOND: stock sees a change by its time only
dd_random() {
        dd if=/dev/urandom of="$1" bs=1M count="$2" status=none
        touch -d "@$((1650000000 + $3))" "$1"
}
make_tree tree-0
rm -rf tree-0/special # needs root
dd_random tree-0/large 3 0
mkdir tree-0/becomes-file tree-0/stays
touch tree-0/becomes-file/inner tree-0/becomes-folder
cp -a tree-0 tree-1
tree change tree-1 1
dd_random tree-1/more 1 1
cat tree-1/more >>tree-1/large
touch -r tree-1/more tree-1/large
rm -r tree-1/becomes-file tree-1/becomes-folder
touch tree-1/becomes-file
mkdir tree-1/becomes-folder
cp -a tree-1 tree-2
tree change tree-2 2
dd_random tree-2/large 2 2

# write TOOL KIND NUMBER
write() {
        rm -rf source
        cp -a "tree-$3" source
        "$1" "$2" source "file://$T/repository" "${OPTIONS[@]}" --volsize 1 --current-time $((1700000000 + $3 * 1000)) \
                --allow-source-mismatch
}

# by_hand NUMBER [TIME]
by_hand() {
        logged bash by-hand.sh repository restored "${@:2}"
        same_tree "tree-$1" restored stock-times times-of=files
        chmod -R u+rwx restored
        rm -rf restored
}

for way in 'ours symmetric' 'stock plain' 'ours plain' 'stock public'; do
        step "$way"
        read -r tool profile <<<"$way"
        profile "$profile"
        printf '%s\n' "${PASSPHRASE:-}" >"$HOME/passphrase"
        rm -rf repository cache-ours cache-stock
        mkdir repository
        write "$tool" full 0
        write "$tool" incremental 1
        write "$tool" incremental 2
        by_hand 2
        by_hand 1 20231114T223000Z
        by_hand 0 20231114T222000Z
done
