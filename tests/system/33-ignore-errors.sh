# --ignore-errors: what can be had of a damaged repository is restored, every file that is missing or older than it should be is named, and
# nothing is quietly short, misaligned or out of date.
prog_is_stock && skip 'stock duplicity is known to join what is left of a file without a word'
make_tree source
rm -rf source/special
profile plain
for writer in ours stock; do
        rm -rf work
        cp -a source work
        $writer full work "file://$T/by-$writer" "${OPTIONS[@]}" --volsize 1 --current-time 1700000000
        tree change work 1
        $writer incremental work "file://$T/by-$writer" "${OPTIONS[@]}" --volsize 1 --current-time 1700001000
done
full=duplicity-full.20231114T221320Z
inc=duplicity-inc.20231114T221320Z.to.20231114T223000Z

# Each file is as it is in work, or named; and then it is missing, or as it was in source. At most $1 files are named, at least $2.
judge_restored() {
        python3 - "$T/out" "$1" "$2" <<'END'
import os, re, sys
said = open(sys.argv[1], "rb").read()
most, least = int(sys.argv[2]), int(sys.argv[3])

def content(path):
    return open(path, "rb").read() if os.path.isfile(path) and not os.path.islink(path) else None

def files(root):
    return {os.path.relpath(os.path.join(folder, name), root)
            for folder, _, names in os.walk(root) for name in names
            if not os.path.islink(os.path.join(folder, name)) and os.path.isfile(os.path.join(folder, name))}

named, bad = 0, []
for path in sorted(files(b"work") | files(b"restored")):
    now = content(os.path.join(b"restored", path))
    if now == content(os.path.join(b"work", path)):
        continue
    named += 1
    shown = b"".join(b"\\x%02x" % b if b < 32 or b == 92 or b == 127 else bytes([b]) for b in path)
    if b"'" + shown not in said and not re.search(rb"[^ -~]", path):
        bad.append((path, "is not named"))
    if now is not None and now != content(os.path.join(b"source", path)):
        bad.append((path, "is no version that ever was"))
for path, problem in bad:
    print(path, problem)
print(named, "files lost or older")
sys.exit(bool(bad) or not least <= named <= most)
END
}

# lossy NAME WRITER LEAST MOST COMMAND...
lossy() {
        step "$1 ($2)"
        rm -rf bad restored cache-ours
        cp -r "by-$2" bad
        (cd bad && "${@:5}")
        expect_status 1 ours restore "file://$T/bad" restored "${OPTIONS[@]}" --num-retries 0 --ignore-errors
        judge_restored "$4" "$3" || fail 'the losses are not what they should be'
        [ "$2" = ours ] || return 0
        expect_status 1 ours verify "file://$T/bad" work "${OPTIONS[@]}" --num-retries 0 --ignore-errors --compare-data
        expect_no_output 'Difference found: Data'
}

for writer in ours stock; do
        lossy 'the first volume' $writer 1 40 rm $full.vol1.difftar.gz
        lossy 'two volumes in a row' $writer 1 12 rm $full.vol2.difftar.gz $full.vol3.difftar.gz
        lossy 'a volume of the incremental' $writer 1 60 rm $inc.vol1.difftar.gz
        lossy 'a gzip cut short, its hash right' $writer 1 12 sh -c "python3 '$SUPPORT/archive.py' shorten $full.vol2.difftar.gz; python3 '$SUPPORT/archive.py' rehash ."
        lossy 'a delta' $writer 1 1 archive cut . '^(multivol_)?diff/content/edited'
        lossy 'a manifest and a volume' $writer 1 60 sh -c "echo Volume one: >$inc.manifest; rm $inc.vol1.difftar.gz"
done
lossy 'a middle volume' ours 1 12 rm $full.vol2.difftar.gz
lossy 'all but the last' ours 1 60 sh -c "rm $full.vol[1234].difftar.gz"
lossy 'all of the incremental' ours 1 60 sh -c "rm $inc.vol*"
lossy 'a flipped byte' ours 1 12 archive flip $full.vol2.difftar.gz
lossy 'a chunk' ours 1 2 archive drop . '^multivol_snapshot/content/spans-volumes/20$'
lossy 'the base of a delta' ours 1 1 archive drop . '^multivol_snapshot/content/edited/'
lossy 'a bad header' ours 1 12 archive spoil . '^multivol_snapshot/content/spans-volumes/5$'
lossy 'a manifest' ours 0 0 sh -c "echo Volume one: >$full.manifest"

step 'without the signature archive nobody knows, and that is said'
rm -rf bad restored cache-ours
cp -r by-ours bad
rm bad/$inc.vol1.difftar.gz bad/duplicity-new-signatures*
expect_status 1 ours restore "file://$T/bad" restored "${OPTIONS[@]}" --ignore-errors
expect_output 'cannot be told: its signature archive is missing'

step 'without the option nothing is restored, and it is told what could be'
rm -rf restored
expect_status 52 ours restore "file://$T/bad" restored "${OPTIONS[@]}"
expect_match "volume 1 of the incremental set .* \(it holds '.*' to '.*'; --ignore-errors .*'--time 2023-11-14T22:13:20Z' the backup before\)"
[ ! -e restored ] || fail 'a folder was made'
ours restore "file://$T/bad" restored "${OPTIONS[@]}" --time 2023-11-14T22:13:20Z
tree save source 0.tree
same_tree 0.tree restored stock-times

step 'volumes that cannot be decrypted'
profile symmetric
cp -a source other
ours full other "file://$T/locked" --volsize 1 --current-time 1700000000
PASSPHRASE=another ours full other "file://$T/other-lock" --volsize 1 --current-time 1700000000
cp other-lock/*vol2.* locked
sed -i '/^Volume 2:/,/Hash/s/Hash SHA1 .*/Hash SHA1 '"$(sha1sum <locked/$full.vol2.difftar.gpg | cut -c 1-40)/" cache-ours/*/duplicity-full.*.manifest
expect_failure ours restore "file://$T/locked" restored-locked
rm -rf restored-locked
expect_status 1 ours restore "file://$T/locked" restored-locked --ignore-errors
expect_output 'volume 2 of the full set'
expect_output "cannot restore 'content/spans-volumes'"
cmp source/content/edited restored-locked/content/edited

step 'a manifest that cannot be decrypted'
rm -rf cache-ours restored-locked
archive flip locked/$full.manifest.gpg
expect_failure ours restore "file://$T/locked" restored-locked
expect_output manifest
rm -rf restored-locked
expect_status 1 ours restore "file://$T/locked" restored-locked --ignore-errors
expect_output 'the manifest of the full set of 2023-11-14T22:13:20Z is lost'
cmp source/content/edited restored-locked/content/edited
PASSPHRASE=wrong expect_status 31 ours restore "file://$T/locked" restored-wrong --ignore-errors
