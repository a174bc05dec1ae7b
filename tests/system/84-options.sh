# The command line of 0.8, 2.x and 3.x: exit codes of wrong ones beside stock's, options taken and refused, statistics beside stock's.
profile plain
mkdir -p source/folder
echo a >source/a
head -c 300000 /dev/urandom >source/folder/large
touch -d @1600000000 source/folder/large
url=file://$T/target

step 'wrong command lines: the exit codes of stock'
while IFS='|' read -r status words; do
        read -r -a words <<<"$words"
        words=("${words[@]/URL/$url}")
        expect_status "$status" ours "${words[@]}" "${OPTIONS[@]}"
        [ ! -e target ] || fail "something was stored: ${words[*]}"
        prog_is_stock || [ "$(wc -l <"$T/out")" = 2 ] || fail 'not one line and the hint'
        expect_status "$status" stock "${words[@]}" "${OPTIONS[@]}"
        rm -rf target
done <<'END'
2|
2|--no-such-option
2|full source URL --volsize
2|full source URL --volsize many
2|full source URL --max-blocksize x
2|full source URL --num-retries x
2|full source URL --timeout x
2|full source URL --progress-rate x
2|full source URL --full-if-older-than zz
2|full source URL --no-encryption=1
2|full source URL --s3
2|full source URL --log-fd x
2|full source URL -v much
2|full source URL -v 10
2|full source URL -q
2|full source URL extra
2|full source
2|source source
2|URL URL
2|nonsense source URL
2|collection-status
2|restore URL elsewhere --time 1d
8|collection-status source
10|full source URL --sign-key me@example.com
10|full source URL --encrypt-sign-key 123
END
prog_is_stock && exit 0

step 'every option of stock is known: taken, or refused with a reason'
elsewhere=' --file-changed --show-changes-in-set '
for option in $("$STOCK" --help | grep -oE -- '--[a-z0-9][a-z0-9-]+' | sort -u) --concurrency --path-to-restore --no-restore-ownership --copy-blocksize --webdav-headers \
        --config-dir --current-time --exclude-filelist-stdin --exclude-globbing-filelist --fail-on-volume --file-prefix-jsonstat --files-from \
        --filter-globbing --filter-ignorecase --filter-literal --filter-regexp --filter-strictcase --include-filelist-stdin --include-globbing-filelist \
        --jsonstat --skip-if-no-change --skip-volume; do
        [[ $elsewhere != *" $option"[[:space:]]* ]] || continue
        status=0
        "$PROG" --help "$option" >"$T/out" 2>&1 || status=$?
        case $status in
        0) ;;
        2) grep -qE "^charm-duplicity: (cannot take option '$option': .{20}|option '$option' needs a value, for example)" "$T/out" ||
                fail "$option: $(head -n 1 "$T/out")" ;;
        *) fail "$option: status $status" ;;
        esac
done

step 'options without a meaning here change nothing'
ours full source "$url" "${OPTIONS[@]}" --copy-blocksize 128 --config-dir /x --s3-use-new-style --scp-command scp --sftp-command=sftp --azure-max-connections 3
step 'those of back ends are taken'
ours source "$url" "${OPTIONS[@]}" --ssh-options="-oPort=22 -oIdentityFile='/a b'" --ftp-passive --s3-use-ia --s3-region-name eu-west-1 --rsync-options=--bwlimit=3 \
        --azure-blob-tier cool --ssl-cacert-file /etc/ssl/x --limit-upload 100000 --s3-multipart-chunk-size 25
step 'leniency of 0.8: shortened, with and without =, between arguments, -t and -v with their values'
ours --no-enc ful --vol=5 source --arch "$T/cache-other" "file://$T/lenient" -v5
ours ver -tnow -v5 "$url" source "${OPTIONS[@]}" --compare
ours restore "$url" restored-large "${OPTIONS[@]}" --file-to-restore /folder/large
cmp source/folder/large restored-large

step 'a password from the environment is seen by nobody'
export FTP_PASSWORD='far away'
ours list-current-files "$url" "${OPTIONS[@]}" -v9
expect_no_output 'far away'
unset FTP_PASSWORD

step 'statistics beside those of stock, backup for backup'
numbers() {
        grep -E '^[A-Z][A-Za-z]+ [0-9]+' "$1" | grep -vE '^(StartTime|EndTime|ElapsedTime|TotalDestinationSizeChange)' | sed 's/ (.*//'
}
# stock counts what folders and links take in the file system, too
without_folders() {
        grep -vE '^(SourceFileSize|NewFileSize|RawDeltaSize)' "$1"
}
change() {
        case $1 in
        1) ln -s a source/link && mkfifo source/pipe ;;
        2)
                printf 'Y' | dd of=source/folder/large bs=1 seek=5000 conv=notrunc status=none
                echo more >>source/a
                rm source/pipe
                ln -sfn b source/link
                ;;
        3) : ;;
        4) rm source/a && mkdir source/a && echo u >source/a/u && chmod 700 source/folder ;;
        esac
}
for round in 0 1 2 3 4; do
        change $round
        time=$((1700000000 + round * 1000))
        stock source "file://$T/stock" "${OPTIONS[@]}" --current-time $time
        numbers "$T/out" >stock.numbers
        ours source "file://$T/ours" "${OPTIONS[@]}" --current-time $time
        numbers "$T/out" >ours.numbers
        diff <(without_folders stock.numbers) <(without_folders ours.numbers) || fail "round $round: the numbers differ"
        size=$(find source -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')
        grep -qx "SourceFileSize $size" ours.numbers || fail "round $round: not $size bytes"
done
