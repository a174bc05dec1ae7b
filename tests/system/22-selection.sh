#!/bin/bash
# Which files are selected: a table of cases that stock duplicity has answered, and what follows for backups, verify and links.
#
# SELECTION_ALL=1 asks stock about each case again, not only about some. Run by itself with --record it writes stock's answers into
# the table anew.
if [ "${1:-}" = --record ]; then
        here=$(cd "$(dirname "$0")" && pwd)
        work=$(mktemp -d /tmp/cdt-XXXXXX)
        trap 'rm -rf "$work"' EXIT
        mkdir "$work/run"
        python3 "$here/../support/selection.py" tree "$work/run"
        cd "$work/run" && LC_ALL=C.UTF-8 TZ=UTC python3 "$here/../support/selection.py" record "$here/selection.table" duplicity
        exit
fi

profile plain
OPTIONS+=(--no-print-statistics)
table=$ROOT/tests/system/selection.table
selection() {
        (cd "$T/run" && python3 "$SUPPORT/selection.py" "$@") >"$T/out" 2>&1 || { tail -n 40 "$T/out" && fail "selection.py $*"; }
        tail -n 1 "$T/out"
}

mkdir run
selection tree .
needs_root 'devices and another file system in the table of selections' || true

step 'the table: we do as it says'
prog_is_instrumented && step=6 || step=1
selection check "$table" "$PROG" $step

step 'the table: it says what stock does'
[ -n "${SELECTION_ALL:-}" ] && step=1 || step=13
[ "$(stock_version)" != 0 ] || selection check "$table" "$STOCK" $step

step 'names that are no text'
mkdir -p odd/{in,out}
for name in $'new\nline' $'\xff\xfe' $'tab\t' 'ends ' '"' "'" '\' $'\x01' $'\xc3\xa4'; do
        echo 1 >"odd/in/$name" && echo 1 >"odd/out/$name"
done
printf 'odd/in\0- odd\0' >odd.list
for tool in ours stock; do
        for number in 1 2 3; do
                case $number in
                1) options=(--include 'odd/*/?' --exclude 'odd/*/**') ;;
                2) options=(--include 'odd/*/[!a-z]*' --exclude 'odd/**') ;;
                3) options=(--include-filelist odd.list --null-separator) ;;
                esac
                $tool full odd "file://$T/odd-$tool-$number" "${OPTIONS[@]}" "${options[@]}"
                stock restore "file://$T/odd-$tool-$number" "odd-restored-$tool-$number" "${OPTIONS[@]}"
        done
done
for number in 1 2 3; do same_tree odd-restored-stock-$number odd-restored-ours-$number stock-times; done
[ "$(find odd-restored-ours-3 -type f -printf x)" = xxxxxxxxx ] || fail 'a list parted by NULs does not select what it should'

step 'what is no longer selected is gone from the next set, and comes back; both tools agree'
cp -a run/source source
target=file://$T/changing
ours full source "$target" "${OPTIONS[@]}" --current-time 1700000000
ours incremental source "$target" "${OPTIONS[@]}" --current-time 1700001000 --exclude source/b/d --exclude source/devices
stock incremental source "$target" "${OPTIONS[@]}" --current-time 1700001500 --exclude source/b/d --exclude source/devices --dry-run -v5
! grep -E '^[AMD] ' "$T/out" || fail 'stock finds changes where there are none'
rm -rf restored && stock restore "$target" restored "${OPTIONS[@]}"
[ ! -e restored/b/d ] && [ -e restored/b/c ] || fail 'not what was selected'
ours incremental source "$target" "${OPTIONS[@]}" --current-time 1700002000
rm -rf restored && stock restore "$target" restored "${OPTIONS[@]}"
same_tree source restored stock-times
stock incremental source "$target" "${OPTIONS[@]}" --current-time 1700003000 --include source/text/sub --exclude '**'
rm -rf restored && ours restore "$target" restored "${OPTIONS[@]}"
[ "$(cd restored && find . | sort | tr '\n' ' ')" = '. ./text ./text/sub ./text/sub/deep ./text/sub/deep/one.txt.bak ./text/sub/one.txt ' ] ||
        fail 'not what stock selected'

