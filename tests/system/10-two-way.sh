# Each profile, one full backup: what we write, the elder tool restores, verifies and continues without finding anything new, and the other way round.
tree make source
tree save source source.tree

# two_way WRITER READER: READER has never seen the repository.
two_way() {
        local writer=$1 reader=$2 target=file://$T/$1-$profile
        step "$profile: $writer writes, $reader reads"
        $writer full source "$target" "${OPTIONS[@]}" --volsize 1 --current-time 1700000000
        $reader restore "$target" "restored-$writer" "${OPTIONS[@]}"
        same_tree source.tree "restored-$writer" stock-times
        $reader verify --compare-data "$target" source "${OPTIONS[@]}"
        $writer verify --compare-data "$target" source "${OPTIONS[@]}"
        $reader list-current-files "$target" "${OPTIONS[@]}"
        expect_output 'tree/one/two/three/4'
        $reader incremental source "$target" "${OPTIONS[@]}" --current-time 1700001000
        expect_nothing_new
        $writer incremental source "$target" "${OPTIONS[@]}" --current-time 1700002000
        expect_nothing_new
        $reader collection-status "$target" "${OPTIONS[@]}"
        expect_output 'Number of contained backup sets: 3'
        expect_output 'No orphaned or incomplete backup sets found'
        rm -rf "restored-$writer" "cache-ours" "cache-stock"
}

for profile in $PROFILES; do
        profile "$profile"
        two_way ours stock
        two_way stock ours
done

step 'the empty incremental says so in its manifest too'
grep -l '^Filelist 0$' "$T"/ours-plain/duplicity-inc.*.manifest "$T"/stock-plain/duplicity-inc.*.manifest | wc -l | grep -x 4 >/dev/null || fail 'Filelist is not 0'
