# The machine log: records as stock writes them, in files and descriptors, and time stamps for people.
profile plain
prog_is_stock && skip 'it is compared with stock'
mkdir -p source/folder/gone
echo a >source/a
printf 'b' >source/folder/"b c"
printf 'x' >source/"q'uo\\te"
printf 'y' >source/"$(printf 'n\nl\t\001')"
printf 'z' >source/hé日😀
head -c 300000 /dev/urandom >source/large
echo gone >source/folder/gone/file
mkfifo source/pipe
ln -s a source/link
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("source/socket")'
touch -d @1600000000 source/large

# headers FILE: the first lines of its records
headers() {
        awk 'begins == 0 { print; begins = 1 } /^$/ { begins = 0 }' "$1"
}

# record FILE EXPRESSION: the records whose first lines match
record() {
        awk -v wanted="$2" 'begins == 0 { shown = $0 ~ wanted; begins = 1 } shown { print } /^$/ { begins = 0 }' "$1"
}

# same_records NAME EXPRESSION: the first lines that match are the same in both logs, in whatever order (the two write while they read)
same_records() {
        diff <(headers "$1.stock" | grep -E "$2" | sort) <(headers "$1.ours" | grep -E "$2" | sort) || fail "$1: records differ"
        headers "$1.ours" | grep -qE "$2" || fail "$1: no record like $2"
}

step 'backups: changes, volumes, sockets'
for time in 1700000000 1700001000; do
        stock source "file://$T/stock" "${OPTIONS[@]}" -v5 --log-file "$time.stock" --current-time $time
        ours source "file://$T/ours" "${OPTIONS[@]}" -v5 --log-file "$time.ours" --current-time $time
        same_records $time "^INFO (4|5|6|11|13|15)( |$)"
        # stock adds the sizes of folders to the number of bytes
        same_number=$(headers $time.stock | grep -c '^INFO 2 [0-9]*$')
        [ "$(headers $time.ours | grep -c '^INFO 2 [0-9]*$')" = "$same_number" ] || fail 'not one progress record a volume'
        echo n >source/new
        printf 'Y' | dd of=source/large bs=1 seek=5000 conv=notrunc status=none
        chmod 600 source/a
        rm -rf source/folder/gone
done
headers 1700001000.ours | grep -qx "INFO 6 'folder/gone/file'" || fail 'no record of a deletion'
headers 1700001000.ours | grep -qx "INFO 5 'large'" || fail 'no record of a change'
headers 1700000000.ours | grep -qxF "INFO 4 'h\xe9\u65e5\U0001f600'" || fail 'no record of a name with all sorts of characters'
headers 1700000000.ours | grep -qxF "INFO 15 'source/socket'" || fail 'no record of a socket'
record 1700000000.ours '^NOTICE 1$' | grep -qx '\. --------------\[ Backup Statistics \]--------------' || fail 'no statistics'
[ "$(record 1700000000.ours '^NOTICE 1$' | tail -n 4 | tr '\n' '|')" = '. Errors 0|. -------------------------------------------------|. ||' ] ||
        fail 'the statistics end otherwise'

step 'a dry run tells the size of the source'
ours full source "file://$T/dry" "${OPTIONS[@]}" -v5 --log-file dry.log --dry-run
headers dry.log | grep -E '^INFO 2' | tail -n 1 | grep -qx "INFO 2 $(find source -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')" || fail 'not the size'

step 'what is not shown is not recorded, results are'
ours source "file://$T/ours" "${OPTIONS[@]}" -v0 --log-file quiet --current-time 1700002000
[ "$(headers quiet)" = 'NOTICE 1' ] || fail 'more than the statistics'

step 'list: the same repository'
stock list-current-files "file://$T/ours" "${OPTIONS[@]}" --log-file list.stock
ours list-current-files "file://$T/ours" "${OPTIONS[@]}" --log-file list.ours
diff <(record list.stock '^INFO 10' | grep -v '^\. .*[^ -~]') <(record list.ours '^INFO 10' | grep -v '^\. .*[^ -~]') || fail 'lists differ'
[ "$(headers list.ours | grep -c '^INFO 10')" = 11 ] || fail 'not all paths are listed'

step 'status: chains, orphans, leftovers'
ours full source "file://$T/ours" --encrypt-key "$READER" --current-time 1700003000
cp ours/duplicity-inc.20231114T221320Z.to.20231114T223000Z.manifest ours/duplicity-inc.20230101T000000Z.to.20230102T000000Z.manifest
cp ours/duplicity-full.20231114T221320Z.vol1.difftar.gz ours/duplicity-full.20221114T221320Z.vol1.difftar.gz
stock collection-status "file://$T/ours" "${OPTIONS[@]}" --log-file status.stock
ours collection-status "file://$T/ours" "${OPTIONS[@]}" --log-file status.ours
status_lines() {
        record "$1" '^INFO 3' | grep -vE '^archive-dir|^\.'
}
diff <(status_lines status.stock) <(status_lines status.ours) || fail 'status records differ'
status_lines status.ours | grep -qx 'chain-no-sig 0'
status_lines status.ours | grep -qx ' full 20231114T230320Z 1 enc'
status_lines status.ours | grep -qx 'orphaned-sets-num 1'
record status.ours '^INFO 3' | grep -qx '\. Found 1 secondary backup chain\.'

