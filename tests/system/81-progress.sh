# On a terminal a line shows how far it is; elsewhere no such thing garbles the log.
prog_is_stock && skip 'the elder tool has no such line'
mkdir source
dd if=/dev/urandom of=source/file-being-read bs=1M count=200 status=none
profile plain
step 'on a terminal'
logged python3 "$SUPPORT/watch.py" terminal "$PROG" full source "file://$T/target" --archive-dir "$T/cache-ours" --no-encryption
grep -q $'\r' "$T/out" || fail 'no progress line'
grep -q 'file-being-read' "$T/out" || fail 'the path is not shown'
tail -n 20 "$T/out" | tr '\r' '\n' | grep 'Backup Statistics' >/dev/null || fail 'the statistics are missing'
step 'not on a terminal'
ours full source "file://$T/other" "${OPTIONS[@]}"
! grep -q $'\r\|\033' "$T/out" || fail 'control characters in a log'
