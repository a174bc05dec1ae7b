# Chains of a full and three incrementals, written in turn by us and by the elder tool, between changes of every kind. Each point in time,
# and one second before it, is restored by both.
tree make tree-0
tree save tree-0 0.tree
for number in 1 2 3; do
        cp -a tree-$((number - 1)) tree-$number
        tree change tree-$number $number
        tree save tree-$number $number.tree
done

# The source keeps one name while its content changes.
source_becomes() {
        rm -rf source
        cp -a "tree-$1" source
}

restore_all() {
        local target=$1 tool number
        for number in 0 1 2 3; do
                for tool in ours stock; do
                        $tool restore "$target" restored "${OPTIONS[@]}" --time $((1700000000 + number * 1000))
                        same_tree $number.tree restored stock-times
                        rm -rf restored
                done
        done
        for number in 1 2 3; do
                ours restore "$target" restored "${OPTIONS[@]}" --time $((1700000000 + number * 1000 - 1))
                same_tree $((number - 1)).tree restored stock-times
                rm -rf restored
        done
}

# chain PROFILE WRITER WRITER WRITER WRITER
chain() {
        local name target number=0 writer
        profile "$1"
        name=$(echo "$@" | tr ' ' '-') target=file://$T/$name
        step "chain $*"
        shift
        for writer; do
                source_becomes $number
                $writer "$([ $number = 0 ] && echo full || echo incremental)" source "$target" "${OPTIONS[@]}" --volsize 2 \
                        --current-time $((1700000000 + number * 1000))
                if [ "$writer" = ours ]; then
                        stock incremental source "$target" "${OPTIONS[@]}" --dry-run --current-time $((1700000000 + number * 1000 + 500))
                        expect_nothing_new
                fi
                number=$((number + 1))
        done
        restore_all "$target"
        stock verify --compare-data "$target" source "${OPTIONS[@]}"
        ours verify --compare-data "$target" source "${OPTIONS[@]}"
        stock collection-status "$target" "${OPTIONS[@]}"
        expect_output 'No orphaned or incomplete backup sets found'
        rm -rf cache-ours cache-stock
}

chain plain ours stock ours stock
chain plain stock ours stock ours
chain symmetric ours ours stock ours
chain signed stock stock ours ours

step 'one archive folder for both tools, as by default'
source_becomes 0
profile plain
target=file://$T/shared
logged "$PROG" full source "$target" "${OPTIONS[@]}" --current-time 1700000000
source_becomes 1
TMPDIR=$T/tmp-stock logged "$STOCK" incremental source "$target" "${OPTIONS[@]}" --current-time 1700001000
source_becomes 2
logged "$PROG" incremental source "$target" "${OPTIONS[@]}" --current-time 1700002000
TMPDIR=$T/tmp-stock logged "$STOCK" incremental source "$target" "${OPTIONS[@]}" --current-time 1700003000
expect_nothing_new
ls -A "$HOME/.cache/duplicity"/*
TMPDIR=$T/tmp-stock logged "$STOCK" restore "$target" restored "${OPTIONS[@]}"
same_tree 2.tree restored stock-times

step 'a clock that went back is refused: the set would be lost'
ls shared >names-before
prog_is_stock || expect_failure ours incremental source "$target" "${OPTIONS[@]}" --current-time 1700000500
prog_is_stock || expect_failure ours full source "$target" "${OPTIONS[@]}" --current-time 1700003000
prog_is_stock || ls shared | cmp - names-before

step 'host and source are checked'
mkdir other
expect_status 42 ours incremental other "$target" "${OPTIONS[@]}"
ours incremental other "$target" "${OPTIONS[@]}" --allow-source-mismatch
sed -i 's/^Hostname .*/Hostname elsewhere/' shared/*.manifest
rm -rf cache-ours
expect_status 3 ours incremental other "$target" "${OPTIONS[@]}"
