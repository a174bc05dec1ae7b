# Damaged repositories: named, a status that is not 0, and never a file that is quietly short or wrong.
make_tree source
rm -rf source/special
tree save source 0.tree
profile plain
for writer in ours stock; do
        rm -rf work
        cp -a source work
        $writer full work "file://$T/by-$writer" "${OPTIONS[@]}" --volsize 1 --current-time 1700000000
        tree change work 1
        $writer incremental work "file://$T/by-$writer" "${OPTIONS[@]}" --volsize 1 --current-time 1700001000
done
prog_is_stock && exit 0 # it is known to pass over most of what follows

# Each file of RESTORED is what it was in source, in work, or named in the output.
sound() {
        python3 - "$T/out" <<'END'
import os, sys
said = open(sys.argv[1], "rb").read()
bad = 0
for folder, _, files in os.walk(b"restored"):
    for name in files:
        path = os.path.join(folder, name)
        relative = os.path.relpath(path, b"restored")
        if os.path.islink(path) or not os.path.isfile(path):
            continue
        content = open(path, "rb").read()
        right = [os.path.join(root, relative) for root in (b"source", b"work")]
        if any(os.path.isfile(r) and not os.path.islink(r) and open(r, "rb").read() == content for r in right):
            continue
        if relative not in said:
            print("silently wrong:", relative)
            bad = 1
sys.exit(bad)
END
}

# damaged NAME WRITER TEXT COMMAND...: COMMAND damages the folder "bad"; restore and verify then fail and say something like TEXT
damaged() {
        local text=$3
        step "$1 ($2)"
        rm -rf bad restored cache-ours
        cp -r "by-$2" bad
        (cd bad && "${@:4}")
        expect_failure ours restore "file://$T/bad" restored "${OPTIONS[@]}" --num-retries 0
        expect_match "$text"
        sound || fail 'a wrong file was left without a word'
        expect_failure ours verify "file://$T/bad" work "${OPTIONS[@]}" --num-retries 0
        expect_match "$text"
}
full=duplicity-full.20231114T221320Z
inc=duplicity-inc.20231114T221320Z.to.20231114T223000Z

for writer in ours stock; do
        damaged 'a missing first volume' $writer "$full.vol1|volume 1 of the full set" rm $full.vol1.difftar.gz
        damaged 'a missing middle volume' $writer "$full.vol2|volume 2 of the full set" rm $full.vol2.difftar.gz
        damaged 'a missing volume of the incremental' $writer "$inc.vol1|volume 1 of the incremental set" rm $inc.vol1.difftar.gz
        damaged 'a flipped byte' $writer $full.vol2 archive flip $full.vol2.difftar.gz
        damaged 'a volume cut short' $writer $full.vol2 archive shorten $full.vol2.difftar.gz
        damaged 'volumes swapped' $writer $full.vol sh -c "mv $full.vol1.difftar.gz x; mv $full.vol2.difftar.gz $full.vol1.difftar.gz; mv x $full.vol2.difftar.gz"
        damaged 'a gzip cut short, its hash right' $writer $full.vol2 sh -c "python3 '$SUPPORT/archive.py' shorten $full.vol2.difftar.gz; python3 '$SUPPORT/archive.py' rehash ."
        damaged 'a byte flipped in the gzip, its hash right' $writer $full.vol2 sh -c "python3 '$SUPPORT/archive.py' flip $full.vol2.difftar.gz; python3 '$SUPPORT/archive.py' rehash ."
        damaged 'a chunk missing' $writer content/spans-volumes archive drop . '^multivol_snapshot/content/spans-volumes/20$'
        damaged 'the first chunk missing' $writer content/spans-volumes archive drop . '^multivol_snapshot/content/spans-volumes/1$'
        damaged 'the base of a delta missing' $writer content/edited archive drop . '^multivol_snapshot/content/edited/'
        damaged 'a bad header' $writer $full.vol archive spoil . '^multivol_snapshot/content/spans-volumes/5$'
        damaged 'a delta cut short' $writer content/edited archive cut . '^(multivol_)?diff/content/edited'
done

step 'a hash that differs is status 21'
rm -rf bad cache-ours restored
cp -r by-ours bad
archive flip bad/$full.vol1.difftar.gz
expect_status 21 ours restore "file://$T/bad" restored "${OPTIONS[@]}" --num-retries 0

step 'content that is wrong, every other check right: seen by our own record'
damaged 'the last chunk missing' ours content/spans-volumes archive drop . '^multivol_snapshot/content/spans-volumes/54$'
damaged 'a byte of a chunk' ours content/spans-volumes archive scramble . '^multivol_snapshot/content/spans-volumes/7$'
damaged 'a byte of a delta' ours content/edited archive scramble . '^(multivol_)?diff/content/edited'

step 'damaged signature archives are noticed by an incremental'
for way in flip shorten; do
        rm -rf bad cache-ours
        cp -r by-ours bad
        archive $way bad/duplicity-full-signatures.20231114T221320Z.sigtar.gz
        expect_failure ours incremental work "file://$T/bad" "${OPTIONS[@]}" --allow-source-mismatch --num-retries 0
        expect_output duplicity-full-signatures.20231114T221320Z.sigtar.gz
done

step 'a repository without anything'
mkdir empty
expect_failure ours restore "file://$T/empty" restored-empty "${OPTIONS[@]}"
expect_failure ours restore "file://$T/nowhere" restored-empty "${OPTIONS[@]}"
[ ! -e restored-empty ] || [ -z "$(ls -A restored-empty)" ] || fail 'something was made of nothing'

step 'a manifest that lacks volumes which are there'
for writer in ours stock; do
        damaged 'a manifest cut short' $writer "volume 3|$full.manifest" sed -i '/^Volume 3:/,$d' $full.manifest
done
