# check: sound repositories are said to be, and every kind of damage is found, all of it in one run.
prog_is_stock && skip 'stock has no check'
make_tree source
rm -rf source/special
full=duplicity-full.20231114T221320Z
inc=duplicity-inc.20231114T221320Z.to.20231114T223000Z
later=duplicity-inc.20231114T223000Z.to.20231114T224640Z
signatures=duplicity-full-signatures.20231114T221320Z.sigtar

# make_repository FOLDER WRITER: a chain of three sets, the full one of several volumes
make_repository() {
        rm -rf work
        cp -a source work
        $2 full work "file://$T/$1" "${OPTIONS[@]}" --volsize 1 --current-time 1700000000
        tree change work 1
        $2 incremental work "file://$T/$1" "${OPTIONS[@]}" --volsize 1 --current-time 1700001000
        tree change work 2
        $2 incremental work "file://$T/$1" "${OPTIONS[@]}" --volsize 1 --current-time 1700002000
}

check() {
        ours check "file://$T/$1" "${OPTIONS[@]}" --num-retries 0 "${@:2}"
}

findings() {
        grep -cE '^(error|warning): ' "$T/out" || true
}

# sound FOLDER OPTION...: status 0 and a single line
sound() {
        expect_status 0 check "$@"
        expect_match '^Sound: 1 chain, 3 backups, [0-9]+ volumes '
        [ "$(grep -vc '^Copying ' "$T/out")" = 1 ] || fail 'more than one line'
        grep -q '^Copying ' "$T/out" && [ "$2" != --full ] && fail 'copies are made'
        return 0
}

# found COUNT TEXT FOLDER COMMAND...: COMMAND damages a copy of FOLDER; check then finds COUNT things, one like TEXT, and ends with 1
found() {
        local count=$1 text=$2
        step "$3: ${*:4}"
        rm -rf bad cache-ours
        cp -r "$3" bad
        (cd bad && "${@:4}")
        expect_status 1 check bad
        expect_match "$text"
        [ "$(findings)" = "$count" ] || fail "$(findings) findings instead of $count"
}

# both COUNT TEXT COMMAND...: the same for the repositories of both programs
both() {
        local writer
        for writer in ours stock; do found "$1" "$2" "by-$writer" "${@:3}"; done
}

profile plain
for writer in ours stock; do make_repository "by-$writer" $writer; done

step 'sound repositories'
for writer in ours stock; do
        rm -rf cache-ours
        sound "by-$writer"
        sound "by-$writer" --full
        expect_output ' replayed'
        sound "by-$writer" --concurrency 3
        ours verify "file://$T/by-$writer" work "${OPTIONS[@]}"
        [ "$(ls cache-ours/* | grep -c manifest)" = 3 ] || fail 'no local copies'
        sound "by-$writer"
        sound "by-$writer" --sample 1%
        expect_output '(3 checked, '
done
cp -a cache-stock cache-of-stock
for folder in cache-of-stock/*; do
        expect_status 0 "$PROG" check "file://$T/by-stock" --archive-dir "$T/cache-of-stock" --name "${folder##*/}"
done

