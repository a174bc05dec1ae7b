# Times: every form means to us what it means to stock. One repository has a backup just before, at and just after a moment; which of them a text
# leads to shows whether it was read as that moment. Midnights are those of local standard time, in summer too.
profile plain
mkdir source
moment=1782860400 # 2026-07-01 00:00 by standard time of Berlin, where it is 01:00 in summer
export TZ=Europe/Berlin
for backup in before:-1 at:0 after:1; do
        rm -f source/*
        touch source/"${backup%:*}"
        ours backup source "file://$T/repository" "${OPTIONS[@]}" --current-time $((moment + ${backup#*:}))
done

# Each interval has a backup a little older than that; the next younger one is of another interval.
printf '%s\n' 1Y 365D2m 1M2W 1M 4W1D1h 1W 1D2h3m4s 1D 23h 3600s 1m >intervals
now=$(date +%s)
for age in 1Y:31536000 365D2m:31536120 1M2W:3801600 1M:2592000 4W1D1h:2509200 1W:604800 1D2h3m4s:93784 1D:86400 23h:82800 3600s:3600 1m:60; do
        echo $((now - ${age#*:} - 30)) age-"${age%:*}"
done | sort -n >ages.list
while read -r time name; do
        rm -f source/*
        touch source/"$name"
        ours backup source "file://$T/ages" "${OPTIONS[@]}" --current-time "$time"
done <ages.list
cp -r cache-ours cache-stock

cat >forms <<'END'
1782860400
2026-06-30T23:00:00Z
2026-06-30T23:00:00+00:00
2026-07-01T00:00:00
2026-07-01T01:00:00+02:00
2026-06-30T18:00:00-05:00
2026-07-01T04:30:00+05:30
20260630T230000Z
2026-07-01
2026/07/01
2026/7/1
2026-7-01
07-01-2026
7/1/2026
07/1/2026
20260701Z
END
cat >wrong <<'END'
1d
-1D
D
1.5D
1H
tomorrow
2026-13-01
2026-00-01
2026-07-01T00:00
2026-07-01T00:00:00+02
2026-07-01T25:00:00Z
2026-07-01T00:60:00Z
2026-07
26-07-01
01.07.2026
2026-07-01Z
20260701T0000Z
 
END

# shown TOOL REPOSITORY TEXT: which backup it leads to, or its status
shown() {
        local tool=$PROG cache=cache-ours status=0 found
        [ "$1" = ours ] || tool=$STOCK cache=cache-stock
        found=$(TMPDIR=$T/tmp-stock "$tool" list-current-files --time "$3" "file://$T/$2" "${OPTIONS[@]}" --archive-dir $cache 2>&1) || status=$?
        [ $status = 0 ] || found="status $status"
        printf '%s|%s\n' "$3" "$(printf '%s\n' "$found" | grep -oE '(before|at|after|age-.*|status [0-9]+)$' || echo none)"
}
# Both tools are asked for each line of the files, beside each other.
ask() {
        local text
        while IFS= read -r text; do shown "$1" repository "$text"; done <forms
        while IFS= read -r text; do shown "$1" repository "$text"; done <wrong
        while IFS= read -r text; do shown "$1" ages "$text"; done <intervals
}
ask stock >by-stock &
ask ours >by-ours
wait
cat by-ours
diff by-stock by-ours
[ "$(grep -c '|at$' by-ours)" = "$(wc -l <forms)" ] || fail 'a form was read as another moment'
[ "$(grep -c '|status 2$' by-ours)" = "$(wc -l <wrong)" ] || fail 'nonsense was taken for a time'
while read -r text; do grep -qxF "$text|age-$text" by-ours || fail "$text is another interval"; done <intervals

step 'times in other zones, with and without summer time'
for zone in America/New_York Asia/Kolkata UTC; do
        for text in 2026-06-30T19:00:00 2026-06-30T18:00:00 2026-07-01 2026-07-01T04:30:00 2026-06-30T23:00:00; do
                for tool in ours stock; do
                        TZ=$zone shown $tool repository "$text" >in-$tool
                done
                diff in-stock in-ours
        done
done

prog_is_stock && exit 0
step 'what is wrong is told with what is right; days that no month has are wrong, too'
expect_status 2 ours list-current-files "file://$T/repository" "${OPTIONS[@]}" --time 2026-02-30
expect_status 2 ours list-current-files "file://$T/repository" "${OPTIONS[@]}" --time 1d
expect_output "bad time '1d'"
expect_output "like '2026-11-23'"
expect_output "'--time'"
expect_status 2 ours full source "file://$T/repository" "${OPTIONS[@]}" --full-if-older-than 2026-13-01
expect_output "'--full-if-older-than'"
expect_status 2 ours full source "file://$T/repository" "${OPTIONS[@]}" --current-time soon

step 'another separator, for old names and in times'
stock full source "file://$T/old" "${OPTIONS[@]}" --old-filenames --time-separator _ --current-time $moment
ls old
ours list-current-files "file://$T/old" "${OPTIONS[@]}" --time-separator _ --time 2026-07-01T00_00_00
expect_match 'age-1m$'
expect_status 20 ours list-current-files "file://$T/old" "${OPTIONS[@]}"
for wrong in - : ab '' x; do
        [ "$wrong" = : ] || expect_status 2 ours list-current-files "file://$T/old" "${OPTIONS[@]}" --time-separator "$wrong"
done
