# What the removing commands and cleanup remove: the same files as the elder tool, in an order that may be broken off anywhere.
mkdir -p source/content
seq 20000 >source/content/text

# repository NAME: chains of full, inc, inc; full, inc, inc; full; full, inc, inc; ten days between them, a day within.
repository() {
        local chain number time
        for chain in 0 1 2 3; do
                for number in 0 1 2; do
                        [ "$chain$number" != 21 ] && [ "$chain$number" != 22 ] || continue
                        time=$((1700000000 + chain * 864000 + number * 86400))
                        echo "chain $chain set $number" >source/content/state
                        touch -d @$((time - 1000)) source/content/state # the elder tool does not see changes within a second
                        ours "$([ $number = 0 ] && echo full || echo incremental)" source "file://$T/$1" "${OPTIONS[@]}" \
                                --name "$1" --current-time $time
                done
        done
}

# The last output without what the elder tool says of its cache.
words() {
        grep -v '^Local and Remote metadata\|^Synchronizing remote\|^Copying ' out
}

# both REPOSITORY VERB...: each tool works on a copy, ours (a copy of its cache beside it) without any passphrase; left in a and b.
both() {
        local repository=$1 status=0
        shift
        rm -rf a b cache-ours/a cache-stock
        cp -a "$repository" a
        cp -a "$repository" b
        [ ! -e "cache-ours/$repository" ] || cp -a "cache-ours/$repository" cache-ours/a
        stock "$@" "file://$T/b" "${OPTIONS[@]}"
        words >out-b
        (unset PASSPHRASE SIGN_PASSPHRASE && ours "$@" "file://$T/a" "${OPTIONS[@]}" --name a) || status=$?
        [ $status = 0 ] || fail "status $status: $*"
        words >out-a
}

same_files() {
        diff <(names a) <(names b) || fail "other files are left: $*"
}

# list_alike REPOSITORY VERB...: without --force
list_alike() {
        both "$@"
        diff out-a out-b || fail "other words: $*"
        [ "$(names a)" = "$(names "$1")" ] || fail 'something was removed without --force'
}

# remove_alike REPOSITORY VERB...: with --force
remove_alike() {
        both "$@" --force
        same_files "$@"
        # local copies go with their sets
        [ "$(ls cache-ours/a | grep -c manifest)" = "$(names a | grep -c manifest)" ] || fail 'local copies are left or gone'
        [ "$(ls cache-ours/a | grep -c sigtar)" = "$(names a | grep -c sigtar)" ] || fail 'local copies are left or gone'
}

