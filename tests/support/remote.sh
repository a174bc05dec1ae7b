# What tests of whole runs against real servers share; sourced by them after servers-http.sh.

# whole_run OURS STOCK [OPTION-OF-STOCK...]: full, two incrementals, status and restore at each point in time by us, on the URL OURS; the elder
# tool reads all of it by the URL STOCK and continues the chain, which we read in turn; then all but a further full one is removed. STOCK ''
# leaves the elder tool out.
whole_run() {
        local ours_url=$1 stock_url=$2 number
        shift 2
        profile symmetric
        make_source
        step 'full and two incrementals'
        for number in 0 1 2; do
                [ "$number" = 0 ] || tree change source "$number"
                tree save source "$number.tree"
                ours "$([ "$number" = 0 ] && echo full || echo incremental)" source "$ours_url" --volsize 1 --current-time $((1700000000 + number * 1000))
        done
        step 'what is there'
        ours collection-status "$ours_url"
        expect_output 'Number of contained backup sets: 3'
        expect_output 'No orphaned or incomplete backup sets found'
        restore_points ours "$ours_url"
        expect_no_secret
        tree change source 3
        tree save source 3.tree
        if [ -n "$stock_url" ]; then
                step 'the elder tool reads it, and continues it'
                restore_points stock "$stock_url" "$@"
                stock incremental source "$stock_url" "$@" --allow-source-mismatch --current-time 1700003000
                rm -rf cache-ours
                ours restore "$ours_url" restored
                same_tree 3.tree restored stock-times
                rm -rf restored
        fi
        step 'removing all but the newest'
        ours full source "$ours_url" --volsize 1 --current-time 1700004000
        ours cleanup --force "$ours_url"
        ours remove-all-but-n-full 1 --force "$ours_url"
        ours collection-status "$ours_url"
        expect_output 'Found 0 secondary backup chains.'
        expect_output 'Number of contained backup sets: 1'
        rm -rf cache-ours
        ours verify --compare-data "$ours_url" source
}

# Small, but of several volumes.
make_source() {
        tree make source
        rm -rf source/special
        dd if=/dev/urandom of=source/much bs=1M count=3 status=none
}

# restore_points TOOL URL [OPTION...]
restore_points() {
        local tool=$1 url=$2 number
        shift 2
        for number in 0 1 2; do
                "$tool" restore "$url" restored "$@" --time $((1700000000 + number * 1000))
                same_tree "$number.tree" restored stock-times
                rm -rf restored
        done
}

# The password stands in no message, however much is told, nor in a local file.
expect_no_secret() {
        local found
        ours collection-status "$ours_url" -v9
        found=$(grep -rlF -e "${SECRET:-$SERVER_PASSWORD}" out cache-ours tmp 2>/dev/null || true)
        [ -z "$found" ] || fail "the password is in $found"
}
