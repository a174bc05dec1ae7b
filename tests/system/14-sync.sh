# The archive folder: brought in step with a repository that others use too; shared by both tools; lost, damaged, locked out of.
make_tree source
rm -rf source/special source/content/spans-volumes
target=file://$T/repository
folder() { echo "cache-$1/$(printf %s "$target" | md5sum | cut -c 1-32)"; }
# The local names that are there, without the lock.
copies() { ls "$1" | grep -v lockfile; }

for name in plain symmetric; do
        profile $name
        rm -rf repository cache-ours cache-stock
        ours full source "$target" "${OPTIONS[@]}" --current-time 1600000000
        ours full source "$target" "${OPTIONS[@]}" --current-time 1700000000
        echo 1 >source/one
        stock incremental source "$target" "${OPTIONS[@]}" --current-time 1700001000
        expect_output 'Copying'

        step "what another host has made is fetched ($name)"
        echo 2 >source/two
        ours incremental source "$target" "${OPTIONS[@]}" --current-time 1700002000
        expect_match '^Copying duplicity-new-signatures.*to local cache\.$'
        expect_match '^Copying duplicity-inc.*manifest.* to local cache\.$'
        ours incremental source "$target" "${OPTIONS[@]}" --current-time 1700003000
        expect_output 'Local and Remote metadata are synchronized, no sync needed.'
        expect_nothing_new

        step "a lost folder comes back as stock makes it ($name)"
        rm -rf cache-ours cache-stock
        ours incremental source "$target" "${OPTIONS[@]}" --current-time 1700004000
        expect_nothing_new
        stock incremental source "$target" "${OPTIONS[@]}" --current-time 1700005000
        expect_nothing_new
        ours list-current-files "$target" "${OPTIONS[@]}"
        copies "$(folder ours)" | grep sigtar >copies-ours
        copies "$(folder stock)" | grep sigtar | diff copies-ours -
        ! grep -q 20200913 copies-ours || fail 'the elder chain was fetched too'

        step "all of it, where that is asked for ($name)"
        ours list-current-files "$target" "${OPTIONS[@]}" --metadata-sync-mode full
        copies "$(folder ours)" >copies-ours
        stock list-current-files "$target" "${OPTIONS[@]}" --metadata-sync-mode full
        copies "$(folder stock)" | diff copies-ours -
        for copy in $(cat copies-ours); do
                case $copy in
                *.gz) cmp <(zcat "$(folder ours)/$copy") <(zcat "$(folder stock)/$copy") ;;
                *) cmp "$(folder ours)/$copy" "$(folder stock)/$copy" ;;
                esac
        done

        step "what others have removed goes ($name)"
        stock remove-all-but-n-full 1 --force "$target" "${OPTIONS[@]}"
        ours list-current-files "$target" "${OPTIONS[@]}"
        expect_match '^Deleting local duplicity-full-signatures.20200913T122640Z.sigtar.gz \(not authoritative at backend\)\.$'
        ! copies "$(folder ours)" | grep 20200913 || fail 'copies of what is gone are still here'

        step "copies of one tool are good for the other ($name)"
        rm -rf cache-ours
        cp -a cache-stock cache-ours
        ours incremental source "$target" "${OPTIONS[@]}" --current-time 1700006000
        expect_output 'no sync needed'
        expect_nothing_new
        rm -rf cache-stock
        cp -a cache-ours cache-stock
        stock incremental source "$target" "${OPTIONS[@]}" --current-time 1700007000
        expect_output 'no sync needed'
        expect_nothing_new
done

step 'a passphrase that is not the right one is told, and what to do'
rm -rf cache-ours
PASSPHRASE=wrong expect_status 31 ours list-current-files "$target"
expect_output PASSPHRASE
expect_output duplicity-full
[ -z "$(copies "$(folder ours)")" ] || fail 'something was kept all the same'

prog_is_stock && exit 0
profile plain
rm -rf repository cache-ours
ours full source "$target" "${OPTIONS[@]}" --current-time 1700000000
copy=$(folder ours)/duplicity-full-signatures.20231114T221320Z.sigtar.gz
manifest=$(folder ours)/duplicity-full.20231114T221320Z.manifest
flip() { archive flip "$1"; }
cut_it() { archive shorten "$1"; }
empty() { : >"$1"; }
other() { gzip </dev/null >"$1"; }
for damage in flip cut_it empty other; do
        step "a damaged copy of a signature archive is fetched again: $damage"
        $damage "$copy"
        ours incremental source "$target" "${OPTIONS[@]}" --current-time 1700001000 --dry-run
        expect_nothing_new
        expect_output 'Copying duplicity-full-signatures'
        cmp <(zcat "$copy") <(zcat repository/*signatures*)
done
for damage in empty 'sed -i 4d' 'sed -i /Volume.1/d'; do
        step "a damaged copy of a manifest is fetched again: $damage"
        $damage "$manifest"
        ours restore "$target" restored "${OPTIONS[@]}"
        rm -rf restored
        cmp "$manifest" repository/*.manifest
done

step 'a damaged one of the far side is no copy to be mended'
archive shorten repository/*signatures*
rm -rf cache-ours
expect_failure ours incremental source "$target" "${OPTIONS[@]}"
expect_output duplicity-full-signatures

step 'short and old names have copies that stock knows'
stock full source "file://$T/short" "${OPTIONS[@]}" --short-filenames
stock full source "file://$T/old" "${OPTIONS[@]}" --old-filenames --time-separator _
for name in short old; do
        target=file://$T/$name
        ours list-current-files "$target" "${OPTIONS[@]}" --metadata-sync-mode full --time-separator _
        diff <(copies "$(folder ours)") <(copies "$(folder stock)")
done