step 'each command tells of the last full backup, in a record of its own'
for command in collection-status list-current-files 'remove-older-than 9Y' cleanup 'restore -r link' 'verify -r link'; do
        for tool in stock ours; do
                words=($command "file://$T/stock")
                [[ $command != restore* ]] || words+=("link-$tool")
                [[ $command != verify* ]] || words+=(source/link)
                rm -f begin.$tool
                $tool "${words[@]}" "${OPTIONS[@]}" --log-file begin.$tool
                record begin.$tool '^NOTICE 1$' | grep '^\. Last full backup date: ' >last.$tool || fail "$command, $tool: not told"
        done
        diff last.stock last.ours || fail "$command: told otherwise"
        [ "$(grep -c 'Last full backup date' begin.ours)" = 1 ] || fail "$command: told twice"
done

step 'restore: paths and volumes'
for tool in stock ours; do
        $tool restore "file://$T/stock" restored-$tool "${OPTIONS[@]}" -v5 --log-file restore.$tool
done
sed -i "/^INFO 7 '\.' dir/d" restore.ours # stock leaves out the source itself
same_records restore '^INFO (2|7) '
headers restore.ours | grep -qx 'INFO 2 2 2' || fail 'not the last volume'

step 'errors have their exit code'
for case in '11 restore URL source' '13 full no-such-folder URL' '2 full source' '2 full source URL --no-such-option' '2 full source URL --volsize x' \
        '10 full source URL --sign-key me' '23 full source nosuchscheme://host/x' '19 restore URL elsewhere -r no/such/path'; do
        code=${case%% *}
        read -r -a words <<<"${case#* }"
        words=("${words[@]/URL/file://$T/stock}")
        # stock has the log only when the option stands in front of the mistake
        expect_status "$code" stock --log-file "error.stock" "${OPTIONS[@]}" "${words[@]}"
        expect_status "$code" ours "${words[@]}" "${OPTIONS[@]}" --log-file "error.ours"
        [ "$(headers error.ours | tail -n 1)" = "ERROR $code" ] || fail "$case: $(headers error.ours | tail -n 1)"
        # stock prints mistakes with options itself, and raises the scheme's
        case $case in *--no-such* | *volsize* | *nosuchscheme* | *no/such*) ;; *) [ "$(headers error.stock | tail -n 1)" = "ERROR $code" ] || fail "stock: $case" ;; esac
        rm -f error.stock error.ours
done

step 'files that cannot be read: warnings for programs'
if needs_root 'files that cannot be read'; then
        mkdir -p private && echo x >private/"fi le" && chmod 000 private/"fi le"
        mkdir -m 777 nobody && chmod 755 "$T"
        for tool in "$STOCK" "$PROG"; do
                name=$(basename "$tool")
                HOME=$T/nobody setpriv --reuid 65534 --clear-groups "$tool" full private "file://$T/nobody/$name" --archive-dir "$T/nobody/a-$name" --tempdir "$T/nobody" \
                        --no-encryption --log-file "nobody/log-$name" >"$T/out" 2>&1 || [ $? = 1 ]
                headers "nobody/log-$name" | grep -qx "WARNING 10 'private/fi le'" || fail "$name: no warning"
        done
        ! headers "nobody/log-$(basename "$PROG")" | grep -q '^ERROR' || fail 'a front end would take it for the end'
fi

step 'descriptors, progress, both at a time'
ours full source "file://$T/progress" "${OPTIONS[@]}" --log-fd 7 --log-file both 7>descriptor
cmp descriptor both
head -c 30000000 /dev/zero >source/zeros
for tool in stock ours; do
        $tool full source "file://$T/progress-$tool" "${OPTIONS[@]}" --progress --progress-rate 1 --log-fd 7 --volsize 1 7>descriptor.$tool
done
headers descriptor.stock | grep -qE '^NOTICE 16 [0-9]+ [0-9]+ [0-9]+ [0-9]+ [0-9]+ [01]$' || fail 'stock has no such record'
expect_status 2 ours full source "file://$T/x" "${OPTIONS[@]}" --log-fd 99
expect_output "--log-fd"
expect_status 2 ours full source "file://$T/x" "${OPTIONS[@]}" --log-file "$T/no/folder"
expect_output "--log-file"
[ ! -e x ] || fail 'something was stored'

step 'time stamps'
stamp='^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{3} '
for tool in stock ours; do
        $tool list-current-files "file://$T/stock" "${OPTIONS[@]}" --log-timestamp
        expect_match "${stamp}INFO [A-Z][a-z]{2} .* [0-9]{4} large\$"
        expect_status 11 $tool restore "file://$T/stock" source "${OPTIONS[@]}" --log-timestamp
        expect_match "${stamp}ERROR "
done
