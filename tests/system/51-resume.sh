# A backup that was killed, or failed, is continued by the next one: nothing that is safe is stored twice, no file is a mixture, and both tools restore
# what came of it. What stock left half-done, and stock over what we left half-done.
prog_is_stock && skip 'the elder tool continues in another way'

"$CC" -O1 -shared -fPIC -U_FORTIFY_SOURCE -o fault.so "$ROOT/tests/system/fault.c" -ldl
if prog_is_instrumented; then every='--every 9' kills_wanted=5; else every= kills_wanted=60; fi
kills=0
# killed_and_continued HOW OPTION... -- OPTION...
killed_and_continued() {
        step "killed: $*"
        local how=$1
        shift
        python3 "$SUPPORT/killed.py" "$how" "$T" "$@" >out 2>&1 || { tail -n 40 out; fail 'see above'; }
        tail -n 1 out
        kills=$((kills + $(sed -n 's/^killed \([0-9]*\),.*/\1/p' out)))
}
killed_and_continued calls $every --full --stock 10 -- --no-encryption
killed_and_continued calls $every --stock 10 --seed 2 -- --no-encryption
killed_and_continued calls ${every:---every 3} --full --concurrency 4 --seed 3 -- --no-encryption
killed_and_continued times --full --kills $kills_wanted --stock 8 --concurrency 4 --seed 4 -- --no-encryption
killed_and_continued times --kills $((kills_wanted * 3 / 5)) --stock 5 --seed 5 -- --no-encryption
export PASSPHRASE='of the set'
killed_and_continued calls --every 9 --full --stock 3 --seed 6 -- --gpg-options '--s2k-count 65536'
killed_and_continued calls --every 5 --seed 7 -- --gpg-options '--s2k-count 65536'
echo "killed $kills times"
prog_is_instrumented || [ "$kills" -ge 200 ] || fail "only $kills kills"
rm -rf source target cache cache-stock restored

mkdir source source/folder
dd if=/dev/urandom of=source/folder/large bs=1M count=7 status=none
cp source/folder/large source/more
echo text >source/text

volumes_safe() {
        cat cache-ours/n/.resume.log 2>/dev/null | grep -c '^[0-9a-f]* V' || true
}

# stopped SIGNAL COMMAND...: the program, ended by SIGNAL once three volumes are safe; the status is left in STOPPED
stopped() {
        local signal=$1 deadline=$((SECONDS + 60))
        shift
        STOPPED=0
        printf '+ %s, until SIG%s\n' "$*" "$signal"
        "$PROG" "$@" --archive-dir "$T/cache-ours" --name n --volsize 1 "${OPTIONS[@]}" >"$T/out" 2>&1 &
        local pid=$!
        while [ "$(volumes_safe)" -lt 3 ] && [ $SECONDS -lt $deadline ] && kill -0 $pid 2>/dev/null; do sleep 0.01; done
        kill "-$signal" $pid || fail 'it had ended already'
        wait $pid || STOPPED=$?
        ! ls target | grep '\.manifest' || fail 'it was complete already'
}

backup() {
        ours "$1" source "file://$T/target" --name n --volsize 1 "${@:2}" "${OPTIONS[@]}"
}

both_restore() {
        rm -rf restored restored-stock
        ours restore "file://$T/target" restored --name n "${OPTIONS[@]}"
        same_tree source restored stock-times
        stock restore "file://$T/target" restored-stock "${OPTIONS[@]}"
        same_tree source restored-stock stock-times
}

fresh() {
        step "$@"
        rm -rf target cache-ours cache-stock
}

for name in symmetric public signed; do
        fresh "$name: killed, then continued"
        profile $name
        stopped KILL full source "file://$T/target"
        ls -l --full-time target | grep -E 'vol[12]\.' >before
        if [ $name = public ]; then # hosts that only write have no passphrase
                (unset PASSPHRASE && backup full)
        else
                backup full
        fi
        expect_match '^Continuing the full set of .* after volume [0-9]+\.$'
        ls -l --full-time target | grep -E 'vol[12]\.' | cmp - before
        both_restore
