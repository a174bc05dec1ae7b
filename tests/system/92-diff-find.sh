# diff, find and list-current-files --long say what the trees were, and collection-status what changed, without a single volume.
profile plain
history() {
        python3 "$SUPPORT/history.py" "$@"
}
prog_is_stock && skip 'stock has neither diff nor find'

step 'two chains, each written by both programs in turn'
make_tree work
at=1700000000
number=0
# backup WRITER VERB: what there is now is the next point in time
backup() {
        "$1" "$2" work "file://$T/target" "${OPTIONS[@]}" --current-time $at --allow-source-mismatch
        tree save work $number.tree
        times[number]=$at
        at=$((at + 1000)) number=$((number + 1))
}
backup ours full
tree change work 1
backup stock incremental
tree change work 2
backup ours incremental
rm -r work/tree
echo new >work/in-between
backup stock full
tree change work 3
backup ours incremental

step 'what stock lists'
for number in 0 1 2 3 4; do
        stock list-current-files "file://$T/target" "${OPTIONS[@]}" --time ${times[number]}
        sed '/^Last full backup date:/d; /^Local and Remote metadata/d; /^Copying /d; /^Synchronizing /d; /^Deleting local /d' out >stock.list
        history paths stock.list $number.tree
done

step 'the volumes are taken away'
mkdir volumes
mv target/*.difftar* volumes
rm -rf cache-ours

step diff
for from in 0 1 2 3 4; do
        for to in 0 1 2 3 4; do
                [ $from != $to ] || continue
                "$PROG" diff --json --from ${times[from]} --to ${times[to]} "file://$T/target" "${OPTIONS[@]}" --archive-dir cache-ours >diff.json
                history diff $from.tree $to.tree diff.json
        done
done
ours diff "file://$T/target" "${OPTIONS[@]}"
cp out last
ours diff --from ${times[3]} --to ${times[4]} "file://$T/target" "${OPTIONS[@]}"
cmp out last || fail 'the last backup is not compared with the one before'
expect_match '^added +- +5  snapshot/deleted$'
expect_match '^removed +(<=)?[0-9]+ +-  names/5/6$'
expect_match '^changed +[<=0-9]+ +1200000  content/spans-volumes$'
expect_match '^From .* to .*: [0-9]+ added \(.*\), [0-9]+ removed \(.*\), [0-9]+ changed \(.*, now .*\), [0-9]+ with other attributes$'
ours diff --from ${times[2]} --to ${times[3]} "file://$T/target" "${OPTIONS[@]}" # two chains, and nothing but what was done
[ "$(grep -cE '^(added|removed|changed) ' out)" = 6 ] || fail 'chains are not compared by content'
ours diff --from ${times[0]} --path-to-restore types "file://$T/target" "${OPTIONS[@]}"
expect_match '  types/file-to-link$'
[ "$(grep -cE '^(added|removed|changed|attributes) ' out)" = "$(grep -cE '^[a-z]+ .* types(/.*)?$' out)" ] || fail 'more than was asked for'
ours diff --from ${times[4]} "file://$T/target" "${OPTIONS[@]}"
[ "$(wc -l <out)" = 1 ] || fail 'a difference from itself'
expect_output ': 0 added (0 bytes), 0 removed (0 bytes), 0 changed (0 bytes, now 0 bytes), 0 with other attributes'
expect_status 20 ours diff --to ${times[0]} "file://$T/target" "${OPTIONS[@]}"
expect_status 20 ours diff "file://$T/nothing" "${OPTIONS[@]}"

step find
"$PROG" find '**' --json "file://$T/target" "${OPTIONS[@]}" --archive-dir cache-ours >find.json
history find find.json ${times[0]}=0.tree ${times[1]}=1.tree ${times[2]}=2.tree ${times[3]}=3.tree ${times[4]}=4.tree
ours find 'content/size-51?' "file://$T/target" "${OPTIONS[@]}"
[ "$(sed 's/^.* 2023 //; s/  */ /g' out | tr '\n' ',')" = 'added 511 content/size-511,deleted - content/size-511,added 512 content/size-512,added 513 content/size-513,' ] || fail 'wrong versions'
ours find fresh "file://$T/target" "${OPTIONS[@]}"
[ "$(grep -c ' fresh/sub/file$' out)" = 2 ] || fail 'what lies beneath a match is missing'
[ "$(grep -c ' fresh$' out)" = 3 ] || fail 'it came, went and came again'
ours find '**/[a-f]ile' "file://$T/target" "${OPTIONS[@]}"
[ "$(sed 's/.* //' out | sort -u)" = fresh/sub/file ] || fail 'wrong matches'
expect_status 19 ours find 'size-511' "file://$T/target" "${OPTIONS[@]}"
expect_output "no path matches 'size-511'"
expect_status 15 ours find '[z-a]' "file://$T/target" "${OPTIONS[@]}"
expect_status 2 ours find "file://$T/target" "${OPTIONS[@]}"
expect_status 2 ours find "file://$T/target" fresh "${OPTIONS[@]}"
expect_status 20 ours find x "file://$T/nothing" "${OPTIONS[@]}"