step 'verify applies the selection to the folder'
target=file://$T/verified
ours full source "$target" "${OPTIONS[@]}"
for options in '--exclude source/b/d' '--include source/b/d/e --exclude source/b' '--exclude-if-present .nobackup' '--exclude **.txt'; do
        set -f && set -- $options && set +f
        expect_status 1 stock verify --compare-data "$target" source "${OPTIONS[@]}" "$@"
        grep '^Difference\|^Verify complete' "$T/out" >wanted
        expect_status 1 ours verify --compare-data "$target" source "${OPTIONS[@]}" "$@"
        grep '^Difference\|^Verify complete' "$T/out" | diff wanted - || fail "verify $options"
done
ours verify "$target" source "${OPTIONS[@]}" --exclude source/b
expect_status 14 ours verify "$target" source "${OPTIONS[@]}" --exclude nowhere
expect_status 1 ours verify --compare-data "$target" source/b "${OPTIONS[@]}" --path-to-restore b --exclude source/b/d/e
grep -c '^Difference' "$T/out" | grep -qx 3 || fail 'not the three paths of d/e'

step 'links are followed'
mkdir -p linked/real/folder outside
echo text >linked/real/file
echo more >linked/real/folder/more
echo out >outside/out
ln -s real linked/a-folder
ln -s real/file linked/a-file
ln -s ../outside linked/far
ln -s nowhere linked/dangling
ln -s round linked/round
ln -s file/x linked/real/no-folder
for tool in ours stock; do
        $tool full linked "file://$T/links-$tool" "${OPTIONS[@]}" --copy-links --exclude linked/real/folder
        stock restore "file://$T/links-$tool" "links-$tool-restored" "${OPTIONS[@]}"
done
same_tree links-stock-restored links-ours-restored stock-times
[ -f links-ours-restored/a-folder/folder/more ] && [ -f links-ours-restored/far/out ] && [ ! -e links-ours-restored/dangling ] ||
        fail 'links were not followed'
stock incremental linked "file://$T/links-ours" "${OPTIONS[@]}" --copy-links --exclude linked/real/folder --dry-run -v5
! grep -E '^[AMD] ' "$T/out" || fail 'stock finds changes where there are none'
ours verify --compare-data "file://$T/links-ours" linked "${OPTIONS[@]}" --copy-links --exclude linked/real/folder
if ! prog_is_stock; then
        ln -s .. linked/real/folder/up
        ln -s "$T/linked" linked/top
        timeout 60 "$PROG" full linked "file://$T/links-round" "${OPTIONS[@]}" --copy-links --archive-dir "$T/cache-ours"
        stock restore "file://$T/links-round" links-round-restored "${OPTIONS[@]}"
        [ -L links-round-restored/top ] && [ -L links-round-restored/real/folder/up ] || fail 'links that lead back are not kept'
fi
prog_is_stock && exit 0

step 'standard input'
ours full source "file://$T/input" "${OPTIONS[@]}" --include-filelist - --exclude '**' < <(printf 'source/b/d\n')
ours list "file://$T/input" "${OPTIONS[@]}"
expect_match ' b/d/e/f$'
expect_no_output text