done

fresh 'another passphrase begins anew'
profile symmetric
stopped KILL full source "file://$T/target"
PASSPHRASE='another one' backup full
expect_output 'is not continued: it has another passphrase.'
export PASSPHRASE='another one'
both_restore

fresh 'another key begins anew'
profile public
stopped KILL full source "file://$T/target"
OPTIONS=(--encrypt-key "$STRANGER" --encrypt-key "$READER")
backup full
expect_output 'is not continued: it was made with another --encrypt-key.'
both_restore
profile plain
fresh 'interrupted'
stopped TERM full source "file://$T/target"
[ "$STOPPED" = 4 ] || fail "status $STOPPED instead of 4"
backup full
expect_match '^Continuing the full set of .* after volume [0-9]+\.$'
both_restore

if needs_root 'a full disk'; then
        fresh 'the disk was full, and is not any more'
        mkdir target
        mount -t tmpfs -o size=7m tmpfs target
        dd if=/dev/zero of=target/filler bs=1M count=1 status=none
        expect_failure backup full
        expect_output 'no space left on device'
        mount -o remount,size=64m target
        backup full
        expect_match '^Continuing the full set of .* after volume [0-9]+\.$'
        both_restore
        umount target
fi

fresh 'a dry run leaves all as it is'
stopped KILL full source "file://$T/target"
all_files() { find target cache-ours -type f ! -name lockfile -printf '%p %i %s %T@\n' | sort; }
all_files >before
backup full --dry-run
all_files | cmp - before

step 'stock sees an incomplete set only, and goes its own way'
cp -r cache-ours cache-stock
stock collection-status "file://$T/target" --name n "${OPTIONS[@]}"
expect_output 'and 1 incomplete backup set.'
stock full source "file://$T/target" --name n "${OPTIONS[@]}"
backup incremental
expect_no_output Continuing
expect_nothing_new
both_restore
stock cleanup --force "file://$T/target" --name n "${OPTIONS[@]}"
stock collection-status "file://$T/target" --name n "${OPTIONS[@]}"
expect_output 'No orphaned or incomplete backup sets found.'

# stock_half_done VERB: in the archive folder that both use from here on
stock_half_done() {
        TMPDIR=$T/tmp-stock "$STOCK" "$1" source "file://$T/target" --archive-dir "$T/cache-ours" --name n --volsize 1 "${OPTIONS[@]}" >out 2>&1 &
        local pid=$! deadline=$((SECONDS + 60))
        until ls target 2>/dev/null | grep -q "$2.*vol3" || [ $SECONDS -ge $deadline ]; do sleep 0.01; done
        kill -KILL $pid
        wait $pid 2>/dev/null || true
        rm -f cache-ours/n/lockfile* # stock leaves it
        rm -rf tmp-stock/*
        ls cache-ours/n | grep -q '\.manifest\.part' || fail 'stock left nothing half-done'
        sleep 1.1 # a set of the same second would be taken for its
}

for verb in full incremental; do
        fresh "stock left a half-done set ($verb): ours replaces it"
        if [ $verb = incremental ]; then
                backup full
                sleep 1.1
                cat source/more source/text >source/folder/larger
        fi
        stock_half_done $verb duplicity-${verb:0:3}
        backup $verb
        expect_match '^Deleting local duplicity-.*\.manifest\.part \(of an unfinished backup, which this one replaces\)'
        ! ls cache-ours/n | grep '\.part' || fail 'something half-done is left'
        ours verify --compare-data "file://$T/target" source --name n "${OPTIONS[@]}"
        cp -r cache-ours cache-stock
        stock collection-status "file://$T/target" --name n "${OPTIONS[@]}"
        expect_output 'and 1 incomplete backup set.'
        sleep 1.1
        stock incremental source "file://$T/target" --name n "${OPTIONS[@]}"
        expect_nothing_new
        both_restore
done