step 'list-current-files --long'
for number in 0 2; do # stock's would have bounds only
        ours list-current-files --long "file://$T/target" "${OPTIONS[@]}" --time ${times[number]}
        [ $number != 0 ] || history long $number.tree out
done
ours list-current-files "file://$T/target" "${OPTIONS[@]}" --time ${times[2]}
history paths out 2.tree
ours list-current-files --long "file://$T/target" "${OPTIONS[@]}" --time ${times[3]}
expect_match '^-rw-r--r-- .* <=512 .* content/size-511$' && fail 'there is none'
expect_match '^-rw-r--r-- .* <=512 .* content/size-512$'

step 'a set whose signatures are gone is told, the others still speak'
rm target/duplicity-new-signatures.20231114T221320Z.*
rm -rf cache-ours
expect_status 1 ours find content/edited "file://$T/target" "${OPTIONS[@]}"
expect_output 'what changed in the incremental set of 2023-11-14T22:30:00Z is not known'
[ "$(grep -c ' content/edited$' out)" = 3 ] || fail 'other versions are missing'
expect_status 18 ours diff --from ${times[1]} "file://$T/target" "${OPTIONS[@]}"

step 'collection-status: changes as stock prints them, and with the local copies lost'
stock_says() {
        stock collection-status "$@" "file://$T/chain" "${OPTIONS[@]}"
        sed "s/   b'\(.*\)'/      \1/" out >stock.text
        rm -rf cache-ours
        ours collection-status "$@" "file://$T/bare" "${OPTIONS[@]}"
        sed '/^Copying /d' out | diff - stock.text || fail "not what stock says"
}
rm -rf work
make_tree work
rm -rf work/names/* # stock stumbles over some of them
printf x | tee 'work/names/a blank' work/names/héllo-ünï "work/names/a'quote" $'work/names/new\nline' >work/names/plain
stock full work "file://$T/chain" "${OPTIONS[@]}" --current-time 1700100000
echo more | tee -a 'work/names/a blank' work/content/edited >>work/content/size-512
rm -r work/tree work/content/size-511
mkdir work/fresh
echo new >work/fresh/file
stock incremental work "file://$T/chain" "${OPTIONS[@]}" --current-time 1700101000
stock incremental work "file://$T/chain" "${OPTIONS[@]}" --current-time 1700102000
echo more >>work/content/edited
stock incremental work "file://$T/chain" "${OPTIONS[@]}" --current-time 1700103000
mkdir bare # stock passes over sets without volumes
cp chain/*.manifest chain/*.sigtar.gz bare
for path in content/edited content/size-511 fresh/file 'names/a blank' no/such/file names/héllo-ünï; do stock_says --file-changed "$path"; done
for set in 0 1 2 3; do stock_says --show-changes-in-set $set; done
stock_says --show-changes-in-set 0 --file-changed content/edited
expect_status 2 ours collection-status --show-changes-in-set 4 "file://$T/chain" "${OPTIONS[@]}"
expect_output 'from 0, the newest, to 3'
expect_status 2 ours collection-status --show-changes-in-set x "file://$T/chain" "${OPTIONS[@]}"
expect_status 2 ours collection-status --file-changed ../passwd "file://$T/chain" "${OPTIONS[@]}"
ours collection-status --show-changes-in-set 1 "file://$T/target" "${OPTIONS[@]}"
expect_match '^ Backup set time: .* 23:03:20 2023$'
ours collection-status --show-changes-in-set 4 "file://$T/target" "${OPTIONS[@]}" # in the chain before, which stock cannot
expect_match '^ Backup set time: .* 22:13:20 2023$'
ours collection-status --file-changed x "file://$T/nothing" "${OPTIONS[@]}"
[ "$(cat out)" = 'Last full backup date: none' ] || fail 'something of nothing'
