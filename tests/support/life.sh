# The life of a repository at a server, whose files are also seen in a local folder. Sourced by system tests that have called
# profile; LIFE is the array of further options of both tools.

life_begin() {
        make_tree source
        tree save source 0.tree
}

# life URL FOLDER: a full backup, two incremental ones, each point restored, a look at it
life() {
        local url=$1 folder=$2 number
        ours full source "$url" "${OPTIONS[@]}" "${LIFE[@]}" --volsize 1 --current-time 1700000000
        tree change source 1
        tree save source 1.tree
        ours incremental source "$url" "${OPTIONS[@]}" "${LIFE[@]}" --current-time 1700001000 --concurrency 3
        tree change source 2
        tree save source 2.tree
        ours incremental source "$url" "${OPTIONS[@]}" "${LIFE[@]}" --current-time 1700002000
        ls -A "$folder" | grep '^\.' && fail 'unfinished files are left'
        for number in 0 1 2; do
                rm -rf restored
                ours restore "$url" restored "${OPTIONS[@]}" "${LIFE[@]}" --time $((1700000000 + number * 1000)) --concurrency 2
                same_tree $number.tree restored stock-times
        done
        ours collection-status "$url" "${OPTIONS[@]}" "${LIFE[@]}"
        expect_match 'Incremental'
        ours verify --compare-data "$url" source "${OPTIONS[@]}" "${LIFE[@]}"
}

# life_with_stock URL [OPTION...]: the elder tool reads it and continues it, and is continued; it gets the OPTIONs in place of LIFE
life_with_stock() {
        local url=$1
        shift
        rm -rf restored
        stock restore "$url" restored "${OPTIONS[@]}" "$@"
        same_tree 2.tree restored stock-times
        stock incremental source "$url" "${OPTIONS[@]}" "$@" --current-time 1700003000
        expect_nothing_new
        ours verify "$url" source "${OPTIONS[@]}" "${LIFE[@]}"
        ours incremental source "$url" "${OPTIONS[@]}" "${LIFE[@]}" --current-time 1700004000
        expect_nothing_new
}

# life_end URL FOLDER: what is old goes, and what belongs to nothing
life_end() {
        local url=$1 folder=$2 stray=duplicity-full.20200101T000000Z.vol1.difftar.gz
        ours full source "$url" "${OPTIONS[@]}" "${LIFE[@]}" --current-time 1700100000
        ours remove-all-but-n-full 1 "$url" "${OPTIONS[@]}" "${LIFE[@]}" --force
        ls "$folder" | grep -E '202311(14|15)T.*manifest' && fail 'old sets are still there'
        cp "$folder"/*vol1* "$folder/$stray"
        ours cleanup "$url" "${OPTIONS[@]}" "${LIFE[@]}" --force
        [ ! -e "$folder/$stray" ] || fail 'cleanup left a file'
        rm -rf restored
        ours restore "$url" restored "${OPTIONS[@]}" "${LIFE[@]}"
        same_tree 2.tree restored stock-times
}