volume2=$full.vol2.difftar.gz
both 1 "^error: .*'$volume2' is damaged" archive flip $volume2
both 1 "^error: .*'$volume2' is damaged" archive shorten $volume2
both 1 '^error: volume 2 of the full set of 2023-11-14T22:13:20Z is missing: ' rm $volume2
both 1 "^error: volume '$volume2' has 0 bytes" truncate -s 0 $volume2
both 2 "^error: .*'$volume2' is damaged" sh -c "mv $full.vol1.difftar.gz x; mv $volume2 $full.vol1.difftar.gz; mv x $volume2"
both 2 "^error: the manifest '$full.manifest' does not speak of 1 of the .* from '$full.vol9.difftar.gz' on" mv $volume2 $full.vol9.difftar.gz
both 1 "^error: the manifest '$inc.manifest' does not speak of 1 of the 2 volumes of its set, from '$inc.vol9" cp $volume2 $inc.vol9.difftar.gz
both 1 "^warning: '$volume2.bak': claims to be the same file as '$volume2', which is used: " cp $volume2 $volume2.bak
both 1 '^warning: full set of 2023-11-14T22:13:20Z: its signature archive is missing: .*: begin a new chain' rm $signatures.gz
both 1 "^warning: full set of .*'$signatures.gz'" archive flip $signatures.gz
both 1 "^warning: full set of .*$signatures.gz" archive shorten $signatures.gz
both 1 "^error: incremental set .*'$inc.manifest'.*line 3" sed -i '3s/.*/Volume x:/' $inc.manifest
both 1 "^error: incremental set .*'$inc.manifest'" truncate -s 0 $inc.manifest
both 1 "^error: the manifest '$full.manifest' does not speak of .* from '$full.vol3.difftar.gz' on" sed -i '/^Volume 3:/,$d' $full.manifest
both 2 '^warning: incremental set of 2023-11-14T22:30:00Z: never finished: ' rm $inc.manifest
both 1 '^warning: incremental set of 2023-11-14T22:46:40Z: the set before it is missing, .*: bring back the missing files' \
        sh -c "rm $inc.* duplicity-new-signatures.20231114T221320Z.*"
both 1 '^warning: incremental set of 2023-11-14T22:46:40Z: never finished: ' rm $later.manifest
both 1 "^warning: 'duplicity-new-signatures.20231114T223000Z.to.20231114T224640Z.sigtar.gz': its set is gone: " rm $later.manifest $later.vol1.difftar.gz
both 5 "^error: .*'$volume2' is damaged" sh -c "
        python3 '$SUPPORT/archive.py' flip $volume2
        rm $full.vol1.difftar.gz $signatures.gz
        echo nonsense >$later.manifest
        cp $inc.manifest $inc.manifest.bak"

step 'every finding says what to do'
grep -E '^(error|warning): ' out | grep -vE '^(error|warning): .*: .*(full backup|delete|begin|by hand|cleanup)' && fail 'no remedy'

step 'what only reading everything shows'
for writer in ours stock; do
        rm -rf bad cache-ours
        cp -r "by-$writer" bad
        archive drop bad '^multivol_snapshot/content/spans-volumes/20$'
        sound bad
        expect_status 1 check bad --full
        expect_match "^error: 'content/spans-volumes': .*chunk 20 is missing"
        [ "$(findings)" = 1 ] || fail "$(findings) findings"
        rm -rf cache-ours
        archive spoil bad '^multivol_snapshot/content/spans-volumes/5$'
        sound bad
        expect_status 1 check bad --full
        expect_match '^error: the chain that begins with the full set of 2023-11-14T22:13:20Z: '
        archive flip "bad/$inc.vol1.difftar.gz"
        expect_status 1 check bad --full
        expect_match "^error: .*'$inc.vol1.difftar.gz' is damaged"
done

step 'a sample: others each time, the same at the same time'
rm -rf bad cache-ours
cp -r by-ours bad
archive flip bad/$volume2
: >results
sampled() {
        local status=0
        check bad --sample 5% --current-time "$1" || status=$?
        echo "$status"
}
for time in $(seq 1700100000 1700100019); do sampled "$time" | tail -n 1 >>results; done
for time in 1700100000 1700100001 1700100002; do sampled "$time" | tail -n 1 >>again; done
head -n 3 results | cmp - again || fail 'another choice at the same time'
[ "$(sort -u results | tr '\n' ' ')" = '0 1 ' ] || fail "a sample that is none: $(tr '\n' ' ' <results)"
expect_status 1 check bad --sample 100%

