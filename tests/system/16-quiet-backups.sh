# --skip-if-no-change leaves nothing behind where nothing has changed; --jsonstat leaves numbers beside a set that disturb neither tool; transfers
# overlap.
prog_is_stock && skip 'stock 0.8 has neither option'
make_tree source
rm -rf source/special
target=file://$T/repository
statistics() {
        python3 - "$1" json <<'END'
import json, sys
found = json.load(open(sys.argv[2]))
for wanted in sys.argv[1].split():
    key, value = wanted.split("=")
    assert found[key] == int(value), (key, found[key], value)
assert found["EndTime"] >= found["StartTime"] > 0 and found["ElapsedTime"] >= 0
END
}
for name in plain symmetric; do
        profile $name
        rm -rf repository cache-ours cache-stock
        step "numbers beside the set ($name)"
        ours full source "$target" "${OPTIONS[@]}" --jsonstat --current-time 1700000000 --skip-if-no-change --volsize 1 --asynchronous-upload
        files=$(sed -n 's/^SourceFiles //p' out) size=$(sed -n 's/^TotalDestinationSizeChange \([0-9]*\).*/\1/p' out)
        case $name in
        plain) cat repository/duplicity-full.20231114T221320Z.jsonstat ;;
        symmetric) gpg --batch --quiet --pinentry-mode loopback --passphrase "$PASSPHRASE" -d repository/duplicity-full.20231114T221320Z.jsonstat.gpg ;;
        esac >json
        statistics "SourceFiles=$files NewFiles=$files Errors=0 DeletedFiles=0 TotalDestinationSizeChange=$size"

        step "nothing has changed ($name)"
        ls -lA --full-time repository cache-ours/* >before
        for verb in incremental backup; do
                ours $verb source "$target" "${OPTIONS[@]}" --skip-if-no-change --jsonstat
                expect_output 'No changes: no backup was made'
                ls -lA --full-time repository cache-ours/* | diff before -
        done
        ours backup source "$target" "${OPTIONS[@]}" --skip-if-no-change --dry-run
        ls -lA --full-time repository cache-ours/* | diff before -

        step "something has ($name)"
        rm source/content/edited
        ours backup source "$target" "${OPTIONS[@]}" --skip-if-no-change --jsonstat --current-time 1700001000 --concurrency 4
        expect_match '^DeletedFiles 1$'
        [ "$(ls repository/*jsonstat* | wc -l)" = 2 ]
        ours full source "$target" "${OPTIONS[@]}" --skip-if-no-change --current-time 1700002000 --concurrency 0 # only incrementals are skipped
        [ "$(ls repository/*full*.manifest* | wc -l)" = 2 ]
        for tool in ours stock; do
                $tool collection-status "$target" "${OPTIONS[@]}"
                expect_output 'No orphaned or incomplete backup sets found'
                $tool restore "$target" restored-$tool-$name "${OPTIONS[@]}"
                same_tree source restored-$tool-$name stock-times
        done
        stock cleanup "$target" "${OPTIONS[@]}"
        echo edited >source/content/edited
done

step 'under a prefix of their own'
profile plain
ours full source "file://$T/prefixed" "${OPTIONS[@]}" --jsonstat --file-prefix all. --file-prefix-jsonstat j-
ls prefixed/all.j-duplicity-full.*.jsonstat
ls prefixed/all.duplicity-full.*.manifest