step 'as 3.x: files-from, and filters'
printf 'b/d/e/f\n./text//sub/\n blank\nnot/there\nb/c\n' >from.list
ours full source "file://$T/from" "${OPTIONS[@]}" --files-from from.list --exclude source/b/c
expect_output "2 of the paths in 'from.list' are not in 'source', the first is ' blank'"
ours list "file://$T/from" "${OPTIONS[@]}"
[ "$(sed -n "s/^... ... .. ..:..:.. .... //p" "$T/out" | tr '\n' ' ')" = '. b b/d b/d/e b/d/e/f text text/sub ' ] || fail 'not the files listed'
ours full source "file://$T/filters" "${OPTIONS[@]}" --filter-literal --include 'source/brackets/[a-b]c' --include 'source/stars/*' \
        --filter-ignorecase --include source/caps/FILE.txt --filter-regexp --include '/TEXT(/One\.txt)?$' --filter-globbing --filter-strictcase --exclude '**'
ours list "file://$T/filters" "${OPTIONS[@]}"
[ "$(sed -n "s/^... ... .. ..:..:.. .... //p" "$T/out" | tr '\n' ' ')" = '. CAPS CAPS/File.TXT brackets brackets/[a-b]c stars stars/* text text/one.txt ' ] ||
        fail 'filters do not select what they should'
printf '/absolute\n' >absolute.list
expect_status 70 ours full source "$target" "${OPTIONS[@]}" --filter-globbing --exclude '**'
expect_status 71 ours full source "$target" "${OPTIONS[@]}" --exclude '**' --filter-literal
expect_status 72 ours full source "$target" "${OPTIONS[@]}" --files-from absolute.list
expect_status 73 ours full source "$target" "${OPTIONS[@]}" --files-from /dev/null

step 'errors name option, pattern, line and remedy; nothing stored is touched'
names verified | sort >before
printf '# x\nsource/b\nb\n' >wrong.list
expect_status 14 ours full source "$target" "${OPTIONS[@]}" --exclude-filelist wrong.list
expect_output "line 3 of 'wrong.list' (option '--exclude-filelist'): bad pattern 'b': it can match nothing in 'source': patterns are about whole paths"
expect_status 7 ours full source "$target" "${OPTIONS[@]}" --include-filelist none.list
expect_output "option '--include-filelist': cannot open 'none.list'"
expect_status 16 ours full source "$target" "${OPTIONS[@]}" --include source/b
expect_output "option '--include': the last rule includes 'source/b'"
: >"source/$(printf 'a%.0s' $(seq 60))!"
expect_status 15 ours full source "$target" "${OPTIONS[@]}" --exclude-regexp '/(a+)+b?$'
expect_output 'takes too long'
names verified | sort | cmp - before
rm -rf restored && ours restore "$target" restored "${OPTIONS[@]}" --exclude source/b
expect_output "option '--exclude' has no effect on 'restore'"

step 'a list of 200,000 lines'
seq -f 'source/none/%.0f' 200000 >many.list
printf 'source/b/c\n' >>many.list
ours full source "file://$T/many" "${OPTIONS[@]}" --exclude-filelist many.list
ours list "file://$T/many" "${OPTIONS[@]}"
! grep -q ' b/c$' "$T/out" || fail 'the last line of a long list does not count'

if needs_root 'unreadable folders and selection'; then
        step 'unreadable folders: told where they may hold something that is selected, and their last version stays'
        mkdir -p closed/{a,b}/inner && echo 1 >closed/a/inner/x.txt && echo 1 >closed/b/inner/x.txt
        chmod 755 closed . && mkdir -p nobody && chown 65534 nobody
        as_nobody() { logged setpriv --reuid 65534 --regid 65534 --clear-groups env HOME="$T/nobody" TMPDIR=/tmp "$@" --archive-dir "$T/nobody/cache"; }
        as_nobody "$PROG" full closed "file://$T/nobody/target" "${OPTIONS[@]}" --include '**.txt' --exclude '**'
        chmod 700 closed/a/inner closed/b
        expect_status 1 as_nobody "$PROG" incremental closed "file://$T/nobody/target" "${OPTIONS[@]}" --exclude closed/b --include '**.txt' --exclude '**'
        expect_output "cannot read 'closed/a/inner': permission denied"
        expect_no_output closed/b
        as_nobody "$PROG" list "file://$T/nobody/target" "${OPTIONS[@]}"
        expect_match ' a/inner/x.txt$'
        ! grep -qE ' b(/|$)' "$T/out" || fail 'what is excluded is still there'
fi