step 'local copies'
rm -rf bad cache-ours
cp -r by-ours bad
ours verify "file://$T/bad" work "${OPTIONS[@]}"
copies=$(echo cache-ours/*)
sed -i 's/^Hostname .*/Hostname elsewhere/' "$copies/$full.manifest"
: >"$copies/$signatures.gz"
cp "$copies/$inc.manifest" "$copies/duplicity-full.20200101T000000Z.manifest"
expect_status 1 check bad
expect_match "^warning: the copy of '$full.manifest' in '.*' is not what the repository has: "
expect_match "^warning: the copy of '$signatures.gz' in "
expect_match "^warning: 'duplicity-full.20200101T000000Z.manifest' is in '.*' but not in the repository: "
[ "$(findings)" = 3 ] || fail "$(findings) findings"
[ -e "$copies/duplicity-full.20200101T000000Z.manifest" ] || fail 'it was deleted'

step 'chains that overlap'
rm -rf bad cache-ours
cp -r by-ours bad
ours full work "file://$T/other" "${OPTIONS[@]}" --current-time 1700001500
cp other/* bad
expect_status 1 check bad
expect_match '^warning: the chain .* overlaps with that of the '

step 'JSON'
python3 - "$PROG" "$T" <<'END'
import json, subprocess, sys
def run(folder, *more):
    result = subprocess.run([sys.argv[1], "check", "--json", "file://%s/%s" % (sys.argv[2], folder), "--archive-dir", sys.argv[2] + "/cache-json",
                             "--no-encryption", "--num-retries", "0", *more], stdout=subprocess.PIPE)
    return result.returncode, json.loads(result.stdout)
status, said = run("by-ours")
assert (status, said["sound"], said["findings"], said["sets"], said["error"]) == (0, True, [], 3, None), said
status, said = run("bad")
assert status == 1 and not said["sound"] and (said["error_count"], said["warning_count"]) == (0, 1), said
assert [(f["severity"], f["kind"]) for f in said["findings"]] == [("warning", "chains-overlap")] and said["findings"][0]["remedy"], said
status, said = run("nowhere")
assert status == 20 and "sound" not in said and "no backup" in said["error"]["message"], said
END

step 'what cannot be checked has a status of its own'
expect_status 20 check nowhere
expect_status 2 check by-ours --full --sample 5%
for bad in 0% 101 x 5%% ''; do expect_status 2 check by-ours "--sample=$bad"; done
expect_status 2 ours full --full source "file://$T/never" "${OPTIONS[@]}"
expect_output "'--full' belongs to 'check'"
[ ! -e never ] || fail 'it backed up'

for name in symmetric signed; do
        profile $name
        step "encrypted repositories: $name"
        make_repository "$name-ours" ours
        sound "$name-ours"
        sound "$name-ours" --full --concurrency 2
done
profile symmetric
make_repository symmetric-stock stock
rm -rf cache-ours
sound symmetric-stock
for writer in ours stock; do
        found 1 "^error: .*'$full.vol2.difftar.gpg' is damaged" symmetric-$writer archive flip $full.vol2.difftar.gpg
        found 1 "^error: full set of .*$full.manifest.gpg" symmetric-$writer archive flip $full.manifest.gpg
        found 1 "^warning: full set of .*$signatures.gpg" symmetric-$writer archive flip $signatures.gpg
        found 1 "^error: full set of .*$full.manifest.gpg" symmetric-$writer truncate -s 0 $full.manifest.gpg
        found 1 "^error: .*'$inc.vol1.difftar.gpg' is damaged" symmetric-$writer cp $full.vol2.difftar.gpg $inc.vol1.difftar.gpg
done
found 2 '^error: the incremental set of .* has files that are not encrypted beside encrypted ones: ' \
        symmetric-ours sh -c "rm $inc.vol1.difftar.gpg; cp ../by-ours/$inc.vol1.difftar.gz ."

step 'without the right passphrase nothing is said to be damaged'
rm -rf cache-ours
PASSPHRASE=wrong expect_status 31 check symmetric-ours
expect_output passphrase
(unset PASSPHRASE && expect_status 31 check symmetric-ours)