# left_is_restorable TOOL NAME...: the state at each of these sets, "chain set"
left_is_restorable() {
        local tool=$1 set
        shift
        for set; do
                rm -rf restored
                $tool restore "file://$T/a" restored "${OPTIONS[@]}" --time $((1700000000 + ${set% *} * 864000 + ${set#* } * 86400))
                [ "$(cat restored/content/state)" = "chain ${set% *} set ${set#* }" ] || fail "another state than $set was restored"
        done
}

step 'the same files, the same words'
profile plain
repository plain
list_alike plain remove-older-than 20231116T221320Z # the very end of the first chain
list_alike plain remove-older-than 20231116T221321Z
list_alike plain remove-older-than 20231215T000000Z # within the newest
list_alike plain remove-older-than 20240101T000000Z # after the newest
list_alike plain remove-all-but-n-full 2
list_alike plain remove-all-inc-of-but-n-full 1
list_alike plain cleanup
remove_alike plain remove-older-than 20231116T221320Z
remove_alike plain remove-older-than 20231116T221321Z
# the elder tool removes the newest chain's signatures then, if it has copies of them
prog_is_stock || remove_alike plain remove-older-than 20240101T000000Z
remove_alike plain remove-all-but-n-full 5
remove_alike plain remove-all-inc-of-but-n-full 3
remove_alike plain remove-all-inc-of-but-n-full 1
left_is_restorable ours '0 0' '1 0' '2 0' '3 0' '3 1' '3 2'
left_is_restorable stock '0 0' '3 2'
remove_alike plain remove-all-but-n-full 2
left_is_restorable ours '2 0' '3 0' '3 1' '3 2'
left_is_restorable stock '2 0' '3 2'

step 'encrypted'
profile symmetric
repository symmetric
remove_alike symmetric remove-older-than 20231216T221319Z
remove_alike symmetric remove-all-inc-of-but-n-full 2
left_is_restorable stock '1 0' '3 2'
profile plain

# The rest is beyond the elder tool.
! prog_is_stock || return 0

step 'orphans, unfinished sets, strays'
cp -a plain untidy
cp -a cache-ours/plain cache-ours/untidy
rm untidy/duplicity-full.20231124T221320Z.*                                # orphans the incrementals, leaves a stray
rm untidy/duplicity-inc.20231115T221320Z.to.20231116T221320Z.manifest      # unfinished
echo x >untidy/duplicity-full.20231130T000000Z.vol1.difftar.gz             # unfinished, without signatures
echo '{}' >untidy/duplicity-full.20231114T221320Z.jsonstat
echo '{}' >untidy/duplicity-full.20231124T221320Z.jsonstat.gz
echo x >cache-ours/untidy/duplicity-full.20231201T000000Z.manifest.part
ours collection-status "file://$T/untidy" --name untidy
expect_match "incremental set of 2023-11-25T22:13:20Z: the set before it is missing.*cleanup --force"
expect_match "incremental set of 2023-11-16T22:13:20Z: never finished"
without_signatures() {
        grep -v 'signatures\|jsonstat'
}
both untidy remove-all-but-n-full 2 --force # of sets of no chain, the elder tool removes the signatures alone
diff <(names a | without_signatures) <(names b | without_signatures)
names a | grep -q signatures.20231124T221320Z.to.20231125 || fail 'an orphan has lost its signatures'
! names a | grep -q 'full-signatures.20231124T221320Z\|20231114T221320Z.jsonstat' || fail 'a stray is left'
rm -rf a cache-ours/a
cp -a untidy a
cp -a cache-ours/untidy cache-ours/a
ours cleanup "file://$T/a" --name a
cp out listed
diff <(names untidy) <(names a)
[ -e cache-ours/a/duplicity-full.20231201T000000Z.manifest.part ]
both untidy cleanup --force # the elder tool leaves signatures of unfinished sets, and strays
diff <(names a | without_signatures) <(names b | without_signatures)
names a | sed -n 's/.*signatures\.\(.*\)\.sigtar.*/\1/p' | sort >signed
names a | sed -n 's/duplicity-\(full\|inc\)\.\(.*\)\.manifest/\2/p' | sort >finished
diff signed finished
[ -z "$(ls cache-ours/a | grep 'part$\|20231124\|20231201')" ] || fail 'local leftovers'
diff <(comm -23 <(names untidy | sort) <(names a | sort)) <(grep '^duplicity-.*\(difftar\|sigtar\|manifest\|jsonstat\)[.gz]*$' listed | sort)
ours cleanup "file://$T/a" --name a
expect_output 'No extraneous files found, nothing deleted in cleanup.'
ours collection-status "file://$T/a" --name a
expect_output 'No orphaned or incomplete backup sets found.'
left_is_restorable ours '0 1' '2 0' '3 2'
left_is_restorable stock '0 1' '3 2'

step 'two files that claim to be one volume'
rm -rf a cache-ours/a cache-stock
cp -a plain a
volume=duplicity-full.20231214T221320Z.vol1.difftar.gz
cp a/$volume a/$volume.bak
expect_status 30 stock collection-status "file://$T/a"
ours collection-status "file://$T/a"
expect_match "'$volume.bak': claims to be the same file as '$volume', which is used .remove it with 'cleanup --force'"
left_is_restorable ours '3 2'
ours cleanup --force "file://$T/a"
diff <(names plain) <(names a)
stock collection-status "file://$T/a"

step 'a missing signature archive is explained'
rm a/duplicity-full-signatures.20231214T221320Z.sigtar.gz
ours collection-status "file://$T/a"
expect_match "full set of 2023-12-14T22:13:20Z: its signature archive is missing.*begin a new chain with 'full'"
ours remove-older-than 20240101T000000Z --force "file://$T/a" # the elder tool would remove this chain too, the last there is
left_is_restorable stock '3 2'
ours backup source "file://$T/a" "${OPTIONS[@]}"
expect_match 'the signature archive of the full set of 2023-12-14T22:13:20Z is missing'

step 'killed before each removal'
"$CC" -O1 -shared -fPIC -U_FORTIFY_SOURCE -o fault.so "$ROOT/tests/system/fault.c" -ldl
rm -rf b
cp -a plain b
ours remove-all-but-n-full 2 --force "file://$T/b" --name b
names b >left
for number in $(seq 100); do
        rm -rf a cache-ours/a
        cp -a plain a
        cp -a cache-ours/plain cache-ours/a
        status=0
        logged env ASAN_OPTIONS="verify_asan_link_order=0:${ASAN_OPTIONS:-}" KILL_AT_REMOVAL=$number LD_PRELOAD="$T/fault.so" "$PROG" \
                remove-all-but-n-full 2 --force "file://$T/a" --name a --archive-dir "$T/cache-ours" || status=$?
        [ $status != 0 ] || break
        [ $status = 137 ] || fail "status $status instead of death by signal"
        ours collection-status "file://$T/a" --name a
        expect_match 'Also found 0 backup set|No orphaned or incomplete'
        ! names a | grep -q duplicity-full.20231124T221320Z.manifest || left_is_restorable ours '1 0'
        left_is_restorable ours '3 2'
        if [ $((number % 12)) = 4 ]; then
                left_is_restorable stock '3 2'
                ! names a | grep -q duplicity-full.20231114T221320Z.manifest || left_is_restorable stock '0 0'
        fi
        ours remove-all-but-n-full 2 --force "file://$T/a" --name a
        ours cleanup --force "file://$T/a" --name a
        diff <(names a) left
        [ -z "$(ls cache-ours/a | grep '20231114\|20231116\|20231124\|20231126')" ] || fail 'local leftovers'
done
[ "$number" -gt 25 ] || fail "only $number removals"

step 'policies'
rm -rf a cache-ours/a
cp -a plain a
expect_status 2 ours remove-by-policy "file://$T/a" --force
expect_output 'nothing says what to keep'
ours remove-by-policy "file://$T/a" --keep-daily 2 --keep-monthly 2 --dry-run --force
expect_output 'Nothing is deleted in a dry run.'
expect_match '^removed  Full         Tue Nov 14 22:13:20 2023  no set of its chain is to be kept$'
expect_match '^kept     Incremental  Sun Nov 26 22:13:20 2023  month 2023-11$'
expect_match '^removed  Full         Mon Dec  4 22:13:20 2023'
expect_match '^kept     Incremental  Sat Dec 16 22:13:20 2023  day 2023-12-16, month 2023-12$'
diff <(names plain) <(names a)
TZ=Asia/Tokyo ours remove-by-policy "file://$T/a" --keep-daily 1 # nine hours ahead, it was the next day
expect_match 'day 2023-12-17$'
"$PROG" remove-by-policy "file://$T/a" --keep-daily 2 --keep-monthly 2 --force --json -v warning --archive-dir "$T/cache-ours" |
        python3 -c 'import json, sys; r = json.load(sys.stdin); assert r["deleted"] and r["removed_files"] == len(r["files"]) == 12, r'
names a | grep -c manifest | grep -qx 6
left_is_restorable stock '1 1' '3 2'

step 'what makes no sense touches nothing'
expect_status 2 ours remove-all-but-n-full 0 --force "file://$T/a"
expect_output 'remove-all-but-n-full count must be > 0'
expect_status 2 ours remove-older-than 30d --force "file://$T/a"
expect_output "bad time '30d'"
expect_status 2 ours remove-older-than "file://$T/a" 30D --force
mkdir -p cache-ours/locked
python3 -c 'import fcntl, subprocess, sys
lock = open(sys.argv[1], "w")
fcntl.lockf(lock, fcntl.LOCK_EX)
sys.exit(subprocess.call(sys.argv[2:]) != 23)' cache-ours/locked/lockfile \
        "$PROG" remove-all-but-n-full 1 --force "file://$T/a" --name locked --archive-dir "$T/cache-ours"
names a | grep -c manifest | grep -qx 6
