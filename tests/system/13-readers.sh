# What older and other writers made is read: names, tar dialects, gzip members, bytes after the end, manifests of resumed backups.
tree make source
tree save source 0.tree
profile plain
stock full source "file://$T/base" "${OPTIONS[@]}" --volsize 1 --current-time 1700000000
tree change source 1
tree save source 1.tree
stock incremental source "file://$T/base" "${OPTIONS[@]}" --volsize 1 --current-time 1700001000

# reads NAME [OPTION...]: both points in time from the repository NAME, its listing, and an incremental that finds nothing new
reads() {
        local target=file://$T/$1
        shift
        ours restore "$target" restored "${OPTIONS[@]}" "$@" --time 1700000000
        same_tree 0.tree restored stock-times
        rm -rf restored
        ours restore "$target" restored "${OPTIONS[@]}" "$@" --time 1700001000
        same_tree 1.tree restored stock-times
        rm -rf restored
        ours list-current-files "$target" "${OPTIONS[@]}" "$@"
        expect_output 'fresh/sub/file'
        ours incremental source "$target" "${OPTIONS[@]}" "$@" --current-time 1700002000
        expect_nothing_new
}

for way in gnu multi-member garbage duplicate-blocks short old; do
        prog_is_stock && [ $way = short ] && continue # 0.8 writes long names beside them and stops at its own mixture
        step "$way"
        cp -r base "$way"
        archive "$way" "$way"
        names "$way" | head -n 4
        reads "$way"
done

step 'names and dialects mixed'
cp -r base mixed
archive gnu mixed
archive multi-member mixed
archive duplicate-blocks mixed
(cd mixed && for file in duplicity-full*; do mv "$file" "../only-full-$file"; done)
archive short mixed
for file in only-full-*; do mv "$file" "mixed/${file#only-full-}"; done
names mixed | head -n 20
prog_is_stock || reads mixed

step 'prefixes of names'
ours full source "file://$T/prefixed" "${OPTIONS[@]}" --file-prefix all- --file-prefix-manifest m- --file-prefix-archive a- --file-prefix-signature s- \
        --current-time 1700001000
names prefixed
names prefixed | grep -x 'all-a-duplicity-full.20231114T223000Z.vol1.difftar.gz' >/dev/null || fail 'volume without its prefixes'
names prefixed | grep -x 'all-m-duplicity-full.20231114T223000Z.manifest' >/dev/null || fail 'manifest without its prefixes'
names prefixed | grep -x 'all-s-duplicity-full-signatures.20231114T223000Z.sigtar.gz' >/dev/null || fail 'signatures without their prefixes'
stock restore "file://$T/prefixed" restored "${OPTIONS[@]}" --file-prefix all- --file-prefix-manifest m- --file-prefix-archive a- --file-prefix-signature s-
same_tree 1.tree restored stock-times
rm -rf restored

step 'foreign files in the folder are no part of it'
cp -r base strange
: >strange/README
mkdir strange/folder
: >strange/.duplicity-full.20231114T221320Z.vol9.difftar.gz.part
: >strange/duplicity-full.nonsense.vol1.difftar.gz
: >strange/duplicity-full.20231114T221320Z.jsonstat.gz
reads strange
